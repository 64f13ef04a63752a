package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"time"

	"rbee/internal/rollup"
	"rbee/internal/store/internal/dbsqlc"
	"rbee/internal/wire"
)

// salvageRows is how many rows one transaction copies back.
const salvageRows = 200

// lostTime is a time of which a tier has lost rows.
type lostTime struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// addLost adds a block, which is earlier than those before.
func addLost(lost []lostTime, tier wire.Tier, start int64) []lostTime {
	from := time.Unix(0, start*int64(unit(tier))).UTC()
	to := from.Add(unit(tier))
	if n := len(lost); n > 0 && lost[n-1].From.Equal(to) {
		lost[n-1].From = from
		return lost
	}
	return append(lost, lostTime{from, to})
}

// salvage copies back what can be read of a table that was set aside, the newest
// first, and returns what cannot. It may be ended at any time and begun again.
func (s *Store) salvage(ctx context.Context, tier wire.Tier, aside string) (lost []lostTime, err error) {
	lost = []lostTime{}
	starts, err := s.starts(ctx, tier)
	if err != nil {
		return nil, err
	}
	var bytes int64
	if err := s.Write(ctx, func(*Tx) error { bytes = s.tiers[tier].bytes; return nil }); err != nil {
		return nil, err
	}
	if err := needSpace(filepath.Dir(s.path), bytes); err != nil {
		return nil, fmt.Errorf("copy back what can be read of %s: %w", aside, err)
	}
	var done any // the blocks from there on, which lie together, have been copied
	var damage *historyError
	for _, start := range starts {
		if from, _ := tierTables[tier].bounds(start); from != done {
			done, damage = from, nil
			err = s.salvageBlock(ctx, tier, aside, start)
		}
		if damage != nil || errors.As(err, &damage) {
			var regained bool
			if regained, err = s.loseBlock(ctx, tier, start); err == nil && !regained {
				lost = addLost(lost, tier, start)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	return lost, nil
}

// salvageBlock copies the rows of one block and of those that lie with it, but those that are no longer what
// the queen writes.
func (s *Store) salvageBlock(ctx context.Context, tier wire.Tier, aside string, start int64) error {
	table := tierTables[tier]
	key := fmt.Sprintf("(%s, %s)", table.at, table.n)
	//nolint:gosec // the names are ours
	upTo := fmt.Sprintf("SELECT %s, %s FROM %s WHERE %s > (?, ?) AND %[1]s < ? ORDER BY %[1]s, %[2]s LIMIT 1 OFFSET %[5]d",
		table.at, table.n, aside, key, salvageRows-1)
	between := fmt.Sprintf("FROM %s WHERE %s > (?, ?) AND %[2]s <= (?, ?)", aside, key)
	columns, err := columnsOf(ctx, s.readDB, table.name)
	if err != nil {
		return s.readError(table.name, err)
	}
	//nolint:gosec // as above
	copyRows := fmt.Sprintf("INSERT OR IGNORE INTO %s (%s) SELECT %[2]s %[3]s AND %[4]s", table.name, columns, between, wholeRow)
	var bad int64
	from, to := table.bounds(start)
	after := [2]any{from, int64(math.MinInt64)}
	for more := true; more; {
		began := time.Now()
		err := s.Write(ctx, func(tx *Tx) error {
			_, there := s.tiers[tier].find(start)
			if _, building := s.building[growthKey{tier, start}]; !there && !building { // pruned since
				more = false
				return nil
			}
			if _, err := tx.queries(); err != nil {
				return err
			}
			last := [2]any{to, int64(math.MinInt64)}
			err := s.conn.QueryRowContext(background, upTo, after[0], after[1], last[0]).Scan(&last[0], &last[1])
			if more = err == nil; errors.Is(err, sql.ErrNoRows) { // fewer are left
				err = nil
			}
			args := []any{after[0], after[1], last[0], last[1]}
			if err == nil {
				_, err = s.conn.ExecContext(background, copyRows, args...)
			}
			var found int64
			if err == nil {
				err = s.conn.QueryRowContext(background, "SELECT coalesce(sum(NOT ("+wholeRow+")), 0) "+between, args...).Scan(&found)
			}
			tx.OnCommit(func() { after, bad = last, bad+found })
			return ofHistory(tier, err)
		})
		if err == nil {
			err = rest(ctx, time.Since(began))
		}
		if err != nil {
			return err
		}
	}
	if bad > 0 {
		return &historyError{tier, fmt.Sprintf("%d rows of %s are no JSON", bad, startText(tier, start))}
	}
	return nil
}

// loseBlock takes a block out of the history. A minute or hour that can be made
// from the tier below is made again.
func (s *Store) loseBlock(ctx context.Context, tier wire.Tier, start int64) (regained bool, err error) {
	span := rollup.Span{Tier: tier, First: start, Last: start}
	err = s.Write(ctx, func(tx *Tx) error {
		q, err := tx.queries()
		if err != nil {
			return err
		}
		if tier == wire.TierRaw {
			return tx.keepRest(q, start)
		}
		below, each := s.tiers[wire.TierRaw], int64(1)
		if tier == wire.TierHour {
			below, each = s.tiers[wire.TierMinute], 60
		}
		first, _ := below.find(start * each)
		regained = start*each > below.pruned && first < len(below.list) && below.list[first].start < (start+1)*each
		return tx.stale(q, span)
	})
	if err != nil || !regained {
		return false, err
	}
	return true, s.rebuild(ctx, span)
}

// keepRest counts what is left of a block of raw heartbeats.
func (tx *Tx) keepRest(q *dbsqlc.Queries, start int64) error {
	if _, present := tx.s.unwritten[start]; present {
		return nil // counted, to be on the safe side, as it was
	}
	from, to := startText(wire.TierRaw, start), startText(wire.TierRaw, start+1)
	var rows, texts int64
	err := tx.s.conn.QueryRowContext(background, "SELECT count(*), coalesce(sum(length(gpus) + length(workers)), 0) FROM heartbeats WHERE received_at >= ? AND received_at < ?",
		from, to).Scan(&rows, &texts)
	if err != nil {
		return err
	}
	if rows == 0 {
		return tx.stale(q, rollup.Span{Tier: wire.TierRaw, First: start, Last: start})
	}
	bytes := texts*8/7 + rows*rawBytes(0)
	tx.OnCommit(func() { tx.s.tiers[wire.TierRaw].set(start, rows, bytes) })
	return q.SetBlock(background, dbsqlc.SetBlockParams{Tier: string(wire.TierRaw), At: from, Start: start, Rows: rows, Bytes: bytes})
}
