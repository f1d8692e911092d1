// Command client calls the services of ../server at -address with trpc-go and prints one line of JSON per check. With -mesh
// calls and streams of user=jason are answered by v2 and all others by v1; without, all by v1.
package main

import (
	"context"
	"flag"
	"time"

	trpc "trpc.group/trpc-go/trpc-go"
	"trpc.group/trpc-go/trpc-go/client"
	"trpc.group/trpc-go/trpc-go/log"
	"trpc.group/trpc-go/trpc-go/pool/multiplexed"
	pb "trpc.group/trpc-go/trpc-go/testdata/trpc/helloworld"
)

const (
	greeterName = "trpc.test.helloworld.Greeter"
	chatName    = "trpc.test.stream.Chat"
	timeout     = 10 * time.Second
)

type target struct {
	address string
	mesh    bool
	second  string
	greeter pb.GreeterClientProxy
}

func main() {
	address := flag.String("address", "", "HOST:PORT of the server, or of Meltemi")
	mesh := flag.Bool("mesh", false, "whether Meltemi stands before v1 and v2")
	flag.Parse()
	log.SetLevel("0", log.LevelFatal)
	t := &target{address: *address, mesh: *mesh, second: "v1"}
	if t.mesh {
		t.second = "v2"
	}
	pool := multiplexed.New(multiplexed.WithConnectNumber(1))
	t.greeter = pb.NewGreeterClientProxy(append(t.options(greeterName),
		client.WithMultiplexed(true), client.WithMultiplexedPool(pool))...)
	t.runCalls()
	t.runStreams()
}

func (t *target) options(service string) []client.Option {
	return []client.Option{
		client.WithTarget("ip://" + t.address),
		client.WithServiceName(service),
		client.WithNetwork("tcp"),
		client.WithProtocol("trpc"),
		client.WithTimeout(timeout),
		client.WithCallerServiceName("trpc.test.interop.client"),
	}
}

// node is who answers the calls of a user.
func (t *target) node(user string) string {
	if user == "jason" {
		return t.second
	}
	return "v1"
}

// hello calls as a user; an empty one is none.
func (t *target) hello(user, text string, options ...client.Option) (string, error) {
	if user != "" {
		options = append(options, client.WithMetaData("user", []byte(user)))
	}
	reply, err := t.greeter.SayHello(background(), &pb.HelloRequest{Msg: text}, options...)
	if err != nil {
		return "", err
	}
	return reply.Msg, nil
}

func background() context.Context { return trpc.BackgroundContext() }
