package rollup

import (
	"maps"
	"slices"

	"rbee/internal/wire"
)

// finish closes everything up to the minute last.
func (t *Tally) finish(last int64) {
	if last <= t.minutes.done {
		return
	}
	for _, pk := range slices.Sorted(maps.Keys(t.hives)) { // rows of neighbours lie together in the file
		h := t.hives[pk]
		for len(h.open) > 0 && h.open[0].start <= last {
			t.closeMinute(pk, h, h.open[0])
			h.open = slices.Delete(h.open, 0, 1)
		}
	}
	t.due = append(t.due, t.holes...)
	t.holes = nil
	t.minutes.finish(t, last)
	hour := hourOf(last+1) - 1
	if hour <= t.hours.done {
		return
	}
	for _, pk := range slices.Sorted(maps.Keys(t.hives)) {
		h := t.hives[pk]
		if h.hour != nil && h.hour.start <= hour {
			t.closeHour(pk, h)
		}
		if len(h.open) == 0 && h.hour == nil && h.interval == 0 {
			delete(t.hives, pk) // neither heard of nor judged any more
		}
	}
	t.hours.finish(t, hour)
}

// closeMinute hands out a minute of a hive.
func (t *Tally) closeMinute(pk int64, h *tallied, m *open) {
	if hour := hourOf(m.start); h.hour == nil || h.hour.start != hour {
		t.closeHour(pk, h)
		h.hour = &open{start: hour}
		t.hours.touched[hour] = true
	}
	h.hour.Merge(&m.Bucket)
	t.minutes.hand(t, pk, m)
}

func (t *Tally) closeHour(pk int64, h *tallied) {
	if h.hour != nil {
		t.hours.hand(t, pk, h.hour)
		h.hour = nil
	}
}

// hand appends a finished row, unless it is not whole.
func (l *level) hand(t *Tally, pk int64, o *open) {
	if l.knows(o.start) {
		t.rows = append(t.rows, Row{Span: one(l.tier, o.start), HivePK: pk, Bucket: o.Bucket})
	}
}

func (l *level) knows(start int64) bool { return l.behind == nil || start > l.behind.Last }

// finish says of those up to last that they are whole, or due to be made.
func (l *level) finish(t *Tally, last int64) {
	l.done = last
	for _, start := range slices.Sorted(maps.Keys(l.touched)) {
		if start > last {
			break
		}
		delete(l.touched, start)
		if l.knows(start) {
			t.rows = append(t.rows, Row{Kind: Whole, Span: one(l.tier, start)})
		}
	}
	if l.behind == nil || last < l.behind.First {
		return
	}
	due := *l.behind
	due.Last = min(due.Last, last)
	t.due = append(t.due, due)
	if l.behind.First = due.Last + 1; l.behind.First > l.behind.Last {
		l.behind = nil
	}
}

// fallBehind notes that minutes from the present one on, and their hours, have
// to be made from the file: up to the newest one of which it has heartbeats,
// when that lies ahead because the clock was set back.
func (t *Tally) fallBehind(present, newest int64) {
	if newest < present || newest > present+farAhead {
		newest = present
	}
	t.minutes.fallBehind(t, present, newest)
	t.hours.fallBehind(t, hourOf(present), hourOf(newest))
}

func (l *level) fallBehind(t *Tally, first, last int64) {
	l.behind = &Span{Tier: l.tier, First: first, Last: last}
	t.rows = append(t.rows, Row{Kind: Stale, Span: *l.behind})
}

// setBack goes on at a minute that has been before: up to the newest one seen,
// heartbeats of both times lie in one minute, and only the file has them all.
func (t *Tally) setBack(minute int64) {
	newest := t.minutes.done
	for start := range t.minutes.touched {
		newest = max(newest, start)
	}
	if t.minutes.behind != nil {
		newest = max(newest, t.minutes.behind.Last)
	}
	for _, h := range t.hives {
		h.open, h.hour = nil, nil
	}
	clear(t.minutes.touched)
	clear(t.hours.touched)
	t.minutes.done, t.hours.done = minute-1, hourOf(minute)-1
	t.fallBehind(minute, newest)
}

// Open returns copies of the minutes of a hive that are not in the file, or not
// whole there: those that are open, and finished ones.
func (t *Tally) Open(hivePK int64) []Row {
	var rows []Row
	for i := range t.rows {
		if r := &t.rows[i]; r.Kind == Figures && r.HivePK == hivePK && r.Tier == wire.TierMinute {
			rows = append(rows, r.copy())
		}
	}
	if h := t.hives[hivePK]; h != nil {
		for _, m := range h.open {
			rows = append(rows, Row{Span: one(wire.TierMinute, m.start), HivePK: hivePK, Bucket: m.Bucket}.copy())
		}
	}
	return rows
}

func (r Row) copy() Row {
	r.Bucket.GPUs, r.Bucket.Workers = slices.Clone(r.Bucket.GPUs), slices.Clone(r.Bucket.Workers)
	return r
}
