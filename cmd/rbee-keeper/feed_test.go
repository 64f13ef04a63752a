package main

import (
	"context"
	"testing"
	"time"

	"rbee/internal/wire"
)

// An event of the stream has the feed look, long before it would by itself, and
// what is shown is what the queen then answers.
func TestFeedIsWokenByTheStream(t *testing.T) {
	queen := newQueen(t)
	queen.has(2, "a")
	messages := make(chan string)
	queen.on("GET /v1/heartbeats/stream", liveStream(messages))
	w := &watching{t: t, queen: queen, code: make(chan int, 1)}
	ctx, stop := context.WithCancel(t.Context())
	w.stop = stop
	t.Cleanup(stop)
	r := rig{every: time.Second}
	go func() { w.code <- r.start(ctx, &w.stdout, &w.stderr, "events", "-f", "--queen", queen.URL) }()
	messages <- `{"type":"queen"}`
	want := line(1, "a") + line(2, "a")
	w.until("first events", func() bool { return w.stdout.String() == want })
	time.Sleep(1500 * time.Millisecond) // the look that the beginning of the stream is worth
	queen.has(4, "a")
	began := time.Now()
	messages <- `{"type":"hive_event","id":4,"kind":"hive.down","hive_id":"nas"}`
	want += line(3, "a") + line(4, "a")
	w.until("both events", func() bool { return w.stdout.String() == want })
	if took := time.Since(began); took > looksEvery*time.Second/2 {
		t.Errorf("it took %v, as if nothing had been told", took)
	}
	if code := w.ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
}

// What the queen's events say replaces what was known of another queen's.
func TestFleetForgetsOtherQueens(t *testing.T) {
	f := newFleet(start)
	f.happened(news{events: []wire.Event{{ID: 7}, {ID: 8}}, fresh: []wire.Event{{ID: 8}}})
	if s := f.snapshot(start); len(s.recent) != 2 || len(s.fresh) != 1 || s.event.ID != 8 {
		t.Errorf("got %+v", s)
	}
	if s := f.snapshot(start); len(s.recent) != 2 || len(s.fresh) != 0 {
		t.Errorf("an event is fresh twice: %+v", s)
	}
	f.happened(news{anew: true, events: []wire.Event{{ID: 1}}})
	if s := f.snapshot(start); len(s.recent) != 1 || s.event.ID != 1 {
		t.Errorf("with another queen: got %+v", s)
	}
	for i := range int64(30) {
		f.happened(news{events: []wire.Event{{ID: i + 2}}})
	}
	if s := f.snapshot(start); len(s.recent) != recentEvents || s.event.ID != 31 || len(s.fresh) != 0 {
		t.Errorf("got %+v", s)
	}
}
