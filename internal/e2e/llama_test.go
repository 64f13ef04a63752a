package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"rbee/internal/hive/model/gguftest"
	"rbee/internal/wire"
)

const llamaVariable = "RBEE_TEST_LLAMA_SERVER"

// needLlamaServer puts a real llama-server on PATH.
func needLlamaServer(t *testing.T) {
	t.Helper()
	const name = "llama-server"
	path := os.Getenv(llamaVariable)
	if path == "" {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("SKIPPED: there is no %s, so no real engine is tested: build llama.cpp, and put the program on PATH or its path into %s", name, llamaVariable)
		}
		return
	}
	if info, err := os.Stat(path); err != nil || info.Mode()&0o111 == 0 || !filepath.IsAbs(path) {
		t.Fatalf("%s is %q, want the absolute path of the program (%v)", llamaVariable, path, err)
	}
	dir := t.TempDir()
	if err := os.Symlink(path, filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// A real engine is spawned through the queen, answers a chat, is in the auditor's
// rows, finishes what it was asked before it stops, and leaves nothing behind.
func TestARealEngine(t *testing.T) {
	needLlamaServer(t)
	needSqlite3(t)
	home := t.TempDir()
	ports := freePorts(t, 2)
	models := filepath.Join(home, "models")
	if err := os.Mkdir(models, 0o700); err != nil {
		t.Fatal(err)
	}
	tiny := gguftest.Tiny()
	tiny.Context = 64 << 10 // for an answer that takes a second or more
	if err := os.WriteFile(filepath.Join(models, "tiny.gguf"), tiny.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	q := startQueen(t, home, filepath.Join(home, "queen.db"), ports[0], "--discovery-delay", "9h")
	hive := startHive(t, home, ports[1], "box", "--queen-url", q.url, "--models-dir", models, "--worker-ports", "22700-22799", "--stop-workers")
	t.Cleanup(func() { hive.end() })
	eventually(t, 5*time.Second, func() error { return q.healthy(1, "box") })
	k := keeping{t, home, q.url}
	k.says("spawn box tiny --device CPU-0", "llama-server", "is ready")
	ready := time.Now()
	url := "http://127.0.0.1:" + strconv.Itoa(ports[1])
	all, err := workersOf(url)
	if err != nil || len(all) != 1 || all[0].PID == 0 {
		t.Fatalf("got %+v, %v", all, err)
	}
	w := all[0]
	eventually(t, 2*time.Second-time.Since(ready), func() error {
		got, err := tryAudit(q.state, "SELECT json_extract(workers, '$[0].pid'), json_extract(workers, '$[0].model') FROM audit_heartbeats ORDER BY received_at DESC LIMIT 1")
		if want := fmt.Sprintf("%d|tiny", w.PID); err == nil && got != want {
			err = fmt.Errorf("got %q, want %q", got, want)
		}
		return err
	})
	t.Logf("audited %v after it was ready", time.Since(ready).Round(time.Millisecond))
	if got := newChat(t, w.URL, 16).whole(); got.letters != 16 || !got.done {
		t.Errorf("a chat of 16 letters: got %+v", got)
	}

	const long = 3000
	c := newChat(t, w.URL, long)
	if !c.next() {
		t.Fatal("the long chat does not begin")
	}
	stop := k.start("stop box " + strconv.FormatInt(w.PID, 10))
	seen := make(chan bool)
	go func() { seen <- drains(url) }()
	got := c.whole()
	if got.letters != long || !got.done {
		t.Errorf("a chat of %d letters under way at the stop: got %+v", long, got)
	}
	if code := stop.wait(); code != 0 || !strings.Contains(stop.log.String(), "has exited") {
		t.Errorf("stop ended with %d: %s", code, stop.log)
	}
	if !<-seen {
		t.Error("it was never draining")
	}
	leftNothing(t, url, w)
	eventually(t, 3*time.Second, func() error {
		got, err := tryAudit(q.state, "SELECT workers FROM audit_heartbeats ORDER BY received_at DESC LIMIT 1")
		if err == nil && got != "[]" {
			err = fmt.Errorf("got %s, want no workers", got)
		}
		return err
	})
}

// drains watches the only worker until it has ended, and tells whether it was
// seen draining.
func drains(url string) (seen bool) {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		all, err := workersOf(url)
		if err != nil || len(all) != 1 || all[0].Ended {
			break
		}
		seen = seen || all[0].State == wire.WorkerDraining
	}
	return seen
}

// leftNothing looks for the process, the port and the state of a worker.
func leftNothing(t *testing.T, url string, w wire.WorkerProcess) {
	t.Helper()
	if lives(w.PID) {
		t.Errorf("pid %d is still there", w.PID)
	}
	if conn, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(w.Port)); err == nil {
		_ = conn.Close()
		t.Error("somebody listens on its port")
	}
	all, err := workersOf(url)
	if err != nil || len(all) != 1 || all[0].State != wire.WorkerExited || !all[0].Ended || all[0].PID != 0 || all[0].Note != "" {
		t.Errorf("workers %+v, %v; want one that has exited, and no note", all, err)
	}
}

// chat is an answer that streams.
type chat struct {
	t       *testing.T
	lines   *bufio.Scanner
	letters int
	done    bool
}

// newChat asks for an answer of so many tokens.
func newChat(t *testing.T, url string, tokens int) *chat {
	t.Helper()
	body := fmt.Sprintf(`{"messages":[{"role":"user","content":"hello"}],"max_tokens":%d,"stream":true}`, tokens)
	resp, err := http.Post(url+"/v1/chat/completions", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	c := &chat{t: t, lines: bufio.NewScanner(resp.Body)}
	if resp.StatusCode != http.StatusOK {
		c.lines.Scan()
		t.Fatalf("%s: %s", resp.Status, c.lines.Bytes())
	}
	return c
}

// next reads one more piece of the answer.
func (c *chat) next() bool {
	for c.lines.Scan() {
		data, ok := bytes.CutPrefix(c.lines.Bytes(), []byte("data: "))
		if !ok {
			continue
		}
		if c.done = string(data) == "[DONE]"; c.done {
			return false
		}
		var piece struct {
			Choices []struct{ Delta struct{ Content string } }
			Error   json.RawMessage
		}
		if err := json.Unmarshal(data, &piece); err != nil || piece.Error != nil {
			c.t.Fatalf("%s: %v", data, errors.Join(err, errors.New(string(piece.Error))))
		}
		for _, choice := range piece.Choices {
			c.letters += len(choice.Delta.Content)
		}
		return true
	}
	return false
}

// whole reads the answer to its end.
func (c *chat) whole() chat {
	for c.next() {
	}
	return *c
}
