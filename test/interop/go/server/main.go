// Command server is a dubbo-go provider of GreeterService: -port PORT -node NAME. It prints READY when it serves.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"time"

	"dubbo.apache.org/dubbo-go/v3/common/constant"
	"dubbo.apache.org/dubbo-go/v3/config"

	"meltemi/interop/wire"
)

// Greeter is the provider. dubbo-go exports exported types only.
type Greeter struct {
	node string
}

// MethodMapper gives the methods their Java names.
func (*Greeter) MethodMapper() map[string]string {
	return map[string]string{
		"WhoAmI": "whoAmI", "Greet": "greet", "Echo": "echo", "EchoBytes": "echoBytes", "EchoCustomer": "echoCustomer",
		"Attachments": "attachments", "Fail": "fail", "NullText": "nullText",
	}
}

func (g *Greeter) WhoAmI(context.Context) (string, error) { return g.node, nil }

func (g *Greeter) Greet(_ context.Context, who string) (string, error) {
	return g.node + " greets " + who, nil
}

func (*Greeter) Echo(_ context.Context, text string) (string, error) { return text, nil }

func (*Greeter) EchoBytes(_ context.Context, bytes []byte) ([]byte, error) { return bytes, nil }

func (*Greeter) EchoCustomer(_ context.Context, customer *wire.Customer) (*wire.Customer, error) {
	return customer, nil
}

func (*Greeter) Attachments(ctx context.Context) (map[interface{}]interface{}, error) {
	seen := map[interface{}]interface{}{}
	attachments, _ := ctx.Value(constant.AttachmentKey).(map[string]interface{})
	for key, value := range attachments {
		switch value := value.(type) {
		case string:
			seen[key] = value
		case []string: // dubbo-go turns a text into a list of one
			if len(value) > 0 {
				seen[key] = value[0]
			}
		default:
			seen[key] = fmt.Sprintf("%T:%v", value, value)
		}
	}
	return seen, nil
}

func (g *Greeter) Fail(_ context.Context, how string) (string, error) {
	return "", &wire.GreetException{DetailMessage: how + ", by " + g.node, Code: 42}
}

func (*Greeter) NullText(context.Context) (interface{}, error) { return nil, nil }

func main() {
	port := flag.String("port", "", "port on 127.0.0.1")
	node := flag.String("node", "", "the name it answers under")
	flag.Parse()
	wire.Register()
	config.SetProviderService(&Greeter{node: *node})
	provider := config.NewProviderConfigBuilder().AddService("Greeter",
		config.NewServiceConfigBuilder().SetInterface(wire.Interface).SetProtocolIDs("dubbo").Build()).Build()
	root := config.NewRootConfigBuilder().
		SetProvider(provider).
		AddProtocol("dubbo", config.NewProtocolConfigBuilder().
			SetName("dubbo").SetIp("127.0.0.1").SetPort(*port).SetParams(wire.SessionParams()).Build()).
		Build()
	if err := config.Load(config.WithRootConfig(root)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	awaitListening("127.0.0.1:" + *port)
	fmt.Println("READY", *node)
	select {}
}

// awaitListening returns when the port takes connections: dubbo-go listens after Load has returned.
func awaitListening(address string) {
	for {
		connection, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			connection.Close()
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}
