package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"rbee/internal/hive/model/gguftest"
	"rbee/internal/hive/worker/proc"
	"rbee/internal/wire"
)

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
	process, err := proc.Identify(int(w.PID))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = process.Signal(syscall.SIGKILL) }) // not whoever has its pid by then
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
