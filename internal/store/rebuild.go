package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"rbee/internal/rollup"
	"rbee/internal/store/internal/dbsqlc"
	"rbee/internal/wire"
)

// readRows is how many rows are read at once when rollups are made again.
const readRows = 2000

// missing says what the tally does not find in the file at now: minutes that
// have heartbeats, and hours that have minutes, but no block of their own; and
// the hours of such minutes.
func (s *Store) missing(now time.Time) rollup.Missing {
	present := rollup.Minute(now)
	raw, minutes, hours := s.tiers[wire.TierRaw], s.tiers[wire.TierMinute], s.tiers[wire.TierHour]
	newest, _ := raw.last()
	noMinute := minutes.lacking(raw, 1, present)
	noHour := hours.lacking(minutes, 60, present/60)
	for _, minute := range noMinute {
		hour := minute / 60
		if _, known := hours.find(hour); hour < present/60 && (!known || hour*60 > minutes.pruned) {
			noHour = append(noHour, hour)
		}
	}
	slices.Sort(noHour)
	return rollup.Missing{
		Holes:  append(spans(wire.TierMinute, noMinute), spans(wire.TierHour, slices.Compact(noHour))...),
		Newest: newest,
	}
}

// lacking lists the blocks before one that are not there although the tier
// below, of which so many make one, has something of them; those that were
// pruned aside.
func (b *blocks) lacking(below *blocks, each, before int64) (starts []int64) {
	for _, x := range below.list {
		start := x.start / each
		switch {
		case start >= before:
			return starts
		case start <= b.pruned, len(starts) > 0 && starts[len(starts)-1] == start:
			continue
		}
		if _, found := b.find(start); !found {
			starts = append(starts, start)
		}
	}
	return starts
}

// spans joins starts, which are in order, where they follow one another.
func spans(tier wire.Tier, starts []int64) (joined []rollup.Span) {
	for _, start := range starts {
		if n := len(joined); n > 0 && joined[n-1].Last == start-1 {
			joined[n-1].Last = start
			continue
		}
		joined = append(joined, rollup.Span{Tier: tier, First: start, Last: start})
	}
	return joined
}

// Rebuild makes the rows of a span of the minute or hour tier from the tier
// below, whatever is there already. Heartbeats are written meanwhile. While the
// rows of a damaged table are copied back it fails.
func (s *Store) Rebuild(ctx context.Context, span rollup.Span) error {
	for _, tier := range tiersUp {
		if aside, err := s.asideOf(ctx, tier); err != nil {
			return err
		} else if aside != "" {
			return fmt.Errorf("%s is being copied back from %s", tierTables[tier].name, aside)
		}
	}
	return s.rebuild(ctx, span)
}

func (s *Store) rebuild(ctx context.Context, span rollup.Span) error {
	var err error
	if span.Tier == wire.TierHour {
		err = s.rebuildHours(ctx, span)
	} else {
		err = s.rebuildMinutes(ctx, span)
	}
	if err != nil {
		return fmt.Errorf("make the %ss of the history from %s on: %w", span.Tier, startText(span.Tier, span.First), err)
	}
	return nil
}

// writeRollups writes rows in transactions of bounded size. How many rows a block
// has is counted before it is said to be whole: some may have been there before.
func (s *Store) writeRollups(ctx context.Context, finished []rollup.Row) error {
	for len(finished) > 0 {
		n := min(len(finished), 4*rollupsBeside)
		var size block
		if i := slices.IndexFunc(finished[:n], func(r rollup.Row) bool { return r.Kind == rollup.Whole }); i > 0 {
			n = i
		} else if i == 0 {
			n = 1
			var err error
			if size, err = s.counted(ctx, finished[0].Span); err != nil {
				return err
			}
		}
		err := s.Write(ctx, func(tx *Tx) error {
			return tx.rollups(finished[:n], func(rollup.Span) block { return size })
		})
		if err != nil {
			return err
		}
		finished = finished[n:]
	}
	return nil
}

// counted is the size of a block as the file has it. It looks through all that
// lies together, which is no work for the writer.
func (s *Store) counted(ctx context.Context, of rollup.Span) (_ block, err error) {
	p := dbsqlc.CountMinutesParams{FirstID: firstID(of.First), LastID: lastID(of.First), Start: of.First}
	var c dbsqlc.CountMinutesRow
	if of.Tier == wire.TierHour {
		var hours dbsqlc.CountHoursRow
		hours, err = s.read.CountHours(ctx, dbsqlc.CountHoursParams(p))
		c = dbsqlc.CountMinutesRow(hours)
	} else {
		c, err = s.read.CountMinutes(ctx, p)
	}
	return block{rows: c.Hives, bytes: rollupBytes(c.Hives, c.Nodes, c.TextBytes)}, err
}

func (s *Store) rebuildMinutes(ctx context.Context, span rollup.Span) error {
	d := s.newDecoder()
	from, to := time.Unix(span.First*60, 0).Add(-s.readBefore()).UTC(), time.Unix((span.Last+1)*60, 0).UTC()
	ends, err := s.epochEnds(ctx)
	if err != nil {
		return err
	}
	replay := rollup.NewReplay(from, span.First, ends)
	after := dbsqlc.HeartbeatsOfAllParams{
		AfterAt: from.Format(timeLayout), AfterN: -1, ToAt: to.Format(timeLayout), Most: readRows,
	}
	for {
		found, err := s.read.HeartbeatsOfAll(ctx, after)
		if err != nil {
			return err
		}
		for _, r := range found {
			at, err := parseTime(r.ReceivedAt)
			if err != nil {
				return err
			}
			day := scopeOf(wire.TierRaw, r.ReceivedAt)
			node, err := d.node(ctx, day, r.CPUPctX100, r.RAMUsedMB, r.RAMTotalMB, r.Gpus)
			if err != nil {
				return err
			}
			workers, err := d.workersOf(ctx, day, r.Workers)
			if err != nil {
				return err
			}
			replay.Beat(r.Epoch, r.HivePK, at, nextOf(r.NextMS), node, workers)
			after.AfterAt, after.AfterN = r.ReceivedAt, r.N
		}
		if len(found) < readRows {
			break
		}
		if err := s.writeRollups(ctx, replay.Finished()); err != nil {
			return err
		}
	}
	replay.Advance(to)
	return s.writeRollups(ctx, replay.Minutes(span.Last))
}

// epochEnds is when the epochs ended; the one that runs is not among them.
func (s *Store) epochEnds(ctx context.Context) (map[int64]time.Time, error) {
	epochs, err := s.read.EpochEnds(ctx)
	ends := make(map[int64]time.Time, len(epochs))
	for _, e := range epochs {
		if e.StoppedMS != nil {
			ends[e.Epoch] = fromMS(*e.StoppedMS)
		}
	}
	return ends, err
}

// lookBack is how long before the minutes that are made again heartbeats are
// read: a hive that was silent for longer is not known there to be down. It is
// more where hives of a slow rhythm need it.
var lookBack = time.Minute

func (s *Store) readBefore() time.Duration {
	s.history.Lock()
	defer s.history.Unlock()
	if s.tally == nil {
		return lookBack
	}
	return max(lookBack, 10*s.tally.Slowest())
}

func (s *Store) rebuildHours(ctx context.Context, span rollup.Span) error {
	d := s.newDecoder()
	after := dbsqlc.MinutesOfAllParams{AfterID: firstID(span.First*60) - 1, LastID: lastID(span.Last*60 + 59), Most: readRows}
	hour := map[int64]*rollup.Bucket{}
	present := span.First // the hour that is summed up
	finish := func(next int64) error {
		of := rollup.Span{Tier: wire.TierHour, First: present, Last: present}
		var finished []rollup.Row
		for pk, b := range hour {
			finished = append(finished, rollup.Row{Span: of, HivePK: pk, Bucket: *b})
		}
		if len(finished) > 0 {
			finished = append(finished, rollup.Row{Kind: rollup.Whole, Span: of})
		}
		clear(hour)
		present = next
		return s.writeRollups(ctx, finished)
	}
	for {
		found, err := s.read.MinutesOfAll(ctx, after)
		if err != nil {
			return err
		}
		for i := range found {
			r := &found[i]
			if r.Start/60 != present {
				if err := finish(r.Start / 60); err != nil {
					return err
				}
			}
			b, err := d.bucket(ctx, scopeOf(wire.TierMinute, startText(wire.TierMinute, r.Start)), r)
			if err != nil {
				return err
			}
			if hour[r.HivePK] == nil {
				hour[r.HivePK] = &rollup.Bucket{}
			}
			hour[r.HivePK].Merge(b)
			after.AfterID = r.ID
		}
		if len(found) < readRows {
			return finish(span.Last + 1)
		}
	}
}
