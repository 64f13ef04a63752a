package hive

import (
	"context"
	"errors"
	"time"

	"rbee/internal/metrics"
	"rbee/internal/wire"
)

// result is what became of a heartbeat: a verdict, by the name that it has in
// GET /metrics.
type result string

const (
	resultAccepted   result = "accepted"
	resultUnknown    result = "unknown_hive" // 400, 404, nobody listens
	resultTurnedAway result = "turned_away"
	resultFailed     result = "failed"
	resultGivenUp    result = "given_up" // the hive did not wait for the answer
)

// resultOf names the verdict on err.
func resultOf(err error) result {
	switch judge(err) {
	case accepted:
		return resultAccepted
	case unknown:
		return resultUnknown
	case turnedAway:
		return resultTurnedAway
	case failed:
		if errors.Is(err, context.Canceled) {
			return resultGivenUp
		}
	}
	return resultFailed
}

// counts is what the hive counts for GET /metrics. What can be asked for is not
// counted.
type counts struct {
	heartbeats metrics.Counters[result]
	attempts   metrics.Counters[result] // those with capabilities
	answered   *metrics.Histogram       // seconds
	collected  *metrics.Histogram       // seconds
}

func newCounts() *counts {
	all := []result{resultAccepted, resultUnknown, resultTurnedAway, resultFailed, resultGivenUp}
	return &counts{
		heartbeats: metrics.NewCounters(all...),
		attempts:   metrics.NewCounters(all...),
		answered:   metrics.NewHistogram(.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5),
		collected:  metrics.NewHistogram(.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1),
	}
}

// sent takes note of a heartbeat and what came of it.
func (c *counts) sent(hb *wire.Heartbeat, err error, began time.Time) {
	c.answered.Took(began)
	became := resultOf(err)
	c.heartbeats.Of(became).Inc()
	if hb.Capabilities != nil {
		c.attempts.Of(became).Inc()
	}
}

// metrics writes GET /metrics. It asks no driver.
func (h *handlers) metrics(p *metrics.Page) {
	p.Program("rbee_hive", h.report.version)
	s, c := h.link.standing(), h.report.counts
	metrics.OneOf(p.Gauge("rbee_hive_link_state", "1 for the state of the link to the queen, 0 for the others."), "state", s.state, wire.LinkStates()...)
	p.Gauge("rbee_hive_queen_epoch", "The epoch that the queen named last; 0: none has.").Is(float64(s.epoch))
	metrics.Each(p.Counter("rbee_hive_discovery_attempts_total", "Heartbeats with capabilities, by what came of them."), "outcome", c.attempts)
	metrics.Each(p.Counter("rbee_hive_heartbeats_total", "Heartbeats, those with capabilities included, by what came of them."), "result", c.heartbeats)
	p.Histogram("rbee_hive_heartbeat_duration_seconds", "From sending a heartbeat to its answer, or to its failure.", c.answered)
	p.Histogram("rbee_hive_telemetry_duration_seconds", "What it took to collect what a heartbeat tells.", c.collected)
	h.deviceMetrics(p)
	h.workerMetrics(p)
	h.nodeMetrics(p)
}

// deviceMetrics are there once devices were detected.
func (h *handlers) deviceMetrics(p *metrics.Page) {
	devices := h.detect.published.Load()
	if devices == nil {
		return
	}
	by := map[string]int{}
	for _, d := range *devices {
		by[d.DeviceType]++
	}
	f := p.Gauge("rbee_hive_devices", "Devices as last detected, by type.")
	for _, kind := range []string{"gpu", "cpu"} {
		f.Is(float64(by[kind]), "type", kind)
	}
}

func (h *handlers) workerMetrics(p *metrics.Page) {
	by := map[wire.WorkerState]int{}
	if h.work != nil {
		for _, w := range h.work.Fleet.List() {
			by[w.State]++
		}
	}
	f := p.Gauge("rbee_hive_workers", "Worker processes, by state; those that ended are among them until they are forgotten.")
	for _, state := range wire.WorkerStates() {
		f.Is(float64(by[state]), "state", string(state))
	}
}

// nodeMetrics are the machine's, see reporter.node. What is not known is left out.
func (h *handlers) nodeMetrics(p *metrics.Page) {
	node := h.report.node()
	if node == nil {
		return
	}
	const percent, mib = 100, 1 << 20
	p.Gauge("rbee_hive_cpu_utilization_ratio", "How busy the processor is, 0 to 1 over all cores.").Is(node.CPUPct / percent)
	p.Gauge("rbee_hive_memory_used_bytes", "Memory of the machine in use.").Is(float64(node.RAMUsedMB) * mib)
	p.Gauge("rbee_hive_memory_total_bytes", "Memory of the machine.").Is(float64(node.RAMTotalMB) * mib)
	gpus := func(name, help string, of func(wire.GPU) (v float64, known bool)) {
		f, begun := metrics.Family{}, false
		for _, g := range node.GPUs {
			v, known := of(g)
			if !known {
				continue
			}
			if !begun {
				f, begun = p.Gauge(name, help), true
			}
			f.Is(v, "gpu", g.ID)
		}
	}
	gpus("rbee_hive_gpu_utilization_ratio", "How busy a GPU is, 0 to 1.", func(g wire.GPU) (float64, bool) { return scaled(g.UtilPct, 1.0/percent) })
	gpus("rbee_hive_gpu_memory_used_bytes", "Memory of a GPU in use.", func(g wire.GPU) (float64, bool) { return scaled(g.VRAMUsedMB, mib) })
	gpus("rbee_hive_gpu_memory_total_bytes", "Memory of a GPU.", func(g wire.GPU) (float64, bool) { return scaled(g.VRAMTotalMB, mib) })
	gpus("rbee_hive_gpu_temperature_celsius", "Temperature of a GPU.", func(g wire.GPU) (float64, bool) { return scaled(g.TempC, 1) })
	gpus("rbee_hive_gpu_power_watts", "Power that a GPU takes.", func(g wire.GPU) (float64, bool) { return scaled(g.PowerW, 1) })
}

// scaled is what p points at times factor, and whether it points at anything.
func scaled[T int64 | float64](p *T, factor float64) (v float64, known bool) {
	if p == nil {
		return 0, false
	}
	return float64(*p) * factor, true
}
