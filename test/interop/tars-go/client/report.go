package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

// check runs one check and prints a line of JSON: its detail, or why it failed.
func check(name string, body func() (string, error)) {
	detail, err := body()
	if err != nil {
		detail = err.Error()
	}
	if len(detail) > 400 {
		detail = detail[:400] + "…"
	}
	line, _ := json.Marshal(map[string]interface{}{"name": name, "ok": err == nil, "detail": detail})
	fmt.Println(string(line))
}

// same is the error that says how actual differs from expected, if it does.
func same(expected, actual string, err error) error {
	if err != nil || expected == actual {
		return err
	}
	return fmt.Errorf("expected %.200s, got %.200s", expected, actual)
}

// thrown is the text of an error that must have been returned, and must have this in it.
func thrown(text string, err error) (string, error) {
	if err == nil || !strings.Contains(err.Error(), text) {
		return "", fmt.Errorf("expected an error with %q, got %v", text, err)
	}
	return err.Error(), nil
}
