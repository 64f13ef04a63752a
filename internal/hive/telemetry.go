package hive

import (
	"context"
	"fmt"
	"time"

	"rbee/internal/wire"
)

const (
	// heldOffMost bounds how long a busy queen's Retry-After stops the rhythm.
	heldOffMost = 30 * time.Second
	// farewellTimeout bounds the last heartbeat, and farewellGrace, inside it,
	// how long the one before it may still take: cancelled, it could reach the
	// queen after the farewell.
	farewellTimeout = 2 * time.Second
	farewellGrace   = time.Second
)

// misses counts heartbeats in a row that did not get a 200.
type misses struct {
	failures   int
	unanswered int           // those at the end of them that nobody answered
	heldOff    time.Duration // how long the queen asked to wait at the last one
}

func (m *misses) add(err error) {
	m.failures++
	m.unanswered++
	if answered(err) {
		m.unanswered = 0
	}
	m.heldOff = min(retryAfter(err), heldOffMost)
}

// telemetry sends one heartbeat a second, the first at once, or in the rhythm
// that the queen grants with each 200; the one that led here may put off the first.
func (l *link) telemetry(ctx context.Context) stateFunc {
	l.publish(wire.Telemetry)
	var (
		inFlight *beat
		next     <-chan time.Time // nil while one is in flight
		m        misses
	)
	defer func() { inFlight.stop() }()
	grant := granted(l.ack.Ack)
	due := time.Now().Add(grant)
	if grant > 0 {
		next = time.After(grant)
	} else {
		inFlight = l.sendTelemetry(ctx, wire.Ready)
	}
	for {
		select {
		case <-ctx.Done():
			l.farewell(ctx, inFlight)
			return nil
		case p := <-l.pulls:
			moves, warning := leaves(l.queen, p, m.unanswered)
			if !moves {
				l.keep(p, warning)
				continue
			}
			return l.obey(p, inFlight)
		case <-next:
			next, inFlight = nil, l.sendTelemetry(ctx, wire.Ready)
		case <-inFlight.ended():
			b := inFlight
			inFlight = nil
			if state := l.beaten(b, &m); state != nil {
				return state
			}
			now := time.Now()
			due = dueAfter(due, now, granted(l.ack.Ack), m)
			next = time.After(due.Sub(now))
		}
	}
}

// beaten judges an answer; a state ends TELEMETRY.
func (l *link) beaten(b *beat, m *misses) stateFunc {
	switch judge(b.err) {
	case accepted:
		if m.failures > 0 {
			l.log.Info(fmt.Sprintf("Heartbeat recovered after %d failures", m.failures), "queen_url", l.queen.URL)
		}
		*m = misses{}
		l.unconfirmed = 0
		l.accept(b.ack)
		l.publish(wire.Telemetry)
		return nil
	case unknown:
		l.log.Info("Queen restart detected", "queen_url", l.queen.URL, "error", words(b.err))
		return l.discoveryPush
	case turnedAway:
		return l.turnAway(b.err)
	case failed:
		m.add(b.err)
		if worthALine(m.failures) {
			l.log.Warn("Heartbeat failed", "failures", m.failures, "queen_url", l.queen.URL, "error", words(b.err))
		}
	}
	return nil
}

// worthALine picks the failures that are logged: 1, 10, 70, 130, …
func worthALine(failures int) bool {
	return failures == 1 || failures%60 == 10
}

// farewell tells the queen that this hive stops on purpose. Pulls come too late.
func (l *link) farewell(ctx context.Context, inFlight *beat) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewellTimeout)
	defer cancel()
	if inFlight != nil {
		l.seeOut(ctx, inFlight, farewellGrace)
	}
	last := l.sendTelemetry(ctx, wire.Stopped)
	l.seeOut(ctx, last, farewellTimeout)
	if last.err != nil {
		l.log.Debug("Farewell failed", "queen_url", l.queen.URL, "error", words(last.err))
	}
}

// seeOut waits for b, for at most grace or until ctx ends, and then ends it.
func (l *link) seeOut(ctx context.Context, b *beat, grace time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	defer b.stop()
	for {
		select {
		case <-b.ended():
			return
		case p := <-l.pulls:
			l.keep(p, stopping)
		case <-ctx.Done():
			return
		}
	}
}
