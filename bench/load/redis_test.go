package main

import "testing"

func TestRedisMessages(t *testing.T) {
	p := redis{}
	request, result := p.requestBody("jason", 100), p.answerBody("v2", 0)
	call, answer := make([]byte, maxHeadBytes), make([]byte, maxHeadBytes)
	call = call[:p.putCall(call, "jason", 0, len(request))]
	answer = answer[:p.putAnswer(answer, call, len(result))]
	if got, want := string(call), "*3\r\n$6\r\nGETSET\r\n$5\r\njason\r\n$100\r\n"; got != want {
		t.Errorf("the call begins with %q, not %q", got, want)
	}
	if got, want := string(answer)+string(result), "$2\r\nv2\r\n"; got != want {
		t.Errorf("the answer is %q, not %q", got, want)
	}
	for _, head := range [][]byte{call, answer} {
		have := p.leastHead()
		for p.headBytes(head[:have]) > have {
			have = p.headBytes(head[:have])
		}
		if have != len(head) {
			t.Errorf("the head of %q has %d bytes", head, have)
		}
	}
	if err := p.checkCall(call, len(request)); err != nil {
		t.Error(err)
	}
	if err := p.checkAnswer(answer, "jason", len(result)); err != nil {
		t.Error(err)
	}
}
