package main

import (
	"context"
	"slices"
	"time"

	"rbee/internal/queenclient"
	"rbee/internal/wire"
)

// maxFresh bounds what is asked for at once; the rest comes with the next look.
const maxFresh = 200

// journal remembers from one look to the next which events were seen.
type journal struct {
	*keeper
	client *queenclient.Client
	filter queenclient.EventFilter // which events, and how many at first

	queenID string    // of the queen that last answered, "" before the first
	last    int64     // id of the last event seen of it
	lastAt  time.Time // and when that happened
}

// news is what happened since the last look.
type news struct {
	queenID string
	events  []wire.Event
	fresh   []wire.Event // those of them that happened since
	anew    bool         // the numbers of events before mean nothing any more
}

// more says whether there may be more than was asked for at once.
func (n news) more() bool { return len(n.events) >= maxFresh }

// note remembers that the news were shown.
func (j *journal) note(n news) {
	if j.queenID = n.queenID; n.anew {
		j.last = 0
	}
	if last := len(n.events) - 1; last >= 0 {
		j.last, j.lastAt = n.events[last].ID, n.events[last].At
	}
}

// news reads the events since the last look, the last one seen with them: if that
// is no longer there, the queen went back to an older state file; if she is
// another one, that numbers its events anew. Then reading begins anew.
func (j *journal) news(ctx context.Context) (n news, err error) {
	info, err := askWithin(ctx, j.keeper, j.client, j.timeout, func(ctx context.Context, queen *queenclient.Client) (*wire.Info, error) {
		return queen.Info(ctx)
	})
	if err != nil {
		return n, err
	}
	n.queenID = info.QueenID
	if j.queenID == info.QueenID && j.last == 0 { // there was none yet, so that all are fresh
		from := int64(0)
		if j.filter.After != nil {
			from = *j.filter.After
		}
		n.events, err = j.read(ctx, &from, maxFresh)
		n.fresh = n.events
		return n, err
	}
	if j.queenID == info.QueenID {
		before := j.last - 1
		events, err := j.read(ctx, &before, maxFresh+1)
		if err != nil {
			return n, err
		}
		if len(events) > 0 && events[0].ID == j.last && events[0].At.Equal(j.lastAt) {
			n.events, n.fresh = events[1:], events[1:]
			return n, nil
		}
	}
	n.anew = true
	n.events, err = j.read(ctx, j.filter.After, j.filter.Limit)
	n.fresh = slices.DeleteFunc(slices.Clone(n.events), func(e wire.Event) bool { return !e.At.After(j.lastAt) })
	return n, err
}

func (j *journal) read(ctx context.Context, after *int64, limit int) ([]wire.Event, error) {
	filter := j.filter
	filter.After, filter.Limit = after, limit
	list, err := askWithin(ctx, j.keeper, j.client, j.timeout, func(ctx context.Context, queen *queenclient.Client) (*wire.EventList, error) {
		return queen.Events(ctx, filter)
	})
	if err != nil {
		return nil, err
	}
	return list.Events, nil
}
