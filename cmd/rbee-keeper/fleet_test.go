package main

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/queenclient"
	"rbee/internal/wire"
)

var start = time.Date(2025, 10, 30, 22, 0, 5, 0, time.UTC)

func beat(id string, cpu float64) queenclient.Message {
	return queenclient.Message{Telemetry: &wire.HiveTelemetry{HiveID: id, Workers: []wire.Worker{{PID: 1}}, Node: &wire.Node{CPUPct: cpu}}}
}

func pulse(at time.Time) queenclient.Message {
	return queenclient.Message{Pulse: &wire.QueenPulse{Timestamp: at}}
}

// What the stream told is newer than a list that was asked for before it.
func TestFleetKeepsWhatIsNewer(t *testing.T) {
	f := newFleet(start)
	list := func() []wire.Hive {
		return []wire.Hive{{ID: "b"}, {ID: "a", LastSeen: start, Node: &wire.Node{CPUPct: 1}}}
	}
	cpu := func() []float64 {
		var all []float64
		for _, h := range f.snapshot(start).hives {
			c := -1.0
			if h.Node != nil {
				c = h.Node.CPUPct
			}
			all = append(all, c)
		}
		return all
	}
	want := func(when string, want ...float64) {
		t.Helper()
		if diff := cmp.Diff(want, cpu()); diff != "" {
			t.Errorf("%s: cpu of a, b -want +got:\n%s", when, diff)
		}
	}
	f.listed(list(), start, start)
	want("after a list", 1, -1)
	if f.told(beat("a", 2), start.Add(time.Second)) {
		t.Error("a heartbeat of a known hive makes the list stale")
	}
	want("after a heartbeat", 2, -1)
	f.listed(list(), start.Add(500*time.Millisecond), start.Add(2*time.Second))
	want("after a list asked for before the heartbeat", 2, -1)
	f.listed(list(), start.Add(3*time.Second), start.Add(3*time.Second))
	want("after a list asked for later", 1, -1)
	if !f.told(beat("new", 3), start) {
		t.Error("a heartbeat of an unknown hive leaves the list as it is")
	}
	f.listed(nil, start.Add(5*time.Second), start.Add(5*time.Second))
	want("after all were forgotten")
}

// Ages are told by the queen's clock, whatever ours says.
func TestFleetLearnsTheQueensClock(t *testing.T) {
	f := newFleet(start)
	f.listed([]wire.Hive{{ID: "a"}}, start, start)
	f.told(pulse(start.Add(time.Hour)), start)
	f.told(beat("a", 1), start.Add(time.Second))
	s := f.snapshot(start.Add(4 * time.Second))
	if got := s.at.Add(s.skew).Sub(s.hives[0].LastSeen); got != 3*time.Second {
		t.Errorf("the last heartbeat is %v old, want 3s", got)
	}
}

func TestFleetEvents(t *testing.T) {
	f := newFleet(start)
	about := func(hive string) queenclient.Message {
		return queenclient.Message{Event: &wire.HiveEvent{Event: wire.Event{ID: 7, HiveID: hive}}}
	}
	if !f.told(about("a"), start) || !f.told(about(""), start) {
		t.Error("an event is no reason to look again")
	}
	if e := f.snapshot(start).event; e == nil || e.ID != 7 {
		t.Errorf("the last event is %+v", e)
	}
}

func TestFleetAway(t *testing.T) {
	broken := errors.New("broken")
	later := start.Add(3 * time.Second)
	for name, tt := range map[string]struct {
		happens func(*fleet)
		at      time.Time
		want    time.Duration
	}{
		"well":                   {func(f *fleet) { f.listed(nil, start, start) }, later, 0},
		"no stream, but a list":  {func(f *fleet) { f.listed(nil, start, start); f.stream = broken }, later, 0},
		"no list, but a stream":  {func(f *fleet) { f.listed(nil, start, start); f.list = broken }, later, 0},
		"neither":                {func(f *fleet) { f.listed(nil, start, start); f.list, f.stream = broken, broken }, later, 3 * time.Second},
		"never met":              {func(f *fleet) { f.list = broken }, later, 3 * time.Second},
		"a stream without pulse": {func(f *fleet) { f.listed(nil, start, start); f.list = broken }, start.Add(time.Minute), time.Minute},
		"back, the list not yet": {func(f *fleet) {
			f.listed(nil, start, start)
			f.list, f.stream = broken, broken
			f.told(pulse(start), later)
		}, later, 0},
		"back, the stream not yet":  {func(f *fleet) { f.stream = broken; f.listed(nil, later, later) }, later, 0},
		"in the very first instant": {func(f *fleet) { f.list = broken }, start, 1},
	} {
		f := newFleet(start)
		tt.happens(f)
		if got := f.snapshot(tt.at).away; got != tt.want {
			t.Errorf("%s: away for %v, want %v", name, got, tt.want)
		}
	}
	f := newFleet(start)
	f.list = broken
	if !f.told(pulse(start), start) {
		t.Error("a queen that is back is not asked for her list")
	}
}
