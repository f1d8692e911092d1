package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"trpc.group/trpc-go/trpc-go/client"
	"trpc.group/trpc-go/trpc-go/codec"
	"trpc.group/trpc-go/trpc-go/stream"
	pb "trpc.group/trpc-go/trpc-go/testdata/trpc/helloworld"
)

const streams = 8

func (t *target) runStreams() {
	for _, user := range []string{"jason", "other"} {
		check("stream: 100 texts each way, "+user, func() (string, error) {
			s, err := t.open(chatName, user)
			if err != nil {
				return "", err
			}
			return t.chat(s, user, 100, 10)
		})
		// Many times the window of a stream, which is 65,535 bytes.
		check("stream: 8 MiB each way, "+user, func() (string, error) {
			s, err := t.open(chatName, user)
			if err != nil {
				return "", err
			}
			return t.chat(s, user, 256, 32<<10)
		})
	}
	check("stream: a server ends it with an error", func() (string, error) {
		s, err := t.open(chatName, "jason")
		if err != nil {
			return "", err
		}
		if err := s.SendMsg(&pb.HelloRequest{Msg: "fail"}); err != nil {
			return "", err
		}
		return thrown("code:51, msg:no more, by "+t.second, s.RecvMsg(&pb.HelloReply{}))
	})
	check("stream: a method that there is not", func() (string, error) {
		_, err := t.openMethod(chatName, "/"+chatName+"/Missing", "jason")
		return thrown("code:12", err)
	})
	if t.mesh {
		check("stream: a service that nobody provides", func() (string, error) {
			_, err := t.open("trpc.test.Missing", "jason")
			return thrown("code:11, msg:meltemi: service trpc.test.Missing is not known", err)
		})
	}
	check("stream: 8 at once of both users, and calls between", t.chatAtOnce)
}

func (t *target) open(service, user string) (client.ClientStream, error) {
	return t.openMethod(service, "/"+chatName+"/Echo", user)
}

func (t *target) openMethod(service, method, user string) (client.ClientStream, error) {
	ctx, msg := codec.WithCloneMessage(background())
	msg.WithClientRPCName(method)
	msg.WithCalleeServiceName(service)
	msg.WithSerializationType(codec.SerializationTypePB)
	description := &client.ClientStreamDesc{StreamName: method, ClientStreams: true, ServerStreams: true}
	options := append(t.options(service), client.WithMetaData("user", []byte(user)))
	return stream.DefaultStreamClient.NewStream(ctx, description, method, options...)
}

// chat sends texts while it hears them back, closes its half and hears how many there were, and then the end.
func (t *target) chat(s client.ClientStream, user string, texts, bytes int) (string, error) {
	sent := make(chan error, 1)
	text := strings.Repeat("x", bytes)
	go func() {
		for i := 0; i < texts; i++ {
			if err := s.SendMsg(&pb.HelloRequest{Msg: fmt.Sprint(i, text)}); err != nil {
				sent <- err
				return
			}
		}
		sent <- s.CloseSend()
	}()
	for i := 0; i < texts; i++ {
		reply := &pb.HelloReply{}
		err := s.RecvMsg(reply)
		if err := same(fmt.Sprint(t.node(user), " ", i, text), reply.Msg, err); err != nil {
			return "", err
		}
	}
	if err := <-sent; err != nil {
		return "", err
	}
	last := &pb.HelloReply{}
	err := s.RecvMsg(last)
	if err := same(fmt.Sprint(t.node(user), " had ", texts), last.Msg, err); err != nil {
		return "", err
	}
	if err := s.RecvMsg(&pb.HelloReply{}); !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("expected the end, got %v", err)
	}
	return last.Msg, nil
}

func (t *target) chatAtOnce() (string, error) {
	failures := make(chan error, 2*streams)
	var group sync.WaitGroup
	for i := 0; i < streams; i++ {
		user := []string{"jason", "other"}[i%2]
		group.Add(2)
		go func() {
			defer group.Done()
			s, err := t.open(chatName, user)
			if err == nil {
				_, err = t.chat(s, user, 100, 1000)
			}
			if err != nil {
				failures <- err
			}
		}()
		go func() {
			defer group.Done()
			for n := 0; n < 20; n++ {
				answer, err := t.hello(user, "who")
				if err := same(t.node(user)+" user="+user, answer, err); err != nil {
					failures <- err
					return
				}
			}
		}()
	}
	group.Wait()
	close(failures)
	return fmt.Sprint(streams, " streams"), <-failures
}
