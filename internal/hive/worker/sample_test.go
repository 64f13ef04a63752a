package worker

import (
	"fmt"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"rbee/internal/hive/worker/proc"
	"rbee/internal/wire"
)

func TestSamples(t *testing.T) {
	b := newBed(t, "[environment]\nFAKE_FAMILY = \"plain away\"\n")
	b.stop()
	b.cfg.GPU = func() GPUReading {
		use := map[int]GPUUse{1: {VRAMMB: 9999}}
		for pid := range tokens(b.dir) { // three of them
			use[pid] = GPUUse{VRAMMB: 100, UtilPct: 20}
		}
		return GPUReading{ByPID: use, TotalMB: map[string]int64{"CPU-0": 1234}, Missing: "GPU-1 is lost"}
	}
	b.run()
	s := b.spawn(wire.WorkerReady)
	b.ask(s, "/eat?mb=200")
	go func() { _, _ = get(s.Port, "/burn?for=3s") }()
	var got wire.Worker
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if all := b.Samples(); len(all) == 1 {
			if got = all[0]; got.CPUPct > 5 && got.RSSMB >= 200 && got.UptimeS > 0 && got.VRAMMB == 300 {
				break
			}
		}
	}
	if got.CPUPct <= 5 || got.RSSMB < 200 || got.UptimeS < 1 || got.VRAMMB != 300 || got.GPUUtilPct != 60 || got.TotalVRAMMB != 1234 {
		t.Errorf("sample %+v", got)
	}
	if got.PID != int64(s.PID) || got.Group != "llm" || got.Instance != fmt.Sprint(s.Port) || got.Model == nil || *got.Model != "tiny" {
		t.Errorf("sample %+v of %+v", got, s)
	}
	if hints := b.Hints(); len(hints) != 1 || hints[0].Detail != "GPU-1 is lost" {
		t.Errorf("hints %+v", hints)
	}
	if err := (&wire.Heartbeat{
		Hive: wire.HiveInfo{ID: "h", Port: 1}, Timestamp: time.Now(), Workers: b.Samples(),
	}).Validate(); err != nil {
		t.Error(err)
	}
	b.sampler.mu.Lock()
	b.sampler.at = time.Now().Add(-time.Minute) // as if a round hung
	b.sampler.mu.Unlock()
	if all := b.Samples(); len(all) != 1 || all[0].PID != int64(s.PID) {
		t.Errorf("samples while a round hangs: %+v", all)
	}
	if err := b.StopAll(b.context()); err != nil {
		t.Error(err)
	}
}

// BenchmarkSample is the cost of one round of samples of 100 workers, in CPU time.
func BenchmarkSample(b *testing.B) {
	f, err := New(Config{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	for n := range 100 {
		cmd := exec.Command("sleep", "300")
		cmd.SysProcAttr = proc.OwnSession(nil)
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		defer func() {
			cmd.Process.Kill()
			_ = cmd.Wait()
		}()
		id, err := proc.Identify(cmd.Process.Pid)
		if err != nil {
			b.Fatal(err)
		}
		w := f.newWorker(record{ID: fmt.Sprintf("w-%d", n), Process: &id, Port: 1000 + n})
		w.publish(wire.WorkerReady, "")
		f.enter(w)
	}
	t, err := proc.Read()
	if err != nil {
		b.Fatal(err)
	}
	f.sample()
	began := cpuTime()
	for b.Loop() {
		f.sample()
	}
	b.ReportMetric(float64((cpuTime()-began).Microseconds())/1000/float64(b.N), "cpu-ms/round")
	b.ReportMetric(float64(len(t.All)), "processes")
	if got := f.Samples(); len(got) != 100 || got[0].RSSMB < 0 {
		b.Errorf("%d samples", len(got))
	}
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func TestForeignVRAM(t *testing.T) {
	f, err := New(Config{Dir: t.TempDir(), GPU: func() GPUReading {
		return GPUReading{HeldMB: map[string]map[int]int64{"GPU-0": {10: 100, 11: 7, 12: 5}, "GPU-1": {}}}
	}})
	if err != nil {
		t.Fatal(err)
	}
	f.sampler.pids = map[string][]int{"a": {10}, "b": {12, 13}}
	if got := f.ForeignVRAM(); len(got) != 2 || got["GPU-0"] != 7 || got["GPU-1"] != 0 {
		t.Errorf("got %v, want 7 of GPU-0 and 0 of GPU-1", got)
	}
}
