package worker

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"rbee/internal/hive/worker/catalog"
	"rbee/internal/hive/worker/proc"
	"rbee/internal/memnet"
	"rbee/internal/wire"
)

func TestPulse(t *testing.T) {
	full, broken := &statusError{503, "/health"}, &statusError{500, "/health"}
	reset := errors.New("connection reset by peer")
	repeat := func(err error, times int) (all []error) {
		for range times {
			all = append(all, err)
		}
		return all
	}
	for _, tt := range []struct {
		name      string
		answers   []error
		busy      bool
		unhealthy string        // a part of it; empty: it is healthy
		still     time.Duration // without a sign of life, at the last answer
	}{
		{"well", repeat(nil, 100), false, "", 0},
		{"refused four times", repeat(errRefused, 4), false, "", 3 * time.Second},
		{"refused five times", repeat(errRefused, 5), false, "since 2000-01-01T00:00:00Z: it does not listen any more", 4 * time.Second},
		{"for ever", repeat(errRefused, 1000), false, "does not listen", 999 * time.Second},
		{"500", repeat(broken, 5), false, "it answers 500 to /health", 4 * time.Second},
		{"broken off", repeat(reset, 5), false, "connection reset", 4 * time.Second},
		{"slow fourteen times", repeat(errSlow, 14), false, "", 13 * time.Second},
		{"slow fifteen times", repeat(errSlow, 15), false, "does not answer within 2s", 14 * time.Second},
		{"slow, and busy", repeat(errSlow, 15), true, "does not answer within 2s", 14 * time.Second},
		{"slow, then gone", append(repeat(errSlow, 12), errRefused), false, "does not listen", 12 * time.Second},
		{"an answer in between", append(append(repeat(errRefused, 4), nil), repeat(errRefused, 4)...), false, "", 3 * time.Second},
		{"well again", append(repeat(errRefused, 9), nil), false, "", 0},
		{"no room for long", repeat(full, 100), false, "it answers 503", 0},
		{"no room, at work", repeat(full, 100), true, "", 0},
		{"dead, then no room", append(repeat(errRefused, 9), full), false, "it answers 503", 0},
		{"no room, then dead", append(repeat(full, 20), repeat(errRefused, 3)...), false, "does not listen", 2 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
			var p pulse
			for n, err := range tt.answers {
				if n > 0 {
					now = now.Add(time.Second)
				}
				p = p.after(err, tt.busy, now)
			}
			got := p.unhealthy()
			if (got == "") != (tt.unhealthy == "") || !strings.Contains(got, tt.unhealthy) {
				t.Errorf("unhealthy: %q, want %q", got, tt.unhealthy)
			}
			hopeful := tt.unhealthy == "" || tt.still == 0
			if p.hopeless(0, now) || p.hopeless(tt.still+1, now) || p.hopeless(max(tt.still, 1), now) == hopeful {
				t.Errorf("after %v without a sign of life: hopeless %v", tt.still, p.hopeless(max(tt.still, 1), now))
			}
		})
	}
}

// In virtual time: when a worker that serves is called unhealthy, when healthy
// again, and when it is given up.
func TestWhenAWorkerIsCalledUnhealthy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memnet.New()
		f, err := New(Config{Dir: t.TempDir(), Log: slog.New(slog.NewTextHandler(testWriter{t}, nil))})
		if err != nil {
			t.Fatal(err)
		}
		f.ask.client.Transport.(*http.Transport).DialContext = network.Dialer("127.0.0.1")
		w := f.newWorker(record{
			ID: "w-1", Port: 1000, Process: &proc.Identity{PID: 1 << 30},
			Spec: Spec{Restart: catalog.RestartOnFailure},
			Kind: catalog.Kind{Health: "/health", UnhealthyRestart: 5 * time.Minute},
		})
		f.enter(w)
		var hang atomic.Bool
		engine := func() (stop func()) {
			srv := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if hang.Load() {
					<-r.Context().Done()
				}
			})}
			ln, served := network.Listen("127.0.0.1:1000"), make(chan struct{})
			go func() { defer close(served); _ = srv.Serve(ln) }()
			return func() { _ = srv.Close(); <-served }
		}
		stop := engine()
		next := make(chan stateFunc, 1)
		go func() { next <- w.serving(t.Context()) }()
		began := time.Now()
		at := func(seconds int, health wire.HealthState, says string) {
			t.Helper()
			time.Sleep(time.Until(began.Add(time.Duration(seconds)*time.Second + time.Millisecond)))
			synctest.Wait()
			st, got := w.status(), f.Health()
			if got.Status != health || !strings.Contains(got.Reason, says) || st.State != wire.WorkerReady || st.unwell() != st.Reason {
				t.Errorf("after %d s: %s: %q of the worker, %s: %q of the hive; want %s: %q", seconds, st.State, st.Reason, got.Status, got.Reason, health, says)
			}
		}
		at(0, wire.HealthHealthy, "")
		stop() // the first question that is refused comes after 2 s
		at(8, wire.HealthHealthy, "")
		at(10, wire.HealthDegraded, "worker w-1: unhealthy since ")
		stop = engine()
		at(12, wire.HealthHealthy, "")
		hang.Store(true) // each question takes 2 s, and the next comes 2 s later: from 14 s on
		at(14+14*4, wire.HealthHealthy, "")
		at(14+14*4+2, wire.HealthDegraded, "it does not answer within 2s")
		at(14+14*4+100, wire.HealthDegraded, "it does not answer within 2s")
		hang.Store(false)
		at(14+14*4+104, wire.HealthHealthy, "")
		stop()
		gone := time.Now()
		if state := <-next; state == nil {
			t.Error("a worker without a sign of life is not given up")
		}
		if took := time.Since(gone); took < 5*time.Minute || took > 5*time.Minute+4*time.Second {
			t.Errorf("given up after %v, want 5 min", took)
		}
	})
}

// hasty is a bed whose fleet asks workers that serve often, and is not patient.
func hasty(t *testing.T, kind string) *bed {
	b := newBed(t, kind)
	b.stop()
	b.before = func(f *Fleet) { f.every, f.ask.client.Timeout = 20*time.Millisecond, 200*time.Millisecond }
	b.run()
	return b
}

func TestAWorkerThatIsNotWell(t *testing.T) {
	b := hasty(t, "busy = {path = \"/metrics\", metrics = [\"fake:running\"]}\n")
	s := b.spawn(wire.WorkerReady)
	unwell := func(s Status) bool { return s.State == wire.WorkerReady && s.Reason != "" }
	well := func(s Status) bool { return s.State == wire.WorkerReady && s.Reason == "" }
	b.ask(s, "/sick?as=500")
	if got := b.await(s.ID, "is unhealthy", unwell); !strings.Contains(got.Reason, "it answers 500 to /health") {
		t.Errorf("reason %q", got.Reason)
	}
	hints := b.Hints()
	if h := b.Health(); h.Status != wire.HealthDegraded || !strings.Contains(h.Reason, s.ID) || len(hints) != 1 || !strings.Contains(hints[0].Detail, "500") {
		t.Errorf("health %+v, hints %+v", h, hints)
	}
	b.ask(s, "/sick?as=0")
	b.await(s.ID, "is healthy again", well)
	if h := b.Health(); h != (wire.HealthStatus{Status: wire.HealthHealthy}) {
		t.Errorf("health %+v", h)
	}
	if err := syscall.Kill(s.PID, syscall.SIGSTOP); err != nil { // it hangs
		t.Fatal(err)
	}
	if got := b.await(s.ID, "is unhealthy", unwell); !strings.Contains(got.Reason, "does not answer") {
		t.Errorf("reason %q", got.Reason)
	}
	if err := syscall.Kill(s.PID, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if got := b.await(s.ID, "is healthy again", well); got.PID != s.PID || got.Restarts != 0 {
		t.Errorf("without unhealthy_restart: %+v, want no restart", got)
	}
	if err := b.Kill(b.context(), s.ID); err != nil {
		t.Error(err)
	}
}

func TestAWorkerThatHangsIsStartedAgain(t *testing.T) {
	b := hasty(t, "stop_grace = \"200ms\"\n")
	s := b.spawn(wire.WorkerReady)
	b.stop()
	// Shorter than a file may say, and an earlier hive's worker.
	b.edit(s.ID, func(r *record) { r.Kind.UnhealthyRestart = 100 * time.Millisecond })
	b.run()
	b.ask(s, "/sick?as=503") // for long
	time.Sleep(time.Second)
	if got, _ := b.Get(s.ID); got.PID != s.PID || got.Restarts != 0 {
		t.Errorf("with no room: %+v, want no restart", got)
	}
	b.ask(s, "/sick?as=0")
	if err := syscall.Kill(s.PID, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	failed := b.await(s.ID, "failed", func(s Status) bool { return s.State == wire.WorkerFailed })
	if failed.Final || failed.Next.IsZero() || !strings.Contains(failed.Reason, "it was ended because it was unhealthy since") {
		t.Errorf("failed worker %+v", failed)
	}
	if h := b.Health(); h.Status != wire.HealthDegraded {
		t.Errorf("health %+v while it waits", h)
	}
	again := b.await(s.ID, "is ready again", func(n Status) bool { return n.State == wire.WorkerReady && n.PID != s.PID })
	if again.Restarts != 1 || again.Port != s.Port || len(tokens(b.dir)) != 1 {
		t.Errorf("restarted worker %+v, processes %v", again, tokens(b.dir))
	}
	if err := b.Kill(b.context(), s.ID); err != nil {
		t.Error(err)
	}
}
