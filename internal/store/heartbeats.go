package store

import (
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"rbee/internal/rollup"
	"rbee/internal/store/internal/dbsqlc"
	"rbee/internal/wire"
)

// Beat is one accepted heartbeat.
type Beat struct {
	HivePK, Epoch int64
	Received      time.Time     // with the monotonic clock
	Next          time.Duration // when the next one is expected; 0: never, it was a farewell
	Heartbeat     *wire.Heartbeat
}

// usualInterval is the rhythm that costs nothing to write down.
const usualInterval = time.Second

// Heartbeat adds one row to the history of a hive. The rows of a transaction
// are written together at its end.
func (tx *Tx) Heartbeat(b Beat) { tx.beats = append(tx.beats, b) }

// The hot path's statements, and those of the rollups, are the one place where
// SQL is written by hand, since sqlc has no statements of many rows.
var heartbeatRows = rows{
	verb:    "INSERT INTO",
	into:    "heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers)",
	columns: 11,
}

func (tx *Tx) flushHeartbeats() error {
	beats := tx.beats[tx.flushed:]
	if len(beats) == 0 {
		return nil
	}
	q, err := tx.queries()
	if err != nil {
		return err
	}
	values := tx.s.values[:0]
	for i := range beats {
		b := &beats[i]
		at, n, err := tx.s.stamps.next(q, b.Received)
		if err != nil {
			return err
		}
		shift := at - b.Received.UnixMilli()
		b.Received = b.Received.Add(time.Duration(shift) * time.Millisecond)
		text := tx.s.stamps.text(at)
		names, err := tx.s.names.scope(q, text[:len("2006-01-02")])
		if err != nil {
			return err
		}
		gpus := ""
		values.add(text, n, b.HivePK, b.Epoch, b.Heartbeat.Timestamp.UnixMilli()-at, nextMS(b.Next))
		if node := b.Heartbeat.Node; node != nil {
			values.add(scale(node.CPUPct, 100), node.RAMUsedMB, node.RAMTotalMB)
			if gpus, err = tx.gpuSamples(names, node.GPUs); err != nil {
				return err
			}
		} else {
			values.add(nil, nil, nil)
		}
		workers, err := tx.workerSamples(names, b.Heartbeat.Workers)
		if err != nil {
			return err
		}
		values.add(gpus, workers)
		tx.grew(wire.TierRaw, rollup.Minute(b.Received), 1, rawBytes(len(gpus)+len(workers)))
	}
	tx.s.values, tx.flushed = values, len(tx.beats)
	return tx.s.insert(heartbeatRows, values)
}

// nextMS is how a row says when the next heartbeat was expected.
func nextMS(next time.Duration) any {
	if next == usualInterval {
		return nil
	}
	return next.Milliseconds()
}

func nextOf(ms *int64) time.Duration {
	if ms == nil {
		return usualInterval
	}
	return time.Duration(*ms) * time.Millisecond
}

// gpuSamples and workerSamples write what a heartbeat tells as the inside of a
// JSON list of lists; see the migration for their elements.
func (tx *Tx) gpuSamples(names *scope, gpus []wire.GPU) (string, error) {
	text := tx.s.text[:0]
	for i := range gpus {
		g := &gpus[i]
		name, err := names.gpu(tx.q, gpuName{rollup.GPUKeyOf(g), g.ForeignVRAMMB != nil})
		if err != nil {
			return "", err
		}
		text = appendSeparator(text)
		text = append(text, name...)
		text = appendFigure(text, g.UtilPct)
		text = appendSize(text, g.VRAMUsedMB)
		text = appendFigure(text, g.TempC)
		text = appendFigure(text, g.PowerW)
		if g.ForeignVRAMMB != nil && *g.ForeignVRAMMB != 0 {
			text = appendSize(text, g.ForeignVRAMMB)
		}
	}
	tx.s.text = text
	return string(text), nil
}

func (tx *Tx) workerSamples(names *scope, workers []wire.Worker) (string, error) {
	text := tx.s.text[:0]
	for i := range workers {
		w := &workers[i]
		name, err := names.process(tx.q, process{rollup.WorkerKeyOf(w), w.PID})
		if err != nil {
			return "", err
		}
		text = appendSeparator(text)
		text = append(text, name...)
		text = appendFigure(text, &w.CPUPct)
		text = appendSize(text, &w.RSSMB)
		text = appendFigure(text, &w.IOReadMBS)
		text = appendFigure(text, &w.IOWriteMBS)
		text = appendSize(text, &w.UptimeS)
		text = appendFigure(text, &w.GPUUtilPct)
		text = appendSize(text, &w.VRAMMB)
	}
	tx.s.text = text
	return string(text), nil
}

func appendSeparator(text []byte) []byte {
	if len(text) == 0 {
		return text
	}
	return append(text, "],["...)
}

func appendFigure(text []byte, v *float64) []byte {
	text = append(text, ',')
	if v == nil {
		return append(text, "null"...)
	}
	return strconv.AppendFloat(text, rollup.Quantize(*v), 'f', -1, 64)
}

func appendSize(text []byte, v *int64) []byte {
	text = append(text, ',')
	if v == nil {
		return append(text, "null"...)
	}
	return strconv.AppendInt(text, *v, 10)
}

// stamps gives every heartbeat its key: the millisecond in which it was
// received, and a number within it.
type stamps struct {
	known        bool
	newest       int64 // of the file, unix ms
	last, number int64 // given last
	second       int64
	prefix       []byte // the text of second
}

// straggler bounds how much later than others a heartbeat may come to the
// writer that was received before them; it then counts as received with them,
// so that rows are in the order of arrival. More is a clock that was set back.
const straggler = 1000

// next returns a free key, in unix milliseconds.
func (k *stamps) next(q *dbsqlc.Queries, received time.Time) (ms, n int64, err error) {
	if !k.known {
		if err := k.load(q); err != nil {
			return 0, 0, err
		}
	}
	ms = received.UnixMilli()
	if late := k.last - ms; late > 0 && late < straggler {
		ms = k.last
	}
	switch {
	case ms == k.last:
		k.number++
		return ms, k.number, nil
	case ms > k.newest:
		k.newest, k.number = ms, 0
	default: // the clock has been here before
		highest, err := q.LastOfMillisecond(background, timeText(ms))
		if err != nil {
			return 0, 0, fmt.Errorf("look for heartbeats of the same time: %w", err)
		}
		k.number = highest + 1
	}
	k.last = ms
	return ms, k.number, nil
}

func (k *stamps) load(q *dbsqlc.Queries) error {
	newest, err := q.NewestHeartbeat(background)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		k.newest, k.last = 0, 0
	case err != nil:
		return fmt.Errorf("read the newest heartbeat: %w", err)
	default:
		at, err := parseTime(newest.ReceivedAt)
		if err != nil {
			return fmt.Errorf("read the newest heartbeat: %w", err)
		}
		k.newest, k.last, k.number = at.UnixMilli(), at.UnixMilli(), newest.N
	}
	k.known = true
	return nil
}

// text writes a time as the views do.
func (k *stamps) text(ms int64) string {
	second, rest := ms/1000, ms%1000
	if second != k.second || k.prefix == nil {
		k.second = second
		k.prefix = time.Unix(second, 0).UTC().AppendFormat(k.prefix[:0], "2006-01-02T15:04:05.")
	}
	var b [24]byte
	copy(b[:], k.prefix)
	b[20], b[21], b[22], b[23] = byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10), 'Z'
	return string(b[:])
}

// timeLayout is how the file writes a time.
const timeLayout = "2006-01-02T15:04:05.000Z"

func timeText(ms int64) string { return time.UnixMilli(ms).UTC().Format(timeLayout) }

func parseTime(text string) (time.Time, error) { return time.Parse(timeLayout, text) }
