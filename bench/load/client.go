package main

import (
	"fmt"
	"net"
	"os"
	"syscall"
)

type slot struct {
	id      uint64
	busy    bool
	startNs int64
	kind    *kind
}

// client is one connection to Envoy with a fixed number of calls in flight: each answer is followed by a new call, at once or, in a
// run with a rate, when it is due. All calls that follow the answers of one read leave in one write.
type client struct {
	run      *run
	socket   *socket
	slots    []slot
	calls    uint64
	inFlight int
	// Where ids say nothing: the slots of the calls in flight, the oldest at calls-inFlight.
	order []int
	// What an id can have of the number of a call.
	idMask uint64
}

func newClient(l *loop, r *run) (*client, error) {
	fd, err := dial(r.Address)
	if err != nil {
		return nil, err
	}
	c := &client{run: r, slots: make([]slot, r.InFlight), order: make([]int, r.InFlight), idMask: 1<<r.protocol.idBits() - 1}
	c.socket, err = newSocket(l, fd, c)
	return c, err
}

func dial(address string) (int, error) {
	to, err := net.ResolveTCPAddr("tcp4", address)
	if err != nil {
		return 0, err
	}
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, os.NewSyscallError("socket", err)
	}
	if err := syscall.Connect(fd, &syscall.SockaddrInet4{Port: to.Port, Addr: [4]byte(to.IP.To4())}); err != nil {
		return 0, fmt.Errorf("connecting to %s: %w", address, err)
	}
	return fd, nil
}

// open puts the first calls in flight.
func (c *client) open() error {
	for i := range c.slots {
		if c.run.Rate > 0 {
			c.run.waiting = append(c.run.waiting, waiting{c, i})
			continue
		}
		c.call(i)
	}
	return c.socket.write()
}

func (c *client) protocol() protocol { return c.run.protocol }

// An id is the number of the call on its connection, then the slot that it is in flight in.
func (c *client) call(i int) {
	kind := &c.run.kinds[c.calls%uint64(len(c.run.kinds))]
	c.order[c.calls%uint64(len(c.order))] = i
	c.calls++
	c.inFlight++
	c.slots[i] = slot{
		id:      (c.calls<<slotBits | uint64(i)) & c.idMask,
		busy:    true,
		startNs: c.socket.loop.nowNs,
		kind:    kind,
	}
	m := c.socket.add()
	m.body = kind.request
	m.headBytes = c.run.protocol.putCall(m.head[:], kind.user, c.slots[i].id, len(m.body))
}

// slotOf is the slot of the call that an answer is to.
func (c *client) slotOf(head []byte) (int, error) {
	if c.idMask == 0 {
		if c.inFlight == 0 {
			return 0, fmt.Errorf("an answer, and no call is in flight: %x", head)
		}
		return c.order[(c.calls-uint64(c.inFlight))%uint64(len(c.order))], nil
	}
	id := c.run.protocol.id(head)
	i := int(id & (1<<slotBits - 1))
	if i >= len(c.slots) || !c.slots[i].busy || c.slots[i].id != id {
		return 0, fmt.Errorf("an answer to call %#x, which is not in flight: %x", id, head)
	}
	return i, nil
}

func (c *client) begin(head []byte) ([][]byte, error) {
	i, err := c.slotOf(head)
	if err != nil {
		return nil, err
	}
	kind := c.slots[i].kind
	return kind.answers, c.run.protocol.checkAnswer(head, kind.user, len(kind.answers[0]))
}

func (c *client) end(head []byte) error {
	i, err := c.slotOf(head)
	if err != nil {
		return err
	}
	c.slots[i].busy = false
	c.inFlight--
	c.run.answered(c.socket.loop.nowNs - c.slots[i].startNs)
	if c.run.stopping {
		return nil
	}
	if c.run.Rate > 0 {
		c.run.waiting = append(c.run.waiting, waiting{c, i})
	} else {
		c.call(i)
	}
	return nil
}

func (c *client) closed() error {
	return fmt.Errorf("Envoy closed a connection with %d calls in flight", c.inFlight)
}
