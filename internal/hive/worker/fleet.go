package worker

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"rbee/internal/hive/worker/catalog"
	"rbee/internal/hive/worker/proc"
	"rbee/internal/wire"
)

// maxEnded is how many workers that have ended are still shown.
const maxEnded = 100

// Config is what a Fleet needs.
type Config struct {
	// Dir is where records and logs are: one directory for each worker. Whoever
	// runs a Fleet holds the lock of the state directory that it is in.
	Dir     string
	Catalog catalog.Catalog
	// Env is the hive's environment, of which workers get a chosen part.
	Env []string
	// Host is the address that workers listen on; empty is 127.0.0.1.
	Host string
	// Ports is the range for workers; zero is 17900 to 18899.
	Ports PortRange
	// Cgroups: keep each worker in a control group, where cgroup v2 is there and
	// the hive's part of it is its own.
	Cgroups bool
	// GPU says what the drivers know, at once; nil when nobody does.
	GPU func() GPUReading
	// Log gets one line for each change of a worker; nil logs nothing.
	Log *slog.Logger
}

// Spec is what somebody wants to run.
type Spec struct {
	Kind  string `json:"kind"`
	Model string `json:"model,omitempty"` // as people call it
	// Path is what the engine gets for the model; empty is Model.
	Path   string `json:"path,omitempty"`
	Device string `json:"device"` // GPU-0, CPU-0, …
	// Context is how many tokens the model shall keep; 0 leaves it to the engine.
	Context int64 `json:"context,omitempty"`
	// Group is shown with the worker's samples; empty is the kind's.
	Group string `json:"group,omitempty"`
	// Restart is the policy; empty is the kind's.
	Restart catalog.Restart `json:"restart,omitempty"`
}

// Fleet is all the workers of a hive. Its methods may be called from any
// goroutine; those that change something wait for Run to have adopted what an
// earlier hive left, and answer ErrClosed when Run has returned.
type Fleet struct {
	cfg   Config
	token string // what follows the worker's id in a token
	ask   *asker
	every time.Duration // between two questions to a worker that serves
	ports *ports

	starts  chan start
	adopted chan struct{} // closed when Run has adopted
	groups  *proc.Groups  // nil: none; set before adopted is closed
	noGroup string        // why there are none; set with groups
	over    chan struct{} // closed when Run returns

	mu      sync.Mutex
	workers map[string]*worker

	kinMu   sync.Mutex
	kin     proc.Kin
	sampler sampler
}

// start is a worker that Run is to own from now on.
type start struct {
	w     *worker
	first stateFunc
}

// New wires a Fleet and starts nothing.
func New(cfg Config) (*Fleet, error) {
	cfg.Host = cmp.Or(cfg.Host, "127.0.0.1")
	if cfg.Ports == (PortRange{}) {
		cfg.Ports = PortRange{From: 17900, To: 18899}
	}
	if cfg.Ports.From < 1 || cfg.Ports.To > 65535 || cfg.Ports.From > cfg.Ports.To {
		return nil, fmt.Errorf("%w: ports %d to %d are no range: use 1 to 65535, the lower first", ErrInvalid, cfg.Ports.From, cfg.Ports.To)
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, err
	}
	cfg.Dir = dir
	return &Fleet{
		cfg: cfg, token: ":" + dir, ask: newAsker(cfg.Host), every: askServing, ports: newPorts(cfg.Host, cfg.Ports),
		starts: make(chan start), adopted: make(chan struct{}), over: make(chan struct{}),
		workers: map[string]*worker{},
	}, nil
}

// Run adopts the workers that an earlier hive left and owns all workers until
// ctx ends. It leaves them running: StopAll, before, ends them. An error says
// that it could not begin. A Fleet runs once.
func (f *Fleet) Run(ctx context.Context) error {
	defer close(f.over)
	var owners sync.WaitGroup
	defer func() {
		owners.Wait()
		f.groups.Close()
	}()
	found, err := f.adopt()
	if err != nil {
		return err
	}
	own := func(s start) { owners.Go(func() { s.w.run(ctx, s.first) }) }
	for _, s := range found {
		own(s)
	}
	owners.Go(func() { f.sampleAll(ctx) })
	close(f.adopted)
	for {
		select {
		case <-ctx.Done():
			return nil
		case s := <-f.starts:
			own(s)
		}
	}
}

// Spawn begins a worker and does not wait until it serves: see Watch. The errors
// are ErrInvalid, ErrNotFound (no such kind), ErrNotInstalled, ErrNoPort,
// ErrStateDir and ErrClosed.
func (f *Fleet) Spawn(ctx context.Context, spec Spec) (Status, error) {
	if err := f.begun(ctx); err != nil {
		return Status{}, err
	}
	rec, err := f.plan(spec)
	if err != nil {
		return Status{}, err
	}
	if rec.Port, err = f.ports.take(ctx, rec.ID, 0); err != nil {
		return Status{}, err
	}
	w := f.newWorker(*rec)
	err = makeDir(w.dir)
	if err == nil {
		err = w.save() // before there is a process, so that none is unknown
	}
	if err == nil {
		w.publish(wire.WorkerStarting, "")
		f.enter(w)
		select {
		case f.starts <- start{w, w.starting}:
			return w.status(), nil
		case <-f.over:
			err = ErrClosed
		case <-ctx.Done():
			err = ctx.Err()
		}
		f.leave(rec.ID)
		close(w.left)
	}
	f.ports.giveBack(rec.Port, rec.ID)
	_ = os.RemoveAll(w.dir) // at worst it is found again, as one that never ran
	return Status{}, err
}

// plan turns what somebody wants into a record.
func (f *Fleet) plan(spec Spec) (*record, error) {
	e, err := f.cfg.Catalog.Get(spec.Kind)
	if err != nil {
		return nil, err
	}
	if e.Err != nil {
		return nil, e.Err
	}
	spec.Group = cmp.Or(spec.Group, e.Kind.Group)
	spec.Restart = cmp.Or(spec.Restart, e.Kind.Restart)
	if err := wire.ValidateText("group", spec.Group); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if spec.Restart != catalog.RestartNever && spec.Restart != catalog.RestartOnFailure {
		return nil, fmt.Errorf("%w: restart %.80q is no policy: use %s or %s", ErrInvalid, string(spec.Restart), catalog.RestartNever, catalog.RestartOnFailure)
	}
	rec := &record{
		Version: recordVersion, ID: f.newID(spec.Kind), Spec: spec, Kind: *e.Kind, Program: e.Program,
		Created: time.Now().UTC(),
	}
	_, err = e.Kind.CommandLine(f.values(rec)) // what cannot be built is refused at once
	return rec, err
}

func (f *Fleet) values(rec *record) catalog.Values {
	return catalog.Values{
		Host: f.cfg.Host, Port: rec.Port, Model: cmp.Or(rec.Spec.Path, rec.Spec.Model), Device: rec.Spec.Device,
		Context: rec.Spec.Context,
	}
}

func (f *Fleet) newID(kind string) string {
	var b [4]byte
	for {
		_, _ = rand.Read(b[:]) // never fails
		id := kind + "-" + hex.EncodeToString(b[:])
		if _, err := os.Lstat(filepath.Join(f.cfg.Dir, id)); errors.Is(err, os.ErrNotExist) {
			return id
		}
	}
}

// begun waits until Run has adopted.
func (f *Fleet) begun(ctx context.Context) error {
	select {
	case <-f.over:
		return ErrClosed
	default:
	}
	select {
	case <-f.adopted:
		return nil
	case <-f.over:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Stop drains and ends a worker, and returns when all its processes have ended;
// ctx bounds the wait and not the stop. One that has ended already is no error.
func (f *Fleet) Stop(ctx context.Context, id string) error { return f.end(ctx, id, orderStop) }

// Kill is Stop without drain and grace.
func (f *Fleet) Kill(ctx context.Context, id string) error { return f.end(ctx, id, orderKill) }

func (f *Fleet) end(ctx context.Context, id string, o order) error {
	if err := f.begun(ctx); err != nil {
		return err
	}
	w, err := f.find(id)
	if err != nil {
		return err
	}
	select {
	case w.orders <- o:
	case <-w.left:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-w.left:
	case <-ctx.Done():
		return ctx.Err()
	}
	if !w.status().Final {
		return fmt.Errorf("%w: worker %s has not ended", ErrClosed, id)
	}
	return nil
}

// StopAll stops every worker that runs, and those that nobody has a record of.
func (f *Fleet) StopAll(ctx context.Context) error {
	var all sync.WaitGroup
	states := f.List()
	errs := make([]error, len(states))
	for n, s := range states {
		if !s.Final {
			all.Go(func() { errs[n] = f.Stop(ctx, s.ID) })
		}
	}
	all.Wait()
	return errors.Join(errs...)
}

// Forget removes a worker that has ended, with its log.
func (f *Fleet) Forget(id string) error {
	w, err := f.find(id)
	if err != nil {
		return err
	}
	if !w.status().Final {
		return fmt.Errorf("%w: stop worker %s first", ErrRunning, id)
	}
	f.leave(id)
	if err := os.RemoveAll(w.dir); err != nil {
		return fmt.Errorf("%w: %w", ErrStateDir, err)
	}
	return nil
}

// List returns every worker, also those that have ended, oldest first.
func (f *Fleet) List() []Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]Status, 0, len(f.workers))
	for _, w := range f.workers {
		all = append(all, w.status())
	}
	slices.SortFunc(all, func(a, b Status) int {
		return cmp.Or(a.Created.Compare(b.Created), strings.Compare(a.ID, b.ID))
	})
	return all
}

// Get returns one worker, or ErrNotFound.
func (f *Fleet) Get(id string) (Status, error) {
	w, err := f.find(id)
	if err != nil {
		return Status{}, err
	}
	return w.status(), nil
}

// Watch yields a worker's status at once and after each change, until it has
// ended for good, Run has returned, or ctx ends. A slow reader misses some.
func (f *Fleet) Watch(ctx context.Context, id string) (iter.Seq[Status], error) {
	w, err := f.find(id)
	if err != nil {
		return nil, err
	}
	return func(yield func(Status) bool) {
		for {
			s, changed := w.look()
			if !yield(s) || s.Final {
				return
			}
			select {
			case <-changed:
			case <-f.over:
				return
			case <-ctx.Done():
				return
			}
		}
	}, nil
}

// Logs yields the lines of a worker's log that begin at the offset after (0: all
// that is kept). With follow it waits for more until the worker has ended for
// good, or ctx ends.
func (f *Fleet) Logs(ctx context.Context, id string, after int64, follow bool) (iter.Seq2[Line, error], error) {
	w, err := f.find(id)
	if err != nil {
		return nil, err
	}
	running := func() bool {
		select {
		case <-f.over:
			return false
		default:
			return follow && !w.status().Final
		}
	}
	return readLog(ctx, w.logPath(), max(after, 0), running), nil
}

func (f *Fleet) find(id string) (*worker, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if w := f.workers[id]; w != nil {
		return w, nil
	}
	return nil, fmt.Errorf("%w: there is no worker %.80q: see the list of workers", ErrNotFound, id)
}

func (f *Fleet) enter(w *worker) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.workers[w.rec.ID] = w
}

func (f *Fleet) leave(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.workers, id)
}

// forgetOld keeps the number of workers that have ended within its bound.
func (f *Fleet) forgetOld() {
	ended := slices.DeleteFunc(f.List(), func(s Status) bool { return !s.Final })
	for n := range len(ended) - maxEnded {
		if err := f.Forget(ended[n].ID); err != nil && !errors.Is(err, ErrNotFound) {
			f.cfg.Log.Warn("Old worker is not forgotten", "worker_id", ended[n].ID, "error", err)
		}
	}
}
