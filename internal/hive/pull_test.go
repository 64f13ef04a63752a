package hive

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

// A pull takes a standalone hive to its queen; the answer shows it, with all
// that a queen enters.
func TestPullOfAStandaloneHive(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		q := b.queen(hostA, "queen-a")
		b.run()
		b.wantState(wire.Standalone, "")
		b.sleep(time.Hour)
		if got := q.all(); len(got) != 0 {
			t.Fatalf("got %v from a standalone hive, want nothing", got)
		}
		then := b.at()
		got := b.pull(wire.QueryQueenURL, urlA+"/", wire.QueryQueenID, "queen-a")
		u := urlA
		want := wire.Capabilities{
			Hive: &wire.HiveInfo{
				ID: "box", InstanceID: got.Hive.InstanceID, Hostname: "box.lan", Port: 7835, Version: "0.1.0",
				OperationalStatus: wire.Ready, HealthStatus: wire.HealthStatus{Status: wire.HealthHealthy},
			},
			State: wire.DiscoveryPush, QueenURL: &u, Devices: b.machine.devices,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("answer (-want +got):\n%s", diff)
		}
		b.sleep(10 * time.Second)
		beats := q.since(then)
		if len(beats) < 9 || len(beats) > 12 || !beats[0].caps || beats[1].caps {
			t.Errorf("got %v, want one loop that begins with capabilities", beats)
		}
		if n := b.machine.detections(); n != 1 {
			t.Errorf("got %d detections for a pull and its discovery, want 1", n)
		}
		if beats[0].hb.Hive.InstanceID != got.Hive.InstanceID {
			t.Error("got two instance ids")
		}
	})
}

// A question without queen_url is answered and changes nothing.
func TestCapabilitiesWithoutAPull(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		b.queen(hostA, "queen-a")
		b.run()
		got := b.pull(wire.QueryTake, "1", wire.QueryQueenID, "queen-a")
		if got.State != wire.Standalone || got.QueenURL != nil || got.QueenID != nil || got.Warning != "" || len(got.Devices) != 2 {
			t.Errorf("got %+v, want the devices of a standalone hive", got)
		}
		b.sleep(time.Minute)
		b.wantState(wire.Standalone, "")
	})
}

// A refused queen_url is named and changes nothing, in any state.
func TestBadQueenURLs(t *testing.T) {
	bad := []string{
		"queen_url=", "queen_url=10.0.0.2:7833", "queen_url=//10.0.0.2:7833", "queen_url=ftp://10.0.0.2", "queen_url=mailto:q@example.org",
		"queen_url=http://", "queen_url=http:///x", "queen_url=http://10.0.0.2:99999", "queen_url=http://10.0.0.2:0",
		"queen_url=http://user:pw@10.0.0.2:7833", "queen_url=http://10.0.0.2:7833/api", "queen_url=http://10.0.0.2:7833%3Fa=b",
		"queen_url=http://10.0.0.2:7833%23x", "queen_url=http://10.0.0.2:7833//", "queen_url=%zz", "queen_url=http://10.0.0.2:7833;x",
		"queen_url=http%3A%2F%2F10.0.0.2%3A7833&queen_id=a%07b", "queen_url=http%3A%2F%2F10.0.0.2%3A7833&x=%zz",
		"queen_url=" + strings.Repeat("a", 3000),
	}
	for _, query := range bad {
		t.Run(query[:min(50, len(query))], func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				b.run()
				ask := func(state wire.LinkState, queenURL string) {
					t.Helper()
					for _, take := range []string{"", "&take=1"} {
						var got wire.Capabilities
						b.get(wire.PathCapabilities+"?"+query+take, &got)
						if got.Warning == "" || got.State != state || str(got.QueenURL) != queenURL || len(got.Devices) != 2 {
							t.Errorf("got %+v, want a warning and the state %s with %q", got, state, queenURL)
						}
					}
					b.sleep(100 * time.Millisecond)
					b.wantState(state, queenURL)
				}
				ask(wire.Standalone, "")
				b.pullFrom(urlA)
				b.sleep(time.Second)
				ask(wire.DiscoveryPush, urlA)
				b.sleep(30 * time.Second)
				ask(wire.DiscoveryWait, urlA)
				b.queen(hostA, "queen-a")
				other := b.queen(hostB, "queen-b")
				b.pullFrom(urlA)
				b.sleep(time.Second)
				ask(wire.Telemetry, urlA)
				b.sleep(10 * time.Second)
				if got := other.all(); len(got) != 0 {
					t.Errorf("got heartbeats %v where a refused URL points", got)
				}
			})
		})
	}
}

// The warning says what was refused and why.
func TestWarningNamesTheRefusedURL(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		b.run()
		if got := b.pullFrom("ftp://10.0.0.2").Warning; !strings.Contains(got, "queen_url") || !strings.Contains(got, `"ftp://10.0.0.2"`) {
			t.Errorf("got warning %q, want the parameter and its value", got)
		}
	})
}

// Ten simultaneous pulls leave one loop, whatever state they find.
func TestTenPullsLeaveOneLoop(t *testing.T) {
	prepare := map[wire.LinkState]func(b *bed) *fakeQueen{
		wire.Standalone: func(b *bed) *fakeQueen { b.run(); return b.queen(hostA, "queen-a") },
		wire.DiscoveryPush: func(b *bed) *fakeQueen {
			b.run(withQueen(urlA))
			b.sleep(time.Second)
			return b.queen(hostA, "queen-a")
		},
		wire.DiscoveryWait: func(b *bed) *fakeQueen {
			b.run(withQueen(urlA))
			b.sleep(time.Hour)
			return b.queen(hostA, "queen-a")
		},
		wire.Telemetry: func(b *bed) *fakeQueen { q, _ := settled(b); return q },
	}
	for state, arrange := range prepare {
		t.Run(string(state), func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				q := arrange(b)
				if got := b.info().State; got != state {
					t.Fatalf("got state %s, want %s", got, state)
				}
				then := b.at()
				var pulls sync.WaitGroup
				for range 10 {
					pulls.Go(func() {
						if got := b.pullFrom(urlA); str(got.QueenURL) != urlA || got.Warning != "" {
							t.Errorf("got %+v, want the queen", got)
						}
					})
				}
				pulls.Wait()
				if b.at() != then {
					t.Errorf("got answers after %v, want at once", b.at()-then)
				}
				b.sleep(2500 * time.Millisecond)
				b.wantState(wire.Telemetry, urlA)
				then = b.at()
				b.sleep(10 * time.Second)
				if n := len(q.since(then)); n < 9 || n > 11 {
					t.Errorf("got %d heartbeats in 10 s, want 9 to 11", n)
				}
			})
		})
	}
}

// In DISCOVERY_PUSH a pull ends the wait: five attempts, afresh, at once.
func TestPullEndsTheWaitBetweenAttempts(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		q := b.queen(hostA, "queen-a")
		q.answers(always(reply{status: 500}))
		b.run(withQueen(urlA))
		b.sleep(20 * time.Second) // four attempts, and half of the longest wait
		then := b.at()
		b.pullFrom(urlA)
		b.sleep(time.Hour)
		q.wantAttempts(then, 0, 2, 6, 14, 30)
		if n := len(b.log.find(allFailed)); n != 1 {
			t.Errorf("got %d ends of a discovery, want 1", n)
		}
	})
}

// Calls during an attempt in flight add nothing, and are answered at once.
func TestPullDuringAnAttemptAddsNothing(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		q := b.queen(hostA, "queen-a")
		q.answers(always(reply{hang: true}))
		b.run(withQueen(urlA))
		b.sleep(time.Second)
		for range 10 {
			then := b.at()
			if got := b.pullFrom(urlA); got.State != wire.DiscoveryPush || b.at() != then {
				t.Errorf("got %s after %v, want discovery_push at once", got.State, b.at()-then)
			}
		}
		b.sleep(time.Hour)
		q.wantAttempts(0, 0, 7, 16, 29, 50)
	})
}

// No queen serves a hive in DISCOVERY_PUSH, so another may have it: at once in
// the wait, and with an attempt in flight when that has failed.
func TestPullOfAnotherQueenDuringDiscovery(t *testing.T) {
	for name, script := range map[string]func(seen) reply{
		"in the wait": always(reply{status: 500}), "in flight": always(reply{hang: true}),
	} {
		t.Run(name, func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				a := b.queen(hostA, "queen-a")
				a.answers(script)
				q := b.queen(hostB, "queen-b")
				b.run(withQueen(urlA))
				b.sleep(time.Second)
				then := b.at()
				if got := b.pullFrom(urlB); got.State != wire.DiscoveryPush || str(got.QueenURL) != urlB {
					t.Errorf("got %s with %q, want discovery_push with the other", got.State, str(got.QueenURL))
				}
				answered := map[string]time.Duration{"in the wait": then, "in flight": 5 * time.Second}[name]
				b.sleep(time.Second)
				b.wantState(wire.Telemetry, urlB)
				if got := q.since(then); len(got) == 0 || !got[0].caps || got[0].at != answered {
					t.Errorf("got %v, want capabilities at %v", got, answered)
				}
				then = answered
				b.sleep(time.Minute)
				if got := a.since(then + 1); len(got) != 0 {
					t.Errorf("got %v at the old queen, want nothing more", got)
				}
			})
		})
	}
}

// An attempt in flight to a queen that lives is not cut off by another's pull,
// unless that takes the hive.
func TestPullOfAnotherQueenWaitsForTheAttempt(t *testing.T) {
	for name, take := range map[string]bool{"without take": false, "with take": true} {
		t.Run(name, func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				a := b.queen(hostA, "queen-a")
				a.answers(always(reply{status: 200, delay: 3 * time.Second}))
				b.queen(hostB, "queen-b")
				b.run(withQueen(urlA))
				b.sleep(time.Second)
				pairs := []string{wire.QueryQueenURL, urlB}
				if take {
					pairs = append(pairs, wire.QueryTake, "1")
				}
				got := b.pull(pairs...)
				if moved := str(got.QueenURL) == urlB; moved != take || (got.Warning == "") != take {
					t.Errorf("got the queen %q with warning %q", str(got.QueenURL), got.Warning)
				}
				b.sleep(10 * time.Second)
				b.wantState(wire.Telemetry, map[bool]string{false: urlA, true: urlB}[take])
			})
		})
	}
}

// The same queen, by id or URL, changes nothing in TELEMETRY.
func TestSameQueenInTelemetry(t *testing.T) {
	for name, pairs := range map[string][]string{
		"url": {wire.QueryQueenURL, urlA}, "url, spelled otherwise": {wire.QueryQueenURL, "HTTP://10.0.0.1:7833/"},
		"url, other id": {wire.QueryQueenURL, urlA, wire.QueryQueenID, "queen-z"},
		"id":            {wire.QueryQueenURL, urlB, wire.QueryQueenID, "queen-a"},
		"id, take":      {wire.QueryQueenURL, urlB, wire.QueryQueenID, "queen-a", wire.QueryTake, "1"},
	} {
		t.Run(name, func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				q, then := settled(b)
				for range 10 {
					if got := b.pull(pairs...); got.State != wire.Telemetry || str(got.QueenURL) != urlA || str(got.QueenID) != "queen-a" || got.Warning != "" {
						t.Errorf("got %+v, want nothing changed and no warning", got)
					}
					b.sleep(time.Second)
				}
				got := q.since(then)
				if len(got) != 10 || len(b.log.since(then)) != 0 {
					t.Errorf("got %d heartbeats in 10 s and the log %q, want 10 and nothing", len(got), b.log.messages(then))
				}
			})
		})
	}
}

// A second queen is told who is served, and gets the hive only with take.
func TestSecondQueen(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		a, then := settled(b)
		q := b.queen(hostB, "queen-b")
		for range 5 {
			got := b.pull(wire.QueryQueenURL, urlB, wire.QueryQueenID, "queen-b", wire.QueryTake, "yes")
			if !strings.Contains(got.Warning, urlA) || !strings.Contains(got.Warning, "queen-a") || !strings.Contains(got.Warning, "take=1") {
				t.Errorf("got warning %q, want the queen that is served and the way to take it", got.Warning)
			}
			if got.State != wire.Telemetry || str(got.QueenURL) != urlA {
				t.Errorf("got %s with %q, want nothing changed", got.State, str(got.QueenURL))
			}
			b.sleep(10 * time.Second)
		}
		if len(q.all()) != 0 || len(a.since(then)) != 50 {
			t.Errorf("got %d heartbeats at the second queen and %d at the first, want 0 and 50", len(q.all()), len(a.since(then)))
		}

		then = b.at()
		if got := b.pull(wire.QueryQueenURL, urlB, wire.QueryTake, "1"); got.State != wire.DiscoveryPush || str(got.QueenURL) != urlB || got.Warning != "" || got.QueenID != nil {
			t.Errorf("got %+v, want the second queen", got)
		}
		b.sleep(10 * time.Second)
		b.wantState(wire.Telemetry, urlB)
		if got := q.since(then); len(got) < 10 || !got[0].caps || got[0].at != then {
			t.Errorf("got %v, want capabilities at once, then telemetry", got)
		}
		if got := a.since(then); len(got) != 0 {
			t.Errorf("got %v at the queen that was left, want nothing", got)
		}
	})
}

// A queen that is gone loses its hive to one that asks; one that answers
// anything at all does not.
func TestSecondQueenWhenTheFirstFails(t *testing.T) {
	gone := func(r reply) func(b *bed, a *fakeQueen) {
		return func(_ *bed, a *fakeQueen) { a.answers(always(r)) }
	}
	for name, row := range map[string]struct {
		fail  func(b *bed, a *fakeQueen)
		moves bool
	}{
		"hanging":             {gone(reply{hang: true}), true},
		"gateway without her": {gone(reply{status: 502}), true},
		"process gone":        {func(_ *bed, a *fakeQueen) { a.down() }, true},
		"host off":            {func(b *bed, a *fakeQueen) { a.down(); b.net.Silence(hostA, true) }, true},
		"busy":                {gone(reply{status: 503, retryAfter: "1"}), false},
		"broken":              {gone(reply{status: 500}), false},
	} {
		t.Run(name, func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				a, _ := settled(b)
				q := b.queen(hostB, "queen-b")
				row.fail(b, a)
				b.sleep(20 * time.Second)
				b.pull(wire.QueryQueenURL, urlB, wire.QueryQueenID, "queen-b")
				b.sleep(5 * time.Second)
				if moved := len(q.all()) > 0; moved != row.moves {
					t.Errorf("got moved = %v, want %v", moved, row.moves)
				}
			})
		})
	}
}

// Two unanswered heartbeats are no reason to leave, three are; an answer in
// between starts the count again.
func TestLeaves(t *testing.T) {
	serves := queen{URL: urlA, ID: "a"}
	for _, row := range []struct {
		pull       pull
		unanswered int
		moves      bool
		warned     bool
	}{
		{pull{queen: queen{URL: urlB, ID: "b"}}, 0, false, true},
		{pull{queen: queen{URL: urlB, ID: "b"}}, 2, false, true},
		{pull{queen: queen{URL: urlB, ID: "b"}}, 3, true, false},
		{pull{queen: queen{URL: urlB, ID: "b"}, take: true}, 0, true, false},
		{pull{queen: queen{URL: urlB}}, 0, false, true},
		{pull{queen: queen{URL: urlB}}, 3, true, false},
		{pull{queen: queen{URL: urlB, ID: "a"}}, 0, false, false},
		{pull{queen: queen{URL: urlB, ID: "a"}, take: true}, 2, false, false},
		{pull{queen: queen{URL: urlB, ID: "a"}}, 3, true, false},
		{pull{queen: queen{URL: urlA, ID: "b"}, take: true}, 3, false, false},
	} {
		moves, warning := leaves(serves, row.pull, row.unanswered)
		if moves != row.moves || (warning != "") != row.warned {
			t.Errorf("%+v after %d: got %v %q, want %v, warned %v", row.pull.queen, row.unanswered, moves, warning, row.moves, row.warned)
		}
	}
	// Without ids, two unknown ones are not the same.
	if _, warning := leaves(queen{URL: urlA}, pull{queen: queen{URL: urlB}}, 0); warning == "" {
		t.Error("got no warning for another queen when neither has an id")
	}
}

// Pulls are answered while a heartbeat hangs.
func TestPullDuringAHangingHeartbeat(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		a, _ := settled(b)
		a.answers(always(reply{hang: true}))
		q := b.queen(hostB, "queen-b")
		b.sleep(time.Second)
		then := b.at()
		b.pullFrom(urlA)
		b.pull(wire.QueryQueenURL, urlB, wire.QueryTake, "1")
		if b.at() != then {
			t.Errorf("got answers after %v, want at once", b.at()-then)
		}
		b.sleep(time.Second)
		b.wantState(wire.Telemetry, urlB)
		if got := q.all(); !got[0].caps || got[0].at != then {
			t.Errorf("got %v, want capabilities at once", got)
		}
	})
}

// A pull is answered when the old loop has ended, so that the new one never
// meets it.
func TestOldLoopEndsFirst(t *testing.T) {
	const sending = 300 * time.Millisecond
	for state, arrange := range map[wire.LinkState]func(b *bed){
		wire.DiscoveryPush: func(b *bed) { b.machine.slow(sending); b.run(withQueen(urlA)) },
		wire.DiscoveryWait: func(b *bed) {
			waiting(b)
			b.machine.slow(sending)
			calls := b.machine.detections()
			for b.machine.detections() == calls {
				b.sleep(100 * time.Millisecond)
			}
		},
		wire.Telemetry: func(b *bed) { settled(b); b.machine.slow(sending); b.sleep(600 * time.Millisecond) },
	} {
		t.Run(string(state), func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				b.queen(hostB, "queen-b")
				arrange(b)
				if got := b.info().State; got != state {
					t.Fatalf("got state %s, want %s", got, state)
				}
				then := b.at()
				b.pull(wire.QueryQueenURL, urlB, wire.QueryTake, "1")
				if took := b.at() - then; took < sending-101*time.Millisecond || took > sending {
					t.Errorf("got an answer after %v, want it when the heartbeat begun has ended", took)
				}
				b.machine.slow(0)
				b.sleep(2 * time.Second)
				b.wantState(wire.Telemetry, urlB)
			})
		})
	}
}

// A queen that turned the hive away gives it slow retries; the next one, of
// which nothing is known, does not.
func TestPullForgetsTheRefusal(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		b.queen(hostA, "queen-a").answers(always(reply{status: 409, retryAfter: "200"}))
		q := b.queen(hostB, "queen-b")
		q.answers(always(reply{status: 500}))
		b.run(withQueen(urlA))
		b.sleep(time.Second)
		then := b.at()
		b.pullFrom(urlB)
		b.sleep(time.Hour)
		q.wantAttempts(then, 0, 2, 6, 14, 30)
	})
}

// The connection to a queen that was left is closed.
func TestOldConnectionsAreClosed(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		settled(b)
		b.queen(hostB, "queen-b")
		for _, u := range []string{urlB, urlA, urlB} {
			b.pull(wire.QueryQueenURL, u, wire.QueryTake, "1")
			b.sleep(2500 * time.Millisecond)
			b.wantState(wire.Telemetry, u)
			if n := b.conns.Load(); n != 1 {
				t.Errorf("got %d connections, want the one to %s", n, u)
			}
		}
	})
}

// A detection given up when the hive stops does not replace what was known.
func TestDetectionGivenUp(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		d := newDetector(b.machine)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); d.run(ctx) }()
		d.devices(ctx)
		b.sleep(time.Minute)
		b.machine.takes = 10 * time.Second
		time.AfterFunc(time.Second, cancel)
		if got := d.devices(t.Context()); len(got) != 2 {
			t.Errorf("got %v, want the devices known", got)
		}
		<-ended
	})
}

// Concurrent pulls share one detection, with the discovery they begin.
func TestPullsShareADetection(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		b.machine.takes = 3 * time.Second
		q := b.queen(hostA, "queen-a")
		b.run()
		var pulls sync.WaitGroup
		for range 10 {
			pulls.Go(func() {
				if got := b.pullFrom(urlA); len(got.Devices) != 2 || got.State != wire.DiscoveryPush {
					t.Errorf("got %+v, want two devices and the state after the decision", got)
				}
			})
		}
		pulls.Wait()
		synctest.Wait()
		if n := b.machine.detections(); n != 1 || b.at() != 3*time.Second {
			t.Errorf("got %d detections in %v, want one of 3 s", n, b.at())
		}
		b.sleep(time.Second)
		if got := q.all(); len(got) == 0 || got[0].devices != 2 {
			t.Errorf("got %v, want the devices", got)
		}
		b.pull()
		if n := b.machine.detections(); n != 1 {
			t.Errorf("got %d detections, want a fresh one reused", n)
		}
		b.sleep(10 * time.Second)
		b.pull()
		if n := b.machine.detections(); n != 2 {
			t.Errorf("got %d detections, want an old one repeated", n)
		}
	})
}

// A machine without devices says so with an empty list, also in heartbeats.
func TestNoDevices(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		b.machine.devices = nil
		q := b.queen(hostA, "queen-a")
		b.run()
		if got := b.pullFrom(urlA); got.Devices == nil || len(got.Devices) != 0 {
			t.Errorf("got %v, want []", got.Devices)
		}
		b.sleep(time.Second)
		if got := q.all(); !got[0].caps || got[0].devices != 0 {
			t.Errorf("got %v, want capabilities: []", got)
		}
	})
}

// A URL that a queen advertised is called by its own name, one from the command
// line by the IP literal that was dialled.
func TestHostHeader(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		q := b.queen(hostA, "queen-a")
		dial := b.net.Dialer("10.0.0.9")
		resolve := func(c *Config) {
			c.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
				return dial(ctx, network, strings.Replace(addr, "queen.example.org", "10.0.0.1", 1))
			}
		}
		b.run(resolve, withQueen(urlA))
		b.sleep(time.Second)
		if got := q.all()[0].host; got != hostA {
			t.Errorf("got Host %q, want %q", got, hostA)
		}
		then := b.at()
		q.answers(always(reply{hang: true}))
		b.sleep(20 * time.Second)
		q.answers(nil)
		b.pullFrom("http://queen.example.org:7833")
		b.sleep(time.Second)
		b.wantState(wire.Telemetry, "http://queen.example.org:7833")
		got := q.since(then)
		if h := got[len(got)-1].host; h != "queen.example.org:7833" {
			t.Errorf("got Host %q, want the advertised name", h)
		}
		// And it is remembered which of the two it was.
		_ = b.stop()
		then = b.at()
		b.run(resolve)
		b.sleep(time.Second)
		if got := q.since(then); len(got) < 2 || got[len(got)-1].host != "queen.example.org:7833" {
			t.Errorf("got %v, want the remembered name", got)
		}
	})
}

// Two queens with one SSH config leave each other in peace for hours, and a
// hive handed to and fro has one loop at every moment.
func TestTwoQueensForHours(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		a, then := settled(b)
		q := b.queen(hostB, "queen-b")
		for range 24 { // interval rounds of both
			b.sleep(5 * time.Minute)
			b.pull(wire.QueryQueenURL, urlB, wire.QueryQueenID, "queen-b")
			b.pull(wire.QueryQueenURL, urlA, wire.QueryQueenID, "queen-a")
		}
		if n := len(a.since(then)); n != 7200 || len(q.all()) != 0 || len(b.log.since(then)) != 0 {
			t.Errorf("got %d heartbeats in 2 h at the first, %d at the second, log %q", n, len(q.all()), b.log.messages(then))
		}
		for i := range 20 {
			to, from, u := q, a, urlB
			if i%2 == 1 {
				to, from, u = a, q, urlA
			}
			then = b.at()
			b.pull(wire.QueryQueenURL, u, wire.QueryTake, "1")
			b.sleep(time.Minute)
			got := to.since(then)
			if len(got) < 60 || len(got) > 62 || !got[0].caps || len(from.since(then)) != 0 {
				t.Errorf("take %d: got %d heartbeats at the new queen and %d at the old in a minute", i, len(got), len(from.since(then)))
			}
		}
	})
}

// A pull that reached the link while the hive stops is answered, and too late:
// during the farewell, and after it.
func TestPullWhileTheHiveStops(t *testing.T) {
	for name, later := range map[string]time.Duration{"farewell": time.Second, "after it": time.Minute} {
		t.Run(name, func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				a := b.queen(hostA, "queen-a")
				dir, err := openStateDir(b.stateDir, slog.New(b.log))
				if err != nil {
					t.Fatal(err)
				}
				defer dir.close()
				detect := newDetector(b.machine)
				l := newLink(&link{
					report: &reporter{id: "box", port: 7835, machine: b.machine, workers: (*work)(nil).samples, health: (*work)(nil).health, foreign: (*work)(nil).foreign, counts: newCounts(), log: slog.New(b.log)}, detect: detect,
					memory: loadMemory(dir), dial: b.net.Dialer("10.0.0.9"), log: slog.New(b.log),
				}, queen{URL: urlA})
				ctx, cancel := context.WithCancel(t.Context())
				var running sync.WaitGroup
				defer running.Wait()
				defer cancel()
				running.Go(func() { detect.run(ctx) })
				running.Go(func() { l.run(ctx) })
				b.sleep(5 * time.Second)
				a.answers(always(reply{hang: true}))
				cancel()
				b.sleep(later)

				p := pull{queen: queen{URL: urlB}, take: true, reply: make(chan decision, 1)}
				then := b.at()
				got := l.pull(t.Context(), p)
				if got.warning != stopping || got.standing.queen != urlA || b.at() != then {
					t.Errorf("got %+v after %v, want a warning and the old queen at once", got, b.at()-then)
				}
				if got := detect.devices(t.Context()); len(got) != 2 {
					t.Errorf("got %v, want the devices known", got)
				}
			})
		})
	}
}

func TestReadPull(t *testing.T) {
	for query, want := range map[string]string{
		"":                               "<nil>",
		"queen_id=q":                     "<nil>",
		"queen_url=http://q:7833":        "{http://q:7833  true} false",
		"queen_url=HTTP://Q:80/&take=1":  "{http://q  true} true",
		"queen_url=https://q&take=true":  "{https://q  true} false",
		"queen_url=http://q&queen_id=x":  "{http://q x true} false",
		"queen_url=http://q&queen_url=x": "{http://q  true} false",
	} {
		p, err := readPull(query)
		got := "<nil>"
		if p != nil {
			got = fmt.Sprint(p.queen, p.take)
		}
		if err != nil || got != want {
			t.Errorf("%s: got %s, %v; want %s", query, got, err, want)
		}
	}
}
