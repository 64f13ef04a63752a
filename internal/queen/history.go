package queen

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rbee/internal/rollup"
	"rbee/internal/store"
	"rbee/internal/wire"
)

type (
	historyInput struct {
		ID    string `path:"id" doc:"The hive's id"`
		From  string `query:"from" doc:"RFC 3339, or a time before now such as -6h or -30d; default: open, with step 60 steps before to, with auto an hour"`
		To    string `query:"to" doc:"As from, itself not part of the span; default: now"`
		Step  string `query:"step" doc:"Sum up in buckets of this length: a duration such as 1m, or auto, whichever shows the span well; default: single heartbeats"`
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
	var empty bool
	if in.Step == "" {
		out.Body.Samples, err = q.store.Heartbeats(ctx, store.HeartbeatFilter{HiveID: in.ID, From: s.from, To: s.to, Limit: in.Limit})
		if err != nil {
			return nil, q.unavailable(err)
		}
		empty = len(out.Body.Samples) == 0
	} else if out.Body.Buckets, empty, err = q.buckets(ctx, in, s, now); err != nil {
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
	sel, err := q.choose(in.Step, s, now)
	if err != nil {
		return nil, false, err
	}
	sel.HiveID = in.ID
	if sel.Tier == wire.TierRaw {
		if err := q.bearable(sel); err != nil {
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

// stepsFor lists the steps that show a span of this length in few enough
// points, the finest first.
func stepsFor(length time.Duration) []time.Duration {
	var steps []time.Duration
	for _, a := range autoSteps {
		if length <= a.most {
			steps = append(steps, a.step)
		}
	}
	return append(steps, (length/(wire.MaxPoints-1) + wire.Day).Truncate(wire.Day))
}

// longest is the longest span that is served in buckets.
const longest = 100 * wire.Year

// choose aligns the span to the step and finds the tier that serves it.
func (q *Queen) choose(text string, s span, now time.Time) (store.Selection, error) {
	step, err := parseStep(text)
	if err != nil {
		return store.Selection{}, invalid(err)
	}
	if s.to.IsZero() {
		s.to = now
	}
	if s.from.IsZero() {
		s.from = s.to.Add(-60 * cmp.Or(step, time.Minute))
	}
	length := s.to.Sub(s.from)
	if length > longest {
		return store.Selection{}, invalid(fmt.Errorf("from %s to %s is more than %d years: ask for a shorter span",
			s.from.UTC().Format(time.RFC3339), s.to.UTC().Format(time.RFC3339), longest/wire.Year))
	}
	if step == 0 {
		step = q.autoStep(s)
	}
	sel := store.Selection{Tier: tierOf(step), Step: step, From: alignDown(s.from, step), To: alignDown(s.to.Add(step-1), step)}
	if !sel.To.After(sel.From) {
		sel.To = sel.From.Add(step)
	}
	if points := sel.To.Sub(sel.From) / step; points > wire.MaxPoints {
		return sel, invalid(fmt.Errorf("step %q makes %d points of that span: at most %d are served; use %s, or %s",
			text, points, wire.MaxPoints, shortest(stepsFor(length)[0]), wire.StepAuto))
	}
	return sel, nil
}

// shortest writes a step as people do: 5m, not 5m0s.
func shortest(step time.Duration) string {
	for _, unit := range []struct {
		length time.Duration
		letter string
	}{{wire.Day, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if step%unit.length == 0 {
			return strconv.FormatInt(int64(step/unit.length), 10) + unit.letter
		}
	}
	return step.String()
}

// autoStep is the finest step that shows a span well.
func (q *Queen) autoStep(s span) time.Duration {
	var unfit wire.Tier
	for _, step := range stepsFor(s.to.Sub(s.from)) {
		tier := tierOf(step)
		if tier == wire.TierHour {
			return step
		}
		if tier == unfit {
			continue
		}
		if q.fits(tier, s) {
			return step
		}
		unfit = tier
	}
	return 0 // there is always a step of days
}

// fits tells whether a tier other than that of hours is the one for a span: the
// next one would not reach further back, and it can be read quickly.
func (q *Queen) fits(tier wire.Tier, s span) bool {
	next, unit := wire.TierMinute, time.Minute
	if tier == wire.TierMinute {
		next, unit = wire.TierHour, time.Hour
	}
	oldest, further := q.store.Oldest(tier), q.store.Oldest(next)
	if s.from.Before(oldest) && !further.IsZero() && further.Before(alignDown(oldest, unit)) {
		return false
	}
	return tier == wire.TierMinute || q.store.CountRaw(s.from, s.to) <= quicklyRead
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

// How many heartbeats, those of all hives, one answer is made of: they lie in the
// order of arrival. Auto asks for less.
const (
	quicklyRead = 1_000_000
	mostRead    = 5_000_000
)

// bearable refuses a span in which too many heartbeats would have to be read.
func (q *Queen) bearable(sel store.Selection) error {
	if beats := q.store.CountRaw(sel.From, sel.To); beats > mostRead {
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
		return s, fmt.Errorf("to %q is before from %q", cmp.Or(in.To, "now"), in.From)
	}
	return s, nil
}

// The years of which history can be asked.
const firstYear, lastYear = 1900, 9000

// parseTime reads RFC 3339 or a duration counted from now; "" is the zero time.
func parseTime(field, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, strings.Replace(text, " ", "+", 1)) // a plus that was not escaped comes as a space
	if d, bad := wire.ParseDuration(text); bad == nil && strings.HasPrefix(text, "-") {
		t, err = now.Add(d), nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("%s %q is neither an RFC 3339 time nor a duration before now such as -6h or -30d", field, wire.Printable(text))
	}
	if y := t.UTC().Year(); y < firstYear || y > lastYear {
		return time.Time{}, fmt.Errorf("%s %q is not in the years %d to %d", field, text, firstYear, lastYear)
	}
	return t, nil
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
			ForeignVRAMMB: g.ForeignVRAMMB.Stat(),
		}
		if g.VRAMTotalMB != rollup.Unknown {
			p.GPUs[i].VRAMTotalMB = &g.VRAMTotalMB
		}
	}
	for i := range b.Workers {
		w := &b.Workers[i]
		p.Workers[i] = wire.WorkerPoint{
			Group: w.Group, Instance: w.Instance, TotalVRAMMB: w.TotalVRAMMB, Heartbeats: w.Heartbeats,
			CPUPct: w.CPUPct.Known(), RSSMB: w.RSSMB.Known(), GPUUtilPct: w.GPUUtilPct.Known(), VRAMMB: w.VRAMMB.Known(),
		}
		if w.HasModel {
			p.Workers[i].Model = &w.Model
		}
	}
	return p
}

// describeHistory says in /openapi.json what huma does not see in the types: that
// points and figures may be null, and that there are either samples or buckets.
func describeHistory(api huma.API) {
	schemas := api.OpenAPI().Components.Schemas.Map()
	orNull := func(s *huma.Schema) *huma.Schema {
		return &huma.Schema{AnyOf: []*huma.Schema{s, {Type: "null"}}}
	}
	history := schemas["History"]
	history.Required = []string{"hive_id"}
	history.OneOf = []*huma.Schema{
		{Title: "Without step", Required: []string{"samples"}},
		{Title: "With step", Required: []string{"from", "to", "step_s", "tier", "points"}},
	}
	history.Properties["points"].Items = orNull(history.Properties["points"].Items)
	for name, figures := range map[string][]string{
		"Point":    {"cpu_pct", "ram_used_mb"},
		"GPUPoint": {"util_pct", "vram_used_mb", "temp_c", "power_w"},
	} {
		for _, figure := range figures {
			schemas[name].Properties[figure] = orNull(schemas[name].Properties[figure])
		}
	}
}
