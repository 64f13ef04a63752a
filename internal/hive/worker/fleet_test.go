package worker

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"rbee/internal/hive/worker/catalog"
	"rbee/internal/hive/worker/proc"
	"rbee/internal/wire"
)

func TestAWorkerLoadsServesAndStops(t *testing.T) {
	b := newBed(t, "[environment]\nFAKE_LOAD = \"600ms\"\n")
	s, err := b.Spawn(b.context(), Spec{Kind: "fake", Model: "tiny", Device: "CPU-0"})
	if err != nil {
		t.Fatal(err)
	}
	loading := b.await(s.ID, "answers 503", func(s Status) bool { return strings.Contains(s.Reason, "503") })
	if loading.State != wire.WorkerStarting {
		t.Errorf("while it loads it is %s, want starting", loading.State)
	}
	s = b.await(s.ID, "is ready", func(s Status) bool { return s.State == wire.WorkerReady })
	if s.PID == 0 || s.Adopted || s.Port < b.cfg.Ports.From || s.Port > b.cfg.Ports.To {
		t.Errorf("ready worker %+v", s)
	}
	if err := b.Stop(b.context(), s.ID); err != nil {
		t.Fatal(err)
	}
	s, _ = b.Get(s.ID)
	if s.State != wire.WorkerExited || !s.Final || s.PID != 0 || s.Note != "" || !strings.Contains(s.Reason, "terminated") {
		t.Errorf("stopped worker %+v", s)
	}
	if left := tokens(b.dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if lines := b.log(s.ID); len(lines) == 0 || !strings.HasPrefix(lines[0], "engine begins") {
		t.Errorf("log %q", lines)
	}
	if err := b.Stop(b.context(), s.ID); err != nil {
		t.Errorf("a second stop: %v", err)
	}
	if err := b.Forget(s.ID); err != nil {
		t.Error(err)
	}
	if _, err := b.Get(s.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("forgotten worker: %v", err)
	}
}

func TestAWorkerHasAPlaceOfItsOwn(t *testing.T) {
	b := newBed(t, "", "MY_API_KEY=hush", "HF_TOKEN=hush", "CUDA_SECRET=hush", "LC_TIME=C", "CUDA_CACHE_PATH=/c", "CUDA_VISIBLE_DEVICES=9")
	s, err := b.Spawn(b.context(), Spec{Kind: "fake", Model: "tiny", Device: "GPU-3"})
	if err != nil {
		t.Fatal(err)
	}
	s = b.await(s.ID, "is ready", func(s Status) bool { return s.State == wire.WorkerReady })
	type place struct {
		Env, Args []string
		SID       int
		Stdin     string
	}
	got := mustJSON[place](t, b.ask(s, "/environment"))
	if got.SID != s.PID || got.Stdin != os.DevNull {
		t.Errorf("session %d of pid %d, stdin %s; want its own, and %s", got.SID, s.PID, got.Stdin, os.DevNull)
	}
	for _, want := range []string{"LC_TIME=C", "CUDA_CACHE_PATH=/c", "CUDA_VISIBLE_DEVICES=3", "CUDA_DEVICE_ORDER=PCI_BUS_ID", catalog.TokenVariable + "=" + s.ID + ":" + b.cfg.Dir} {
		if !slices.Contains(got.Env, want) {
			t.Errorf("environment lacks %s", want)
		}
	}
	for _, pair := range got.Env {
		if strings.HasSuffix(pair, "=hush") {
			t.Errorf("environment has %s", pair)
		}
	}
	if want := []string{"--port", strconv.Itoa(s.Port), "--model=tiny"}; !slices.Equal(got.Args[1:], want) {
		t.Errorf("arguments %q, want %q", got.Args[1:], want)
	}
	if err := b.Kill(b.context(), s.ID); err != nil {
		t.Error(err)
	}
}

func TestADeafWorkerIsGoneWithItsWholeFamily(t *testing.T) {
	b := newBed(t, "stop_grace = \"300ms\"\n[environment]\nFAKE_DEAF = \"1\"\nFAKE_FAMILY = \"plain group bare away\"\n")
	s := b.spawn(wire.WorkerReady)
	family := []int{s.PID}
	for _, line := range b.log(s.ID) {
		if pid, ok := strings.CutPrefix(line, "child "); ok {
			n, err := strconv.Atoi(pid)
			if err != nil {
				t.Fatal(line)
			}
			family = append(family, n)
		}
	}
	if len(family) != 5 {
		t.Fatalf("family %v", family)
	}
	table, err := proc.Read()
	if err != nil {
		t.Fatal(err)
	}
	for _, pid := range family { // the control: all of them live
		if p, ok := table.Find(pid); !ok || p.Ended {
			t.Errorf("pid %d does not live before the stop", pid)
		}
	}
	if err := b.Stop(b.context(), s.ID); err != nil {
		t.Fatal(err)
	}
	table, err = proc.Read()
	if err != nil {
		t.Fatal(err)
	}
	for _, pid := range family {
		if p, ok := table.Find(pid); ok && !p.Ended {
			t.Errorf("pid %d lives after the stop", pid)
		}
	}
	if s, _ = b.Get(s.ID); !strings.Contains(s.Reason, "killed") {
		t.Errorf("reason %q, want a kill", s.Reason)
	}
}

func TestAKilledWorkerIsSeenAndStartedAgain(t *testing.T) {
	b := newBed(t, "[environment]\nFAKE_FAMILY = \"away\"\n")
	s := b.spawn(wire.WorkerReady)
	began := time.Now()
	if err := syscall.Kill(s.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	failed := b.await(s.ID, "failed", func(s Status) bool { return s.State == wire.WorkerFailed })
	seen := time.Since(began)
	if failed.Final || failed.Next.IsZero() || !strings.Contains(failed.Reason, "killed") {
		t.Errorf("failed worker %+v", failed)
	}
	again := b.await(s.ID, "runs again", func(n Status) bool { return n.PID != 0 && n.PID != s.PID })
	t.Logf("seen after %v, started again after %v", seen.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
	if again.Restarts != 1 || again.Port != s.Port {
		t.Errorf("restarted worker %+v, want the port %d", again, s.Port)
	}
	b.await(s.ID, "is ready again", func(s Status) bool { return s.State == wire.WorkerReady })
	if got := len(tokens(b.dir)); got != 2 {
		t.Errorf("%d processes, want the new engine and its one child", got)
	}
	if err := b.Kill(b.context(), s.ID); err != nil {
		t.Error(err)
	}
}

func TestWhatEndsByItself(t *testing.T) {
	tests := []struct {
		name, kind string
		state      wire.WorkerState
		reason     string
	}{
		{"never restarted", "restart = \"never\"\n[environment]\nFAKE_DIE = \"50ms\"\n", wire.WorkerFailed, "out of paper"},
		{"never ready", "ready_timeout = \"1s\"\nstop_grace = \"1s\"\n[environment]\nFAKE_LOAD = \"1h\"\n", wire.WorkerFailed, "not ready within 1s (it answers 503"},
		{"not a program", "[environment]\n", wire.WorkerFailed, "cannot be started"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			kind := tt.kind
			if strings.Contains(kind, "ready_timeout") {
				kind = strings.Replace(kind, "ready_timeout = \"1s\"\n", "", 1)
			}
			b := newBed(t, kind)
			if kind != tt.kind {
				path := b.cfg.Catalog.Dir + "/fake.toml"
				raw, _ := os.ReadFile(path)
				os.WriteFile(path, []byte(strings.Replace(string(raw), `"60s"`, `"1s"`, 1)), 0o600)
			}
			if tt.name == "not a program" {
				junk := b.dir + "/junk"
				os.WriteFile(junk, []byte("\x7fELFjunk"), 0o700)
				path := b.cfg.Catalog.Dir + "/fake.toml"
				raw, _ := os.ReadFile(path)
				lines := strings.Split(string(raw), "\n")
				for n, line := range lines {
					if strings.HasPrefix(line, "program") {
						lines[n] = fmt.Sprintf("program = %q", junk)
					}
				}
				os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600)
			}
			s, err := b.Spawn(b.context(), Spec{Kind: "fake", Model: "tiny", Device: "CPU-0"})
			if err != nil {
				t.Fatal(err)
			}
			s = b.await(s.ID, "ended", func(s Status) bool { return s.Final })
			if s.State != tt.state || !strings.Contains(s.Reason, tt.reason) {
				t.Errorf("%s: %q, want %s: …%q…", s.State, s.Reason, tt.state, tt.reason)
			}
			if left := tokens(b.dir); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestAStopWaitsForRequests(t *testing.T) {
	b := newBed(t, "drain = \"40s\"\nbusy = {path = \"/metrics\", metrics = [\"fake:running\"]}\n")
	s := b.spawn(wire.WorkerReady)
	answer := make(chan string, 1)
	go func() {
		body, err := get(s.Port, "/think?for=3s")
		answer <- fmt.Sprint(string(body), err)
	}()
	b.await(s.ID, "is busy", func(s Status) bool { return s.State == wire.WorkerBusy })
	if err := b.Stop(b.context(), s.ID); err != nil {
		t.Fatal(err)
	}
	select {
	case got := <-answer:
		if got != "42<nil>" {
			t.Errorf("the request in flight got %q, want its answer", got)
		}
	case <-time.After(patience):
		t.Error("the request was never answered")
	}
}

func TestPortsAreHandedOutOnce(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	held := l.Addr().(*net.TCPAddr).Port
	p := newPorts("127.0.0.1", PortRange{held - 15, held + 15})
	var mu sync.Mutex
	seen := map[int]int{}
	var all sync.WaitGroup
	for n := range 40 {
		all.Go(func() {
			port, err := p.take(t.Context(), strconv.Itoa(n), 0)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				seen[port]++
			} else if !errors.Is(err, ErrNoPort) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for port, times := range seen {
		if times != 1 || port == held {
			t.Errorf("port %d was handed out %d times (%d is held by another program)", port, times, held)
		}
	}
	if len(seen) < 20 || len(seen) > 30 {
		t.Errorf("%d of 31 ports handed out", len(seen))
	}
	for port := range seen {
		p.giveBack(port, "a stranger")
		if got, err := p.take(t.Context(), "late", port); err == nil {
			t.Errorf("port %d handed out while reserved", got)
		}
		break
	}
}

func TestRefusedSpawns(t *testing.T) {
	b := newBed(t, "")
	os.WriteFile(b.cfg.Catalog.Dir+"/gone.toml", []byte("program = \"/nowhere/at/all\"\n[devices.cpu]\n"), 0o600)
	os.WriteFile(b.cfg.Catalog.Dir+"/bad.toml", []byte("program = 3\n"), 0o600)
	tests := []struct {
		name string
		spec Spec
		want error
		says string
	}{
		{"model as an option", Spec{Kind: "fake", Model: "--host=0.0.0.0", Device: "CPU-0"}, ErrInvalid, "option"},
		{"model with a line end", Spec{Kind: "fake", Model: "a\nb", Device: "CPU-0"}, ErrInvalid, "model"},
		{"no model", Spec{Kind: "fake", Device: "CPU-0"}, ErrInvalid, "needs a model"},
		{"device as an option", Spec{Kind: "fake", Model: "m", Device: "-1"}, ErrInvalid, "device"},
		{"device of a list", Spec{Kind: "fake", Model: "m", Device: "GPU-0,1"}, ErrInvalid, "device"},
		{"no device", Spec{Kind: "fake", Model: "m"}, ErrInvalid, "device"},
		{"group", Spec{Kind: "fake", Model: "m", Device: "CPU-0", Group: "a\x1bb"}, ErrInvalid, "group"},
		{"policy", Spec{Kind: "fake", Model: "m", Device: "CPU-0", Restart: "always"}, ErrInvalid, "restart"},
		{"kind", Spec{Kind: "../fake", Model: "m", Device: "CPU-0"}, ErrNotFound, "fake"},
		{"program", Spec{Kind: "gone", Device: "CPU-0"}, ErrNotInstalled, "/nowhere/at/all"},
		{"model of a kind without", Spec{Kind: "ollama", Model: "m", Device: "CPU-0"}, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := b.Spawn(b.context(), tt.spec)
			if err == nil || (tt.want != nil && !errors.Is(err, tt.want)) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Spawn(%+v): %v, want %v with %q", tt.spec, err, tt.want, tt.says)
			}
		})
	}
	var wrong *catalog.KindError
	if _, err := b.Spawn(b.context(), Spec{Kind: "bad", Device: "CPU-0"}); !errors.As(err, &wrong) || wrong.Line != 1 || wrong.Field != "program" {
		t.Errorf("bad file: %v", err)
	}
	if got := b.List(); len(got) != 0 {
		t.Errorf("refused spawns left %+v", got)
	}
	if entries, _ := os.ReadDir(b.cfg.Dir); len(entries) > 0 {
		t.Errorf("refused spawns left %v", entries)
	}
}

func TestWhatAWorkerLeavesBehindIsSaid(t *testing.T) {
	b := newBed(t, "")
	b.stop()
	var reading atomic.Pointer[GPUReading]
	reading.Store(&GPUReading{})
	b.cfg.GPU = func() GPUReading { return *reading.Load() }
	b.run()
	// The driver never gives it back. It may not have been asked since, as it is
	// by nvidia-smi.
	var s Status
	for asOf, want := range map[time.Time]string{time.Now(): "", {}: "700 MiB of VRAM"} {
		s = b.spawn(wire.WorkerReady)
		reading.Store(&GPUReading{AsOf: asOf, ByPID: map[int]GPUUse{s.PID: {VRAMMB: 700}}})
		for len(b.Samples()) == 0 || b.Samples()[0].VRAMMB == 0 {
			time.Sleep(50 * time.Millisecond)
		}
		if err := b.Stop(b.context(), s.ID); err != nil {
			t.Fatal(err)
		}
		if s, _ = b.Get(s.ID); !strings.Contains(s.Note, want) || (want == "") != (s.Note == "") {
			t.Errorf("note %q, want %q", s.Note, want)
		}
	}
	b.stop()
	b.cfg.GPU = nil
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", s.Port)) // another program is quick
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	b.edit(s.ID, func(r *record) { r.Ended, r.Stopping = nil, true })
	b.run()
	if s = b.await(s.ID, "ended", func(s Status) bool { return s.Final }); !strings.Contains(s.Note, "port") {
		t.Errorf("note %q", s.Note)
	}
}

func TestAWorkerThatKeepsFailingIsGivenUp(t *testing.T) {
	f, err := New(Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	w := f.newWorker(record{Version: recordVersion, ID: "w-1", Spec: Spec{Restart: catalog.RestartOnFailure}})
	if err := makeDir(w.dir); err != nil {
		t.Fatal(err)
	}
	os.WriteFile(w.logPath(), []byte("Traceback\nMemoryError\n"), 0o600)
	w.failures = []time.Time{time.Now().Add(-2 * failureWindow)} // long ago, and forgotten
	for n := range mostFailures {
		if next := w.failed(t.Context(), "exit status 1"); next == nil || w.status().Final {
			t.Fatalf("given up after %d failures", n+1)
		}
	}
	if w.failed(t.Context(), "exit status 1") != nil {
		t.Fatal("never given up")
	}
	s := w.status()
	if !s.Final || s.State != wire.WorkerFailed || !s.Next.IsZero() || !strings.Contains(s.Reason, "given up after 11") || !strings.Contains(s.Reason, "MemoryError") {
		t.Errorf("worker %+v", s)
	}
	if rec, err := loadRecord(w.dir); err == nil || rec != nil {
		t.Errorf("a record without a kind was read: %+v", rec)
	}
}

func TestBackoff(t *testing.T) {
	for n, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 6: 32 * time.Second, 7: time.Minute, 90: time.Minute} {
		if got := backoff(n); got != want {
			t.Errorf("backoff(%d) = %v, want %v", n, got, want)
		}
	}
}
