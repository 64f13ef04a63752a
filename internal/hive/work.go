package hive

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"

	"rbee/internal/hive/job"
	"rbee/internal/hive/model"
	"rbee/internal/hive/model/download"
	"rbee/internal/hive/operation"
	"rbee/internal/hive/worker"
	"rbee/internal/hive/worker/catalog"
	"rbee/internal/wire"
)

// Work is what a hive needs to run workers and take jobs.
type Work struct {
	// Models are where models are looked for: the first that is the hive's own
	// gets the downloads.
	Models      []model.Place
	Ports       worker.PortRange // of workers; zero is the usual one
	StopWorkers bool             // at the end, instead of leaving them to the next hive
	HubURL      string           // where models come from; empty is the usual one
	HubToken    string
	Env         []string // of which workers get a chosen part
	Path        string   // where their programs are looked for
	Cgroups     bool     // keep them in control groups, where that can be
	GPU         func() worker.GPUReading
}

// DefaultPorts are those of workers.
var DefaultPorts = worker.PortRange{From: 17900, To: 18899} //nolint:gochecknoglobals // a constant

// work is the part of a hive that runs workers and jobs. The nil work has none.
type work struct {
	*operation.Set
	jobs        *job.Table // nil until open
	stopWorkers bool
	stopping    chan struct{} // closed when the hive stops
	log         *slog.Logger
}

// newWork wires what cfg.Work says and starts nothing.
func newWork(cfg *Config) (*work, error) {
	c := cfg.Work
	if c == nil {
		return nil, nil //nolint:nilnil // see work
	}
	if c.Ports == (worker.PortRange{}) {
		c.Ports = DefaultPorts
	}
	own := ""
	for n := range c.Models {
		place := &c.Models[n]
		path, err := filepath.Abs(place.Path)
		if err != nil {
			return nil, err
		}
		if place.Path = path; own == "" && place.Source == wire.ModelOwn {
			own = path
		}
	}
	if own == "" {
		return nil, errors.New("the hive has no folder of its own for models")
	}
	state, err := filepath.Abs(cfg.StateDir)
	if err != nil {
		return nil, err
	}
	kinds := catalog.Catalog{Dir: filepath.Join(state, kindsDir), Path: c.Path}
	fleet, err := worker.New(worker.Config{
		Dir: filepath.Join(state, workersDir), Catalog: kinds, Env: c.Env, Ports: c.Ports,
		Cgroups: c.Cgroups, GPU: c.GPU, Log: cfg.Log,
	})
	if err != nil {
		return nil, err
	}
	downloads, err := download.New(download.Config{Dir: own, HubURL: c.HubURL, UserAgent: "rbee-hive/" + cfg.Version})
	if err != nil {
		return nil, err
	}
	return &work{
		Set: &operation.Set{
			HiveID: cfg.HiveID, Fleet: fleet, Kinds: kinds, Models: model.New(c.Models...), Downloads: downloads,
			Token: c.HubToken, Ports: [2]int{c.Ports.From, c.Ports.To},
			Disks: [][2]string{{"the state directory", state}, {"models", own}},
			Node:  cfg.Machine.Node,
		},
		stopWorkers: c.StopWorkers, stopping: make(chan struct{}), log: cfg.Log,
	}, nil
}

// open reads what became of earlier jobs.
func (w *work) open(dir *stateDir) (err error) {
	if w == nil {
		return nil
	}
	if w.jobs, err = job.Open(filepath.Join(dir.path, jobsFile), operation.Slots, w.log); err != nil {
		return fmt.Errorf("%w: %w", ErrStateDir, err)
	}
	return nil
}

func (w *work) close() error {
	if w == nil {
		return nil
	}
	w.Downloads.Close()
	return w.jobs.Close()
}

// serve says where operations learn of the machine and the link.
func (w *work) serve(devices func(context.Context) []wire.Device, self func() wire.HiveSelf, clock func() (operation.Skew, bool)) {
	if w != nil {
		w.Devices, w.Self, w.Clock = devices, self, clock
	}
}

// samples are those of the workers for a heartbeat, never nil; it waits for nothing.
func (w *work) samples() []wire.Worker {
	if w == nil {
		return []wire.Worker{}
	}
	return w.Fleet.Samples()
}

// foreign is the VRAM that is not the workers', by GPU; it waits for nothing.
func (w *work) foreign() map[string]int64 {
	if w == nil {
		return nil
	}
	return w.Fleet.ForeignVRAM()
}

// health is what the workers say of the hive; it waits for nothing.
func (w *work) health() wire.HealthStatus {
	if w == nil {
		return wire.HealthStatus{Status: wire.HealthHealthy}
	}
	return w.Fleet.Health()
}

// run owns the workers until ctx ends. Jobs end first, since they use workers;
// the workers go on without the hive unless they are to stop. A machine on which
// no worker can run is still a hive.
func (w *work) run(ctx context.Context) error {
	if w == nil {
		return nil
	}
	owning, leave := context.WithCancel(context.WithoutCancel(ctx))
	var fleet sync.WaitGroup
	fleet.Go(func() {
		if err := w.Fleet.Run(owning); err != nil {
			w.Break(err)
			w.log.Error("No workers on this machine", "error", err)
		}
	})
	<-ctx.Done()
	close(w.stopping)
	err := w.close()
	if w.stopWorkers {
		if stopped := w.Fleet.StopAll(owning); stopped != nil && !errors.Is(stopped, worker.ErrClosed) {
			w.log.Warn("Not all workers have stopped", "error", stopped)
		}
	}
	leave()
	fleet.Wait()
	return err
}
