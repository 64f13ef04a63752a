package device

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"rbee/internal/wire"
)

const (
	sampleEvery  = time.Second            // between two looks at what is due
	answerWithin = 3 * time.Second        // what Devices waits for the driver at most
	startWithin  = 500 * time.Millisecond // what Devices waits for Run to begin at most
	freshFor     = time.Second            // a reading no older than this is a fresh detection
	abandonAfter = 2 * time.Second        // what Run waits at its end for a call in the driver
)

// Config is what a Monitor needs. The zero value watches this machine silently.
type Config struct {
	// Log gets one line when the GPUs come, go or fail, and one for each broken
	// GPU; nil logs nothing.
	Log *slog.Logger
	// ProcRoot is where the kernel's proc file system is mounted; empty is /proc.
	ProcRoot string

	nvml func(*complaints) source // instead of NVML, for tests; may return nil
	smi  func(*complaints) source // instead of nvidia-smi, for tests
}

// Monitor knows the devices of this machine and their load. Its methods may be
// called from any goroutine at any time; none of them waits for a driver longer
// than its documentation says.
type Monitor struct {
	log     *slog.Logger
	machine *machine
	probe   *probe
	want    chan struct{} // somebody waits for a fresher reading

	mu      sync.Mutex
	phase   phase
	last    reading
	wanted  time.Time     // when the latest of those asked
	changed chan struct{} // closed and replaced whenever phase or last changes
}

type phase int

const (
	idle phase = iota // Run has not been called
	running
	ended
)

// New wires a Monitor and starts nothing. Until Run is called, and after it has
// returned, the Monitor knows no GPUs.
func New(cfg Config) *Monitor {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.nvml == nil {
		cfg.nvml = newNVML
	}
	if cfg.smi == nil {
		cfg.smi = newSMI
	}
	c := &complaints{log: cfg.Log, said: map[string]bool{}}
	return &Monitor{
		log:     cfg.Log,
		machine: newMachine(cfg.ProcRoot, c),
		probe:   &probe{complaints: c, nvml: cfg.nvml(c), smi: cfg.smi(c)},
		want:    make(chan struct{}, 1),
		changed: make(chan struct{}),
	}
}

// Run asks the drivers until ctx ends: NVML once a second, nvidia-smi every five
// seconds, either again every thirty seconds while it knows no GPUs. It returns
// nil when ctx has ended and everything it started has too, except a call stuck
// in the driver: nobody can end that one, so it is abandoned after two seconds,
// with a log line. A Monitor runs once; a second call returns an error at once.
func (m *Monitor) Run(ctx context.Context) error {
	if !m.begin() {
		return errors.New("device: this Monitor has been run already")
	}
	defer m.end()
	m.machine.baseline()
	done := make(chan struct{})
	go func() {
		defer close(done)
		m.drive(ctx)
	}()
	<-ctx.Done()
	select {
	case <-done:
	case <-time.After(abandonAfter):
		m.log.Warn("GPU driver does not return, its last call is abandoned")
	}
	return nil
}

// drive is the only goroutine that enters a driver.
func (m *Monitor) drive(ctx context.Context) {
	defer m.probe.close()
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	for force := false; ctx.Err() == nil; {
		if r, asked := m.probe.read(ctx, force); asked {
			m.publish(r)
		} else if c, asked := m.probe.count(ctx); asked {
			m.publishCensus(c)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
			force = false
		case <-m.want:
			force = m.behind() // else they were answered meanwhile
		}
	}
}

// Devices detects the devices: GPUs in the order of their indexes, then CPU-0,
// which is always there. It waits for the driver three seconds at most, or until
// ctx ends, and then answers with the GPUs last known. If Run has not been called
// it waits half a second for that, so that a caller started beside Run does not
// announce a machine without GPUs.
func (m *Monitor) Devices(ctx context.Context) []wire.Device {
	gpus := m.detect(ctx)
	devices := make([]wire.Device, 0, len(gpus)+1)
	for _, g := range gpus {
		devices = append(devices, g.device)
	}
	return append(devices, m.machine.device())
}

// Node samples the machine and never waits for a driver. cpu_pct is 0 to 100
// over all cores since the previous sample or the begin of Run, whichever is
// later, and the average since boot if there is neither; within 0.2 s of it, the
// same once more. ram_used_mb is the total less what the kernel calls available. Sizes are in MiB; a size the system does
// not tell is 0. GPU samples older than five seconds (from nvidia-smi: fifteen)
// are left out. Node is nil where nothing at all is known.
func (m *Monitor) Node() *wire.Node {
	_, last, _ := m.snapshot()
	node := &wire.Node{GPUs: []wire.GPU{}}
	if time.Since(last.ended) < last.goodFor {
		for _, g := range last.gpus {
			node.GPUs = append(node.GPUs, g.load)
		}
	}
	if !m.machine.load(node) && len(node.GPUs) == 0 {
		return nil
	}
	return node
}

func (m *Monitor) detect(ctx context.Context) []gpu {
	asked := time.Now()
	for {
		phase, last, changed := m.snapshot()
		within := answerWithin
		switch {
		case phase == ended:
			return nil
		case phase == idle:
			within = startWithin
		case last.freshAt(asked):
			return last.gpus
		default:
			m.ask(asked)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return last.gpus
		case <-time.After(time.Until(asked.Add(within))):
			return last.gpus
		}
	}
}

// ask wakes drive for somebody who asked then.
func (m *Monitor) ask(then time.Time) {
	m.mu.Lock()
	if then.After(m.wanted) {
		m.wanted = then
	}
	m.mu.Unlock()
	select {
	case m.want <- struct{}{}:
	default: // it is awake
	}
}

// behind says whether somebody still waits for a fresher reading than the last.
func (m *Monitor) behind() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !m.last.freshAt(m.wanted)
}

func (m *Monitor) snapshot() (phase, reading, <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.phase, m.last, m.changed
}

func (m *Monitor) begin() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.phase != idle {
		return false
	}
	m.phase = running
	m.wake()
	return true
}

func (m *Monitor) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.phase = ended
	m.last = reading{}
	m.wake()
}

// publish makes r what is known, unless Run has given up on it.
func (m *Monitor) publish(r reading) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.phase != running {
		return
	}
	if r.unanswered {
		r = reading{began: r.began, ended: m.last.ended, goodFor: m.last.goodFor, gpus: m.last.gpus, census: m.last.census}
	}
	m.last = r
	m.wake()
}

// publishCensus makes c what is known of the processes on the GPUs.
func (m *Monitor) publishCensus(c census) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.phase == running {
		m.last.census = c
	}
}

// wake is called with mu held.
func (m *Monitor) wake() {
	close(m.changed)
	m.changed = make(chan struct{})
}
