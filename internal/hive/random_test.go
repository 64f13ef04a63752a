package hive

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"rbee/internal/queenclient"
	"rbee/internal/wire"
)

// Whatever queens and pulls do, at most one heartbeat is in flight (the fake
// queens see to that), telemetry goes only to the queen that the last heartbeat
// went to, one that does not know the hive gets capabilities next, every
// heartbeat comes when its queen granted it or a second after the one before it,
// and when the queens have come to their senses the hive serves one of them once
// a second.
func TestRandomStories(t *testing.T) {
	stories := 20
	if testing.Short() {
		stories = 5
	}
	for seed := range stories {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				s := &story{bed: b, rand: rand.New(rand.NewPCG(uint64(seed), 1))}
				s.queens = []*fakeQueen{b.queen(hostA, "queen-a"), b.queen(hostB, "queen-b")}
				if s.rand.IntN(2) == 0 {
					b.run()
				} else {
					s.pulled = true
					b.run(withQueen(urlA))
				}
				for range 40 {
					s.step()
				}
				s.judge()
				s.end()
				if t.Failed() {
					t.Log(s.told)
				}
			})
		})
	}
}

// story is one random course of events.
type story struct {
	*bed
	rand   *rand.Rand
	queens []*fakeQueen
	pulled bool // a valid pull or a configured queen came first
	told   []string
}

func (s *story) tell(format string, args ...any) {
	s.told = append(s.told, fmt.Sprintf("%v "+format, append([]any{s.at()}, args...)...))
}

// step does one random thing and lets some time pass. Nothing else happens at
// the very moment of a heartbeat: what came first would be unknown.
func (s *story) step() {
	q := s.queens[s.rand.IntN(2)]
	switch s.rand.IntN(8) {
	case 0:
		replies := []reply{
			{status: 400},
			{status: 401},
			{status: 404},
			{status: 409, retryAfter: "2"},
			{status: 500},
			{status: 503, retryAfter: "3"},
			{status: 429, retryAfter: "100"},
			{hang: true},
			{delay: 300 * time.Millisecond},
			{delay: 2300 * time.Millisecond},
			{status: 307},
			{status: 200, body: "hello"},
			{next: 1},
			{next: 300, delay: 50 * time.Millisecond},
			{next: 4321, delay: 700 * time.Millisecond},
			{next: 30_000},
			{next: math.MaxInt64},
			{next: -5000},
		}
		r := replies[s.rand.IntN(len(replies))]
		s.tell("%s answers %+v", q.id, r)
		q.answers(always(r))
	case 1, 2:
		s.tell("%s is sane", q.id)
		q.answers(nil)
	case 3:
		if q.server == nil {
			s.tell("%s up", q.id)
			q.up()
		} else {
			s.tell("%s down", q.id)
			q.down()
		}
	case 4:
		if q.server != nil {
			s.tell("%s restarts", q.id)
			q.restart()
		}
	case 5:
		s.tell("bad pull")
		s.pullFrom("ftp://10.0.0.1")
	default:
		s.pullOf(q)
	}
	s.sleep(time.Duration(s.rand.Int64N(int64(12*time.Second)))/10*10 + 3*time.Microsecond)
	if s.rand.IntN(10) == 0 {
		s.sleep(time.Duration(s.rand.Int64N(int64(3 * time.Minute))))
	}
}

func (s *story) pullOf(q *fakeQueen) {
	pairs := []string{wire.QueryQueenURL, "http://" + q.addr}
	if s.rand.IntN(2) == 0 {
		pairs = append(pairs, wire.QueryQueenID, q.id)
	}
	if s.rand.IntN(4) == 0 {
		pairs = append(pairs, wire.QueryTake, "1")
	}
	n := 1 + s.rand.IntN(3)
	s.tell("%d pulls %v", n, pairs)
	if !s.pulled && len(s.heartbeats()) > 0 {
		s.t.Errorf("got heartbeats %v from a standalone hive", s.heartbeats())
	}
	s.pulled = true
	var most time.Duration // an attempt under way is seen out before another queen gets an answer
	if s.info().State == wire.DiscoveryPush {
		most = queenclient.HeartbeatTimeout
	}
	var pulls sync.WaitGroup
	for range n {
		pulls.Go(func() {
			then := s.at()
			if got := s.pull(pairs...); str(got.QueenURL) != "http://"+q.addr && got.Warning == "" && got.State != wire.Telemetry {
				s.t.Errorf("got %+v, want the queen or a warning", got)
			}
			if took := s.at() - then; took > most {
				s.t.Errorf("got an answer after %v, want it within %v", took, most)
			}
		})
	}
	pulls.Wait()
}

// sent is one heartbeat and whom it went to.
type sent struct {
	seen
	to *fakeQueen
}

// heartbeats are those of both queens, in their order.
func (s *story) heartbeats() []sent {
	var out []sent
	for _, q := range s.queens {
		for _, beat := range q.all() {
			out = append(out, sent{beat, q})
		}
	}
	slices.SortStableFunc(out, func(a, b sent) int { return a.seq - b.seq })
	return out
}

func (s *story) judge() {
	s.t.Helper()
	var (
		last  sent
		grant time.Duration // of the last 200
	)
	for _, beat := range s.heartbeats() {
		if !beat.caps && beat.to != last.to {
			s.t.Errorf("at %v: got telemetry at %s without capabilities before it", beat.at, beat.to.id)
		}
		if !beat.caps && (last.status == 400 || last.status == 404) {
			s.t.Errorf("at %v: got telemetry after a %d at %v", beat.at, last.status, last.at)
		}
		if !beat.caps {
			s.judgeRhythm(last, beat, grant)
		}
		if beat.status == 200 {
			grant = granted(wire.Ack{NextMS: beat.next})
		}
		last = beat
	}
}

// judgeRhythm says whether beat, which is telemetry, came at the right moment
// after last, under grant.
func (s *story) judgeRhythm(last, beat sent, grant time.Duration) {
	s.t.Helper()
	gap := beat.at - last.at
	switch {
	case last.status == 200 && grant > 0:
		if wait := beat.at - last.ended; (wait - grant).Abs() > time.Millisecond {
			s.t.Errorf("at %v: got telemetry %v after a 200 that granted %v", beat.at, wait, grant)
		}
	case last.status == 200 && last.caps:
		if beat.at != last.ended {
			s.t.Errorf("at %v: got the first telemetry %v after the capabilities, want it at once", beat.at, beat.at-last.ended)
		}
	case last.status == 200:
		if want := (last.ended - last.at).Truncate(time.Second) + time.Second; gap != want {
			s.t.Errorf("at %v: got telemetry after %v, want it after %v", beat.at, gap, want)
		}
	case gap < max(grant, time.Second):
		s.t.Errorf("at %v: got telemetry %v after a failure, under a grant of %v", beat.at, gap, grant)
	}
}

// end lets everybody come to their senses.
func (s *story) end() {
	s.t.Helper()
	for _, q := range s.queens {
		q.answers(nil)
		if q.server == nil {
			q.up()
		}
	}
	s.sleep(grantMost + 10*time.Second) // what was held off, or granted time, goes on
	s.pull(wire.QueryQueenURL, urlA)
	s.sleep(5 * time.Minute) // the loop brake
	then := s.at()
	s.sleep(10 * time.Second)
	a, b := len(s.queens[0].since(then)), len(s.queens[1].since(then))
	if min(a, b) != 0 || max(a, b) < 9 || max(a, b) > 11 {
		s.t.Errorf("in the end: got %d heartbeats at one queen and %d at the other in 10 s, want 9 to 11 at one", a, b)
	}

	// And when both are lost, silence but for the slow retries.
	for _, q := range s.queens {
		q.answers(func(s seen) reply {
			if s.caps {
				return reply{status: 500}
			}
			return reply{status: 404}
		})
	}
	s.sleep(time.Minute)
	then = s.at()
	s.sleep(time.Hour)
	n := 0
	for _, beat := range s.heartbeats() {
		if beat.at >= then {
			if n++; !beat.caps {
				s.t.Errorf("at %v: got telemetry in DISCOVERY_WAIT", beat.at)
			}
		}
	}
	if n < 49 || n > 76 {
		s.t.Errorf("in DISCOVERY_WAIT: got %d retries in an hour, want one a minute ±20 %%", n)
	}
}

// Pulls of two queens at one moment, again and again, leave one loop.
func TestRivalPulls(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		queens := []*fakeQueen{b.queen(hostA, "queen-a"), b.queen(hostB, "queen-b")}
		b.run()
		for range 30 {
			var pulls sync.WaitGroup
			for i := range 10 {
				pulls.Go(func() { b.pull(wire.QueryQueenURL, "http://"+queens[i%2].addr, wire.QueryTake, "1") })
			}
			pulls.Wait()
			b.sleep(2 * time.Second)
			then := b.at()
			b.sleep(10 * time.Second)
			if n := len(queens[0].since(then)) + len(queens[1].since(then)); n < 9 || n > 11 {
				t.Errorf("got %d heartbeats in 10 s, want 9 to 11", n)
			}
		}
	})
}
