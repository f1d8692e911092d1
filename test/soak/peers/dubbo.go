package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// The head of a Dubbo2 message: magic (2), flags (1), status (1), id (8), length of the body (4).
const (
	headBytes    = 16
	flagRequest  = 0x80
	flagTwoWay   = 0x40
	flagEvent    = 0x20
	hessian2     = 2
	statusOK     = 20
	chunkChars   = 0x8000
	maxBodyBytes = 64 << 20
)

type message struct {
	flags, status byte
	id            uint64
	body          []byte
}

func (m *message) isRequest() bool { return m.flags&flagRequest != 0 }
func (m *message) isEvent() bool   { return m.flags&flagEvent != 0 }
func (m *message) isTwoWay() bool  { return m.flags&flagTwoWay != 0 }

// readMessage reads one message, and says io.EOF only between two.
func readMessage(r *bufio.Reader) (*message, error) {
	var head [headBytes]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	if head[0] != 0xda || head[1] != 0xbb {
		return nil, notDubbo{fmt.Sprintf("%x %q", head, head)}
	}
	length := binary.BigEndian.Uint32(head[12:])
	if length > maxBodyBytes {
		return nil, notDubbo{fmt.Sprintf("a body of %d bytes", length)}
	}
	m := &message{flags: head[2], status: head[3], id: binary.BigEndian.Uint64(head[4:]), body: make([]byte, length)}
	if _, err := io.ReadFull(r, m.body); err != nil {
		return nil, cut{err}
	}
	return m, nil
}

// notDubbo are bytes that are not a message.
type notDubbo struct{ what string }

func (e notDubbo) Error() string { return "not Dubbo: " + e.what }

// cut is the end of a connection within a message.
type cut struct{ cause error }

func (e cut) Error() string { return "cut within a message: " + e.cause.Error() }

func appendHead(b []byte, flags, status byte, id uint64, length int) []byte {
	b = append(b, 0xda, 0xbb, flags, status)
	b = binary.BigEndian.AppendUint64(b, id)
	return binary.BigEndian.AppendUint32(b, uint32(length))
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

var errHessian = errors.New("not a Hessian string")

// readString takes a Hessian2 string of ASCII off the front.
func readString(b []byte) (s string, rest []byte, err error) {
	var chunks []string
	for {
		if len(b) == 0 {
			return "", nil, errHessian
		}
		tag, n, skip := b[0], 0, 1
		switch {
		case tag < 0x20:
			n = int(tag)
		case tag >= 0x30 && tag <= 0x33 && len(b) > 1:
			n, skip = int(tag-0x30)<<8|int(b[1]), 2
		case (tag == 'R' || tag == 'S') && len(b) > 2:
			n, skip = int(b[1])<<8|int(b[2]), 3
		default:
			return "", nil, errHessian
		}
		if len(b) < skip+n {
			return "", nil, errHessian
		}
		chunk := string(b[skip : skip+n])
		b = b[skip+n:]
		if tag != 'R' && chunks == nil {
			return chunk, b, nil
		}
		chunks = append(chunks, chunk)
		if tag != 'R' {
			return strings.Join(chunks, ""), b, nil
		}
	}
}

// request is a call as Apache Dubbo 3.3 lays it out: strings, the argument, the map of attachments.
func request(id uint64, service, method, user, argument string) []byte {
	body := make([]byte, 0, 256+len(argument))
	for _, s := range []string{"2.0.2", service, "0.0.0", method, "Ljava/lang/String;", argument} {
		body = appendString(body, s)
	}
	body = append(body, 'H')
	for _, s := range []string{"path", service, "interface", service, "version", "0.0.0", "user", user} {
		body = appendString(body, s)
	}
	body = append(body, 'Z')
	return append(appendHead(make([]byte, 0, headBytes+len(body)), flagRequest|flagTwoWay|hessian2, 0, id, len(body)), body...)
}

// requestOfBytes is a call whose body has exactly so many bytes.
func requestOfBytes(id uint64, service, method, user string, bodyBytes int) []byte {
	size := bodyBytes
	for {
		b := request(id, service, method, user, strings.Repeat("x", size))
		if len(b)-headBytes == bodyBytes {
			return b
		}
		size -= len(b) - headBytes - bodyBytes
	}
}

// callOf reads service, method and argument of a call.
func callOf(body []byte) (service, method, argument string, err error) {
	var fields [6]string
	for i := range fields {
		if fields[i], body, err = readString(body); err != nil {
			return "", "", "", err
		}
	}
	return fields[1], fields[3], fields[5], nil
}

// answer is a result without attachments.
func answer(id uint64, value string) []byte {
	body := appendString(make([]byte, 0, len(value)+16), value)
	b := appendHead(make([]byte, 0, headBytes+1+len(body)), hessian2, statusOK, id, 1+len(body))
	return append(append(b, 0x91), body...)
}

func event(flags, status byte, id uint64, data string) []byte {
	body := []byte{'N'}
	if data != "" {
		body = appendString(nil, data)
	}
	return append(appendHead(nil, flags|flagEvent|hessian2, status, id, len(body)), body...)
}

// isReadOnly tells Dubbo's request to send no more calls.
func isReadOnly(m *message) bool {
	if !m.isRequest() || !m.isEvent() {
		return false
	}
	data, _, err := readString(m.body)
	return err == nil && data == "R"
}

// The value of an answer: who gave it, to which call, and as many bytes as were asked for.
func answerValue(tag, nonce string, payloadBytes int) string {
	return tag + ":" + nonce + ":" + payload(nonce, payloadBytes)
}

// payload differs from call to call, and from byte to byte.
func payload(nonce string, n int) string {
	if n == 0 {
		return ""
	}
	const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789-" // 37: no power of two
	var seed int
	for _, c := range nonce {
		seed += int(c)
	}
	at := seed % len(alphabet)
	return strings.Repeat(alphabet, n/len(alphabet)+2)[at : at+n]
}
