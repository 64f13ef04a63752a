package queen

import (
	"context"
	"fmt"
	"strings"
	"time"

	"rbee/internal/rollup"
	"rbee/internal/store"
	"rbee/internal/wire"
)

type (
	historyInput struct {
		ID    string `path:"id" doc:"The hive's id"`
		From  string `query:"from" doc:"RFC 3339, or a time before now such as -6h or -30d; default: open, with step 60 steps before to"`
		To    string `query:"to" doc:"As from; default: now"`
		Step  string `query:"step" doc:"Sum up in buckets of this length: a duration such as 1m, or auto; default: single heartbeats"`
		Limit int    `query:"limit" minimum:"1" maximum:"2000" default:"60" doc:"Without step: the last so many heartbeats of the span"`
	}
	historyOutput struct{ Body wire.History }
)

// span is what a request for history asks for; zero times are open ends.
type span struct{ from, to time.Time }

func (q *Queen) history(ctx context.Context, in *historyInput) (*historyOutput, error) {
	if err := wire.ValidateID(in.ID); err != nil {
		return nil, invalid(err)
	}
	now := time.Now()
	s, err := parseSpan(in, now)
	if err != nil {
		return nil, invalid(err)
	}
	out := &historyOutput{Body: wire.History{HiveID: in.ID}}
	empty := false
	if in.Step == "" {
		filter := store.HeartbeatFilter{HiveID: in.ID, From: s.from, To: s.to, Limit: in.Limit}
		out.Body.Samples, err = q.store.Heartbeats(ctx, filter)
		empty = len(out.Body.Samples) == 0
	} else {
		out.Body.Buckets, empty, err = q.buckets(ctx, in, s, now)
	}
	if err != nil {
		return nil, err
	}
	if empty { // a forgotten hive still has its history
		if _, err := q.lookUp(in.ID); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// buckets answers a request with a step.
func (q *Queen) buckets(ctx context.Context, in *historyInput, s span, now time.Time) (*wire.Buckets, bool, error) {
	sel, err := q.choose(ctx, in.Step, s, now)
	if err != nil {
		return nil, false, err
	}
	sel.HiveID = in.ID
	if sel.Tier == wire.TierRaw {
		if err := q.bearable(ctx, sel); err != nil {
			return nil, false, err
		}
	}
	found, err := q.store.Buckets(ctx, sel)
	if err != nil {
		return nil, false, q.unavailable(err)
	}
	body := &wire.Buckets{
		From: sel.From, To: sel.To, StepS: int64(sel.Step / time.Second), Tier: sel.Tier, Points: make([]*wire.Point, len(found)),
	}
	empty := true
	for i, b := range found {
		if b != nil {
			empty = false
			body.Points[i] = point(sel.From.Add(time.Duration(i)*sel.Step), b)
		}
	}
	return body, empty, nil
}

// autoSteps are what auto chooses from, each with the longest span it is for:
// single seconds cost the reading of every hive's heartbeats, so that minutes
// serve as soon as they show enough.
var autoSteps = []struct{ step, most time.Duration }{
	{time.Second, 15 * time.Minute},
	{time.Minute, 24 * time.Hour},
	{5 * time.Minute, 6 * wire.Day},
	{15 * time.Minute, 20 * wire.Day},
	{time.Hour, 80 * wire.Day},
	{6 * time.Hour, wire.Year},
	{wire.Day, 5 * wire.Year},
}

// choose aligns the span to the step and finds the tier that serves it.
func (q *Queen) choose(ctx context.Context, text string, s span, now time.Time) (store.Selection, error) {
	if s.to.IsZero() {
		s.to = now
	}
	step, err := parseStep(text)
	if err != nil {
		return store.Selection{}, invalid(err)
	}
	if s.from.IsZero() {
		s.from = s.to.Add(-60 * max(step, time.Minute))
	}
	if step == 0 {
		if step, err = q.autoStep(ctx, s); err != nil {
			return store.Selection{}, q.unavailable(err)
		}
	}
	sel := store.Selection{Tier: tierOf(step), Step: step, From: alignDown(s.from, step), To: alignDown(s.to.Add(step-1), step)}
	if !sel.To.After(sel.From) {
		sel.To = sel.From.Add(step)
	}
	if points := sel.To.Sub(sel.From) / step; points > wire.MaxPoints {
		least := (s.to.Sub(s.from)/(wire.MaxPoints-1) + time.Second).Truncate(time.Second)
		return sel, invalid(fmt.Errorf("step %q makes %d points of that span: at most %d are served; use a step of %s or more, or %s",
			text, points, wire.MaxPoints, least, wire.StepAuto))
	}
	return sel, nil
}

// autoStep is the finest step for a span, of a tier that reaches back to its
// beginning, if any does.
func (q *Queen) autoStep(ctx context.Context, s span) (time.Duration, error) {
	length := s.to.Sub(s.from)
	for _, a := range autoSteps {
		if length > a.most {
			continue
		}
		if tier := tierOf(a.step); tier != wire.TierHour {
			oldest, err := q.store.Oldest(ctx, tier)
			if err != nil {
				return 0, err
			}
			coarser, err := q.store.Oldest(ctx, coarser(tier))
			if err != nil {
				return 0, err
			}
			if s.from.Before(oldest) && !coarser.IsZero() && coarser.Before(oldest) {
				continue
			}
		}
		return a.step, nil
	}
	return (length/wire.MaxPoints + wire.Day).Truncate(wire.Day), nil
}

func tierOf(step time.Duration) wire.Tier {
	switch {
	case step%time.Hour == 0:
		return wire.TierHour
	case step%time.Minute == 0:
		return wire.TierMinute
	default:
		return wire.TierRaw
	}
}

func coarser(tier wire.Tier) wire.Tier {
	if tier == wire.TierRaw {
		return wire.TierMinute
	}
	return wire.TierHour
}

// mostRead bounds how many heartbeats, those of all hives, one answer is made
// of: they lie in the order of arrival.
const mostRead = 5_000_000

// bearable refuses a span in which too many heartbeats would have to be read.
func (q *Queen) bearable(ctx context.Context, sel store.Selection) error {
	beats, err := q.store.CountRaw(ctx, sel.From, sel.To)
	if err != nil {
		return q.unavailable(err)
	}
	if beats > mostRead {
		return invalid(fmt.Errorf("a step of %s needs %d heartbeats of all hives to be read: at most %d are; use whole minutes as step, or a shorter span",
			sel.Step, beats, mostRead))
	}
	return nil
}

// alignDown is the last multiple of the step since 1970 that is not after t.
func alignDown(t time.Time, step time.Duration) time.Time {
	seconds := int64(step / time.Second)
	rest := t.Unix() % seconds
	if rest < 0 {
		rest += seconds
	}
	return time.Unix(t.Unix()-rest, 0).UTC()
}

func parseSpan(in *historyInput, now time.Time) (s span, err error) {
	if s.from, err = parseTime("from", in.From, now); err != nil {
		return s, err
	}
	if s.to, err = parseTime("to", in.To, now); err != nil {
		return s, err
	}
	end := s.to
	if end.IsZero() && in.Step != "" {
		end = now
	}
	if !s.from.IsZero() && !end.IsZero() && end.Before(s.from) {
		return s, fmt.Errorf("to %q is before from %q", in.To, in.From)
	}
	return s, nil
}

// parseTime reads RFC 3339 or a duration counted from now; "" is the zero time.
func parseTime(field, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil && t.UTC().Year() >= 1 && t.UTC().Year() <= 9999 {
		return t, nil
	}
	if d, err := wire.ParseDuration(text); err == nil && strings.HasPrefix(text, "-") {
		return now.Add(d), nil
	}
	return time.Time{}, fmt.Errorf("%s %q is neither an RFC 3339 time nor a duration before now such as -6h or -30d", field, wire.Printable(text))
}

// parseStep reads the step; 0 is auto.
func parseStep(text string) (time.Duration, error) {
	if text == wire.StepAuto {
		return 0, nil
	}
	step, err := wire.ParseDuration(text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("step %q is neither %s nor a length of time such as 10s, 1m, 1h or 1d", wire.Printable(text), wire.StepAuto)
	case step < time.Second || step%time.Second != 0 || step > wire.Year:
		return 0, fmt.Errorf("step %q is not a whole number of seconds from 1s to 1y", wire.Printable(text))
	}
	return step, nil
}

// point is what clients see of a bucket.
func point(at time.Time, b *rollup.Bucket) *wire.Point {
	p := &wire.Point{
		At: at, Heartbeats: b.Heartbeats, Missed: b.Missed, CPUPct: b.CPUPct.Stat(), RAMUsedMB: b.RAMUsedMB.Stat(),
		GPUs: make([]wire.GPUPoint, len(b.GPUs)), Workers: make([]wire.WorkerPoint, len(b.Workers)),
	}
	if b.RAMUsedMB.N > 0 {
		p.RAMTotalMB = &b.RAMTotalMB
	}
	for i := range b.GPUs {
		g := &b.GPUs[i]
		p.GPUs[i] = wire.GPUPoint{
			ID: g.ID, UtilPct: g.UtilPct.Stat(), VRAMUsedMB: g.VRAMUsedMB.Stat(), TempC: g.TempC.Stat(), PowerW: g.PowerW.Stat(),
		}
		if g.VRAMTotalMB != rollup.Unknown {
			p.GPUs[i].VRAMTotalMB = &g.VRAMTotalMB
		}
	}
	for i := range b.Workers {
		w := &b.Workers[i]
		p.Workers[i] = wire.WorkerPoint{
			Group: w.Group, Instance: w.Instance, TotalVRAMMB: w.TotalVRAMMB, Heartbeats: w.Heartbeats,
			CPUPct: *w.CPUPct.Stat(), RSSMB: *w.RSSMB.Stat(), GPUUtilPct: *w.GPUUtilPct.Stat(), VRAMMB: *w.VRAMMB.Stat(),
		}
		if w.HasModel {
			p.Workers[i].Model = &w.Model
		}
	}
	return p
}
