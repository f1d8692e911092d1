package main

import (
	"fmt"
	"os"
	"slices"
)

// run is one measurement, and one line of standard input.
type run struct {
	Protocol     string `json:"protocol"`
	Address      string `json:"address"` // of the listener
	Connections  int    `json:"connections"`
	InFlight     int    `json:"in_flight"` // calls, on each connection
	PayloadBytes int    `json:"payload_bytes"`
	Echo         bool   `json:"echo"`  // answers as long as the calls
	Calls        []call `json:"calls"` // each connection makes these in turn
	Rate         int    `json:"rate"`  // calls per second of all connections; 0: as many as go
	WarmUpMs     int64  `json:"warm_up_ms"`
	MeasureMs    int64  `json:"measure_ms"`
	IdleMs       int64  `json:"idle_ms"` // for which the connections are kept afterwards, without a call
	EnvoyPID     int    `json:"envoy_pid"`

	protocol  protocol
	kinds     []kind
	latencies latencies
	stopping  bool
	// With a rate: places for calls that are not due yet, since when calls are, and how many were made.
	waiting []waiting
	sinceNs int64
	made    int64
}

type waiting struct {
	client *client
	slot   int
}

// kind is one sort of call: what is sent and the answers that are right. The bodies are shared by all its calls.
type kind struct {
	user    string
	request []byte
	answers [][]byte
}

type call struct {
	User   string `json:"user"`   // the attachment, or what stands for it
	Server string `json:"server"` // the tag of the one that must answer
	Or     string `json:"or"`     // another that may
}

// result is one line of standard output.
type result struct {
	Calls    uint64  `json:"calls"`
	Seconds  float64 `json:"seconds"`
	EnvoyCPU float64 `json:"envoy_cpu_seconds"`
	LoadCPU  float64 `json:"load_cpu_seconds"`
	P50Us    float64 `json:"p50_us"`
	P99Us    float64 `json:"p99_us"`
	MaxUs    float64 `json:"max_us"`
}

// How long answers may take before they count as lost.
const lostNs = 30e9

func (r *run) prepare(servers []*server) error {
	var err error
	if r.protocol, err = protocolOf(r.Protocol); err != nil {
		return err
	}
	answerBytes := 0
	if r.Echo {
		answerBytes = r.PayloadBytes
	}
	for _, s := range servers {
		s.protocol = r.protocol
		s.requests = nil
		s.answer = r.protocol.answerBody(s.tag, answerBytes)
	}
	for _, call := range r.Calls {
		k := kind{user: call.User, request: r.protocol.requestBody(call.User, r.PayloadBytes)}
		tags := []string{call.Server}
		if call.Or != "" {
			tags = append(tags, call.Or)
		}
		for _, tag := range tags {
			at := slices.IndexFunc(servers, func(s *server) bool { return s.tag == tag })
			if at < 0 {
				return fmt.Errorf("no server has the tag %q", tag)
			}
			servers[at].requests = append(servers[at].requests, k.request)
			k.answers = append(k.answers, servers[at].answer)
		}
		r.kinds = append(r.kinds, k)
	}
	return nil
}

func (r *run) answered(latencyNs int64) {
	r.latencies.add(latencyNs)
}

// measure opens the connections, lets them run warm, measures, and waits for the last answers.
func (r *run) measure(l *loop) (*result, error) {
	l.readClock()
	clients := make([]*client, r.Connections)
	for i := range clients {
		c, err := newClient(l, r)
		if err != nil {
			return nil, err
		}
		defer c.socket.finish()
		clients[i] = c
	}
	for _, c := range clients {
		if err := c.open(); err != nil {
			return nil, err
		}
	}
	if err := r.spin(l, r.WarmUpMs); err != nil {
		return nil, err
	}
	before, err := r.read(l)
	if err != nil {
		return nil, err
	}
	if err := r.spin(l, r.MeasureMs); err != nil {
		return nil, err
	}
	after, err := r.read(l)
	if err != nil {
		return nil, err
	}
	measured := &result{
		Calls:    r.latencies.total,
		Seconds:  float64(after.wallNs-before.wallNs) / 1e9,
		EnvoyCPU: float64(after.envoyNs-before.envoyNs) / 1e9,
		LoadCPU:  float64(after.loadNs-before.loadNs) / 1e9,
		P50Us:    r.latencies.quantile(0.5) / 1e3,
		P99Us:    r.latencies.quantile(0.99) / 1e3,
		MaxUs:    r.latencies.quantile(1) / 1e3,
	}
	if err := r.drain(l, clients); err != nil {
		return nil, err
	}
	return measured, r.rest(l)
}

// spin lasts as long as asked, and until as many calls as are in flight have been answered: long ones on many connections take
// more than a second to come around.
func (r *run) spin(l *loop, ms int64) error {
	r.latencies.reset()
	r.sinceNs, r.made = l.nowNs, 0
	inFlight := uint64(r.Connections * r.InFlight)
	for end := l.nowNs + ms*1e6; l.nowNs < end || r.latencies.total < inFlight; {
		if l.nowNs > end+lostNs {
			return fmt.Errorf("%d of %d calls were not answered in time", inFlight-r.latencies.total, inFlight)
		}
		if err := l.turn(); err != nil {
			return err
		}
		if err := r.makeDueCalls(l); err != nil {
			return err
		}
	}
	return nil
}

// makeDueCalls follows the rate, but that a moment without free places is not made up for.
func (r *run) makeDueCalls(l *loop) error {
	if r.Rate == 0 {
		return nil
	}
	due := (l.nowNs-r.sinceNs)*int64(r.Rate)/1e9 - r.made
	n := int(min(due, int64(len(r.waiting))))
	for _, w := range r.waiting[:n] {
		w.client.call(w.slot)
		if err := w.client.socket.write(); err != nil {
			return err
		}
	}
	r.waiting = slices.Delete(r.waiting, 0, n)
	r.made += due
	return nil
}

// drain waits for what is in flight: a call that is never answered is a wrong one.
func (r *run) drain(l *loop, clients []*client) error {
	r.stopping = true
	end := l.nowNs + lostNs
	for {
		left := 0
		for _, c := range clients {
			left += c.inFlight
		}
		if left == 0 {
			return nil
		}
		if l.nowNs > end {
			return fmt.Errorf("%d calls were never answered", left)
		}
		if err := l.turn(); err != nil {
			return err
		}
	}
}

// rest keeps the connections open for a while.
func (r *run) rest(l *loop) error {
	for end := l.nowNs + r.IdleMs*1e6; l.nowNs < end; {
		if err := l.turn(); err != nil {
			return err
		}
	}
	return nil
}

type clocks struct{ wallNs, envoyNs, loadNs int64 }

func (r *run) read(l *loop) (c clocks, err error) {
	l.readClock()
	c.wallNs = l.nowNs
	if c.envoyNs, err = cpuNs(r.EnvoyPID); err != nil {
		return c, err
	}
	c.loadNs, err = cpuNs(os.Getpid())
	return c, err
}
