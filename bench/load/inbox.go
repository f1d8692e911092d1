package main

import (
	"bytes"
	"fmt"
)

// A body longer than this may be skipped in the kernel, but for its end.
const (
	skipAbove = 32 << 10
	skipLeave = 4 << 10
)

// party is who reads messages: it says which bodies may follow a head, and learns that one has come whole and right.
type party interface {
	begin(head []byte) (bodies [][]byte, err error)
	end(head []byte) error
	// protocol is that of the next message.
	protocol() protocol
	// closed is told that the other side has ended the connection.
	closed() error
}

// inbox takes the bytes of one direction of a connection and compares each with what it must be.
type inbox struct {
	buffer [maxHeadBytes]byte
	head   []byte // as long as it is to be
	have   int    // bytes of the head
	at     int    // bytes of the body
	length int
	// The bodies that may follow, and a bit for each that agrees so far.
	bodies   [][]byte
	possible uint
}

func (in *inbox) feed(data []byte, p party) error {
	for len(data) > 0 {
		if in.have == 0 {
			in.head = in.buffer[:p.protocol().leastHead()]
		}
		if in.have < len(in.head) {
			n := copy(in.head[in.have:], data)
			in.have += n
			data = data[n:]
			if in.have < len(in.head) {
				return nil
			}
			if whole := p.protocol().headBytes(in.head); whole > in.have {
				in.head = in.buffer[:whole]
				continue
			}
			if err := in.begin(p); err != nil {
				return err
			}
		}
		n := min(len(data), in.length-in.at)
		if err := in.compare(data[:n]); err != nil {
			return err
		}
		data = data[n:]
		if in.at == in.length {
			in.have = 0
			if err := p.end(in.head); err != nil {
				return err
			}
		}
	}
	return nil
}

func (in *inbox) begin(p party) error {
	bodies, err := p.begin(in.head)
	if err != nil {
		return err
	}
	in.bodies = bodies
	in.length = len(bodies[0])
	in.at = 0
	in.possible = 1<<len(bodies) - 1
	return nil
}

func (in *inbox) compare(data []byte) error {
	for i, body := range in.bodies {
		if in.possible>>i&1 == 1 && !bytes.Equal(body[in.at:in.at+len(data)], data) {
			in.possible &^= 1 << i
		}
	}
	if in.possible == 0 {
		return fmt.Errorf("message %x: wrong bytes in the %d from byte %d of %d of its body: %q",
			in.head, len(data), in.at, in.length, data[:min(len(data), 64)])
	}
	in.at += len(data)
	return nil
}

// headIsWhole tells whether what comes next is of a body.
func (in *inbox) headIsWhole() bool { return in.have > 0 && in.have == len(in.head) }

// skippable is the number of bytes that need not be looked at.
func (in *inbox) skippable() int {
	if !in.headIsWhole() || in.length < skipAbove {
		return 0
	}
	return max(in.length-in.at-skipLeave, 0)
}
