package main

import (
	"fmt"
	"os"
	"syscall"
	"time"
	"unsafe"
)

const (
	readBytes  = 256 << 10
	waitEvents = 256
)

// handler is what an event of a file descriptor goes to.
type handler interface {
	ready(events uint32) error
}

// loop is one thread that waits for all sockets and serves them in turn. Servers and clients share it: on a machine with two
// processors the other one is Envoy's.
type loop struct {
	epoll    int
	handlers []handler // by file descriptor
	events   [waitEvents]syscall.EpollEvent
	start    time.Time
	nowNs    int64 // when the events now served were received
	scratch  []byte
	vector   [2 * batchMessages]syscall.Iovec
}

func newLoop() (*loop, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	return &loop{epoll: fd, start: time.Now(), scratch: make([]byte, readBytes)}, nil
}

func (l *loop) watch(fd int, h handler) error {
	for len(l.handlers) <= fd {
		l.handlers = append(l.handlers, nil)
	}
	l.handlers[fd] = h
	return l.control(syscall.EPOLL_CTL_ADD, fd, syscall.EPOLLIN)
}

func (l *loop) control(operation, fd int, events uint32) error {
	event := syscall.EpollEvent{Events: events, Fd: int32(fd)}
	return os.NewSyscallError("epoll_ctl", syscall.EpollCtl(l.epoll, operation, fd, &event))
}

func (l *loop) close(fd int) {
	l.handlers[fd] = nil
	syscall.Close(fd)
}

func (l *loop) readClock() {
	l.nowNs = time.Since(l.start).Nanoseconds()
}

// turn waits for events, at most for a short while, and serves them.
func (l *loop) turn() error {
	const waitMs = 1
	n, err := syscall.EpollWait(l.epoll, l.events[:], waitMs)
	l.readClock()
	if err == syscall.EINTR {
		return nil
	}
	if err != nil {
		return os.NewSyscallError("epoll_wait", err)
	}
	for _, event := range l.events[:n] {
		if h := l.handlers[event.Fd]; h != nil {
			if err := h.ready(event.Events); err != nil {
				return err
			}
		}
	}
	return nil
}

// socket is one connection in the loop.
type socket struct {
	loop *loop
	inbox
	outbox
	party    party
	skips    bool // long bodies may be skipped
	blocked  bool // waiting for room to write
	finished bool
}

func newSocket(l *loop, fd int, p party) (*socket, error) {
	if err := syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1); err != nil {
		return nil, os.NewSyscallError("setsockopt", err)
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	s := &socket{loop: l, outbox: newOutbox(fd, &l.vector), party: p}
	return s, l.watch(fd, s)
}

func (s *socket) ready(events uint32) error {
	if events&^syscall.EPOLLOUT != 0 {
		if err := s.receive(); err != nil {
			return err
		}
	}
	if s.finished {
		return nil
	}
	return s.write()
}

// write sends what has gathered, and asks to be told when there is room for the rest.
func (s *socket) write() error {
	if err := s.flush(); err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	if s.full == s.blocked {
		return nil
	}
	s.blocked = s.full
	events := uint32(syscall.EPOLLIN)
	if s.blocked {
		events |= syscall.EPOLLOUT
	}
	return s.loop.control(syscall.EPOLL_CTL_MOD, s.fd, events)
}

func (s *socket) receive() error {
	if s.skips {
		if n := s.skippable(); n > 0 {
			return s.skip(n)
		}
	}
	n, errno := recv(s.fd, s.loop.scratch, readBytes, 0)
	switch {
	case errno == syscall.EAGAIN:
		return nil
	case errno == syscall.ECONNRESET || errno == 0 && n == 0:
		s.finish()
		return s.party.closed()
	case errno != 0:
		return fmt.Errorf("reading: %w", errno)
	}
	return s.feed(s.loop.scratch[:n], s.party)
}

// skip drops bytes in the kernel, so that a long message costs the bench no copy that Envoy does not make.
func (s *socket) skip(length int) error {
	n, errno := recv(s.fd, s.loop.scratch, length, syscall.MSG_TRUNC)
	if errno == syscall.EAGAIN {
		return nil
	}
	if errno != 0 || n == 0 {
		return fmt.Errorf("a connection ended within a message: %w", errno)
	}
	s.at += n
	return nil
}

func (s *socket) finish() {
	if !s.finished {
		s.finished = true
		s.loop.close(s.fd)
	}
}

func recv(fd int, buffer []byte, length, flags int) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&buffer[0])), uintptr(length),
		uintptr(flags), 0, 0)
	return int(n), errno
}
