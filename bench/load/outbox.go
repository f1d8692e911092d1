package main

import (
	"syscall"
	"unsafe"
)

// Messages handed to the kernel by one writev: two ranges each, and the kernel takes 1,024 (IOV_MAX).
const batchMessages = 256

type message struct {
	head      [maxHeadBytes]byte
	headBytes int
	body      []byte
}

// outbox holds what is still to be written to one socket: messages with a head of their own and a body shared by all of a
// kind. Nothing is copied, and everything that has gathered goes in one system call.
type outbox struct {
	fd     int
	ring   []message // a power of two long
	first  int
	count  int
	sent   int  // bytes of the first message that are written
	full   bool // the kernel took less than was offered
	vector *[2 * batchMessages]syscall.Iovec
}

func newOutbox(fd int, vector *[2 * batchMessages]syscall.Iovec) outbox {
	return outbox{fd: fd, ring: make([]message, 16), vector: vector}
}

// add gives a new last message, to be filled.
func (o *outbox) add() *message {
	if o.count == len(o.ring) {
		grown := make([]message, 2*len(o.ring))
		n := copy(grown, o.ring[o.first:])
		copy(grown[n:], o.ring[:o.first])
		o.ring, o.first = grown, 0
	}
	o.count++
	return &o.ring[(o.first+o.count-1)&(len(o.ring)-1)]
}

// flush writes until nothing is left or the kernel takes no more.
func (o *outbox) flush() error {
	o.full = false
	for o.count > 0 && !o.full {
		ranges, offered := o.gather()
		n, _, errno := syscall.RawSyscall(syscall.SYS_WRITEV, uintptr(o.fd), uintptr(unsafe.Pointer(o.vector)), uintptr(ranges))
		if errno == syscall.EAGAIN {
			o.full = true
			return nil
		}
		if errno != 0 {
			return errno
		}
		o.full = int(n) < offered
		o.drop(int(n))
	}
	return nil
}

func (o *outbox) gather() (ranges, offered int) {
	skip := o.sent
	for i := 0; i < min(o.count, batchMessages); i++ {
		m := &o.ring[(o.first+i)&(len(o.ring)-1)]
		if skip < m.headBytes {
			o.vector[ranges] = syscall.Iovec{Base: &m.head[skip], Len: uint64(m.headBytes - skip)}
			offered += m.headBytes - skip
			ranges++
			skip = m.headBytes
		}
		body := m.body[skip-m.headBytes:]
		o.vector[ranges] = syscall.Iovec{Base: &body[0], Len: uint64(len(body))}
		offered += len(body)
		ranges++
		skip = 0
	}
	return ranges, offered
}

func (o *outbox) drop(n int) {
	n += o.sent
	for o.count > 0 {
		first := &o.ring[o.first]
		whole := first.headBytes + len(first.body)
		if n < whole {
			break
		}
		n -= whole
		o.first = (o.first + 1) & (len(o.ring) - 1)
		o.count--
	}
	o.sent = n
}
