package main

import (
	"fmt"
	"os"
)

// run is one measurement, and one line of standard input.
type run struct {
	Address      string `json:"address"` // of the listener
	Connections  int    `json:"connections"`
	InFlight     int    `json:"in_flight"` // calls, on each connection
	PayloadBytes int    `json:"payload_bytes"`
	Echo         bool   `json:"echo"`  // answers as long as the calls
	Calls        []call `json:"calls"` // each connection makes these in turn
	WarmUpMs     int64  `json:"warm_up_ms"`
	MeasureMs    int64  `json:"measure_ms"`
	EnvoyPID     int    `json:"envoy_pid"`

	kinds     []kind
	latencies latencies
	stopping  bool
}

type call struct {
	User   string `json:"user"`   // the attachment
	Server string `json:"server"` // the tag of the one that must answer
}

// result is one line of standard output.
type result struct {
	Calls    uint64  `json:"calls"`
	Seconds  float64 `json:"seconds"`
	EnvoyCPU float64 `json:"envoy_cpu_seconds"`
	LoadCPU  float64 `json:"load_cpu_seconds"`
	P50Us    float64 `json:"p50_us"`
	P99Us    float64 `json:"p99_us"`
}

// How long answers may take before they count as lost.
const lostNs = 30e9

func (r *run) prepare(servers []*server) error {
	answerBytes := 0
	if r.Echo {
		answerBytes = r.PayloadBytes
	}
	for _, s := range servers {
		s.requests = nil
		s.answer = answerBody(s.tag, answerBytes)
	}
	for _, call := range r.Calls {
		at := -1
		for i, s := range servers {
			if s.tag == call.Server {
				at = i
			}
		}
		if at < 0 {
			return fmt.Errorf("no server has the tag %q", call.Server)
		}
		s := servers[at]
		request := requestBody(call.User, r.PayloadBytes)
		s.requests = append(s.requests, request)
		r.kinds = append(r.kinds, kind{request: request, answer: s.answer})
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
	}
	return measured, r.drain(l, clients)
}

// spin lasts as long as asked, and until as many calls as are in flight have been answered: long ones on many connections take
// more than a second to come around.
func (r *run) spin(l *loop, ms int64) error {
	r.latencies.reset()
	inFlight := uint64(r.Connections * r.InFlight)
	for end := l.nowNs + ms*1e6; l.nowNs < end || r.latencies.total < inFlight; {
		if l.nowNs > end+lostNs {
			return fmt.Errorf("%d of %d calls were not answered in time", inFlight-r.latencies.total, inFlight)
		}
		if err := l.turn(); err != nil {
			return err
		}
	}
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
