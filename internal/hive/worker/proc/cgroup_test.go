package proc

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestWhatLimitsAreInTheFilesOfAGroup(t *testing.T) {
	got := Limits{MemoryBytes: 512 << 20, CPUs: 1.5, PIDs: 64}.settings()
	want := []setting{
		{"memory", "memory.oom.group", "1"}, {"memory", "memory.max", "536870912"}, {"cpu", "cpu.max", "150000 100000"}, {"pids", "pids.max", "64"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(setting{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := (Limits{}).settings(); len(got) > 0 {
		t.Errorf("no limits are %v", got)
	}
	if got := (Limits{CPUs: 0.01}).settings(); got[0].value != "1000 100000" { // the kernel takes no less
		t.Errorf("the least of a CPU is %v", got)
	}
}

func TestFilesOfAGroup(t *testing.T) {
	if got := cpuTime("usage_usec 1090192000\nuser_usec 709412000\nsystem_usec 380780000\nnice_usec 0\n"); got != 1090192*time.Millisecond {
		t.Errorf("CPU time %v", got)
	}
	const memory = "anon 1048576\nfile 33554432\nkernel 4096\nfile_mapped 2097152\nfile_dirty x\n\nworkingset_refault_anon 0"
	if got := keyed(memory); got["anon"] != 1<<20 || got["file_mapped"] != 2<<20 || got["file_dirty"] != 0 {
		t.Errorf("memory %v", got)
	}
	// 253:0 is a volume on 8:0, and 7:0 has done nothing yet.
	const io = "8:0 rbytes=1000 wbytes=20 rios=3 wios=4 dbytes=5 dios=6\n253:0 rbytes=1000 wbytes=20 rios=3 wios=4\n7:0\n259:0 rbytes=7 wbytes=1 cost.usage=x\n"
	read, written := ioTotals(io, func(device string) bool { return device == "253:0" })
	if read != 1007 || written != 21 {
		t.Errorf("%d bytes read and %d written, want 1007 and 21", read, written)
	}
	for raw, want := range map[string]OOM{
		"": {}, "low 0\nhigh 3\nmax 9\noom 0\noom_kill 0\noom_group_kill 0\n": {},
		"low 0\nhigh 0\nmax 99\noom 1\noom_kill 4\noom_group_kill 1\n": {Kills: 4, Own: true},
		"max 0\noom 0\noom_kill 1\n":                                   {Kills: 1},
	} {
		if got := parseOOM(raw); got != want {
			t.Errorf("%q: %+v, want %+v", raw, got, want)
		}
	}
}

func TestNoGroups(t *testing.T) {
	var g *Groups
	if u, known := g.Usage("w", true); known || u != (Usage{}) || g.OOM("w") != (OOM{}) || g.Dir() != "" || g.Limit("w", Limits{}) == nil {
		t.Errorf("no groups tell %+v", u)
	}
}
