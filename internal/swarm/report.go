package swarm

import (
	"strconv"
	"time"
)

// Report is what came of a run. Its JSON names are stable. A figure that could
// not be had is null.
type Report struct {
	Queen    string  `json:"queen"`
	Mode     string  `json:"mode"` // busy or rhythm
	Hives    int     `json:"hives"`
	Clones   int     `json:"clones"`
	Seconds  float64 `json:"measured_s"`
	WarmupS  float64 `json:"warmup_s"`
	BodySize int     `json:"request_bytes"` // of a telemetry, headers included

	// Attempted is the sum of the status counts and the errors: heartbeats that
	// began while figures were taken. Sent are those of them that went out whole.
	Attempted uint64            `json:"attempted"`
	Sent      uint64            `json:"sent"`
	Accepted  uint64            `json:"accepted"`
	PerSecond float64           `json:"accepted_per_s"` // answers that came while figures were taken
	Status    map[string]uint64 `json:"status"`
	Errors    map[string]uint64 `json:"errors"`
	Latency   Quantiles         `json:"latency_ms"`  // of what was accepted, from the first byte to the answer
	Lag       Quantiles         `json:"send_lag_ms"` // how late the swarm itself was

	ServerCPU       *float64 `json:"server_cpu_us_per_heartbeat"`
	ServerCores     *float64 `json:"server_cpu_cores"`
	ServerRSS       *float64 `json:"server_rss_mb"`
	ServerRSSMost   *float64 `json:"server_rss_peak_mb"`
	OwnCPU          *float64 `json:"own_cpu_us_per_heartbeat"`
	OwnCores        *float64 `json:"own_cpu_cores"`
	StateGained     *int64   `json:"state_bytes_gained"`
	WALGained       *int64   `json:"wal_bytes_gained"`
	StatePerBeat    *float64 `json:"state_bytes_per_heartbeat"`
	Start           Arrival  `json:"start"`
	Recovery        Recovery `json:"recovery"`
	Restarts        Arrival  `json:"restarts"`
	ClonesAccepted  uint64   `json:"clones_accepted"`
	ClonesRefused   uint64   `json:"clones_refused"` // with 409
	Connections     uint64   `json:"connections_opened"`
	Pulls           uint64   `json:"pulls_answered"`
	AcceptedInTotal uint64   `json:"accepted_since_start"` // the lines of the list of accepted heartbeats
}

// Quantiles are of times in milliseconds.
type Quantiles struct {
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// Arrival is how long hives took until their first accepted heartbeat, by which
// the queen calls them healthy, counted for each from its own start, and for all
// from the first of those.
type Arrival struct {
	Hives        int       `json:"hives"`                  // that arrived
	AllHealthyMS *float64  `json:"time_to_all_healthy_ms"` // null: not all are; of restarts always
	Healthy      Quantiles `json:"healthy_ms"`
}

// Recovery is Arrival after the last time that the queen went away, counted
// from when a hive first noticed.
type Recovery struct {
	Outages int `json:"outages"`
	Away    int `json:"hives_still_away"`
	Arrival
}

func quantiles(h *histogram) Quantiles {
	return Quantiles{
		P50: ms(h.quantile(0.50)), P90: ms(h.quantile(0.90)), P99: ms(h.quantile(0.99)), Max: ms(time.Duration(h.max)),
	}
}

func ms(d time.Duration) float64 { return round(float64(d)/float64(time.Millisecond), 1000) }

// round keeps as many decimals as scale has zeros.
func round(v, scale float64) float64 { return float64(int64(v*scale+0.5)) / scale }

// arrival tells of the hives that arrived, complete if they are all.
func arrival(a *arrivals, complete bool) Arrival {
	r := Arrival{Hives: int(a.took.count), Healthy: quantiles(&a.took)}
	if complete && a.took.count > 0 {
		all := ms(time.Duration(a.last - a.first))
		r.AllHealthyMS = &all
	}
	return r
}

// report puts the figures together.
func report(c *Config, t *tally, r *readiness, m *meter, end Progress, size int) *Report {
	out := &Report{
		Queen: c.Queen, Mode: "rhythm", Hives: c.Hives, Clones: c.Clones, BodySize: size,
		Seconds: round(m.seconds, 1000), WarmupS: c.Warmup.Seconds(),
		Attempted: t.attempted, Sent: t.sent, Accepted: t.accepted,
		Status: map[string]uint64{}, Errors: map[string]uint64{},
		Latency: quantiles(&t.latency), Lag: quantiles(&t.lag),
		ClonesAccepted: t.clonesAccepted, ClonesRefused: t.clonesRefused,
		Connections: end.Connections, Pulls: end.Pulls, AcceptedInTotal: end.Accepted,
		Start:    arrival(&r.healthy, int(r.healthy.took.count) == c.Hives),
		Restarts: arrival(&r.restarted, false),
		Recovery: Recovery{Outages: r.outages, Away: r.away, Arrival: arrival(&r.recovered, r.away == 0)},
	}
	if c.Busy {
		out.Mode = "busy"
	}
	for status, n := range t.status {
		if n > 0 {
			out.Status[strconv.Itoa(status)] = n
		}
	}
	for why, n := range t.failures {
		if n > 0 {
			out.Errors[failureNames[why]] = n
		}
	}
	out.costs(t, m)
	return out
}

// costs enters what the meter saw.
func (r *Report) costs(t *tally, m *meter) {
	if m.seconds == 0 {
		return
	}
	answered := float64(t.answered)
	r.PerSecond = round(answered/m.seconds, 10)
	r.OwnCores = rounded(m.own.Seconds()/m.seconds, 1000)
	if m.seen {
		r.ServerCores = rounded(m.server.Seconds()/m.seconds, 1000)
	}
	if m.rssMost > 0 {
		r.ServerRSS = rounded(float64(m.rss)/(1<<20), 10)
		r.ServerRSSMost = rounded(float64(m.rssMost)/(1<<20), 10)
	}
	if m.state.known {
		r.StateGained, r.WALGained = &m.state.gained, &m.wal.gained
	}
	if answered == 0 {
		return
	}
	r.OwnCPU = rounded(float64(m.own.Microseconds())/answered, 100)
	if m.seen {
		r.ServerCPU = rounded(float64(m.server.Microseconds())/answered, 100)
	}
	if m.state.known {
		r.StatePerBeat = rounded(float64(m.state.gained)/answered, 10)
	}
}

func rounded(v, scale float64) *float64 {
	v = round(v, scale)
	return &v
}
