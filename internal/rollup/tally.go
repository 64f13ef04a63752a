package rollup

import (
	"iter"
	"slices"
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

// Row is one thing to write into the minute or hour tier.
type Row struct {
	Kind
	Span   // of one minute or hour, unless Stale
	HivePK int64
	Bucket Bucket
}

// Kind is what a Row says.
type Kind uint8

// The kinds of rows.
const (
	Figures Kind = iota // what one hive did
	Whole               // all rows of that minute or hour came before
	Stale               // what is there of that span is not all, until it is made again
)

// Span is a range of minutes or hours since 1970-01-01 UTC, both ends included.
type Span struct {
	Tier        wire.Tier
	First, Last int64
}

func one(tier wire.Tier, start int64) Span { return Span{Tier: tier, First: start, Last: start} }

// Tally sums up the heartbeats of all hives as they come. It belongs to one
// goroutine.
type Tally struct {
	hives    map[int64]*tallied
	lastTick time.Time

	tick   time.Time     // that is being told, or was last
	passed time.Duration // before it

	minutes, hours level
	rows           []Row  // finished
	written        int    // of rows: how many of the first are in the file
	holes          []Span // due when the minute of the beginning is over
	due            []Span
}

// level is one tier as the Tally builds it.
type level struct {
	tier    wire.Tier
	done    int64          // the last one that is closed
	touched map[int64]bool // those with rows, until they are closed
	behind  *Span          // those not known whole: their rows are dropped, and made again when they are over
}

// tallied is what the Tally keeps of one hive.
type tallied struct {
	open []*open // minutes, the newest last; one that is over stays until it has settled
	hour *open

	newest   int64         // of its heartbeats' times, in unix milliseconds
	last     time.Time     // of the last heartbeat; by the monotonic clock
	interval time.Duration // after which the next is expected; 0: none is
	counted  int64         // those missed since last, as far as they were counted
}

// open is a minute or an hour to which heartbeats are added.
type open struct {
	start int64
	Bucket
}

// Missing says what is not in the file when a Tally begins.
type Missing struct {
	Holes  []Span // over, and to be made again; minutes before hours
	Newest int64  // minute of the newest heartbeat
}

// NewTally returns a Tally that begins at now, in the midst of a minute that it
// therefore does not know whole.
func NewTally(now time.Time, m Missing) *Tally {
	t := newTally(now)
	for _, hole := range m.Holes {
		t.rows = append(t.rows, Row{Kind: Stale, Span: hole})
	}
	t.holes = m.Holes
	t.fallBehind(Minute(now), m.Newest)
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
	into := t.at(h, Minute(at))
	into.Missed += h.missed(at)
	h.last, h.interval, h.counted = at, interval, 0
	h.newest = max(h.newest, at.UnixMilli())
	into.Add(node, workers)
}

// Tick tells how hives are judged now. It is called about once a second. It is
// BeginTick, Judge for each and EndTick, for those who cannot wait for all.
func (t *Tally) Tick(now time.Time, judged iter.Seq2[int64, wire.Status]) {
	t.BeginTick(now)
	for pk, status := range judged {
		t.Judge(pk, status)
	}
	t.EndTick()
}

// BeginTick lets the time since the last tick pass.
func (t *Tally) BeginTick(now time.Time) {
	if now.Round(0).Sub(t.lastTick.Round(0)) < -settle {
		t.setBack(Minute(now))
	}
	t.passed, t.tick = t.pass(now), now
}

// Judge adds that time to how a hive was judged.
func (t *Tally) Judge(hivePK int64, status wire.Status) {
	h := t.hive(hivePK)
	into := t.at(h, Minute(t.tick))
	into.judged(status, t.passed)
	into.Missed += h.missed(t.tick)
}

// EndTick closes the minutes and hours that are over.
func (t *Tally) EndTick() { t.finish(Minute(t.tick.Add(-settle)) - 1) }

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

// Take returns at most n finished rows, the oldest first. They come again until
// Written.
func (t *Tally) Take(n int) []Row { return t.rows[t.written:][:min(n, len(t.rows)-t.written)] }

// Written says that the next n finished rows are in the file. They are forgotten
// once their minute or hour is whole there: until then Open is who tells of them.
func (t *Tally) Written(n int) {
	t.written += n
	for i := t.written - 1; i >= 0; i-- {
		if t.rows[i].Kind == Figures {
			continue
		}
		clear(t.rows[:i+1]) // what they refer to is garbage now
		t.rows, t.written = t.rows[i+1:], t.written-i-1
		break
	}
	if len(t.rows) == 0 {
		t.rows = nil
	}
}

// Due returns, once each, the minutes and hours that are over and have to be
// made from the tier below, when that has all rows that come from memory.
func (t *Tally) Due() []Span {
	if len(t.rows) > 0 {
		return nil
	}
	due := t.due
	t.due = nil
	return due
}

// Newest is the time of a hive's newest heartbeat, in unix milliseconds.
func (t *Tally) Newest(hivePK int64) (ms int64, known bool) {
	h := t.hives[hivePK]
	if h == nil || h.last.IsZero() {
		return 0, false
	}
	return h.newest, true
}

// Slowest is the longest interval between heartbeats that is expected of a hive.
func (t *Tally) Slowest() (slowest time.Duration) {
	for _, h := range t.hives {
		slowest = max(slowest, h.interval)
	}
	return slowest
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
func (t *Tally) at(h *tallied, minute int64) *open {
	minute = max(minute, t.minutes.done+1)
	i := len(h.open)
	for i > 0 && h.open[i-1].start > minute {
		i--
	}
	if i > 0 && h.open[i-1].start == minute {
		return h.open[i-1]
	}
	t.minutes.touched[minute] = true
	h.open = slices.Insert(h.open, i, &open{start: minute})
	return h.open[i]
}
