package main

import (
	"context"
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
