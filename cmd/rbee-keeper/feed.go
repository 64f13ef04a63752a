package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"rbee/internal/queenclient"
	"rbee/internal/wire"
)

// feed keeps a fleet up to date, for all that goes on showing it: the list and
// the events every few seconds, the stream all the time. Telemetry is taken from
// the stream; of what else it tells, it is the sign to look, since a stream that
// breaks off does not tell all.
type feed struct {
	*keeper
	client *queenclient.Client
	events *journal
	hives  bool          // the list is wanted too
	follow bool          // events are fresh from the second look on
	poke   chan struct{} // it should be looked again soon

	mu      sync.Mutex
	fleet   *fleet
	changed bool // since the last snapshot
}

// The rhythm, in parts of keeper.every, a second.
const (
	looksEvery = 5 // whatever happens not
	frames     = 5 // in one; a thousand hives beat in the time of a frame, and cost no more
)

// recentEvents is how many events are shown below the hives.
const recentEvents = 10

// newFeed returns a feed of the hives and the last events.
func newFeed(k *keeper, client *queenclient.Client) *feed {
	f := newEventFeed(k, client, queenclient.EventFilter{Limit: recentEvents})
	f.hives, f.follow = true, true
	return f
}

// newEventFeed returns a feed of events alone, those that there are being the
// first fresh ones.
func newEventFeed(k *keeper, client *queenclient.Client, filter queenclient.EventFilter) *feed {
	return &feed{
		keeper: k, client: client, events: &journal{keeper: k, client: client, filter: filter},
		poke: make(chan struct{}, 1), fleet: newFleet(k.now()),
	}
}

// run feeds show until ctx ends, which is success, as is what show ends it by.
// Begin with look. It runs what it starts within guard.
func (f *feed) run(ctx context.Context, show func(snapshot) error, guard func(func())) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	var lost error // what does not pass by itself
	defer func() {
		cancel()
		all.Wait()
		err = errors.Join(err, lost)
	}()
	all.Go(func() {
		guard(func() {
			defer cancel()
			lost = f.looks(ctx)
		})
	})
	all.Go(func() { guard(func() { f.stream(ctx) }) })
	frame := time.NewTicker(max(f.every/frames, time.Millisecond))
	defer frame.Stop()
	last := time.Now()
	for err = show(f.snapshot()); err == nil; {
		select {
		case <-ctx.Done():
			return nil
		case now := <-frame.C:
			if f.due() || now.Sub(last) >= f.every { // what is shown grows old
				last = now
				err = show(f.snapshot())
			}
		}
	}
	return err
}

// looks looks in the rhythm, and sooner when something happened, until ctx ends
// or what answers is no queen.
func (f *feed) looks(ctx context.Context) error {
	for {
		rest, next := time.After(f.every), time.After(looksEvery*f.every)
		select {
		case <-ctx.Done():
			return nil
		case <-next:
		case <-f.poke:
			select {
			case <-ctx.Done():
				return nil
			case <-rest:
			}
		}
		if err := f.look(ctx); err != nil {
			return err
		}
	}
}

// look looks once: at the events, then at the list, so that what happens in
// between is in the list at once and among the events of the next look, and not
// lost to both. What went wrong the fleet remembers; it is an error only if it
// does not pass by itself, such as an answer of something that is no queen, and
// no queen was met yet.
func (f *feed) look(ctx context.Context) error {
	for {
		met, more, err := f.read(ctx)
		switch {
		case err != nil && !met && !away(err):
			return err
		case !more:
			return nil
		}
	}
}

// read reads the events and the list, and says whether a queen was met before,
// and whether there may be more events.
func (f *feed) read(ctx context.Context) (met, more bool, err error) {
	news, err := f.events.news(ctx)
	asked := f.now()
	list := &wire.HiveList{}
	if err == nil && f.hives {
		list, err = askWithin(ctx, f.keeper, f.client, f.timeout, func(ctx context.Context, queen *queenclient.Client) (*wire.HiveList, error) {
			return queen.Hives(ctx)
		})
	}
	if f.follow && f.events.queenID == "" {
		news.fresh = nil
	}
	f.edit(func(fleet *fleet) {
		if met = fleet.met; ctx.Err() != nil {
			return // which says nothing of the queen
		}
		if err != nil {
			fleet.list = err
			return
		}
		f.events.note(news)
		fleet.happened(news)
		fleet.listed(list.Hives, asked, f.now())
	})
	return met, err == nil && news.more(), err
}

// stream reads the stream, and again when it ended.
func (f *feed) stream(ctx context.Context) {
	begun := false
	f.tail(ctx, f.client, func(m queenclient.Message) {
		stale := false
		f.edit(func(fleet *fleet) { stale = fleet.told(m, f.now()) })
		if stale || !begun { // what happened before it began it does not tell
			begun = true
			f.again()
		}
	}, func(err error) {
		begun = false
		f.edit(func(fleet *fleet) { fleet.stream = f.explain(err, f.timeout) })
		f.again() // which tells whether the queen is away or her stream only
	})
}

func (f *feed) again() {
	select {
	case f.poke <- struct{}{}:
	default:
	}
}

func (f *feed) edit(change func(*fleet)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f.fleet)
	f.changed = true
}

func (f *feed) due() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.changed
}

func (f *feed) snapshot() snapshot {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changed = false
	return f.fleet.snapshot(f.now())
}
