// Command server serves Greeter on -port, framed and not, in THeader and not, binary and compact: whatever a client begins with.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"sync"

	"github.com/apache/thrift/lib/go/thrift"

	"meltemi/interop/thrift/gen-go/interop"
)

type greeter struct {
	version string
	mutex   sync.Mutex
	tokens  map[string]bool
}

func (g *greeter) WhoAmI(context.Context) (string, error) { return g.version, nil }

func (g *greeter) Greet(context.Context, string, int32) (string, error) { return g.version, nil }

func (g *greeter) Place(context.Context, *interop.Order) (string, error) { return g.version, nil }

func (g *greeter) EchoOrder(_ context.Context, order *interop.Order) (*interop.Order, error) {
	return order, nil
}

func (g *greeter) Echo(_ context.Context, _ string, data []byte) ([]byte, error) {
	return append([]byte(g.version), data...), nil
}

func (g *greeter) Fail(_ context.Context, how string) (string, error) {
	if how == "declared" {
		return "", &interop.Refused{Code: 42, Reason: "declared by " + g.version}
	}
	return "", errors.New("undeclared by " + g.version)
}

func (g *greeter) Note(_ context.Context, token string) error {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.tokens[token] = true
	return nil
}

func (g *greeter) Noted(_ context.Context, token string) (bool, error) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return g.tokens[token], nil
}

func (g *greeter) InternalDump(context.Context) (string, error) { return g.version, nil }

func main() {
	port := flag.Int("port", 0, "where to listen")
	version := flag.String("version", "", "what it says it is")
	flag.Parse()
	if err := serve(fmt.Sprintf("127.0.0.1:%d", *port), *version); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(address, version string) error {
	socket, err := thrift.NewTServerSocket(address)
	if err != nil {
		return err
	}
	greeter := interop.NewGreeterProcessor(&greeter{version: version, tokens: map[string]bool{}})
	services := thrift.NewTMultiplexedProcessor()
	services.RegisterDefault(greeter)
	services.RegisterProcessor("Canary", greeter)
	config := &thrift.TConfiguration{}
	server := thrift.NewTSimpleServer4(
		services, socket, thrift.NewTHeaderTransportFactoryConf(nil, config), thrift.NewTHeaderProtocolFactoryConf(config),
	)
	if err := server.Listen(); err != nil {
		return err
	}
	fmt.Println("READY")
	return server.AcceptLoop()
}
