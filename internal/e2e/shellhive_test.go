package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"rbee/internal/queenclient"
	"rbee/internal/wire"
)

const shellHive = "../../docs/hive.sh"

// startShellHive runs the hive of docs/protocol.md.
func startShellHive(t *testing.T, url, id string) *process {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("SKIPPED: curl is not installed, so the hive in shell that the docs show is not run")
	}
	p := &process{t: t, cmd: exec.Command("sh", shellHive, url, id, "1"), log: &logBook{}, done: make(chan struct{})}
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	p.cmd.WaitDelay = time.Second // for what sleeps on when it was killed
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = p.cmd.Wait(); close(p.done) }()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("hive.sh:\n%s", p.log)
		}
	})
	return p
}

func TestTheProtocolShowsTheHiveThatIsTested(t *testing.T) {
	script, err := os.ReadFile(shellHive)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile("../../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(doc), "```sh\n"+string(script)+"```\n") {
		t.Error("docs/protocol.md does not show docs/hive.sh as it is")
	}
	var missing []string
	eachField(reflect.TypeFor[wire.Heartbeat](), func(name string) {
		if !strings.Contains(string(doc), name) {
			missing = append(missing, name)
		}
	})
	if len(missing) > 0 {
		t.Errorf("docs/protocol.md does not have the fields %v of a heartbeat", missing)
	}
}

// eachField calls f for the JSON name of each field, nested ones too.
func eachField(typ reflect.Type, f func(string)) {
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct || typ == reflect.TypeFor[time.Time]() {
		return
	}
	for field := range typ.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		f(name)
		eachField(field.Type, f)
	}
}

func TestTheHiveInShell(t *testing.T) {
	home := t.TempDir()
	port := freePorts(t, 1)[0]
	state := filepath.Join(home, "queen.db")
	const id = "shell-hive"
	url := "http://127.0.0.1:" + strconv.Itoa(port)
	if _, err := binaries(); err != nil { // built before the hive begins to try
		t.Fatal(err)
	}
	hive := startShellHive(t, url, id) // before there is a queen
	time.Sleep(500 * time.Millisecond)
	q := startQueen(t, home, state, port, "--discovery-delay", "1h")
	eventually(t, 15*time.Second, func() error { return q.healthy(1, id) })
	h, err := q.client.Hive(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if len(h.Devices) != 1 || h.Devices[0].ID != "CPU-0" || h.Devices[0].VRAMGB == nil || h.Node == nil || h.Node.RAMTotalMB < 100 || h.Node.RAMUsedMB < 1 {
		t.Errorf("the queen knows %+v", h)
	}
	sent := func() string {
		history, err := q.client.History(t.Context(), id, 100)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(len(history.Samples))
	}
	first := sent()
	eventually(t, 5*time.Second, func() error {
		if now := sent(); now == first {
			return errors.New("still " + now + " heartbeats")
		}
		return nil
	})

	q.kill()
	hive.wantLog(t, "does not know this hive")
	q = startQueen(t, home, state, port, "--discovery-delay", "1h")
	eventually(t, 20*time.Second, func() error { return q.healthy(2, id) })
	if err := q.client.Forget(t.Context(), id); err != nil { // after which its heartbeat gets a 404
		t.Fatal(err)
	}
	hive.wantLog(t, "does not know this hive (404)")
	eventually(t, 10*time.Second, func() error { return q.healthy(2, id) })

	if code := hive.end(); code != 0 {
		t.Errorf("the hive ended with %d", code)
	}
	h, err = q.client.Hive(t.Context(), id)
	if err != nil || h.Status != wire.StatusStopped {
		t.Errorf("the hive is %+v, %v; want it stopped", h, err)
	}
	events, err := q.client.Events(t.Context(), queenclient.EventFilter{Hive: id, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var kinds []wire.EventKind
	for _, e := range events.Events {
		kinds = append(kinds, e.Kind)
	}
	for _, want := range []wire.EventKind{wire.EventHiveRegistered, wire.EventHiveRediscovered, wire.EventHiveForgotten, wire.EventHiveStopped} {
		if !slices.Contains(kinds, want) {
			t.Errorf("the events are %v, without %s", kinds, want)
		}
	}
}

// wantLog waits until the process has said something.
func (p *process) wantLog(t *testing.T, text string) {
	t.Helper()
	eventually(t, 10*time.Second, func() error {
		if !strings.Contains(p.log.String(), text) {
			return fmt.Errorf("it has not said %q", text)
		}
		return nil
	})
}

// A busy queen puts the hive in shell off, and slows it down.
func TestTheHiveInShellWaitsAsItIsTold(t *testing.T) {
	type seen struct {
		at   time.Time
		caps bool
	}
	var mu sync.Mutex
	var beats []seen
	queen := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		var hb wire.Heartbeat
		if err := json.Unmarshal(raw, &hb); err != nil || hb.Validate() != nil || r.Host != r.Context().Value(http.LocalAddrContextKey).(fmt.Stringer).String() {
			t.Errorf("got %s with Host %s: %v", raw, r.Host, err)
		}
		mu.Lock()
		defer mu.Unlock()
		beats = append(beats, seen{time.Now(), hb.Capabilities != nil})
		if len(beats) <= 2 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, `{"status":"ok","message":"m","epoch":1,"queen_id":"q","next_ms":2000}`)
	}))
	defer queen.Close()
	startShellHive(t, queen.URL, "busy")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		mu.Lock()
		n := len(beats)
		mu.Unlock()
		if n >= 5 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(beats) < 5 {
		t.Fatalf("got %d heartbeats", len(beats))
	}
	for n, want := range []struct {
		caps   bool
		before time.Duration
	}{{true, 0}, {true, time.Second}, {true, time.Second}, {false, 2 * time.Second}, {false, 2 * time.Second}} {
		var waited time.Duration
		if n > 0 {
			waited = beats[n].at.Sub(beats[n-1].at)
		}
		if beats[n].caps != want.caps || waited < want.before-50*time.Millisecond || waited > want.before+1900*time.Millisecond {
			t.Errorf("heartbeat %d came after %v, with capabilities: %t; want %v, %t", n+1, waited, beats[n].caps, want.before, want.caps)
		}
	}
}
