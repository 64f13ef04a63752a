package worker

import (
	"context"
	"log/slog"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"rbee/internal/hive/worker/proc"
	"rbee/internal/wire"
)

// stateFunc is one state of a worker. It returns the next one, or nil when the
// worker has ended for good or ctx has ended.
type stateFunc func(context.Context) stateFunc

// order is what a worker can be told.
type order int

const (
	orderStop order = iota
	orderKill
)

// Status is where a worker stands.
type Status struct {
	ID      string
	Spec    Spec
	State   wire.WorkerState
	Reason  string    // why it is in that state, in words; empty when nothing is to be said, always when it serves and is healthy
	Note    string    // what else is not as it should be: limits not applied, a port still held after the end
	Since   time.Time // of the state
	Created time.Time
	PID     int // 0: no process
	Host    string
	Port    int
	// Restarts is how often it was started again, and Next when it will be.
	Restarts int
	Next     time.Time
	// Adopted: an earlier hive started the process.
	Adopted bool
	// Final: it will not change any more.
	Final bool

	process *proc.Identity
}

// worker is one worker. Its goroutine owns everything below "owned".
type worker struct {
	fleet  *Fleet
	dir    string
	log    *slog.Logger
	orders chan order
	left   chan struct{} // closed when nobody reads orders any more

	mu        sync.Mutex
	published Status
	changed   chan struct{} // closed and replaced at each change

	// Owned by the goroutine in run.
	rec      record
	cmd      *exec.Cmd       // nil when an earlier hive started the process
	gone     <-chan struct{} // closed when the process has ended
	failures []time.Time     // of the last failureWindow
	orphan   bool            // nobody has a record of it, and none is written
	next     time.Time
	note     string // see Status.Note
	watchers sync.WaitGroup
}

func (f *Fleet) newWorker(rec record) *worker {
	return &worker{
		fleet: f, dir: filepath.Join(f.cfg.Dir, rec.ID), rec: rec,
		log:    f.cfg.Log.With("worker_id", rec.ID),
		orders: make(chan order), left: make(chan struct{}), changed: make(chan struct{}),
	}
}

// run goes from state to state until the end.
func (w *worker) run(ctx context.Context, first stateFunc) {
	defer w.watchers.Wait()
	defer close(w.left)
	for state := first; state != nil; {
		state = state(ctx)
	}
	if w.status().Final {
		w.fleet.forgetOld()
	}
}

// save writes the record. Before a start its failure matters; later the token
// finds what the record does not tell.
func (w *worker) save() error {
	if w.orphan {
		return nil
	}
	return w.rec.save(w.dir)
}

func (w *worker) saveOrWarn() {
	if err := w.save(); err != nil {
		w.log.Warn("Record of a worker not written: the next hive may not know it", "error", err)
	}
}

// publish tells everybody the state.
func (w *worker) publish(state wire.WorkerState, reason string) {
	s := Status{
		ID: w.rec.ID, Spec: w.rec.Spec, State: state, Reason: wire.Printable(reason), Since: time.Now().UTC(),
		Created: w.rec.Created, Host: w.fleet.cfg.Host, Port: w.rec.Port, Restarts: w.rec.Restarts, Next: w.next,
		Note: w.note,
	}
	if w.rec.Process != nil {
		id := *w.rec.Process
		s.process, s.PID, s.Adopted = &id, id.PID, w.cmd == nil
	}
	if e := w.rec.Ended; e != nil {
		s.Final, s.Since, s.Note = true, e.At, e.Note
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	was := w.published
	if was.State == state && !was.Since.IsZero() {
		s.Since = was.Since
		if was.Reason == s.Reason && was.PID == s.PID && was.Final == s.Final {
			return // asked again, with the same answer
		}
	} else if !quiet(was.State, state) {
		w.log.Info("Worker "+string(state), "kind", s.Spec.Kind, "pid", s.PID, "port", s.Port, "reason", s.Reason)
	}
	w.published = s
	close(w.changed)
	w.changed = make(chan struct{})
}

// quiet changes come with every request, and have no line in the log.
func quiet(from, to wire.WorkerState) bool {
	return (from == wire.WorkerReady && to == wire.WorkerBusy) || (from == wire.WorkerBusy && to == wire.WorkerReady)
}

// unwell says why the worker does not serve as it should; empty when it does, or
// is not meant to.
func (s *Status) unwell() string {
	switch {
	case s.Final:
		return ""
	case s.State == wire.WorkerReady || s.State == wire.WorkerBusy:
		return s.Reason
	case s.State == wire.WorkerFailed:
		return "it has failed, and will be started again"
	}
	return ""
}

func (w *worker) status() Status {
	s, _ := w.look()
	return s
}

// look returns the status, and a channel that is closed when it changes.
func (w *worker) look() (Status, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.published, w.changed
}

func (w *worker) logPath() string { return filepath.Join(w.dir, logFile) }
