package main

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

// A call as Apache Dubbo 3.3 lays it out, but for the length of its names.
func TestRequestBody(t *testing.T) {
	const want = "05" + "322e302e32" + // "2.0.2"
		"3021" + "6f72672e6170616368652e647562626f2e64656d6f2e44656d6f53657276696365" +
		"05" + "302e302e30" + // "0.0.0"
		"08" + "73617948656c6c6f" + // "sayHello"
		"12" + "4c6a6176612f6c616e672f537472696e673b" + // "Ljava/lang/String;"
		"03" + "787878" + // the argument
		"48" + // a map
		"04" + "70617468" + "3021" + "6f72672e6170616368652e647562626f2e64656d6f2e44656d6f53657276696365" +
		"09" + "696e74657266616365" + "3021" + "6f72672e6170616368652e647562626f2e64656d6f2e44656d6f53657276696365" +
		"07" + "76657273696f6e" + "05" + "302e302e30" +
		"07" + "74696d656f7574" + "04" + "33303030" +
		"04" + "75736572" + "05" + "6a61736f6e" + // user: jason
		"5a"
	if got := hex.EncodeToString(dubbo{}.requestBody("jason", 3)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAppendString(t *testing.T) {
	for _, c := range []struct {
		length int
		head   []byte
	}{
		{0, []byte{0}},
		{31, []byte{31}},
		{32, []byte{0x30, 32}},
		{1023, []byte{0x33, 0xff}},
		{1024, []byte{'S', 4, 0}},
		{0x8000, []byte{'S', 0x80, 0}},
		{0x8001, []byte{'R', 0x80, 0}},
	} {
		got := appendString(nil, strings.Repeat("x", c.length))
		if !bytes.HasPrefix(got, c.head) {
			t.Errorf("%d characters begin with % x, not % x", c.length, got[:len(c.head)], c.head)
		}
	}
	long := appendString(nil, strings.Repeat("x", 0x8001))
	if end := long[len(long)-3:]; !bytes.Equal(end, []byte{'x', 1, 'x'}) {
		t.Errorf("the last chunk is % x", end)
	}
}
