package swarm

// readiness is how long hives took to be healthy: at the start, after restarts
// of their own, and after each time the queen went away. It is counted from the
// start of the swarm, whatever the warmup.
type readiness struct {
	healthy   arrivals // at the start
	restarted arrivals
	recovered arrivals // from the last outage
	outages   int
	away      int // hives that the outage has not given back
}

// arrivals are times that hives took, and when the last one arrived.
type arrivals struct {
	took        histogram
	first, last int64
}

func (a *arrivals) add(since, now int64) {
	if a.took.count == 0 || since < a.first {
		a.first = since
	}
	a.took.add(now - since)
	a.last = max(a.last, now)
}

func (a *arrivals) merge(o *arrivals) {
	if o.took.count == 0 {
		return
	}
	if a.took.count == 0 || o.first < a.first {
		a.first = o.first
	}
	a.took.merge(&o.took)
	a.last = max(a.last, o.last)
}

// arrive is an accepted heartbeat of a hive that was not healthy before.
func (r *readiness) arrive(h *hive, now int64) {
	switch h.cause {
	case causeStart:
		r.healthy.add(h.since, now)
	case causeRestart:
		r.restarted.add(h.since, now)
	case causeQueen:
		if h.away { // else the connection only was lost, and not the queen
			r.away--
			r.recovered.add(h.since, now)
		}
	case causeNone:
	}
}

// lost is a hive that noticed at since that its queen was gone, and now begins
// its discovery. The first one begins an outage, and the account of it.
func (r *readiness) lost(since int64) {
	if r.away == 0 && (r.recovered.took.count == 0 || since > r.recovered.last) {
		r.outages++
		r.recovered = arrivals{}
	}
	r.away++
}

// merge adds the account of another loop; all saw the same outages.
func (r *readiness) merge(o *readiness) {
	r.healthy.merge(&o.healthy)
	r.restarted.merge(&o.restarted)
	r.recovered.merge(&o.recovered)
	r.outages = max(r.outages, o.outages)
	r.away += o.away
}
