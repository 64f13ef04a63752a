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
	for pk, h := range t.hives {
		if h.previous != nil && h.previous.start <= last {
			t.closeMinute(pk, h, h.previous)
			h.previous = nil
		}
		if h.current != nil && h.current.start <= last {
			t.closeMinute(pk, h, h.current)
			h.current = nil
		}
	}
	t.minutes.finish(t, last)
	hour := hourOf(last+1) - 1
	if hour <= t.hours.done {
		return
	}
	for pk, h := range t.hives {
		if h.hour != nil && h.hour.start <= hour {
			t.closeHour(pk, h)
		}
		if h.current == nil && h.previous == nil && h.hour == nil && h.interval == 0 {
			delete(t.hives, pk) // neither heard of nor judged any more
		}
	}
	t.hours.finish(t, hour)
}

// closeMinute hands out a minute of a hive, if there is one.
func (t *Tally) closeMinute(pk int64, h *tallied, m *open) {
	if m == nil {
		return
	}
	if hour := hourOf(m.start); h.hour == nil || h.hour.start != hour {
		t.closeHour(pk, h)
		h.hour = &open{start: max(hour, t.hours.done+1)}
		t.hours.touched[h.hour.start] = true
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
	if l.behind == nil || o.start > l.behind.Last {
		t.rows = append(t.rows, Row{Tier: l.tier, Start: o.start, HivePK: pk, Bucket: o.Bucket})
	}
}

// finish says of those up to last that they are whole, or due to be made.
func (l *level) finish(t *Tally, last int64) {
	l.done = last
	for _, start := range slices.Sorted(maps.Keys(l.touched)) {
		if start > last {
			break
		}
		delete(l.touched, start)
		if l.behind == nil || start > l.behind.Last {
			t.rows = append(t.rows, Row{Tier: l.tier, Start: start})
		}
	}
	if l.behind != nil && last >= l.behind.Last {
		t.due = append(t.due, *l.behind)
		l.behind = nil
	}
}

// fallBehind notes that minutes and hours from the first ones to last, a
// minute, at least to the present one, have to be made from the file.
func (t *Tally) fallBehind(firstMinute, firstHour, last, present int64) {
	if last < present || last > present+farAhead {
		last = present
	}
	t.minutes.fallBehind(firstMinute, last)
	t.hours.fallBehind(firstHour, hourOf(last))
}

func (l *level) fallBehind(first, last int64) {
	if l.behind != nil {
		first = min(first, l.behind.First)
	}
	l.behind = &Span{Tier: l.tier, First: first, Last: last}
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
		h.current, h.previous, h.hour = nil, nil, nil
	}
	clear(t.minutes.touched)
	clear(t.hours.touched)
	t.minutes.done, t.hours.done = minute-1, hourOf(minute)-1
	t.fallBehind(minute, hourOf(minute), newest, minute)
}

// Open returns copies of the minutes of a hive that Take has not handed out
// whole: those that are open, and finished ones that still wait.
func (t *Tally) Open(hivePK int64) []Row {
	var rows []Row
	for i := range t.rows {
		if t.rows[i].HivePK == hivePK && t.rows[i].Tier == wire.TierMinute {
			rows = append(rows, t.rows[i].copy())
		}
	}
	if h := t.hives[hivePK]; h != nil {
		for _, m := range []*open{h.previous, h.current} {
			if m != nil {
				rows = append(rows, Row{Tier: wire.TierMinute, Start: m.start, HivePK: hivePK, Bucket: m.Bucket}.copy())
			}
		}
	}
	return rows
}

func (r Row) copy() Row {
	r.Bucket.GPUs, r.Bucket.Workers = slices.Clone(r.Bucket.GPUs), slices.Clone(r.Bucket.Workers)
	return r
}
