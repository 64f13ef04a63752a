package main

import (
	"context"
	"errors"
	"fmt"

	"rbee/cmd/internal/cli"
)

// watch shows the hives and what happens until ctx ends, which is success. A
// queen that is away is shown and waited for. What does not pass by itself, such
// as an answer of something that is no queen, is an error as long as no queen
// was met, and shown and waited out later.
func (k *keeper) watch(ctx context.Context) error {
	client := k.client()
	defer client.Close()
	feed := newFeed(k, client)
	if err := feed.look(ctx); err != nil {
		return err
	}
	v := view(&lineView{keeper: k})
	if width, height, ok := k.screen(); ok && !k.dumb() && width > 0 && height > 0 {
		v = &screenView{keeper: k}
	}
	if err := v.begin(); err != nil {
		return err
	}
	return errors.Join(feed.run(ctx, v.show, unguarded), v.end())
}

// unguarded runs what needs no care when it panics.
func unguarded(run func()) { run() }

// view is where watch shows what it sees.
type view interface {
	begin() error
	show(snapshot) error
	end() error
}

// waiting is the line shown while the queen is away.
func (k *keeper) waiting(err error) string {
	return cli.Printable(fmt.Sprintf("waiting for the queen at %s: %s", k.queen, brief(err)))
}

// brief is what went wrong, without the remedy where it can be left out.
func brief(err error) string {
	var known *queenError
	if errors.As(err, &known) && known.brief != "" {
		return known.brief
	}
	return err.Error()
}
