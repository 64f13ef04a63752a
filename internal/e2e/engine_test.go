package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"rbee/internal/hive/worker/catalog"
	"rbee/internal/hive/worker/proc"
	"rbee/internal/wire"
)

// These variables make the test binary an inference server.
const (
	engineVariable = "E2E_ENGINE" // it is one; what follows are its habits
	deafVariable   = "E2E_DEAF"   // ignores SIGTERM, and has a family that does
	lifeVariable   = "E2E_LIFE"   // how long it lives at most, whoever forgets it
)

// family is a child, grandchildren, and one of those in a session of its own.
const family = "trap '' TERM HUP; sleep 1000 & setsid sleep 1000 & sh -c 'sleep 1000; true' & wait"

func engine(args []string) int {
	life := 2 * time.Minute
	if d, err := time.ParseDuration(os.Getenv(lifeVariable)); err == nil {
		life = d
	}
	time.AfterFunc(life, func() { os.Exit(9) })
	port := ""
	for n, arg := range args {
		if arg == "--port" {
			port = args[n+1]
		}
	}
	fmt.Println("engine begins:", strings.Join(args, " "))
	if os.Getenv(deafVariable) != "" {
		signal.Ignore(syscall.SIGTERM)
		if err := exec.Command("sh", "-c", family).Start(); err != nil {
			fmt.Println(err)
			return 1
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/health", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/pid", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, os.Getpid()) })
	mux.HandleFunc("/say", func(_ http.ResponseWriter, r *http.Request) { fmt.Println(r.FormValue("text")) })
	fmt.Println(http.ListenAndServe("127.0.0.1:"+port, mux))
	return 1
}

// workshop is a hive with a kind of worker "fake", whose engine is this binary.
type workshop struct {
	t     *testing.T
	home  string
	state string // the hive's directory
	port  int
	url   string
	args  []string // of the hive
	hive  *process
}

// newWorkshop writes the kind, with these variables for its engine, and starts
// nothing. At the end of the test no worker is left.
func newWorkshop(t *testing.T, workerPorts string, environment ...string) *workshop {
	t.Helper()
	home, port := t.TempDir(), freePorts(t, 1)[0]
	w := &workshop{
		t: t, home: home, state: filepath.Join(home, "hive-"+strconv.Itoa(port)), port: port,
		url: "http://127.0.0.1:" + strconv.Itoa(port), args: []string{"--worker-ports", workerPorts, "--models-dir", filepath.Join(home, "models")},
	}
	text := fmt.Sprintf("program = %q\narguments = [\"--port\", \"{port}\"]\ngroup = \"llm\"\nhealth = \"/health\"\n[devices.cpu]\n[environment]\n%s = \"1\"\n",
		os.Args[0], engineVariable)
	for _, variable := range environment {
		name, value, _ := strings.Cut(variable, "=")
		text += fmt.Sprintf("%s = %q\n", name, value)
	}
	kinds := filepath.Join(w.state, "workers.d")
	if err := os.MkdirAll(kinds, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(kinds, "fake.toml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
			left := w.carriers()
			if len(left) == 0 {
				return
			}
			for _, p := range slices.Concat(slices.Collect(maps.Values(left))...) {
				_ = syscall.Kill(p.PID, syscall.SIGKILL)
			}
		}
	})
	return w
}

// start starts the hive, the first or the next.
func (w *workshop) start() {
	w.t.Helper()
	w.hive = startHive(w.t, w.home, w.port, "box", w.args...)
}

// spawn starts a worker and waits until it serves.
func (w *workshop) spawn() error {
	said, err := tryJob(w.url, `{"operation":"worker_spawn","worker":"fake","device":"CPU-0"}`)
	if err == nil && !strings.HasSuffix(said, "\ndata: [DONE]\n\n") {
		err = fmt.Errorf("spawn: %s", said)
	}
	return err
}

// one spawns a worker of a hive that has no other, and returns it.
func (w *workshop) one() wire.WorkerProcess {
	w.t.Helper()
	if err := w.spawn(); err != nil {
		w.t.Fatal(err)
	}
	all, err := workersOf(w.url)
	if err != nil || len(all) != 1 || all[0].PID == 0 {
		w.t.Fatalf("got %+v, %v", all, err)
	}
	return all[0]
}

// carriers are the processes that carry a token of this hive's, by worker, as
// /proc tells.
func (w *workshop) carriers() map[string][]proc.Process {
	w.t.Helper()
	table, err := proc.Read()
	if err != nil {
		w.t.Fatal(err)
	}
	found := map[string][]proc.Process{}
	for _, p := range table.All {
		id, ok := strings.CutSuffix(proc.Variable(p.PID, catalog.TokenVariable), ":"+filepath.Join(w.state, "workers"))
		if ok && !p.Ended {
			found[id] = append(found[id], p)
		}
	}
	return found
}

// ask asks an engine.
func ask(port int, path string) (string, error) {
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get("http://127.0.0.1:" + strconv.Itoa(port) + path)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", path, resp.Status, raw)
	}
	return string(raw), err
}

// job starts a job of the hive at url and returns its stream.
func job(t *testing.T, url, body string) string {
	t.Helper()
	said, err := tryJob(url, body)
	if err != nil {
		t.Fatal(err)
	}
	return said
}

func tryJob(url, body string) (string, error) {
	ack, err := post(url, body)
	if err != nil {
		return "", err
	}
	stream, err := http.Get(url + ack.SSEURL)
	if err != nil {
		return "", err
	}
	defer stream.Body.Close()
	raw, err := io.ReadAll(stream.Body)
	return string(raw), err
}

// post starts a job and leaves it alone.
func post(url, body string) (ack wire.JobAck, err error) {
	resp, err := http.Post(url+wire.PathJobs, "application/json", strings.NewReader(body))
	if err != nil {
		return ack, err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&ack); err != nil || resp.StatusCode != http.StatusOK {
		return ack, fmt.Errorf("%s: %s, %w", body, resp.Status, err)
	}
	return ack, nil
}

func workersOf(url string) ([]wire.WorkerProcess, error) {
	resp, err := http.Get(url + wire.PathWorkers)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var list wire.WorkerList
	return list.Workers, json.NewDecoder(resp.Body).Decode(&list)
}

// lives tells whether a process does more than wait to be reaped by init, whose
// child one that outlived its hive is.
func lives(pid int64) bool {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(raw), ") ")
	return err == nil && !strings.HasPrefix(rest, "Z")
}
