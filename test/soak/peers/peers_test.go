package main

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// run lets clients call a server through a relay and returns what they found wrong.
func run(t *testing.T, allowed string, kind string, change func(answer []byte) []byte) []string {
	t.Helper()
	w := newWorld()
	s, err := newServer("v1.1", "good", 0, w)
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop(false, func() {})
	w.addresses = []string{relay(t, s.listener.Addr().String(), change)}
	w.classes.of("soak.Healthy", "anna").allow([]string{allowed})
	called := service{Name: "soak.Healthy", Cluster: "healthy.soak", Users: []string{"anna"}, Answers: []int{0, 3000}, Arguments: []int{0, 40_000}}
	g := &group{Kind: kind, Count: 2, InFlight: 3, ThinkMs: 1, Services: []service{called}, world: w}
	if hostile[kind] != nil {
		g.startHostile(1 << 20)
	} else {
		g.start()
	}
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		w.bad.mu.Lock()
		failed := w.bad.count > 0
		w.bad.mu.Unlock()
		w.mu.Lock()
		done := w.counts[kind+": answers"] > 50 || w.counts["misbehaved: "+kind] > 3
		w.mu.Unlock()
		if failed || done {
			break
		}
	}
	close(g.stopped)
	if change == nil {
		g.done.Wait()
	}
	_, texts := w.bad.take()
	return texts
}

// relay is a proxy that changes what it passes on; nil ends the connection.
func relay(t *testing.T, to string, change func(answer []byte) []byte) string {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
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
			upstream, err := net.Dial("tcp4", to)
			if err != nil {
				return
			}
			go func() {
				io.Copy(upstream, from)
				upstream.Close()
			}()
			go func() {
				defer from.Close()
				buffer := make([]byte, 64<<10)
				for {
					n, err := upstream.Read(buffer)
					if err != nil {
						return
					}
					passed := buffer[:n]
					if change != nil {
						passed = change(passed)
					}
					if passed == nil {
						return
					}
					from.Write(passed)
				}
			}()
		}
	}()
	return listener.Addr().String()
}

func TestGoodCallsAreFine(t *testing.T) {
	for _, kind := range []string{"healthy", "leaves", "longest", "many at once", "slow", "comes and goes"} {
		if texts := run(t, "v1", kind, nil); len(texts) > 0 {
			t.Errorf("%s: %v", kind, texts)
		}
	}
}

func TestWhatAProxyDoesWrongIsSeen(t *testing.T) {
	for name, c := range map[string]struct {
		allowed, kind string
		change        func([]byte) []byte
		want          string
	}{
		"another version":     {"v2", "healthy", nil, "no table in force allowed"},
		"a byte of an answer": {"v1", "healthy", func(b []byte) []byte { b[len(b)-1] ^= 1; return b }, "wrong answer"},
		"an error":            {"v1", "healthy", func(b []byte) []byte { b[3] = 40; return b }, "an error that"},
		"an id":               {"v1", "healthy", func(b []byte) []byte { b[4] ^= 1; return b }, "an answer to no call"},
		"an end":              {"v1", "healthy", func([]byte) []byte { return nil }, "calls in flight"},
		"HTTP":                {"v1", "healthy", func([]byte) []byte { return []byte("HTTP/1.1 200 OK") }, "not Dubbo"},
		"no answer":           {"v1", "longest", func([]byte) []byte { return nil }, "no answer"},
	} {
		t.Run(name, func(t *testing.T) {
			texts := run(t, c.allowed, c.kind, c.change)
			if len(texts) == 0 || !strings.Contains(texts[0], c.want) {
				t.Errorf("it was told %q; it should say %q", texts, c.want)
			}
		})
	}
}

func TestStringsGoThereAndBack(t *testing.T) {
	for _, n := range []int{0, 31, 32, 1023, 1024, 0x8000, 0x8001, 0x20000} {
		text := strings.Repeat("x", n)
		if got, rest, err := readString(appendString(nil, text)); got != text || len(rest) > 0 || err != nil {
			t.Errorf("%d characters came back as %d, %d bytes left, %v", n, len(got), len(rest), err)
		}
	}
	for _, n := range []int{300, 70_000, 16<<20 - headBytes} {
		if b := requestOfBytes(1, "s", "m", "u", n); len(b) != n+headBytes {
			t.Errorf("a body of %d bytes was asked for, the message has %d", n, len(b))
		}
	}
}

func TestAServerThatLeavesInOrderExcusesOnlyCallsThatItHasNotRead(t *testing.T) {
	w := newWorld()
	class := w.classes.of("soak.Healthy", "anna")
	w.classes.excuse("soak.Healthy", time.Minute, false)
	if class.excused(time.Now(), true) || !class.excused(time.Now(), false) {
		t.Error("in order")
	}
	w.classes.excuse("soak.Healthy", time.Minute, true)
	if !class.excused(time.Now(), true) || class.excused(time.Now().Add(time.Hour), false) {
		t.Error("at once")
	}
}

func TestACallThatAServerReadsIsNoted(t *testing.T) {
	w := newWorld()
	k := &call{nonce: "n1"}
	w.calls.Store(k.nonce, k)
	s, err := newServer("v1.1", "good", 0, w)
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop(false, func() {})
	nc, err := net.Dial("tcp4", s.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	nc.Write(request(7, "soak.Healthy", "sized10", "anna", "n1:x"))
	if _, err := readMessage(bufio.NewReader(nc)); err != nil || !k.read.Load() {
		t.Errorf("%v, read: %v", err, k.read.Load())
	}
}
