package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"trpc.group/trpc-go/trpc-go/client"
	pb "trpc.group/trpc-go/trpc-go/testdata/trpc/helloworld"
)

const (
	mebibyte = 1 << 20
	threads  = 16
	calls    = 50
)

func (t *target) runCalls() {
	for _, user := range []string{"", "jason", "other", "é 书 😀"} {
		check("call: user="+user, func() (string, error) {
			expected := t.node(user) + " "
			if user != "" {
				expected += "user=" + user
			}
			answer, err := t.hello(user, "who")
			return answer, same(expected, answer, err)
		})
	}
	check("call: by func", func() (string, error) {
		reply, err := t.greeter.SayHi(background(), &pb.HelloRequest{})
		return reply.GetMsg(), same(t.second, reply.GetMsg(), err)
	})
	check("call: one-way", func() (string, error) {
		if _, err := t.hello("jason", "remember one-way", client.WithSendOnly()); err != nil && !isSendOnly(err) {
			return "", err
		}
		answer, err := t.hello("jason", "arrived one-way")
		return answer, same(t.second+" has it", answer, err)
	})
	for _, user := range []string{"jason", "other"} {
		check("call: 1 MiB each way, "+user, func() (string, error) { return t.echo(user, strings.Repeat("x", mebibyte)) })
		check("call: an attachment of 1 MiB, "+user, func() (string, error) { return t.attachment(user) })
	}
	check("errors: of the service", func() (string, error) {
		_, err := t.hello("jason", "fail é 书")
		return thrown("code:10042, msg:no é 书, by "+t.second, err)
	})
	check("errors: a service that nobody provides", func() (string, error) {
		unknown := pb.NewGreeterClientProxy(t.options("trpc.test.Missing")...)
		reply, err := unknown.SayHello(background(), &pb.HelloRequest{})
		if !t.mesh {
			// A server looks at func alone.
			return reply.GetMsg(), err
		}
		return thrown("code:11, msg:meltemi: service trpc.test.Missing is not known", err)
	})
	check("errors: a late answer is no one's", func() (string, error) {
		if _, err := t.hello("jason", "slow", client.WithTimeout(200*time.Millisecond)); err == nil {
			return "", fmt.Errorf("no timeout")
		}
		time.Sleep(time.Second)
		answer, err := t.hello("jason", "who")
		return answer, same(t.second+" user=jason", answer, err)
	})
	check("concurrency: 16 goroutines × 50 calls, jason and other in turns", t.concurrently)
}

// isSendOnly tells trpc-go's word for a one-way call that was sent.
func isSendOnly(err error) bool {
	return strings.Contains(err.Error(), "SendOnly") || strings.Contains(err.Error(), "code:161")
}

func (t *target) echo(user, text string) (string, error) {
	answer, err := t.hello(user, "echo "+text)
	return fmt.Sprint(len(answer), " bytes"), same(text, answer, err)
}

func (t *target) attachment(user string) (string, error) {
	sent := strings.Repeat("a", mebibyte)
	attachment := client.NewAttachment(strings.NewReader(sent))
	if _, err := t.hello(user, "attachment", client.WithAttachment(attachment)); err != nil {
		return "", err
	}
	back, err := io.ReadAll(attachment.Response())
	return fmt.Sprint(len(back), " bytes"), same(sent, string(back), err)
}

func (t *target) concurrently() (string, error) {
	failures := make(chan error, threads)
	var group sync.WaitGroup
	for thread := 0; thread < threads; thread++ {
		group.Add(1)
		go func(thread int) {
			defer group.Done()
			for i := 0; i < calls; i++ {
				user := []string{"jason", "other"}[(thread+i)%2]
				answer, err := t.hello(user, "who")
				if err := same(t.node(user)+" user="+user, answer, err); err != nil {
					failures <- err
					return
				}
				if _, err := t.echo(user, strings.Repeat(fmt.Sprint(thread, ".", i, " "), i*20)+"."); err != nil {
					failures <- err
					return
				}
			}
		}(thread)
	}
	group.Wait()
	close(failures)
	return fmt.Sprint(2*threads*calls, " calls answered right"), <-failures
}
