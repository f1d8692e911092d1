package main

import (
	"fmt"
	"net"
	"os"
	"syscall"
)

// An id is the number of the call on its connection, then the slot that it is in flight in.
const slotBits = 16

type slot struct {
	id      uint64 // 0: free
	startNs int64
	answers [][]byte // what may come back
}

// client is one connection to Envoy with a fixed number of calls in flight: each answer is followed by a new call, at once or, in a
// run with a rate, when it is due. All calls that follow the answers of one read leave in one write.
type client struct {
	run      *run
	socket   *socket
	slots    []slot
	calls    uint64
	inFlight int
}

func newClient(l *loop, r *run) (*client, error) {
	fd, err := dial(r.Address)
	if err != nil {
		return nil, err
	}
	c := &client{run: r, slots: make([]slot, r.InFlight)}
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

func (c *client) call(i int) {
	kind := &c.run.kinds[c.calls%uint64(len(c.run.kinds))]
	c.calls++
	s := &c.slots[i]
	s.id = c.calls<<slotBits | uint64(i)
	s.startNs = c.socket.loop.nowNs
	s.answers = kind.answers
	c.inFlight++
	m := c.socket.add()
	m.body = kind.request
	putHead(&m.head, flagsRequest, 0, s.id, len(m.body))
}

func (c *client) begin(head *[headBytes]byte) ([][]byte, error) {
	id := headID(head)
	i := int(id & (1<<slotBits - 1))
	if i >= len(c.slots) || c.slots[i].id != id || id == 0 {
		return nil, fmt.Errorf("an answer to call %#x, which is not in flight: %x", id, head[:])
	}
	s := &c.slots[i]
	return s.answers, checkHead(head, flagsAnswer, statusOK, len(s.answers[0]))
}

func (c *client) end(head *[headBytes]byte) error {
	i := int(headID(head) & (1<<slotBits - 1))
	c.slots[i].id = 0
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
