// Command client calls GreeterService at -address with dubbo-go and prints one line of JSON per check. With -mesh the
// calls of user=jason are answered by v2 and all others by v1; without, all by v1.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"

	"dubbo.apache.org/dubbo-go/v3/common/constant"
	"dubbo.apache.org/dubbo-go/v3/config"

	"meltemi/interop/wire"
)

type greeter struct {
	WhoAmI       func(ctx context.Context) (string, error)                           `dubbo:"whoAmI"`
	Greet        func(ctx context.Context, who string) (string, error)               `dubbo:"greet"`
	Echo         func(ctx context.Context, text string) (string, error)              `dubbo:"echo"`
	EchoBytes    func(ctx context.Context, bytes []byte) ([]byte, error)             `dubbo:"echoBytes"`
	EchoCustomer func(ctx context.Context, c *wire.Customer) (*wire.Customer, error) `dubbo:"echoCustomer"`
	EchoPerson   func(ctx context.Context, p *wire.Person) (*wire.Person, error)     `dubbo:"echoPerson"`
	Attachments  func(ctx context.Context) (map[interface{}]interface{}, error)      `dubbo:"attachments"`
	Fail         func(ctx context.Context, how string) (string, error)               `dubbo:"fail"`
	NullText     func(ctx context.Context) (string, error)                           `dubbo:"nullText"`
	Arrived      func(ctx context.Context, token string) (bool, error)               `dubbo:"arrived"`
	Hold         func(ctx context.Context, token string) (string, error)             `dubbo:"hold"`
	Release      func(ctx context.Context, token string) (interface{}, error)        `dubbo:"release"`
	mesh         bool
}

type unknown struct {
	Echo func(ctx context.Context, text string) (string, error) `dubbo:"echo"`
}

// Reference names the consumers to dubbo-go.
func (*greeter) Reference() string { return "greeter" }

func (*unknown) Reference() string { return "unknown" }

func main() {
	address := flag.String("address", "", "HOST:PORT of the provider, or of Meltemi")
	mesh := flag.Bool("mesh", false, "whether Meltemi stands before v1 and v2")
	flag.Parse()
	wire.Register()
	g := &greeter{mesh: *mesh}
	u := &unknown{}
	config.SetConsumerService(g)
	config.SetConsumerService(u)
	url := "dubbo://" + *address
	consumer := config.NewConsumerConfigBuilder().
		SetRequestTimeout("8s").
		AddReference("greeter", reference(wire.Interface, url)).
		AddReference("unknown", reference("io.meltemi.interop.api.UnknownService", url)).
		Build()
	root := config.NewRootConfigBuilder().
		SetConsumer(consumer).
		AddProtocol("dubbo", config.NewProtocolConfigBuilder().SetName("dubbo").SetParams(wire.SessionParams()).Build()).
		Build()
	if err := config.Load(config.WithRootConfig(root)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	runChecks(g, u)
}

func reference(name, url string) *config.ReferenceConfig {
	return config.NewReferenceConfigBuilder().
		SetInterface(name).SetProtocol("dubbo").SetURL(url).SetCluster("failfast").Build()
}

// as is the context of a call with attachments.
func as(attachments map[string]interface{}) context.Context {
	return context.WithValue(context.Background(), constant.AttachmentKey, attachments)
}

func user(name string) context.Context { return as(map[string]interface{}{"user": name}) }

// manyScripts is another user of v2, with characters of two, three and four bytes.
const manyScripts = "é 书 😀"

// version is the provider that answers a call of `name`.
func (g *greeter) version(name string) string {
	if g.mesh && (name == "jason" || name == manyScripts) {
		return "v2"
	}
	return "v1"
}

// check runs one check: its detail, or why it failed.
func check(name string, body func() (string, error)) {
	detail, err := body()
	if err != nil {
		detail = err.Error()
	}
	if len(detail) > 400 {
		detail = detail[:400] + "…"
	}
	line, _ := json.Marshal(map[string]interface{}{"name": name, "ok": err == nil, "detail": detail})
	fmt.Println(string(line))
}

// same is the error that says how `actual` differs from `expected`, if it does.
func same(expected, actual interface{}, err error) error {
	if err != nil {
		return err
	}
	want, got := fmt.Sprintf("%+v", expected), fmt.Sprintf("%+v", actual)
	if want == got {
		return nil
	}
	return fmt.Errorf("expected %.200s, got %.200s", want, got)
}
