package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rbee/cmd/internal/cli"
)

func TestFailures(t *testing.T) {
	queen := newQueen(t)
	gone, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + gone.Addr().String()
	gone.Close()
	const hint = "is it a queen? check --queen URL or RBEE_KEEPER_QUEEN"
	tests := []struct {
		name, url string
		answer    http.HandlerFunc
		want      string
	}{
		{"refused", closed, nil, "cannot reach the queen at " + closed + ": connection refused: is queen-rbee running? use --queen URL or RBEE_KEEPER_QUEEN"},
		{"silent", queen.URL, stall("", nil), "cannot reach the queen at " + queen.URL + ": no answer within 500ms: is queen-rbee running? use --queen URL or RBEE_KEEPER_QUEEN"},
		{"broken off", queen.URL, stall(`{"hives":[`, nil), "the queen at " + queen.URL + " did not finish its answer within 500ms: try a longer --timeout"},
		{"unknown name", "http://no-such-host.invalid:1", nil, "cannot reach the queen at http://no-such-host.invalid:1: "},
		{"a problem", queen.URL, answer(404, "application/problem+json", `{"code":"unknown_hive","detail":"hive \"x\" is not known","remedy":"see GET /v1/hives"}`), `hive "x" is not known: 'rbee-keeper hives' lists those that are known`},
		{"a problem with a remedy for people", queen.URL, answer(421, "application/problem+json", `{"code":"host_not_allowed","detail":"Host \"x\" is not served","remedy":"use an IP address"}`), `Host "x" is not served: use an IP address`},
		{"a hostile problem", queen.URL, answer(400, "application/problem+json", `{"detail":"a\nb\u001b[2J"}`), "a; b\uFFFD[2J"},
		{"an empty problem", queen.URL, answer(500, "application/problem+json", `{"title":"Internal Server Error"}`), "Internal Server Error"},
		{"another server", queen.URL, answer(404, "text/html", "<h1>"), queen.URL + " answered 404 Not Found: " + hint},
		{"a redirect", queen.URL, answer(302, "text/html", ""), queen.URL + " answered 302 Found: " + hint},
		{"no JSON", queen.URL, answer(200, "text/html", "<h1>"), queen.URL + " answered 200 with something else than the JSON expected: " + hint},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.answer != nil {
				queen.on("GET /v1/hives", tt.answer)
			}
			timeout := "--timeout=5s"
			if tt.name == "silent" || tt.name == "broken off" {
				timeout = "--timeout=500ms"
			}
			got := rig{}.run(t.Context(), "hives", "--queen", tt.url, timeout)
			if tt.name == "unknown name" { // whose reason depends on the resolver
				got.Stderr = got.Stderr[:min(len(got.Stderr), len("rbee-keeper: "+tt.want))] + "\n"
			}
			if diff := cmp.Diff(ran{Code: 1, Stderr: "rbee-keeper: " + tt.want + "\n"}, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			harmless(t, got.Stderr)
		})
	}
}

func TestInterrupted(t *testing.T) {
	queen := newQueen(t)
	for route, args := range map[string]string{"GET /v1/hives": "hives", "POST /v1/discoveries": "discover"} {
		t.Run(args, func(t *testing.T) {
			reached := make(chan struct{}, 1)
			queen.on(route, stall("", reached))
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-reached
				cancel()
			}()
			got := rig{}.run(ctx, args, "--queen", queen.URL)
			want := "rbee-keeper: interrupted"
			if args == "discover" {
				want += "; the queen may still finish the round: 'rbee-keeper discoveries' shows its results"
			}
			if diff := cmp.Diff(ran{Code: 1, Stderr: want + "\n"}, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A round takes longer than --timeout allows for other requests.
func TestDiscoverWaits(t *testing.T) {
	queen := newQueen(t)
	release := make(chan struct{})
	queen.on("POST /v1/discoveries", func(w http.ResponseWriter, r *http.Request) {
		<-release
		answer(http.StatusOK, "application/json", canned(t, "round"))(w, r)
	})
	queen.on("GET /v1/hives", stall("", nil))
	go func() {
		defer close(release)
		if got := (rig{}).run(t.Context(), "hives", "--queen", queen.URL, "--timeout=50ms"); got.Code != 1 {
			t.Errorf("hives: got %+v, want it to give up", got)
		}
	}()
	got := rig{width: 80, height: 24}.run(t.Context(), "discover", "--queen", queen.URL, "--timeout=1ms")
	if got.Code != 0 || !strings.HasSuffix(got.Stdout, "\nDiscovery complete: 1 successful, 3 failed, 2 skipped\n") {
		t.Errorf("got %+v", got)
	}
	if got.Stderr != "probing; a host that does not answer takes 10 s\n" {
		t.Errorf("a person is told %q while waiting", got.Stderr)
	}
}

func TestTerminal(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	defer write.Close()
	for _, stdout := range []io.Writer{write, new(strings.Builder)} {
		if _, _, ok := newKeeper(cli.Process{Stdout: stdout}).screen(); ok {
			t.Errorf("%T is taken for a terminal", stdout)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestOutputThatCannotBeWritten(t *testing.T) {
	queen := newQueen(t)
	for _, args := range []string{"hives", "hives -o json", "hives --watch", "version", "forget gaming-pc"} {
		got := rig{stdout: full{}, every: 1}.run(t.Context(), append(strings.Fields(args), "--queen", queen.URL)...)
		if diff := cmp.Diff(ran{Code: 1, Stderr: "rbee-keeper: write the answer: no space left on device\n"}, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", args, diff)
		}
	}
}
