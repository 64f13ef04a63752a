package main

import (
	"context"
	"sync"
	"time"

	"rbee/internal/queenclient"
)

const (
	firstRetry = 500 * time.Millisecond // of a stream that ended; twice that each time, up to
	lastRetry  = 5 * time.Second
)

// tail hands on what the queen's stream says until ctx ends. When the stream ends
// it says so, and begins again, at growing distances while nothing comes.
func (k *keeper) tail(ctx context.Context, client *queenclient.Client, each func(queenclient.Message), ended func(error)) {
	for retry := firstRetry; ctx.Err() == nil; {
		err := client.Stream(ctx, func(m queenclient.Message) error {
			retry = firstRetry
			each(m)
			return nil
		})
		ended(err)
		select {
		case <-ctx.Done():
		case <-time.After(retry):
		}
		retry = min(2*retry, lastRetry)
	}
}

// happenings tells by the stream that something happened, or may have, since the
// stream ended or has begun. What it was is to be read from the queen's events,
// of which a stream that breaks off cannot tell all. It ends when ctx or done does.
func (k *keeper) happenings(ctx context.Context, client *queenclient.Client) (happened <-chan struct{}, done func()) {
	ctx, cancel := context.WithCancel(ctx)
	c := make(chan struct{}, 1)
	poke := func() {
		select {
		case c <- struct{}{}:
		default:
		}
	}
	var all sync.WaitGroup
	all.Go(func() {
		begun := false
		k.tail(ctx, client, func(m queenclient.Message) {
			if m.Event != nil || !begun {
				begun = true
				poke()
			}
		}, func(error) { begun = false })
	})
	return c, func() {
		cancel()
		all.Wait()
	}
}
