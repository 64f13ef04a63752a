package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"rbee/internal/wire"
)

// checkShare is how long the check rests, as a multiple of what each step of it
// took: others want the disk too. Tests do not.
var checkShare = 9

// checkAfter is how long after the start the check begins: hives come first.
const checkAfter = time.Minute

// KeepWhole reads all of the history once, a little at a time, on a connection of
// its own. A table with damage in it is set aside; what can be read of it is
// copied back, and blocks that cannot are no longer part of the history, unless
// they can be made from the tier below. An event says so. Damage that was met by
// others is mended at once. What fails is tried again, until ctx ends.
func (s *Store) KeepWhole(ctx context.Context, epoch int64) error {
	start := time.Now()
	for checked, failing := false, false; ; {
		look := s.mendHistory
		whole := !checked && time.Since(start) >= checkAfter
		if whole {
			look = s.checkHistory
		}
		err := look(ctx, epoch)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // it failed because it was ended
		}
		if err != nil && !failing {
			s.log.Error("The history could not be checked; trying again", "error", err)
		}
		failing = err != nil
		checked = checked || whole && !failing
		again := time.Hour
		if failing || !checked {
			again = checkAfter
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.mend:
		case <-time.After(again):
		}
	}
}

// tiersUp are the tiers, each after the one it is made of.
var tiersUp = []wire.Tier{wire.TierRaw, wire.TierMinute, wire.TierHour}

// mendHistory goes on with tables that were set aside.
func (s *Store) mendHistory(ctx context.Context, epoch int64) error {
	for _, tier := range tiersUp {
		if aside, err := s.asideOf(ctx, tier); err != nil {
			return err
		} else if aside != "" {
			if err := s.mendTier(ctx, tier, aside, epoch); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkHistory looks at all tables of the history. What is wrong with one does
// not hide the others.
func (s *Store) checkHistory(ctx context.Context, epoch int64) error {
	wrong := []error{s.mendHistory(ctx, epoch)}
	conn, err := sql.Open("sqlite", dsn(s.path, "busy_timeout(5000)", "query_only(1)", "trusted_schema(0)", "cell_size_check(1)", "cache_size(-1024)"))
	if err != nil {
		return s.readError("history", err)
	}
	conn.SetMaxOpenConns(1)
	defer func() { _ = conn.Close() }() // it wrote nothing
	for _, tier := range tiersUp {
		found, err := s.readTier(ctx, conn, tier)
		if err == nil && found != nil {
			if err = s.setAsideRunning(ctx, tier, found); err == nil {
				err = s.mendHistory(ctx, epoch)
			}
		}
		wrong = append(wrong, err)
	}
	for _, table := range []string{"names", "events", "discoveries"} {
		wrong = append(wrong, s.checkTable(ctx, conn, table, epoch))
	}
	return errors.Join(wrong...)
}

// checkTable tells of damage in one of the smaller tables. Nothing is done about
// it but to say so.
func (s *Store) checkTable(ctx context.Context, conn *sql.DB, table string, epoch int64) error {
	var finding string
	err := conn.QueryRowContext(ctx, "PRAGMA quick_check("+table+")").Scan(&finding)
	switch {
	case damaged(err):
		finding = err.Error()
	case err != nil:
		return s.readError(table, err)
	case finding == "ok":
		return nil
	}
	s.log.Error("A table is damaged; restore a backup when it suits you", "table", table, "finding", finding)
	return s.noteDamage(ctx, epoch, map[string]any{"table": table, "finding": finding})
}

// noteDamage writes an event.
func (s *Store) noteDamage(ctx context.Context, epoch int64, detail map[string]any) error {
	return s.Write(ctx, func(tx *Tx) error {
		_, err := tx.Event(time.Now(), epoch, wire.EventStateDamaged, "", detail)
		if damaged(err) {
			return fmt.Errorf("events: %s", err.Error()) // not the writer's end
		}
		return err
	})
}

// mendTier copies back what can be read of a table that was set aside, and then
// has the file forget that table: a copy of the file could not be made with it.
func (s *Store) mendTier(ctx context.Context, tier wire.Tier, aside string, epoch int64) error {
	table := tierTables[tier].name
	lost, err := s.salvage(ctx, tier, aside)
	if err != nil {
		return err
	}
	if err := s.noteDamage(ctx, epoch, map[string]any{"table": table, "lost": lost}); err != nil {
		return err
	}
	s.log.Warn("What could be read of a damaged table was copied; the file works again, but has unused pages until a backup takes its place",
		"table", table, "lost", lost)
	return s.Write(ctx, func(tx *Tx) error {
		q, err := tx.queries()
		if err != nil {
			return err
		}
		if err := forgetTable(background, s.conn, aside); err != nil {
			return err
		}
		return q.DeleteMeta(background, asideKey(tier))
	})
}

func (s *Store) asideOf(ctx context.Context, tier wire.Tier) (string, error) {
	aside, err := s.read.Meta(ctx, asideKey(tier))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", nil
	case err != nil:
		return "", s.readError("meta", err)
	case !asideName.MatchString(aside):
		return "", fmt.Errorf("%w: meta has %q as the name of a table that was set aside", ErrRefused, aside)
	default:
		return aside, nil
	}
}

// starts are the blocks that a tier has now, newest first.
func (s *Store) starts(ctx context.Context, tier wire.Tier) (starts []int64, err error) {
	err = s.Write(ctx, func(*Tx) error {
		list := s.tiers[tier].list
		starts = make([]int64, 0, len(list))
		for i := len(list) - 1; i >= 0; i-- {
			starts = append(starts, list[i].start)
		}
		for k := range s.building { // the one that is being written
			if k.tier == tier {
				starts = append(starts, k.start)
			}
		}
		return nil
	})
	return starts, err
}

// wholeRow tells of a row whether its texts are what they should be.
const wholeRow = "json_valid('[[' || gpus || ']]') AND json_valid('[[' || workers || ']]')"

// readTier reads all blocks of a tier. It returns what damage it finds first.
func (s *Store) readTier(ctx context.Context, conn *sql.DB, tier wire.Tier) (found, err error) {
	starts, err := s.starts(ctx, tier)
	if err != nil {
		return nil, err
	}
	table := tierTables[tier]
	//nolint:gosec // the names are ours
	query := fmt.Sprintf("SELECT coalesce(sum(NOT (%s)), 0) FROM %s WHERE %s >= ? AND %[3]s < ?", wholeRow, table.name, table.at)
	var done any // up to where it has been read: blocks may lie together
	for _, start := range starts {
		from, to := table.bounds(start)
		if from == done {
			continue
		}
		done = from
		for _, span := range secondsOf(tier, start, from, to) {
			var bad int64
			began := time.Now()
			err := conn.QueryRowContext(ctx, query, span[0], span[1]).Scan(&bad)
			switch {
			case damaged(err):
				return err, nil
			case err != nil:
				return nil, s.readError(table.name, err)
			case bad > 0:
				return fmt.Errorf("%d rows of %s are no JSON", bad, startText(tier, start)), nil
			}
			if err := rest(ctx, time.Duration(checkShare)*time.Since(began)); err != nil {
				return nil, err
			}
		}
	}
	return nil, nil
}

// secondsOf cuts a minute of heartbeats into seconds: a minute of many hives
// would keep a processor busy for too long.
func secondsOf(tier wire.Tier, start int64, from, to any) (spans [][2]any) {
	if tier != wire.TierRaw {
		return [][2]any{{from, to}}
	}
	for second := range int64(60) {
		spans = append(spans, [2]any{timeText((start*60 + second) * 1000), timeText((start*60 + second + 1) * 1000)})
	}
	return spans
}

func rest(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
