package main

import (
	"bufio"
	"fmt"
	"math/rand"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// server is one endpoint. What it does wrong depends on its behaviour, and on nothing else.
type server struct {
	tag       string
	behaviour string
	listener  net.Listener
	mu        sync.Mutex
	sockets   map[*upstream]struct{}
	accepted  chan struct{} // closed when no more connections are accepted
	world     *world
}

// upstream is a connection that Envoy has opened to a server.
type upstream struct {
	server *server
	conn   net.Conn
	mu     sync.Mutex // writes
	random *rand.Rand
}

const writeLimit = 20 * time.Second

func newServer(tag, behaviour string, port int, w *world) (*server, error) {
	listener, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, err
	}
	short, _, _ := strings.Cut(tag, ".")
	s := &server{tag: short, behaviour: behaviour, listener: listener, sockets: map[*upstream]struct{}{},
		accepted: make(chan struct{}), world: w}
	go s.accept()
	return s, nil
}

func (s *server) port() int { return s.listener.Addr().(*net.TCPAddr).Port }

func (s *server) accept() {
	defer close(s.accepted)
	for n := int64(0); ; n++ {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		u := &upstream{server: s, conn: conn, random: rand.New(rand.NewSource(n))}
		s.mu.Lock()
		s.sockets[u] = struct{}{}
		s.mu.Unlock()
		go u.serve()
	}
}

// stop ends a server. In order: as Dubbo does it, with the read-only event, and what has no other end yet after ten seconds is closed.
// Not in order: at once, with calls in flight. `excuse` lets calls fail: connections that the kernel has accepted and the server has not
// are lost when it stops listening, as with any server.
func (s *server) stop(inOrder bool, excuse func()) {
	excuse()
	s.listener.Close()
	<-s.accepted
	// Again, for on a busy machine the close may have come late.
	excuse()
	if inOrder {
		for _, u := range s.connected() {
			// Beside each other: one whose client does not read must not keep the event from the rest.
			go u.write(event(flagRequest, 0, 0, "R"))
		}
		const limit = 10 * time.Second
		for end := time.Now().Add(limit); len(s.connected()) > 0 && time.Now().Before(end); {
			time.Sleep(10 * time.Millisecond)
		}
	}
	for _, u := range s.connected() {
		if !inOrder {
			u.reset()
		}
		u.conn.Close()
	}
}

func (s *server) connected() []*upstream {
	s.mu.Lock()
	defer s.mu.Unlock()
	sockets := make([]*upstream, 0, len(s.sockets))
	for u := range s.sockets {
		sockets = append(sockets, u)
	}
	return sockets
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
			u.server.world.bad.add("server %s got what is %s", u.server.tag, wrong.Error())
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
		_, method, argument, err := callOf(m.body)
		if err != nil {
			u.server.world.bad.add("server %s got a call that cannot be read: %v, %d bytes", u.server.tag, err, len(m.body))
			return
		}
		nonce, _, _ := strings.Cut(argument, ":")
		u.server.world.noteRead(nonce)
		if !u.answer(m.id, method, nonce) {
			return
		}
	}
}

// answer does with a call what the behaviour says. False: the connection is over.
func (u *upstream) answer(id uint64, method, nonce string) bool {
	size, _ := strconv.Atoi(strings.TrimPrefix(method, "sized"))
	reply := answer(id, answerValue(u.server.tag, nonce, size))
	switch u.server.behaviour {
	case "slow":
		time.AfterFunc(time.Duration(u.random.Intn(400))*time.Millisecond, func() { u.write(reply) })
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
