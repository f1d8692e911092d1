// Command load makes calls through Envoy, answers them, and checks every byte of every answer. It is driven by the bench
// (bench/load.ts): one measurement for each line of JSON on standard input, one line of JSON on standard output for each.
//
// The first line that it prints names the addresses of its servers, by tag.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
)

func main() {
	// Nothing is allocated while it measures, and what is left between measurements is small.
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(1 << 30)
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func serve(in io.Reader, out io.Writer) error {
	l, err := newLoop()
	if err != nil {
		return err
	}
	var servers []*server
	addresses := map[string]string{}
	for _, tag := range []string{"v1", "v2"} {
		s, err := newServer(l, tag)
		if err != nil {
			return err
		}
		servers = append(servers, s)
		addresses[tag] = s.address
	}
	encoder := json.NewEncoder(out)
	if err := encoder.Encode(addresses); err != nil {
		return err
	}
	decoder := json.NewDecoder(in)
	for {
		var r run
		if err := decoder.Decode(&r); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := r.prepare(servers); err != nil {
			return err
		}
		measured, err := r.measure(l)
		if err != nil {
			return err
		}
		if err := encoder.Encode(measured); err != nil {
			return err
		}
	}
}
