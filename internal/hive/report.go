package hive

import (
	"log/slog"
	"sync/atomic"
	"time"

	"rbee/internal/wire"
)

// reporter says what this hive is and how its machine is.
type reporter struct {
	id         string
	instanceID string
	hostname   string // for display
	version    string
	port       int
	machine    Machine
	workers    func() []wire.Worker     // waits for nothing, never nil
	foreign    func() map[string]int64  // VRAM of other people's processes by GPU; waits for nothing
	health     func() wire.HealthStatus // waits for nothing
	counts     *counts
	log        *slog.Logger

	latest atomic.Pointer[sample]
}

// sample is the machine as a heartbeat told of it.
type sample struct {
	at   time.Time
	node *wire.Node
}

// sampleFresh is how old a sample may be that GET /metrics shows instead of
// taking one, which would shorten the time that the next heartbeat tells of.
const sampleFresh = 5 * time.Second

// node is a sample of the machine, nil where nothing is known. It waits for nothing.
func (r *reporter) node() *wire.Node {
	if s := r.latest.Load(); s != nil && time.Since(s.at) < sampleFresh {
		return s.node
	}
	return r.machine.Node()
}

// self is the hive as heartbeats and answers to pulls name it.
func (r *reporter) self(status wire.OperationalStatus) wire.HiveInfo {
	return wire.HiveInfo{
		ID: r.id, InstanceID: r.instanceID, Hostname: r.hostname, Port: r.port, Version: r.version,
		OperationalStatus: status,
		HealthStatus:      r.health(),
	}
}

// heartbeat builds one; devices are its capabilities, nil for none. Figures
// that no queen would take are left out: the sign of life goes out without them.
func (r *reporter) heartbeat(status wire.OperationalStatus, devices []wire.Device) *wire.Heartbeat {
	began := time.Now()
	hb := &wire.Heartbeat{
		Hive:         r.self(status),
		Timestamp:    time.Now().UTC().Truncate(time.Millisecond),
		Workers:      r.workers(),
		Node:         r.machine.Node(),
		Capabilities: devices,
	}
	if hb.Node != nil {
		node := *hb.Node // the machine's sample is not ours to change
		node.GPUs = r.gpus(node.GPUs)
		hb.Node = &node
	}
	if err := hb.Validate(); err != nil && hb.Node != nil {
		r.log.Debug("Telemetry left out", "error", err)
		hb.Node = nil
	}
	if err := hb.Validate(); err != nil && len(hb.Workers) > 0 {
		r.log.Debug("Workers left out", "error", err)
		hb.Workers = []wire.Worker{}
	}
	r.counts.collected.Took(began)
	r.latest.Store(&sample{at: began, node: hb.Node})
	return hb
}

// gpus are those of the machine, never nil, with what others hold of them.
func (r *reporter) gpus(of []wire.GPU) []wire.GPU {
	foreign := r.foreign()
	gpus := make([]wire.GPU, 0, len(of))
	for _, g := range of {
		if mb, known := foreign[g.ID]; known {
			g.ForeignVRAMMB = &mb
		}
		gpus = append(gpus, g)
	}
	return gpus
}
