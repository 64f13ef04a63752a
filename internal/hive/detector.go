package hive

import (
	"context"
	"sync/atomic"
	"time"

	"rbee/internal/wire"
)

// detectionFresh is how long a finished detection is good for: long enough that
// a discovery does not repeat that of the pull it began with.
const detectionFresh = 2 * time.Second

// detector shares detections: those who ask while one runs get its result.
type detector struct {
	machine  Machine
	requests chan chan<- []wire.Device
	ended    chan struct{} // closed when nobody reads requests any more

	// Owned by the goroutine in run until ended is closed.
	last   []wire.Device
	lastAt time.Time

	published atomic.Pointer[[]wire.Device] // last, once something was detected
}

func newDetector(m Machine) *detector {
	return &detector{machine: m, requests: make(chan chan<- []wire.Device), ended: make(chan struct{}), last: []wire.Device{}}
}

// run detects when asked, until ctx ends.
func (d *detector) run(ctx context.Context) {
	defer close(d.ended)
	for {
		select {
		case reply := <-d.requests:
			if time.Since(d.lastAt) > detectionFresh {
				d.detect(ctx)
			}
			reply <- d.last
		case <-ctx.Done():
			return
		}
	}
}

func (d *detector) detect(ctx context.Context) {
	devices := d.machine.Devices(ctx)
	if ctx.Err() != nil {
		return // given up half way: what was known before says more
	}
	if devices == nil {
		devices = []wire.Device{} // a list without entries, not no list
	}
	d.last, d.lastAt = devices, time.Now()
	d.published.Store(&devices)
}

// devices returns the devices of the machine, never nil. When ctx ends first
// the list is empty; when the hive stops it is the one known.
func (d *detector) devices(ctx context.Context) []wire.Device {
	reply := make(chan []wire.Device, 1)
	select {
	case d.requests <- reply:
	case <-d.ended:
		return d.last
	case <-ctx.Done():
		return []wire.Device{}
	}
	select {
	case devices := <-reply:
		return devices
	case <-ctx.Done():
		return []wire.Device{}
	}
}
