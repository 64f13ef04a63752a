package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

// Styles take no room and leave the text as it is, at any width.
func TestStylesTakeNoRoom(t *testing.T) {
	queen := newQueen(t)
	for _, tt := range asking {
		for width := 20; width <= 120; width += 20 {
			run := func(env map[string]string) string {
				r := rig{width: width, height: 24, env: env}
				got := r.run(t.Context(), append([]string{"--queen", queen.URL}, strings.Fields(tt.args)...)...)
				return got.Stdout
			}
			plain, coloured := run(nil), run(map[string]string{"TERM": "xterm"})
			if diff := cmp.Diff(plain, escapes.ReplaceAllString(coloured, "")); diff != "" {
				t.Errorf("%s at width %d: -plain +coloured:\n%s", tt.name, width, diff)
			}
		}
	}
}

func TestWordsAreColoured(t *testing.T) {
	queen := newQueen(t)
	got := rig{width: 80, height: 24, env: map[string]string{"TERM": "xterm"}}.run(t.Context(), "--queen", queen.URL, "hives").Stdout
	for _, want := range []string{
		"\x1b[32mhealthy\x1b[0m ", "\x1b[33mdegraded\x1b[0m ", "\x1b[31mdown\x1b[0m ", "\x1b[90munconfirmed\x1b[0m ", "\x1b[90mstopped\x1b[0m ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%q", want, got)
		}
	}
	if strings.Contains(strings.SplitN(got, "\n", 2)[0], "\x1b") {
		t.Errorf("the titles are coloured: %q", got)
	}
	found := findings{{Level: wire.FindingError, Subject: "s", Detail: "d", Remedy: "r"}}
	if got, want := found.draw(sheet{width: 80, styles: true}), "\x1b[31merror\x1b[0m    s: d\n         -> r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Who asks for no colours gets none, and no pipe does.
func TestNoStyles(t *testing.T) {
	queen := newQueen(t)
	for name, r := range map[string]rig{
		"pipe":           {env: map[string]string{"TERM": "xterm"}},
		"NO_COLOR":       {width: 80, height: 24, env: map[string]string{"TERM": "xterm", "NO_COLOR": "no"}},
		"dumb":           {width: 80, height: 24, env: map[string]string{"TERM": "dumb"}},
		"no TERM at all": {width: 80, height: 24},
	} {
		for _, args := range []string{"hives", "hive gaming-pc", "events", "discover", "doctor"} {
			got := r.run(t.Context(), append([]string{"--queen", queen.URL}, strings.Fields(args)...)...)
			if got.Stdout == "" || strings.Contains(got.Stdout, "\x1b") {
				t.Errorf("%s: %s: got %q", name, args, got.Stdout)
			}
		}
	}
	r := rig{width: 80, height: 24, env: map[string]string{"TERM": "xterm"}}
	if got := r.run(t.Context(), "--queen", queen.URL, "hives", "-o", "json"); strings.Contains(got.Stdout, "\x1b") {
		t.Errorf("JSON: got %q", got.Stdout)
	}
	for value, want := range map[string]bool{"": false, "0": true, "false": true, "1": true} {
		p := rigProcess()
		p.LookupEnv = func(name string) (string, bool) { return value, name == "NO_COLOR" }
		if got := strings.Contains(strings.Join(newKeeper(p).terminalEnvironment(), " "), "NO_COLOR=1"); got != want {
			t.Errorf("top with NO_COLOR=%q: the library is told %v, want %v", value, got, want)
		}
	}
}

// Names may be as long as they can be: no table is wider than the terminal.
func TestLongNamesFit(t *testing.T) {
	queen := newQueen(t)
	long := strings.Repeat("very-long-", 6) + "id"
	queen.on("GET /v1/hives", answer(http.StatusOK, "application/json", fmt.Sprintf(
		`{"hives":[{"id":%q,"status":"unconfirmed","address":"host.%s.example.org","port":65535,"last_seen":"2025-10-01T00:00:00Z","node":{"cpu_pct":100},`+
			`"devices":[{"id":"GPU-0","device_type":"gpu","vram_gb":123456}],`+
			`"workers":[{"pid":4194304,"group":%[1]q,"instance":"65535","cpu_pct":12800,"rss_mb":99999999,"gpu_util_pct":100,"vram_mb":9999999,"uptime_s":99999999,"model":%[1]q}]}]}`, long, long)))
	queen.on("GET /v1/events", answer(http.StatusOK, "application/json", fmt.Sprintf(
		`{"events":[{"id":123456789,"at":"2025-10-01T00:00:00Z","kind":"hive.capabilities_changed","hive_id":%q,"detail":{"a":%[1]q}}]}`, long)))
	for _, args := range []string{"hives", "workers", "events"} {
		got := rig{width: 80, height: 24, env: map[string]string{"TERM": "xterm"}}.run(t.Context(), append([]string{"--queen", queen.URL}, args)...)
		for line := range strings.Lines(escapes.ReplaceAllString(got.Stdout, "")) {
			if n := textWidth(strings.TrimSuffix(line, "\n")); n > 80 {
				t.Errorf("%s: %d columns: %s", args, n, line)
			}
		}
		if strings.Count(got.Stdout, "\n") != 2 {
			t.Errorf("%s: got %+v", args, got)
		}
		if (args == "hives") != strings.Contains(got.Stdout, "\x1b[") {
			t.Errorf("%s: styles are not as they should be: %q", args, got.Stdout)
		}
	}
}
