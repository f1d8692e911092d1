// Command client calls Greeter at -address in each of -dialects, on one connection each but for the last check, and prints one line of JSON
// for each check. Calls that routes know are answered by v2, all others by v1.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/apache/thrift/lib/go/thrift"

	"meltemi/interop/thrift/gen-go/interop"
)

const (
	mebibyte    = 1 << 20
	connections = 4
	calls       = 50
)

// dialect is "framed-binary", "header-compact-zlib" and the like.
type dialect struct {
	name, transport, protocol string
	packed                    bool
}

func dialectOf(name string) dialect {
	parts := strings.Split(name, "-")
	return dialect{name: name, transport: parts[0], protocol: parts[1], packed: len(parts) > 2}
}

// connection is one, and the clients that share it.
type connection struct {
	dialect
	transport thrift.TTransport
	protocol  thrift.TProtocol
	greeter   *interop.GreeterClient
	canary    *interop.GreeterClient
}

func connect(address string, d dialect) (*connection, error) {
	config := &thrift.TConfiguration{}
	socket := thrift.NewTSocketConf(address, config)
	c := &connection{dialect: d}
	switch d.transport {
	case "framed":
		c.transport = thrift.NewTFramedTransportConf(socket, config)
	case "unframed":
		c.transport = thrift.NewTBufferedTransport(socket, 4096)
	default:
		c.transport = socket
	}
	switch {
	case d.transport == "header":
		id := thrift.THeaderProtocolBinary
		if d.protocol == "compact" {
			id = thrift.THeaderProtocolCompact
		}
		config.THeaderProtocolID = &id
		if d.packed {
			config.THeaderTransforms = []thrift.THeaderTransformID{thrift.TransformZlib}
		}
		c.protocol = thrift.NewTHeaderProtocolConf(c.transport, config)
	case d.protocol == "compact":
		c.protocol = thrift.NewTCompactProtocolConf(c.transport, config)
	default:
		c.protocol = thrift.NewTBinaryProtocolConf(c.transport, config)
	}
	c.greeter = interop.NewGreeterClient(thrift.NewTStandardClient(c.protocol, c.protocol))
	multiplexed := thrift.NewTMultiplexedProtocol(c.protocol, "Canary")
	c.canary = interop.NewGreeterClient(thrift.NewTStandardClient(c.protocol, multiplexed))
	return c, c.transport.Open()
}

func main() {
	address := flag.String("address", "", "HOST:PORT of Meltemi")
	dialects := flag.String("dialects", "", "framed-binary,unframed-compact,header-binary,header-compact-zlib …")
	flag.Parse()
	for _, name := range strings.Split(*dialects, ",") {
		runChecks(*address, dialectOf(name))
	}
}

var background = context.Background()

func runChecks(address string, d dialect) {
	c, err := connect(address, d)
	if err != nil {
		report(d.name+": connects", err)
		return
	}
	defer c.transport.Close()
	check := func(name string, body func() error) { report(d.name+": "+name, body()) }
	if d.transport == "header" {
		check("by a key of THeader", c.byKey)
	}
	if d.packed {
		return
	}
	check("by nothing", func() error { return expect("v1")(c.greeter.WhoAmI(background)) })
	check("by method", func() error { return expect("v2")(c.greeter.Place(background, anOrder())) })
	check("by argument", c.byArgument)
	check("by service", func() error { return expect("v2")(c.canary.WhoAmI(background)) })
	check("a struct of many kinds", c.echoesOrder)
	check("a declared exception", c.declared)
	check("an undeclared exception", c.undeclared)
	check("a call without a route", c.lost)
	check("one-way", c.oneWay)
	check("1 MiB, both versions", c.large)
	check("concurrency", func() error { return concurrent(address, d) })
}

func (c *connection) byKey() error {
	if err := expect("v2")(c.greeter.WhoAmI(as("jason"))); err != nil {
		return err
	}
	return expect("v1")(c.greeter.WhoAmI(as("mary")))
}

func as(user string) context.Context {
	return thrift.SetWriteHeaderList(thrift.SetHeader(background, "user", user), []string{"user"})
}

func (c *connection) byArgument() error {
	if err := expect("v2")(c.greeter.Greet(background, "jason", 1)); err != nil {
		return err
	}
	return expect("v1")(c.greeter.Greet(background, "mary", 2))
}

func (c *connection) echoesOrder() error {
	order, err := c.greeter.EchoOrder(background, anOrder())
	if err == nil && !reflect.DeepEqual(order, anOrder()) {
		return fmt.Errorf("it is %+v", order)
	}
	return err
}

func (c *connection) declared() error {
	_, err := c.greeter.Fail(background, "declared")
	var refused *interop.Refused
	if !errors.As(err, &refused) || refused.Code != 42 || refused.Reason != "declared by v1" {
		return fmt.Errorf("it is %T: %v", err, err)
	}
	return nil
}

func (c *connection) undeclared() error {
	_, err := c.greeter.Fail(background, "undeclared")
	// Its type is the library's choice.
	var exception thrift.TApplicationException
	if !errors.As(err, &exception) {
		return fmt.Errorf("it is %T: %v", err, err)
	}
	return nil
}

func (c *connection) lost() error {
	_, err := c.greeter.InternalDump(background)
	var exception thrift.TApplicationException
	if !errors.As(err, &exception) || exception.TypeId() != thrift.UNKNOWN_METHOD ||
		!strings.HasPrefix(exception.Error(), "meltemi: no route") {
		return fmt.Errorf("it is %T: %v", err, err)
	}
	return nil
}

func (c *connection) oneWay() error {
	if err := c.greeter.Note(background, c.name); err != nil {
		return err
	}
	noted, err := c.greeter.Noted(background, c.name)
	if err == nil && !noted {
		return errors.New("it has not arrived")
	}
	return err
}

func (c *connection) large() error {
	data := bytes.Repeat([]byte{7}, mebibyte)
	for user, version := range map[string]string{"jason": "v2", "mary": "v1"} {
		echoed, err := c.greeter.Echo(background, user, data)
		if err != nil {
			return err
		}
		if !bytes.Equal(echoed, append([]byte(version), data...)) {
			return fmt.Errorf("%d bytes, which begin with %q", len(echoed), echoed[:min(len(echoed), 8)])
		}
	}
	return nil
}

func concurrent(address string, d dialect) error {
	var waiting sync.WaitGroup
	failures := make([]error, connections)
	for i := range connections {
		waiting.Add(1)
		go func() {
			defer waiting.Done()
			failures[i] = inTurns(address, d)
		}()
	}
	waiting.Wait()
	return errors.Join(failures...)
}

func inTurns(address string, d dialect) error {
	c, err := connect(address, d)
	if err != nil {
		return err
	}
	defer c.transport.Close()
	for range calls {
		if err := c.byArgument(); err != nil {
			return err
		}
	}
	return nil
}

func expect(version string) func(string, error) error {
	return func(found string, err error) error {
		if err == nil && found != version {
			return fmt.Errorf("%s answered, not %s", found, version)
		}
		return err
	}
}

func anOrder() *interop.Order {
	paid := true
	return &interop.Order{
		ID: 1 << 40, Item: "茶", Price: 2.5, Tags: []string{"a", ""}, Quantities: map[string]int32{"a": 1, "b": -2}, Paid: &paid,
		Rows: [][]int64{{1, 2, 3}, {}}, Marks: []int16{-1},
	}
}

func report(name string, err error) {
	detail := ""
	if err != nil {
		detail = err.Error()
	}
	line, _ := json.Marshal(map[string]any{"name": name, "ok": err == nil, "detail": detail})
	fmt.Println(string(line))
}
