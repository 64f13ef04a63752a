package operation

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"rbee/internal/hive/job"
	"rbee/internal/hive/model"
	"rbee/internal/hive/worker"
	"rbee/internal/hive/worker/catalog"
	"rbee/internal/wire"
)

const mib = 1 << 20

// checkSpawn judges a request as far as the kind alone can.
func (s *Set) checkSpawn(r *wire.JobRequest) error {
	if err := s.needKind(r); err != nil {
		return err
	}
	e, err := s.Kinds.Get(r.Worker)
	if err != nil {
		return err
	}
	if e.Kind == nil {
		return e.Err
	}
	device := r.Device
	if device == "" {
		device = usualDevice(e.Kind, true)
	}
	_, err = e.Kind.CommandLine(catalog.Values{Host: "127.0.0.1", Port: 1, Model: r.Model, Device: device, Context: r.Context})
	return err
}

func (s *Set) checkLoad(r *wire.JobRequest) error {
	if err := s.needModel(r); err != nil || r.Worker == "" {
		return err // which kind it is follows from the model
	}
	return s.checkSpawn(r)
}

// usualDevice is what a kind runs on if nobody says.
func usualDevice(k *catalog.Kind, gpu bool) string {
	if _, ok := k.Devices["cuda"]; ok && gpu {
		return "GPU-0"
	}
	return "CPU-0"
}

// spawn begins a worker, and is done when it serves. If that fails, or the job is
// cancelled before, nothing of the worker goes on; if the hive stops, it does.
func (s *Set) spawn(ctx context.Context, r *wire.JobRequest, out *job.Output) error {
	if err := s.whole(); err != nil {
		return err
	}
	spec, err := s.plan(ctx, r, out)
	if err != nil {
		return err
	}
	st, err := s.Fleet.Spawn(ctx, spec)
	if err != nil {
		return err
	}
	out.Printf("%s begins: %s on %s, port %d", st.ID, st.Spec.Kind, st.Spec.Device, st.Port)
	st, err = s.accompany(ctx, st.ID, out)
	if st.Note != "" {
		out.Printf("%s: %s", st.ID, st.Note)
	}
	switch {
	case err == nil:
		return out.Result(tell(st, s.samples()))
	case ctx.Err() != nil && !errors.Is(context.Cause(ctx), job.ErrStopping):
		return errors.Join(err, s.end(ctx, st.ID))
	}
	return err
}

// plan makes the spec of a worker from a request and what the machine has.
func (s *Set) plan(ctx context.Context, r *wire.JobRequest, out *job.Output) (worker.Spec, error) {
	spec := worker.Spec{
		Kind: r.Worker, Model: r.Model, Device: r.Device, Group: r.Group,
		Restart: catalog.Restart(r.Restart), Context: r.Context,
	}
	m, err := s.resolve(ctx, r, out)
	if err != nil {
		return spec, err
	}
	if spec.Kind == "" {
		spec.Kind = usualKind(m)
	}
	e, err := s.Kinds.Get(spec.Kind)
	switch {
	case err != nil:
		return spec, err
	case e.Err != nil:
		return spec, e.Err
	}
	if spec.Device, err = s.device(ctx, e.Kind, spec.Device); err != nil {
		return spec, err
	}
	if m == nil {
		if spec.Context == 0 {
			spec.Context = model.DefaultContext
		}
		return spec, nil
	}
	gpu := strings.HasPrefix(spec.Device, "GPU-")
	needs := m.Needs(r.Context, gpu)
	spec.Model, spec.Path, spec.Context = m.ID, m.Path, needs.Context
	out.Printf("%s needs about %d MiB on %s with a context of %d tokens", m.ID, needs.TotalBytes/mib, spec.Device, needs.Context)
	return spec, s.room(m, needs.Context, spec.Device, r.Force, out)
}

// resolve finds the model of a request; nil if none is asked for, or if one that
// the hive does not know is forced on the engine.
func (s *Set) resolve(ctx context.Context, r *wire.JobRequest, out *job.Output) (*model.Model, error) {
	if r.Model == "" {
		return nil, nil //nolint:nilnil // some engines take no model
	}
	m, err := s.Models.Find(ctx, r.Model)
	switch {
	case err == nil:
		return &m, nil
	case errors.Is(err, model.ErrNotFound) && r.Force && r.Worker != "":
		out.Printf("The hive does not know the model %s: the engine gets the name as it is", r.Model)
		return nil, nil //nolint:nilnil // as above
	case errors.Is(err, model.ErrNotFound):
		return nil, fmt.Errorf("%w: see model_list, or get it with model_download", err)
	}
	return nil, err
}

// usualKind is the kind of worker for a model if nobody says.
func usualKind(m *model.Model) string {
	if m.Format == wire.ModelSafetensors {
		return "vllm"
	}
	return "llama-server"
}

// device is the one asked for, or the usual one, if the machine has it.
func (s *Set) device(ctx context.Context, k *catalog.Kind, asked string) (string, error) {
	var has []string
	gpu := false
	for _, d := range s.Devices(ctx) {
		has = append(has, d.ID)
		gpu = gpu || d.ID == "GPU-0"
	}
	if asked == "" {
		asked = usualDevice(k, gpu)
	}
	for _, id := range has {
		if id == asked {
			return asked, nil
		}
	}
	return "", fmt.Errorf("device %s is not there: this machine has %s", asked, strings.Join(has, ", "))
}

// room fails if the model does not fit what is free on the device, unless forced.
func (s *Set) room(m *model.Model, context int64, device string, force bool, out *job.Output) error {
	free, known := s.free(device)
	if !known {
		out.Printf("How much memory is free on %s is not known: not checked", device)
		return nil
	}
	err := m.Fits(context, free, strings.HasPrefix(device, "GPU-"))
	if err != nil && force {
		out.Printf("Forced: %v", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", device, err)
	}
	return nil
}

// free is how many bytes of a device nobody uses.
func (s *Set) free(device string) (bytes int64, known bool) {
	node := s.Node()
	if node == nil {
		return 0, false
	}
	for _, g := range node.GPUs {
		if g.ID == device && g.VRAMTotalMB != nil && g.VRAMUsedMB != nil {
			return max(0, *g.VRAMTotalMB-*g.VRAMUsedMB) * mib, true
		}
	}
	if strings.HasPrefix(device, "CPU-") && node.RAMTotalMB > 0 {
		return max(0, node.RAMTotalMB-node.RAMUsedMB) * mib, true
	}
	return 0, false
}

// accompany says what happens to a worker and what it logs, until it serves.
func (s *Set) accompany(ctx context.Context, id string, out *job.Output) (last worker.Status, err error) {
	reading, leave := context.WithCancel(ctx)
	defer leave()
	logged := make(chan struct{})
	var read int64 // how far; after logged is closed
	go func() {
		defer close(logged)
		read = s.readAloud(reading, id, 0, true, out)
	}()
	last.ID = id
	s.narrate(ctx, id, out, func(st worker.Status) bool {
		last = st
		return st.State != wire.WorkerReady && st.State != wire.WorkerBusy && st.State != wire.WorkerFailed
	})
	switch {
	case last.State == wire.WorkerReady || last.State == wire.WorkerBusy:
		err = nil
	case last.Final || last.State == wire.WorkerFailed:
		err = errors.Join(fmt.Errorf("%s has %s: %s", id, last.State, last.Reason), s.end(ctx, id))
		defer time.AfterFunc(lastWords, leave).Stop()
		<-logged // it ends by itself
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	default:
		err = worker.ErrClosed
	}
	leave()
	<-logged
	if err == nil { // what it said on the way, and nobody had read yet
		s.readAloud(ctx, id, read, false, out)
	}
	return last, err
}

// lastWords is how long the log of a worker that has failed is waited for.
const lastWords = 2 * time.Second

// end stops a worker on behalf of a job that may have been cancelled.
func (s *Set) end(ctx context.Context, id string) error {
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonWithin)
	defer cancel()
	return s.Fleet.Stop(stopping, id)
}

// readAloud says what a worker logs behind an offset, and returns how far it read.
func (s *Set) readAloud(ctx context.Context, id string, after int64, follow bool, out *job.Output) int64 {
	lines, err := s.Fleet.Logs(ctx, id, after, follow)
	if err != nil {
		return after
	}
	for l, err := range lines {
		if err != nil {
			if ctx.Err() == nil {
				out.Printf("the log of %s: %v", id, err)
			}
			break
		}
		out.Printf("%s", l.Text)
		after = l.End
	}
	return after
}
