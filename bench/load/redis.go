package main

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// A command of redis is `GETSET user payload`, whose key says the user: names of one length. Its head goes up to the payload's length, and
// that of an answer, a bulk string, as far. Answers come in the order of the commands.
type redis struct{}

const (
	redisGetSet = "*3\r\n$6\r\nGETSET\r\n$5\r\n"
	redisUserAt = len(redisGetSet)
	// Where the payload's length is.
	redisLengthAt = redisUserAt + userBytes + len("\r\n$")
	redisEnd      = "\r\n"
)

func (redis) leastHead() int { return len("$2\r\n") }
func (redis) idBits() int    { return 0 }

func (redis) id(_ []byte) uint64 { return 0 }

func (redis) headBytes(head []byte) int {
	lengthAt := 1
	if head[0] == '*' {
		lengthAt = redisLengthAt
	}
	if len(head) > lengthAt {
		if end := bytes.IndexByte(head[lengthAt:], '\n'); end >= 0 {
			return lengthAt + end + 1
		}
		return min(len(head)+1, maxHeadBytes)
	}
	return lengthAt + len("2\r\n")
}

func (redis) requestBody(_ string, payloadBytes int) []byte {
	return []byte(strings.Repeat("x", payloadBytes) + redisEnd)
}

func (redis) answerBody(tag string, payloadBytes int) []byte {
	return []byte(tag + strings.Repeat("y", payloadBytes) + redisEnd)
}

func (redis) putCall(head []byte, user string, _ uint64, bodyBytes int) int {
	b := append(head[:0], redisGetSet...)
	b = append(b, user...)
	return len(appendLength(append(b, redisEnd...), bodyBytes))
}

func (redis) putAnswer(head, _ []byte, bodyBytes int) int {
	return len(appendLength(head[:0], bodyBytes))
}

func appendLength(b []byte, bodyBytes int) []byte {
	b = strconv.AppendInt(append(b, '$'), int64(bodyBytes-len(redisEnd)), 10)
	return append(b, redisEnd...)
}

func (r redis) checkCall(head []byte, bodyBytes int) error {
	var right [maxHeadBytes]byte
	if len(head) < redisLengthAt {
		return fmt.Errorf("a head of %q is no call's", head)
	}
	n := r.putCall(right[:], string(head[redisUserAt:redisUserAt+userBytes]), 0, bodyBytes)
	return checkRedisHead(head, right[:n])
}

func (r redis) checkAnswer(head []byte, _ string, bodyBytes int) error {
	var right [maxHeadBytes]byte
	return checkRedisHead(head, right[:r.putAnswer(right[:], nil, bodyBytes)])
}

func checkRedisHead(head, right []byte) error {
	if bytes.Equal(head, right) {
		return nil
	}
	return fmt.Errorf("a head of %q where %q is right", head, right)
}
