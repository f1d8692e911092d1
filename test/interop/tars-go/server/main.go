// Command server is a server of TarsGo: -config FILE, with the node's name in NODE and the port in PORT. It prints READY when it serves.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/TarsCloud/TarsGo/tars"
	"github.com/TarsCloud/TarsGo/tars/protocol/codec"
	"github.com/TarsCloud/TarsGo/tars/protocol/res/requestf"
	"github.com/TarsCloud/TarsGo/tars/util/rogger"
	"github.com/TarsCloud/TarsGo/tars/util/tools"
)

const servant = "Demo.Srv.GreetObj"

// greet serves the function ask(1 string text) with a string in 0: a text that asks for something by its first word.
type greet struct {
	node    string
	arrived sync.Map
}

// Dispatch is what the code that Tars generates has for each interface.
func (g *greet) Dispatch(_ context.Context, _ interface{}, request *requestf.RequestPacket,
	response *requestf.ResponsePacket, _ bool) error {
	if request.SFuncName != "ask" {
		return tars.Errorf(-3, "no function "+request.SFuncName)
	}
	var text string
	if err := codec.NewReader(tools.Int8ToByte(request.SBuffer)).ReadString(&text, 1, true); err != nil {
		return err
	}
	answer, err := g.ask(text, request)
	if err != nil {
		return err
	}
	buffer := codec.NewBuffer()
	if err := buffer.WriteString(answer, 0); err != nil {
		return err
	}
	*response = requestf.ResponsePacket{
		IVersion:   request.IVersion,
		IRequestId: request.IRequestId,
		SBuffer:    tools.ByteToInt8(buffer.ToBytes()),
	}
	return nil
}

func (g *greet) ask(text string, request *requestf.RequestPacket) (string, error) {
	what, rest, _ := strings.Cut(text, " ")
	switch what {
	case "echo":
		return rest, nil
	case "fail":
		return "", tars.Errorf(10042, "no "+rest+", by "+g.node)
	case "slow":
		time.Sleep(time.Second)
	case "remember":
		g.arrived.Store(rest, true)
	case "arrived":
		for i := 0; i < 100; i++ {
			if _, ok := g.arrived.Load(rest); ok {
				return g.node + " has it", nil
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	return strings.TrimSpace(g.node + " " + listed(request.Context) + listed(request.Status)), nil
}

func listed(values map[string]string) string {
	var all []string
	for key, value := range values {
		all = append(all, key+"="+value+" ")
	}
	sort.Strings(all)
	return strings.Join(all, "")
}

func main() {
	tars.GetServerConfig()
	rogger.SetLevel(rogger.ERROR)
	tars.AddServantWithContext(&greet{node: os.Getenv("NODE")}, struct{}{}, servant)
	go awaitListening("127.0.0.1:"+os.Getenv("PORT"), os.Getenv("NODE"))
	tars.Run()
}

func awaitListening(address, node string) {
	for {
		connection, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			connection.Close()
			fmt.Println("READY", node)
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}
