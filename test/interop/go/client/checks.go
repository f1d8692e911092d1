package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand"
	"strings"
	"sync"
	"time"

	"meltemi/interop/wire"
)

const (
	mebibyte = 1 << 20
	threads  = 16
	calls    = 25
	// Four heartbeats; dubbo-go tells nobody that one was answered, it only drops the session after three that were not.
	idle = 4500 * time.Millisecond
)

func runChecks(g *greeter, u *unknown) {
	check("call: without attachments", func() (string, error) {
		answer, err := g.WhoAmI(context.Background())
		return answer, same("v1", answer, err)
	})
	for _, name := range []string{"jason", "other", manyScripts} {
		check("call: user="+name, func() (string, error) {
			answer, err := g.WhoAmI(user(name))
			return answer, same(g.version(name), answer, err)
		})
	}
	check("call: null returned", func() (string, error) {
		answer, err := g.NullText(user("jason"))
		return "null", same("", answer, err)
	})
	check("call: a slow call does not hold up the next", g.slow)
	check("call: attachments arrive", g.attachments)
	check("types: an object", func() (string, error) {
		sent := &wire.Customer{Name: "Zoë 书", Email: "z@example.com", Age: 41}
		back, err := g.EchoCustomer(user("jason"), sent)
		return "equal", same(sent, back, err)
	})
	check("types: references to itself and shared", g.graph)
	check("types: null as object", func() (string, error) {
		back, err := g.EchoCustomer(user("jason"), nil)
		return "zero", same(&wire.Customer{}, back, err) // dubbo-go makes an empty object of null
	})
	check("errors: an exception", func() (string, error) {
		_, err := g.Fail(user("jason"), "checked")
		exception, ok := err.(*wire.GreetException)
		if !ok || exception.Code != 42 || !strings.HasPrefix(exception.DetailMessage, "checked: é 书") {
			return "", fmt.Errorf("got %T %v", err, err)
		}
		return err.Error(), nil
	})
	check("errors: a service that nobody provides", func() (string, error) {
		_, err := u.Echo(context.Background(), "x")
		if err == nil || g.mesh && !strings.Contains(err.Error(), "io.meltemi.interop.api.UnknownService") {
			return "", fmt.Errorf("got %v", err)
		}
		return err.Error(), nil
	})
	for _, name := range []string{"jason", "other"} {
		check("size: 1 MiB of bytes, "+name, func() (string, error) { return g.bytes(name, mebibyte) })
		check("size: 1 MiB of ASCII, "+name, func() (string, error) { return g.text(name, strings.Repeat("x", mebibyte)) })
		check("size: 1 MiB of Chinese, "+name, func() (string, error) { return g.text(name, strings.Repeat("书", mebibyte/3)) })
	}
	check("heartbeat: an idle connection", func() (string, error) {
		time.Sleep(idle)
		answer, err := g.WhoAmI(user("jason"))
		return answer, same(g.version("jason"), answer, err)
	})
	check("concurrency: 16 goroutines × 25 calls, jason and other in turns", g.concurrent)
}

// slow holds one call until a second one has passed it.
func (g *greeter) slow() (string, error) {
	type result struct {
		answer string
		err    error
	}
	held := make(chan result, 1)
	go func() {
		answer, err := g.Hold(user("jason"), "go-slow")
		held <- result{answer, err}
	}()
	if _, err := g.Release(user("jason"), "go-slow"); err != nil {
		return "", err
	}
	r := <-held
	return r.answer, same(g.version("jason")+" released go-slow", r.answer, r.err)
}

func (g *greeter) attachments() (string, error) {
	sent := map[string]interface{}{"user": "jason", "empty": "", "unicode": "é 书", "long": strings.Repeat("l", 8000)}
	seen, err := g.Attachments(as(sent))
	if err != nil {
		return "", err
	}
	for key, value := range sent {
		if err := same(value, seen[key], nil); err != nil {
			return "", fmt.Errorf("%s: %w", key, err)
		}
	}
	return fmt.Sprint(len(seen), " seen"), nil
}

func (g *greeter) graph() (string, error) {
	ann, bob := &wire.Person{Name: "Ann"}, &wire.Person{Name: "Bob"}
	ann.Self, bob.Self, ann.Spouse, bob.Spouse = ann, bob, bob, ann
	ann.Friends = []*wire.Person{bob, ann, bob}
	back, err := g.EchoPerson(user("jason"), ann)
	if err != nil {
		return "", err
	}
	// dubbo-go hands out a copy of the outermost object.
	if back.Spouse.Spouse != back.Self || back.Friends[0] != back.Spouse || back.Friends[1] != back.Self {
		return "", fmt.Errorf("references are lost")
	}
	return back.Name, nil
}

func (g *greeter) bytes(name string, length int) (string, error) {
	sent := make([]byte, length)
	rand.New(rand.NewSource(int64(length))).Read(sent)
	back, err := g.EchoBytes(user(name), sent)
	if err == nil && !bytes.Equal(sent, back) {
		err = fmt.Errorf("%d bytes came back changed", len(back))
	}
	return fmt.Sprint(length, " bytes"), err
}

func (g *greeter) text(name, sent string) (string, error) {
	back, err := g.Echo(user(name), sent)
	if err == nil && sent != back {
		err = fmt.Errorf("%d bytes came back changed", len(back))
	}
	return fmt.Sprint(len(sent), " bytes"), err
}

func (g *greeter) concurrent() (string, error) {
	failures := make(chan error, threads)
	var group sync.WaitGroup
	for thread := 0; thread < threads; thread++ {
		group.Add(1)
		go func(thread int) {
			defer group.Done()
			for i := 0; i < calls; i++ {
				name := []string{"jason", "other"}[(thread+i)%2]
				who := fmt.Sprint(name, " ", thread, ".", i)
				answer, err := g.Greet(user(name), who)
				if err := same(g.version(name)+" greets "+who, answer, err); err != nil {
					failures <- err
					return
				}
			}
		}(thread)
	}
	group.Wait()
	close(failures)
	return fmt.Sprint(threads*calls, " calls answered right"), <-failures
}
