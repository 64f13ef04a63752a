package hive

import (
	"context"
	"math/rand/v2"
	"time"

	"rbee/internal/wire"
)

// retryAfterMost bounds how long a queen can put off a slow retry.
const retryAfterMost = 5 * time.Minute

// discoveryWait is silent until a pull. A hive that the queen knows, or that it
// turned away, tries again now and then, without a log line unless it succeeds.
func (l *link) discoveryWait(ctx context.Context) stateFunc {
	l.publish(wire.DiscoveryWait)
	var (
		retry    <-chan time.Time // nil: no retries
		inFlight *beat
	)
	defer func() { inFlight.stop() }()
	if l.every > 0 && (l.turnedAway || l.memory.knows(l.queen)) {
		retry = time.After(retryDelay(l.every, l.retryAfter))
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case p := <-l.pulls:
			return l.obey(p, inFlight)
		case <-retry:
			inFlight = l.sendCapabilities(ctx, nil, false)
		case <-inFlight.ended():
			err := inFlight.err
			if judge(err) == accepted {
				return l.discovered(inFlight.ack)
			}
			inFlight = nil
			l.log.Debug("Slow retry failed", "queen_url", l.queen.URL, "error", words(err))
			retry = time.After(retryDelay(l.every, retryAfter(err)))
		}
	}
}

// retryDelay is every ±20 %, so that the hives of a queen that was away do not
// come back in one burst, or what the queen asked for if that is longer.
func retryDelay(every, asked time.Duration) time.Duration {
	jittered := time.Duration((0.8 + 0.4*rand.Float64()) * float64(every))
	return max(jittered, min(asked, retryAfterMost))
}
