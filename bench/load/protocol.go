package main

import "fmt"

// protocol is how messages look. Each has a head, with what differs from call to call, and behind it a body that all of a kind share.
type protocol interface {
	// leastHead is what every head has, and headBytes how long one is that begins with so many bytes, or with those asked for since.
	leastHead() int
	headBytes(head []byte) int
	requestBody(user string, payloadBytes int) []byte
	answerBody(tag string, payloadBytes int) []byte
	// putCall and putAnswer write a head, of up to maxHeadBytes, and return its length.
	putCall(head []byte, user string, id uint64, bodyBytes int) int
	putAnswer(head, call []byte, bodyBytes int) int
	// checkCall and checkAnswer tell what is wrong with a head; the id is not looked at.
	checkCall(head []byte, bodyBytes int) error
	checkAnswer(head []byte, user string, bodyBytes int) error
	// id is what joins an answer to its call: as many of its low bits as there is room for. Where there are none answers come in order.
	id(head []byte) uint64
	idBits() int
}

const (
	maxHeadBytes = 64
	// Room for the slot that a call is in flight in; above it stands the number of the call on its connection.
	slotBits = 16
)

func protocolOf(name string) (protocol, error) {
	switch name {
	case "", "dubbo":
		return dubbo{}, nil
	case "redis":
		return redis{}, nil
	case "thrift-binary":
		return thriftBinary{}, nil
	case "thrift-compact":
		return thriftCompact{}, nil
	}
	return nil, fmt.Errorf("no protocol is called %q", name)
}
