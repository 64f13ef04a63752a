package hive

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

// settled runs a hive that queen A has accepted, and returns A and the time.
func settled(b *bed) (*fakeQueen, time.Duration) {
	b.t.Helper()
	q := b.queen(hostA, "queen-a")
	b.run(withQueen(urlA))
	b.sleep(5500 * time.Millisecond)
	b.wantState(wire.Telemetry, urlA)
	return q, b.at()
}

func TestOneHeartbeatASecondWithoutCapabilities(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		q := b.queen(hostA, "queen-a")
		b.run(withQueen(urlA))
		b.sleep(10*time.Second + 500*time.Millisecond)
		got := q.all()
		if len(got) != 12 || !got[0].caps {
			t.Fatalf("got %v, want one with capabilities and eleven in 10 s", got)
		}
		for i, s := range got[1:] {
			if s.caps || s.at != time.Duration(i)*time.Second {
				t.Errorf("got heartbeat %d %v, want it after %d s without the key capabilities", i, s, i)
			}
		}
		hive := got[5].hb.Hive
		want := wire.HiveInfo{
			ID: "box", InstanceID: hive.InstanceID, Hostname: "box.lan", Port: 7835, Version: "0.1.0",
			OperationalStatus: wire.Ready, HealthStatus: wire.HealthStatus{Status: wire.HealthHealthy},
		}
		if diff := cmp.Diff(want, hive); diff != "" || hive.InstanceID == "" {
			t.Errorf("hive (-want +got):\n%s", diff)
		}
		if age := b.start.Add(got[5].at).Sub(got[5].hb.Timestamp).Abs(); age > time.Millisecond {
			t.Errorf("got a timestamp %v away from when it was sent", age)
		}
		node := &wire.Node{CPUPct: 12.5, RAMUsedMB: 1000, RAMTotalMB: 65536, GPUs: []wire.GPU{}}
		if diff := cmp.Diff(node, got[5].hb.Node); diff != "" {
			t.Errorf("node (-want +got):\n%s", diff)
		}
		self := b.info()
		if str(self.QueenID) != "queen-a" || self.Epoch == nil || *self.Epoch != 7 {
			t.Errorf("got queen %q, epoch %v; want what the queen answered", str(self.QueenID), self.Epoch)
		}
	})
}

// Telemetry that no queen would take, or that JSON cannot say, costs the
// figures and not the heartbeat.
func TestHeartbeatGoesOutWithoutTelemetry(t *testing.T) {
	for name, node := range map[string]*wire.Node{
		"none": nil, "not a number": {CPUPct: math.NaN()}, "negative": {RAMUsedMB: -1},
		"two much text": {GPUs: []wire.GPU{{ID: strings.Repeat("x", 600)}}},
	} {
		t.Run(name, func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				b.machine.node = node
				q := b.queen(hostA, "queen-a")
				b.run(withQueen(urlA))
				b.sleep(3500 * time.Millisecond)
				got := q.all()
				if len(got) != 5 {
					t.Fatalf("got %v, want telemetry as ever", got)
				}
				if got[4].hb.Node != nil || got[4].hb.Workers == nil || len(got[4].hb.Workers) != 0 {
					t.Errorf("got node %+v, workers %v; want null and []", got[4].hb.Node, got[4].hb.Workers)
				}
			})
		})
	}
}

// A queen that was killed and started again is met with capabilities at once.
func TestRestartedQueenIsRediscovered(t *testing.T) {
	rediscovers := func(name string, restart func(b *bed, q *fakeQueen)) {
		t.Run(name, func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				q, _ := settled(b)
				restart(b, q)
				then := b.at()
				b.sleep(3 * time.Second)
				b.wantState(wire.Telemetry, urlA)
				caps := 0
				for _, s := range q.since(then) {
					if s.caps {
						caps++
						if s.at-then > time.Second {
							t.Errorf("got capabilities %v after the restart, want at the next tick", s.at-then)
						}
					}
				}
				if caps != 1 {
					t.Errorf("got %d heartbeats with capabilities, want 1: %v", caps, q.since(then))
				}
				want := []string{
					"Queen restart detected", "Discovery attempt 1 (delay: 0s)", "Detected 2 device(s) to send", "Discovery successful",
				}
				if diff := cmp.Diff(want, b.log.messages(then)); diff != "" {
					t.Errorf("log (-want +got):\n%s", diff)
				}
			})
		})
	}
	rediscovers("404 of a new epoch", func(_ *bed, q *fakeQueen) { q.restart() })
	for _, status := range []int{400, 404} {
		rediscovers(fmt.Sprint(status), func(_ *bed, q *fakeQueen) {
			once := false
			q.answers(func(seen) reply {
				if once {
					return reply{}
				}
				once = true
				return reply{status: status}
			})
		})
	}
}

func TestRefusedConnectionRediscoversAtOnce(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		q, then := settled(b)
		q.down()
		b.sleep(time.Second)
		b.wantState(wire.DiscoveryPush, urlA)
		want := []string{"Queen restart detected", "Discovery attempt 1 (delay: 0s)", "Detected 2 device(s) to send"}
		if diff := cmp.Diff(want, b.log.messages(then)); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
	})
}

// "Whatever failures came before": a 404 after timeouts and 503 counts as ever.
func TestRestartAfterOtherFailures(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		q, _ := settled(b)
		q.answers(always(reply{status: 503}))
		b.sleep(20 * time.Second)
		q.answers(nil)
		q.restart()
		then := b.at()
		b.sleep(1100 * time.Millisecond)
		b.wantState(wire.Telemetry, urlA)
		if got := q.since(then); len(got) != 3 || got[0].caps || !got[1].caps || got[2].caps {
			t.Errorf("got %v, want a 404, capabilities, telemetry", got)
		}
	})
}

// 429, 5xx and whatever else the contract does not name keep the rhythm.
func TestFailuresThatKeepTheRhythm(t *testing.T) {
	for _, status := range []int{301, 307, 413, 415, 418, 429, 500, 502, 503, 504} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				q, then := settled(b)
				q.answers(always(reply{status: status}))
				b.sleep(60 * time.Second)
				b.wantState(wire.Telemetry, urlA)
				got := q.since(then)
				if len(got) != 60 {
					t.Errorf("got %d heartbeats in 60 s, want 60", len(got))
				}
				for _, s := range got {
					if s.caps {
						t.Errorf("got capabilities at %v", s.at)
					}
				}
			})
		})
	}
}

// A hanging queen costs 5 s for each heartbeat, a host that is off 2 s; a tick
// missed meanwhile is dropped, not queued.
func TestTimeoutsKeepTheRhythm(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		q, then := settled(b)
		q.answers(always(reply{hang: true}))
		b.sleep(60 * time.Second)
		b.wantState(wire.Telemetry, urlA)
		if n := len(q.since(then)); n < 10 || n > 12 {
			t.Errorf("got %d heartbeats to a hanging queen in 60 s, want one each 5 s", n)
		}
		q.answers(nil)
		b.sleep(5 * time.Second)
		then = b.at()
		b.sleep(10 * time.Second)
		if n := len(q.since(then)); n != 10 {
			t.Errorf("got %d heartbeats in 10 s afterwards, want 10", n)
		}

		q.down()
		b.net.Silence(hostA, true)
		b.sleep(60 * time.Second)
		b.wantState(wire.Telemetry, urlA)
	})
}

func TestRetryAfterHoldsTelemetryOff(t *testing.T) {
	for _, row := range []struct {
		header string
		gap    time.Duration
	}{{"3", 3 * time.Second}, {"30", 30 * time.Second}, {"31", 30 * time.Second}, {"86400", 30 * time.Second}} {
		t.Run(row.header, func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				q, then := settled(b)
				q.answers(always(reply{status: 503, retryAfter: row.header}))
				b.sleep(100 * time.Second)
				got := q.since(then)
				for i := 1; i < len(got); i++ {
					if gap := got[i].at - got[i-1].at; gap < row.gap || gap > row.gap+time.Second {
						t.Errorf("got a gap of %v, want %v", gap, row.gap)
					}
				}
				if len(got) < 3 {
					t.Errorf("got %v, want the hive to go on", got)
				}
			})
		})
	}
}

// Failures 1, 10, 70, 130, … have a line, recovery has one, and one outage of
// ten minutes has at most 12, however the queen is down.
func TestLogOfAnOutage(t *testing.T) {
	for name, outage := range map[string]func(b *bed, q *fakeQueen) (end func()){
		"503": func(_ *bed, q *fakeQueen) func() {
			q.answers(always(reply{status: 503}))
			return func() { q.answers(nil) }
		},
		"hanging": func(_ *bed, q *fakeQueen) func() {
			q.answers(always(reply{hang: true}))
			return func() { q.answers(nil) }
		},
		"off": func(b *bed, q *fakeQueen) func() {
			q.down()
			b.net.Silence(hostA, true)
			return func() { b.net.Silence(hostA, false); q.up() }
		},
		"process gone": func(_ *bed, q *fakeQueen) func() {
			q.down()
			return q.up
		},
		"off, then gone": func(b *bed, q *fakeQueen) func() {
			q.down()
			b.net.Silence(hostA, true)
			time.AfterFunc(5*time.Minute, func() { b.net.Silence(hostA, false) })
			return q.up
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				q, then := settled(b)
				end := outage(b, q)
				b.sleep(10 * time.Minute)
				end()
				b.sleep(2 * time.Minute)
				b.wantState(wire.Telemetry, urlA)
				if got := b.log.messages(then); len(got) > 12 {
					t.Errorf("got %d log lines, want at most 12: %q", len(got), got)
				}
			})
		})
	}
}

func TestLoggedFailuresAndRecovery(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		q, then := settled(b)
		q.answers(always(reply{status: 500}))
		b.sleep(140 * time.Second)
		q.answers(nil)
		b.sleep(5 * time.Second)
		var got []string
		for _, l := range b.log.since(then) {
			got = append(got, fmt.Sprintf("%v %s %.12s", (l.at-then).Round(time.Second), l.msg, l.attrs))
		}
		want := []string{
			"1s Heartbeat failed failures=1 q", "10s Heartbeat failed failures=10 ", "1m10s Heartbeat failed failures=70 ",
			"2m10s Heartbeat failed failures=130", "2m21s Heartbeat recovered after 140 failures queen_url=ht",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
	})
}

func TestWorthALine(t *testing.T) {
	var got []int
	for n := 1; n <= 200; n++ {
		if worthALine(n) {
			got = append(got, n)
		}
	}
	if diff := cmp.Diff([]int{1, 10, 70, 130, 190}, got); diff != "" {
		t.Errorf("logged failures (-want +got):\n%s", diff)
	}
}

// 401, 403, 409 and 421 end telemetry as they end a discovery.
func TestRefusalEndsTelemetry(t *testing.T) {
	for _, status := range []int{401, 403, 409, 421} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				q, then := settled(b)
				q.answers(always(reply{status: status, detail: "another one has your id"}))
				b.sleep(time.Second)
				b.wantState(wire.DiscoveryWait, urlA)
				b.sleep(10 * time.Minute)
				got := q.since(then)
				wantRetries(t, got[1:], got[0].at, b.at(), time.Minute)
				lines := b.log.since(then)
				if len(lines) != 1 || !strings.Contains(lines[0].attrs, "another one has your id") {
					t.Errorf("got %+v, want one line with the queen's words", lines)
				}
			})
		})
	}
}

// A queen that takes the capabilities and then does not know the hive is not
// hammered.
func TestForgetfulQueenIsNotHammered(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		q := b.queen(hostA, "queen-a")
		q.answers(func(s seen) reply {
			if s.caps {
				return reply{status: http.StatusOK}
			}
			return reply{status: http.StatusNotFound}
		})
		b.run(withQueen(urlA))
		b.sleep(time.Hour)
		if n := len(q.all()); n < 10 || n > 60 {
			t.Errorf("got %d heartbeats in an hour, want a few, ever further apart", n)
		}
		q.answers(nil)
		then := b.at()
		b.pullFrom(urlA) // which is not made to wait
		b.sleep(1500 * time.Millisecond)
		b.wantState(wire.Telemetry, urlA)
		if got := q.since(then); !got[0].caps || got[0].at != then {
			t.Errorf("got %v, want capabilities at once", got)
		}
		q.restart() // and all is forgiven
		b.sleep(1100 * time.Millisecond)
		b.wantState(wire.Telemetry, urlA)
	})
}

// SIGTERM: the queen hears that the stop is planned, and that is the last word.
func TestFarewell(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		q, then := settled(b)
		if err := b.stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
		b.sleep(time.Minute)
		got := q.since(then)
		if len(got) != 1 || got[0].hb.Hive.OperationalStatus != wire.Stopped || got[0].caps {
			t.Errorf("got %v, want one heartbeat that says stopped", got)
		}
	})
}

// The farewell comes after the heartbeat in flight, and a hanging queen holds
// up the end for 2 s at most.
func TestFarewellToASlowQueen(t *testing.T) {
	for name, row := range map[string]struct {
		answer reply
		within time.Duration
	}{
		"slow":    {reply{delay: 600 * time.Millisecond}, 1200 * time.Millisecond},
		"hanging": {reply{hang: true}, 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				q, _ := settled(b)
				q.answers(always(row.answer))
				b.sleep(700 * time.Millisecond) // one is in flight since 200 ms
				then := b.at()
				if err := b.stop(); err != nil {
					t.Errorf("Run: %v", err)
				}
				if took := b.at() - then; took > row.within {
					t.Errorf("got an end after %v, want within %v", took, row.within)
				}
				got := q.since(then)
				if len(got) != 1 || got[0].hb.Hive.OperationalStatus != wire.Stopped {
					t.Errorf("got %v, want the farewell", got)
				}
				before := q.all()
				if last := before[len(before)-2]; !row.answer.hang && last.status != 200 {
					t.Errorf("got %+v cut off by the farewell", last)
				}
			})
		})
	}
}

// No farewell to a queen that the hive does not serve.
func TestNoFarewellOutsideTelemetry(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		q := b.queen(hostA, "queen-a")
		q.answers(always(reply{hang: true}))
		b.run(withQueen(urlA))
		b.sleep(time.Second)
		then := b.at()
		if err := b.stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
		if took := b.at() - then; took > 100*time.Millisecond {
			t.Errorf("got an end after %v, want at once", took)
		}
		if got := q.since(then); len(got) != 0 {
			t.Errorf("got %v, want nothing", got)
		}
	})
	inBed(t, func(t *testing.T, b *bed) {
		q, lost := waiting(b)
		q.answers(always(reply{hang: true}))
		for len(q.since(lost+1)) == 0 {
			b.sleep(100 * time.Millisecond)
		}
		then := b.at()
		_ = b.stop()
		if took := b.at() - then; took > 100*time.Millisecond || len(q.since(then)) > 1 {
			t.Errorf("got %v and an end after %v, want nothing more, at once", q.since(then), took)
		}
	})
}
