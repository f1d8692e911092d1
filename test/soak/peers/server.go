package main

import (
	"bufio"
	"fmt"
	"math/rand"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// server is one endpoint. What it does wrong depends on its behaviour, and on nothing else.
type server struct {
	tag       string
	behaviour string
	listener  net.Listener
	mu        sync.Mutex
	sockets   map[*upstream]struct{}
	stopping  bool
	bad       *failures
	calls     atomic.Int64
}

// upstream is a connection that Envoy has opened to a server.
type upstream struct {
	server *server
	conn   net.Conn
	mu     sync.Mutex // writes
	open   atomic.Int64
	random *rand.Rand
}

const writeLimit = 20 * time.Second

func newServer(tag, behaviour string, port int, bad *failures) (*server, error) {
	listener, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, err
	}
	short, _, _ := strings.Cut(tag, ".")
	s := &server{tag: short, behaviour: behaviour, listener: listener, sockets: map[*upstream]struct{}{}, bad: bad}
	go s.accept()
	return s, nil
}

func (s *server) port() int { return s.listener.Addr().(*net.TCPAddr).Port }

func (s *server) accept() {
	for n := int64(0); ; n++ {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		u := &upstream{server: s, conn: conn, random: rand.New(rand.NewSource(n))}
		s.mu.Lock()
		if s.stopping {
			conn.Close()
		} else {
			s.sockets[u] = struct{}{}
			go u.serve()
		}
		s.mu.Unlock()
	}
}

// stop ends a server. In order: as Dubbo does it, with the read-only event, and each connection ends when no call has come for
// a while. Not in order: at once, with calls in flight.
func (s *server) stop(inOrder bool) {
	s.listener.Close()
	s.mu.Lock()
	s.stopping = true
	sockets := make([]*upstream, 0, len(s.sockets))
	for u := range s.sockets {
		sockets = append(sockets, u)
	}
	s.mu.Unlock()
	if inOrder {
		for _, u := range sockets {
			u.write(event(flagRequest, 0, 0, "R"))
		}
		const quiet, limit = 500 * time.Millisecond, 10 * time.Second
		end := time.Now().Add(limit)
		for before := int64(-1); time.Now().Before(end); {
			time.Sleep(quiet)
			open, calls := int64(0), s.calls.Load()
			for _, u := range sockets {
				open += u.open.Load()
			}
			if open == 0 && calls == before {
				break
			}
			before = calls
		}
	}
	for _, u := range sockets {
		if !inOrder {
			u.reset()
		}
		u.conn.Close()
	}
}

func (u *upstream) reset() { u.conn.(*net.TCPConn).SetLinger(0) }

func (u *upstream) write(b []byte) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.conn.SetWriteDeadline(time.Now().Add(writeLimit))
	u.conn.Write(b)
}

func (u *upstream) serve() {
	defer func() {
		u.conn.Close()
		u.server.mu.Lock()
		delete(u.server.sockets, u)
		u.server.mu.Unlock()
	}()
	r := bufio.NewReaderSize(u.conn, 64<<10)
	for {
		if u.server.behaviour == "idle" {
			u.conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
		}
		m, err := readMessage(r)
		if wrong, is := err.(notDubbo); is {
			u.server.bad.add("server %s got what is %s", u.server.tag, wrong.Error())
		}
		if err != nil {
			return
		}
		if m.isEvent() {
			if m.isRequest() && m.isTwoWay() {
				u.write(event(0, statusOK, m.id, ""))
			}
			continue
		}
		service, method, argument, err := callOf(m.body)
		if err != nil {
			u.server.bad.add("server %s got a call that cannot be read: %v, %d bytes", u.server.tag, err, len(m.body))
			return
		}
		u.server.calls.Add(1)
		if !u.answer(m.id, service, method, argument) {
			return
		}
	}
}

// answer does with a call what the behaviour says. False: the connection is over.
func (u *upstream) answer(id uint64, service, method, argument string) bool {
	size, _ := strconv.Atoi(strings.TrimPrefix(method, "sized"))
	nonce, _, _ := strings.Cut(argument, ":")
	reply := answer(id, answerValue(u.server.tag, nonce, size))
	switch u.server.behaviour {
	case "slow":
		u.open.Add(1)
		time.AfterFunc(time.Duration(u.random.Intn(400))*time.Millisecond, func() {
			u.write(reply)
			u.open.Add(-1)
		})
		return true
	case "reset":
		if u.random.Intn(20) == 0 {
			u.reset()
			return false
		}
	case "leave":
		if u.random.Intn(20) == 0 {
			return false
		}
	case "cut":
		if u.random.Intn(40) == 0 {
			u.write(reply[:headBytes+(len(reply)-headBytes)/2])
			return false
		}
	case "garbage":
		if u.random.Intn(40) == 0 {
			u.write([]byte("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"))
			return true
		}
	case "stuck":
		if u.random.Intn(50) == 0 {
			// Reads nothing and answers nothing for a while, then is gone.
			time.Sleep(time.Duration(1000+u.random.Intn(2000)) * time.Millisecond)
			u.reset()
			return false
		}
	case "trickle":
		for len(reply) > 0 {
			n := min(len(reply), 1+u.random.Intn(len(reply)))
			u.write(reply[:n])
			reply = reply[n:]
			time.Sleep(time.Duration(u.random.Intn(3)) * time.Millisecond)
		}
		return true
	}
	u.write(reply)
	return true
}
