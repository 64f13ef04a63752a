package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"rbee/internal/rollup"
	"rbee/internal/store/internal/dbsqlc"
	"rbee/internal/wire"
)

// A row that is made again replaces the one that is there.
const rollupColumns = " (id, heartbeats, missed, healthy_s, degraded_s, down_s, stopped_s, nodes, " +
	"cpu_pct_x100_mean, cpu_pct_x100_max, ram_used_mb_mean, ram_used_mb_max, ram_total_mb, gpus, workers)"

var rollupRows = map[wire.Tier]rows{
	wire.TierMinute: {verb: "INSERT OR REPLACE INTO", into: "minutes" + rollupColumns, columns: 15},
	wire.TierHour:   {verb: "INSERT OR REPLACE INTO", into: "hours" + rollupColumns, columns: 15},
}

// How many finished rows one transaction takes with it, so that it does not
// hold up the heartbeats that wait for the next: more when it has none itself.
const (
	rollupsBeside = 128
	rollupsAlone  = 1024
)

// flushRollups writes rows that the tally has finished.
func (tx *Tx) flushRollups() error {
	if tx.s.tally == nil {
		return nil
	}
	most := rollupsBeside
	if len(tx.beats) == 0 {
		most = rollupsAlone
	}
	finished := tx.s.tally.Take(most)
	if len(finished) == 0 {
		return nil
	}
	if err := tx.rollups(finished, tx.built); err != nil {
		return err
	}
	tx.OnCommit(func() { tx.s.tally.Written(len(finished)) })
	return nil
}

// rollups writes rows of the minute and hour tiers, and the blocks that are
// whole with them; size tells how large one is.
func (tx *Tx) rollups(finished []rollup.Row, size func(rollup.Span) block) error {
	q, err := tx.queries()
	if err != nil {
		return err
	}
	for len(finished) > 0 {
		n, first := 1, finished[0]
		switch first.Kind {
		case rollup.Figures:
			for n < len(finished) && finished[n].Kind == rollup.Figures && finished[n].Span == first.Span {
				n++
			}
			err = tx.rollupsOfOne(q, finished[:n])
		case rollup.Whole:
			err = tx.whole(q, first.Span, size)
		case rollup.Stale:
			err = tx.stale(q, first.Span)
		}
		if err != nil {
			return err
		}
		finished = finished[n:]
	}
	return nil
}

// rollupsOfOne writes rows of one minute or hour.
func (tx *Tx) rollupsOfOne(q *dbsqlc.Queries, finished []rollup.Row) error {
	tier, start := finished[0].Tier, finished[0].First
	names, err := tx.s.names.scope(q, scopeOf(tier, startText(tier, start)))
	if err != nil {
		return err
	}
	into := rollupRows[tier]
	args := make(values, 0, len(finished)*into.columns)
	var nodes, texts int64
	for i := range finished {
		b := &finished[i].Bucket
		gpus, err := tx.gpuRollups(names, b)
		if err != nil {
			return err
		}
		workers, err := tx.workerRollups(names, b)
		if err != nil {
			return err
		}
		args.add(rowID(start, finished[i].HivePK), b.Heartbeats, b.Missed,
			seconds(b.Healthy), seconds(b.Degraded), seconds(b.Down), seconds(b.Stopped), b.CPUPct.N)
		if b.CPUPct.N > 0 {
			nodes++
			args.add(scale(b.CPUPct.Mean(), 100), scale(b.CPUPct.Max, 100),
				scale(b.RAMUsedMB.Mean(), 1), scale(b.RAMUsedMB.Max, 1), b.RAMTotalMB)
		} else {
			args.add(nil, nil, nil, nil, nil)
		}
		args.add(gpus, workers)
		texts += int64(len(gpus) + len(workers))
	}
	tx.grew(tier, start, int64(len(finished)), rollupBytes(int64(len(finished)), nodes, texts))
	return tx.s.insert(into, args)
}

func seconds(d time.Duration) int64 { return int64(d.Round(time.Second) / time.Second) }

// whole says in the file that a block is complete.
func (tx *Tx) whole(q *dbsqlc.Queries, of rollup.Span, size func(rollup.Span) block) error {
	b := size(of)
	b.bytes += blockBytes
	err := q.SetBlock(background, dbsqlc.SetBlockParams{
		Tier: string(of.Tier), At: startText(of.Tier, of.First), Start: of.First, Rows: b.rows, Bytes: b.bytes,
	})
	if err != nil {
		return fmt.Errorf("write down what the history holds: %w", err)
	}
	tx.completed = append(tx.completed, growth{of.Tier, of.First, b.rows, b.bytes})
	return nil
}

// built is the size of a block whose rows were all written one after the other.
func (tx *Tx) built(of rollup.Span) block {
	b := tx.s.building[growthKey{of.Tier, of.First}]
	for _, g := range tx.growth {
		if g.tier == of.Tier && g.start == of.First {
			b.rows += g.rows
			b.bytes += g.bytes
		}
	}
	return b
}

// stale says in the file that blocks are not complete.
func (tx *Tx) stale(q *dbsqlc.Queries, of rollup.Span) error {
	err := q.DeleteBlocks(background, dbsqlc.DeleteBlocksParams{
		Tier: string(of.Tier), First: startText(of.Tier, of.First), Last: startText(of.Tier, of.Last),
	})
	if err != nil {
		return fmt.Errorf("write down what the history holds: %w", err)
	}
	tx.OnCommit(func() { tx.s.tiers[of.Tier].drop(of.First, of.Last) })
	return nil
}

// growthKey names a block that is being built.
type growthKey struct {
	tier  wire.Tier
	start int64
}

// grown takes over, after the commit, what the transaction wrote.
func (s *Store) grown(tx *Tx) {
	for _, g := range tx.growth {
		if g.tier == wire.TierRaw {
			s.noteRaw(g.start, g.rows, g.bytes)
			continue
		}
		k := growthKey{g.tier, g.start}
		b := s.building[k]
		s.building[k] = block{start: g.start, rows: b.rows + g.rows, bytes: b.bytes + g.bytes}
	}
	for _, g := range tx.completed {
		s.tiers[g.tier].set(g.start, g.rows, g.bytes)
		delete(s.building, growthKey{g.tier, g.start})
	}
}

func (tx *Tx) gpuRollups(names *scope, b *rollup.Bucket) (string, error) {
	text := tx.s.text[:0]
	for i := range b.GPUs {
		g := &b.GPUs[i]
		others := g.ForeignVRAMMB
		name, err := names.gpu(tx.q, gpuName{g.GPUKey, others.N > 0})
		if err != nil {
			return "", err
		}
		text = appendSeparator(text)
		text = append(text, name...)
		text = appendStat(text, g.UtilPct)
		text = appendStat(text, g.VRAMUsedMB)
		text = appendStat(text, g.TempC)
		text = appendStat(text, g.PowerW)
		n := max(g.UtilPct.N, g.VRAMUsedMB.N, g.TempC.N, g.PowerW.N)
		held := others.N > 0 && (others.Max > 0 || others.N != n)
		if held || n != b.CPUPct.N {
			text = appendSize(text, &n)
		}
		if held {
			text = appendStat(text, others)
		}
		if held && others.N != n {
			text = appendSize(text, &others.N)
		}
	}
	tx.s.text = text
	return string(text), nil
}

func (tx *Tx) workerRollups(names *scope, b *rollup.Bucket) (string, error) {
	text := tx.s.text[:0]
	for i := range b.Workers {
		w := &b.Workers[i]
		name, err := names.worker(tx.q, w.WorkerKey)
		if err != nil {
			return "", err
		}
		text = appendSeparator(text)
		text = append(text, name...)
		text = appendSize(text, &w.Heartbeats)
		text = appendStat(text, w.CPUPct)
		text = appendStat(text, w.RSSMB)
		text = appendStat(text, w.GPUUtilPct)
		text = appendStat(text, w.VRAMMB)
	}
	tx.s.text = text
	return string(text), nil
}

// appendStat writes the mean and the maximum. A mean of a large figure needs no
// decimals.
func appendStat(text []byte, f rollup.Figure) []byte {
	if f.N == 0 {
		return append(text, ",null,null"...)
	}
	mean, decimals := f.Mean(), 2
	if mean >= 1000 {
		decimals = 0
	}
	text = append(text, ',')
	text = strconv.AppendFloat(text, mean, 'f', decimals, 64)
	if decimals > 0 {
		text = trimZeros(text)
	}
	text = append(text, ',')
	return strconv.AppendFloat(text, f.Max, 'f', -1, 64)
}

// trimZeros drops the zeros that a decimal fraction ends with.
func trimZeros(text []byte) []byte {
	for text[len(text)-1] == '0' {
		text = text[:len(text)-1]
	}
	if text[len(text)-1] == '.' {
		text = text[:len(text)-1]
	}
	return text
}

// bucket reads a row of the minute tier, or of the hour tier, which is the same.
func (d *decoder) bucket(ctx context.Context, scope string, r *dbsqlc.Minute) (*rollup.Bucket, error) {
	b := &rollup.Bucket{
		Heartbeats: r.Heartbeats, Missed: r.Missed,
		Healthy: time.Duration(r.HealthyS) * time.Second, Degraded: time.Duration(r.DegradedS) * time.Second,
		Down: time.Duration(r.DownS) * time.Second, Stopped: time.Duration(r.StoppedS) * time.Second,
		RAMTotalMB: deref(r.RAMTotalMB),
	}
	if r.Nodes > 0 {
		b.CPUPct = summed(r.Nodes, float64(deref(r.CPUPctX100Mean))/100, float64(deref(r.CPUPctX100Max))/100)
		b.RAMUsedMB = summed(r.Nodes, float64(deref(r.RAMUsedMBMean)), float64(deref(r.RAMUsedMBMax)))
	}
	err := d.eachSample(r.Gpus, func(first string, f []figure) error {
		k, err := d.gpu(ctx, scope, first)
		if err != nil {
			return err
		}
		g, err := gpuOfRollup(k, r.Nodes, f)
		b.GPUs = append(b.GPUs, g)
		return err
	})
	if err != nil {
		return nil, err
	}
	err = d.eachSample(r.Workers, func(first string, f []figure) error {
		if len(f) != 9 || f[0].whole() < 1 {
			return errShape
		}
		n := f[0].whole()
		k, err := d.worker(ctx, scope, first)
		b.Workers = append(b.Workers, rollup.Worker{
			WorkerKey: k.WorkerKey, Heartbeats: n,
			CPUPct: stat(n, f[1:]), RSSMB: stat(n, f[3:]), GPUUtilPct: stat(n, f[5:]), VRAMMB: stat(n, f[7:]),
		})
		return err
	})
	return b, err
}

// gpuOfRollup reads the figures of a GPU, of the name of that form; see the
// migrations for their order.
func gpuOfRollup(k gpuName, nodes int64, f []figure) (g rollup.GPU, err error) {
	n := nodes
	switch {
	case len(f) != 8 && len(f) != 9 && len(f) != 11 && len(f) != 12, len(f) > 9 && !k.foreign:
		return g, errShape
	case len(f) > 8:
		n = f[8].whole()
	}
	g = rollup.GPU{
		GPUKey: k.GPUKey, UtilPct: stat(n, f[0:]), VRAMUsedMB: stat(n, f[2:]), TempC: stat(n, f[4:]), PowerW: stat(n, f[6:]),
	}
	switch {
	case len(f) == 12:
		g.ForeignVRAMMB = stat(f[11].whole(), f[9:])
	case len(f) == 11:
		g.ForeignVRAMMB = stat(n, f[9:])
	case k.foreign:
		g.ForeignVRAMMB = summed(n, 0, 0)
	}
	return g, nil
}

// stat reads a mean and a maximum over n values.
func stat(n int64, f []figure) rollup.Figure {
	if f[0].null {
		return rollup.Figure{}
	}
	return summed(n, f[0].v, f[1].v)
}

func summed(n int64, mean, highest float64) rollup.Figure {
	return rollup.Figure{N: n, Sum: mean * float64(n), Max: highest}
}
