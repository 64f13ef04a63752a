package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rbee/internal/peer"
	"rbee/internal/queenclient"
)

// binaries builds the programs once, as the Makefile does.
var binaries = sync.OnceValues(func() (string, error) {
	if err := lookAtSources(); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "rbee-e2e-")
	if err != nil {
		return "", err
	}
	for _, program := range []string{"queen-rbee", "rbee-keeper", "rbee-swarm", "rbee-hive"} {
		cmd := exec.Command("go", "build", "-o", filepath.Join(dir, program), "rbee/cmd/"+program)
		cmd.Env = append(os.Environ(), "CGO_CFLAGS=-Wno-deprecated-declarations")
		if program != "rbee-hive" {
			cmd.Env = append(cmd.Env, "CGO_ENABLED=0")
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("build %s: %w\n%s", program, err, out)
		}
	}
	return dir, nil
})

// lookAtSources makes go test see that these tests depend on what they build:
// it caches a result for as long as the files the test looked at do not change.
func lookAtSources() error {
	for _, root := range []string{"../../cmd", "../../internal", "../../db", "../../scripts", "../../docs", "../../Makefile", "../../go.mod"} {
		err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if err == nil {
				_, err = os.Stat(path)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func TestMain(m *testing.M) {
	if os.Getenv(engineVariable) != "" { // a worker of a hive
		os.Exit(engine(os.Args[1:]))
	}
	code := m.Run()
	if dir, err := binaries(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// process is one of our programs, running.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	log  *logBook
	done chan struct{}
}

// startProgram runs a program with an environment of its own; it is killed at
// the end of the test.
func startProgram(t *testing.T, home, program string, args ...string) *process {
	t.Helper()
	return startWith(t, nil, home, program, args...)
}

// startWith does so with further variables in the environment.
func startWith(t *testing.T, env []string, home, program string, args ...string) *process {
	t.Helper()
	dir, err := binaries()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: exec.Command(filepath.Join(dir, program), args...), log: &logBook{}, done: make(chan struct{})}
	p.cmd.Env = append([]string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}, env...)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = p.cmd.Wait(); close(p.done) }()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%s %s:\n%s", program, strings.Join(args, " "), p.log)
		}
	})
	return p
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// end sends SIGTERM and returns the exit code.
func (p *process) end() int {
	p.t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	return p.wait()
}

func (p *process) wait() int {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(20 * time.Second):
		p.t.Fatalf("%s does not end:\n%s", p.cmd.Path, p.log)
	}
	return p.cmd.ProcessState.ExitCode()
}

// freePorts returns ports that nobody listened on a moment ago.
func freePorts(t *testing.T, n int) []int {
	t.Helper()
	ports := make([]int, n)
	for i := range ports {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = ln.Close() }()
		ports[i] = ln.Addr().(*net.TCPAddr).Port
	}
	return ports
}

// eventually waits until check returns nil, and fails with its last error.
func eventually(t *testing.T, within time.Duration, check func() error) {
	t.Helper()
	deadline := time.Now().Add(within)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %v", within, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// realQueen is a queen process with what a test asks of it.
type realQueen struct {
	*process
	url, state string
	client     *queenclient.Client
}

func startQueen(t *testing.T, home, state string, port int, args ...string) *realQueen {
	t.Helper()
	args = append([]string{"--port", strconv.Itoa(port), "--state", state, "--ssh-config", filepath.Join(home, "ssh_config")}, args...)
	q := &realQueen{process: startProgram(t, home, "queen-rbee", args...), url: "http://127.0.0.1:" + strconv.Itoa(port), state: state}
	q.client = queenclient.New(q.url, peer.Options{})
	t.Cleanup(q.client.Close)
	answers(t, q.url)
	return q
}

// answers waits until the daemon at url is up.
func answers(t *testing.T, url string) {
	t.Helper()
	eventually(t, 10*time.Second, func() error {
		resp, err := http.Get(url + "/health")
		if err != nil {
			return err
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return errors.New(resp.Status)
		}
		return nil
	})
}

// healthy returns an error unless the queen calls exactly these hives healthy
// and registered in that epoch.
func (q *realQueen) healthy(epoch int64, ids ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	list, err := q.client.Hives(ctx)
	if err != nil {
		return err
	}
	found := map[string]string{}
	for _, h := range list.Hives {
		found[h.ID] = fmt.Sprintf("%s in epoch %d", h.Status, h.RegisteredEpoch)
	}
	for _, id := range ids {
		if want := fmt.Sprintf("healthy in epoch %d", epoch); found[id] != want {
			return fmt.Errorf("hive %s is %q, want %q", id, found[id], want)
		}
	}
	if len(found) != len(ids) {
		return fmt.Errorf("hives %v, want %v", found, ids)
	}
	return nil
}

func startHive(t *testing.T, home string, port int, id string, args ...string) *process {
	t.Helper()
	args = append([]string{"--port", strconv.Itoa(port), "--hive-id", id, "--state-dir", filepath.Join(home, "hive-"+strconv.Itoa(port))}, args...)
	p := startProgram(t, home, "rbee-hive", args...)
	answers(t, "http://127.0.0.1:"+strconv.Itoa(port))
	return p
}

// sqlite3 asks the file as an auditor does.
func sqlite3(t *testing.T, state, query string) string {
	t.Helper()
	out, err := tryAudit(state, query)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func needSqlite3(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("sqlite3"); err != nil {
		t.Skip("SKIPPED: the sqlite3 program is not installed, so the auditor's side is not tested")
	}
}

func tryAudit(state, query string) (string, error) {
	var stdout, stderr bytes.Buffer
	// After a crash whoever comes first reads the log, and locks the file meanwhile.
	cmd := exec.Command("sqlite3", "-readonly", "-bail", "-cmd", ".timeout 5000", state)
	cmd.Stdin = strings.NewReader(query)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil || stderr.Len() > 0 {
		return "", fmt.Errorf("sqlite3 %q: %w: %s", query, err, stderr.String())
	}
	return strings.TrimSpace(stdout.String()), nil
}
