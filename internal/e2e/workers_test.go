package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"rbee/internal/hive/model/gguftest"
	"rbee/internal/wire"
)

// engineVariable makes the test binary an inference server.
const engineVariable = "E2E_ENGINE"

func engine(args []string) int {
	time.AfterFunc(2*time.Minute, func() { os.Exit(9) })
	port := ""
	for n, arg := range args {
		if arg == "--port" {
			port = args[n+1]
		}
	}
	fmt.Println("engine begins:", strings.Join(args, " "))
	fmt.Println(http.ListenAndServe("127.0.0.1:"+port, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	return 1
}

// job starts a job of the hive at url and returns its stream.
func job(t *testing.T, url, body string) string {
	t.Helper()
	resp, err := http.Post(url+wire.PathJobs, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var ack wire.JobAck
	if err := json.NewDecoder(resp.Body).Decode(&ack); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: got %s, %v", body, resp.Status, err)
	}
	stream, err := http.Get(url + ack.SSEURL)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	raw, err := io.ReadAll(stream.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
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

// A worker of a kind of the user's is in the auditor's rows, outlives its hive,
// and ends when it is told to.
func TestAWorkerIsAuditedAdoptedAndStopped(t *testing.T) {
	needSqlite3(t)
	home := t.TempDir()
	ports := freePorts(t, 2)
	q := startQueen(t, home, filepath.Join(home, "queen.db"), ports[0])
	url := "http://127.0.0.1:" + strconv.Itoa(ports[1])
	models := filepath.Join(home, "models")
	kinds := filepath.Join(home, "hive-"+strconv.Itoa(ports[1]), "workers.d")
	for _, dir := range []string{models, kinds} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	kind := fmt.Sprintf(`
program = %q
arguments = ["--model", "{model}", "--port", "{port}"]
group = "llm"
health = "/health"
environment = { %s = "1" }
[devices.cpu]
`, os.Args[0], engineVariable)
	if err := os.WriteFile(filepath.Join(kinds, "mine.toml"), []byte(kind), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(models, "tiny.gguf"), gguftest.Tiny().Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"--queen-url", q.url, "--models-dir", models, "--worker-ports", "22900-22949"}
	hive := startHive(t, home, ports[1], "box", args...)

	if said := job(t, url, `{"operation":"worker_spawn","worker":"mine","model":"tiny"}`); !strings.HasSuffix(said, "\ndata: [DONE]\n\n") {
		t.Fatalf("spawn: %s", said)
	}
	ready := time.Now()
	all, err := workersOf(url)
	if err != nil || len(all) != 1 {
		t.Fatalf("got %+v, %v", all, err)
	}
	w := all[0]
	t.Cleanup(func() { _ = syscall.Kill(int(w.PID), syscall.SIGKILL) })
	audited := func() error {
		const query = `SELECT json_extract(workers, '$[0].pid'), json_extract(workers, '$[0].model'), json_extract(workers, '$[0].group')
			FROM audit_heartbeats ORDER BY received_at DESC LIMIT 1;`
		got, err := tryAudit(q.state, query)
		if want := fmt.Sprintf("%d|tiny|llm", w.PID); err == nil && got != want {
			err = fmt.Errorf("got %q, want %q", got, want)
		}
		return err
	}
	eventually(t, 2*time.Second, audited)
	t.Logf("audited %v after it was ready", time.Since(ready).Round(time.Millisecond))

	hive.kill()
	startHive(t, home, ports[1], "box", args...)
	eventually(t, 5*time.Second, func() error {
		all, err := workersOf(url)
		if err == nil && (len(all) != 1 || all[0].PID != w.PID || all[0].State != wire.WorkerReady || !all[0].Adopted) {
			err = fmt.Errorf("got %+v, want pid %d adopted", all, w.PID)
		}
		return err
	})
	eventually(t, 5*time.Second, audited)

	if said := job(t, url, `{"operation":"worker_process_delete","worker_id":"`+w.WorkerID+`"}`); !strings.HasSuffix(said, "\ndata: [DONE]\n\n") {
		t.Fatalf("delete: %s", said)
	}
	if lives(w.PID) {
		t.Errorf("pid %d is still there", w.PID)
	}
	eventually(t, 5*time.Second, func() error {
		got, err := tryAudit(q.state, `SELECT workers FROM audit_heartbeats ORDER BY received_at DESC LIMIT 1;`)
		if err == nil && got != "[]" {
			err = fmt.Errorf("got %s, want no workers", got)
		}
		return err
	})
}

// With --stop-workers nothing stays behind.
func TestAHiveStopsItsWorkersIfItIsTold(t *testing.T) {
	home := t.TempDir()
	port := freePorts(t, 1)[0]
	url := "http://127.0.0.1:" + strconv.Itoa(port)
	kinds := filepath.Join(home, "hive-"+strconv.Itoa(port), "workers.d")
	if err := os.MkdirAll(kinds, 0o700); err != nil {
		t.Fatal(err)
	}
	kind := fmt.Sprintf("program = %q\narguments = [\"--port\", \"{port}\"]\nenvironment = { %s = \"1\" }\n[devices.cpu]\n", os.Args[0], engineVariable)
	if err := os.WriteFile(filepath.Join(kinds, "mine.toml"), []byte(kind), 0o600); err != nil {
		t.Fatal(err)
	}
	hive := startHive(t, home, port, "box", "--stop-workers", "--worker-ports", "22950-22999")
	if said := job(t, url, `{"operation":"worker_spawn","worker":"mine","device":"CPU-0"}`); !strings.HasSuffix(said, "\ndata: [DONE]\n\n") {
		t.Fatalf("spawn: %s", said)
	}
	all, err := workersOf(url)
	if err != nil || len(all) != 1 {
		t.Fatalf("got %+v, %v", all, err)
	}
	if code := hive.end(); code != 0 {
		t.Errorf("the hive ended with %d", code)
	}
	if lives(all[0].PID) {
		_ = syscall.Kill(int(all[0].PID), syscall.SIGKILL)
		t.Errorf("pid %d is still there", all[0].PID)
	}
}
