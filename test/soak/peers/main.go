// Command peers is the clients and the upstreams of the soak (test/soak/main.ts), good ones and bad ones. It does what it is told,
// one command for each line of JSON on standard input, and answers each with a line of JSON on standard output.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// world is all that clients and servers share.
type world struct {
	seed       int64
	classes    classes
	bad        failures
	restarting atomic.Bool // an Envoy is about to end
	calls      sync.Map    // those in flight of well-behaved clients, by nonce

	mu        sync.Mutex
	addresses []string
	counts    map[string]int
	latencies map[string][]time.Duration
	servers   map[string]*server
	groups    []*group
}

func newWorld() *world {
	return &world{classes: classes{all: map[string]*class{}}, counts: map[string]int{}, servers: map[string]*server{},
		latencies: map[string][]time.Duration{}}
}

func (w *world) address(random *rand.Rand) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.addresses[random.Intn(len(w.addresses))]
}

// noteRead: a server has read the call with this nonce.
func (w *world) noteRead(nonce string) {
	if k, is := w.calls.Load(nonce); is {
		k.(*call).read.Store(true)
	}
}

func (w *world) count(what string, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.counts[what] += n
}

func (w *world) latency(kind string, d time.Duration) {
	const most = 1 << 20
	w.mu.Lock()
	defer w.mu.Unlock()
	if l := w.latencies[kind]; len(l) < most {
		w.latencies[kind] = append(l, d)
	}
}

type command struct {
	Number int    `json:"number"`
	Do     string `json:"do"`

	Seed      int64    `json:"seed"`
	Name      string   `json:"name"`
	Behaviour string   `json:"behaviour"`
	Port      int      `json:"port"`
	InOrder   bool     `json:"in_order"`
	Service   string   `json:"service"`
	User      string   `json:"user"`
	Tags      []string `json:"tags"`
	Ms        int      `json:"ms"`
	Addresses []string `json:"addresses"`
	On        bool     `json:"on"`
	Maximum   int      `json:"maximum"`
	Group     group    `json:"group"`
}

type quantiles struct {
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
	Max float64 `json:"max_ms"`
}

type reply struct {
	Number    int                  `json:"number"`
	Error     string               `json:"error,omitempty"`
	Port      int                  `json:"port,omitempty"`
	Counts    map[string]int       `json:"counts,omitempty"`
	Latencies map[string]quantiles `json:"latencies,omitempty"`
	Failures  int                  `json:"failures"`
	Texts     []string             `json:"texts,omitempty"`
}

func main() {
	w := newWorld()
	var out sync.Mutex
	encoder := json.NewEncoder(os.Stdout)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c command
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			fmt.Fprintln(os.Stderr, "peers:", err)
			os.Exit(1)
		}
		do := func() {
			r := w.do(&c)
			r.Number = c.Number
			out.Lock()
			defer out.Unlock()
			encoder.Encode(r)
		}
		// What takes long must not hold up the rest, and what is short keeps its order.
		if c.Do == "stop" || c.Do == "finish" {
			go do()
		} else {
			do()
		}
	}
}

func (w *world) do(c *command) (r reply) {
	switch c.Do {
	case "seed":
		w.seed = c.Seed
	case "listen":
		s, err := newServer(c.Name, c.Behaviour, c.Port, w)
		if err != nil {
			r.Error = err.Error()
			return r
		}
		w.mu.Lock()
		w.servers[c.Name] = s
		w.mu.Unlock()
		r.Port = s.port()
	case "stop":
		w.mu.Lock()
		s := w.servers[c.Name]
		delete(w.servers, c.Name)
		w.mu.Unlock()
		s.stop(c.InOrder, func() { w.classes.excuse(c.Service, time.Duration(c.Ms)*time.Millisecond, !c.InOrder) })
	case "allow":
		w.classes.of(c.Service, c.User).allow(c.Tags)
	case "addresses":
		w.mu.Lock()
		w.addresses = c.Addresses
		w.mu.Unlock()
	case "restarting":
		w.restarting.Store(c.On)
	case "clients":
		g := &c.Group
		g.world = w
		w.mu.Lock()
		w.groups = append(w.groups, g)
		w.mu.Unlock()
		if hostile[g.Kind] != nil {
			g.startHostile(c.Maximum)
		} else {
			g.start()
		}
	case "report":
		return w.report()
	case "finish":
		w.mu.Lock()
		groups := w.groups
		w.groups = nil
		w.mu.Unlock()
		for _, g := range groups {
			close(g.stopped)
		}
		for _, g := range groups {
			g.done.Wait()
		}
		return w.report()
	default:
		r.Error = "unknown command " + c.Do
	}
	return r
}

// report tells everything that was counted, and the latencies since the last report.
func (w *world) report() (r reply) {
	w.mu.Lock()
	latencies := w.latencies
	w.latencies = map[string][]time.Duration{}
	r.Counts = map[string]int{}
	for what, n := range w.counts {
		r.Counts[what] = n
	}
	w.mu.Unlock()
	r.Latencies = map[string]quantiles{}
	for kind, all := range latencies {
		slices.Sort(all)
		at := func(q float64) float64 { return float64(all[int(q*float64(len(all)-1))]) / 1e6 }
		r.Latencies[kind] = quantiles{at(0.5), at(0.99), at(1)}
	}
	r.Failures, r.Texts = w.bad.take()
	return r
}
