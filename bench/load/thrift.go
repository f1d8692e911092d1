package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
)

// The head of a framed message: length (4), then in TBinaryProtocol version and type (4), length of the name (4), name, seqid (4); in
// TCompactProtocol id and type (2), seqid (a varint), length of the name (1), name. The method's name says the user: names of one length.
const (
	thriftMethod    = "greet_"
	userBytes       = 5 // of all users of the bench
	thriftNameBytes = len(thriftMethod) + userBytes

	binaryHead    = 4 + 4 + 4 + thriftNameBytes + 4
	binaryNameAt  = 12
	binarySeqidAt = binaryNameAt + thriftNameBytes

	compactSeqidAt = 6
	// But for the seqid.
	compactHead = 4 + 2 + 1 + thriftNameBytes
)

const (
	thriftCall  = 1
	thriftReply = 2
)

func checkThriftHead(head, right []byte) error {
	if bytes.Equal(head, right) {
		return nil
	}
	if got, want := binary.BigEndian.Uint32(head), binary.BigEndian.Uint32(right); got != want {
		return fmt.Errorf("a frame of %d bytes where %d are right", got, want)
	}
	return fmt.Errorf("a head of %x where %x is right", head, right)
}

func putFrameLength(head []byte, bodyBytes int) {
	binary.BigEndian.PutUint32(head, uint32(len(head)-4+bodyBytes))
}

type thriftBinary struct{}

func (thriftBinary) leastHead() int         { return binaryHead }
func (thriftBinary) headBytes(_ []byte) int { return binaryHead }
func (thriftBinary) idBits() int            { return 32 }

// requestBody is a struct of one argument, a string.
func (thriftBinary) requestBody(_ string, payloadBytes int) []byte {
	return binaryString(1, strings.Repeat("x", payloadBytes))
}

func (thriftBinary) answerBody(tag string, payloadBytes int) []byte {
	return binaryString(0, tag+strings.Repeat("y", payloadBytes))
}

func binaryString(field byte, s string) []byte {
	b := binary.BigEndian.AppendUint32([]byte{11, 0, field}, uint32(len(s)))
	return append(append(b, s...), 0)
}

func (thriftBinary) putCall(head []byte, user string, id uint64, bodyBytes int) int {
	putFrameLength(head[:binaryHead], bodyBytes)
	copy(head[4:], []byte{0x80, 1, 0, thriftCall, 0, 0, 0, byte(thriftNameBytes)})
	copy(head[binaryNameAt:], thriftMethod)
	copy(head[binaryNameAt+len(thriftMethod):], user)
	binary.BigEndian.PutUint32(head[binarySeqidAt:], uint32(id))
	return binaryHead
}

func (thriftBinary) putAnswer(head, call []byte, bodyBytes int) int {
	copy(head, call)
	putFrameLength(head[:binaryHead], bodyBytes)
	head[7] = thriftReply
	return binaryHead
}

func (thriftBinary) id(head []byte) uint64 {
	return uint64(binary.BigEndian.Uint32(head[binarySeqidAt:]))
}

func (t thriftBinary) checkCall(head []byte, bodyBytes int) error {
	var right [binaryHead]byte
	t.putCall(right[:], string(head[binarySeqidAt-userBytes:binarySeqidAt]), t.id(head), bodyBytes)
	return checkThriftHead(head, right[:])
}

func (t thriftBinary) checkAnswer(head []byte, user string, bodyBytes int) error {
	var right [binaryHead]byte
	t.putCall(right[:], user, t.id(head), bodyBytes)
	right[7] = thriftReply
	return checkThriftHead(head, right[:])
}

type thriftCompact struct{}

func (thriftCompact) leastHead() int { return compactHead + 1 }
func (thriftCompact) idBits() int    { return 31 }

func (thriftCompact) headBytes(head []byte) int {
	end := compactSeqidAt
	for head[end] >= 0x80 && end < compactHead {
		end++
	}
	return end + 1 + compactHead - compactSeqidAt
}

func (thriftCompact) requestBody(_ string, payloadBytes int) []byte {
	return compactString([]byte{0x18}, strings.Repeat("x", payloadBytes))
}

// answerBody has field 0, whose id has to be written out.
func (thriftCompact) answerBody(tag string, payloadBytes int) []byte {
	return compactString([]byte{0x08, 0}, tag+strings.Repeat("y", payloadBytes))
}

func compactString(field []byte, s string) []byte {
	b := binary.AppendUvarint(field, uint64(len(s)))
	return append(append(b, s...), 0)
}

func (thriftCompact) putCall(head []byte, user string, id uint64, bodyBytes int) int {
	head[4], head[5] = 0x82, thriftCall<<5|1
	at := compactSeqidAt + binary.PutUvarint(head[compactSeqidAt:], id)
	head[at] = byte(thriftNameBytes)
	copy(head[at+1:], thriftMethod)
	copy(head[at+1+len(thriftMethod):], user)
	end := at + 1 + thriftNameBytes
	putFrameLength(head[:end], bodyBytes)
	return end
}

func (thriftCompact) putAnswer(head, call []byte, bodyBytes int) int {
	copy(head, call)
	putFrameLength(head[:len(call)], bodyBytes)
	head[5] = thriftReply<<5 | 1
	return len(call)
}

func (thriftCompact) id(head []byte) uint64 {
	id, _ := binary.Uvarint(head[compactSeqidAt:])
	return id
}

func (t thriftCompact) checkCall(head []byte, bodyBytes int) error {
	var right [maxHeadBytes]byte
	n := t.putCall(right[:], string(head[len(head)-userBytes:]), t.id(head), bodyBytes)
	return checkThriftHead(head, right[:n])
}

func (t thriftCompact) checkAnswer(head []byte, user string, bodyBytes int) error {
	var right [maxHeadBytes]byte
	n := t.putCall(right[:], user, t.id(head), bodyBytes)
	right[5] = thriftReply<<5 | 1
	return checkThriftHead(head, right[:n])
}
