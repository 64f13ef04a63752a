package rollup

import (
	"iter"
	"slices"
	"time"

	"rbee/internal/wire"
)

// Replay makes rows from heartbeats that were read from the file, in the order
// of their times. How a hive was judged it concludes from their ages.
type Replay struct {
	tally *Tally
	ends  map[int64]time.Time // of the epochs that ended
	epoch int64
	next  time.Time // of the next tick
}

// NewReplay returns a Replay that hands out minutes from first on. Heartbeats
// between from and that one tell how hives were when it began. Ends tells when
// the epochs that are over ended.
func NewReplay(from time.Time, first int64, ends map[int64]time.Time) *Replay {
	t := newTally(from)
	t.minutes.behind = &Span{First: Minute(from), Last: first - 1}
	return &Replay{tally: t, ends: ends}
}

// Beat adds a heartbeat of an epoch. Between epochs the queen did not run.
func (r *Replay) Beat(epoch, hivePK int64, at time.Time, interval time.Duration, node *wire.Node, workers []wire.Worker) {
	r.Advance(at)
	if epoch > r.epoch { // an older one: the clock was set back, and two epochs lie in one time
		for _, h := range r.tally.hives {
			h.last, h.interval = time.Time{}, 0
		}
		r.epoch = epoch
		r.tally.lastTick = at.Truncate(time.Second)
		r.next = r.tally.lastTick.Add(time.Second)
	}
	r.tally.Beat(hivePK, at, interval, node, workers)
}

// Advance lets the time pass in which the queen ran without hearing anything.
func (r *Replay) Advance(to time.Time) {
	if end, ended := r.ends[r.epoch]; ended && end.Before(to) {
		to = end
	}
	for ; r.epoch != 0 && !r.next.After(to); r.next = r.next.Add(time.Second) {
		r.tally.Tick(r.next, r.judge(r.next))
	}
}

// Minutes hands out the rows of the minutes up to last, which are over.
func (r *Replay) Minutes(last int64) []Row {
	r.tally.finish(last)
	return r.Finished()
}

// Finished hands out the rows of minutes that later heartbeats have ended.
func (r *Replay) Finished() []Row {
	rows := slices.DeleteFunc(r.tally.rows, func(row Row) bool { return row.Tier != wire.TierMinute })
	r.tally.rows = nil
	return rows
}

func (r *Replay) judge(now time.Time) iter.Seq2[int64, wire.Status] {
	return func(yield func(int64, wire.Status) bool) {
		for pk, h := range r.tally.hives {
			status := wire.StatusStopped
			switch {
			case h.last.IsZero():
				continue // not heard of in this epoch
			case h.interval > 0:
				status = wire.Judge(now.Sub(h.last), h.interval)
			}
			if !yield(pk, status) {
				return
			}
		}
	}
}
