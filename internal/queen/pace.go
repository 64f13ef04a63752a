package queen

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"rbee/internal/wire"
)

// DefaultHeartbeatRate is how many heartbeats per second a queen takes before
// she slows the fleet down.
const DefaultHeartbeatRate = 10_000

const (
	// spreadFrom is the size of a fleet from which on newcomers are spread over
	// the interval: a restart of the queen makes all begin at the same moment.
	spreadFrom = 200
	// soonest is the least wait that is granted, so that hives take it as one.
	soonest = 100 * time.Millisecond
	// grace is how long after a boot no hive is called down: hives that were
	// told to come again later have not been silent.
	grace = 15 * time.Second
	// registrationsAtOnce bounds how many registrations wait for the writer.
	registrationsAtOnce = 1000
	// registrationsPerSecond is how fast those that were turned away are asked
	// to come again.
	registrationsPerSecond = 4000
	// latestReturn is the longest they are asked to wait.
	latestReturn = 20
)

// pace is the rhythm of the fleet.
type pace struct {
	rate        int64        // heartbeats per second to stay within
	interval    atomic.Int64 // granted now, in nanoseconds
	fleet       atomic.Int64 // hives that beat, or are expected to
	registering atomic.Int64 // registrations on their way through the writer
	missing     atomic.Int64 // known hives not registered in this epoch
}

// measure counts the fleet: the interval grows with it, so that the heartbeats
// of all stay within the rate.
func (r *registry) measure(now time.Time) {
	var fleet, missing int64
	for h := range r.visible() {
		if !h.registered(r.epoch) {
			missing++
		}
		if h.live(now) || (!h.met && now.Sub(r.bootedAt) < 2*grace) {
			fleet++
		}
	}
	r.fleet.Store(fleet)
	r.missing.Store(missing)
	every := max(interval, time.Duration(fleet)*time.Second/time.Duration(r.rate))
	r.interval.Store(int64(min(every.Round(time.Millisecond), wire.MaxHeartbeatInterval)))
}

// granted is the interval that hives are granted now.
func (r *registry) granted() time.Duration { return time.Duration(r.interval.Load()) }

// nextIn is what a hive is told of its next heartbeat: nothing when the usual
// rhythm will do. Newcomers to a large fleet are spread over the interval.
func (r *registry) nextIn(granted time.Duration, newcomer bool) time.Duration {
	if newcomer && r.fleet.Load() >= spreadFrom {
		return soonest + rand.N(granted)
	}
	if granted == interval {
		return 0
	}
	return granted
}

// admit lets a registration in, unless too many are on their way; then it says
// how many seconds to wait. Done is called when it has been answered.
func (p *pace) admit() (done func(), retryAfter int) {
	if p.registering.Add(1) <= registrationsAtOnce {
		return func() { p.registering.Add(-1) }, 0
	}
	p.registering.Add(-1)
	span := min(latestReturn, 2+int(p.missing.Load()/registrationsPerSecond))
	return nil, 1 + rand.IntN(span)
}
