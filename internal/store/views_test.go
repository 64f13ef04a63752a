package store

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"rbee/internal/wire"
)

// What auditors ask is answered by keys alone, however many rows there are: no
// scan of a table of the history, no sort of its rows.
func TestNaturalQueriesUseTheKeys(t *testing.T) {
	s := openTest(t, newPath(t))
	const byTime, within = "SEARCH b USING PRIMARY KEY (received_at<?)", "SEARCH b USING PRIMARY KEY (received_at>? AND received_at<?)"
	for _, tt := range []struct{ name, query, key string }{
		{"the ten latest", "SELECT * FROM audit_heartbeats WHERE hive_id = 'a' ORDER BY received_at DESC LIMIT 10", byTime},
		{"the ten first", "SELECT * FROM audit_heartbeats WHERE hive_id = 'a' ORDER BY received_at LIMIT 10", byTime},
		{"within a day", "SELECT * FROM audit_heartbeats WHERE hive_id = 'a' AND received_at > '2026-01-01' AND received_at < '2026-01-02'", within},
		{"minutes of a day", "SELECT * FROM audit_minutes WHERE hive_id = 'a' AND at >= '2026-01-01' AND at < '2026-01-02' ORDER BY at", "SEARCH m USING INTEGER PRIMARY KEY (rowid=?)"},
		{"the last hours", "SELECT * FROM audit_hours WHERE hive_id = 'a' ORDER BY at DESC LIMIT 10", "SEARCH m USING INTEGER PRIMARY KEY (rowid=?)"},
		{"uptime", "SELECT * FROM audit_uptime WHERE hive_id = 'a'", "SEARCH m USING INTEGER PRIMARY KEY (rowid=?)"},
		{"last seen", "SELECT last_seen_at FROM audit_hives WHERE hive_id = 'a'", "SEARCH b USING PRIMARY KEY (received_at>?)"},
	} {
		plan := queryPlan(t, s, tt.query)
		if !strings.Contains(plan, tt.key) {
			t.Errorf("%s: the plan has no %s:\n%s", tt.name, tt.key, plan)
		}
		for _, bad := range []string{"SCAN b\n", "SCAN m\n", "SCAN o\n", "SCAN n\n", "SCAN k\n", "TEMP B-TREE FOR ORDER BY"} {
			if strings.Contains(plan, bad) && tt.name != "last seen" {
				t.Errorf("%s: the plan has %s:\n%s", tt.name, bad, plan)
			}
		}
	}
}

func queryPlan(t *testing.T, s *Store, query string) string {
	t.Helper()
	rows, err := s.readDB.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
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
	return plan.String()
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

// A million rows of twelve hives, of which one fell silent early on; ten of one
// hive, through the store and through the sqlite3 program.
func BenchmarkTheTenLatestHeartbeats(b *testing.B) {
	path := b.TempDir() + "/queen.db"
	s, err := Open(b.Context(), path, discard)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	const seconds, silent = 90_000, 600
	hives := make([]*Hive, 12)
	for i := range hives {
		hives[i] = testHive(fmt.Sprint("h", i))
	}
	for from := 0; from < seconds; from += silent {
		err := s.Write(b.Context(), func(tx *Tx) error {
			for i, h := range hives {
				h.Beating, h.LastBeat = i > 0 || from == 0, testTime.Add((silent-1)*time.Second)
				if err := tx.SaveHive(h); err != nil {
					return err
				}
			}
			for k := range silent {
				for _, h := range hives {
					if h.Beating {
						tx.Heartbeat(Beat{h.PK, 1, testTime.Add(time.Duration(from+k) * time.Second), time.Second, fullHeartbeat()})
					}
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	for _, tt := range []struct{ name, hive string }{{"live", "h3"}, {"dead", "h0"}} {
		b.Run(tt.name, func(b *testing.B) {
			for b.Loop() {
				got, err := s.Heartbeats(b.Context(), HeartbeatFilter{HiveID: tt.hive, Limit: 10})
				if err != nil || len(got) != 10 {
					b.Fatal(len(got), err)
				}
			}
		})
		b.Run(tt.name+"/sqlite3", func(b *testing.B) {
			for b.Loop() {
				got := auditor(b, path, "SELECT * FROM audit_heartbeats WHERE hive_id = '"+tt.hive+"' ORDER BY received_at DESC LIMIT 10")
				if strings.Count(got, "\n") != 9 {
					b.Fatal(got)
				}
			}
		})
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
