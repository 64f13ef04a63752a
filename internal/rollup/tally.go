package rollup

import (
	"iter"
	"time"

	"rbee/internal/wire"
)

const (
	// settle is how long after its end a minute stays open for heartbeats that
	// were received in it and are still on their way through the queue.
	settle = 2 * time.Second
	// absence is the time between two ticks from which on the program did not
	// run in between: what hives did then is unknown.
	absence = 3 * time.Second
	// farAhead bounds, in minutes, for how long a clock that was set back is
	// waited for until it comes to where it was.
	farAhead = 24 * 60
)

// Row is a finished row of the minute or hour tier or, with HivePK 0, the word
// that all rows of that minute or hour came before it.
type Row struct {
	Tier   wire.Tier
	Start  int64 // minutes or hours since 1970-01-01 UTC
	HivePK int64
	Bucket Bucket
}

// Span is a range of minutes or hours, both ends included.
type Span struct {
	Tier        wire.Tier
	First, Last int64
}

// Tally sums up the heartbeats of all hives as they come. It belongs to one
// goroutine.
type Tally struct {
	hives    map[int64]*tallied
	lastTick time.Time

	minutes, hours level
	rows           []Row
	due            []Span
}

// level is one tier as the Tally builds it.
type level struct {
	tier    wire.Tier
	done    int64          // the last one that is closed
	touched map[int64]bool // those with rows, until they are closed
	behind  *Span          // those not known whole: their rows are dropped
}

// tallied is what the Tally keeps of one hive.
type tallied struct {
	current, previous *open // previous until it has settled
	hour              *open

	last     time.Time     // of the last heartbeat; by the monotonic clock
	interval time.Duration // after which the next is expected; 0: none is
	counted  int64         // those missed since last, as far as they were counted
}

// open is a minute or an hour to which heartbeats are added.
type open struct {
	start int64
	Bucket
}

// Missing says which rows are not in the file when a Tally begins.
type Missing struct {
	FirstMinute, FirstHour int64 // the earliest that are not there whole
	Newest                 int64 // minute of the newest heartbeat
}

// NewTally returns a Tally that begins at now, in the midst of a minute that it
// therefore does not know whole.
func NewTally(now time.Time, m Missing) *Tally {
	t := newTally(now)
	t.fallBehind(min(m.FirstMinute, Minute(now)), min(m.FirstHour, hourOf(Minute(now))), m.Newest, Minute(now))
	return t
}

func newTally(now time.Time) *Tally {
	t := &Tally{hives: map[int64]*tallied{}, lastTick: now}
	t.minutes = level{tier: wire.TierMinute, done: Minute(now) - 1, touched: map[int64]bool{}}
	t.hours = level{tier: wire.TierHour, done: hourOf(Minute(now)) - 1, touched: map[int64]bool{}}
	return t
}

// Minute is the minute of a time, counted from 1970-01-01 UTC.
func Minute(t time.Time) int64 { return floorDiv(t.Unix(), 60) }

func hourOf(minute int64) int64 { return floorDiv(minute, 60) }

func floorDiv(a, b int64) int64 {
	if a < 0 {
		return (a - b + 1) / b
	}
	return a / b
}

// Beat counts a heartbeat. The next one is expected after interval, or never
// when that is 0.
func (t *Tally) Beat(hivePK int64, at time.Time, interval time.Duration, node *wire.Node, workers []wire.Worker) {
	if at.Sub(t.lastTick) > absence {
		t.pass(at)
	}
	h := t.hive(hivePK)
	into := t.at(hivePK, h, Minute(at))
	into.Missed += h.missed(at)
	h.last, h.interval, h.counted = at, interval, 0
	into.Add(node, workers)
}

// Tick tells how hives are judged now. It is called about once a second.
func (t *Tally) Tick(now time.Time, judged iter.Seq2[int64, wire.Status]) {
	minute := Minute(now)
	if wall := now.Round(0).Sub(t.lastTick.Round(0)); wall < -settle {
		t.setBack(minute)
	}
	passed := t.pass(now)
	for pk, status := range judged {
		h := t.hive(pk)
		into := t.at(pk, h, minute)
		into.judged(status, passed)
		into.Missed += h.missed(now)
	}
	t.finish(Minute(now.Add(-settle)) - 1)
}

// pass returns the time since the last tick. After an absence that is nothing,
// and hives are as silent as they were before.
func (t *Tally) pass(now time.Time) time.Duration {
	passed := now.Sub(t.lastTick)
	t.lastTick = now
	if passed <= absence {
		return passed
	}
	for _, h := range t.hives {
		h.last = h.last.Add(passed)
	}
	return 0
}

// Forget ends what is expected of a hive.
func (t *Tally) Forget(hivePK int64) {
	if h := t.hives[hivePK]; h != nil {
		h.interval = 0
	}
}

// Take returns at most n finished rows, the oldest first. They stay until Drop.
func (t *Tally) Take(n int) []Row { return t.rows[:min(n, len(t.rows))] }

// Drop forgets the first n finished rows.
func (t *Tally) Drop(n int) {
	clear(t.rows[:n]) // what they refer to is garbage now
	if t.rows = t.rows[n:]; len(t.rows) == 0 {
		t.rows = nil
	}
}

// Due returns, once each, the minutes and hours that are over and have to be
// made from the tier below.
func (t *Tally) Due() []Span {
	due := t.due
	t.due = nil
	return due
}

func (t *Tally) hive(pk int64) *tallied {
	h := t.hives[pk]
	if h == nil {
		h = &tallied{}
		t.hives[pk] = h
	}
	return h
}

// missed is how many expected heartbeats have not come up to now and were not
// yet counted.
func (h *tallied) missed(now time.Time) int64 {
	n := MissedBetween(h.last, now, h.interval)
	if n <= h.counted {
		return 0
	}
	n, h.counted = n-h.counted, n
	return n
}

// MissedBetween is how many heartbeats should have come between one and now.
// One counts as missed when it is late by most of an interval.
func MissedBetween(last, now time.Time, interval time.Duration) int64 {
	if interval <= 0 {
		return 0
	}
	return max(0, int64((now.Sub(last)-interval*4/5)/interval))
}

// at returns the bucket of a minute; for one that is closed already the oldest
// that is open.
func (t *Tally) at(pk int64, h *tallied, minute int64) *open {
	switch {
	case h.current == nil:
		h.current = t.begin(minute)
	case minute > h.current.start:
		t.closeMinute(pk, h, h.previous)
		h.previous, h.current = h.current, t.begin(minute)
	case h.previous != nil && minute <= h.previous.start:
		return h.previous
	}
	return h.current
}

func (t *Tally) begin(minute int64) *open {
	minute = max(minute, t.minutes.done+1)
	t.minutes.touched[minute] = true
	return &open{start: minute}
}
