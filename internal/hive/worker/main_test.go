package worker

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rbee/internal/hive/worker/catalog"
	"rbee/internal/hive/worker/proc"
	"rbee/internal/wire"
)

// kills is how often the story of the killed hives is told.
var kills = flag.Int("worker.kills", 5, "how often a fleet with eight workers is killed")

// bedDirs are the directories of all beds, for a last look at what is left.
var bedDirs []string

// TestMain lets this binary stand in for an engine, its children, and a hive.
func TestMain(m *testing.M) {
	switch {
	case os.Getenv(childVariable) != "":
		os.Exit(child(os.Getenv(childVariable)))
	case os.Getenv(engineVariable) != "":
		os.Exit(engine(os.Args[1:]))
	case os.Getenv(hiveVariable) != "":
		os.Exit(hive(os.Getenv(hiveVariable)))
	}
	code := m.Run()
	for _, dir := range bedDirs {
		if left := tokens(dir); len(left) > 0 {
			fmt.Fprintln(os.Stderr, "processes left behind:", left)
			code = 1
		}
	}
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// tokens returns the pids of the living processes whose token is of a fleet
// below dir, with their tokens.
func tokens(dir string) map[int]string {
	t, err := proc.Read()
	if err != nil {
		return map[int]string{0: err.Error()}
	}
	found := map[int]string{}
	for _, p := range t.All {
		_, home, ok := strings.Cut(proc.Variable(p.PID, catalog.TokenVariable), ":")
		if ok && !p.Ended && strings.HasPrefix(home, dir) {
			found[p.PID] = home
		}
	}
	return found
}

const patience = 60 * time.Second // this machine may be busy

// bed is a fleet with a kind "fake", whose engine is this test binary.
type bed struct {
	*Fleet
	t      *testing.T
	dir    string
	cfg    Config
	stop   func()       // ends Run and leaves the workers
	before func(*Fleet) // what is changed of a fleet before it runs; nil: nothing
}

// newBed writes the kind, with these lines of TOML more, and runs a fleet.
func newBed(t *testing.T, kind string, env ...string) *bed {
	t.Helper()
	dir := t.TempDir()
	bedDirs = append(bedDirs, dir)
	b := &bed{t: t, dir: dir}
	b.cfg = fleetConfig(dir)
	b.cfg.Log = slog.New(slog.NewTextHandler(testWriter{t}, nil))
	b.cfg.Env = append(os.Environ(), env...)
	writeKind(t, dir, "fake", kind)
	t.Cleanup(func() {
		for end := time.Now().Add(10 * time.Second); len(tokens(dir)) > 0 && time.Now().Before(end); {
			for pid := range tokens(dir) {
				p, _ := os.FindProcess(pid)
				p.Kill()
			}
			time.Sleep(10 * time.Millisecond)
		}
	})
	b.run()
	return b
}

// fleetConfig is that of the fleets in dir, here and in other processes.
func fleetConfig(dir string) Config {
	return Config{
		Dir: filepath.Join(dir, "workers"), Catalog: catalog.Catalog{Dir: filepath.Join(dir, "workers.d"), Path: os.Getenv("PATH")},
		Env: os.Environ(), Ports: PortRange{23100, 23899}, Cgroups: os.Getenv(groupVariable) != "",
	}
}

// writeKind writes a kind of fake engines.
func writeKind(t *testing.T, dir, name, more string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`program = %q
arguments = ["--port", "{port}", "--model={model}"]
health = "/health"
ready_timeout = "60s"
group = "llm"
[devices.cpu]
[devices.cuda]
[environment]
%s = "1"
`, self, engineVariable)
	head, tail, ok := strings.Cut(more, "[environment]\n")
	if ok {
		text += tail
	}
	text = head + "\n" + text
	if err := os.MkdirAll(filepath.Join(dir, "workers.d"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "workers.d", name+".toml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run starts a fleet on the bed's directory, the first or the next.
func (b *bed) run() {
	b.t.Helper()
	f, err := New(b.cfg)
	if err != nil {
		b.t.Fatal(err)
	}
	if b.before != nil {
		b.before(f)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	b.Fleet = f
	b.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			b.t.Errorf("Run: %v", err)
		}
	})
	b.t.Cleanup(b.stop)
	if err := f.begun(b.context()); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bed) context() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	b.t.Cleanup(cancel)
	return ctx
}

// spawn starts a fake engine and waits for a state.
func (b *bed) spawn(until wire.WorkerState) Status {
	b.t.Helper()
	s, err := b.Spawn(b.context(), Spec{Kind: "fake", Model: "tiny", Device: "CPU-0"})
	if err != nil {
		b.t.Fatal(err)
	}
	return b.await(s.ID, "is "+string(until), func(s Status) bool { return s.State == until })
}

// await watches a worker until its status is as wanted.
func (b *bed) await(id, what string, as func(Status) bool) Status {
	b.t.Helper()
	seq, err := b.Watch(b.context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	var last Status
	for s := range seq {
		if last = s; as(s) {
			return s
		}
	}
	b.t.Fatalf("worker %s never %s; at last %s: %s\nlog: %s", id, what, last.State, last.Reason, lastLines(filepath.Join(b.cfg.Dir, id, logFile)))
	return last
}

// ask asks the engine of a worker.
func (b *bed) ask(s Status, path string) []byte {
	b.t.Helper()
	body, err := get(s.Port, path)
	if err != nil {
		b.t.Fatal(err)
	}
	return body
}

func get(port int, path string) ([]byte, error) {
	client := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(fmt.Sprintf("http://127.0.0.1:%d%s", port, path))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// log returns the lines of a worker's log.
func (b *bed) log(id string) []string {
	b.t.Helper()
	seq, err := b.Logs(b.context(), id, 0, false)
	if err != nil {
		b.t.Fatal(err)
	}
	var lines []string
	for l, err := range seq {
		if err != nil {
			b.t.Fatal(err)
		}
		lines = append(lines, l.Text)
	}
	return lines
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

func mustJSON[T any](t *testing.T, raw []byte) (v T) {
	t.Helper()
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("%q: %v", raw, err)
	}
	return v
}
