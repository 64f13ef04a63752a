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

// blocks says what one tier holds, as the table history_blocks does. The
// writer's own.
type blocks struct {
	list   []block // by start
	bytes  int64   // of all of them
	pruned int64   // start of the last that was deleted, which history_blocks keeps with no rows; 0: none was
}

// block is one minute or hour of a tier.
type block struct{ start, rows, bytes int64 }

func (b *blocks) find(start int64) (int, bool) {
	return slices.BinarySearchFunc(b.list, start, func(x block, start int64) int { return int(x.start - start) })
}

func (b *blocks) add(start, rows, bytes int64) {
	i, found := b.find(start)
	if !found {
		b.list = slices.Insert(b.list, i, block{start: start})
	}
	b.list[i].rows += rows
	b.list[i].bytes += bytes
	b.bytes += bytes
}

// took subtracts rows deleted from the oldest blocks.
func (b *blocks) took(rows int64) {
	for i := range b.list {
		first := &b.list[i]
		n := min(rows, first.rows)
		bytes := first.bytes * n / max(1, first.rows)
		first.rows, first.bytes = first.rows-n, first.bytes-bytes
		b.bytes -= bytes
		if rows -= n; rows == 0 {
			return
		}
	}
}

// drop forgets the blocks from first to last.
func (b *blocks) drop(first, last int64) {
	from, _ := b.find(first)
	to, _ := b.find(last + 1)
	for _, gone := range b.list[from:to] {
		b.bytes -= gone.bytes
	}
	b.list = slices.Delete(b.list, from, to)
}

func (b *blocks) set(start, rows, bytes int64) {
	if i, found := b.find(start); found {
		b.bytes -= b.list[i].bytes
		b.list[i] = block{start: start}
	}
	b.add(start, rows, bytes)
}

// last returns the start of the newest block.
func (b *blocks) last() (start int64, ok bool) {
	if len(b.list) == 0 {
		return 0, false
	}
	return b.list[len(b.list)-1].start, true
}

// What rows take in the file beside their texts, by estimate: measured, over
// rows of all sizes, with the room that is left in the pages of a tree that
// grows at its end. A rollup with a node has more columns.
func rawBytes(texts int) int64 { return int64(texts+43) * 8 / 7 }

func rollupBytes(rows, nodes, texts int64) int64 { return (texts + rows*26 + nodes*12) * 7 / 6 }

// blockBytes is what the block of a minute or an hour takes itself: as much as
// the row of one hive.
const blockBytes = 100

// unit is how long a block of the tier is.
func unit(tier wire.Tier) time.Duration {
	if tier == wire.TierHour {
		return time.Hour
	}
	return time.Minute
}

// together is how many minutes, or hours, of one hive lie side by side in the
// file: those of the same ten. That makes a day of it some pages instead of a
// page for each minute, and the minutes of all hives still a bounded number.
const together = 10

// rowID is the key of a row of the minute or the hour tier: its ten, then the
// hive, then the place in the ten.
func rowID(start, hivePK int64) int64 { return firstID(start) + hivePK<<4 + start%together }

// firstID and lastID are the keys between which the rows of a ten lie.
func firstID(start int64) int64 { return start / together << 36 }
func lastID(start int64) int64  { return firstID(start+together) - 1 }

// startText is the beginning of a block as the file writes it.
func startText(tier wire.Tier, start int64) string {
	return timeText(start * unit(tier).Milliseconds())
}

// growth is what a transaction adds to a block.
type growth struct {
	tier        wire.Tier
	start       int64
	rows, bytes int64
}

// grew notes rows that the transaction writes.
func (tx *Tx) grew(tier wire.Tier, start, rows, bytes int64) {
	if n := len(tx.growth); n > 0 && tx.growth[n-1].tier == tier && tx.growth[n-1].start == start {
		tx.growth[n-1].rows += rows
		tx.growth[n-1].bytes += bytes
		return
	}
	tx.growth = append(tx.growth, growth{tier, start, rows, bytes})
}

// loadBlocks reads what the tiers hold. Raw heartbeats that came after the last
// block that was written down are counted.
func (s *Store) loadBlocks(ctx context.Context, q *dbsqlc.Queries) error {
	s.tiers = map[wire.Tier]*blocks{wire.TierRaw: {}, wire.TierMinute: {}, wire.TierHour: {}}
	s.unwritten = map[int64]block{}
	known, err := q.Blocks(ctx)
	if err != nil {
		return fmt.Errorf("read what the history holds: %w", err)
	}
	for _, k := range known {
		switch tier := s.tiers[wire.Tier(k.Tier)]; {
		case tier == nil:
		case k.Rows == 0:
			tier.pruned = max(tier.pruned, k.Start)
		default:
			tier.add(k.Start, k.Rows, k.Bytes)
		}
	}
	from := ""
	if last, ok := s.tiers[wire.TierRaw].last(); ok {
		from = startText(wire.TierRaw, last+1)
	}
	counted, err := q.CountHeartbeats(ctx, from)
	if err != nil {
		return fmt.Errorf("count the newest heartbeats: %w", err)
	}
	for _, c := range counted {
		at, err := time.Parse("2006-01-02T15:04", c.Minute)
		if err != nil {
			return fmt.Errorf("count the newest heartbeats: %w", err)
		}
		s.noteRaw(rollup.Minute(at), c.Beats, c.TextBytes*8/7+c.Beats*rawBytes(0))
	}
	return nil
}

// noteRaw adds to a minute of raw heartbeats that is not yet written down.
func (s *Store) noteRaw(start, rows, bytes int64) {
	s.tiers[wire.TierRaw].add(start, rows, bytes)
	b := s.unwritten[start]
	s.unwritten[start] = block{start: start, rows: b.rows + rows, bytes: b.bytes + bytes}
}

// flushBlocks writes down the minutes of raw heartbeats that are over.
func (tx *Tx) flushBlocks() error {
	if len(tx.s.unwritten) < 2 {
		return nil
	}
	newest, _ := tx.s.tiers[wire.TierRaw].last()
	for start, b := range tx.s.unwritten {
		if start >= newest {
			continue
		}
		q, err := tx.queries()
		if err != nil {
			return err
		}
		err = q.AddToBlock(background, dbsqlc.AddToBlockParams{
			Tier: string(wire.TierRaw), At: startText(wire.TierRaw, start), Start: start, Rows: b.rows, Bytes: b.bytes,
		})
		if err != nil {
			return fmt.Errorf("write down what the history holds: %w", err)
		}
		tx.OnCommit(func() { delete(tx.s.unwritten, start) })
	}
	return nil
}
