package hive

import (
	"context"
	"fmt"
	"time"

	"rbee/internal/queenclient"
	"rbee/internal/wire"
)

// attemptDelays are the waits before each attempt of a discovery.
var attemptDelays = [...]time.Duration{0, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second}

const (
	// busyWaits is how often one discovery waits for a busy queen without
	// counting the attempt.
	busyWaits = 10
	// busyMost is the longest Retry-After that is waited out.
	busyMost = 30 * time.Second
)

// discoveryPush makes five attempts, each with capabilities. An attempt that
// meets a busy queen is repeated, without being counted, when the queen says.
func (l *link) discoveryPush(ctx context.Context) stateFunc {
	l.publish(wire.DiscoveryPush)
	var devices []wire.Device // detected by the first attempt, for all five
	n, wait, counted, busy := 1, l.loopBrake(), true, 0
	for {
		if next, leave := l.pause(ctx, wait); leave {
			return next
		}
		if counted {
			l.log.Info(fmt.Sprintf("Discovery attempt %d (delay: %ds)", n, int(wait.Seconds())), "queen_url", l.queen.URL)
		}
		b, next, leave := l.attempt(ctx, devices)
		if leave {
			return next
		}
		devices = b.devices
		switch judge(b.err) {
		case accepted:
			return l.discovered(b.ack)
		case turnedAway:
			return l.turnAway(b.err)
		case unknown, failed:
			l.log.Debug("Discovery attempt failed", "attempt", n, "queen_url", l.queen.URL, "error", words(b.err))
		}
		if wait = busyFor(b.err); wait > 0 && wait <= busyMost && busy < busyWaits {
			busy, counted = busy+1, false
			continue
		}
		if n == len(attemptDelays) {
			l.log.Warn("All discovery attempts failed. Waiting for Queen to discover us via /capabilities",
				"queen_url", l.queen.URL, "last_error", words(b.err))
			l.retryAfter = retryAfter(b.err)
			return l.discoveryWait
		}
		wait, counted = attemptDelays[n], true
		n++
	}
}

// discovered enters TELEMETRY.
func (l *link) discovered(ack queenclient.Answer) stateFunc {
	l.accept(ack)
	l.unconfirmed++
	l.log.Info("Discovery successful", "queen_url", l.queen.URL, "queen_id", ack.QueenID, "epoch", ack.Epoch)
	return l.telemetry
}

// loopBrake is the delay before the first attempt: none, unless the queen keeps
// accepting capabilities and then not knowing the hive. Without it the two
// states would chase each other as fast as the network allows.
func (l *link) loopBrake() time.Duration {
	const most = 256 * time.Second
	if l.unconfirmed < 2 {
		return 0
	}
	if l.unconfirmed > 8 {
		return most
	}
	return min(most, time.Second<<(l.unconfirmed-1))
}

// pause waits for d. A pull ends the wait, and the discovery starts afresh; so
// does the end of ctx, and it is over: then leave is true and next the state
// to go to.
func (l *link) pause(ctx context.Context, d time.Duration) (next stateFunc, leave bool) {
	if d <= 0 {
		return nil, false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil, false
	case p := <-l.pulls:
		return l.obey(p, nil), true
	case <-ctx.Done():
		return nil, true
	}
}

// attempt sends capabilities and waits for the answer. Pulls for the same queen
// add nothing meanwhile. That of another waits for the answer too, and gets the
// hive unless it is a 200; with take it ends the attempt.
func (l *link) attempt(ctx context.Context, devices []wire.Device) (b *beat, next stateFunc, leave bool) {
	b = l.sendCapabilities(ctx, devices, true)
	defer b.stop()
	pulls := l.pulls
	var other *pull // the one that waits; those after it wait in the channel
	for {
		select {
		case <-b.ended():
			switch {
			case other == nil:
			case judge(b.err) == accepted:
				_, warning := leaves(l.queen, *other, 0)
				l.keep(*other, warning)
			default:
				return nil, l.obey(*other, nil), true
			}
			return b, nil, false
		case p := <-pulls:
			switch {
			case p.queen.URL == l.queen.URL:
				l.keep(p, "")
			case p.take:
				return nil, l.obey(p, b), true
			default:
				other, pulls = &p, nil
			}
		case <-ctx.Done():
			if other != nil {
				l.keep(*other, stopping)
			}
			return nil, nil, true
		}
	}
}
