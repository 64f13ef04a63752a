package device

import (
	"cmp"
	"context"
	"time"
)

// Use is what one process uses of one GPU.
type Use struct {
	GPU     string // GPU-0, …
	PID     int    // as the driver counts, outside of every container
	VRAMMB  int64
	UtilPct float64 // of the GPU, by the driver's last sample
}

// Processes is what the drivers know of the processes on the GPUs.
type Processes struct {
	AsOf    time.Time // when the driver was asked; zero if it does not tell
	Uses    []Use
	Known   []string         // the GPUs that tell how much each process holds
	TotalMB map[string]int64 // by GPU
	// Missing says why something is not known; empty when all is.
	Missing string
	Remedy  string // of what is missing, where one is known
}

// census is what the GPUs told of their processes at one time. It is never changed.
type census struct {
	at time.Time
	of []told // nil: nobody could be asked
}

// told is what one GPU tells of its processes.
type told struct {
	gpu     string
	uses    []Use
	missing string // why it tells none, or not all
	idle    bool   // UtilPct is 0 whatever they do
}

// teller is a source that knows processes too, as of its last read.
type teller interface{ processes() []told }

// counter is a source that has to be asked for processes by a call of its own,
// which may block as long as read. They are those of the GPUs of the last read.
type counter interface {
	count(ctx context.Context) []told
}

// Processes tells of the processes on the GPUs and never waits for a driver.
// What is older than a sample of Node may be is left out. From nvidia-smi they
// are those that compute, not those that only draw.
func (m *Monitor) Processes() Processes {
	_, last, _ := m.snapshot()
	p := Processes{TotalMB: map[string]int64{}}
	for _, g := range last.gpus {
		if g.load.VRAMTotalMB != nil {
			p.TotalMB[g.load.ID] = *g.load.VRAMTotalMB
		}
	}
	switch {
	case len(last.gpus) == 0:
	case time.Since(last.ended) >= last.goodFor:
		p.Missing = "the GPU driver has not answered for a while"
	case last.census.of == nil:
		p.Missing = "which process uses the GPUs is not known yet"
	case time.Since(last.census.at) >= last.goodFor:
		p.Missing = cmp.Or(last.census.missing(), "the GPU driver has not told for a while which process uses the GPUs")
	default:
		p.AsOf = last.census.at
		for _, t := range last.census.of {
			p.add(t)
		}
	}
	return p
}

// missing is why a GPU tells none of its processes, or not all; empty if all do.
func (c census) missing() (why string) {
	for _, t := range c.of {
		why = cmp.Or(t.missing, why)
	}
	return why
}

func (p *Processes) add(t told) {
	p.Uses = append(p.Uses, t.uses...)
	switch {
	case t.missing != "":
		p.Missing, p.Remedy = t.missing, ""
		return
	case t.idle && len(t.uses) > 0 && p.Missing == "":
		p.Missing, p.Remedy = smiIdle, smiIdleRemedy
	}
	p.Known = append(p.Known, t.gpu)
}
