package hive

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

// granting answers the heartbeats in turn with these grants, the last one again
// and again.
func granting(next ...int64) func(seen) reply {
	return func(seen) reply {
		rep := reply{next: next[0]}
		if len(next) > 1 {
			next = next[1:]
		}
		return rep
	}
}

// The queen says with each answer when she wants to hear next, that to the
// capabilities included; when she says nothing, it is once a second.
func TestGrantedRhythm(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		q := b.queen(hostA, "queen-a")
		q.answers(granting(1000, 1000, 5000, 5000, 0))
		b.run(withQueen(urlA))
		b.sleep(15500 * time.Millisecond)
		q.wantBeats(0, true, 0, 1, 2, 7, 12, 13, 14, 15)
		b.wantState(wire.Telemetry, urlA)
	})
}

// A grant counts from the answer, the usual rhythm from when heartbeats are due:
// a queen that takes her time is given it, and nothing drifts or piles up.
func TestGrantsOfASlowQueen(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		q := b.queen(hostA, "queen-a")
		grant := granting(1000, 1000, 5000, 0)
		q.answers(func(s seen) reply {
			rep := grant(s)
			rep.delay = 300 * time.Millisecond
			if s.at > 9*time.Second {
				rep.delay = 2100 * time.Millisecond
			}
			return rep
		})
		b.run(withQueen(urlA))
		b.sleep(17 * time.Second)
		q.wantBeats(0, true, 0, 1.3, 2.6, 7.9, 8.9, 9.9, 12.9, 15.9)
	})
}

// A queen that grants less than a second gets it as long as she keeps up.
func TestQuickGrant(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		q, then := settled(b)
		q.answers(func(s seen) reply {
			switch at := s.at - then; {
			case at > 4*time.Second:
				return reply{}
			case at > 1400*time.Millisecond && at < 3*time.Second:
				return reply{status: 500}
			}
			return reply{next: 250}
		})
		b.sleep(7 * time.Second)
		// From 1.5 s on she fails, at 3.5 s she is back, from 4 s on she grants nothing.
		q.wantBeats(then, false, 0.5, 0.75, 1, 1.25, 1.5, 2.5, 3.5, 3.75, 4, 4.25, 5.25, 6.25)
	})
}

// What is no number of milliseconds is no grant, and what is beyond the bounds
// is moved to the nearer one.
func TestBoundsOfAGrant(t *testing.T) {
	const ack = `{"status":"ok","message":"","epoch":7,"queen_id":"queen-a","next_ms":%s}`
	for next, want := range map[string]time.Duration{
		"0": time.Second, "-1": time.Second, "-9223372036854775808": time.Second, "null": time.Second,
		"1": grantLeast, "99": grantLeast, "100": grantLeast, "101": 101 * time.Millisecond,
		"999": 999 * time.Millisecond, "1000": time.Second, "30000": 30 * time.Second,
		"299999": grantMost - time.Millisecond, "300000": grantMost, "300001": grantMost, "9223372036854775807": grantMost,
		`"5000"`: time.Second, "5000.5": time.Second, "1e300": time.Second, "9223372036854775808": time.Second, "true": time.Second,
	} {
		t.Run(next, func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				q := b.queen(hostA, "queen-a")
				q.answers(always(reply{status: 200, body: fmt.Sprintf(ack, next)}))
				b.run(withQueen(urlA))
				b.sleep(10*want + want/2)
				beats := q.all()
				if len(beats) < 11 || len(beats) > 12 { // the first telemetry comes at once when nothing is granted
					t.Errorf("got %d heartbeats in 10 intervals of %v", len(beats), want)
				}
				for i := 2; i < len(beats); i++ {
					if gap := beats[i].at - beats[i-1].at; (gap - want).Abs() > time.Millisecond {
						t.Errorf("got heartbeats %v apart, want %v", gap, want)
					}
				}
			})
		})
	}
}

// A queen that fails is not pressed by those to whom she granted time, until
// her next 200; nor does Retry-After cut the grant short.
func TestFailuresUnderAGrant(t *testing.T) {
	for name, row := range map[string]struct {
		grant  int64
		answer reply
		gaps   float64 // seconds from heartbeat to heartbeat
	}{
		"500":                   {10_000, reply{status: 500}, 10},
		"429":                   {10_000, reply{status: 429}, 10},
		"redirect":              {10_000, reply{status: 307}, 10},
		"Retry-After, short":    {10_000, reply{status: 503, retryAfter: "3"}, 10},
		"Retry-After, long":     {10_000, reply{status: 503, retryAfter: "20"}, 20},
		"Retry-After, too long": {10_000, reply{status: 503, retryAfter: "3600"}, 30},
		"the longest grant":     {300_000, reply{status: 503, retryAfter: "30"}, 300},
		"timeouts":              {10_000, reply{hang: true}, 5 + 10},
		"as usual":              {1000, reply{status: 500}, 1},
		"a quick grant":         {100, reply{status: 500}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				q := b.queen(hostA, "queen-a")
				failing := false
				q.answers(func(s seen) reply {
					if failing = failing || !s.caps; failing {
						return row.answer
					}
					return reply{next: row.grant}
				})
				b.run(withQueen(urlA))
				first := float64(row.grant) / 1000
				b.sleep(time.Duration((first + 2.5*row.gaps) * float64(time.Second)))
				q.wantBeats(0, true, 0, first, first+row.gaps, first+2*row.gaps)
				b.wantState(wire.Telemetry, urlA)

				then := b.at()
				q.answers(nil)
				b.sleep(time.Duration(row.gaps*0.5*float64(time.Second)) + 3*time.Second)
				last := q.since(then)
				if len(last) < 3 || last[1].at-last[0].at != time.Second {
					t.Errorf("got %v after the recovery, want one a second from the first 200 on", last)
				}
				if n := len(b.log.find("Heartbeat recovered after 3 failures")); n != 1 {
					t.Errorf("got %d lines of recovery, want 1", n)
				}
			})
		})
	}
}

// Whatever was granted, a queen that does not know the hive, or that is gone,
// leads to a discovery at once, and the grant is over.
func TestDiscoveryUnderAGrant(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		q := b.queen(hostA, "queen-a")
		q.answers(granting(30_000, 30_000, 0))
		b.run(withQueen(urlA))
		b.sleep(45 * time.Second)
		q.restart()
		then := b.at()
		b.sleep(17500 * time.Millisecond)
		got := q.since(then)
		if len(got) != 5 || got[0].caps || !got[1].caps || got[0].at.Round(time.Second) != time.Minute || got[1].at != got[0].at ||
			got[2].at != got[1].at || got[3].at-got[2].at != time.Second {
			t.Errorf("got %v, want a 404 after a minute, capabilities, telemetry at once and once a second", got)
		}

		q.answers(granting(30_000))
		b.sleep(time.Second)
		q.down()
		b.sleep(30 * time.Second)
		b.wantState(wire.DiscoveryPush, urlA)
	})
}

// The answer to a slow retry grants too.
func TestGrantOfASlowRetry(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		q, lost := waiting(b)
		q.answers(always(reply{next: 20_000}))
		b.sleep(3 * time.Minute)
		got := q.since(lost + 1)
		if len(got) < 5 || !got[0].caps {
			t.Fatalf("got %v, want a retry and telemetry", got)
		}
		for i, s := range got[1:] {
			if gap := s.at - got[i].at; s.caps || (gap-20*time.Second).Abs() > time.Millisecond {
				t.Errorf("got %v after %v, want telemetry after 20 s", s, gap)
			}
		}
	})
}

// Time granted is no deafness: pulls are answered at once and obeyed at once,
// and those that change nothing do not move the next heartbeat either.
func TestPullsUnderAGrant(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		a, other := b.queen(hostA, "queen-a"), b.queen(hostB, "queen-b")
		a.answers(granting(60_000))
		b.run(withQueen(urlA))
		b.sleep(10 * time.Second) // before the first telemetry
		for _, during := range []time.Duration{10 * time.Second, 70 * time.Second} {
			b.sleep(during - b.at())
			if got := b.pull(wire.QueryQueenURL, urlA, wire.QueryQueenID, "queen-a"); got.State != wire.Telemetry || got.Warning != "" {
				t.Errorf("the same queen: got state %s, warning %q", got.State, got.Warning)
			}
			if got := b.pull(wire.QueryQueenURL, urlB, wire.QueryQueenID, "queen-b"); str(got.QueenURL) != urlA || got.Warning == "" {
				t.Errorf("another queen: got queen %q, warning %q; want the warning", str(got.QueenURL), got.Warning)
			}
			if b.at() != during {
				t.Errorf("got answers after %v, want at once", b.at()-during)
			}
		}
		b.sleep(60 * time.Second)
		a.wantBeats(0, true, 0, 60, 120)
		then := b.at()
		b.pull(wire.QueryQueenURL, urlB, wire.QueryTake, "1")
		b.sleep(3500 * time.Millisecond)
		other.wantBeats(then, true, 0, 0, 1, 2, 3)
		b.sleep(10 * time.Minute)
		a.wantBeats(then, false)
	})
}

// Three heartbeats that nobody answers are as many under a grant.
func TestPatienceUnderAGrant(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		a := b.queen(hostA, "queen-a")
		b.queen(hostB, "queen-b")
		a.answers(granting(30_000))
		b.run(withQueen(urlA))
		b.sleep(time.Second)
		a.answers(always(reply{hang: true}))
		b.sleep(103 * time.Second)
		a.wantBeats(0, true, 0, 30, 65, 100)
		if got := b.pullFrom(urlB); got.Warning == "" {
			t.Error("got the hive after two unanswered heartbeats and one in flight, want the warning")
		}
		b.sleep(2 * time.Second)
		if got := b.pullFrom(urlB); got.Warning != "" {
			t.Errorf("got the warning %q after three unanswered heartbeats, want the hive", got.Warning)
		}
		b.sleep(time.Second)
		b.wantState(wire.Telemetry, urlB)
		if got := a.since(101 * time.Second); len(got) != 0 {
			t.Errorf("got %v at the queen that was left", got)
		}
	})
}

// A hive that stops says so at once, however long it need not have spoken.
func TestFarewellUnderAGrant(t *testing.T) {
	for name, after := range map[string]time.Duration{"before the first telemetry": 100 * time.Second, "later": 400 * time.Second} {
		t.Run(name, func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				q := b.queen(hostA, "queen-a")
				q.answers(granting(300_000))
				b.run(withQueen(urlA))
				b.sleep(after)
				if err := b.stop(); err != nil {
					t.Errorf("Run: %v", err)
				}
				if took := b.at() - after; took > 10*time.Millisecond {
					t.Errorf("got an end after %v, want at once", took)
				}
				b.sleep(time.Hour)
				q.wantBeats(after, false, 0)
				if got := q.since(after); len(got) == 1 && got[0].hb.Hive.OperationalStatus != wire.Stopped {
					t.Errorf("got %v, want the farewell", got[0].hb.Hive.OperationalStatus)
				}
			})
		})
	}
}

// A change of the rhythm is for those who look for it.
func TestLogOfGrants(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		q := b.queen(hostA, "queen-a")
		q.answers(granting(2000, 2000, 5000, 0))
		b.run(withQueen(urlA))
		b.sleep(time.Minute)
		var got []string
		for _, l := range b.log.find("Queen changes the rhythm") {
			got = append(got, fmt.Sprint(l.at, " ", l.level, " ", l.attrs))
		}
		want := []string{
			"0s DEBUG queen_url=" + urlA + " interval_ms=2000 ",
			"4s DEBUG queen_url=" + urlA + " interval_ms=5000 ",
			"9s DEBUG queen_url=" + urlA + " interval_ms=1000 ",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
	})
}

func TestGranted(t *testing.T) {
	for ms, want := range map[int64]time.Duration{
		math.MinInt64: 0, -1: 0, 0: 0, 1: grantLeast, 100: grantLeast, 1500: 1500 * time.Millisecond,
		300_000: grantMost, math.MaxInt64/1_000_000 + 1: grantMost, math.MaxInt64: grantMost,
	} {
		if got := granted(wire.Ack{NextMS: ms}); got != want {
			t.Errorf("granted(%d): got %v, want %v", ms, got, want)
		}
	}
}

func TestDueAfter(t *testing.T) {
	const s, ms = time.Second, time.Millisecond
	failed := misses{failures: 1}
	busy := misses{failures: 1, heldOff: 3 * s}
	for _, row := range []struct {
		took, grant time.Duration
		m           misses
		want        time.Duration // after the last was due
	}{
		{5 * ms, 0, misses{}, s},
		{999 * ms, 0, misses{}, s},
		{s, 0, misses{}, 2 * s},
		{2300 * ms, 0, misses{}, 3 * s},
		{5 * ms, 0, failed, s},
		{5 * ms, 0, busy, 4 * s},
		{5 * ms, 200 * ms, misses{}, 205 * ms},
		{5 * ms, 200 * ms, failed, s},
		{5 * ms, 200 * ms, busy, 4 * s},
		{5 * ms, s, misses{}, 1005 * ms},
		{5 * ms, s, failed, 1005 * ms},
		{5 * s, 30 * s, misses{}, 35 * s},
		{5 * s, 30 * s, failed, 35 * s},
		{5 * s, 30 * s, busy, 35 * s},
		{5 * ms, 2 * s, busy, 3005 * ms},
	} {
		last := time.Now()
		if got := dueAfter(last, last.Add(row.took), row.grant, row.m).Sub(last); got != row.want {
			t.Errorf("after %v, granted %v, %+v: got %v, want %v", row.took, row.grant, row.m, got, row.want)
		}
	}
}
