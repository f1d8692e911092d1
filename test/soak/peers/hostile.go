package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// The ways in which clients misbehave, each for one connection. What they return is what Envoy did wrong.
var hostile = map[string]func(h *visit) error{
	"never reads":       neverReads,
	"leaves":            leaves,
	"garbage":           garbage,
	"garbage after":     garbageAfter,
	"too long":          tooLong,
	"longest":           longest,
	"slow":              slowly,
	"comes and goes":    comesAndGoes,
	"many at once":      manyAtOnce,
	"no route, no read": noRouteNoRead,
}

// visit is one connection of a client that misbehaves.
type visit struct {
	random  *rand.Rand
	nc      *net.TCPConn
	service service
	maximum int // bytes of the longest message
}

const (
	visitLimit = 30 * time.Second
	closeLimit = 10 * time.Second
)

func (g *group) startHostile(maximum int) {
	g.stopped = make(chan struct{})
	way := hostile[g.Kind]
	for i := 0; i < g.Count; i++ {
		g.done.Add(1)
		go func() {
			defer g.done.Done()
			random := rand.New(rand.NewSource(g.world.seed + int64(i)))
			for !g.isStopped() {
				g.visit(way, random, maximum)
				time.Sleep(time.Duration(random.Intn(g.ThinkMs+1)) * time.Millisecond)
			}
		}()
	}
}

func (g *group) visit(way func(*visit) error, random *rand.Rand, maximum int) {
	nc, err := dialSmall(g.world.address(random), g.Kind == "never reads" || g.Kind == "no route, no read")
	if err != nil {
		g.world.count("connect refused", 1)
		time.Sleep(connectPause)
		return
	}
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(visitLimit))
	during, started := g.world.restarting.Load(), time.Now()
	called := g.Services[0]
	err = way(&visit{random: random, nc: nc, service: called, maximum: maximum})
	// When an endpoint is killed, calls of all users are excused.
	excused := during || g.world.restarting.Load() || g.world.classes.of(called.Name, called.Users[0]).excused(started, false)
	if err != nil && !excused {
		g.world.bad.add("a client that misbehaves (%s): %v", g.Kind, err)
	}
	g.world.count("misbehaved: "+g.Kind, 1)
}

// dialSmall connects with as small a receive buffer as the kernel allows, so that unread answers are Envoy's matter.
func dialSmall(address string, small bool) (*net.TCPConn, error) {
	dialer := net.Dialer{Timeout: 5 * time.Second}
	if small {
		dialer.Control = func(_, _ string, raw syscall.RawConn) error {
			return raw.Control(func(fd uintptr) { syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096) })
		}
	}
	nc, err := dialer.Dial("tcp4", address)
	if err != nil {
		return nil, err
	}
	return nc.(*net.TCPConn), nil
}

func (v *visit) user() string { return v.service.Users[v.random.Intn(len(v.service.Users))] }

func (v *visit) pause(most time.Duration) { time.Sleep(time.Duration(v.random.Int63n(int64(most)))) }

// neverReads asks for far more than all buffers hold, and takes nothing.
func neverReads(v *visit) error {
	for id := uint64(1); id <= 256; id++ {
		v.nc.SetWriteDeadline(time.Now().Add(time.Second))
		if _, err := v.nc.Write(request(id, v.service.Name, "sized100000", v.user(), "n:")); err != nil {
			break
		}
	}
	v.pause(3 * time.Second)
	v.nc.SetLinger(v.random.Intn(2) - 1)
	return nil
}

// noRouteNoRead is answered by the filter alone.
func noRouteNoRead(v *visit) error {
	for id := uint64(1); id <= 20_000; id++ {
		v.nc.SetWriteDeadline(time.Now().Add(time.Second))
		if _, err := v.nc.Write(request(id, "soak.Nowhere", "m", "u", "n:")); err != nil {
			return nil
		}
	}
	v.pause(time.Second)
	return nil
}

// leaves goes with calls in flight, within a message or not, in order or not.
func leaves(v *visit) error {
	for id := uint64(1); id <= uint64(1+v.random.Intn(20)); id++ {
		v.nc.Write(request(id, v.service.Name, "sized2000", v.user(), "n:"))
	}
	half := request(99, v.service.Name, "sized0", v.user(), "n:"+strings.Repeat("x", v.random.Intn(200_000)))
	v.nc.Write(half[:v.random.Intn(len(half))])
	v.pause(20 * time.Millisecond)
	v.nc.SetLinger(v.random.Intn(2) - 1)
	return nil
}

func garbage(v *visit) error {
	junk := make([]byte, 16+v.random.Intn(4096))
	v.random.Read(junk)
	if v.random.Intn(2) == 0 {
		copy(junk, "GET / HTTP/1.1\r\n\r\n")
	}
	// By chance it could be the beginning of a message.
	junk[0] = 'G'
	v.nc.Write(junk)
	return v.mustBeClosed()
}

// garbageAfter has good calls before it.
func garbageAfter(v *visit) error {
	v.nc.Write(append(request(1, v.service.Name, "sized0", v.user(), "n:"), "GET / HTTP/1.1\r\n\r\n"...))
	return v.mustBeClosed()
}

func tooLong(v *visit) error {
	b := appendHead(nil, flagRequest|flagTwoWay|hessian2, 0, 1, v.maximum+1-headBytes)
	v.nc.Write(append(b, make([]byte, v.random.Intn(100_000))...))
	return v.mustBeClosed()
}

// longest is allowed, and must be answered.
func longest(v *visit) error {
	b := requestOfBytes(7, v.service.Name, "sized10", v.user(), v.maximum-headBytes)
	if len(b) != v.maximum {
		return fmt.Errorf("made %d bytes instead of %d", len(b), v.maximum)
	}
	if _, err := v.nc.Write(b); err != nil {
		return fmt.Errorf("writing the longest message: %w", err)
	}
	return v.mustBeAnswered(7)
}

// slowly sends a good call in small pieces.
func slowly(v *visit) error {
	b := request(7, v.service.Name, "sized10", v.user(), "n:xxxxxxxxxx")
	for len(b) > 0 {
		n := min(len(b), 1+v.random.Intn(40))
		if _, err := v.nc.Write(b[:n]); err != nil {
			return fmt.Errorf("writing slowly: %w", err)
		}
		b = b[n:]
		v.pause(30 * time.Millisecond)
	}
	return v.mustBeAnswered(7)
}

func comesAndGoes(v *visit) error {
	if v.random.Intn(2) == 0 {
		return nil
	}
	v.nc.Write(request(7, v.service.Name, "sized10", v.user(), "n:"))
	return v.mustBeAnswered(7)
}

// manyAtOnce has a thousand calls in flight.
func manyAtOnce(v *visit) error {
	const calls = 1000
	var b []byte
	for id := uint64(1); id <= calls; id++ {
		b = append(b, request(id, v.service.Name, "sized10", v.user(), "n:")...)
	}
	go v.nc.Write(b)
	r := bufio.NewReader(v.nc)
	seen := map[uint64]bool{}
	for len(seen) < calls {
		m, err := readMessage(r)
		if err != nil {
			return fmt.Errorf("%d of %d calls were answered: %w", len(seen), calls, err)
		}
		if !m.isRequest() && seen[m.id] {
			return fmt.Errorf("call %d was answered twice", m.id)
		}
		if !m.isRequest() {
			seen[m.id] = true
		}
	}
	return nil
}

func (v *visit) mustBeAnswered(id uint64) error {
	r := bufio.NewReader(v.nc)
	for {
		m, err := readMessage(r)
		if err != nil {
			return fmt.Errorf("no answer: %w", err)
		}
		if m.isRequest() {
			continue
		}
		if m.id != id {
			return fmt.Errorf("an answer to call %d instead of %d", m.id, id)
		}
		return nil
	}
}

func (v *visit) mustBeClosed() error {
	v.nc.SetReadDeadline(time.Now().Add(closeLimit))
	_, err := io.Copy(io.Discard, v.nc)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return errors.New("the connection was not closed")
	}
	return nil
}
