package hive

import (
	"log/slog"
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
	log        *slog.Logger
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
