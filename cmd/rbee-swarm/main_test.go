package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"rbee/cmd/internal/cli"
)

// run0 runs the program and returns its exit code and what it wrote.
func run0(t *testing.T, env map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	p := cli.Process{
		Args: args, Stdout: &out, Stderr: &errs,
		LookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
	}
	code = cli.Execute(t.Context(), "RBEE_SWARM", p, command(p))
	return code, out.String(), errs.String()
}

func TestHelpFitsATerminal(t *testing.T) {
	code, out, errs := run0(t, nil, "--help")
	if code != 0 {
		t.Errorf("exit code %d: %s", code, errs)
	}
	for line := range strings.Lines(out) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

func TestUsage(t *testing.T) {
	for _, tt := range []struct {
		says string
		args []string
	}{
		{"--busy goes without --hives", []string{"--busy", "5", "--hives", "5"}},
		{"--busy goes without --hives and --burst", []string{"--busy", "5", "--burst"}},
		{"--busy: -1", []string{"--busy", "-1"}},
		{"not an IP address", []string{"--listen", "here"}},
		{"127.0.0.0/8 only", []string{"--listen", "10.0.0.1"}},
		{"http only", []string{"--queen", "https://queen"}},
		{"--hives: \"0\"", []string{"--hives", "0"}},
		{"clones", []string{"--clones", "11"}},
	} {
		code, _, errs := run0(t, nil, tt.args...)
		if code != cli.ExitUsage || !strings.Contains(errs, tt.says) {
			t.Errorf("%q ends with %d: %s", tt.args, code, errs)
		}
	}
}

func TestNothingAcceptedIsAFailure(t *testing.T) {
	url := queen(t, http.StatusInternalServerError)
	code, out, errs := run0(t, map[string]string{"RBEE_SWARM_QUEEN": url}, "--duration", "100ms", "--hives", "2", "--ramp", "0")
	if code != cli.ExitFailed || !strings.Contains(errs, "no heartbeat was accepted") || !strings.Contains(out, "500: 2") {
		t.Errorf("it ends with %d, %s, %s", code, out, errs)
	}
}

func queen(t *testing.T, status int) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	t.Cleanup(s.Close)
	return s.URL
}

// The names of the figures are read by other programs.
func TestTheNamesOfTheFigures(t *testing.T) {
	code, out, errs := run0(t, nil, "--queen", queen(t, http.StatusOK), "--duration", "200ms", "--busy", "2", "--ramp", "0", "-o", "json")
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	var document map[string]any
	if err := json.Unmarshal([]byte(out), &document); err != nil {
		t.Fatal(err)
	}
	var names []string
	for key, value := range document {
		names = append(names, key)
		if object, ok := value.(map[string]any); ok && key != "status" && key != "errors" {
			for _, inner := range slices.Sorted(maps.Keys(object)) {
				names = append(names, key+"."+inner)
			}
		}
	}
	slices.Sort(names)
	want := strings.Fields(`
		accepted accepted_per_s accepted_since_start attempted clones clones_accepted clones_refused connections_opened errors hives
		latency_ms latency_ms.max latency_ms.p50 latency_ms.p90 latency_ms.p99 measured_s mode own_cpu_cores own_cpu_us_per_heartbeat
		pulls_answered queen
		recovery recovery.healthy_ms recovery.hives recovery.hives_still_away recovery.outages recovery.time_to_all_healthy_ms
		request_bytes restarts restarts.healthy_ms restarts.hives restarts.time_to_all_healthy_ms
		send_lag_ms send_lag_ms.max send_lag_ms.p50 send_lag_ms.p90 send_lag_ms.p99 sent
		server_cpu_cores server_cpu_us_per_heartbeat server_rss_mb server_rss_peak_mb
		start start.healthy_ms start.hives start.time_to_all_healthy_ms
		state_bytes_gained state_bytes_per_heartbeat status wal_bytes_gained warmup_s`)
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("the names (-want +got):\n%s", diff)
	}
}
