package worker

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/hive/worker/catalog"
	"rbee/internal/hive/worker/proc"
	"rbee/internal/wire"
)

const (
	hiveVariable  = "FAKE_HIVE"    // a process that runs the fleet in this directory
	groupVariable = "FAKE_CGROUPS" // set by hand, every fleet here uses control groups
	spawnVariable = "FAKE_SPAWN"   // spawns until there are so many workers
	stopVariable  = "FAKE_STOP"    // and stops the first and kills the second of those adopted
)

// hive runs a fleet until it is killed. It prints what it adopted, and what there
// is once all workers serve.
func hive(dir string) int {
	f, err := New(fleetConfig(dir))
	if err != nil {
		fmt.Println(err)
		return 1
	}
	ctx := context.Background()
	go func() {
		err := f.Run(ctx)
		fmt.Println("Run:", err)
		os.Exit(1)
	}()
	if err := f.begun(ctx); err != nil {
		fmt.Println(err)
		return 1
	}
	out := json.NewEncoder(os.Stdout)
	adopted := living(f.List())
	_ = out.Encode(f.List())
	if os.Getenv(stopVariable) != "" && len(adopted) > 1 {
		go func() { _ = f.Stop(ctx, adopted[0].ID) }()
		go func() { _ = f.Kill(ctx, adopted[1].ID) }()
	}
	want, _ := strconv.Atoi(os.Getenv(spawnVariable))
	var all sync.WaitGroup
	for range want - len(adopted) {
		all.Go(func() {
			if _, err := f.Spawn(ctx, Spec{Kind: "fake", Model: "tiny", Device: "CPU-0"}); err != nil {
				fmt.Println(err)
			}
		})
	}
	all.Wait()
	ready := func(s Status) bool { return s.State == wire.WorkerReady }
	for slices.ContainsFunc(living(f.List()), func(s Status) bool { return !ready(s) }) {
		time.Sleep(20 * time.Millisecond)
	}
	_ = out.Encode(f.List())
	select {}
}

// living are those that have not ended for good.
func living(all []Status) []Status {
	return slices.DeleteFunc(all, func(s Status) bool { return s.Final })
}

// hiveProcess is a hive in a process of its own.
type hiveProcess struct {
	t   *testing.T
	cmd *exec.Cmd
	out *bufio.Reader
}

func startHive(t *testing.T, dir string, workers int, env ...string) *hiveProcess {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), hiveVariable+"="+dir, spawnVariable+"="+strconv.Itoa(workers))
	cmd.Env = append(cmd.Env, env...)
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	h := &hiveProcess{t: t, cmd: cmd, out: bufio.NewReader(pipe)}
	t.Cleanup(h.kill)
	return h
}

// list reads the next list that the hive prints.
func (h *hiveProcess) list() []Status {
	h.t.Helper()
	line, err := h.out.ReadBytes('\n')
	if err != nil {
		h.t.Fatalf("hive said %q: %v", line, err)
	}
	return mustJSON[[]Status](h.t, line)
}

func (h *hiveProcess) kill() {
	h.cmd.Process.Kill()
	_ = h.cmd.Wait() // how it ended is known
}

// roots returns the first processes of all workers in dir, by worker.
func roots(t *testing.T, dir string) map[string][]int {
	t.Helper()
	table, err := proc.Read()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]int{}
	for _, p := range table.All {
		id, home, _ := strings.Cut(proc.Variable(p.PID, catalog.TokenVariable), ":")
		if !p.Ended && p.Session == p.PID && strings.HasPrefix(home, dir) {
			found[id] = append(found[id], p.PID)
		}
	}
	return found
}

// TestKilledHivesLoseNoWorker kills a hive over and over, in every second round
// while it spawns and stops workers, and compares what the next one knows with
// what runs.
func TestKilledHivesLoseNoWorker(t *testing.T) {
	b := newBed(t, "[environment]\nFAKE_LIFE = \"20m\"\n")
	b.stop() // its kind and its cleanup are wanted
	const workers = 8
	adopted := 0
	settled := map[string]int{} // workers that served and were not told to stop, with their pids
	for round := range *kills {
		before := roots(t, b.dir)
		busy := round%2 == 0
		var env []string
		if busy {
			env = append(env, stopVariable+"=1")
		}
		h := startHive(t, b.dir, workers, env...)
		known := map[string]int{}
		all := living(h.list())
		for _, s := range all {
			switch {
			case s.PID != 0:
				known[s.ID] = s.PID
				adopted++
			case s.State == wire.WorkerFailed || s.State == wire.WorkerStarting: // killed before its process had begun
			default:
				t.Errorf("round %d: worker %s is %s without a process", round, s.ID, s.State)
			}
		}
		for id, pid := range settled {
			if known[id] != pid {
				t.Errorf("round %d: worker %s had pid %d and has %d", round, id, pid, known[id])
			}
		}
		for id, pids := range before {
			if len(pids) != 1 || known[id] != pids[0] {
				t.Errorf("round %d: worker %s ran as %v, the hive knows pid %d", round, id, pids, known[id])
			}
		}
		if busy {
			if len(all) > 1 {
				delete(settled, all[0].ID)
				delete(settled, all[1].ID)
			}
			time.Sleep(rand.N(400 * time.Millisecond))
			h.kill()
			continue
		}
		for _, s := range living(h.list()) {
			settled[s.ID] = s.PID
		}
		running := roots(t, b.dir)
		if len(settled) != len(running) || len(settled) < workers-2 {
			t.Errorf("round %d: %d workers serve as %v, and these run: %v", round, len(settled), settled, running)
		}
		for id, pid := range settled {
			if !slices.Equal(running[id], []int{pid}) {
				t.Errorf("round %d: worker %s has pid %d and runs as %v", round, id, pid, running[id])
			}
		}
		h.kill()
	}
	b.run()
	t.Logf("%d kills; %d times a worker was adopted", *kills, adopted)
	if err := b.StopAll(b.context()); err != nil {
		t.Error(err)
	}
	if left := tokens(b.dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// edit changes a worker's record while no hive runs.
func (b *bed) edit(id string, change func(*record)) {
	b.t.Helper()
	dir := filepath.Join(b.cfg.Dir, id)
	rec, err := loadRecord(dir)
	if err != nil {
		b.t.Fatal(err)
	}
	change(rec)
	if err := rec.save(dir); err != nil {
		b.t.Fatal(err)
	}
}

func TestTheNextHiveGoesOn(t *testing.T) {
	b := newBed(t, "[environment]\nFAKE_FAMILY = \"bare away\"\n")
	s := b.spawn(wire.WorkerReady)
	var family []proc.Identity
	for _, line := range b.log(s.ID) {
		if pid, err := strconv.Atoi(strings.TrimPrefix(line, "child ")); err == nil {
			id, err := proc.Identify(pid)
			if err != nil {
				t.Fatal(err)
			}
			family = append(family, id)
		}
	}
	b.stop()
	b.ask(s, "/say?lines=1&text=alone")
	b.run()
	next := b.await(s.ID, "is ready", func(s Status) bool { return s.State == wire.WorkerReady })
	if !next.Adopted || next.PID != s.PID || next.Port != s.Port {
		t.Errorf("adopted worker %+v, want that of %+v", next, s)
	}
	b.ask(s, "/say?lines=1&text=together")
	if lines := b.log(s.ID); !slices.Contains(lines, "alone 0") || !slices.Contains(lines, "together 0") {
		t.Errorf("log %q", lines)
	}
	other, err := b.Spawn(b.context(), Spec{Kind: "fake", Model: "m", Device: "CPU-0"})
	if err != nil {
		t.Fatal(err)
	}
	if other.Port == s.Port {
		t.Errorf("port %d handed out again", s.Port)
	}
	syscall.Kill(s.PID, syscall.SIGKILL)
	failed := b.await(s.ID, "failed", func(s Status) bool { return s.State == wire.WorkerFailed })
	if !strings.Contains(failed.Reason, "exit status is unknown") {
		t.Errorf("reason %q", failed.Reason)
	}
	b.await(s.ID, "is started again", func(n Status) bool { return n.State == wire.WorkerReady && !n.Adopted && n.PID != s.PID })
	if len(family) != 2 || family[0].Alive() || family[1].Alive() {
		t.Errorf("of the family of the one before, %v, somebody lives", family)
	}
	if err := b.StopAll(b.context()); err != nil {
		t.Error(err)
	}
}

func TestAStrangerIsNeverAdopted(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*proc.Identity)
	}{
		{"another start", func(id *proc.Identity) { id.Start-- }},
		{"another boot", func(id *proc.Identity) { id.Boot = "4b1d" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBed(t, "restart = \"never\"\n")
			s := b.spawn(wire.WorkerReady)
			if err := b.Kill(b.context(), s.ID); err != nil {
				t.Fatal(err)
			}
			b.stop()
			stranger := exec.Command("sleep", "120")
			stranger.SysProcAttr = proc.OwnSession(nil)
			if err := stranger.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() {
				stranger.Process.Kill()
				_ = stranger.Wait()
			}()
			id, err := proc.Identify(stranger.Process.Pid)
			if err != nil {
				t.Fatal(err)
			}
			wrong := id
			tt.change(&wrong)
			b.edit(s.ID, func(r *record) { r.Ended, r.Process, r.Stopping, r.Ready = nil, &wrong, false, true })
			b.run()
			got := b.await(s.ID, "ended", func(s Status) bool { return s.Final })
			if got.State != wire.WorkerFailed || got.PID != 0 || !strings.Contains(got.Reason, "while no hive was watching") {
				t.Errorf("worker %+v", got)
			}
			if !id.Alive() {
				t.Error("the stranger was killed")
			}
			b.stop() // the control: with its true name the process is taken for the worker
			b.edit(s.ID, func(r *record) { r.Ended, r.Process, r.Stopping, r.Ready = nil, &id, false, true })
			b.run()
			if got, err := b.Get(s.ID); err != nil || got.PID != id.PID || !got.Adopted {
				t.Errorf("control: %+v, %v", got, err)
			}
		})
	}
}

func TestWhatAHiveLeavesInBetween(t *testing.T) {
	tests := []struct {
		name   string
		change func(b *bed, s Status)
		as     func(s, was Status) bool
	}{
		{
			"killed between the start and its record",
			func(b *bed, s Status) {
				b.edit(s.ID, func(r *record) { r.Process, r.Ready = nil, false })
			},
			func(s, was Status) bool { return s.State == wire.WorkerReady && s.PID == was.PID && s.Adopted },
		},
		{
			"killed before the start",
			func(b *bed, s Status) {
				syscall.Kill(s.PID, syscall.SIGKILL)
				b.edit(s.ID, func(r *record) { r.Process, r.Ready = nil, false })
			},
			func(s, was Status) bool { return s.State == wire.WorkerReady && s.PID != was.PID && !s.Adopted },
		},
		{
			"killed while it stopped a worker",
			func(b *bed, s Status) { b.edit(s.ID, func(r *record) { r.Stopping = true }) },
			func(s, _ Status) bool { return s.State == wire.WorkerExited && s.Final },
		},
		{
			"the worker ended meanwhile",
			func(b *bed, s Status) { syscall.Kill(s.PID, syscall.SIGKILL) },
			func(s, was Status) bool { return s.State == wire.WorkerReady && s.PID != was.PID && s.Restarts == 1 },
		},
		{
			"the record is damaged",
			func(b *bed, s Status) {
				os.WriteFile(filepath.Join(b.cfg.Dir, s.ID, recordFile), []byte(`{"version":1`), 0o600)
			},
			func(s, was Status) bool { return s.State == wire.WorkerUnknown && s.PID == was.PID && !s.Final },
		},
		{
			"the record is gone",
			func(b *bed, s Status) { os.RemoveAll(filepath.Join(b.cfg.Dir, s.ID)) },
			func(s, was Status) bool { return s.State == wire.WorkerUnknown && s.PID == was.PID && !s.Final },
		},
		{
			"the record is damaged and the worker ended",
			func(b *bed, s Status) {
				syscall.Kill(s.PID, syscall.SIGKILL)
				os.WriteFile(filepath.Join(b.cfg.Dir, s.ID, recordFile), []byte("\x00"), 0o600)
			},
			func(s, _ Status) bool {
				return s.State == wire.WorkerFailed && s.Final && strings.Contains(s.Reason, "cannot be read")
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBed(t, "")
			was := b.spawn(wire.WorkerReady)
			b.stop()
			tt.change(b, was)
			b.run()
			s := b.await(was.ID, "is as it should", func(s Status) bool { return tt.as(s, was) })
			if s.State == wire.WorkerUnknown {
				if hints := b.Hints(); !slices.ContainsFunc(hints, func(h Hint) bool { return strings.Contains(h.Detail, s.ID) }) {
					t.Errorf("no hint of it: %+v", hints)
				}
			}
			if err := b.StopAll(b.context()); err != nil {
				t.Error(err)
			}
			if left := tokens(b.dir); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestWhatIsNoWorkerIsLeftAlone(t *testing.T) {
	b := newBed(t, "")
	b.stop()
	for _, name := range []string{"unborn-1", "photos", "lost+found"} {
		if err := os.Mkdir(filepath.Join(b.cfg.Dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	os.WriteFile(filepath.Join(b.cfg.Dir, "unborn-1", recordFile+".tmp123"), []byte("{"), 0o600)
	os.WriteFile(filepath.Join(b.cfg.Dir, "photos", "cat.jpg"), []byte("cat"), 0o600)
	b.run()
	entries, err := os.ReadDir(b.cfg.Dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("directories %v, %v; want lost+found and photos", entries, err)
	}
	if got := b.List(); len(got) != 1 || got[0].ID != "photos" || got[0].State != wire.WorkerFailed {
		t.Errorf("workers %+v", got)
	}
	if _, err := os.Stat(filepath.Join(b.cfg.Dir, "photos", "cat.jpg")); err != nil {
		t.Error(err)
	}
}

// TestControlGroups: not even a process that has left its session, its parent and
// its token behind gets away.
func TestControlGroups(t *testing.T) {
	b := newBed(t, "[environment]\nFAKE_FAMILY = \"lost away plain\"\n")
	b.stop()
	b.cfg.Cgroups = true
	b.run()
	if b.groups == nil {
		_, err := proc.OpenGroups("rbee-test")
		t.Skipf("*** NO CONTROL GROUPS HERE: %v ***", err)
	}
	t.Cleanup(func() {
		for _, id := range b.groups.IDs() {
			_ = b.groups.Kill(id)
		}
	})
	s := b.spawn(wire.WorkerReady)
	if got := b.groups.Members(s.ID); len(got) != 4 {
		t.Errorf("members %v, want the engine and three more", got)
	} else if of := b.groups.Maybe(got[3]); of != s.ID || b.groups.Maybe(os.Getpid()) != "" {
		t.Errorf("the last of them is in the group of %q", of)
	}
	b.stop()
	b.run()
	if got, err := b.Get(s.ID); err != nil || got.PID != s.PID {
		t.Errorf("adopted worker %+v, %v", got, err)
	}
	syscall.Kill(s.PID, syscall.SIGKILL)
	b.await(s.ID, "is started again", func(n Status) bool { return n.State == wire.WorkerReady && n.PID != s.PID })
	if got := b.groups.Members(s.ID); len(got) != 4 {
		t.Errorf("members %v after a restart, want four new ones", got)
	}
	b.stop()
	b.edit(s.ID, func(r *record) { r.Ended = &ending{State: wire.WorkerExited} })
	b.run()
	left, err := b.Get(s.ID)
	if err != nil || left.State != wire.WorkerUnknown || left.PID == 0 {
		t.Errorf("what was left behind: %+v, %v", left, err)
	}
	if err := b.StopAll(b.context()); err != nil {
		t.Fatal(err)
	}
	if got := b.groups.IDs(); len(got) > 0 {
		t.Errorf("groups left: %v", got)
	}
}

func TestFleetsDoNotKnowEachOther(t *testing.T) {
	a, b := newBed(t, ""), newBed(t, "")
	s := a.spawn(wire.WorkerReady)
	b.stop()
	b.run()
	if got := b.List(); len(got) > 0 {
		t.Errorf("the other fleet has %+v", got)
	}
	if err := b.StopAll(b.context()); err != nil {
		t.Error(err)
	}
	if got, _ := a.Get(s.ID); got.State != wire.WorkerReady {
		t.Errorf("worker %+v", got)
	}
	if err := a.StopAll(a.context()); err != nil {
		t.Error(err)
	}
}

func TestARecordIsReadAsWritten(t *testing.T) {
	e, err := catalog.Catalog{Dir: t.TempDir()}.Get("vllm")
	if err != nil || e.Kind == nil {
		t.Fatal(err, e.Err)
	}
	want := record{
		Version: recordVersion, ID: "vllm-1", Spec: Spec{Kind: "vllm", Model: "m", Device: "GPU-0"}, Kind: *e.Kind, Program: "/bin/vllm",
		Port: 17900, Process: &proc.Identity{PID: 77, Start: 9, Boot: "b"}, Created: time.Now().UTC().Round(0), Restarts: 2, Stopping: true,
	}
	dir := filepath.Join(t.TempDir(), want.ID)
	if err := makeDir(dir); err != nil {
		t.Fatal(err)
	}
	if err := want.save(dir); err != nil {
		t.Fatal(err)
	}
	got, err := loadRecord(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, *got); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
}
