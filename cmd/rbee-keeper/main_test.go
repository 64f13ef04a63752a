package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"rbee/cmd/internal/cli"
	"rbee/internal/wire"
)

var update = flag.Bool("update", false, "write the golden files")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a keeper at a desk: its terminal, its environment, its clock, which
// stands five seconds after the last minute of testdata/queen.
type rig struct {
	width, height int // of the terminal; 0 is a pipe
	env           map[string]string
	stdin         io.Reader // instead of nothing
	stdout        io.Writer // instead of a buffer
	every         time.Duration
}

type ran struct {
	Code           int
	Stdout, Stderr string
}

func (r rig) run(ctx context.Context, args ...string) ran {
	var stdout, stderr bytes.Buffer
	out := r.stdout
	if out == nil {
		out = &stdout
	}
	code := r.start(ctx, out, &stderr, args...)
	return ran{code, stdout.String(), stderr.String()}
}

func (r rig) start(ctx context.Context, stdout, stderr io.Writer, args ...string) int {
	stdin := r.stdin
	if stdin == nil {
		stdin = strings.NewReader("")
	}
	k := newKeeper(cli.Process{
		Args: args, Stdin: stdin, Stdout: stdout, Stderr: stderr,
		LookupEnv: func(name string) (string, bool) { value, set := r.env[name]; return value, set },
	})
	k.now = func() time.Time { return time.Date(2025, 10, 30, 22, 0, 5, 0, time.UTC) }
	k.every = r.every
	k.screen = func() (int, int, bool) { return r.width, r.height, r.width > 0 }
	return cli.Execute(ctx, "RBEE_KEEPER", k.Process, k.command())
}

// fakeQueen is the other side of the wire: it answers from a table and keeps
// what it was asked.
type fakeQueen struct {
	*httptest.Server
	mu      sync.Mutex
	answers map[string]http.HandlerFunc // by method and path
	asked   []string
}

// newQueen answers with the messages in testdata/queen.
func newQueen(t *testing.T) *fakeQueen {
	t.Helper()
	q := &fakeQueen{answers: map[string]http.HandlerFunc{}}
	for route, name := range map[string]string{
		"GET /v1/info": "info", "GET /v1/hives": "hives", "GET /v1/hives/gaming-pc": "hive",
		"GET /v1/hives/gaming-pc/heartbeats": "history", "GET /v1/events": "events",
		"GET /v1/discoveries": "discoveries", "POST /v1/discoveries": "round", "GET /v1/jobs": "jobs",
	} {
		q.answers[route] = answer(http.StatusOK, "application/json", canned(t, name))
	}
	samples, buckets := q.answers["GET /v1/hives/gaming-pc/heartbeats"], answer(http.StatusOK, "application/json", canned(t, "buckets"))
	q.answers["GET /v1/hives/gaming-pc/heartbeats"] = func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("step") != "" {
			buckets(w, r)
			return
		}
		samples(w, r)
	}
	q.answers["DELETE /v1/hives/gaming-pc"] = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }
	q.answers["DELETE /v1/jobs/"+aJob] = answer(http.StatusOK, "application/json", canned(t, "cancel"))
	q.Server = httptest.NewServer(q)
	t.Cleanup(q.Close)
	return q
}

func (q *fakeQueen) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	q.mu.Lock()
	q.asked = append(q.asked, strings.TrimSpace(r.Method+" "+r.URL.RequestURI()+" "+string(body)))
	handle := q.answers[r.Method+" "+r.URL.Path]
	q.mu.Unlock()
	if handle == nil {
		http.NotFound(w, r)
		return
	}
	handle(w, r)
}

// on sets the answer of a route.
func (q *fakeQueen) on(route string, handle http.HandlerFunc) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.answers[route] = handle
}

func (q *fakeQueen) requests() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return append([]string{}, q.asked...)
}

func answer(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// stall answers nothing until the client has gone; before holds what it sends.
func stall(before string, reached chan<- struct{}) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if before != "" {
			_, _ = io.WriteString(w, before)
			_ = http.NewResponseController(w).Flush()
		}
		if reached != nil {
			reached <- struct{}{}
		}
		<-r.Context().Done()
	}
}

func canned(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "queen", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; make it with -update", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: -want +got:\n%s", path, diff)
	}
}

// parse reads exactly one JSON document.
func parse(t *testing.T, text string) any {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	var document any
	if err := dec.Decode(&document); err != nil {
		t.Fatalf("%q is no JSON: %v", text, err)
	}
	if err := dec.Decode(new(any)); err != io.EOF {
		t.Errorf("more than one document: %v", err)
	}
	return document
}

// harmless checks that nothing can take over a terminal.
func harmless(t *testing.T, text string) {
	t.Helper()
	for _, r := range text {
		if r != '\n' && !cli.IsPrintable(r) {
			t.Errorf("%U reaches the terminal in %q", r, text)
			return
		}
	}
}

func rigProcess() cli.Process {
	return cli.Process{LookupEnv: func(string) (string, bool) { return "", false }}
}

// cannedSnapshot is what a feed has seen of testdata/queen.
func cannedSnapshot(t *testing.T) snapshot {
	t.Helper()
	var hives wire.HiveList
	var events wire.EventList
	for name, into := range map[string]any{"hives": &hives, "events": &events} {
		if err := json.Unmarshal([]byte(canned(t, name)), into); err != nil {
			t.Fatal(err)
		}
	}
	return snapshot{met: true, at: time.Date(2025, 10, 30, 22, 0, 5, 0, time.UTC), hives: hives.Hives, recent: events.Events}
}
