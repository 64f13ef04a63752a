package worker

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rbee/internal/hive/worker/catalog"
	"rbee/internal/hive/worker/proc"
	"rbee/internal/wire"
)

// limited is a bed with control groups that can limit; it skips where there are none.
func limited(t *testing.T, kind string) *bed {
	b := newBed(t, kind)
	b.stop()
	b.cfg.Cgroups = true
	b.run()
	if why := b.noLimits(catalog.Limits{MemoryBytes: 1, CPUs: 1, PIDs: 1}); why != "" {
		t.Skipf("*** LIMITS ARE NOT TESTED HERE: %s ***", why)
	}
	return b
}

func TestAWorkerThatEatsMoreThanItsLimit(t *testing.T) {
	b := limited(t, "limits = {memory_max = \"96MiB\", pids_max = 300, cpu_max = 0.5}\n[environment]\nFAKE_FAMILY = \"plain away\"\n")
	s := b.spawn(wire.WorkerReady)
	for file, want := range map[string]string{"memory.max": "100663296", "memory.oom.group": "1", "pids.max": "300", "cpu.max": "50000 100000"} {
		if raw, err := os.ReadFile(filepath.Join(b.groups.Dir(), s.ID, file)); err != nil || strings.TrimSpace(string(raw)) != want {
			t.Errorf("%s is %q, %v; want %s", file, raw, err, want)
		}
	}
	if s.Note != "" || len(b.Hints()) > 0 {
		t.Errorf("note %q, hints %+v", s.Note, b.Hints())
	}
	go func() { _, _ = get(s.Port, "/burn?for=6s") }()
	var most, least float64 = 0, 1e9
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(500 * time.Millisecond) {
		if all := b.Samples(); len(all) == 1 && all[0].CPUPct > 0 {
			most, least = max(most, all[0].CPUPct), min(least, all[0].CPUPct)
		}
	}
	if most < 20 || most > 75 {
		t.Errorf("with half a core, it used between %.0f and %.0f %%", least, most)
	}
	if all := b.Samples(); len(all) != 1 || all[0].RSSMB < 1 || all[0].RSSMB > 96 {
		t.Errorf("sample %+v, want memory within the limit", all)
	}
	_, _ = get(s.Port, "/eat?mb=200")
	failed := b.await(s.ID, "failed", func(s Status) bool { return s.State == wire.WorkerFailed })
	if !strings.HasPrefix(failed.Reason, "killed by the kernel for memory: limit 96 MiB (signal: killed)") {
		t.Errorf("reason %q", failed.Reason)
	}
	again := b.await(s.ID, "is ready again", func(s Status) bool { return s.State == wire.WorkerReady })
	if again.Restarts != 1 || again.Note != "" {
		t.Errorf("restarted worker %+v", again)
	}
	if got := b.groups.OOM(s.ID); got.Kills != 0 {
		t.Errorf("the group of the next process has had %+v", got)
	}
	if err := b.StopAll(b.context()); err != nil {
		t.Error(err)
	}
}

// Where limits cannot be, workers run without, and that is said.
func TestWhereLimitsCannotBe(t *testing.T) {
	b := newBed(t, "limits = {memory_max = \"1GiB\"}\n") // without control groups
	s := b.spawn(wire.WorkerReady)
	if !strings.Contains(s.Note, "its limits are not applied: there are no control groups") {
		t.Errorf("note %q", s.Note)
	}
	hints := b.Hints()
	if len(hints) != 1 || hints[0].Subject != "limits" || !strings.Contains(hints[0].Detail, "fake") || !strings.Contains(hints[0].Remedy, "DelegateSubgroup") {
		t.Errorf("hints %+v", hints)
	}
	if err := b.Kill(b.context(), s.ID); err != nil {
		t.Error(err)
	}
}

func TestWhoWasKilledForMemory(t *testing.T) {
	for _, tt := range []struct {
		oom   proc.OOM
		limit int64
		want  string
	}{
		{proc.OOM{}, 1 << 30, ""},
		{proc.OOM{Own: true}, 1 << 30, ""}, // reached, and nobody had to die
		{proc.OOM{Kills: 1, Own: true}, 1 << 30, "limit 1024 MiB"},
		{proc.OOM{Kills: 1}, 1 << 30, "the machine, or a group that the hive is in"},
		{proc.OOM{Kills: 1, Own: true}, 0, "the machine, or a group that the hive is in"},
	} {
		if got := outOfMemory(tt.oom, tt.limit); (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%+v with a limit of %d: %q, want %q", tt.oom, tt.limit, got, tt.want)
		}
	}
}

func TestResident(t *testing.T) {
	for _, tt := range []struct {
		name               string
		sum, largest, want int64
		group              proc.Usage
	}{
		{"no group", 300, 200, 300, proc.Usage{}},
		{"shared counts once", 300, 100, 180, proc.Usage{HasMemory: true, Anonymous: 100, Mapped: 80}},
		{"somebody else read the file first", 1900, 1000, 1000, proc.Usage{HasMemory: true, Anonymous: 200}},
		{"memory of nobody any more", 300, 100, 300, proc.Usage{HasMemory: true, Anonymous: 900}},
	} {
		if got := resident(tt.sum, tt.largest, tt.group); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}
