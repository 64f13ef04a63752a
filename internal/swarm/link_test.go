package swarm

import (
	"testing"

	"rbee/internal/wire"
)

func TestDiscoveryMakesFiveAttempts(t *testing.T) {
	p := pace{rediscover: 60 * second}
	var l link
	now := l.start(false, 100)
	if now != 100 || l.state != wire.DiscoveryPush {
		t.Fatalf("it starts at %d as %s", now, l.state)
	}
	for _, want := range []int64{2, 4, 8, 16} {
		at := l.answered(outcome{failure: failTimeout}, now, now, p, 0)
		if at-now != want*second {
			t.Errorf("the next attempt comes after %d ns, want %d s", at-now, want)
		}
		now = at
	}
	if at := l.answered(outcome{status: 500}, now, now, p, 0); at != never || l.state != wire.DiscoveryWait {
		t.Errorf("after five attempts the next is at %d as %s", at, l.state)
	}
	if at, changed := l.pulled(now); at != now || !changed || l.state != wire.DiscoveryPush {
		t.Errorf("a pull lets it push at %d as %s", at, l.state)
	}
}

func TestABusyQueenIsWaitedFor(t *testing.T) {
	var l link
	l.start(false, 0)
	for range busyWaits {
		if at := l.answered(outcome{status: 503, retryAfter: 3 * second}, 0, 0, pace{}, 0); at != 3*second || l.attempt != 0 {
			t.Fatalf("the attempt is repeated at %d, as number %d", at, l.attempt)
		}
	}
	for _, o := range []outcome{{status: 503, retryAfter: 3 * second}, {status: 503, retryAfter: 31 * second}, {status: 503}} {
		before := l.attempt
		if l.answered(o, 0, 0, pace{}, 0); l.attempt != before+1 {
			t.Errorf("%+v is not counted", o)
		}
	}
}

func TestTelemetry(t *testing.T) {
	const due, now = 1000 * second, 1000*second + 3
	for _, tt := range []struct {
		name  string
		o     outcome
		p     pace
		at    int64
		state wire.LinkState
	}{
		{"accepted", outcome{status: 200}, pace{}, due + second, wire.Telemetry},
		{"an interval is granted", outcome{status: 200, nextMS: 2500}, pace{}, now + 5*second/2, wire.Telemetry},
		{"too short a one", outcome{status: 200, nextMS: 1}, pace{}, now + grantLeast, wire.Telemetry},
		{"too long a one", outcome{status: 200, nextMS: 1 << 50}, pace{}, now + grantMost, wire.Telemetry},
		{"busy", outcome{status: 200, nextMS: 2500}, pace{busy: true}, now, wire.Telemetry},
		{"a burst", outcome{status: 200, nextMS: 2500}, pace{burst: true}, 1003 * second, wire.Telemetry},
		{"forgotten", outcome{status: 404}, pace{}, now, wire.DiscoveryPush},
		{"not understood", outcome{status: 400}, pace{}, now, wire.DiscoveryPush},
		{"refused", outcome{failure: failRefused}, pace{}, now, wire.DiscoveryPush},
		{"timeout", outcome{failure: failTimeout}, pace{}, due + second, wire.Telemetry},
		{"overloaded", outcome{status: 503, retryAfter: 7 * second}, pace{}, now + 7*second, wire.Telemetry},
		{"overloaded, and busy", outcome{status: 503}, pace{busy: true}, due + second, wire.Telemetry},
		{"another has the id", outcome{status: 409}, pace{rediscover: 10 * second}, now + 8*second, wire.DiscoveryWait},
		{"and no retries", outcome{status: 409}, pace{}, never, wire.DiscoveryWait},
		{"and it is to wait", outcome{status: 409, retryAfter: 90 * second}, pace{rediscover: 10 * second}, now + 90*second, wire.DiscoveryWait},
	} {
		l := link{state: wire.Telemetry, registered: true}
		if at := l.answered(tt.o, now, due, tt.p, 0); at != tt.at || l.state != tt.state {
			t.Errorf("%s: the next is at %d as %s, want %d as %s", tt.name, at, l.state, tt.at, tt.state)
		}
	}
}

// The first telemetry goes out at once, or when the queen grants it.
func TestRegistration(t *testing.T) {
	for nextMS, want := range map[int64]int64{0: 5 * second, 1500: 6*second + second/2} {
		l := link{state: wire.DiscoveryPush}
		if at := l.answered(outcome{status: 200, nextMS: nextMS}, 5*second, 2*second, pace{}, 0); at != want || l.state != wire.Telemetry {
			t.Errorf("granted %d ms, the first telemetry is at %d as %s, want %d", nextMS, at, l.state, want)
		}
	}
}

func TestAForgetfulQueenIsGivenTime(t *testing.T) {
	l := link{state: wire.DiscoveryPush}
	for _, want := range []int64{0, 2, 4, 8} {
		l.answered(outcome{status: 200}, 0, 0, pace{}, 0)
		if at := l.answered(outcome{status: 404}, 0, 0, pace{}, 0); at != want*second {
			t.Errorf("the next discovery begins after %d ns, want %d s", at, want)
		}
	}
	l.answered(outcome{status: 200}, 0, 0, pace{}, 0)
	l.answered(outcome{status: 200}, 0, 0, pace{}, 0)
	if at := l.answered(outcome{status: 404}, 0, 0, pace{}, 0); at != 0 {
		t.Errorf("after an accepted telemetry it begins after %d ns", at)
	}
}
