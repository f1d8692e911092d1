package main

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// failures are things that must never happen. The first ones are told in full.
type failures struct {
	mu    sync.Mutex
	count int
	texts []string
}

func (f *failures) add(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count++
	if len(f.texts) < 20 {
		f.texts = append(f.texts, time.Now().Format("15:04:05.000 ")+fmt.Sprintf(format, args...))
	}
}

func (f *failures) take() (int, []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	texts := f.texts
	f.texts = nil
	return f.count, texts
}

// class is the calls of one service by one user: who may answer them, and when they may fail.
type class struct {
	mu sync.Mutex
	// The sets of tags that were in force, one after the other.
	history [][]string
	// Calls that are in flight before this moment may end with an error: all of them, or those that no server has read.
	excusedUntil, unreadExcusedUntil time.Time
}

func (c *class) now() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.history) - 1
}

func (c *class) allow(tags []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.history = append(c.history, tags)
}

// may tells whether a call that began in period `from` and ends now may be answered by `tag`.
func (c *class) may(from int, tag string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, tags := range c.history[max(from, 0):] {
		for _, allowed := range tags {
			if allowed == tag {
				return true
			}
		}
	}
	return false
}

func (c *class) excuse(until time.Time, all bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if until.After(c.unreadExcusedUntil) {
		c.unreadExcusedUntil = until
	}
	if all && until.After(c.excusedUntil) {
		c.excusedUntil = until
	}
}

func (c *class) excused(started time.Time, read bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return started.Before(c.excusedUntil) || !read && started.Before(c.unreadExcusedUntil)
}

// classes by service and user; made when they are first named.
type classes struct {
	mu  sync.Mutex
	all map[string]*class
}

func (c *classes) of(service, user string) *class {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := service + " " + user
	found := c.all[key]
	if found == nil {
		found = &class{}
		c.all[key] = found
	}
	return found
}

// excuse lets calls of a service fail that are in flight within this time: all, or those that no server has read.
func (c *classes) excuse(service string, d time.Duration, all bool) {
	until := time.Now().Add(d)
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, class := range c.all {
		if strings.HasPrefix(key, service+" ") {
			class.excuse(until, all)
		}
	}
}
