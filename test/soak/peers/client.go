package main

import (
	"bufio"
	"fmt"
	"io"
	"math/rand"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// service is what a group of clients calls, and what it must expect.
type service struct {
	Name string `json:"name"`
	// What an error must name.
	Cluster string   `json:"cluster"`
	Users   []string `json:"users"`
	// Bytes of answers and of arguments, of which each call takes one.
	Answers   []int `json:"answers"`
	Arguments []int `json:"arguments"`
	// Errors are as good as answers; or nothing else will do.
	MayFail  bool `json:"may_fail"`
	MustFail bool `json:"must_fail"`
	// The connection may be closed with calls in flight.
	MayClose bool `json:"may_close"`
}

// group is a number of clients of one kind.
type group struct {
	Kind     string    `json:"kind"`
	Count    int       `json:"count"`
	InFlight int       `json:"in_flight"`
	ThinkMs  int       `json:"think_ms"` // before each call, at most
	Services []service `json:"services"`

	world   *world
	stopped chan struct{}
	done    sync.WaitGroup
}

const (
	callLimit    = 30 * time.Second
	connectPause = 20 * time.Millisecond
)

type call struct {
	service *service
	class   *class
	from    int
	user    string
	nonce   string
	size    int
	started time.Time
	read    atomic.Bool // by a server
}

// conn is one connection of a well-behaved client.
type conn struct {
	group   *group
	random  *rand.Rand
	nc      net.Conn
	mu      sync.Mutex
	pending map[uint64]*call
	leaving bool
	lost    bool // a call hangs, which is told already
	// A place for each call that may be in flight.
	places chan struct{}
	ended  chan struct{}
	// An answer has come: the connection was accepted.
	proven atomic.Bool
	opened time.Time
}

var nextNonce atomic.Uint64

func (g *group) start() {
	g.stopped = make(chan struct{})
	for i := 0; i < g.Count; i++ {
		g.done.Add(1)
		go func() {
			defer g.done.Done()
			random := rand.New(rand.NewSource(g.world.seed + int64(i)))
			for n := 0; !g.isStopped(); n++ {
				g.connectAndCall(random)
			}
		}()
	}
}

func (g *group) isStopped() bool {
	select {
	case <-g.stopped:
		return true
	default:
		return false
	}
}

func (g *group) connectAndCall(random *rand.Rand) {
	nc, err := net.DialTimeout("tcp4", g.world.address(random), 5*time.Second)
	if err != nil {
		g.world.count("connect refused", 1)
		time.Sleep(connectPause)
		return
	}
	g.world.count(g.Kind+": connections", 1)
	c := &conn{group: g, random: random, nc: nc, pending: map[uint64]*call{}, opened: time.Now(),
		places: make(chan struct{}, g.InFlight), ended: make(chan struct{})}
	for range g.InFlight {
		c.places <- struct{}{}
	}
	go c.read()
	c.write()
	<-c.ended
}

// write makes calls as long as there are places for them, and ends the connection in order.
func (c *conn) write() {
	w := bufio.NewWriterSize(c.nc, 64<<10)
	for {
		select {
		case <-c.places:
		default:
			w.Flush()
			select {
			case <-c.places:
			case <-c.ended:
				return
			case <-c.group.stopped:
				c.leave()
				return
			case <-time.After(time.Second):
				c.lookForLost()
				continue
			}
		}
		if c.group.ThinkMs > 0 {
			w.Flush()
			time.Sleep(time.Duration(c.random.Intn(c.group.ThinkMs*1000)) * time.Microsecond)
		}
		id, k := c.newCall()
		if k == nil {
			w.Flush()
			c.leave()
			return
		}
		c.nc.SetWriteDeadline(time.Now().Add(callLimit))
		size := c.random.Intn(len(k.service.Arguments))
		argument := k.nonce + ":" + strings.Repeat("x", k.service.Arguments[size])
		w.Write(request(id, k.service.Name, fmt.Sprintf("sized%d", k.size), k.user, argument))
	}
}

// newCall notes a call that is to be made. Nil: no more may be made.
func (c *conn) newCall() (uint64, *call) {
	s := &c.group.Services[c.random.Intn(len(c.group.Services))]
	user := s.Users[c.random.Intn(len(s.Users))]
	k := &call{service: s, class: c.group.world.classes.of(s.Name, user), user: user, started: time.Now()}
	n := nextNonce.Add(1)
	k.nonce = fmt.Sprintf("n%d", n)
	k.size = s.Answers[c.random.Intn(len(s.Answers))]
	k.from = k.class.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leaving || c.group.isStopped() {
		return 0, nil
	}
	c.pending[n] = k
	c.group.world.calls.Store(k.nonce, k)
	return n, k
}

// leave waits for what is in flight, then closes.
func (c *conn) leave() {
	c.mu.Lock()
	c.leaving = true
	idle := len(c.pending) == 0
	c.mu.Unlock()
	if idle {
		c.nc.Close()
	}
	for {
		select {
		case <-c.ended:
			return
		case <-time.After(time.Second):
			c.lookForLost()
		}
	}
}

func (c *conn) lookForLost() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range c.pending {
		if time.Since(k.started) > callLimit {
			c.group.world.bad.add("%s: a call hangs: %s", c.group.Kind, c.describe(k))
			c.lost = true
			c.nc.Close()
			return
		}
	}
}

func (c *conn) describe(k *call) string {
	return fmt.Sprintf("%s for %s, nonce %s, answer of %d bytes, made %v ago, on %v (opened %v ago)", k.service.Name, k.user, k.nonce, k.size,
		time.Since(k.started).Round(time.Millisecond), c.nc.LocalAddr(), time.Since(c.opened).Round(time.Millisecond))
}

func (c *conn) read() {
	defer close(c.ended)
	defer c.nc.Close()
	r := bufio.NewReaderSize(c.nc, 64<<10)
	for {
		m, err := readMessage(r)
		if err != nil {
			c.closed(err)
			return
		}
		if m.isEvent() {
			c.event(m)
		} else if m.isRequest() {
			c.group.world.bad.add("%s: a client got a request: flags %#x", c.group.Kind, m.flags)
		} else if !c.answered(m) {
			return
		}
	}
}

func (c *conn) event(m *message) {
	switch {
	case isReadOnly(m):
		c.group.world.count("told to go", 1)
		c.mu.Lock()
		c.leaving = true
		idle := len(c.pending) == 0
		c.mu.Unlock()
		if idle {
			c.nc.Close()
		}
		// The writer may wait for a place.
		select {
		case c.places <- struct{}{}:
		default:
		}
	case m.isRequest() && m.isTwoWay():
		c.nc.Write(event(0, statusOK, m.id, ""))
	}
}

// answered checks an answer. False: the connection is over.
func (c *conn) answered(m *message) bool {
	c.proven.Store(true)
	w := c.group.world
	c.mu.Lock()
	k := c.pending[m.id]
	delete(c.pending, m.id)
	last := c.leaving && len(c.pending) == 0
	c.mu.Unlock()
	if k == nil {
		w.bad.add("%s: an answer to no call: id %d, status %d, %d bytes", c.group.Kind, m.id, m.status, len(m.body))
		return true
	}
	w.calls.Delete(k.nonce)
	if m.status == statusOK {
		c.checkAnswer(k, m)
	} else {
		c.checkError(k, m)
	}
	w.latency(c.group.Kind, time.Since(k.started))
	if last {
		c.nc.Close()
		return true
	}
	select {
	case c.places <- struct{}{}:
	default:
	}
	return true
}

func (c *conn) checkAnswer(k *call, m *message) {
	w := c.group.world
	w.count(c.group.Kind+": answers", 1)
	value, _, err := readString(m.body[min(1, len(m.body)):])
	tag, rest, _ := strings.Cut(value, ":")
	nonce, bytes, _ := strings.Cut(rest, ":")
	switch {
	case err != nil || nonce != k.nonce || bytes != payload(k.nonce, k.size):
		w.bad.add("%s: a wrong answer (%d bytes, %.40q, %s) to %s", c.group.Kind, len(value), value,
			difference(value, answerValue(tag, k.nonce, k.size)), c.describe(k))
	case k.service.MustFail:
		w.bad.add("%s: an answer of %s to a call that goes nowhere: %s", c.group.Kind, tag, c.describe(k))
	case !k.class.may(k.from, tag):
		w.bad.add("%s: answered by %s, which no table in force allowed: %s", c.group.Kind, tag, c.describe(k))
	}
}

func (c *conn) checkError(k *call, m *message) {
	w := c.group.world
	text, _, err := readString(m.body)
	switch {
	case err != nil:
		w.bad.add("%s: an error that cannot be read: status %d, %x", c.group.Kind, m.status, m.body[:min(64, len(m.body))])
	case !strings.Contains(text, k.service.Cluster):
		w.bad.add("%s: an error that does not name %s: %q", c.group.Kind, k.service.Cluster, text)
	case k.service.MayFail || k.service.MustFail:
		w.count(c.group.Kind+": errors, as expected", 1)
	case k.class.excused(k.started, k.read.Load()):
		w.count(c.group.Kind+": errors while endpoints died", 1)
	default:
		w.bad.add("%s: status %d, %q: %s", c.group.Kind, m.status, text, c.describe(k))
	}
}

// closed tells what the end of a connection means for the calls in flight.
func (c *conn) closed(err error) {
	w := c.group.world
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range c.pending {
		w.calls.Delete(k.nonce)
	}
	if wrong, is := err.(notDubbo); is {
		w.bad.add("%s: a client got what is %s", c.group.Kind, wrong.Error())
		return
	}
	ours := c.leaving && len(c.pending) == 0
	if ours || c.lost {
		return
	}
	may := c.group.Services[0].MayClose
	excused := false
	for _, k := range c.pending {
		excused = excused || k.class.excused(k.started, k.read.Load())
	}
	switch {
	case may:
		w.count(c.group.Kind+": closed, as expected", 1)
	case excused:
		// Half an answer of an endpoint that died: nothing can follow it.
		w.count(c.group.Kind+": closed while endpoints died", 1)
	case w.restarting.Load() && !c.proven.Load():
		// It waited in the queue of a socket that was closed: never accepted, and so tried again.
		w.count("never accepted by an Envoy that ends", 1)
	case len(c.pending) == 0 && err == io.EOF && w.restarting.Load():
		w.count("closed while idle by an Envoy that ends", 1)
	case len(c.pending) == 0:
		w.bad.add("%s: closed without notice, nothing in flight: %v, %v, opened %v ago", c.group.Kind, err, c.nc.LocalAddr(),
			time.Since(c.opened).Round(time.Millisecond))
	default:
		for _, k := range c.pending {
			w.bad.add("%s: closed (%v) with %d calls in flight, one of them %s", c.group.Kind, err, len(c.pending), c.describe(k))
			break
		}
	}
}

// difference tells where two values begin and end to differ, and what stands there.
func difference(got, want string) string {
	first, last := 0, 0
	for first < min(len(got), len(want)) && got[first] == want[first] {
		first++
	}
	for last < min(len(got), len(want))-first && got[len(got)-1-last] == want[len(want)-1-last] {
		last++
	}
	end := len(got) - last
	return fmt.Sprintf("bytes %d to %d differ: %.80q instead of %.80q", first, end, got[first:end], want[first:min(len(want), max(end, first))])
}
