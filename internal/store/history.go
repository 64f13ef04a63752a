package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"rbee/internal/rollup"
	"rbee/internal/store/internal/dbsqlc"
	"rbee/internal/wire"
)

// HeartbeatFilter selects a span of a hive's history, From included and To not;
// zero times are open ends.
type HeartbeatFilter struct {
	HiveID   string
	From, To time.Time
	Limit    int
}

// Heartbeats reads the last f.Limit heartbeats of the span, oldest first.
func (s *Store) Heartbeats(ctx context.Context, f HeartbeatFilter) ([]wire.Sample, error) {
	samples := []wire.Sample{}
	d := s.newDecoder()
	hive, known, err := s.hiveKey(ctx, f.HiveID)
	if err != nil || !known {
		return samples, err
	}
	found, err := s.rawRows(ctx, hive, f)
	if err != nil {
		return nil, s.readError("heartbeats", err)
	}
	for _, r := range found {
		sample, err := d.sample(ctx, r)
		if err != nil {
			return nil, s.readError("heartbeats", err)
		}
		samples = append(samples, sample)
	}
	return samples, nil
}

// hiveKey finds the row of a hive.
func (s *Store) hiveKey(ctx context.Context, id string) (hive dbsqlc.HiveKeyRow, known bool, err error) {
	hive, err = s.read.HiveKey(ctx, id)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return hive, false, nil
	case err != nil:
		return hive, false, s.readError("hives", err)
	}
	return hive, true, nil
}

// rawRows reads rows, oldest first. It looks no further than where the hive's
// heartbeats end.
func (s *Store) rawRows(ctx context.Context, hive dbsqlc.HiveKeyRow, f HeartbeatFilter) ([]dbsqlc.HeartbeatsRow, error) {
	p := dbsqlc.HeartbeatsParams{HivePK: hive.PK, ToAt: "9999", Most: int64(f.Limit)}
	if !f.From.IsZero() {
		p.FromAt = f.From.UTC().Format(timeLayout)
	}
	if !f.To.IsZero() {
		p.ToAt = f.To.UTC().Format(timeLayout)
	}
	if hive.LastBeatAt != nil && *hive.LastBeatAt == "" {
		return nil, nil // it never sent one
	}
	if hive.LastBeatAt != nil {
		p.ToAt = min(p.ToAt, *hive.LastBeatAt+"~") // after it, and before any other time
	}
	found, err := s.read.Heartbeats(ctx, p)
	slices.Reverse(found)
	return found, err
}

func (d *decoder) sample(ctx context.Context, r dbsqlc.HeartbeatsRow) (wire.Sample, error) {
	sample := wire.Sample{Epoch: r.Epoch}
	var err error
	if sample.ReceivedAt, err = parseTime(r.ReceivedAt); err != nil {
		return sample, err
	}
	sample.SentAt = time.UnixMilli(sample.ReceivedAt.UnixMilli() + r.SkewMS).UTC()
	day := scopeOf(wire.TierRaw, r.ReceivedAt)
	if sample.Workers, err = d.workersOf(ctx, day, r.Workers); err != nil {
		return sample, err
	}
	sample.Node, err = d.node(ctx, day, r.CPUPctX100, r.RAMUsedMB, r.RAMTotalMB, r.Gpus)
	return sample, err
}

// Selection names a span of a hive's history in one tier. From and To lie at
// multiples of Step, which is a multiple of the tier's unit.
type Selection struct {
	HiveID   string
	Tier     wire.Tier
	From, To time.Time
	Step     time.Duration
}

// Buckets sums up a span in steps: one bucket for each, nil where nothing is
// known. What the tier does not hold yet comes from the one below.
func (s *Store) Buckets(ctx context.Context, sel Selection) ([]*rollup.Bucket, error) {
	steps := int(sel.To.Sub(sel.From) / sel.Step)
	g := gatherer{sel: sel, d: s.newDecoder(), out: make([]*rollup.Bucket, steps)}
	hive, known, err := s.hiveKey(ctx, sel.HiveID)
	if err != nil || !known {
		return g.out, err
	}
	if sel.Tier == wire.TierRaw {
		err = s.gatherRaw(ctx, &g, hive)
	} else {
		err = s.gatherRollups(ctx, &g, hive.PK)
	}
	if err != nil {
		return nil, s.readError("history", err)
	}
	return g.out, nil
}

// gatherer adds rows to the buckets they belong to.
type gatherer struct {
	sel Selection
	d   *decoder
	out []*rollup.Bucket

	tier wire.Tier // of the row before, its day, and the scope of its names
	day  int64
	text string
}

// at returns the bucket of a time; nil outside the span.
func (g *gatherer) at(t time.Time) *rollup.Bucket {
	if t.Before(g.sel.From) || !t.Before(g.sel.To) {
		return nil
	}
	i := int(t.Sub(g.sel.From) / g.sel.Step)
	if g.out[i] == nil {
		g.out[i] = &rollup.Bucket{}
	}
	return g.out[i]
}

func (s *Store) gatherRaw(ctx context.Context, g *gatherer, hive dbsqlc.HiveKeyRow) error {
	const all = -1
	found, err := s.rawRows(ctx, hive, HeartbeatFilter{From: g.sel.From, To: g.sel.To, Limit: all})
	if err != nil {
		return err
	}
	var before dbsqlc.HeartbeatsRow
	var last time.Time
	for _, r := range found {
		sample, err := g.d.sample(ctx, r)
		if err != nil {
			return err
		}
		b := g.at(sample.ReceivedAt)
		if before.Epoch == r.Epoch {
			b.Missed += rollup.MissedBetween(last, sample.ReceivedAt, nextOf(before.NextMS))
		}
		b.Add(sample.Node, sample.Workers)
		before, last = r, sample.ReceivedAt
	}
	return nil
}

// gatherRollups reads the tier; the minutes of hours that it does not hold yet;
// and from the writer's memory the minutes that are not in the file.
func (s *Store) gatherRollups(ctx context.Context, g *gatherer, pk int64) error {
	held := s.held(g.sel.Tier, pk)
	from, to := g.sel.From.UTC().Format(timeLayout), g.sel.To.UTC().Format(timeLayout)
	lacking := []rollup.Span{{Last: math.MaxInt64}}
	if g.sel.Tier == wire.TierHour {
		found, err := s.rollupsOf(ctx, wire.TierHour, pk, from, to)
		if err != nil {
			return err
		}
		lacking = held.noHour
		for i := range found {
			if within(lacking, found[i].Start) { // written since
				continue
			}
			if err := g.add(ctx, wire.TierHour, &found[i]); err != nil {
				return err
			}
		}
	}
	for _, span := range lacking {
		fromAt, toAt := from, to
		if g.sel.Tier == wire.TierHour {
			fromAt, toAt = max(from, startText(wire.TierHour, span.First)), min(to, startText(wire.TierHour, span.Last+1))
		}
		found, err := s.rollupsOf(ctx, wire.TierMinute, pk, fromAt, toAt)
		if err != nil {
			return err
		}
		for i := range found {
			if _, open := held.open[found[i].Start]; open { // written since
				continue
			}
			if err := g.add(ctx, wire.TierMinute, &found[i]); err != nil {
				return err
			}
		}
	}
	for start, b := range held.open {
		if into := g.at(time.Unix(start*60, 0)); into != nil && (g.sel.Tier == wire.TierMinute || within(lacking, start/60)) {
			into.Merge(b)
		}
	}
	return nil
}

func within(spans []rollup.Span, start int64) bool {
	return slices.ContainsFunc(spans, func(s rollup.Span) bool { return s.First <= start && start <= s.Last })
}

// add reads a row into its bucket.
func (g *gatherer) add(ctx context.Context, tier wire.Tier, r *dbsqlc.Minute) error {
	at := time.Unix(0, r.Start*int64(unit(tier)))
	if at.Before(g.sel.From) || !at.Before(g.sel.To) {
		return nil
	}
	b, err := g.d.bucket(ctx, g.scope(tier, r.Start), r)
	if err != nil {
		return fmt.Errorf("%s of %s: %w", tier, startText(tier, r.Start), err)
	}
	if into := &g.out[int(at.Sub(g.sel.From)/g.sel.Step)]; *into == nil {
		*into = b
	} else {
		(*into).Merge(b)
	}
	return nil
}

// scope is the scope of the names in a row. Rows come by time, and most have
// that of the one before.
func (g *gatherer) scope(tier wire.Tier, start int64) string {
	day := start / int64(wire.Day/unit(tier))
	if g.text == "" || g.tier != tier || g.day != day {
		g.tier, g.day, g.text = tier, day, scopeOf(tier, startText(tier, start))
	}
	return g.text
}

// held is what the writer knows of the rollups of a hive, at one moment.
type held struct {
	open   map[int64]*rollup.Bucket // minutes that are not in the file
	noHour []rollup.Span            // hours of which only the minutes are; for a selection of hours
}

func (s *Store) held(tier wire.Tier, pk int64) held {
	s.history.Lock()
	defer s.history.Unlock()
	h := held{open: map[int64]*rollup.Bucket{}}
	minutes, hours := s.tiers[wire.TierMinute], s.tiers[wire.TierHour]
	var noHour []int64
	if tier == wire.TierHour {
		noHour = hours.lacking(minutes, 60, math.MaxInt64)
	}
	if s.tally != nil {
		for _, r := range s.tally.Open(pk) {
			if _, written := minutes.find(r.First); written {
				continue
			}
			h.open[r.First] = &r.Bucket
			if _, written := hours.find(r.First / 60); !written {
				noHour = append(noHour, r.First/60)
			}
		}
	}
	slices.Sort(noHour)
	h.noHour = spans(wire.TierHour, slices.Compact(noHour))
	return h
}

// Oldest returns the beginning of what a tier holds; zero when it is empty.
func (s *Store) Oldest(tier wire.Tier) time.Time {
	s.history.Lock()
	defer s.history.Unlock()
	list := s.tiers[tier].list
	if len(list) == 0 {
		return time.Time{}
	}
	return time.Unix(0, list[0].start*int64(unit(tier))).UTC()
}

// CountRaw returns, to the minute, how many heartbeats of all hives a span has.
func (s *Store) CountRaw(from, to time.Time) (beats int64) {
	s.history.Lock()
	defer s.history.Unlock()
	raw := s.tiers[wire.TierRaw]
	first, _ := raw.find(rollup.Minute(from))
	for _, b := range raw.list[first:] {
		if b.start*60 >= to.Unix() {
			break
		}
		beats += b.rows
	}
	return beats
}
