// Command server is a server of trpc-go: -port PORT -node NAME. It prints READY when it serves.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"sort"
	"strings"
	"sync"
	"time"

	trpc "trpc.group/trpc-go/trpc-go"
	"trpc.group/trpc-go/trpc-go/codec"
	"trpc.group/trpc-go/trpc-go/errs"
	"trpc.group/trpc-go/trpc-go/log"
	"trpc.group/trpc-go/trpc-go/server"
	"trpc.group/trpc-go/trpc-go/stream"
	pb "trpc.group/trpc-go/trpc-go/testdata/trpc/helloworld"
)

const (
	greeterName = "trpc.test.helloworld.Greeter"
	chatName    = "trpc.test.stream.Chat"
	businessErr = 10042
)

type greeter struct {
	node    string
	arrived sync.Map
}

// SayHello answers with who it is and the metadata that arrived; some texts ask for something else.
func (g *greeter) SayHello(ctx context.Context, request *pb.HelloRequest) (*pb.HelloReply, error) {
	what, rest, _ := strings.Cut(request.Msg, " ")
	switch what {
	case "echo":
		return &pb.HelloReply{Msg: rest}, nil
	case "fail":
		return nil, errs.New(businessErr, "no "+rest+", by "+g.node)
	case "slow":
		time.Sleep(time.Second)
	case "remember":
		g.arrived.Store(rest, true)
	case "arrived":
		for i := 0; i < 100; i++ {
			if _, ok := g.arrived.Load(rest); ok {
				return &pb.HelloReply{Msg: g.node + " has it"}, nil
			}
			time.Sleep(20 * time.Millisecond)
		}
	case "attachment":
		message := trpc.Message(ctx)
		bytes, err := io.ReadAll(server.GetAttachment(message).Request())
		if err != nil {
			return nil, err
		}
		server.GetAttachment(message).SetResponse(strings.NewReader(string(bytes)))
	}
	return &pb.HelloReply{Msg: g.node + " " + metadata(ctx)}, nil
}

// SayHi is the new method, which only v2 serves.
func (g *greeter) SayHi(context.Context, *pb.HelloRequest) (*pb.HelloReply, error) {
	return &pb.HelloReply{Msg: g.node}, nil
}

func metadata(ctx context.Context) string {
	var all []string
	for key, value := range codec.Message(ctx).ServerMetaData() {
		all = append(all, key+"="+string(value))
	}
	sort.Strings(all)
	return strings.Join(all, " ")
}

// chat sends each text back behind its name until the client has closed its half, and then how many there were. "fail" ends it.
func (g *greeter) chat(s server.Stream) error {
	for count := 0; ; count++ {
		request := &pb.HelloRequest{}
		err := s.RecvMsg(request)
		if errors.Is(err, io.EOF) {
			return s.SendMsg(&pb.HelloReply{Msg: fmt.Sprint(g.node, " had ", count)})
		}
		if err != nil {
			return err
		}
		if request.Msg == "fail" {
			return errs.NewFrameError(errs.RetServerValidateFail, "no more, by "+g.node)
		}
		if err := s.SendMsg(&pb.HelloReply{Msg: g.node + " " + request.Msg}); err != nil {
			return err
		}
	}
}

func main() {
	port := flag.String("port", "", "port on 127.0.0.1")
	node := flag.String("node", "", "the name it answers under")
	flag.Parse()
	log.SetLevel("0", log.LevelError)
	address := "127.0.0.1:" + *port
	g := &greeter{node: *node}
	s := &server.Server{}
	// Two services on one port are one service with the methods of both.
	service := server.New(server.WithServiceName(greeterName), server.WithAddress(address), server.WithNetwork("tcp"),
		server.WithProtocol("trpc"), server.WithTimeout(10*time.Second))
	s.AddService(greeterName, service)
	pb.RegisterGreeterService(s, g)
	if err := service.Register(&server.ServiceDesc{
		ServiceName:  chatName,
		HandlerType:  (*interface{})(nil),
		StreamHandle: stream.NewStreamDispatcher(),
		Streams: []server.StreamDesc{{
			StreamName:    "/" + chatName + "/Echo",
			Handler:       func(_ interface{}, s server.Stream) error { return g.chat(s) },
			ServerStreams: true,
		}},
	}, g); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go awaitListening(address, *node)
	if err := s.Serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
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
