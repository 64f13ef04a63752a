package operation

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"rbee/internal/hive/job"
	"rbee/internal/hive/worker"
	"rbee/internal/wire"
)

// Workers tells of all workers, oldest first.
func (s *Set) Workers() []wire.WorkerProcess {
	all := []wire.WorkerProcess{}
	samples := s.samples()
	for _, st := range s.Fleet.List() {
		all = append(all, tell(st, samples))
	}
	return all
}

func (s *Set) samples() map[int64]wire.Worker {
	byPID := map[int64]wire.Worker{}
	for _, w := range s.Fleet.Samples() {
		byPID[w.PID] = w
	}
	return byPID
}

// tell says what is known of a worker.
func tell(st worker.Status, samples map[int64]wire.Worker) wire.WorkerProcess {
	w := wire.WorkerProcess{
		WorkerID: st.ID, Worker: st.Spec.Kind, Model: st.Spec.Model, Device: st.Spec.Device, Group: st.Spec.Group,
		State: st.State, Reason: st.Reason, Note: st.Note, Since: st.Since, CreatedAt: st.Created,
		PID: int64(st.PID), Port: st.Port, Restarts: st.Restarts, Adopted: st.Adopted, Ended: st.Final,
	}
	if st.Port != 0 && !st.Final {
		w.URL = "http://" + net.JoinHostPort(st.Host, strconv.Itoa(st.Port))
	}
	if !st.Next.IsZero() {
		next := st.Next
		w.NextStart = &next
	}
	if sample, ok := samples[w.PID]; ok && w.PID != 0 {
		w.Sample = &sample
	}
	return w
}

// find returns the worker that a request names.
func (s *Set) find(r *wire.JobRequest) (worker.Status, error) {
	if r.WorkerID != "" {
		return s.Fleet.Get(r.WorkerID)
	}
	for _, st := range s.Fleet.List() {
		if int64(st.PID) == r.PID {
			return st, nil
		}
	}
	return worker.Status{}, fmt.Errorf("%w: no worker has the pid %d: see worker_process_list", worker.ErrNotFound, r.PID)
}

func (s *Set) workerList(_ context.Context, _ *wire.JobRequest, out *job.Output) error {
	list := wire.WorkerList{Workers: s.Workers()}
	for _, w := range list.Workers {
		out.Printf("%s", line(w))
	}
	if len(list.Workers) == 0 {
		out.Printf("no workers")
	}
	return out.Result(list)
}

// line is a worker for people.
func line(w wire.WorkerProcess) string {
	text := fmt.Sprintf("%s  %s  pid %d  port %d  %s  %s", w.WorkerID, w.State, w.PID, w.Port, w.Device, w.Model)
	if w.Reason != "" {
		text += "  (" + w.Reason + ")"
	}
	return text
}

func (s *Set) workerGet(_ context.Context, r *wire.JobRequest, out *job.Output) error {
	st, err := s.find(r)
	if err != nil {
		return err
	}
	w := tell(st, s.samples())
	out.Printf("%s", line(w))
	return out.Result(w)
}

func (s *Set) workerDelete(ctx context.Context, r *wire.JobRequest, out *job.Output) error {
	st, err := s.find(r)
	if err != nil {
		return err
	}
	return s.stop(ctx, st.ID, out)
}

// stop ends a worker. A job that is cancelled, or that ends with the hive, does
// not take back what the worker was told.
func (s *Set) stop(ctx context.Context, id string, out *job.Output) error {
	watching, leave := context.WithCancel(ctx)
	told := make(chan struct{})
	go func() {
		defer close(told)
		s.narrate(watching, id, out, func(worker.Status) bool { return true })
	}()
	err := s.Fleet.Stop(ctx, id)
	leave()
	<-told
	if err != nil {
		return err
	}
	st, err := s.Fleet.Get(id)
	if err != nil {
		return err
	}
	out.Printf("%s has %s", id, st.State)
	if st.Note != "" {
		out.Printf("%s: %s", id, st.Note)
	}
	return out.Result(tell(st, nil))
}

// narrate says what happens to a worker while the caller wants to hear it.
func (s *Set) narrate(ctx context.Context, id string, out *job.Output, more func(worker.Status) bool) {
	states, err := s.Fleet.Watch(ctx, id)
	if err != nil {
		return
	}
	var last string
	for st := range states {
		text := fmt.Sprintf("%s is %s", id, st.State)
		if st.Reason != "" {
			text += ": " + st.Reason
		}
		if text != last {
			out.Printf("%s", text)
		}
		if last = text; !more(st) {
			return
		}
	}
}

func (s *Set) modelUnload(ctx context.Context, r *wire.JobRequest, out *job.Output) error {
	users := s.users(r.Model, "")
	if len(users) == 0 {
		return fmt.Errorf("%w: no worker runs the model %s: see worker_process_list", worker.ErrNotFound, r.Model)
	}
	for _, id := range users {
		if err := s.stop(ctx, id, out); err != nil {
			return err
		}
	}
	return nil
}

// users are the workers that have not ended and use a model, by its id or path.
func (s *Set) users(id, path string) (ids []string) {
	for _, st := range s.Fleet.List() {
		if !st.Final && (st.Spec.Model == id || (path != "" && cmp.Or(st.Spec.Path, st.Spec.Model) == path)) {
			ids = append(ids, st.ID)
		}
	}
	return ids
}

func (s *Set) status(ctx context.Context, _ *wire.JobRequest, out *job.Output) error {
	status := wire.HiveStatus{HiveSelf: s.Self(), Devices: s.Devices(ctx), Node: s.Node(), Workers: s.Workers()}
	out.Printf("%s is %s, with %d devices and %d workers", s.HiveID, status.State, len(status.Devices), len(status.Workers))
	return out.Result(status)
}

// abandonWithin bounds what a job waits for when it was cancelled.
const abandonWithin = 15 * time.Second
