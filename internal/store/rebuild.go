package store

import (
	"context"
	"fmt"
	"time"

	"rbee/internal/rollup"
	"rbee/internal/store/internal/dbsqlc"
	"rbee/internal/wire"
)

// readRows is how many rows are read at once when rollups are made again.
const readRows = 2000

// missing says what the tally does not find in the file at now.
func (s *Store) missing(now time.Time) rollup.Missing {
	present := rollup.Minute(now)
	m := rollup.Missing{FirstMinute: present, FirstHour: present / 60, Newest: present}
	if raw := s.tiers[wire.TierRaw]; len(raw.list) > 0 {
		m.FirstMinute = min(m.FirstMinute, raw.list[0].start)
		m.Newest, _ = raw.last()
	}
	if last, ok := s.tiers[wire.TierMinute].last(); ok {
		m.FirstMinute = max(m.FirstMinute, min(present, last+1))
		m.FirstHour = min(m.FirstHour, s.tiers[wire.TierMinute].list[0].start/60)
	}
	m.FirstHour = min(m.FirstHour, m.FirstMinute/60)
	if last, ok := s.tiers[wire.TierHour].last(); ok {
		m.FirstHour = max(m.FirstHour, min(present/60, last+1))
	}
	return m
}

// Rebuild makes the rows of a span of the minute or hour tier from the tier
// below, whatever is there already. Heartbeats are written meanwhile.
func (s *Store) Rebuild(ctx context.Context, span rollup.Span) error {
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

// writeRollups writes rows in transactions of bounded size.
func (s *Store) writeRollups(ctx context.Context, finished []rollup.Row) error {
	for len(finished) > 0 {
		n := min(len(finished), 4*rollupsBeside)
		err := s.Write(ctx, func(tx *Tx) error { return tx.rollups(finished[:n]) })
		if err != nil {
			return err
		}
		finished = finished[n:]
	}
	return nil
}

func (s *Store) rebuildMinutes(ctx context.Context, span rollup.Span) error {
	d := s.newDecoder()
	from, to := time.Unix((span.First-1)*60, 0).UTC(), time.Unix((span.Last+1)*60, 0).UTC()
	replay := rollup.NewReplay(from)
	after := dbsqlc.HeartbeatsOfAllParams{
		AfterAt: from.Format(timeLayout), AfterN: -1, ToAt: to.Format(timeLayout), Most: readRows,
	}
	present, err := s.read.LastEpoch(ctx)
	if err != nil {
		return err
	}
	last := int64(0) // epoch of the last row
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
			day := r.ReceivedAt[:len("2006-01-02")]
			node, err := d.node(ctx, day, r.CPUPctX100, r.RAMUsedMB, r.RAMTotalMB, r.Gpus)
			if err != nil {
				return err
			}
			workers, err := d.workersOf(ctx, day, r.Workers)
			if err != nil {
				return err
			}
			replay.Beat(r.Epoch, r.HivePK, at, nextOf(r.NextMS), node, workers)
			after.AfterAt, after.AfterN, last = r.ReceivedAt, r.N, r.Epoch
		}
		if len(found) < readRows {
			break
		}
		if err := s.writeRollups(ctx, replay.Finished()); err != nil {
			return err
		}
	}
	if last == present && last != 0 { // the queen ran to the end of it
		replay.Advance(to)
	}
	return s.writeRollups(ctx, replay.Minutes(span.Last))
}

func (s *Store) rebuildHours(ctx context.Context, span rollup.Span) error {
	d := s.newDecoder()
	after := dbsqlc.MinutesOfAllParams{AfterStart: span.First*60 - 1, AfterHive: 1 << 62, LastStart: span.Last*60 + 59, Most: readRows}
	hour := map[int64]*rollup.Bucket{}
	present := span.First
	finish := func(next int64) error {
		var finished []rollup.Row
		for pk, b := range hour {
			finished = append(finished, rollup.Row{Tier: wire.TierHour, Start: present, HivePK: pk, Bucket: *b})
		}
		if len(finished) > 0 {
			finished = append(finished, rollup.Row{Tier: wire.TierHour, Start: present})
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
		for _, r := range found {
			if r.Start/60 != present {
				if err := finish(r.Start / 60); err != nil {
					return err
				}
			}
			b, err := d.bucket(ctx, startText(wire.TierMinute, r.Start)[:len("2006-01-02")], r)
			if err != nil {
				return err
			}
			if hour[r.HivePK] == nil {
				hour[r.HivePK] = &rollup.Bucket{}
			}
			hour[r.HivePK].Merge(b)
			after.AfterStart, after.AfterHive = r.Start, r.HivePK
		}
		if len(found) < readRows {
			return finish(span.Last + 1)
		}
	}
}
