package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"rbee/cmd/internal/cli"
	"rbee/internal/queenclient"
	"rbee/internal/wire"
)

// watch shows the hives and what happens until ctx ends, which is success. A
// queen that is away is shown and waited for. What does not pass by itself, such
// as an answer of something that is no queen, is an error as long as no queen
// was met, and shown and waited out later.
func (k *keeper) watch(ctx context.Context) error {
	client := k.client()
	defer client.Close()
	v := view(&lineView{keeper: k})
	if width, height, ok := k.screen(); ok && !k.dumb() && width > 0 && height > 0 {
		v = &screenView{keeper: k}
	}
	if err := v.begin(); err != nil {
		return err
	}
	err := k.follow(ctx, client, v)
	return errors.Join(err, v.end())
}

// view is where watch shows what it sees.
type view interface {
	begin() error
	show(glance) error
	end() error
}

// glance is what one look at the queen gave.
type glance struct {
	at     time.Time
	away   error // set: the queen did not answer, and the rest is as it was
	hives  []wire.Hive
	recent []wire.Event // the last ones
	fresh  []wire.Event // those since the look before; nothing is fresh at the first
}

// recentEvents is how many events are shown below the hives.
const recentEvents = 10

// maxFresh bounds what is asked for at once; the rest comes with the next look.
const maxFresh = 200

func (k *keeper) follow(ctx context.Context, client *queenclient.Client, v view) error {
	tick := time.NewTicker(k.every)
	defer tick.Stop()
	happened, done := k.happenings(ctx, client)
	defer done()
	follower := &follower{keeper: k, client: client, filter: queenclient.EventFilter{Limit: recentEvents}}
	for {
		seen, err := follower.look(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if err := v.show(seen); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-happened:
		case <-tick.C:
		}
	}
}

// follower remembers from one look to the next which events were seen.
type follower struct {
	*keeper
	client *queenclient.Client
	filter queenclient.EventFilter // which events, and how many at first

	queenID string    // of the queen that last answered, "" before the first
	last    int64     // id of the last event seen of it
	lastAt  time.Time // and when that happened
	seen    glance
}

// look asks the queen once. The events are read before the hives: what happens
// in between is then in the list at once and among the events of the next look,
// and not lost to both.
func (f *follower) look(ctx context.Context) (glance, error) {
	f.seen.at, f.seen.away, f.seen.fresh = f.now(), nil, nil
	err := f.read(ctx)
	if err != nil {
		f.seen.away = err
		if f.queenID == "" && !away(err) {
			return f.seen, err
		}
	}
	return f.seen, nil
}

func (f *follower) read(ctx context.Context) error {
	known := f.queenID
	news, err := f.news(ctx)
	if err != nil {
		return err
	}
	hives, err := askWithin(ctx, f.keeper, f.client, f.timeout, func(ctx context.Context, queen *queenclient.Client) (*wire.HiveList, error) {
		return queen.Hives(ctx)
	})
	if err != nil {
		return err
	}
	f.note(news)
	if known == news.queenID {
		f.seen.fresh = news.fresh
	}
	f.seen.hives = hives.Hives
	if news.anew {
		f.seen.recent = nil
	}
	f.seen.recent = append(f.seen.recent, news.events...)
	f.seen.recent = f.seen.recent[max(0, len(f.seen.recent)-recentEvents):]
	return nil
}

// news is what happened since the last look.
type news struct {
	queenID string
	events  []wire.Event
	fresh   []wire.Event // those of them that happened since
	anew    bool         // the numbers of events before mean nothing any more
}

// note remembers that the news were shown.
func (f *follower) note(n news) {
	if f.queenID = n.queenID; n.anew {
		f.last = 0
	}
	if last := len(n.events) - 1; last >= 0 {
		f.last, f.lastAt = n.events[last].ID, n.events[last].At
	}
}

// news reads the events since the last look, the last one seen with them: if that
// is no longer there, the queen went back to an older state file; if she is
// another one, that numbers its events anew. Then reading begins anew.
func (f *follower) news(ctx context.Context) (n news, err error) {
	info, err := askWithin(ctx, f.keeper, f.client, f.timeout, func(ctx context.Context, queen *queenclient.Client) (*wire.Info, error) {
		return queen.Info(ctx)
	})
	if err != nil {
		return n, err
	}
	n.queenID = info.QueenID
	read := func(after int64, limit int) ([]wire.Event, error) {
		filter := f.filter
		filter.After, filter.Limit = after, limit
		list, err := askWithin(ctx, f.keeper, f.client, f.timeout, func(ctx context.Context, queen *queenclient.Client) (*wire.EventList, error) {
			return queen.Events(ctx, filter)
		})
		if err != nil {
			return nil, err
		}
		return list.Events, nil
	}
	if f.last > 0 && info.QueenID == f.queenID {
		events, err := read(f.last-1, maxFresh+1)
		if err != nil {
			return n, err
		}
		if len(events) > 0 && events[0].ID == f.last && events[0].At.Equal(f.lastAt) {
			n.events, n.fresh = events[1:], events[1:]
			return n, nil
		}
	}
	n.anew = true
	n.events, err = read(f.filter.After, f.filter.Limit)
	n.fresh = slices.DeleteFunc(slices.Clone(n.events), func(e wire.Event) bool { return !e.At.After(f.lastAt) })
	return n, err
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
