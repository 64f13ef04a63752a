package swarm

import (
	"net/http"
	"time"

	"rbee/internal/wire"
)

// The rhythm of a hive, in nanoseconds, as internal/hive has it.
const (
	second          = int64(time.Second)
	attempts        = 5
	busyWaits       = 10           // Retry-After waited out in one discovery
	busyMost        = 30 * second  // the longest of them, and of those in telemetry
	grantLeast      = second / 10  // what a queen can grant
	grantMost       = 300 * second //
	retryAfterMost  = 300 * second // of those between slow retries
	connectTimeout  = 2 * second
	answerTimeout   = 5 * second // in all
	farewellTimeout = 2 * second
)

// never is a time that does not come.
const never = int64(-1)

// failure is why a heartbeat got no answer.
type failure uint8

// The failures; their names are in the report.
const (
	noFailure failure = iota
	failRefused
	failConnect // not within the time for it
	failTimeout // connected, no answer in time
	failReset
	failClosed   // the server hung up on a request
	failProtocol // what came back is no HTTP
	failLocal    // no socket or port to be had on this side
	failures     // how many there are
)

var failureNames = [failures]string{
	"", "refused", "connect_timeout", "timeout", "reset", "closed", "protocol", "local",
}

// outcome is what came of one heartbeat.
type outcome struct {
	status     int
	failure    failure // when there is no status
	retryAfter int64   // ns, 0: none
	nextMS     int64   // of an ack, 0: none
}

// link is where a hive stands with its queen, and how far its discovery is.
type link struct {
	state       wire.LinkState
	attempt     int8 // of this discovery, from 0
	excused     int8 // waits for a busy queen in it
	unconfirmed int8 // registrations since the last accepted telemetry
	registered  bool // ever
	turnedAway  bool // by the last definite answer
}

// pace is what the swarm's options make of the rhythm.
type pace struct {
	busy, burst bool
	rediscover  int64 // ns between slow retries, 0: none
}

// answered takes the outcome of a heartbeat that was due at due, and returns
// when the next one is; random is a random number.
func (l *link) answered(o outcome, now, due int64, p pace, random uint64) int64 {
	switch {
	case o.status == http.StatusOK && l.state == wire.Telemetry:
		l.unconfirmed = 0
		return p.after(now, due, o.nextMS)
	case o.status == http.StatusOK:
		l.state, l.registered, l.turnedAway = wire.Telemetry, true, false
		l.unconfirmed = min(l.unconfirmed+1, 9)
		return p.after(now, now-second, o.nextMS)
	case o.status == http.StatusUnauthorized, o.status == http.StatusForbidden,
		o.status == http.StatusConflict, o.status == http.StatusMisdirectedRequest:
		l.state, l.turnedAway = wire.DiscoveryWait, true
		return l.slowRetry(o, now, p, random)
	case l.state == wire.DiscoveryPush:
		return l.tryAgain(o, now, p, random)
	case l.state == wire.DiscoveryWait:
		return l.slowRetry(o, now, p, random)
	case o.status == http.StatusBadRequest, o.status == http.StatusNotFound, o.failure == failRefused:
		return l.discover(now)
	}
	return p.afterFailure(now, due, min(o.retryAfter, busyMost))
}

// discover begins the five attempts. A queen that takes capabilities and does
// not know the hive at its next heartbeat, over and over, is given more time.
func (l *link) discover(now int64) int64 {
	l.state, l.attempt, l.excused = wire.DiscoveryPush, 0, 0
	if l.unconfirmed < 2 {
		return now
	}
	return now + second<<(l.unconfirmed-1)
}

// tryAgain is a failed attempt.
func (l *link) tryAgain(o outcome, now int64, p pace, random uint64) int64 {
	busy := o.status == http.StatusTooManyRequests || o.status == http.StatusServiceUnavailable
	if busy && o.retryAfter > 0 && o.retryAfter <= busyMost && l.excused < busyWaits {
		l.excused++
		return now + o.retryAfter
	}
	if l.attempt++; l.attempt < attempts {
		return now + second<<l.attempt
	}
	l.state = wire.DiscoveryWait
	return l.slowRetry(o, now, p, random)
}

// slowRetry is ±20 % of the time between two.
func (l *link) slowRetry(o outcome, now int64, p pace, random uint64) int64 {
	if p.rediscover == 0 || (!l.registered && !l.turnedAway) {
		return never
	}
	jittered := p.rediscover*8/10 + int64(random%1024)*(p.rediscover*4/10)/1024
	return now + max(jittered, min(o.retryAfter, retryAfterMost))
}

// pulled takes a pull for the queen of this swarm and returns when the next
// heartbeat is due; changed is false when it changes nothing.
func (l *link) pulled(now int64) (at int64, changed bool) {
	if l.state == wire.Telemetry {
		return 0, false
	}
	l.unconfirmed = 0
	return l.discover(now), true
}

// after is when the heartbeat after an accepted one is due.
func (p pace) after(now, due, nextMS int64) int64 {
	at := max(due+second, now)
	switch {
	case p.busy:
		return now
	case nextMS > 0:
		at = now + max(grantLeast, min(nextMS, grantMost/int64(time.Millisecond))*int64(time.Millisecond))
	}
	return p.align(at)
}

// afterFailure keeps the rhythm, from when the queen may be asked again.
func (p pace) afterFailure(now, due, heldOff int64) int64 {
	return p.align(max(due+second, now+heldOff))
}

// align moves a time to the full second in a burst.
func (p pace) align(at int64) int64 {
	if !p.burst {
		return at
	}
	return (at + second - 1) / second * second
}

// start is a hive that begins: with a queen it pushes, standalone it waits.
func (l *link) start(standalone bool, now int64) int64 {
	if standalone {
		l.state = wire.Standalone
		return never
	}
	return l.discover(now)
}
