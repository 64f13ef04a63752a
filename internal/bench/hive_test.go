package bench

import (
	"math"
	"os"
	"testing"
	"time"
)

func TestBeatsOf(t *testing.T) {
	from := time.Now()
	state, _ := beaten(t, 2, 3)
	to := time.Now().Add(10 * time.Second)
	b, err := beatsOf(t.Context(), state, "swarm-000001", from, to)
	if err != nil || b.count != 3 || b.workers != 1 || b.gap < 9*time.Second || b.gap > to.Sub(from) {
		t.Errorf("three heartbeats and a silence of 10 s read as %+v, %v", b, err)
	}
	if b, err := beatsOf(t.Context(), state, "swarm-000001", to, to.Add(time.Second)); err != nil || b.count != 0 || b.gap != time.Second {
		t.Errorf("nothing reads as %+v, %v", b, err)
	}
}

func TestWhatAProcessCosts(t *testing.T) {
	before, there := cpuTime(os.Getpid())
	now := before
	for end := time.Now().Add(time.Minute); now == before && time.Now().Before(end); now, _ = cpuTime(os.Getpid()) {
	}
	if !there || now <= before {
		t.Errorf("this process has used %v, and later %v", before, now)
	}
	if mb := rss(os.Getpid()); mb < 1 || mb > 10_000 {
		t.Errorf("this process has %v MB", mb)
	}
	if used, there := cpuTime(0); there || !math.IsNaN(rss(0)) {
		t.Errorf("no process: %v, %v MB", used, rss(0))
	}
	if _, err := watch(t.Context(), 0, 0); err == nil {
		t.Error("a process that is not there was watched")
	}
}

func TestTargetsOfAHive(t *testing.T) {
	for _, target := range hiveTargets(nil, full) {
		if (target.section != 'i' && target.section != 'j') || target.figure == "" {
			t.Errorf("%q belongs nowhere", target.what)
		}
	}
}

func TestAnEngineEnds(t *testing.T) {
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- Engine(t.Context(), port, 50*time.Millisecond) }()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Error("it lives longer than it may")
	}
}
