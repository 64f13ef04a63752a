package catalog

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"rbee/internal/wire"
)

// Limits bound what all processes of a worker use together; 0 is no bound. They
// need control groups.
type Limits struct {
	MemoryBytes int64   `json:"memory_bytes,omitempty"`
	CPUs        float64 `json:"cpus,omitempty"` // cores
	PIDs        int64   `json:"pids,omitempty"` // processes and threads
}

// limitsFile is the table of them in a file; nil and empty are no limit.
type limitsFile struct {
	MemoryMax string `toml:"memory_max"`
	CPUMax    any    `toml:"cpu_max"` // a whole number or not
	PIDsMax   *int64 `toml:"pids_max"`
}

const (
	mib = 1 << 20
	// leastMemory starts no engine, but does not end one in the kernel either.
	leastMemory, mostMemory = 16 * mib, 1 << 50
	leastCPUs, mostCPUs     = 0.01, 4096.0
	mostPIDs                = 1 << 22 // the kernel has no more
)

func (f *limitsFile) limits() (l Limits, err error) {
	if f.MemoryMax != "" {
		if l.MemoryBytes, err = parseBytes(f.MemoryMax); err != nil || l.MemoryBytes < leastMemory || l.MemoryBytes > mostMemory {
			return l, &fieldError{
				"limits.memory_max", fmt.Sprintf("%q is no size from 16 MiB to 1024 TiB", wire.Printable(f.MemoryMax)),
				`write it like "512MiB" or "24GiB"`,
			}
		}
	}
	switch cpus := f.CPUMax.(type) {
	case nil:
	case int64:
		l.CPUs = float64(cpus)
	case float64:
		l.CPUs = cpus
	default:
		l.CPUs = math.NaN()
	}
	if f.CPUMax != nil && !(l.CPUs >= leastCPUs && l.CPUs <= mostCPUs) {
		return l, &fieldError{"limits.cpu_max", fmt.Sprintf("it is no number of cores from %v to %v", leastCPUs, mostCPUs), "write it like 4 or 1.5"}
	}
	if f.PIDsMax != nil {
		if l.PIDs = *f.PIDsMax; l.PIDs < 1 || l.PIDs > mostPIDs {
			return l, &fieldError{"limits.pids_max", fmt.Sprintf("%d is not in 1..%d", l.PIDs, mostPIDs), "count threads too: an engine has some for each core"}
		}
	}
	return l, nil
}

// parseBytes reads a number with a unit of 1024: MiB, GiB or TiB.
func parseBytes(text string) (int64, error) {
	for unit, size := range map[string]float64{"MiB": mib, "GiB": mib << 10, "TiB": mib << 20} {
		number, ok := strings.CutSuffix(text, unit)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || !(n >= 0 && n*size <= mostMemory) {
			return 0, fmt.Errorf("%q is out of range", text)
		}
		return int64(n * size), nil
	}
	return 0, fmt.Errorf("%q has no unit", text)
}
