package swarm

import (
	"errors"
	"net/http"
	"syscall"

	"rbee/internal/wire"
)

// event is something new on a socket.
func (l *loop) event(token uint64, hangup bool) {
	switch token & tokenKind {
	case tokenListener:
		l.welcome(&l.hives[uint32(token)])
		return
	case tokenVisit:
		l.hear(uint32(token))
		return
	}
	h := &l.hives[uint32(token)]
	if h.fd < 0 || h.token() != token {
		return // of a connection that is closed
	}
	switch h.step {
	case stepConnecting:
		l.connected(h, l.clock.now())
	case stepSending:
		l.receive(h, hangup)
		if h.step == stepSending && !h.slow && h.fd >= 0 && h.token() == token {
			l.sendOn(h, l.clock.now())
		}
	case stepIdle, stepAwaiting:
		l.receive(h, hangup)
	}
}

// receive reads what there is. One read is enough unless it fills the buffer:
// what comes later is a new event. Only the end of a connection, which hangup
// announces, has to be asked for.
func (l *loop) receive(h *hive, hangup bool) {
	for {
		n, err := readSocket(int(h.fd), l.buf)
		now := l.clock.now()
		switch {
		case errors.Is(err, syscall.EAGAIN):
			return
		case errors.Is(err, syscall.EINTR):
			continue
		case err != nil:
			l.hungUp(h, failReset, now)
			return
		case n == 0:
			l.hungUp(h, failClosed, now)
			return
		}
		data := l.buf[:n]
		if len(h.partial) > 0 {
			h.partial = append(h.partial, data...)
			data = h.partial
		}
		if l.read(h, data, hangup, now) || h.fd < 0 {
			return
		}
		if len(h.partial) == 0 {
			h.partial = append(h.partial, data...)
		}
		if n < len(l.buf) && !hangup {
			return
		}
	}
}

// read takes an answer from data, and says whether it was whole, or none.
func (l *loop) read(h *hive, data []byte, hangup bool, now int64) bool {
	if h.step == stepIdle { // a server that speaks unasked, as before it hangs up
		l.hungUp(h, failClosed, now)
		return true
	}
	a, whole, err := parseAnswer(data, false)
	if err != nil {
		l.fail(h, failProtocol, now)
		return true
	}
	if !whole {
		return false
	}
	l.answered(h, a, a.close || hangup || a.length < len(data), now)
	return true
}

// hungUp is the end of a connection. What was read of an answer may be one.
func (l *loop) hungUp(h *hive, why failure, now int64) {
	if h.step == stepIdle {
		l.drop(h)
		l.leave(h, causeQueen, now)
		return
	}
	if len(h.partial) > 0 {
		if a, whole, err := parseAnswer(h.partial, true); err == nil && whole {
			l.answered(h, a, true, now)
			return
		}
	}
	l.fail(h, why, now)
}

// answered ends a heartbeat with an answer; last is the end of its connection.
func (l *loop) answered(h *hive, a answer, last bool, now int64) {
	if last || h.step != stepAwaiting { // the rest of a refused request is not sent
		l.drop(h)
	}
	h.partial = h.partial[:0]
	l.decide(h, outcome{status: a.status, retryAfter: a.retryAfter, nextMS: a.nextMS}, now)
}

// decide ends a heartbeat: it is counted, and the link says when the next is due.
func (l *loop) decide(h *hive, o outcome, now int64) {
	h.step = stepIdle
	l.inFlight--
	l.wheel.clear(h.local)
	l.count(h, o, now)
	if h.kind == kindFarewell {
		if !l.stopping {
			l.restart(h, now)
		}
		return
	}
	was := h.link.state
	at := h.link.answered(o, now, h.due, l.pace, l.rand())
	l.follow(h, was, o, now)
	l.schedule(h, at, now)
}

// count enters a heartbeat into the figures and the ledger.
func (l *loop) count(h *hive, o outcome, now int64) {
	accepted := o.status == http.StatusOK
	if accepted {
		l.live.Accepted++
		l.ledger.add(h.number, h.sentMS)
	} else {
		l.live.Failed++
	}
	if l.measuring && accepted {
		l.tally.answered++
	}
	if h.measured {
		l.tally.count(h, o, now)
	}
}

// follow keeps the account of who is healthy.
func (l *loop) follow(h *hive, was wire.LinkState, o outcome, now int64) {
	is := h.link.state
	if o.failure == failRefused || o.failure == failReset || o.failure == failClosed || (was == wire.Telemetry && is == wire.DiscoveryPush) {
		l.leave(h, causeQueen, now)
	}
	if h.clone || o.status != http.StatusOK {
		if h.cause == causeQueen && !h.away && !h.clone && is != wire.Telemetry {
			h.away = true
			l.ready.lost(h.since)
		}
		return
	}
	if was != wire.Telemetry && h.twin != nobody { // the incumbent stands: now the clone may come
		twin := &l.hives[h.twin]
		h.twin = nobody
		l.schedule(twin, twin.link.start(false, now), now)
	}
	if h.cause == causeNone {
		return
	}
	l.ready.arrive(h, now)
	h.cause, h.away = causeNone, false
	l.live.Healthy++
}

// leave notes that a hive is not healthy, and since when.
func (l *loop) leave(h *hive, why cause, now int64) {
	if h.clone || (h.cause != causeNone && why != causeRestart) {
		return
	}
	if h.cause == causeNone {
		l.live.Healthy--
	}
	if h.away {
		l.ready.away--
	}
	h.cause, h.since, h.away = why, now, false
}
