package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

// What others hold of a GPU is in every tier, told apart from what nobody knows,
// and costs a row nothing while it is nothing.
func TestForeignVRAMInTheHistory(t *testing.T) {
	path := newPath(t)
	b := newBed(t, path, time.Date(2026, 3, 4, 5, 58, 0, 0, time.UTC), 1)
	for n := range 200 {
		foreign := ptr[int64](512)
		if n%2 == 1 {
			foreign = nil // of GPU-3, now and then
		}
		b.second(bedBeat{hive: 0, after: time.Millisecond, interval: time.Second, node: &wire.Node{GPUs: []wire.GPU{
			{ID: "GPU-0", UtilPct: ptr(64.0)},
			{ID: "GPU-1", UtilPct: ptr(64.0), ForeignVRAMMB: ptr[int64](0)},
			{ID: "GPU-2", UtilPct: ptr(64.0), ForeignVRAMMB: ptr(int64(100 + 10*(n%2)))},
			{ID: "GPU-3", UtilPct: ptr(64.0), ForeignVRAMMB: foreign},
		}}})
	}
	for range 10 {
		b.second()
	}
	ask := func(what, query, want string) {
		t.Helper()
		if diff := cmp.Diff(want, auditor(t, path, query)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	ask("a row", "SELECT gpus FROM heartbeats WHERE received_at = '2026-03-04T05:58:01.001Z'",
		"0,64,null,null,null],[1,64,null,null,null],[2,64,null,null,null,110],[4,64,null,null,null")
	ask("names", "SELECT n, name FROM names WHERE scope = '2026-03-04'",
		"0|[\"GPU-0\",null]\n1|[\"GPU-1\",null,true]\n2|[\"GPU-2\",null,true]\n3|[\"GPU-3\",null,true]\n4|[\"GPU-3\",null]")
	ask("the view", "SELECT json_extract(node, '$.gpus[0]'), json_extract(node, '$.gpus[1]') FROM audit_heartbeats WHERE received_at = '2026-03-04T05:58:01.001Z'",
		`{"id":"GPU-0","util_pct":64,"vram_used_mb":null,"vram_total_mb":null,"temp_c":null,"power_w":null}|`+
			`{"id":"GPU-1","util_pct":64,"vram_used_mb":null,"vram_total_mb":null,"temp_c":null,"power_w":null,"foreign_vram_mb":0}`)
	const figures = "json_extract(gpus, '$[1].foreign_vram_mb_mean'), json_extract(gpus, '$[2].foreign_vram_mb_mean'), json_extract(gpus, '$[2].foreign_vram_mb_max'), " +
		"json_extract(gpus, '$[3].foreign_vram_mb_mean'), json_type(gpus, '$[0].foreign_vram_mb_mean')"
	for _, view := range []string{"audit_minutes", "audit_hours"} {
		ask(view, "SELECT "+figures+" FROM "+view+" ORDER BY at LIMIT 1", "0|105|110|512|")
	}
	got, err := b.s.Heartbeats(t.Context(), HeartbeatFilter{HiveID: b.hives[0].ID, Limit: 1})
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	var foreign []*int64
	for _, g := range got[0].Node.GPUs {
		foreign = append(foreign, g.ForeignVRAMMB)
	}
	if diff := cmp.Diff([]*int64{nil, ptr[int64](0), ptr[int64](110), nil}, foreign); diff != "" {
		t.Errorf("the last heartbeat (-want +got):\n%s", diff)
	}
	b.stop()
}
