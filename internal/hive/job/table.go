package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/google/uuid"

	"rbee/internal/wire"
)

// Bounds of the table.
const (
	keepJobs = 1000           // that have ended
	keepFor  = 24 * time.Hour // after their end
	mostOpen = 256            // queued or running
)

var (
	// ErrUnknown says that there is no such job, or that it has ended.
	ErrUnknown = errors.New("unknown job")
	// ErrBusy says that as many jobs as the hive takes have not ended.
	ErrBusy = errors.New("too many jobs")
	// ErrKeyReused says that an idempotency key came with another request.
	ErrKeyReused = errors.New("idempotency key was used for another request")
	// ErrStopping says that the hive takes no more jobs.
	ErrStopping = errors.New("the hive is stopping")
)

// Request is what a job is made of.
type Request struct {
	Operation string
	Body      string // as it came: with a key, the same again is the same job
	Key       string // idempotency key; "": none
	Class     string // jobs of a class share its slots; "": no bound but that of all
	Run       func(context.Context, *Output) error
}

// Table holds the jobs of a hive.
type Table struct {
	log     *slog.Logger
	records *records
	slots   map[string]chan struct{} // by class

	ctx   context.Context //nolint:containedctx // that of all jobs, which outlive the request that starts them
	stop  context.CancelCauseFunc
	group sync.WaitGroup

	mu      sync.Mutex
	stopped bool
	jobs    map[string]*job
	order   []*job // oldest first
	keys    map[string]*job
}

type job struct {
	wire.Job
	body, key string
	output    *Output
	cancel    context.CancelFunc
}

// Open reads the records of earlier jobs at path. Those that had not ended have
// failed with the hive that ran them. Slots bounds how many jobs of a class run
// at once. The caller closes the table.
func Open(path string, slots map[string]int, log *slog.Logger) (*Table, error) {
	records, earlier, err := openRecords(path)
	if err != nil {
		return nil, err
	}
	t := &Table{log: log, records: records, slots: map[string]chan struct{}{}, jobs: map[string]*job{}, keys: map[string]*job{}}
	t.ctx, t.stop = context.WithCancelCause(context.Background())
	for class, n := range slots {
		t.slots[class] = make(chan struct{}, n)
	}
	for _, r := range earlier {
		j := &job{Job: r, output: newOutput(), cancel: func() {}}
		if !j.State.Ended() {
			t.finish(j, wire.JobFailed, "the hive ended while it ran", time.Now())
		}
		j.output.end(j.State, j.Error)
		t.jobs[j.JobID], t.order = j, append(t.order, j)
	}
	t.forget(time.Now())
	return t, t.records.compact(t.list())
}

// Close ends all jobs, and returns when they have ended.
func (t *Table) Close() error {
	t.mu.Lock()
	t.stopped = true
	t.mu.Unlock()
	t.stop(ErrStopping)
	t.group.Wait()
	return t.records.close()
}

// Start begins a job and returns its id.
func (t *Table) Start(r Request) (id string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stopped {
		return "", ErrStopping
	}
	now := time.Now()
	t.forget(now)
	if same := t.keys[r.Key]; r.Key != "" && same != nil {
		if same.Operation != r.Operation || same.body != r.Body {
			return "", fmt.Errorf("%w: it made %s", ErrKeyReused, same.JobID)
		}
		return same.JobID, nil
	}
	if t.open() >= mostOpen {
		return "", fmt.Errorf("%w: %d have not ended", ErrBusy, mostOpen)
	}
	random, err := uuid.NewV7()
	if err != nil {
		return "", err
	}
	j := &job{
		Job:  wire.Job{JobID: "job-" + random.String(), Operation: r.Operation, State: wire.JobQueued, CreatedAt: now.UTC()},
		body: r.Body, key: r.Key, output: newOutput(),
	}
	if err := t.records.write(j.Job); err != nil {
		return "", err
	}
	t.jobs[j.JobID], t.order = j, append(t.order, j)
	if r.Key != "" {
		t.keys[r.Key] = j
	}
	var ctx context.Context
	ctx, j.cancel = context.WithCancel(t.ctx)
	t.group.Go(func() {
		defer j.cancel()
		t.run(ctx, j, r)
	})
	return j.JobID, nil
}

// run waits for a slot and does the job.
func (t *Table) run(ctx context.Context, j *job, r Request) {
	if slots := t.slots[r.Class]; slots != nil {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
		case <-ctx.Done():
			t.ended(j, context.Cause(ctx))
			return
		}
	}
	t.began(j)
	t.ended(j, safely(ctx, j.output, r.Run))
}

// safely runs a job; a panic is its failure and not the hive's.
func safely(ctx context.Context, out *Output, run func(context.Context, *Output) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the program made a mistake: %v\n%s", v, debug.Stack())
		}
	}()
	return run(ctx, out)
}

func (t *Table) began(j *job) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if j.State != wire.JobQueued {
		return
	}
	now := time.Now().UTC()
	j.State, j.StartedAt = wire.JobRunning, &now
	t.note(j)
}

// ended gives the job the state that follows from how it ended, unless it was
// cancelled meanwhile.
func (t *Table) ended(j *job, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if j.State.Ended() {
		return
	}
	switch {
	case err == nil:
		t.finish(j, wire.JobCompleted, "", time.Now())
	case t.ctx.Err() != nil:
		t.finish(j, wire.JobFailed, context.Cause(t.ctx).Error(), time.Now())
	default:
		t.finish(j, wire.JobFailed, err.Error(), time.Now())
	}
}

// finish ends a job for those who look at it.
func (t *Table) finish(j *job, state wire.JobState, reason string, now time.Time) {
	now = now.UTC()
	j.State, j.EndedAt, j.Error = state, &now, oneLine(reason)
	t.note(j)
	j.output.end(state, reason)
}

// note writes down how a job is. That a record could not be written is no
// reason to end a job.
func (t *Table) note(j *job) {
	err := t.records.write(j.Job)
	if err == nil && t.records.lines > compactAfter {
		err = t.records.compact(t.list())
	}
	if err != nil {
		t.log.Warn("A job could not be recorded", "job_id", j.JobID, "error", err)
	}
}

// Cancel ends a job: its stream ends at once, what it does as soon as it can.
func (t *Table) Cancel(id string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	j := t.jobs[id]
	if j == nil || j.State.Ended() {
		return fmt.Errorf("%w: %s", ErrUnknown, id)
	}
	t.finish(j, wire.JobCancelled, "", time.Now())
	j.cancel()
	return nil
}

// Get returns a job and what it says.
func (t *Table) Get(id string) (wire.Job, *Output, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget(time.Now())
	j := t.jobs[id]
	if j == nil {
		return wire.Job{}, nil, fmt.Errorf("%w: %s", ErrUnknown, id)
	}
	return j.Job, j.output, nil
}

// List returns the jobs that are kept, oldest first.
func (t *Table) List() []wire.Job {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget(time.Now())
	return t.list()
}

func (t *Table) list() []wire.Job {
	jobs := make([]wire.Job, 0, len(t.order))
	for _, j := range t.order {
		jobs = append(jobs, j.Job)
	}
	return jobs
}

func (t *Table) open() (n int) {
	for _, j := range t.order {
		if !j.State.Ended() {
			n++
		}
	}
	return n
}

// forget drops jobs that ended long ago, and the oldest of too many.
func (t *Table) forget(now time.Time) {
	over := len(t.order) - t.open() - keepJobs
	kept := t.order[:0]
	for _, j := range t.order {
		if j.State.Ended() && (over > 0 || now.Sub(*j.EndedAt) > keepFor) {
			over--
			delete(t.jobs, j.JobID)
			delete(t.keys, j.key)
			continue
		}
		kept = append(kept, j)
	}
	clear(t.order[len(kept):])
	t.order = kept
}
