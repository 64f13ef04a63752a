package store

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"rbee/internal/store/internal/dbsqlc"
	"rbee/internal/wire"
)

// CloseBeat notes the last heartbeat of a hive that fell silent, which was
// received at last, so that whoever reads its history begins there. It returns
// the time that the row has.
func (tx *Tx) CloseBeat(hivePK int64, last time.Time) (time.Time, error) {
	q, err := tx.queries()
	if err != nil {
		return last, err
	}
	if err := tx.flushHeartbeats(); err != nil { // its last may be in this transaction
		return last, err
	}
	for i := range tx.beats {
		if b := &tx.beats[i]; b.HivePK == hivePK && b.Received.UnixMilli() > last.UnixMilli() {
			last = time.UnixMilli(b.Received.UnixMilli()).UTC()
		}
	}
	if tx.s.tally != nil {
		if newest, known := tx.s.tally.Newest(hivePK); known {
			last = time.UnixMilli(max(last.UnixMilli(), newest)).UTC()
			return last, setLastBeat(q, hivePK, last)
		}
	}
	at, err := q.LastBeatWithin(background, dbsqlc.LastBeatWithinParams{
		HivePK: hivePK, FromAt: last.UTC().Format(timeLayout),
		ToAt: last.Add(straggler * time.Millisecond).UTC().Format(timeLayout),
	})
	switch {
	case errors.Is(err, sql.ErrNoRows): // pruned since
	case err != nil:
		return last, fmt.Errorf("look for the last heartbeat of a hive: %w", ofHistory(wire.TierRaw, err))
	default:
		if last, err = parseTime(at); err != nil {
			return last, fmt.Errorf("look for the last heartbeat of a hive: %w", err)
		}
	}
	return last, setLastBeat(q, hivePK, last)
}

func setLastBeat(q *dbsqlc.Queries, hivePK int64, last time.Time) error {
	text := last.UTC().Format(timeLayout)
	if err := q.SetLastBeat(background, dbsqlc.SetLastBeatParams{LastBeatAt: &text, PK: hivePK}); err != nil {
		return fmt.Errorf("note the last heartbeat of a hive: %w", err)
	}
	return nil
}

// maxLook is how far back the last heartbeat of a hive can be that was not
// judged down: longer than any rhythm the queen grants.
const maxLook = time.Hour

// closeBeats notes the last heartbeats of all hives from which they arrived
// when the queen ended. It looks among the newest ones, back to where it has
// found each.
func (tx *Tx) closeBeats() error {
	if err := tx.flushHeartbeats(); err != nil { // those of this transaction are the last ones
		return err
	}
	q := tx.q
	hives, err := q.OpenHives(background)
	if err != nil {
		return fmt.Errorf("look for hives to close: %w", err)
	}
	newest, err := q.NewestHeartbeat(background)
	if errors.Is(err, sql.ErrNoRows) || len(hives) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the newest heartbeat: %w", ofHistory(wire.TierRaw, err))
	}
	end, err := parseTime(newest.ReceivedAt)
	if err != nil {
		return fmt.Errorf("read the newest heartbeat: %w", err)
	}
	open := make(map[int64]bool, len(hives))
	for _, pk := range hives {
		open[pk] = true
	}
	for back := 15 * time.Second; len(open) > 0 && back < 8*maxLook; back *= 8 {
		found, err := q.LastBeats(background, end.Add(-min(back, maxLook)).Format(timeLayout))
		if err != nil {
			return fmt.Errorf("read the last heartbeats: %w", ofHistory(wire.TierRaw, err))
		}
		for _, f := range found {
			if !open[f.HivePK] {
				continue
			}
			at, err := parseTime(f.LastAt)
			if err != nil {
				return fmt.Errorf("read the last heartbeats: %w", err)
			}
			if err := setLastBeat(q, f.HivePK, at); err != nil {
				return err
			}
			delete(open, f.HivePK)
		}
	}
	for pk := range open { // the clock was set forward
		at, err := q.LastBeatWithin(background, dbsqlc.LastBeatWithinParams{HivePK: pk, FromAt: "", ToAt: newest.ReceivedAt})
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("look for the last heartbeat of a hive: %w", ofHistory(wire.TierRaw, err))
		}
		if err := q.SetLastBeat(background, dbsqlc.SetLastBeatParams{LastBeatAt: &at, PK: pk}); err != nil {
			return fmt.Errorf("note the last heartbeat of a hive: %w", err)
		}
	}
	return nil
}
