package main

import (
	"context"
	"sync"
	"time"

	"rbee/internal/queenclient"
	"rbee/internal/wire"
)

// feed keeps a fleet up to date: the list every few seconds, the stream all the
// time.
type feed struct {
	*keeper
	client *queenclient.Client
	poke   chan struct{} // the list should be read again soon

	mu      sync.Mutex
	fleet   *fleet
	changed bool // since the last snapshot
}

const (
	listEvery  = 5 * time.Second
	listRest   = time.Second            // between two lists, whatever happens
	frameEvery = 200 * time.Millisecond // a thousand hives beat in it, and cost one frame
	ageEvery   = time.Second            // frames while nothing happens, for what grows old
)

func newFeed(k *keeper, client *queenclient.Client) *feed {
	return &feed{keeper: k, client: client, poke: make(chan struct{}, 1), fleet: newFleet(k.now())}
}

// run feeds show until ctx ends. It runs what it starts within guard.
func (f *feed) run(ctx context.Context, show func(snapshot), guard func(func())) {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	all.Go(func() { guard(func() { f.list(ctx) }) })
	all.Go(func() { guard(func() { f.stream(ctx) }) })
	frame := time.NewTicker(frameEvery)
	defer frame.Stop()
	var last time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-frame.C:
			if f.due() || now.Sub(last) >= ageEvery {
				last = now
				show(f.snapshot())
			}
		}
	}
}

// list reads the list in its rhythm, and sooner when something happened.
func (f *feed) list(ctx context.Context) {
	for {
		rest, next := time.After(listRest), time.After(listEvery)
		select {
		case <-ctx.Done():
			return
		case <-next:
		case <-f.poke:
			select {
			case <-ctx.Done():
				return
			case <-rest:
			}
		}
		_ = f.look(ctx) // the fleet remembers it
	}
}

// look reads the list once.
func (f *feed) look(ctx context.Context) error {
	asked := f.now()
	list, err := askWithin(ctx, f.keeper, f.client, f.timeout, func(ctx context.Context, queen *queenclient.Client) (*wire.HiveList, error) {
		return queen.Hives(ctx)
	})
	f.edit(func(fleet *fleet) {
		if err != nil {
			fleet.list = err
			return
		}
		fleet.listed(list.Hives, asked, f.now())
	})
	return err
}

// stream reads the stream, and again when it ended.
func (f *feed) stream(ctx context.Context) {
	f.tail(ctx, f.client, func(m queenclient.Message) {
		stale := false
		f.edit(func(fleet *fleet) { stale = fleet.told(m, f.now()) })
		if stale {
			f.again()
		}
	}, func(err error) {
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
