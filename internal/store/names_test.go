package store

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

// A hive that makes up names with every heartbeat fills no table: what is too
// much stands in its samples, and reads the same.
func TestNamesAreBoundedAndReadTheSame(t *testing.T) {
	b := newBed(t, newPath(t), time.Date(2026, 3, 4, 5, 59, 50, 0, time.UTC), 1)
	defer func() { _ = b.s.Close() }()
	odd := []string{"],[", `"`, `\`, "[", "]", ",", `a"],["b`, "[[1,2],[3]]", "ünï \U0001f41d", "", "null", "1", "<a&b>", "'; DROP TABLE names"}
	var oddWorkers []wire.Worker
	var oddGPUs []wire.GPU
	for i, name := range odd {
		oddWorkers = append(oddWorkers, wire.Worker{PID: int64(i), Group: name, Instance: odd[(i+1)%len(odd)], Model: &odd[(i+2)%len(odd)], CPUPct: 1.25})
		oddGPUs = append(oddGPUs, wire.GPU{ID: name, UtilPct: ptr(float64(i)), TempC: ptr(-3.5)})
	}
	node := &wire.Node{CPUPct: 1, RAMUsedMB: 2, RAMTotalMB: 3, GPUs: oddGPUs}
	want := [][]wire.Worker{oddWorkers}
	b.second(bedBeat{0, 500 * time.Millisecond, time.Second, node, oddWorkers})
	for k := range 3 {
		made := make([]wire.Worker, wire.MaxWorkers)
		for i := range made {
			made[i] = wire.Worker{PID: 1, Group: "g", Instance: fmt.Sprintf("%d-%d", k, i)}
		}
		want = append(want, made)
		b.second(bedBeat{0, 500 * time.Millisecond, time.Second, node, made})
	}
	for i := range oddWorkers { // and all odd ones anew, now that there is no room
		oddWorkers[i].TotalVRAMMB = 7
		oddGPUs[i].VRAMTotalMB = ptr[int64](7)
	}
	want[0] = append([]wire.Worker{}, want[0]...)
	for i := range want[0] {
		want[0][i].TotalVRAMMB = 0
	}
	want = append(want, oddWorkers)
	b.second(bedBeat{0, 500 * time.Millisecond, time.Second, node, oddWorkers})
	b.run(70*time.Second, time.Second, 0)
	for i := range 4 { // in a minute of its own, that memory makes
		b.second(bedBeat{0, time.Duration(500+i) * time.Millisecond, time.Second, node, oddWorkers})
	}
	b.run(70*time.Second, time.Second, 0)

	if n := countRows(t, b.s, "SELECT max(n) FROM (SELECT count(*) AS n FROM names GROUP BY scope)"); n > maxNames {
		t.Errorf("a scope has %d names, more than %d", n, maxNames)
	}
	got, err := b.s.Heartbeats(t.Context(), HeartbeatFilter{HiveID: "ha", Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if diff := cmp.Diff(want[i], got[i].Workers); diff != "" {
			t.Errorf("workers of heartbeat %d (-want +got):\n%.2000s", i, diff)
		}
	}
	if diff := cmp.Diff(oddGPUs, got[4].Node.GPUs); diff != "" {
		t.Errorf("GPUs (-want +got):\n%s", diff)
	}
	for offset, n := range want {
		var workers []wire.Worker
		text := auditor(t, b.path, fmt.Sprintf("SELECT workers FROM audit_heartbeats ORDER BY received_at LIMIT 1 OFFSET %d", offset))
		if err := json.Unmarshal([]byte(text), &workers); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(n, workers); diff != "" {
			t.Errorf("sqlite3: workers of heartbeat %d (-want +got):\n%.2000s", offset, diff)
		}
	}
	minute := time.Date(2026, 3, 4, 6, 1, 0, 0, time.UTC).Unix() / 60
	figures, row := recompute(readRaw(t, b.s), time.Minute, b.ends)["ha"][minute], readTier(t, b.s, "audit_minutes", time.Minute)["ha"][minute]
	if d := figures.differs(row, true); d != "" {
		t.Errorf("the minute with names in its samples: %s", d)
	}
	first := readTier(t, b.s, "audit_minutes", time.Minute)["ha"][minute-2]
	if n := len(first.mean); n > 4*260+4*20+2 {
		t.Errorf("the minute with made up names tells %d figures apart", n)
	}
}
