package swarm

import (
	"context"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"rbee/internal/wire"
)

// lookEvery is how often a loop looks up from its sockets: at its context, at
// who restarts, and to tell how it is.
const lookEvery = int64(50 * time.Millisecond)

// drainMost is how long the answers to the last heartbeats may take.
const drainMost = answerTimeout + second

// loop is some of the hives, all in one goroutine, which alone touches them.
type loop struct {
	cfg   *Config
	queen netip.AddrPort
	clock *clock
	pace  pace
	// The figures are of heartbeats that begin in [from, until); 0: no end.
	from, until int64

	poll     *poller
	wheel    *wheel
	hives    []hive
	messages [kinds][]*message
	stamp    stamp
	random   uint64
	buf      []byte
	due      []int32
	ledger   *ledger

	listeners []int // by hive, -1: none; nil: none at all
	visits    map[uint32]*visit
	nextVisit uint32

	inFlight      int // heartbeats under way
	measuring     bool
	stopping      bool
	saidFarewell  bool
	lookAt, endAt int64
	restartAt     int64
	restartEvery  int64

	tally tally
	ready readiness
	live  Progress // now

	mu     sync.Mutex
	shared Progress // a copy of live, for other goroutines
}

// run lives until the context ends or its time is over, and then until what is
// under way is answered.
func (l *loop) run(ctx context.Context) error {
	runtime.LockOSThread() // it is in system calls most of the time: no handing over
	defer runtime.UnlockOSThread()
	defer l.close()
	for {
		now := l.clock.now()
		if now >= l.lookAt || (l.until > 0 && now >= l.until && !l.stopping) {
			l.look(ctx, now)
			if l.over(now) {
				return l.ledger.flush()
			}
		}
		if !l.measuring && !l.stopping && now >= l.from {
			l.measuring = true
		}
		n, err := l.poll.wait(l.wheel.wait(now, l.patience(now)))
		if err != nil {
			return err
		}
		for i := range n {
			l.event(l.poll.event(i))
		}
		l.due = l.wheel.ring(l.clock.now(), l.due[:0])
		for _, i := range l.due {
			l.alarm(&l.hives[i], l.clock.now())
		}
	}
}

// patience is how many milliseconds there are to the next thing to do beside
// the hives.
func (l *loop) patience(now int64) int {
	until := l.lookAt
	if l.until > 0 && !l.stopping {
		until = min(until, l.until)
	}
	if !l.measuring {
		until = min(until, max(l.from, now+wheelTick))
	}
	return int(max(until-now, 0)/wheelTick) + 1
}

// look is what a loop does now and then.
func (l *loop) look(ctx context.Context, now int64) {
	l.lookAt = now + lookEvery
	if !l.stopping && (ctx.Err() != nil || (l.until > 0 && now >= l.until)) {
		l.stopping, l.measuring = true, false
		l.endAt = now + drainMost
	}
	if l.restartEvery > 0 && !l.stopping && now >= l.restartAt {
		l.restartAt += l.restartEvery
		l.restartOne(now)
	}
	l.live.Waiting = l.inFlight
	l.mu.Lock()
	l.shared = l.live
	l.mu.Unlock()
}

// over says whether a stopping loop has nothing left to do.
func (l *loop) over(now int64) bool {
	switch {
	case !l.stopping:
		return false
	case now >= l.endAt:
		return true
	case l.inFlight > 0:
		l.lookAt = now + wheelTick
		return false
	case l.cfg.Farewell && !l.saidFarewell:
		l.saidFarewell = true
		l.endAt = now + farewellTimeout
		l.lookAt = now
		for i := range l.hives {
			if h := &l.hives[i]; h.link.state == wire.Telemetry {
				l.begin(h, kindFarewell, now)
			}
		}
		return l.inFlight == 0
	}
	return true
}

// restartOne lets one hive of those in telemetry restart.
func (l *loop) restartOne(now int64) {
	for range 100 {
		h := &l.hives[l.rand()%uint64(len(l.hives))]
		if h.step != stepIdle || h.link.state != wire.Telemetry || h.clone {
			continue
		}
		l.wheel.clear(h.local)
		if l.cfg.Farewell {
			l.begin(h, kindFarewell, now)
		} else {
			l.restart(h, now)
		}
		return
	}
}

// restart makes a hive new: nothing is left of it but its identity.
func (l *loop) restart(h *hive, now int64) {
	l.drop(h)
	l.leave(h, causeRestart, now)
	h.link = link{}
	h.beats = 0
	l.live.Restarts++
	l.schedule(h, h.link.start(l.cfg.Standalone, now), now)
}

// rand is the next random number (xorshift64).
func (l *loop) rand() uint64 {
	x := l.random
	x ^= x << 13
	x ^= x >> 7
	x ^= x << 17
	l.random = x
	return x
}

// progress is how the loop is, asked by another goroutine.
func (l *loop) progress() Progress {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.shared
}

func (l *loop) close() {
	for i := range l.hives {
		l.drop(&l.hives[i])
	}
	for _, v := range l.visits {
		closeSocket(v.fd)
	}
	for _, fd := range l.listeners {
		if fd >= 0 {
			closeSocket(fd)
		}
	}
	l.poll.close()
}
