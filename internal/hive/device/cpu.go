package device

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/procfs"

	"rbee/internal/wire"
)

// shortestSample is the least time a percentage is taken over: the kernel counts
// in hundredths of a second, of which a shorter one holds too few.
const shortestSample = 200 * time.Millisecond

// machine reads processor and memory from proc.
type machine struct {
	*complaints
	proc *procfs.FS // nil: the system has none

	mu   sync.Mutex
	last procfs.CPUStat // at boot: zero
	at   time.Time
	pct  float64
}

func newMachine(root string, c *complaints) *machine {
	if root == "" {
		root = procfs.DefaultMountPoint
	}
	m := &machine{complaints: c}
	proc, err := procfs.NewFS(root)
	switch {
	case err == nil:
		m.proc = &proc
	case runtime.GOOS == "linux":
		c.warn("proc", "no proc file system, processor and memory are unknown", "path", root, "error", err)
	}
	return m
}

// device returns CPU-0. Its cores are those the kernel runs on, hardware threads
// counted; its memory is the machine's, less what firmware and kernel keep.
func (m *machine) device() wire.Device {
	cores := runtime.NumCPU()
	if stat, ok := m.stat(); ok && len(stat.CPU) > 0 {
		cores = len(stat.CPU)
	}
	name := fmt.Sprintf("CPU (%d cores)", cores)
	if cores == 1 {
		name = "CPU (1 core)"
	}
	d := wire.Device{ID: "CPU-0", Name: name, DeviceType: "cpu"}
	if total, _, ok := m.memory(); ok {
		d.VRAMGB = gib(total)
	}
	return d
}

// load fills in the processor and memory of node; false if neither is known.
func (m *machine) load(node *wire.Node) bool {
	pct, cpuKnown := m.busy()
	if cpuKnown {
		node.CPUPct = pct
	}
	total, used, ramKnown := m.memory()
	if ramKnown {
		node.RAMTotalMB, node.RAMUsedMB = int64(total>>20), int64(used>>20)
	}
	return cpuKnown || ramKnown
}

// baseline begins a new sample: the next one is taken from here.
func (m *machine) baseline() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sample()
}

// busy returns the share of time, 0 to 100 over all cores, that the processors
// were at work since the previous sample, which it ends unless it is too short.
func (m *machine) busy() (pct float64, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.at.IsZero() && time.Since(m.at) < shortestSample {
		return m.pct, true
	}
	return m.pct, m.sample()
}

// sample is called with mu held.
func (m *machine) sample() bool {
	stat, ok := m.stat()
	if !ok {
		return false
	}
	if pct, ok := percent(m.last, stat.CPUTotal); ok {
		m.pct = pct
	}
	m.last, m.at = stat.CPUTotal, time.Now()
	return true
}

// percent returns the share of work between two counts, to a tenth; false if no
// time has passed. Waiting for disks is no work, time taken by the hypervisor is.
// The kernel's counts may step back, iowait by design and the others when a
// processor goes; that is taken for standing still. Guest time is within user.
func percent(a, b procfs.CPUStat) (float64, bool) {
	step := func(before, after float64) float64 { return max(0, after-before) }
	work := step(a.User, b.User) + step(a.Nice, b.Nice) + step(a.System, b.System) +
		step(a.IRQ, b.IRQ) + step(a.SoftIRQ, b.SoftIRQ) + step(a.Steal, b.Steal)
	rest := step(a.Idle, b.Idle) + step(a.Iowait, b.Iowait)
	if work+rest <= 0 {
		return 0, false
	}
	return math.Round(1000*work/(work+rest)) / 10, true
}

// memory returns bytes in all, and those not available to a new process.
func (m *machine) memory() (total, used uint64, ok bool) {
	if m.proc == nil {
		return 0, 0, false
	}
	info, err := m.proc.Meminfo()
	if err == nil && info.MemTotalBytes == nil {
		err = errors.New("no MemTotal")
	}
	if err != nil {
		m.warn("meminfo", "memory is unknown", "error", err)
		return 0, 0, false
	}
	total = *info.MemTotalBytes
	return total, total - min(total, available(info)), true
}

// available estimates MemAvailable where the kernel does not tell it.
func available(info procfs.Meminfo) (bytes uint64) {
	if info.MemAvailableBytes != nil {
		return *info.MemAvailableBytes
	}
	for _, part := range []*uint64{info.MemFreeBytes, info.BuffersBytes, info.CachedBytes} {
		if part != nil {
			bytes += *part
		}
	}
	return bytes
}

func (m *machine) stat() (procfs.Stat, bool) {
	if m.proc == nil {
		return procfs.Stat{}, false
	}
	stat, err := m.proc.Stat()
	if err != nil {
		m.warn("stat", "processor load is unknown", "error", err)
		return procfs.Stat{}, false
	}
	return stat, true
}
