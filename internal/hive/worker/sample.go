package worker

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"rbee/internal/hive/worker/proc"
	"rbee/internal/wire"
)

const (
	sampleEvery = time.Second
	sampleFresh = 5 * time.Second // an older round is not shown
	mib         = 1 << 20
	megabyte    = 1e6
)

// GPUUse is what one process uses of all GPUs.
type GPUUse struct {
	VRAMMB  int64
	UtilPct float64
}

// GPUReading is what the drivers know.
type GPUReading struct {
	AsOf  time.Time // when the drivers were asked; zero: just now
	ByPID map[int]GPUUse
	// HeldMB is what each process holds of each device: GPU-0, …; a device of
	// which that is not known is left out.
	HeldMB  map[string]map[int]int64
	TotalMB map[string]int64 // by device: GPU-0, …
	// Missing says why something is not known; empty when all is. Remedy is
	// empty where none is known.
	Missing, Remedy string
}

// Hint is something that telemetry lacks, and what to do about it.
type Hint struct{ Subject, Detail, Remedy string }

// sampler holds the last round of samples.
type sampler struct {
	mu    sync.Mutex
	last  []wire.Worker
	at    time.Time
	hints []Hint
	pids  map[string][]int // of each worker, also of those that ended and hold VRAM

	// Owned by the goroutine of sampleAll.
	before map[counterKey]counters
	groups map[string]proc.Usage // of the workers that have a control group
	met    map[counterKey]bool   // processes whose token was looked for
	looked time.Time
}

type counterKey struct {
	pid   int
	start uint64
}

// counters are those of a process, from its start on.
type counters struct {
	ticks         uint64
	read, written int64
}

// sampleAll looks at all workers once a second, and keeps their logs bounded.
func (f *Fleet) sampleAll(ctx context.Context) {
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	for {
		f.sample()
		f.trimLogs()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Samples returns the workers that have a process now, with the figures of the
// last round, and waits for nothing. One that is new since then, and all if no
// round ended for five seconds, are without figures.
func (f *Fleet) Samples() []wire.Worker {
	figures := f.sampler.figures()
	known := f.List()
	workers := make([]wire.Worker, 0, len(known))
	for _, st := range known {
		if st.process == nil || len(workers) == wire.MaxWorkers {
			continue
		}
		w, sampled := figures[int64(st.PID)]
		if !sampled {
			w = st.sample()
		}
		workers = append(workers, w)
	}
	return workers
}

// figures are those of the last round, by pid, unless it is too old.
func (s *sampler) figures() map[int64]wire.Worker {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.at) >= sampleFresh {
		return nil
	}
	byPID := make(map[int64]wire.Worker, len(s.last))
	for _, w := range s.last {
		byPID[w.PID] = w
	}
	return byPID
}

// Hints returns what the samples lack.
func (f *Fleet) Hints() []Hint {
	s := &f.sampler
	s.mu.Lock()
	hints := slices.Clone(s.hints)
	if age := time.Since(s.at); age >= sampleFresh && !s.at.IsZero() {
		hints = append(hints, Hint{
			"workers", fmt.Sprintf("the last look at /proc ended %v ago", age.Round(time.Second)),
			"a process may hang in the kernel: look for state D in ps",
		})
	}
	s.mu.Unlock()
	hints = append(hints, f.limitHints()...)
	for _, st := range f.List() {
		if st.State == wire.WorkerUnknown {
			hints = append(hints, Hint{"workers", "worker " + st.ID + " is unknown: " + st.Reason, "stop it if nobody needs it"})
		}
		if what := st.unwell(); what != "" {
			hints = append(hints, Hint{"workers", "worker " + st.ID + ": " + what, "see its log; stop it, and start it again"})
		}
	}
	return hints
}

// sample is what is known of a worker without a look at its process.
func (s *Status) sample() wire.Worker {
	w := wire.Worker{
		PID: int64(s.PID), Group: s.Spec.Group, UptimeS: int64(s.process.Uptime() / time.Second),
	}
	if s.Port != 0 {
		w.Instance = strconv.Itoa(s.Port)
	}
	if s.Spec.Model != "" {
		w.Model = new(s.Spec.Model)
	}
	return w
}

// sample looks once at /proc for all workers.
func (f *Fleet) sample() {
	s := &f.sampler
	known, t, kin, hints := f.lookAround()
	now := time.Now()
	var gpu GPUReading
	if f.cfg.GPU != nil {
		gpu = f.cfg.GPU()
	}
	if gpu.Missing != "" {
		hints = append(hints, Hint{"gpu", gpu.Missing, cmp.Or(gpu.Remedy, "see the GPU driver")})
	}
	seen, groups := make(map[counterKey]counters, len(s.before)), make(map[string]proc.Usage, len(s.groups))
	workers := make([]wire.Worker, 0, len(known))
	var ioErr error
	for _, st := range known {
		w := st.sample()
		group := s.group(f.groups, st.ID, len(kin[st.ID]), groups)
		if err := s.tree(&w, kin[st.ID], group, t.At, gpu, seen); err != nil {
			ioErr = err
		}
		w.TotalVRAMMB = gpu.TotalMB[st.Spec.Device]
		workers = append(workers, w)
	}
	if ioErr != nil {
		hints = append(hints, Hint{"io rates", ioErr.Error(), "run the hive as the user that its workers run as, with /proc/PID/io readable"})
	}
	s.before, s.groups, s.looked = seen, groups, t.At
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last, s.at, s.hints = workers, now, hints
	was := s.pids
	s.pids = make(map[string][]int, len(known))
	for _, st := range known {
		pids := slices.DeleteFunc(was[st.ID], func(pid int) bool { return gpu.ByPID[pid].VRAMMB == 0 })
		for _, p := range kin[st.ID] {
			if !slices.Contains(pids, p.PID) {
				pids = append(pids, p.PID)
			}
		}
		s.pids[st.ID] = pids
	}
}

// lookAround returns the workers that have a process, and the processes of each.
// While there is none, nobody else's processes are looked at.
func (f *Fleet) lookAround() (known []Status, t *proc.Table, kin map[string][]proc.Process, hints []Hint) {
	roots := map[string]proc.Identity{}
	for _, st := range f.List() {
		if st.process != nil && len(known) < wire.MaxWorkers {
			known, roots[st.ID] = append(known, st), *st.process
		}
	}
	t = &proc.Table{At: time.Now()}
	if len(known) == 0 {
		return nil, t, nil, nil
	}
	seen, err := proc.Read()
	if err != nil {
		return known, t, nil, []Hint{{"/proc", err.Error(), "mount proc where the hive runs"}}
	}
	fresh := f.newcomers(seen)
	return known, seen, f.sortKin(seen, f.grouped(seen, f.joined(fresh), f.carriers(fresh)), roots), nil
}

// joined are the workers in whose control group one of the newcomers is. It was
// born there, so that whoever was met needs no second look.
func (f *Fleet) joined(newcomers *proc.Table) []string {
	ids := map[string]bool{}
	for _, p := range newcomers.All {
		if id := f.groups.Maybe(p.PID); id != "" {
			ids[id] = true
		}
	}
	return slices.Collect(maps.Keys(ids))
}

// newcomers are the processes that are new since the last round. Their tokens
// are looked for, since some leave their family soon.
func (f *Fleet) newcomers(t *proc.Table) *proc.Table {
	met := make(map[counterKey]bool, len(t.All))
	fresh := &proc.Table{Boot: t.Boot, At: t.At}
	for _, p := range t.All {
		id := counterKey{p.PID, p.Start}
		met[id] = true
		if !f.sampler.met[id] {
			fresh.All = append(fresh.All, p)
		}
	}
	f.sampler.met = met
	return fresh
}

// vramOf is what the processes of a worker held at that time, also those that ended.
func (f *Fleet) vramOf(id string) (mib int64, asOf time.Time) {
	if f.cfg.GPU == nil {
		return 0, time.Now()
	}
	reading := f.cfg.GPU()
	use, asOf := reading.ByPID, reading.AsOf
	if asOf.IsZero() {
		asOf = time.Now()
	}
	f.sampler.mu.Lock()
	defer f.sampler.mu.Unlock()
	for _, pid := range f.sampler.pids[id] {
		mib += use[pid].VRAMMB
	}
	return mib, asOf
}

// ForeignVRAM is how many MiB of each device processes hold that are not of a
// worker; devices of which that is not known are left out. It waits for nothing.
func (f *Fleet) ForeignVRAM() map[string]int64 {
	if f.cfg.GPU == nil {
		return nil
	}
	held := f.cfg.GPU().HeldMB
	ours := map[int]bool{}
	f.sampler.mu.Lock()
	for _, pids := range f.sampler.pids {
		for _, pid := range pids {
			ours[pid] = true
		}
	}
	f.sampler.mu.Unlock()
	foreign := make(map[string]int64, len(held))
	for device, byPID := range held {
		foreign[device] = 0
		for pid, mb := range byPID {
			if !ours[pid] {
				foreign[device] += mb
			}
		}
	}
	return foreign
}

// tree sums up the processes of one worker; its control group knows some of it
// better. A process that was born since the last round counts whole.
func (s *sampler) tree(w *wire.Worker, processes []proc.Process, group grown, now time.Time, gpu GPUReading, seen map[counterKey]counters) (ioErr error) {
	var rss, largest int64
	var spent time.Duration
	var read, written int64
	for _, p := range processes {
		rss += p.RSSBytes
		largest = max(largest, p.RSSBytes)
		use := gpu.ByPID[p.PID]
		w.VRAMMB += use.VRAMMB
		w.GPUUtilPct += use.UtilPct
		c := counters{ticks: p.CPUTicks}
		var err error
		if !p.Ended && !group.io {
			c.read, c.written, err = proc.IO(p.PID)
		}
		if err != nil {
			ioErr = err
		}
		id := counterKey{p.PID, p.Start}
		seen[id] = c
		was, ok := s.before[id]
		if !ok && s.bornBefore(p, now) {
			continue
		}
		spent += proc.CPUTime(c.ticks - min(was.ticks, c.ticks))
		if err == nil {
			read += max(0, c.read-was.read)
			written += max(0, c.written-was.written)
		}
	}
	if group.cpu {
		spent = group.CPU
	}
	if group.io {
		read, written = group.Read, group.Written
	}
	w.RSSMB = resident(rss, largest, group.Usage) / mib
	if passed := now.Sub(s.looked).Seconds(); !s.looked.IsZero() && passed > 0 {
		w.CPUPct = spent.Seconds() / passed * 100
		w.IOReadMBS = float64(read) / megabyte / passed
		w.IOWriteMBS = float64(written) / megabyte / passed
	}
	return ioErr
}

// bornBefore says whether the process is older than the last round.
func (s *sampler) bornBefore(p proc.Process, now time.Time) bool {
	return s.looked.IsZero() || proc.Identity{Start: p.Start}.Uptime() > now.Sub(s.looked)
}

// trimLogs keeps the logs of the workers that run bounded.
func (f *Fleet) trimLogs() {
	for _, st := range f.List() {
		if st.Final {
			continue
		}
		w, err := f.find(st.ID)
		if err == nil {
			err = trimLog(w.logPath())
		}
		if err != nil && isThere(w.dir) {
			f.cfg.Log.Debug("Log of a worker cannot be bounded", "worker_id", st.ID, "error", err)
		}
	}
}
