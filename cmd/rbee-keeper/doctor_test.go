package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// sick answers as a queen whose fleet is not well.
func sick(t *testing.T) *fakeQueen {
	t.Helper()
	queen := newQueen(t)
	queen.on("GET /v1/info", answer(http.StatusOK, "application/json",
		`{"queen_id":"q","version":"0.1.0+abc","epoch":2,"started_at":"2025-10-30T21:00:00Z","schema_version":6,"state_bytes":1048576,"wal_bytes":99999999}`))
	queen.on("GET /v1/discoveries", answer(http.StatusOK, "application/json", `{"discoveries":[
		{"alias":"far","hostname":"10.0.0.7","outcome":"skipped","error":"queen listens on loopback only: use --bind or --advertise-url","epoch":2},
		{"alias":"nas","hostname":"10.0.0.8","outcome":"failed","error":"refused","epoch":2},
		{"alias":"nas","hostname":"10.0.0.8","outcome":"registered","epoch":2},
		{"alias":"old","hostname":"10.0.0.9","outcome":"failed","error":"timeout","epoch":1},
		{"alias":"localhost","hostname":"localhost","source":"localhost","outcome":"failed","error":"refused","epoch":2}]}`))
	queen.on("GET /v1/hives", answer(http.StatusOK, "application/json", `{"hives":[
		{"id":"well","status":"healthy","version":"0.1.0+def","health_status":{"status":"healthy"},"clock_skew_ms":1900},
		{"id":"late","status":"degraded","version":"0.0.9","health_status":{"status":"healthy"},"clock_skew_ms":-420600},
		{"id":"gone","status":"down","version":"0.0.1 on","health_status":{"status":"unhealthy"},"clock_skew_ms":99999,"last_seen":"2025-10-30T21:00:05Z"},
		{"id":"full","status":"healthy","health_status":{"status":"degraded","reason":"the disk is full"}},
		{"id":"away","status":"unconfirmed","health_status":{}}]}`))
	queen.on("GET /v1/events", answer(http.StatusOK, "application/json", `{"events":[]}`))
	return queen
}

func examined(t *testing.T, queen *fakeQueen) ran {
	t.Helper()
	return rig{env: map[string]string{"HOME": t.TempDir()}}.run(t.Context(), "doctor", "--queen", queen.URL)
}

func TestDoctorFinds(t *testing.T) {
	got := examined(t, sick(t))
	for _, want := range []string{
		"ok       queen: q at ",
		"warning  discovery: she listens on loopback only, and so she does not look for hives on far\n         -> start her with --bind 0.0.0.0,",
		"ok       discovery: hives answered on 0 of 1 hosts that were probed, not on nas (refused)\n",
		"ok       hives: 5 known: 2 healthy, 1 degraded, 1 down, 1 unconfirmed, 0 stopped\n",
		"warning  hive late: degraded",
		"warning  hive late: its clock is 7m1s behind the queen's\n         -> have NTP",
		"warning  hive gone: down, seen last 1h ago\n         -> see whether rbee-hive runs there",
		"warning  hive full: calls itself degraded: the disk is full\n         -> 'rbee-keeper check full'",
		"warning  hive away: not heard of since the queen started",
		"warning  versions: the queen has 0.1.0; 0.0.9 on late\n         -> install one release",
		"warning  state file: 1.0 MiB, and 95 MiB of log\n         -> somebody keeps a transaction open",
		"warning  backup: none was ever made\n         -> 'rbee-keeper backup FILE'",
		"ok       ssh config: no hosts in ",
	} {
		if !strings.Contains(got.Stdout, want) {
			t.Errorf("%q is not found in\n%s", want, got.Stdout)
		}
	}
	for _, line := range []string{"hive well", "gone: its clock", "gone: calls", "0.0.1 on", "old (", "localhost ("} {
		if strings.Contains(got.Stdout, line) {
			t.Errorf("%q is found in\n%s", line, got.Stdout)
		}
	}
	if got.Code != 1 || got.Stderr != "rbee-keeper: 9 findings need action\n" {
		t.Errorf("exit %d, %q", got.Code, got.Stderr)
	}
}

func TestDoctorFindsNothing(t *testing.T) {
	queen := sick(t)
	queen.on("GET /v1/hives", answer(http.StatusOK, "application/json", `{"hives":[{"id":"well","status":"healthy","version":"0.1.0","health_status":{"status":"healthy"}}]}`))
	queen.on("GET /v1/discoveries", answer(http.StatusOK, "application/json", `{"discoveries":[]}`))
	backups := func(made, failed string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			event := map[string]string{"state.backed_up": made, "state.backup_failed": failed}[r.FormValue("kind")]
			fmt.Fprintf(w, `{"events":[%s]}`, event)
		}
	}
	const fresh, old, failed = `{"id":7,"at":"2025-10-30T21:00:00Z"}`, `{"id":7,"at":"2025-10-20T22:00:00Z"}`, `{"id":%d,"at":"2025-10-30T21:30:00Z","detail":{"error":"no room"}}`
	const first, later = `"epoch":1,"started_at":"2025-10-30T21:00:00Z"`, `"epoch":2,"started_at":"2025-10-30T21:00:00Z"`
	tests := []struct {
		name, boot, made, failed string
		code                     int
		want                     string
	}{
		{"none", later, "", "", 1, "warning  backup: none was ever made\n"},
		{"none in the first days", first, "", "", 0, "ok       backup: none yet: 'rbee-keeper backup FILE'"},
		{"well", later, fresh, "", 0, "ok       backup: the last one was made 1h ago\n"},
		{"failed before", later, fresh, fmt.Sprintf(failed, 6), 0, "ok       backup: the last one was made 1h ago\n"},
		{"old", later, old, "", 1, "warning  backup: the last one was made 10d ago\n"},
		{"failed since", first, fresh, fmt.Sprintf(failed, 8), 1, "warning  backup: a scheduled one failed 30m ago: error=\"no room\"\n         -> look at the disk"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			queen.on("GET /v1/events", backups(tt.made, tt.failed))
			queen.on("GET /v1/info", answer(http.StatusOK, "application/json", `{"queen_id":"q","version":"0.1.0",`+tt.boot+`}`))
			got := examined(t, queen)
			if got.Code != tt.code || !strings.Contains(got.Stdout, tt.want) || (tt.code == 0) != (got.Stderr == "") {
				t.Errorf("got %+v, want exit %d and %q", got, tt.code, tt.want)
			}
		})
	}
}

// What is no queen, or none at all, is the error; the SSH config is judged.
func TestDoctorWithoutAQueen(t *testing.T) {
	queen := newQueen(t)
	queen.on("GET /v1/info", answer(http.StatusOK, "text/html", "<h1>"))
	got := examined(t, queen)
	if got.Code != 1 || !strings.HasPrefix(got.Stdout, "error    queen: "+queen.URL+" answered 200 with something else than the JSON expected") || !strings.Contains(got.Stdout, "ssh config") {
		t.Errorf("got %+v", got)
	}
	queen.Close()
	got = examined(t, queen)
	if got.Code != 1 || !strings.HasPrefix(got.Stdout, "error    queen: none answers at "+queen.URL+": connection refused\n         -> start queen-rbee") {
		t.Errorf("got %+v", got)
	}
}

func TestRoughly(t *testing.T) {
	for d, want := range map[time.Duration]string{2049 * time.Millisecond: "2s", 2151 * time.Millisecond: "2.2s", 420600 * time.Millisecond: "7m1s"} {
		if got := roughly(d).String(); got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
}
