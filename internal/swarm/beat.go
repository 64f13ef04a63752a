package swarm

import (
	"errors"
	"syscall"

	"rbee/internal/wire"
)

// Slow links carry a request in this many pieces, each so long after the other.
const (
	dribbles     = 16
	dribbleEvery = second / 25
)

// alarm is what a hive has waited for: the time of its next heartbeat, or the
// end of its patience with the one under way.
func (l *loop) alarm(h *hive, now int64) {
	switch h.step {
	case stepIdle:
		if !l.stopping {
			l.begin(h, l.nextKind(h), now)
		}
	case stepConnecting:
		l.fail(h, failConnect, now)
	case stepSending:
		if now-h.began >= answerTimeout {
			l.fail(h, failTimeout, now)
			return
		}
		l.sendOn(h, now)
	case stepAwaiting:
		l.fail(h, failTimeout, now)
	}
}

func (l *loop) nextKind(h *hive) kind {
	if h.link.state == wire.Telemetry {
		return kindTelemetry
	}
	return kindDiscovery
}

// schedule lets a hive's next heartbeat go out at a time, at once if it has come.
func (l *loop) schedule(h *hive, at, now int64) {
	if at == never || l.stopping {
		return
	}
	h.due = at
	if at <= now {
		l.begin(h, l.nextKind(h), now)
		return
	}
	l.wheel.set(h.local, at)
}

// begin starts a heartbeat.
func (l *loop) begin(h *hive, k kind, now int64) {
	h.kind, h.began, h.measured = k, now, l.measuring
	l.inFlight++
	if h.measured {
		l.tally.attempted++
		l.tally.lag.add(now - h.due)
	}
	if h.fd >= 0 {
		l.send(h, now)
		return
	}
	fd, err := dial(h.address, l.queen)
	if err != nil {
		l.fail(h, classify(err), now)
		return
	}
	h.fd, h.step = int32(fd), stepConnecting
	h.gen++
	if err := l.poll.add(fd, h.token()); err != nil {
		l.fail(h, failLocal, now)
		return
	}
	l.wheel.set(h.local, now+connectTimeout)
}

// connected goes on with a heartbeat that waited for its connection.
func (l *loop) connected(h *hive, now int64) {
	if err := socketError(int(h.fd)); err != nil {
		l.fail(h, classify(err), now)
		return
	}
	l.live.Connections++
	l.send(h, now)
}

// send writes the heartbeat.
func (l *loop) send(h *hive, now int64) {
	random := l.rand()
	h.wander(random)
	h.beats++
	h.sent, h.sentMS = now, l.clock.unixMS(now)
	shapes := l.messages[h.kind]
	text := shapes[int(h.number)%len(shapes)].patch(h, &l.stamp, h.sentMS, random)
	if h.slow {
		h.pending = append(h.pending[:0], text...)
		l.sendOn(h, now)
		return
	}
	n, err := writeSocket(int(h.fd), text)
	switch {
	case n == len(text):
		l.await(h)
	case err == nil || errors.Is(err, syscall.EAGAIN):
		h.pending = append(h.pending[:0], text[max(n, 0):]...)
		h.step = stepSending
		l.wheel.set(h.local, h.began+answerTimeout)
	default:
		l.fail(h, classify(err), now)
	}
}

// sendOn writes more of a heartbeat: what the connection takes, or what a slow
// link carries.
func (l *loop) sendOn(h *hive, now int64) {
	h.step = stepSending
	piece, again := len(h.pending), h.began+answerTimeout
	if h.slow {
		most := len(l.messages[h.kind][0].text)/dribbles + 1
		piece, again = min(piece, most), now+dribbleEvery
	}
	n, err := writeSocket(int(h.fd), h.pending[:piece])
	if err != nil && !errors.Is(err, syscall.EAGAIN) {
		l.fail(h, classify(err), now)
		return
	}
	h.pending = h.pending[max(n, 0):]
	if len(h.pending) == 0 {
		l.await(h)
		return
	}
	l.wheel.set(h.local, again)
}

// await begins to wait for the answer.
func (l *loop) await(h *hive) {
	h.step = stepAwaiting
	if h.measured {
		l.tally.sent++
	}
	l.wheel.set(h.local, h.began+answerTimeout)
}

// fail ends a heartbeat that will not be answered, and its connection.
func (l *loop) fail(h *hive, why failure, now int64) {
	l.drop(h)
	l.decide(h, outcome{failure: why}, now)
}

// drop closes a hive's connection, if it has one.
func (l *loop) drop(h *hive) {
	if h.fd < 0 {
		return
	}
	closeSocket(int(h.fd))
	h.fd = -1
	h.partial, h.pending = h.partial[:0], nil
}

// classify names the failure of a system call.
func classify(err error) failure {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return failRefused
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return failReset
	case errors.Is(err, syscall.ETIMEDOUT), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return failConnect
	}
	return failLocal
}
