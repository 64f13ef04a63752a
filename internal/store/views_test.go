package store

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"rbee/internal/wire"
)

// The ten latest heartbeats of a hive are found by the index alone, however
// many rows there are: no scan of the table, no sort.
func TestTheTenLatestHeartbeatsAreFoundByTheIndex(t *testing.T) {
	s := openTest(t, newPath(t))
	for name, query := range map[string]string{
		"by time":      "SELECT * FROM audit_heartbeats WHERE hive_id = 'a' ORDER BY received_at DESC LIMIT 10",
		"within a day": "SELECT * FROM audit_heartbeats WHERE hive_id = 'a' AND received_at > '2026-01-01' AND received_at < '2026-01-02'",
		"last seen":    "SELECT last_seen_at FROM audit_hives",
	} {
		rows, err := s.readDB.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query)
		if err != nil {
			t.Fatal(err)
		}
		var plan strings.Builder
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			plan.WriteString(detail + "\n")
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		_ = rows.Close()
		if p := plan.String(); !strings.Contains(p, "heartbeats_by_hive") || strings.Contains(p, "TEMP B-TREE") ||
			strings.Contains(p, "SCAN b\n") || strings.Contains(p, "SCAN w") || strings.Contains(p, "SCAN g\n") {
			t.Errorf("%s: the plan is\n%s", name, p)
		}
	}
}

// Times in the views are exact, also far from now.
func TestTimesInViewsAreExact(t *testing.T) {
	path := newPath(t)
	s := openTest(t, path)
	times := []time.Time{
		time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1, 1, 1, 0, 0, 0, 1e6, time.UTC),
		time.Date(1969, 12, 31, 23, 59, 59, 999e6, time.UTC), time.Date(2038, 1, 19, 3, 14, 8, 1e6, time.UTC),
		time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC),
	}
	for range 2000 {
		times = append(times, time.UnixMilli(1_700_000_000_000+rand.Int64N(1e12)).UTC())
	}
	hbs := make([]*wire.Heartbeat, len(times))
	for i, at := range times {
		hbs[i] = &wire.Heartbeat{Timestamp: at}
	}
	addHeartbeats(t, s, testHive("a"), hbs...)
	got, err := s.Heartbeats(t.Context(), HeartbeatFilter{HiveID: "a", Limit: len(times)})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(auditor(t, path, "SELECT sent_at FROM audit_heartbeats ORDER BY received_at"), "\n")
	for i, at := range times {
		if !got[i].SentAt.Equal(at) {
			t.Errorf("%v reads %v", at, got[i].SentAt)
		}
		if want := at.Format(timeLayout); lines[i] != want {
			t.Errorf("sqlite3 reads %s, want %s", lines[i], want)
		}
	}
}

// More workers and rows than one statement or one transaction's usual share.
func TestManyRowsAtOnce(t *testing.T) {
	path := newPath(t)
	s := openTest(t, path)
	many := &wire.Heartbeat{Timestamp: testTime, Workers: make([]wire.Worker, wire.MaxWorkers), Node: &wire.Node{GPUs: make([]wire.GPU, wire.MaxGPUs)}}
	for i := range many.Workers {
		many.Workers[i] = wire.Worker{PID: int64(i), Group: fmt.Sprint("g", i%300), Model: ptr(fmt.Sprint("m", i))}
	}
	for i := range many.Node.GPUs {
		many.Node.GPUs[i].ID = fmt.Sprint("GPU-", i)
	}
	addHeartbeats(t, s, testHive("a"), many, fullHeartbeat(), many)
	got := auditor(t, path, "SELECT json_array_length(workers), json_array_length(node, '$.gpus'), json_extract(workers, '$[4095].pid'), json_extract(workers, '$[299].group') FROM audit_heartbeats ORDER BY received_at DESC LIMIT 1")
	if got != "4096|256|4095|g299" {
		t.Errorf("the large heartbeat reads %s", got)
	}
}

func BenchmarkTheTenLatestHeartbeats(b *testing.B) {
	path := b.TempDir() + "/queen.db"
	s, err := Open(b.Context(), path, discard)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	const hives, each = 10, 100_000
	for i := range hives {
		h := testHive(fmt.Sprint("h", i))
		for n := 0; n < each; n += 10_000 {
			err := s.Write(b.Context(), func(tx *Tx) error {
				if err := tx.SaveHive(h); err != nil {
					return err
				}
				for k := range 10_000 {
					tx.Heartbeat(Beat{h.PK, 1, testTime.Add(time.Duration(n+k) * time.Second), time.Second, fullHeartbeat()})
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ResetTimer()
	for b.Loop() {
		got, err := s.Heartbeats(b.Context(), HeartbeatFilter{HiveID: "h3", Limit: 10})
		if err != nil || len(got) != 10 {
			b.Fatal(len(got), err)
		}
	}
}

func BenchmarkDurableHeartbeat(b *testing.B) {
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			s, err := Open(b.Context(), b.TempDir()+"/queen.db", discard)
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			h := testHive("a")
			if err := s.Write(b.Context(), func(tx *Tx) error { return tx.SaveHive(h) }); err != nil {
				b.Fatal(err)
			}
			hb := fullHeartbeat()
			b.SetParallelism(writers)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := s.Write(b.Context(), func(tx *Tx) error { tx.Heartbeat(Beat{h.PK, 1, time.Now(), time.Second, hb}); return nil }); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
