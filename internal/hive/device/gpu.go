package device

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"sync"

	"rbee/internal/wire"
)

// maxGPUs leaves room for CPU-0 in an announcement of wire.MaxDevices.
const maxGPUs = wire.MaxDevices - 1

// What a source may answer beside GPUs and errors of its own.
var (
	// errNoDriver: this machine has no NVIDIA GPU that works, and nothing is wrong.
	errNoDriver = errors.New("no NVIDIA driver")
	// errNoAnswer: the driver could not be asked, which says nothing about its GPUs.
	errNoAnswer = errors.New("no answer from the NVIDIA driver")
)

// source is one way to learn of the GPUs. It is used by one goroutine.
type source interface {
	// read returns at least one GPU, in the order of their indexes and at most
	// maxGPUs of them, or says why there is none. It may block for ever.
	read(ctx context.Context) ([]gpu, error)
	// close gives the driver back; a later read takes it again.
	close()
}

// gpu is one GPU at one moment. What its pointers point to is never changed.
type gpu struct {
	device wire.Device
	load   wire.GPU
}

// newGPU returns the GPU of that index with its load still unknown. Memory is in
// bytes, nil where the driver does not tell; a total of 0 tells nothing either.
func newGPU(index int, name, capability string, total, used *uint64) gpu {
	if total != nil && *total == 0 {
		total, used = nil, nil
	}
	id := fmt.Sprintf("GPU-%d", index)
	g := gpu{
		device: wire.Device{ID: id, Name: wire.Printable(name), DeviceType: "gpu"},
		load:   wire.GPU{ID: id, VRAMTotalMB: mib(total), VRAMUsedMB: mib(used)},
	}
	if g.load.VRAMTotalMB != nil {
		g.device.VRAMGB = gib(*total)
	}
	if capability != "" {
		capability = wire.Printable(capability)
		g.device.ComputeCapability = &capability
	}
	return g
}

// Drivers answer all ones for what they do not know, and wire refuses a whole
// heartbeat for one absurd figure. So a figure outside these bounds is unknown.
const (
	maxUtilPct = 100
	minTempC   = -273
	maxTempC   = 1000
	maxPowerW  = 1e5
	maxMiB     = 1e12
)

// within returns v, or nil if it is nothing a driver would mean.
func within(low, high, v float64) *float64 {
	if math.IsNaN(v) || v < low || v > high {
		return nil
	}
	return &v
}

// gib returns bytes in GiB, rounded to the nearest.
func gib(bytes uint64) *int64 {
	n := int64(math.Round(float64(bytes) / (1 << 30)))
	return &n
}

// mib returns bytes in whole MiB, nil for unknown or absurd.
func mib(bytes *uint64) *int64 {
	if bytes == nil || *bytes>>20 > maxMiB {
		return nil
	}
	n := int64(*bytes >> 20)
	return &n
}

// known says whether s is a word of the driver's and not its "[N/A]",
// "[Not Supported]", "[Unknown Error]" or "[GPU is lost]".
func known(s string) bool {
	return s != "" && s != "N/A" && !strings.HasPrefix(s, "[")
}

// complaints says each thing once in the life of a Monitor, however often the
// machine is asked.
type complaints struct {
	log *slog.Logger

	mu   sync.Mutex
	said map[string]bool
}

// warn logs msg at Warn unless something with the same key has been said. Keys
// are few: they are never taken from what a driver answers.
func (c *complaints) warn(key, msg string, args ...any) {
	c.mu.Lock()
	said := c.said[key]
	c.said[key] = true
	c.mu.Unlock()
	if !said {
		c.log.Warn(msg, args...)
	}
}

// leaveOut complains of a GPU that is there and cannot be used.
func (c *complaints) leaveOut(id string, err error) {
	c.warn("gpu "+id, "GPU cannot be read, left out", "gpu", id, "error", err)
}
