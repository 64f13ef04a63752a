package main

import (
	"cmp"
	"slices"
	"time"

	"rbee/internal/queenclient"
	"rbee/internal/wire"
)

// noPulse is how long a stream may tell nothing; a pulse comes every 2.5 s.
const noPulse = 8 * time.Second

// fleet is what a feed knows: the list of hives, kept fresh by the stream, and
// the events. It holds no clock and asks nobody.
type fleet struct {
	hives  map[string]*member
	recent []wire.Event  // the last ones
	fresh  []wire.Event  // those since the last snapshot
	event  *wire.Event   // the very last, which the stream may tell of first
	skew   time.Duration // the queen's clock less ours, told by her pulse

	// What is wrong with the two ways of asking, nil while all is well.
	list, stream error
	heard        time.Time // our clock when she last answered or told something
	met          bool      // a list was read, so that what is shown is what she knew
}

// member is one hive of the fleet.
type member struct {
	wire.Hive
	beat time.Time // our clock at the last heartbeat of the stream
}

func newFleet(now time.Time) *fleet { return &fleet{hives: map[string]*member{}, heard: now} }

// listed takes the queen's list, asked for and answered at times of ours. What
// the stream told in between is newer.
func (f *fleet) listed(hives []wire.Hive, asked, now time.Time) {
	known := f.hives
	f.hives = make(map[string]*member, len(hives))
	for _, h := range hives {
		next := &member{Hive: h}
		if old := known[h.ID]; old != nil && !old.beat.IsZero() && !old.beat.Before(asked) {
			next.beat, next.LastSeen, next.Workers, next.Node = old.beat, old.LastSeen, old.Workers, old.Node
		}
		f.hives[h.ID] = next
	}
	f.list, f.met, f.heard = nil, true, now
}

// happened takes the queen's events since the last look.
func (f *fleet) happened(n news) {
	if n.anew {
		f.recent, f.event = nil, nil
	}
	f.recent = append(f.recent, n.events...)
	f.recent = slices.Clone(f.recent[max(0, len(f.recent)-recentEvents):])
	f.fresh = append(f.fresh, n.fresh...)
	if last := len(f.recent) - 1; last >= 0 && (f.event == nil || f.event.ID < f.recent[last].ID) {
		f.event = &f.recent[last]
	}
}

// told takes one message of the stream and says whether the list should be read
// again, for what only it has.
func (f *fleet) told(m queenclient.Message, now time.Time) (stale bool) {
	stale = f.list != nil // she is back
	f.stream, f.heard = nil, now
	switch {
	case m.Pulse != nil:
		if !m.Pulse.Timestamp.IsZero() {
			f.skew = m.Pulse.Timestamp.Sub(now)
		}
	case m.Telemetry != nil:
		hive := f.hives[m.Telemetry.HiveID]
		if hive == nil {
			return true
		}
		hive.beat, hive.LastSeen = now, now.Add(f.skew)
		hive.Workers, hive.Node = m.Telemetry.Workers, m.Telemetry.Node
	case m.Event != nil:
		f.event = &m.Event.Event
		return true
	}
	return stale
}

// snapshot is the fleet for one frame. What it points to is never changed: the
// stream replaces, it does not edit.
type snapshot struct {
	at     time.Time // our clock
	skew   time.Duration
	hives  []wire.Hive // by id
	recent []wire.Event
	fresh  []wire.Event // each is in one snapshot only
	event  *wire.Event

	list, stream error
	away         time.Duration // how long the queen has not answered at all; 0: she does
	met          bool
}

// now is the queen's clock at that moment.
func (s *snapshot) now() time.Time { return s.at.Add(s.skew) }

func (f *fleet) snapshot(now time.Time) snapshot {
	s := snapshot{at: now, skew: f.skew, recent: f.recent, fresh: f.fresh, event: f.event, list: f.list, stream: f.stream, met: f.met, hives: make([]wire.Hive, 0, len(f.hives))}
	f.fresh = nil
	for _, m := range f.hives {
		s.hives = append(s.hives, m.Hive)
	}
	slices.SortFunc(s.hives, func(a, b wire.Hive) int { return cmp.Compare(a.ID, b.ID) })
	// A queen that hangs keeps her stream open, but it has no pulse.
	if silent := now.Sub(f.heard); f.list != nil && (f.stream != nil || !f.met || silent > noPulse) {
		s.away = max(1, silent)
	}
	return s
}
