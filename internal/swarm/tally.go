package swarm

import "net/http"

// tally is what came of the heartbeats that belong to the figures.
type tally struct {
	attempted uint64 // begun
	sent      uint64 // the whole request
	answered  uint64 // with 200, while figures were taken, whenever begun
	accepted  uint64 // with 200
	status    [600]uint64
	failures  [failures]uint64
	latency   histogram // from the first byte of the request to the answer, of 200s
	lag       histogram // from when a heartbeat was due to when it was begun

	clonesAccepted, clonesRefused uint64
}

// count enters one outcome.
func (t *tally) count(h *hive, o outcome, now int64) {
	if o.failure != noFailure {
		t.failures[o.failure]++
		return
	}
	t.status[min(o.status, len(t.status)-1)]++
	if h.clone && o.status == http.StatusConflict {
		t.clonesRefused++
	}
	if o.status != http.StatusOK {
		return
	}
	t.accepted++
	if h.clone {
		t.clonesAccepted++
	}
	if !h.slow { // there the latency is of our making
		t.latency.add(now - h.sent)
	}
}

// merge adds what another loop counted.
func (t *tally) merge(o *tally) {
	t.attempted += o.attempted
	t.sent += o.sent
	t.answered += o.answered
	t.accepted += o.accepted
	t.clonesAccepted += o.clonesAccepted
	t.clonesRefused += o.clonesRefused
	for i, n := range o.status {
		t.status[i] += n
	}
	for i, n := range o.failures {
		t.failures[i] += n
	}
	t.latency.merge(&o.latency)
	t.lag.merge(&o.lag)
}

// Progress is how the swarm is at a moment, counted from its start.
type Progress struct {
	Hives       int // all but clones
	Healthy     int // those whose last word was an accepted telemetry
	Waiting     int // heartbeats that are not answered yet
	Accepted    uint64
	Failed      uint64 // not answered with 200
	Connections uint64 // opened
	Restarts    uint64 // of hives, by RestartEvery
	Pulls       uint64 // answered
}

func (p *Progress) add(o Progress) {
	p.Hives += o.Hives
	p.Healthy += o.Healthy
	p.Waiting += o.Waiting
	p.Accepted += o.Accepted
	p.Failed += o.Failed
	p.Connections += o.Connections
	p.Restarts += o.Restarts
	p.Pulls += o.Pulls
}
