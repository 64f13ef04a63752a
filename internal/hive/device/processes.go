package device

import "time"

// Use is what one process uses of one GPU.
type Use struct {
	GPU     string // GPU-0, …
	PID     int    // as the driver counts, outside of every container
	VRAMMB  int64
	UtilPct float64 // of the GPU, by the driver's last sample
}

// Processes is what the drivers know of the processes on the GPUs.
type Processes struct {
	Uses    []Use
	Known   []string         // the GPUs that tell how much each process holds
	TotalMB map[string]int64 // by GPU
	// Missing says why something is not known; empty when all is.
	Missing string
}

// told is what one GPU tells of its processes. It is never changed.
type told struct {
	gpu     string
	uses    []Use
	missing string // why it tells none, or not all
}

// teller is a source that knows processes too, as of its last read.
type teller interface{ processes() []told }

// Processes tells of the processes on the GPUs and never waits for a driver.
// What is older than a sample of Node may be is left out.
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
	case last.processes == nil:
		p.Missing = "which process uses the GPUs is not known: NVML does not tell, and nvidia-smi is not asked for it"
	default:
		for _, t := range last.processes {
			p.Uses = append(p.Uses, t.uses...)
			if t.missing != "" {
				p.Missing = t.missing
				continue
			}
			p.Known = append(p.Known, t.gpu)
		}
	}
	return p
}
