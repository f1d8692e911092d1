package main

import (
	"fmt"
	"net"
	"os"
	"syscall"
)

// Of long messages the servers read one in this many whole; of the others, the beginning and the end.
const wholeEvery = 16

// server is one version of the service: it answers each call with its tag, and takes only calls that are its own.
type server struct {
	loop    *loop
	fd      int
	tag     string
	address string
	// What may come and what goes back, for the measurement at hand.
	protocol protocol
	requests [][]byte
	answer   []byte
}

func newServer(l *loop, tag string) (*server, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return nil, os.NewSyscallError("bind", err)
	}
	if err := syscall.Listen(fd, syscall.SOMAXCONN); err != nil {
		return nil, os.NewSyscallError("listen", err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		return nil, os.NewSyscallError("getsockname", err)
	}
	at := name.(*syscall.SockaddrInet4)
	address := &net.TCPAddr{IP: at.Addr[:], Port: at.Port}
	s := &server{loop: l, fd: fd, tag: tag, address: address.String()}
	return s, l.watch(fd, s)
}

// ready accepts the connections that wait.
func (s *server) ready(uint32) error {
	for {
		fd, _, err := syscall.Accept4(s.fd, syscall.SOCK_CLOEXEC)
		if err == syscall.EAGAIN {
			return nil
		}
		if err != nil {
			return os.NewSyscallError("accept4", err)
		}
		conn := &upstream{server: s}
		if conn.socket, err = newSocket(s.loop, fd, conn); err != nil {
			return err
		}
	}
}

// upstream is a connection that Envoy has opened to a server.
type upstream struct {
	server *server
	socket *socket
	calls  int
}

func (u *upstream) protocol() protocol { return u.server.protocol }

func (u *upstream) begin(head []byte) ([][]byte, error) {
	u.calls++
	u.socket.skips = u.calls%wholeEvery != 0
	var err error
	for _, request := range u.server.requests {
		if err = u.server.protocol.checkCall(head, len(request)); err == nil {
			return u.server.requests, nil
		}
	}
	return nil, fmt.Errorf("server %s was sent what it must not get: %w", u.server.tag, err)
}

func (u *upstream) end(call []byte) error {
	m := u.socket.add()
	m.body = u.server.answer
	m.headBytes = u.server.protocol.putAnswer(m.head[:], call, len(m.body))
	return nil
}

func (u *upstream) closed() error { return nil }
