package store

import (
	"context"
	"database/sql"
	"errors"
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
	pruneMost = 1000
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
		err := s.despiteDamage(ctx, func() error {
			return s.Write(ctx, func(tx *Tx) (err error) {
				began := time.Now()
				deleted, err = tx.prune(now, keep, most)
				took = time.Since(began)
				return err
			})
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

// over tells whether the oldest blocks have to go. The newest one stays, and what
// lies beside it: there is being written.
func (b *blocks) over(tier wire.Tier, now time.Time, keep Limit) bool {
	newest, ok := b.last()
	if !ok || b.oldestEnd(tier) >= newest {
		return false
	}
	end := time.Unix(0, (b.oldestEnd(tier)+1)*int64(unit(tier)))
	return (keep.Age > 0 && now.Sub(end) > keep.Age) || (keep.Bytes > 0 && b.bytes > keep.Bytes)
}

// oldestEnd is the last block that goes with the oldest one: rows of ten minutes
// or hours lie together.
func (b *blocks) oldestEnd(tier wire.Tier) int64 {
	start := b.list[0].start
	if tier == wire.TierRaw {
		return start
	}
	return start - start%together + together - 1
}

// pruneBlock deletes rows of the oldest blocks, and these with the last.
func (tx *Tx) pruneBlock(name wire.Tier, tier *blocks, most int64) (deleted int64, err error) {
	q, err := tx.queries()
	if err != nil {
		return 0, err
	}
	last := tier.oldestEnd(name)
	deleted, err = deleteRows[name](q, last, most)
	if err != nil {
		return 0, fmt.Errorf("prune %s: %w", name, ofHistory(name, err))
	}
	if deleted >= most {
		tx.OnCommit(func() { tier.took(deleted) })
		return deleted, nil
	}
	at := startText(name, last)
	err = q.DeleteBlocks(background, dbsqlc.DeleteBlocksParams{Tier: string(name), First: "", Last: at})
	if err == nil { // what is older was pruned as well, and does not have to be made again
		err = q.SetBlock(background, dbsqlc.SetBlockParams{Tier: string(name), At: at, Start: last})
	}
	if err != nil {
		return 0, fmt.Errorf("prune %s: %w", name, err)
	}
	tx.OnCommit(func() {
		tier.drop(tier.list[0].start, last)
		tier.pruned = last
		delete(tx.s.unwritten, last)
	})
	return deleted + 1, nil
}

// deleteRows delete at most so many rows, the first of those in the block and
// before it; of minutes and hours, in the order of the file.
var deleteRows = map[wire.Tier]func(q *dbsqlc.Queries, block, most int64) (int64, error){
	wire.TierRaw: func(q *dbsqlc.Queries, block, most int64) (int64, error) {
		before := startText(wire.TierRaw, block+1)
		last, err := q.HeartbeatAt(background, dbsqlc.HeartbeatAtParams{Before: before, Place: most - 1})
		if errors.Is(err, sql.ErrNoRows) { // fewer are left
			last, err = dbsqlc.HeartbeatAtRow{ReceivedAt: before, N: -1}, nil
		}
		if err != nil {
			return 0, err
		}
		return q.DeleteHeartbeats(background, dbsqlc.DeleteHeartbeatsParams{LastAt: last.ReceivedAt, LastN: last.N})
	},
	wire.TierMinute: func(q *dbsqlc.Queries, block, most int64) (int64, error) {
		last, err := q.MinuteAt(background, dbsqlc.MinuteAtParams{LastID: lastID(block), Place: most - 1})
		if errors.Is(err, sql.ErrNoRows) {
			last, err = lastID(block), nil
		}
		if err != nil {
			return 0, err
		}
		return q.DeleteMinutes(background, last)
	},
	wire.TierHour: func(q *dbsqlc.Queries, block, most int64) (int64, error) {
		last, err := q.HourAt(background, dbsqlc.HourAtParams{LastID: lastID(block), Place: most - 1})
		if errors.Is(err, sql.ErrNoRows) {
			last, err = lastID(block), nil
		}
		if err != nil {
			return 0, err
		}
		return q.DeleteHours(background, last)
	},
}

// pruneNames deletes names of days and months of which nothing is left. It
// looks for them when another day or month has become the oldest.
func (tx *Tx) pruneNames(most int64) (int64, error) {
	s := tx.s
	used := oldestScopes{
		day:   min(s.tiers[wire.TierRaw].oldest(wire.TierRaw), s.tiers[wire.TierMinute].oldest(wire.TierMinute)),
		month: s.tiers[wire.TierHour].oldest(wire.TierHour),
	}
	if s.names.pruned == used {
		return 0, nil
	}
	q, err := tx.queries()
	if err != nil {
		return 0, err
	}
	for scope := ""; ; {
		if scope, err = q.NextScope(background, scope); err != nil {
			return 0, fmt.Errorf("prune names: %w", err)
		}
		oldest := used.day
		switch len(scope) {
		case 0:
			s.names.pruned = used
			return 0, nil
		case len(monthLayout):
			oldest = used.month
		}
		if scope < oldest {
			s.names.forget()
			deleted, err := q.DeleteNames(background, dbsqlc.DeleteNamesParams{Scope: scope, Most: most})
			if err != nil {
				return 0, fmt.Errorf("prune names: %w", err)
			}
			return deleted, nil
		}
	}
}

// oldestScopes are the oldest of which there may be samples.
type oldestScopes struct{ day, month string }

// oldest is the scope of the tier's oldest block. An empty tier may be about to
// get its first.
func (b *blocks) oldest(tier wire.Tier) string {
	if len(b.list) == 0 {
		return ""
	}
	return scopeOf(tier, startText(tier, b.list[0].start))
}
