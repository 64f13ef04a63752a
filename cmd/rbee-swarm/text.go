package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"rbee/internal/swarm"
)

// ticker is the line about progress on a terminal.
type ticker struct {
	w     io.Writer
	begun time.Time
	last  swarm.Progress
	at    time.Time
}

func (t *ticker) show(p swarm.Progress) {
	now := time.Now()
	since := t.at
	if since.IsZero() {
		since = t.begun
	}
	rate := float64(p.Accepted-t.last.Accepted) / now.Sub(since).Seconds()
	fmt.Fprintf(t.w, "%4.0fs  %.0f/s accepted, %d of %d hives healthy, %d accepted, %d not, %d waiting\n",
		now.Sub(t.begun).Seconds(), rate, p.Healthy, p.Hives, p.Accepted, p.Failed, p.Waiting)
	t.last, t.at = p, now
}

// text is the report for people.
func text(r *swarm.Report) string {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-12s%s\n", name, fmt.Sprintf(format, args...))
	}
	line("queen", "%s", r.Queen)
	line("hives", "%d (%s), %d bytes a heartbeat, measured for %.1f s", r.Hives, r.Mode, r.BodySize, r.Seconds)
	line("accepted", "%d of %d, %.1f/s", r.Accepted, r.Attempted, r.PerSecond)
	line("answers", "%s", counts(r.Status))
	line("errors", "%s", counts(r.Errors))
	line("latency", "%s", times(r.Latency))
	line("send lag", "%s", times(r.Lag))
	line("server", "%s µs of CPU a heartbeat, %s cores, %s MB",
		orDash(r.ServerCPU), orDash(r.ServerCores), orDash(r.ServerRSS))
	line("swarm", "%s µs of CPU a heartbeat, %s cores", orDash(r.OwnCPU), orDash(r.OwnCores))
	if r.StateGained != nil {
		line("state file", "gained %d bytes, its WAL %d; %s bytes a heartbeat", *r.StateGained, *r.WALGained, orDash(r.StatePerBeat))
	}
	line("start", "%d of %d healthy, all after %s ms; each: %s", r.Start.Hives, r.Hives, orDash(r.Start.AllHealthyMS), times(r.Start.Healthy))
	if r.Recovery.Outages > 0 {
		line("recovery", "outage %d: %d healthy again, %d still away, all after %s ms; each: %s", r.Recovery.Outages,
			r.Recovery.Hives, r.Recovery.Away, orDash(r.Recovery.AllHealthyMS), times(r.Recovery.Healthy))
	}
	if r.Restarts.Hives > 0 {
		line("restarts", "%d, each: %s", r.Restarts.Hives, times(r.Restarts.Healthy))
	}
	if r.Clones > 0 {
		line("clones", "%d: refused with 409 %d times, accepted %d times", r.Clones, r.ClonesRefused, r.ClonesAccepted)
	}
	if r.Pulls > 0 {
		line("pulls", "%d", r.Pulls)
	}
	return b.String()
}

func times(q swarm.Quantiles) string {
	return fmt.Sprintf("p50 %.1f, p90 %.1f, p99 %.1f, max %.1f ms", q.P50, q.P90, q.P99, q.Max)
}

func counts(m map[string]uint64) string {
	if len(m) == 0 {
		return "-"
	}
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, fmt.Sprintf("%s: %d", key, m[key]))
	}
	return strings.Join(parts, ", ")
}

func orDash(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%g", *v)
}
