package store

import (
	"context"
	"fmt"
	"time"

	"rbee/internal/store/internal/dbsqlc"
	"rbee/internal/wire"
)

// Limit is how much of a tier is kept; what is over either bound goes, the
// oldest first. Zero: no bound.
type Limit struct {
	Age   time.Duration
	Bytes int64
}

// Retention is how much of everything is kept.
type Retention struct {
	Raw, Minute, Hour Limit
	Events            time.Duration // zero: for ever
}

// pruneRows is how many rows one transaction deletes at first; pruneTime is
// what it may take, by which the number then follows.
const (
	pruneRows = 200
	pruneMost = 5000
	pruneTime = 5 * time.Millisecond
)

// Prune deletes what is over the limits, oldest first, in small transactions
// between which heartbeats are written.
func (s *Store) Prune(ctx context.Context, now time.Time, keep Retention) error {
	most := int64(pruneRows)
	for {
		var (
			deleted int64
			took    time.Duration
		)
		err := s.Write(ctx, func(tx *Tx) (err error) {
			began := time.Now()
			deleted, err = tx.prune(now, keep, most)
			took = time.Since(began)
			return err
		})
		if err != nil || deleted == 0 {
			return err
		}
		switch {
		case took > pruneTime:
			most = max(10, most/2)
		case took < pruneTime/2 && deleted == most:
			most = min(pruneMost, most*2)
		}
	}
}

// prune deletes at most so many rows, of the first kind that has too many.
func (tx *Tx) prune(now time.Time, keep Retention, most int64) (int64, error) {
	for _, of := range []struct {
		tier wire.Tier
		keep Limit
	}{{wire.TierRaw, keep.Raw}, {wire.TierMinute, keep.Minute}, {wire.TierHour, keep.Hour}} {
		if tier := tx.s.tiers[of.tier]; tier.over(of.tier, now, of.keep) {
			return tx.pruneBlock(of.tier, tier, most)
		}
	}
	if deleted, err := tx.pruneNames(most); deleted > 0 || err != nil {
		return deleted, err
	}
	if keep.Events <= 0 {
		return 0, nil
	}
	q, err := tx.queries()
	if err != nil {
		return 0, err
	}
	deleted, err := q.DeleteEvents(background, dbsqlc.DeleteEventsParams{Before: now.Add(-keep.Events).UnixMilli(), Most: most})
	if err != nil {
		return 0, fmt.Errorf("prune events: %w", err)
	}
	return deleted, nil
}

// over tells whether the oldest block has to go. The newest one stays: it is
// being written.
func (b *blocks) over(tier wire.Tier, now time.Time, keep Limit) bool {
	if len(b.list) < 2 {
		return false
	}
	end := time.Unix(0, (b.list[0].start+1)*int64(unit(tier)))
	return (keep.Age > 0 && now.Sub(end) > keep.Age) || (keep.Bytes > 0 && b.bytes > keep.Bytes)
}

// pruneBlock deletes rows of the oldest block, and the block with the last.
func (tx *Tx) pruneBlock(name wire.Tier, tier *blocks, most int64) (deleted int64, err error) {
	q, err := tx.queries()
	if err != nil {
		return 0, err
	}
	oldest := tier.list[0].start
	switch name {
	case wire.TierRaw:
		deleted, err = pruneHeartbeats(q, startText(name, oldest+1), most)
	case wire.TierMinute:
		deleted, err = q.DeleteMinutes(background, dbsqlc.DeleteMinutesParams{Start: oldest, Most: most})
	case wire.TierHour:
		deleted, err = q.DeleteHours(background, dbsqlc.DeleteHoursParams{Start: oldest, Most: most})
	}
	if err != nil {
		return 0, fmt.Errorf("prune %s: %w", name, err)
	}
	if deleted == most {
		tx.OnCommit(func() { tier.took(deleted) })
		return deleted, nil
	}
	err = q.DeleteBlocks(background, dbsqlc.DeleteBlocksParams{Tier: string(name), At: startText(name, oldest)})
	if err != nil {
		return 0, fmt.Errorf("prune %s: %w", name, err)
	}
	tx.OnCommit(func() {
		tier.dropFirst()
		delete(tx.s.unwritten, oldest)
	})
	return deleted + 1, nil
}

// pruneHeartbeats deletes the oldest rows before a time.
func pruneHeartbeats(q *dbsqlc.Queries, before string, most int64) (int64, error) {
	last, err := q.HeartbeatAt(background, dbsqlc.HeartbeatAtParams{Before: before, Place: most - 1})
	if err != nil {
		last = before // fewer than that are left; noRows is the usual reason, and the next statement meets any other
	}
	return q.DeleteHeartbeats(background, dbsqlc.DeleteHeartbeatsParams{Last: last, Before: before})
}

// pruneNames deletes names of days and months of which nothing is left.
func (tx *Tx) pruneNames(most int64) (int64, error) {
	q, err := tx.queries()
	if err != nil {
		return 0, err
	}
	day, err := q.OldestDayOfNames(background)
	if err != nil {
		return 0, fmt.Errorf("prune names: %w", err)
	}
	month, err := q.OldestMonthOfNames(background)
	if err != nil {
		return 0, fmt.Errorf("prune names: %w", err)
	}
	s := tx.s
	for _, of := range []struct {
		scope string
		used  string
	}{
		{day, min(s.tiers[wire.TierRaw].oldest(wire.TierRaw), s.tiers[wire.TierMinute].oldest(wire.TierMinute))},
		{month, s.tiers[wire.TierHour].oldest(wire.TierHour)},
	} {
		if of.scope == "" || of.scope >= of.used[:len(of.scope)] {
			continue
		}
		deleted, err := q.DeleteNames(background, dbsqlc.DeleteNamesParams{Scope: of.scope, Most: most})
		if err != nil {
			return 0, fmt.Errorf("prune names: %w", err)
		}
		tx.OnCommit(s.names.forget)
		return deleted, nil
	}
	return 0, nil
}

// oldest is the beginning of the tier's oldest block. An empty tier may be
// about to get its first.
func (b *blocks) oldest(tier wire.Tier) string {
	if len(b.list) == 0 {
		return "0000-00-00"
	}
	return startText(tier, b.list[0].start)
}
