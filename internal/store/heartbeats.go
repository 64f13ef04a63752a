package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"rbee/internal/store/internal/dbsqlc"
	"rbee/internal/wire"
)

// beat is one heartbeat waiting for the end of its transaction.
type beat struct {
	hivePK, epoch int64
	received      time.Time
	hb            *wire.Heartbeat
}

// Heartbeat adds one row to the history of a hive. The rows of a transaction
// are written together at its end.
func (tx *Tx) Heartbeat(hivePK, epoch int64, received time.Time, hb *wire.Heartbeat) {
	tx.beats = append(tx.beats, beat{hivePK: hivePK, epoch: epoch, received: received, hb: hb})
}

// The hot path's statements: the one place where SQL is written by hand, since
// sqlc has no statements of many rows.
var (
	heartbeatRows = rows{
		into:    "heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb)",
		columns: 8,
	}
	workerRows = rows{
		into: "heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, " +
			"rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb)",
		columns: 14,
	}
	gpuRows = rows{
		into: "heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, " +
			"temp_c_x10, power_mw)",
		columns: 8,
	}
)

func (tx *Tx) flushHeartbeats() error {
	if len(tx.beats) == 0 {
		return nil
	}
	q, err := tx.queries()
	if err != nil {
		return err
	}
	s := tx.s
	if s.nextID == 0 {
		last, err := q.LastHeartbeatID(background)
		if err != nil {
			return fmt.Errorf("read the last heartbeat: %w", err)
		}
		s.nextID = last + 1
	}
	var beats, workers, gpus []any
	for _, b := range tx.beats {
		id := s.nextID
		s.nextID++
		beats = append(beats, id, b.hivePK, b.epoch, b.received.UnixMilli(), b.hb.Timestamp.UnixMilli())
		if n := b.hb.Node; n != nil {
			beats = append(beats, scale(n.CPUPct, 100), n.RAMUsedMB, n.RAMTotalMB)
		} else {
			beats = append(beats, nil, nil, nil)
		}
		if workers, err = tx.workers(workers, id, b.hb.Workers); err != nil {
			return err
		}
		if b.hb.Node != nil {
			if gpus, err = tx.gpus(gpus, id, b.hb.Node.GPUs); err != nil {
				return err
			}
		}
	}
	for _, part := range []struct {
		rows
		values []any
	}{{heartbeatRows, beats}, {workerRows, workers}, {gpuRows, gpus}} {
		if err := s.insert(part.rows, part.values); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) workers(values []any, id int64, workers []wire.Worker) ([]any, error) {
	for i, w := range workers {
		group, err := tx.name(w.Group)
		if err != nil {
			return nil, err
		}
		instance, err := tx.name(w.Instance)
		if err != nil {
			return nil, err
		}
		var model any
		if w.Model != nil {
			if model, err = tx.name(*w.Model); err != nil {
				return nil, err
			}
		}
		values = append(values, id, i, w.PID, group, instance, model, scale(w.CPUPct, 100), w.RSSMB,
			scale(w.IOReadMBS, 1000), scale(w.IOWriteMBS, 1000), w.UptimeS, scale(w.GPUUtilPct, 100), w.VRAMMB, w.TotalVRAMMB)
	}
	return values, nil
}

func (tx *Tx) gpus(values []any, id int64, gpus []wire.GPU) ([]any, error) {
	for i, g := range gpus {
		name, err := tx.name(g.ID)
		if err != nil {
			return nil, err
		}
		values = append(values, id, i, name, scaleNull(g.UtilPct, 100), g.VRAMUsedMB, g.VRAMTotalMB,
			scaleNull(g.TempC, 10), scaleNull(g.PowerW, 1000))
	}
	return values, nil
}

// maxNames bounds the writer's cache of names; a hive may invent them.
const maxNames = 10_000

// name returns the key of a name, which is made when it is new.
func (tx *Tx) name(name string) (int64, error) {
	s := tx.s
	if pk, ok := s.names[name]; ok {
		return pk, nil
	}
	if err := tx.q.AddName(background, name); err != nil {
		return 0, fmt.Errorf("record name %q: %w", name, err)
	}
	pk, err := tx.q.NameKey(background, name)
	if err != nil {
		return 0, fmt.Errorf("read name %q: %w", name, err)
	}
	if len(s.names) >= maxNames {
		clear(s.names)
	}
	s.names[name] = pk
	return pk, nil
}

// rows describes a statement that inserts many rows.
type rows struct {
	into    string
	columns int
}

// stmtKey names a kept statement.
type stmtKey struct {
	into string
	rows int
}

// maxRows is how many rows one statement inserts; more makes it no faster.
const maxRows = 64

// insert writes the values, r.columns to a row, with statements kept for each
// number of rows.
func (s *Store) insert(r rows, values []any) error {
	for len(values) > 0 {
		n := min(len(values)/r.columns, maxRows)
		stmt, err := s.prepared(r, n) //nolint:sqlclosecheck // kept; the writer closes it at its end
		if err != nil {
			return err
		}
		if _, err := stmt.ExecContext(background, values[:n*r.columns]...); err != nil {
			return fmt.Errorf("insert into %s: %w", r.into, err)
		}
		values = values[n*r.columns:]
	}
	return nil
}

func (s *Store) prepared(r rows, n int) (*sql.Stmt, error) {
	key := stmtKey{into: r.into, rows: n}
	if stmt := s.stmts[key]; stmt != nil {
		return stmt, nil
	}
	row := "(" + strings.Repeat("?,", r.columns-1) + "?)"
	//nolint:gosec // both parts are constants of this file
	text := "INSERT INTO " + r.into + " VALUES " + strings.Repeat(row+",", n-1) + row
	stmt, err := s.conn.PrepareContext(background, text)
	if err != nil {
		return nil, fmt.Errorf("prepare insert into %s: %w", r.into, err)
	}
	s.stmts[key] = stmt
	return stmt, nil
}

func scale(v, by float64) int64 { return int64(math.Round(v * by)) }

func scaleNull(v *float64, by float64) any {
	if v == nil {
		return nil
	}
	return scale(*v, by)
}

// HeartbeatFilter selects a span of a hive's history; zero times are open ends.
type HeartbeatFilter struct {
	HiveID   string
	From, To time.Time
	Limit    int
}

// Heartbeats reads the last f.Limit heartbeats of the span, oldest first.
func (s *Store) Heartbeats(ctx context.Context, f HeartbeatFilter) ([]wire.Sample, error) {
	p := dbsqlc.HeartbeatsParams{HiveID: f.HiveID, ToAt: "9999", Most: int64(f.Limit)}
	if !f.From.IsZero() {
		p.FromAt = f.From.UTC().Format(timeText)
	}
	if !f.To.IsZero() {
		p.ToAt = f.To.UTC().Format(timeText)
	}
	found, err := s.read.Heartbeats(ctx, p)
	if err != nil {
		return nil, s.readError("heartbeats", err)
	}
	samples := make([]wire.Sample, len(found))
	for i, r := range found {
		if samples[i], err = sampleFromRow(r); err != nil {
			return nil, s.readError("heartbeats", err)
		}
	}
	slices.Reverse(samples)
	return samples, nil
}

// timeText is how the views write a time.
const timeText = "2006-01-02T15:04:05.000Z"

func sampleFromRow(r dbsqlc.HeartbeatsRow) (wire.Sample, error) {
	sample := wire.Sample{Epoch: r.Epoch}
	var err error
	if sample.ReceivedAt, err = time.Parse(timeText, r.ReceivedAt); err != nil {
		return sample, err
	}
	if sample.SentAt, err = time.Parse(timeText, r.SentAt); err != nil {
		return sample, err
	}
	if err := json.Unmarshal([]byte(r.Workers), &sample.Workers); err != nil {
		return sample, err
	}
	err = json.Unmarshal([]byte(r.Node), &sample.Node)
	return sample, err
}
