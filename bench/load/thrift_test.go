package main

import (
	"encoding/hex"
	"testing"
)

// Messages as Apache Thrift's libraries write them.
func TestThriftMessages(t *testing.T) {
	for name, c := range map[string]struct {
		protocol     protocol
		id           uint64
		call, answer string
	}{
		"binary": {thriftBinary{}, 7,
			"00000022" + "80010001" + "0000000b" + "67726565745f6a61736f6e" + "00000007" + "0b0001" + "00000003" + "787878" + "00",
			"00000021" + "80010002" + "0000000b" + "67726565745f6a61736f6e" + "00000007" + "0b0000" + "00000002" + "7632" + "00"},
		"compact": {thriftCompact{}, 300,
			"00000016" + "8221" + "ac02" + "0b" + "67726565745f6a61736f6e" + "18" + "03" + "787878" + "00",
			"00000016" + "8241" + "ac02" + "0b" + "67726565745f6a61736f6e" + "0800" + "02" + "7632" + "00"},
	} {
		p := c.protocol
		request, result := p.requestBody("jason", 3), p.answerBody("v2", 0)
		call, answer := make([]byte, maxHeadBytes), make([]byte, maxHeadBytes)
		call = call[:p.putCall(call, "jason", c.id, len(request))]
		answer = answer[:p.putAnswer(answer, call, len(result))]
		if got := hex.EncodeToString(append(call, request...)); got != c.call {
			t.Errorf("%s: the call is\n%s, not\n%s", name, got, c.call)
		}
		if got := hex.EncodeToString(append(answer, result...)); got != c.answer {
			t.Errorf("%s: the answer is\n%s, not\n%s", name, got, c.answer)
		}
		if p.headBytes(call[:p.leastHead()]) != len(call) {
			t.Errorf("%s: the head has %d bytes", name, p.headBytes(call))
		}
		if p.id(answer) != c.id {
			t.Errorf("%s: the id is %#x", name, p.id(answer))
		}
	}
}
