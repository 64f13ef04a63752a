package hive

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

// waiting runs a hive that queen A accepted once and that then lost it for long.
func waiting(b *bed, changes ...func(*Config)) (q *fakeQueen, since time.Duration) {
	b.t.Helper()
	q = b.queen(hostA, "queen-a")
	b.run(append(changes, withQueen(urlA))...)
	b.sleep(5500 * time.Millisecond)
	q.answers(func(s seen) reply {
		if s.caps {
			return reply{status: 500}
		}
		return reply{status: 404}
	})
	b.sleep(31 * time.Second)
	b.wantState(wire.DiscoveryWait, urlA)
	attempts := q.all()
	return q, attempts[len(attempts)-1].at
}

// A hive that was registered once tries again every RediscoverEvery ±20 %,
// without a line for each.
func TestSlowRetries(t *testing.T) {
	for _, every := range []time.Duration{10 * time.Second, time.Minute, 20 * time.Minute} {
		t.Run(every.String(), func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				q, lost := waiting(b, rediscoverEvery(every))
				b.sleep(20 * every)
				wantRetries(t, q.since(lost+1), lost, b.at(), every)
				if got := b.log.messages(lost + 1); len(got) != 0 {
					t.Errorf("got log lines %q, want none for slow retries", got)
				}
				then := b.at()
				q.answers(nil)
				b.sleep(every * 12 / 10)
				b.wantState(wire.Telemetry, urlA)
				if diff := cmp.Diff([]string{"Discovery successful"}, b.log.messages(then)); diff != "" {
					t.Errorf("log (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestSlowRetriesTurnedOff(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		q, lost := waiting(b, rediscoverEvery(0))
		b.sleep(24 * time.Hour)
		q.wantAttempts(lost + 1)
	})
}

func TestNoRetryAfterARefusalWhenTurnedOff(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		q := b.queen(hostA, "queen-a")
		q.answers(always(reply{status: 403, retryAfter: "5"}))
		b.run(withQueen(urlA), rediscoverEvery(0))
		b.sleep(24 * time.Hour)
		q.wantAttempts(0, 0)
	})
}

// "Ever been registered" outlives the hive: it is in the state directory.
func TestSlowRetriesAfterARestartOfTheHive(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		q, _ := settled(b)
		_ = b.stop()
		q.down()
		b.run(withQueen(urlA))
		b.sleep(10 * time.Minute)
		b.wantState(wire.DiscoveryWait, urlA)
		q.restart()
		b.sleep(73 * time.Second)
		b.wantState(wire.Telemetry, urlA)
	})
}

// The queen is known by its id too, under whatever URL a pull named.
func TestSlowRetriesOfAQueenKnownByItsID(t *testing.T) {
	for id, want := range map[string]int{"queen-a": 5, "queen-x": 0, "": 0} {
		t.Run("id "+id, func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				q, _ := settled(b)
				q.down()
				b.sleep(time.Second)
				moved := b.queen(hostB, "queen-a")
				moved.answers(always(reply{status: 500}))
				pairs := []string{wire.QueryQueenURL, urlB}
				if id != "" {
					pairs = append(pairs, wire.QueryQueenID, id)
				}
				b.pull(pairs...)
				b.sleep(31 * time.Second)
				then := b.at()
				b.sleep(6 * time.Minute)
				if got := moved.since(then); len(got) < want || (want == 0 && len(got) > 0) {
					t.Errorf("got %d retries, want %d", len(got), want)
				}
			})
		})
	}
}

// A pull ends a slow retry in flight and starts the discovery at once.
func TestPullDuringASlowRetry(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		q, lost := waiting(b)
		q.answers(always(reply{hang: true}))
		for len(q.since(lost+1)) == 0 {
			b.sleep(100 * time.Millisecond)
		}
		q.answers(nil)
		then := b.at()
		got := b.pullFrom(urlA)
		if got.State != wire.DiscoveryPush || b.at() != then {
			t.Errorf("got state %s after %v, want discovery_push at once", got.State, b.at()-then)
		}
		b.sleep(time.Second)
		b.wantState(wire.Telemetry, urlA)
	})
}

// What a queen asks for in its answer to a slow retry is heeded up to 5 min.
func TestRetryAfterOfASlowRetry(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		q, lost := waiting(b)
		q.answers(func(s seen) reply {
			if s.at < 20*time.Minute {
				return reply{status: 503, retryAfter: "240"}
			}
			return reply{status: 429, retryAfter: "3600"}
		})
		b.sleep(time.Hour)
		got := q.since(lost + 1)
		for i := 1; i < len(got); i++ {
			want := 4 * time.Minute
			if got[i-1].status == 429 {
				want = 5 * time.Minute
			}
			if gap := got[i].at - got[i-1].at; gap != want {
				t.Errorf("got a gap of %v after a %d, want %v", gap, got[i-1].status, want)
			}
		}
		if len(got) < 10 {
			t.Errorf("got %v, want retries", got)
		}
	})
}

// So is what it asked for in its answer to the last attempt of a discovery.
func TestRetryAfterOfTheLastAttempt(t *testing.T) {
	for header, want := range map[string][2]time.Duration{
		"": {8 * time.Second, 12 * time.Second}, "3": {8 * time.Second, 12 * time.Second},
		"100": {100 * time.Second, 100 * time.Second}, "86400": {retryAfterMost, retryAfterMost},
	} {
		t.Run(header, func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				q := b.queen(hostA, "queen-a")
				b.run(withQueen(urlA), rediscoverEvery(10*time.Second))
				b.sleep(5500 * time.Millisecond)
				q.answers(func(s seen) reply {
					if s.caps {
						return reply{status: 500, retryAfter: header}
					}
					return reply{status: 404}
				})
				lost := 36 * time.Second // the fifth attempt
				b.sleep(lost + time.Second - b.at())
				b.wantState(wire.DiscoveryWait, urlA)
				b.sleep(6 * time.Minute)
				if gap := q.since(lost + 1)[0].at - lost; gap < want[0] || gap > want[1]+time.Millisecond {
					t.Errorf("got the first slow retry after %v, want %v to %v", gap, want[0], want[1])
				}
			})
		})
	}
}

// Once accepted, a hive has forgotten what it was asked to wait at a refusal.
func TestRefusalIsForgottenByA200(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		q := b.queen(hostA, "queen-a")
		q.answers(always(reply{status: 409, retryAfter: "300"}))
		b.run(withQueen(urlA))
		b.sleep(time.Second)
		q.answers(nil)
		b.sleep(300*time.Second + 500*time.Millisecond)
		b.wantState(wire.Telemetry, urlA)
		q.down()
		b.sleep(31 * time.Second)
		b.wantState(wire.DiscoveryWait, urlA)
		q.up()
		b.sleep(73 * time.Second)
		b.wantState(wire.Telemetry, urlA)
	})
}

func TestRetryDelay(t *testing.T) {
	seen := map[time.Duration]bool{}
	for range 1000 {
		d := retryDelay(time.Minute, 0)
		if d < 48*time.Second || d > 72*time.Second {
			t.Fatalf("got %v, want 60 s ±20 %%", d)
		}
		seen[d.Round(time.Second)] = true
	}
	if len(seen) < 20 {
		t.Errorf("got %d different delays of 25: %s", len(seen), fmt.Sprint(seen))
	}
}
