package e2e

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"rbee/internal/wire"
)

// keeping runs keepers that ask the queen at a URL.
type keeping struct {
	t         *testing.T
	home, url string
}

func (k keeping) start(command string) *process {
	k.t.Helper()
	return startProgram(k.t, k.home, "rbee-keeper", append([]string{"--queen", k.url}, strings.Fields(command)...)...)
}

// ask runs a command, expects it to end with that code, and returns what it said.
func (k keeping) ask(code int, command string) string {
	k.t.Helper()
	p := k.start(command)
	if got := p.wait(); got != code {
		k.t.Fatalf("%s ended with %d, want %d:\n%s", command, got, code, p.log)
	}
	return p.log.String()
}

func (k keeping) says(command string, parts ...string) {
	k.t.Helper()
	out := k.ask(0, command)
	for _, part := range parts {
		if !strings.Contains(out, part) {
			k.t.Errorf("%s says %q, want %q in it", command, out, part)
		}
	}
}

// aHiveWithKinds starts a queen and a hive with two kinds of worker: one is a
// queen, which serves and logs as engines do, the other never gets ready. The
// hive's workers end with it.
func aHiveWithKinds(t *testing.T) (k keeping, hive *process) {
	t.Helper()
	home := t.TempDir()
	dir, err := binaries()
	if err != nil {
		t.Fatal(err)
	}
	ports := freePorts(t, 2)
	kinds := filepath.Join(home, "hive-"+strconv.Itoa(ports[1]), "workers.d")
	if err := os.MkdirAll(kinds, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"engine": fmt.Sprintf("program = %q\narguments = [\"--bind\", \"{host}\", \"--port\", \"{port}\", \"--state\", %q, \"--ssh-config\", %q, \"--discovery-interval\", \"0\", \"--discovery-delay\", \"9h\"]\nhealth = \"/health\"\n[devices.cpu]\n",
			filepath.Join(dir, "queen-rbee"), filepath.Join(home, "engine.db"), filepath.Join(home, "no_ssh_config")),
		"slow": "program = \"sleep\"\narguments = [\"1000\"]\nhealth = \"/health\"\n[devices.cpu]\n",
	} {
		if err := os.WriteFile(filepath.Join(kinds, name+".toml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	q := startQueen(t, home, filepath.Join(home, "queen.db"), ports[0], "--discovery-delay", "9h")
	hive = startHive(t, home, ports[1], "gpu", "--queen-url", q.url, "--models-dir", filepath.Join(home, "models"), "--stop-workers")
	t.Cleanup(func() { hive.end() })
	eventually(t, 5*time.Second, func() error { return q.healthy(1, "gpu") })
	return keeping{t, home, q.url}, hive
}

func TestAWorkerFromSpawnToStop(t *testing.T) {
	k, hive := aHiveWithKinds(t)
	k.says("models gpu", "no models yet")
	k.says("spawn gpu --worker engine", "begins: engine on CPU-0", "Queen ready", "is ready")
	var list struct{ Workers []wire.WorkerProcess }
	eventually(t, 3*time.Second, func() error { // with the next heartbeat but one
		if err := json.Unmarshal([]byte(k.ask(0, "-o json workers")), &list); err != nil {
			return fmt.Errorf("it is no JSON, hints beside it: %w", err)
		}
		if len(list.Workers) != 1 || list.Workers[0].PID == 0 {
			return fmt.Errorf("workers %+v, want one with a pid", list.Workers)
		}
		return nil
	})
	pid := strconv.FormatInt(list.Workers[0].PID, 10)
	k.says("workers --hive gpu", pid, "engine")
	k.says("logs gpu "+pid, "Queen ready")
	k.says("jobs gpu", "worker_spawn", "completed")

	follow := k.start("logs gpu " + pid + " -f")
	eventually(t, 5*time.Second, func() error {
		if !strings.Contains(follow.log.String(), "Queen ready") {
			return errors.New("the log is not followed")
		}
		return nil
	})
	k.says("stop gpu "+pid, "has exited")
	if code := follow.wait(); code != 0 || !strings.Contains(follow.log.String(), "Queen stopped") {
		t.Errorf("the follower of the log ended with %d:\n%s", code, follow.log)
	}
	if err := syscall.Kill(int(list.Workers[0].PID), 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the process of the worker that was stopped: %v, want none", err)
	}
	if out := k.ask(1, "stop gpu "+pid); !strings.Contains(out, "the job failed: ") {
		t.Errorf("stopping it again says %q", out)
	}
	if out := k.ask(1, "spawn gpu --worker no-such-kind"); !strings.Contains(out, "no-such-kind") {
		t.Errorf("a kind that is none: %q", out)
	}
	if code := hive.end(); code != 0 {
		t.Errorf("the hive ended with %d", code)
	}
	if out := k.ask(1, "jobs gpu"); !strings.Contains(out, `the hive "gpu" at 127.0.0.1`) || !strings.Contains(out, "see whether rbee-hive runs there") {
		t.Errorf("without a hive: %q", out)
	}
}

var jobID = regexp.MustCompile(`job-[0-9a-f-]{36}`)

// Ctrl-C leaves a job alone unless it is told otherwise, and cancel ends it.
func TestCtrlCWhileAJobRuns(t *testing.T) {
	k, _ := aHiveWithKinds(t)
	interrupt := func(command string) (id, out string) {
		t.Helper()
		p := k.start(command)
		eventually(t, 10*time.Second, func() error {
			if !strings.Contains(p.log.String(), "begins") {
				return fmt.Errorf("%s says nothing yet", command)
			}
			return nil
		})
		_ = p.cmd.Process.Signal(syscall.SIGINT)
		if code := p.wait(); code != 1 {
			t.Errorf("%s ended with %d, want 1", command, code)
		}
		out = p.log.String()
		return jobID.FindString(out), out
	}
	state := func(id string) string {
		t.Helper()
		var list wire.JobList
		if err := json.Unmarshal([]byte(k.ask(0, "jobs gpu -o json")), &list); err != nil {
			t.Fatal(err)
		}
		for _, j := range list.Jobs {
			if j.JobID == id {
				return string(j.State)
			}
		}
		return "unknown"
	}
	id, out := interrupt("spawn gpu --worker slow")
	if want := "interrupted; " + id + " goes on: 'rbee-keeper cancel gpu " + id + "' ends it"; !strings.Contains(out, want) {
		t.Errorf("Ctrl-C says %q, want %q", out, want)
	}
	if got := state(id); got != "running" {
		t.Errorf("after Ctrl-C the job is %s, want running", got)
	}
	k.says("cancel gpu "+id, id+" is cancelled")
	if got := state(id); got != "cancelled" {
		t.Errorf("the job is %s, want cancelled", got)
	}
	if out := k.ask(1, "cancel gpu "+id); !strings.Contains(out, "has ended") {
		t.Errorf("cancelling it again says %q", out)
	}
	id, out = interrupt("spawn gpu --worker slow --cancel-on-interrupt")
	if got := state(id); got != "cancelled" || !strings.Contains(out, id+" is cancelled") {
		t.Errorf("--cancel-on-interrupt: the job is %s: %q", got, out)
	}
}

// A queen that is killed while a keeper follows a job is waited for, and the
// keeper loses no line.
func TestAQueenIsKilledWhileAJobIsFollowed(t *testing.T) {
	home := t.TempDir()
	ports := freePorts(t, 2)
	state := filepath.Join(home, "queen.db")
	q := startQueen(t, home, state, ports[0], "--discovery-delay", "9h")
	hive := startHive(t, home, ports[1], "gpu", "--queen-url", q.url, "--models-dir", filepath.Join(home, "models"), "--stop-workers")
	t.Cleanup(func() { hive.end() })
	eventually(t, 5*time.Second, func() error { return q.healthy(1, "gpu") })
	k := keeping{t, home, q.url}

	model := tinyGGUF()
	goOn := make(chan struct{})
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(model)))
		if r.Method == http.MethodHead {
			return
		}
		_, _ = w.Write(model[:len(model)/2])
		_ = http.NewResponseController(w).Flush()
		select {
		case <-goOn:
		case <-r.Context().Done():
		}
		_, _ = w.Write(model[len(model)/2:])
	}))
	defer hub.Close()
	p := k.start("pull gpu " + hub.URL + "/tiny.gguf")
	eventually(t, 10*time.Second, func() error {
		if !strings.Contains(p.log.String(), "downloading tiny.gguf") {
			return fmt.Errorf("no progress: %s", p.log)
		}
		return nil
	})
	q.kill()
	time.Sleep(time.Second)
	q = startQueen(t, home, state, ports[0], "--discovery-delay", "9h")
	close(goOn)
	if code := p.wait(); code != 0 {
		t.Fatalf("the keeper ended with %d:\n%s", code, p.log)
	}
	out := p.log.String()
	if strings.Count(out, "\ntiny is there\n") != 1 || strings.Count(out, "downloading tiny.gguf: 0 of") > 1 {
		t.Errorf("the keeper says %q, want each line once", out)
	}
	k.says("models gpu", "tiny", "llama")
}

// tinyGGUF is a model file with what its header has to say and one tensor.
func tinyGGUF() []byte {
	var b bytes.Buffer
	put := func(v any) { _ = binary.Write(&b, binary.LittleEndian, v) }
	text := func(s string) { put(uint64(len(s))); b.WriteString(s) }
	b.WriteString("GGUF")
	put(uint32(3))
	put(uint64(1)) // tensors
	put(uint64(1)) // keys
	text("general.architecture")
	put(uint32(8)) // a string
	text("llama")
	text("token_embd.weight")
	put(uint32(1))         // dimension
	put(uint64(16 << 10))  // elements
	put([]uint32{0, 0, 0}) // F32, at the beginning
	b.Write(make([]byte, 64<<10+32))
	return b.Bytes()
}
