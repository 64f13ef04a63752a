package store

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"time"
	"unsafe"

	"rbee/internal/rollup"
	"rbee/internal/wire"
)

// bed runs a store through virtual time as the queen does: heartbeats are
// written as they come, and once a second all hives are judged.
type bed struct {
	t     reporter
	path  string
	s     *Store
	now   time.Time // wall and monotonic clock; always at a whole second
	epoch int64
	hives []*bedHive
	ends  map[int64]time.Time // of the epochs: until when the history can know how hives were
	due   []rollup.Span
	lazy  bool // leave what is due
}

// bedHive is what the bed's queen knows of one hive.
type bedHive struct {
	Hive
	met      bool // in this epoch
	last     time.Time
	interval time.Duration
}

// stepped is t after the wall clock was set: the monotonic clock goes on.
func stepped(t time.Time, by time.Duration) time.Time {
	s := t.Add(by)
	// The second word of a Time is its monotonic clock, in nanoseconds; there is
	// no other way to set them apart.
	*(*int64)(unsafe.Add(unsafe.Pointer(&s), 8)) -= int64(by)
	return s
}

func newBed(t reporter, path string, wall time.Time, hives int) *bed {
	t.Helper()
	b := &bed{t: t, path: path, ends: map[int64]time.Time{}}
	now := time.Now()
	b.now = stepped(now, wall.Sub(now.Round(0)))
	for i := range hives {
		b.hives = append(b.hives, &bedHive{Hive: *testHive("h" + string(rune('a'+i)))})
		b.hives[i].FirstSeen = wall
	}
	b.boot()
	return b
}

// boot opens the store and begins an epoch.
func (b *bed) boot() {
	b.t.Helper()
	s, err := Open(background, b.path, discard)
	b.must(err)
	b.s, b.due = s, nil
	if _, crashing := b.t.(child); !crashing { // nobody pulls the plug here, and time is to pass quickly
		_, err = s.conn.ExecContext(background, "PRAGMA synchronous = OFF")
		b.must(err)
	}
	b.epoch, err = s.StartEpoch(background, b.now, "1")
	b.must(err)
	b.must(s.StartHistory(background, b.now))
	for _, h := range b.hives {
		h.met, h.Beating = false, false
	}
}

func (b *bed) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// bedBeat is a heartbeat that arrives within a second.
type bedBeat struct {
	hive     int
	after    time.Duration // the second's beginning; more than 0
	interval time.Duration // 0: a farewell
	node     *wire.Node
	workers  []wire.Worker
}

// second lets one second pass in which these arrive.
func (b *bed) second(beats ...bedBeat) {
	b.t.Helper()
	slices.SortFunc(beats, func(x, y bedBeat) int { return cmp.Compare(x.after, y.after) })
	if len(beats) > 0 {
		b.must(b.s.Write(background, func(tx *Tx) error {
			for i := range beats {
				if err := b.hear(tx, &beats[i]); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	b.now = b.now.Add(time.Second)
	b.ends[b.epoch] = b.now
	b.tick()
}

func (b *bed) hear(tx *Tx, beat *bedBeat) error {
	h, at := b.hives[beat.hive], b.now.Add(beat.after)
	if h.PK == 0 || !h.Beating {
		h.Beating = true
		if err := tx.SaveHive(&h.Hive); err != nil {
			return err
		}
	}
	h.met, h.last, h.interval = true, at, beat.interval
	hb := &wire.Heartbeat{Timestamp: at.Round(0), Node: beat.node, Workers: beat.workers}
	tx.Heartbeat(Beat{h.PK, b.epoch, at, beat.interval, hb})
	return nil
}

// tick judges all hives now, notes which fell silent, and makes what is due.
func (b *bed) tick() {
	b.t.Helper()
	due, err := b.s.Tick(background, b.now, b.judged(b.now))
	b.must(err)
	b.due = append(b.due, due...)
	for _, h := range b.hives {
		if status := h.status(b.now); h.met && h.Beating && (status == wire.StatusDown || status == wire.StatusStopped) {
			h.Beating = false
			b.must(b.s.Write(background, func(tx *Tx) (err error) {
				h.LastBeat, err = tx.CloseBeat(h.PK, h.last)
				return err
			}))
		}
	}
	if !b.lazy {
		b.rebuild()
	}
}

func (b *bed) rebuild() {
	b.t.Helper()
	for _, span := range b.due {
		b.must(b.s.Rebuild(background, span))
	}
	b.due = nil
}

func (b *bed) judged(now time.Time) iter.Seq2[int64, wire.Status] {
	return func(yield func(int64, wire.Status) bool) {
		for _, h := range b.hives {
			if h.met && !yield(h.PK, h.status(now)) {
				return
			}
		}
	}
}

func (h *bedHive) status(now time.Time) wire.Status {
	if h.interval == 0 {
		return wire.StatusStopped
	}
	return wire.Judge(now.Sub(h.last), h.interval)
}

// stop ends the epoch and the store, as a queen does that was told to.
func (b *bed) stop() {
	b.t.Helper()
	b.must(b.s.StopEpoch(background, b.now, b.epoch))
	b.must(b.s.Close())
}

// heard tells whether there were heartbeats in the present minute. One in which
// the queen ended and heard nothing is not made again.
func (b *bed) heard() bool {
	b.t.Helper()
	minute := timeText(b.now.Truncate(time.Minute).UnixMilli())
	return countRows(b.t, b.s, "SELECT count(*) FROM heartbeats WHERE received_at >= '"+minute+"'") > 0
}

// kill ends the store as if the queen was killed: without a word, and without
// what was in her memory.
func (b *bed) kill() {
	b.t.Helper()
	newest := ""
	b.must(b.s.readDB.QueryRowContext(background, `SELECT max(
		coalesce((SELECT max(received_at) FROM heartbeats), ''),
		coalesce((SELECT strftime('%Y-%m-%dT%H:%M:%fZ', max(start) * 60 + 59, 'unixepoch') FROM history_blocks WHERE tier = 'minute'), ''))`).Scan(&newest))
	if at, err := parseTime(newest); err == nil && at.Before(b.ends[b.epoch]) {
		b.ends[b.epoch] = at.Truncate(time.Second)
	}
	b.must(b.s.Close())
}

// settle lets time pass until the present hour is in the file, and what a boot
// left to be made.
func (b *bed) settle() {
	b.t.Helper()
	for end := b.now.Truncate(time.Hour).Add(time.Hour + 5*time.Second); b.now.Before(end); {
		b.second()
	}
	b.rebuild()
}

// beats are usual heartbeats of these hives in the middle of the second.
func beats(interval time.Duration, hives ...int) (all []bedBeat) {
	for _, hive := range hives {
		hb := fullHeartbeat()
		all = append(all, bedBeat{hive, time.Duration(500+hive) * time.Millisecond, interval, hb.Node, hb.Workers})
	}
	return all
}

// run lets time pass in which these hives beat in their rhythm of whole seconds.
// It returns how many heartbeats that were.
func (b *bed) run(d, interval time.Duration, hives ...int) (sent int64) {
	b.t.Helper()
	for i := range int(d / time.Second) {
		if i%int(interval/time.Second) == 0 {
			b.second(beats(interval, hives...)...)
			sent += int64(len(hives))
		} else {
			b.second()
		}
	}
	return sent
}

func (b *bed) prune(keep Retention) {
	b.t.Helper()
	b.must(b.s.Prune(background, b.now, keep))
}

func sprintfTime(query string, at time.Time) string {
	return fmt.Sprintf(query, timeText(at.UnixMilli()))
}
