package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rbee/cmd/internal/cli"
)

// asking are the commands that ask the queen, what they ask, and the message of
// testdata/queen that answers them.
var asking = []struct{ name, args, asks, message string }{
	{"hives", "hives", "GET /v1/hives", "hives"},
	{"hive", "hive gaming-pc", "GET /v1/hives/gaming-pc", "hive"},
	{"history", "history gaming-pc", "GET /v1/hives/gaming-pc/heartbeats?limit=20", "history"},
	{"history-last", "history gaming-pc --last=3", "GET /v1/hives/gaming-pc/heartbeats?limit=3", "history"},
	{"charts", "history gaming-pc --since 6h", "GET /v1/hives/gaming-pc/heartbeats?from=-6h&step=auto", "buckets"},
	{"events", "events", "GET /v1/events?limit=20", "events"},
	{"events-first", "events --after 0", "GET /v1/events?after=0&limit=20", "events"},
	{"events-some", "events --hive nas --kind hive.down --limit 5 --after 40", "GET /v1/events?after=40&hive=nas&kind=hive.down&limit=5", "events"},
	{"discoveries", "discoveries", "GET /v1/discoveries?limit=20", "discoveries"},
	{"discover", "discover", "POST /v1/discoveries {}", "round"},
	{"discover-take", "discover --take", `POST /v1/discoveries {"take":true}`, "round"},
	{"forget", "forget gaming-pc", "DELETE /v1/hives/gaming-pc", ""},
	{"workers", "workers", "GET /v1/hives", "workers"},
	{"workers-hive", "workers --hive gaming-pc", "GET /v1/hives/gaming-pc", "workers"},
	{"jobs", "jobs gaming-pc", "GET /v1/jobs?hive_id=gaming-pc", "jobs"},
	{"cancel", "cancel gaming-pc " + aJob, "DELETE /v1/jobs/" + aJob + "?hive_id=gaming-pc", "cancel"},
}

func TestTables(t *testing.T) {
	queen := newQueen(t)
	for _, tt := range asking {
		for where, r := range map[string]rig{"80": {width: 80, height: 24}, "pipe": {}} {
			t.Run(tt.name+"-"+where, func(t *testing.T) {
				before := len(queen.requests())
				got := r.run(t.Context(), append([]string{"--queen", queen.URL}, strings.Fields(tt.args)...)...)
				if got.Code != 0 {
					t.Fatalf("got %+v", got)
				}
				if diff := cmp.Diff([]string{tt.asks}, queen.requests()[before:]); diff != "" {
					t.Errorf("asked -want +got:\n%s", diff)
				}
				harmless(t, got.Stdout+got.Stderr)
				name, _, _ := strings.Cut(tt.name, "-")
				golden(t, name+"-"+where+".txt", got.Stdout)
			})
		}
		// Whatever the terminal, no line is wider, down to the absurd.
		for width := 1; width < 130; width += 3 {
			got := rig{width: width, height: 24}.run(t.Context(), append([]string{"--queen", queen.URL}, strings.Fields(tt.args)...)...)
			for line := range strings.Lines(got.Stdout) {
				line = strings.TrimSuffix(line, "\n")
				if isTable := !strings.Contains(line, "; its") && !strings.HasSuffix(line, " is cancelled") && !strings.Contains(line, "complete:"); isTable && textWidth(line) > width {
					t.Errorf("%s at width %d: %d columns: %q", tt.name, width, textWidth(line), line)
				}
			}
		}
	}
}

func TestJSON(t *testing.T) {
	queen := newQueen(t)
	for _, tt := range asking {
		t.Run(tt.name, func(t *testing.T) {
			got := rig{width: 20, height: 5}.run(t.Context(), append(strings.Fields(tt.args), "--queen", queen.URL, "-o", "json")...)
			if got.Code != 0 {
				t.Fatalf("got %+v", got)
			}
			want := any(map[string]any{"forgotten": "gaming-pc"})
			if tt.message != "" {
				want = parse(t, canned(t, tt.message))
			}
			if diff := cmp.Diff(want, parse(t, got.Stdout)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			harmless(t, got.Stdout)
			if !strings.HasPrefix(got.Stdout, "{\n  \"") || !strings.HasSuffix(got.Stdout, "\n}\n") {
				t.Errorf("not indented: %q", got.Stdout)
			}
		})
	}
}

func TestNothingToShow(t *testing.T) {
	queen := newQueen(t)
	tests := []struct{ args, route, body, hint string }{
		{"hives", "GET /v1/hives", `{"hives":[]}`, "no hives yet: start rbee-hive on a machine, or run 'rbee-keeper discover'"},
		{"history gaming-pc", "GET /v1/hives/gaming-pc/heartbeats", `{"hive_id":"gaming-pc","samples":[]}`, "no heartbeats of gaming-pc yet"},
		{
			"history gaming-pc --step 1m", "GET /v1/hives/gaming-pc/heartbeats",
			`{"hive_id":"gaming-pc","from":"2025-10-30T16:00:00Z","to":"2025-10-30T16:02:00Z","step_s":60,"tier":"raw","points":[null,null]}`,
			"no heartbeats of gaming-pc in that time",
		},
		{"events", "GET /v1/events", `{"events":[]}`, "no such events: 'rbee-keeper events' without flags shows the latest of all"},
		{"jobs gaming-pc", "GET /v1/jobs", `{"jobs":[]}`, "no jobs yet: 'rbee-keeper spawn' and 'rbee-keeper pull' make some"},
		{"discoveries", "GET /v1/discoveries", `{"discoveries":[]}`, "nothing was probed yet: 'rbee-keeper discover' probes all, 'rbee-keeper ssh' shows what that is"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			queen.on(tt.route, answer(http.StatusOK, "application/json", tt.body))
			args := append([]string{"--queen", queen.URL}, strings.Fields(tt.args)...)
			got := rig{}.run(t.Context(), args...)
			if diff := cmp.Diff(ran{Stderr: tt.hint + "\n"}, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			got = rig{}.run(t.Context(), append(args, "-o", "json")...)
			if diff := cmp.Diff(parse(t, tt.body), parse(t, got.Stdout)); diff != "" || got.Code != 0 {
				t.Errorf("exit %d, -want +got:\n%s", got.Code, diff)
			}
		})
	}
	queen.on("POST /v1/discoveries", answer(http.StatusOK, "application/json", `{"successful":0,"failed":0,"skipped":0,"results":[]}`))
	got := rig{}.run(t.Context(), "discover", "--queen", queen.URL)
	if diff := cmp.Diff(ran{Stdout: "Discovery complete: 0 successful, 0 failed, 0 skipped\n"}, got); diff != "" {
		t.Errorf("discover: -want +got:\n%s", diff)
	}
}

func TestUsage(t *testing.T) {
	queen := newQueen(t)
	tests := []struct {
		args string
		env  map[string]string
		want string
	}{
		{"hive ..", nil, `hive id ".." is not valid`},
		{"history a/b", nil, `hive id "a/b" is not valid`},
		{"forget -- -x", nil, `hive id "-x" is not valid`},
		{"hive", nil, "argument ID is missing"},
		{"forget a b", nil, `unexpected argument "b"`},
		{"hives a", nil, `unexpected argument "a"`},
		{"events --hive ..", nil, `--hive: hive id ".." is not valid`},
		{"events --after=-1", nil, "--after: -1 is not the id of an event"},
		{"events --limit 1001", nil, "--limit: 1001 is more than a queen tells at once"},
		{"events --after=x", nil, `--after: "x" is not a whole number`},
		{"events --limit=0", nil, `--limit: "0" is not a count`},
		{"history a --last=x", nil, `--last: "x" is not a count`},
		{"history a --since 6h --last 3", nil, "--last counts single heartbeats: leave it out"},
		{"history a --since 6h --from -1h", nil, "--since and --from both say where to begin"},
		{"history a --to -1h", nil, "--to needs a beginning: use --from or --since too"},
		{"history a --since x", nil, `--since: "x" is not a time span: expected for example 90m, 6h or 7d`},
		{"history a --since -6h", nil, `--since: "-6h" is not a time span`},
		{"history a --from 6h", nil, `--from: "6h" is not a time: expected for example 2025-10-30T22:00:00Z, or -6h`},
		{"history a --from -6h --to yesterday", nil, `--to: "yesterday" is not a time`},
		{"history a --since 6h --step=0", nil, `--step: "0" is not a time span: expected for example 90m, 6h or 7d, or auto`},
		{"hives --timeout=0", nil, `--timeout: "0" is not a time to wait`},
		{"hives --watch -o json", nil, "--watch is for people: it has no -o json"},
		{"top", nil, "top needs a terminal: use 'rbee-keeper hives --watch' or 'rbee-keeper hives -o json'"},
		{"top -o json", nil, "top is for people: it has no -o json: use 'rbee-keeper hives -o json'"},
		{"hives -o yaml", nil, `--output: "yaml" is not one of table, json`},
		{"spawn gaming-pc", nil, "argument MODEL is missing"},
		{"stop .. w", nil, `hive id ".." is not valid`},
		{"pull gaming-pc a b", nil, `unexpected argument "b"`},
		{"workers --hive ..", nil, `--hive: hive id ".." is not valid`},
		{"logs gaming-pc w -o json", nil, "logs are lines: they have no -o json"},
		{"ssh --hive-port 0", nil, `--hive-port: "0" is not a port`},
		{"ssh", nil, "set --ssh-config FILE"},
		{"hives --queen queen:7833", nil, `--queen: URL "queen:7833" is not valid`},
		{"hives --queen http://u:p@q", nil, "user and password are not allowed"},
		{"hives", map[string]string{"RBEE_KEEPER_QUEEN": "http://q:99999"}, `RBEE_KEEPER_QUEEN: URL "http://q:99999" is not valid: the port 99999 is not in 1..65535`},
		{"hives", map[string]string{"RBEE_KEEPER_OUTPUT": "xml"}, `RBEE_KEEPER_OUTPUT: "xml" is not one of table, json`},
		{"nothing", nil, `unknown command "nothing"`},
		{"", nil, "no command given: use one of backup, cancel, check, discover, discoveries, doctor, events, forget, history, hive, hives, jobs, logs, models, pull, remove, spawn, ssh, stop, top, version, workers"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			env := map[string]string{"RBEE_KEEPER_QUEEN": queen.URL}
			for name, value := range tt.env {
				env[name] = value
			}
			got := rig{env: env}.run(t.Context(), strings.Fields(tt.args)...)
			if got.Code != 2 || got.Stdout != "" || !strings.Contains(got.Stderr, tt.want) ||
				strings.Count(got.Stderr, "\n") != 1 || !strings.Contains(got.Stderr, "--help')") {
				t.Errorf("got %+v, want exit 2 and one line with %q and a hint", got, tt.want)
			}
		})
	}
	if asked := queen.requests(); len(asked) > 0 {
		t.Errorf("the queen was asked %q", asked)
	}
}

func TestWhichQueen(t *testing.T) {
	wanted, other := newQueen(t), newQueen(t)
	ask := func(env string, args ...string) {
		t.Helper()
		before := len(wanted.requests())
		got := rig{env: map[string]string{"RBEE_KEEPER_QUEEN": env}}.run(t.Context(), append(args, "hives")...)
		if got.Code != 0 || len(wanted.requests()) != before+1 || len(other.requests()) != 0 {
			t.Errorf("%q, %q: got %+v; the wanted queen was asked %q, the other %q", env, args, got, wanted.requests(), other.requests())
		}
	}
	ask(wanted.URL)
	ask(wanted.URL + "/")
	ask(other.URL, "--queen", wanted.URL)
	got := rig{}.run(t.Context(), "hives", "--help")
	if !strings.Contains(got.Stdout, "[RBEE_KEEPER_QUEEN]") || !strings.Contains(got.Stdout, "http://127.0.0.1:7833") {
		t.Errorf("--help does not tell the default and the variable:\n%s", got.Stdout)
	}
}

func TestVersion(t *testing.T) {
	want := cli.VersionLine("rbee-keeper") + "\n"
	for _, args := range []string{"version", "--version"} {
		if diff := cmp.Diff(ran{Stdout: want}, rig{}.run(t.Context(), args)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", args, diff)
		}
	}
	got := rig{}.run(t.Context(), "version", "-o", "json")
	var b cli.Build
	if err := json.Unmarshal([]byte(got.Stdout), &b); err != nil || b != cli.ThisBuild() {
		t.Errorf("got %q (%v), want %+v", got.Stdout, err, cli.ThisBuild())
	}
}
