package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
)

// The head of a Dubbo2 message: magic (2), flags (1), status (1), id (8), length of the body (4).
const (
	dubboHead    = 16
	flagsAt      = 2
	statusAt     = 3
	idAt         = 4
	lengthAt     = 12
	flagsRequest = 0xc2 // request, two-way, Hessian2
	flagsAnswer  = 0x02 // answer, Hessian2
	statusOK     = 20
)

const (
	service = "org.apache.dubbo.demo.DemoService"
	// Hessian2 cuts a long string into chunks of this many characters.
	chunkChars = 0x8000
)

var magic = []byte{0xda, 0xbb}

// dubbo is Dubbo2 with Hessian2; the user is an attachment.
type dubbo struct{}

func (dubbo) leastHead() int         { return dubboHead }
func (dubbo) headBytes(_ []byte) int { return dubboHead }
func (dubbo) idBits() int            { return 64 }

// requestBody is laid out as Apache Dubbo 3.3 writes it: strings, the argument, the map of attachments.
func (dubbo) requestBody(user string, payloadBytes int) []byte {
	var b []byte
	for _, s := range []string{"2.0.2", service, "0.0.0", "sayHello", "Ljava/lang/String;"} {
		b = appendString(b, s)
	}
	b = appendString(b, strings.Repeat("x", payloadBytes))
	b = append(b, 'H')
	for _, s := range []string{"path", service, "interface", service, "version", "0.0.0", "timeout", "3000", "user", user} {
		b = appendString(b, s)
	}
	return append(b, 'Z')
}

// answerBody is a result without attachments: the tag of the server that gives it, then as many bytes as asked for.
func (dubbo) answerBody(tag string, payloadBytes int) []byte {
	return appendString([]byte{0x91}, tag+strings.Repeat("y", payloadBytes))
}

// appendString writes a Hessian2 string; s is ASCII, so that its characters are its bytes.
func appendString(b []byte, s string) []byte {
	for len(s) > chunkChars {
		b = append(b, 'R', chunkChars>>8, chunkChars&0xff)
		b = append(b, s[:chunkChars]...)
		s = s[chunkChars:]
	}
	switch {
	case len(s) < 32:
		b = append(b, byte(len(s)))
	case len(s) < 1024:
		b = append(b, 0x30+byte(len(s)>>8), byte(len(s)))
	default:
		b = append(b, 'S', byte(len(s)>>8), byte(len(s)))
	}
	return append(b, s...)
}

func (dubbo) putCall(head []byte, _ string, id uint64, bodyBytes int) int {
	return putDubboHead(head, flagsRequest, 0, id, bodyBytes)
}

func (d dubbo) putAnswer(head, call []byte, bodyBytes int) int {
	return putDubboHead(head, flagsAnswer, statusOK, d.id(call), bodyBytes)
}

func putDubboHead(head []byte, flags, status byte, id uint64, length int) int {
	copy(head, magic)
	head[flagsAt] = flags
	head[statusAt] = status
	binary.BigEndian.PutUint64(head[idAt:], id)
	binary.BigEndian.PutUint32(head[lengthAt:], uint32(length))
	return dubboHead
}

func (dubbo) id(head []byte) uint64 { return binary.BigEndian.Uint64(head[idAt:]) }

func (dubbo) checkCall(head []byte, bodyBytes int) error {
	return checkDubboHead(head, flagsRequest, 0, bodyBytes)
}

func (dubbo) checkAnswer(head []byte, _ string, bodyBytes int) error {
	return checkDubboHead(head, flagsAnswer, statusOK, bodyBytes)
}

func checkDubboHead(head []byte, flags, status byte, length int) error {
	if !bytes.Equal(head[:2], magic) {
		return fmt.Errorf("not the head of a Dubbo message: %x", head)
	}
	if head[flagsAt] != flags || head[statusAt] != status {
		return fmt.Errorf("flags %#x and status %d where %#x and %d are right", head[flagsAt], head[statusAt], flags, status)
	}
	if n := binary.BigEndian.Uint32(head[lengthAt:]); int(n) != length {
		return fmt.Errorf("a body of %d bytes where %d are right", n, length)
	}
	return nil
}
