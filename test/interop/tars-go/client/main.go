// Command client calls the server of ../server at -address with TarsGo and prints one line of JSON per check. With -mesh calls with
// user=jason in their context or gray=1 in their status are answered by v2 and all others by v1; without, all by v1.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/TarsCloud/TarsGo/tars"
	"github.com/TarsCloud/TarsGo/tars/model"
	"github.com/TarsCloud/TarsGo/tars/protocol/codec"
	"github.com/TarsCloud/TarsGo/tars/protocol/res/requestf"
	"github.com/TarsCloud/TarsGo/tars/util/rogger"
	"github.com/TarsCloud/TarsGo/tars/util/tools"
)

const (
	servant  = "Demo.Srv.GreetObj"
	normal   = 0
	oneWay   = 1
	mebibyte = 1 << 20
	threads  = 16
	calls    = 50
)

// proxy is what the code that Tars generates has for each interface.
type proxy struct {
	servant model.Servant
	second  string
}

func (p *proxy) SetServant(s model.Servant) { p.servant = s }

type values = map[string]string

// invoke calls ask, or another function.
func (p *proxy) invoke(kind byte, function, text string, attributes, status values) (string, error) {
	buffer := codec.NewBuffer()
	if err := buffer.WriteString(text, 1); err != nil {
		return "", err
	}
	response := new(requestf.ResponsePacket)
	err := p.servant.TarsInvoke(context.Background(), kind, function, buffer.ToBytes(), status, attributes, response)
	if err != nil || kind == oneWay {
		return "", err
	}
	var answer string
	err = codec.NewReader(tools.Int8ToByte(response.SBuffer)).ReadString(&answer, 0, true)
	return answer, err
}

func (p *proxy) ask(user, text string) (string, error) {
	var attributes values
	if user != "" {
		attributes = values{"user": user}
	}
	return p.invoke(normal, "ask", text, attributes, nil)
}

// node is who answers the calls of a user.
func (p *proxy) node(user string) string {
	if user == "jason" {
		return p.second
	}
	return "v1"
}

func (p *proxy) who(user string) (string, error) {
	answer, err := p.ask(user, "who")
	expected := p.node(user)
	if user != "" {
		expected += " user=" + user
	}
	return answer, same(expected, answer, err)
}

func (p *proxy) echo(user, text string) (string, error) {
	answer, err := p.ask(user, "echo "+text)
	return fmt.Sprint(len(answer), " bytes"), same(text, answer, err)
}

func main() {
	address := flag.String("address", "", "HOST:PORT of the server, or of Meltemi")
	mesh := flag.Bool("mesh", false, "whether Meltemi stands before v1 and v2")
	flag.Parse()
	rogger.SetLevel(rogger.OFF)
	host, port, err := net.SplitHostPort(*address)
	if err != nil {
		panic(err)
	}
	communicator := tars.NewCommunicator()
	open := func(object string) *proxy {
		p := &proxy{second: "v1"}
		if *mesh {
			p.second = "v2"
		}
		communicator.StringToProxy(fmt.Sprintf("%s@tcp -h %s -p %s -t 10000", object, host, port), p)
		p.servant.TarsSetTimeout(10_000)
		return p
	}
	runChecks(open(servant), open("Demo.Srv.MissingObj"), *mesh)
}

func runChecks(p, missing *proxy, mesh bool) {
	for _, user := range []string{"", "jason", "other", "é 书 😀"} {
		check("call: user="+user, func() (string, error) { return p.who(user) })
	}
	check("call: by a key of status", func() (string, error) {
		answer, err := p.invoke(normal, "ask", "who", values{"user": "other"}, values{"gray": "1"})
		return answer, same(p.second+" user=other gray=1", answer, err)
	})
	check("call: one-way", func() (string, error) {
		if _, err := p.invoke(oneWay, "ask", "remember one-way", values{"user": "jason"}, nil); err != nil {
			return "", err
		}
		answer, err := p.ask("jason", "arrived one-way")
		return answer, same(p.second+" has it", answer, err)
	})
	for _, user := range []string{"jason", "other"} {
		check("call: 1 MiB each way, "+user, func() (string, error) { return p.echo(user, strings.Repeat("x", mebibyte)) })
	}
	check("call: tars_ping", func() (string, error) {
		response := new(requestf.ResponsePacket)
		err := p.servant.TarsInvoke(context.Background(), normal, "tars_ping", nil, nil, nil, response)
		return fmt.Sprint(response.IRet), err
	})
	check("errors: of the business", func() (string, error) {
		_, err := p.ask("jason", "fail é 书")
		if e, ok := err.(*tars.Error); !ok || e.Code != 10042 {
			return "", fmt.Errorf("got %v", err)
		}
		return thrown("no é 书, by "+p.second, err)
	})
	check("errors: a function that there is not", func() (string, error) {
		_, err := p.invoke(normal, "missing", "", nil, nil)
		if e, ok := err.(*tars.Error); !ok || e.Code != -3 {
			return "", fmt.Errorf("got %v", err)
		}
		return err.Error(), nil
	})
	if mesh {
		check("errors: a servant that nobody provides", func() (string, error) {
			_, err := missing.ask("", "who")
			if e, ok := err.(*tars.Error); !ok || e.Code != -4 {
				return "", fmt.Errorf("got %v", err)
			}
			return thrown("meltemi: service Demo.Srv.MissingObj is not known", err)
		})
	}
	check("errors: a late answer is no one's", func() (string, error) {
		p.servant.TarsSetTimeout(200)
		_, err := p.ask("jason", "slow")
		p.servant.TarsSetTimeout(10_000)
		if err == nil {
			return "", fmt.Errorf("no timeout")
		}
		time.Sleep(time.Second)
		return p.who("jason")
	})
	check("concurrency: 16 goroutines × 50 calls, jason and other in turns", p.concurrently)
}

func (p *proxy) concurrently() (string, error) {
	failures := make(chan error, threads)
	var group sync.WaitGroup
	for thread := 0; thread < threads; thread++ {
		group.Add(1)
		go func(thread int) {
			defer group.Done()
			for i := 0; i < calls; i++ {
				user := []string{"jason", "other"}[(thread+i)%2]
				_, err := p.who(user)
				if err == nil {
					_, err = p.echo(user, strings.Repeat(fmt.Sprint(thread, ".", i, " "), i*20)+".")
				}
				if err != nil {
					failures <- err
					return
				}
			}
		}(thread)
	}
	group.Wait()
	close(failures)
	return fmt.Sprint(2*threads*calls, " calls answered right"), <-failures
}
