package hive

import (
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"rbee/internal/apitest"
	"rbee/internal/wire"
)

// Readers of a job's stream and of a worker's log that take nothing are dropped;
// neither the job nor the worker waits for them, and they leave nothing behind.
func TestStuckReadersHoldUpNoJobAndNoWorker(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: it takes ten seconds")
	}
	const (
		stuck = 12 // of each kind
		spawn = `{"operation":"worker_spawn","worker":"talker","model":"` + tiny + `","device":"CPU-0"}`
	)
	s := newShop(t)
	addr := strings.TrimPrefix(s.url, "http://")
	run := func(meanwhile func(job string)) (worker string, took time.Duration) {
		t.Helper()
		began := time.Now()
		id := s.post(spawn)
		meanwhile(id)
		d := s.stream(id)
		if d.last() != wire.JobMarkerDone {
			t.Fatalf("the job ended with %q", d.last())
		}
		return decode[wire.WorkerProcess](t, d.results[0]).WorkerID, time.Since(began)
	}
	end := func(worker string) { s.do(`{"operation":"worker_process_delete","worker_id":"` + worker + `"}`) }
	worker, alone := run(func(string) {})
	end(worker)

	before := apitest.Holding(t)
	var conns []net.Conn
	worker, beside := run(func(job string) {
		conns = append(conns, apitest.Stuck(t, addr, wire.PathJobs+"/"+job+"/stream", stuck)...)
		until(t, func() bool { return len(s.workers()) == 2 })
		conns = append(conns, apitest.Stuck(t, addr, wire.PathWorkers+"/"+s.workers()[1].WorkerID+"/logs?follow=1", stuck)...)
		conns = append(conns, apitest.Stuck(t, addr, wire.PathWorkers+"/"+s.workers()[1].WorkerID+"/logs", stuck)...)
	})
	t.Logf("the worker served after %v alone, after %v beside %d stuck readers", alone, beside, len(conns))
	if most := 3*alone + 2*time.Second; beside > most {
		t.Errorf("the job took %v beside the stuck readers, want at most %v", beside, most)
	}
	if status, text := s.ask(http.MethodGet, wire.PathWorkers+"/"+worker+"/logs", ""); status != http.StatusOK || !strings.Contains(text, "16383 x") {
		t.Errorf("the log has not all that the worker said: got %d, %d bytes", status, len(text))
	}
	before.Dropped(t, conns, writeWithin+10*time.Second)
	if w := s.workers()[1]; w.State != wire.WorkerReady {
		t.Errorf("the worker is %s: %s", w.State, w.Reason)
	}
	end(worker)
	before.BackTo(t, 10*time.Second)
}
