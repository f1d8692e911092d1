package main

import (
	"io"
	"net"
	"os"
	"strings"
	"testing"
)

// With no proxy between, a client of server v1 is answered by v1 alone.
func directRun(t *testing.T, change func(*run, []*server)) (*result, error) {
	t.Helper()
	l, err := newLoop()
	if err != nil {
		t.Fatal(err)
	}
	var servers []*server
	for _, tag := range []string{"v1", "v2"} {
		s, err := newServer(l, tag)
		if err != nil {
			t.Fatal(err)
		}
		servers = append(servers, s)
	}
	r := &run{
		Address:     servers[0].address,
		Connections: 3, InFlight: 5, PayloadBytes: 64,
		Calls:     []call{{User: "jason", Server: "v1"}, {User: "alice", Server: "v1"}},
		WarmUpMs:  1,
		MeasureMs: 20,
		EnvoyPID:  os.Getpid(),
	}
	change(r, servers)
	if err := r.prepare(servers); err != nil {
		t.Fatal(err)
	}
	return r.measure(l)
}

var protocols = []string{"dubbo", "thrift-binary", "thrift-compact"}

func TestCallsOfAllSizesAreAnswered(t *testing.T) {
	for _, protocol := range protocols {
		for _, payload := range []int{1, 64, 1024, 12 << 10, 1 << 20} {
			for _, echo := range []bool{false, true} {
				got, err := directRun(t, func(r *run, _ []*server) { r.Protocol, r.PayloadBytes, r.Echo = protocol, payload, echo })
				if err != nil {
					t.Fatalf("%s, payload %d, echo %v: %v", protocol, payload, echo, err)
				}
				if got.Calls < 15 || got.P50Us <= 0 || got.P99Us < got.P50Us || got.EnvoyCPU <= 0 {
					t.Errorf("%s, payload %d, echo %v: %+v", protocol, payload, echo, got)
				}
			}
		}
	}
}

func TestARateIsKept(t *testing.T) {
	got, err := directRun(t, func(r *run, _ []*server) { r.Rate, r.MeasureMs = 2000, 200 })
	if err != nil {
		t.Fatal(err)
	}
	if rate := float64(got.Calls) / got.Seconds; rate > 2100 {
		t.Errorf("%.0f calls per second instead of 2,000", rate)
	}
}

func TestEitherServerMayAnswer(t *testing.T) {
	if _, err := directRun(t, func(r *run, _ []*server) { r.Calls[0] = call{User: "jason", Server: "v2", Or: "v1"} }); err != nil {
		t.Error(err)
	}
}

func TestACallToTheWrongServerFails(t *testing.T) {
	for _, protocol := range protocols {
		_, err := directRun(t, func(r *run, _ []*server) { r.Protocol, r.Calls[0].Server = protocol, "v2" })
		expectError(t, err, "wrong bytes")
	}
}

// relay is a proxy that changes what it passes on.
func relay(t *testing.T, to string, change func(answer []byte) []byte) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			upstream, err := net.Dial("tcp", to)
			if err != nil {
				return
			}
			go io.Copy(upstream, from)
			go func() {
				defer from.Close()
				buffer := make([]byte, 64<<10)
				for {
					n, err := upstream.Read(buffer)
					if err != nil {
						return
					}
					changed := change(buffer[:n])
					if changed == nil {
						return
					}
					from.Write(changed)
				}
			}()
		}
	}()
	return listener.Addr().String()
}

func TestWhatAProxyDoesWrongIsSeen(t *testing.T) {
	for name, c := range map[string]struct {
		change func([]byte) []byte
		want   string
	}{
		"a byte of an answer":   {func(b []byte) []byte { b[len(b)-1] ^= 1; return b }, "wrong bytes"},
		"a status":              {func(b []byte) []byte { b[statusAt] = 40; return b }, "status 40"},
		"an id":                 {func(b []byte) []byte { b[idAt] ^= 1; return b }, "not in flight"},
		"an answer given twice": {func(b []byte) []byte { return append(b[:20:20], b...) }, "not in flight"},
		"a length":              {func(b []byte) []byte { b[lengthAt+3]++; return b }, "a body of"},
		"a closed connection":   {func([]byte) []byte { return nil }, "closed a connection with"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := directRun(t, func(r *run, servers []*server) {
				r.Address = relay(t, servers[0].address, c.change)
			})
			expectError(t, err, c.want)
		})
	}
}

func expectError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("the error is %v; it should say %q", err, want)
	}
}
