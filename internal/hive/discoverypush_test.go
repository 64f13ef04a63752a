package hive

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

const allFailed = "All discovery attempts failed. Waiting for Queen to discover us via /capabilities"

// A hive that starts first: five attempts, then silence on the wire and in the
// log, until a pull wakes it.
func TestFiveAttemptsThenSilence(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		q := b.queen(hostA, "queen-a")
		q.answers(always(reply{status: http.StatusInternalServerError}))
		b.run(withQueen(urlA))
		b.sleep(8 * time.Hour)
		q.wantAttempts(0, 0, 2, 6, 14, 30)
		for _, s := range q.all() {
			if s.devices != 2 {
				t.Errorf("attempt at %v: got %d devices, want 2", s.at, s.devices)
			}
		}
		want := []string{
			"Hive ready",
			"Discovery attempt 1 (delay: 0s)", "Detected 2 device(s) to send",
			"Discovery attempt 2 (delay: 2s)", "Discovery attempt 3 (delay: 4s)",
			"Discovery attempt 4 (delay: 8s)", "Discovery attempt 5 (delay: 16s)", allFailed,
		}
		if diff := cmp.Diff(want, b.log.messages(0)[1:]); diff != "" { // the first warns of the address
			t.Errorf("log (-want +got):\n%s", diff)
		}
		b.wantState(wire.DiscoveryWait, urlA)
		if got := b.machine.detections(); got != 1 {
			t.Errorf("got %d detections in one discovery, want 1", got)
		}

		q.answers(nil)
		woken := b.at()
		b.pullFrom(urlA)
		b.sleep(10 * time.Second)
		b.wantState(wire.Telemetry, urlA)
		if got := q.since(woken); len(got) < 9 || !got[0].caps || got[1].caps {
			t.Errorf("after the pull: got %v, want one heartbeat with capabilities, then telemetry", got)
		}
	})
}

// Nobody listens: the attempts are the same, with the same few lines.
func TestAttemptsWithoutAQueen(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		b.run(withQueen(urlA))
		b.sleep(time.Hour)
		var at []time.Duration
		for _, l := range b.log.since(0) {
			if strings.HasPrefix(l.msg, "Discovery attempt") {
				at = append(at, l.at)
			}
		}
		want := []time.Duration{0, 2 * time.Second, 6 * time.Second, 14 * time.Second, 30 * time.Second}
		if diff := cmp.Diff(want, at); diff != "" {
			t.Errorf("attempts (-want +got):\n%s", diff)
		}
		if n := len(b.log.find("Discovery attempt failed")); n != 5 {
			t.Errorf("got %d causes at Debug, want 5", n)
		}
	})
}

func TestFirst200EntersTelemetry(t *testing.T) {
	for name, body := range map[string]string{
		"a queen's": "", "2025": `{"status":"ok","message":"Telemetry received from hive box"}`,
		"empty object": `{}`, "no JSON": "OK", "a queen_id that is no text": `{"epoch":3,"queen_id":"a\u0007b"}`,
	} {
		t.Run(name, func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				q := b.queen(hostA, "queen-a")
				q.answers(func(s seen) reply {
					if s.at < 5*time.Second {
						return reply{status: http.StatusInternalServerError}
					}
					return reply{status: http.StatusOK, body: body}
				})
				b.run(withQueen(urlA))
				b.sleep(8500 * time.Millisecond)
				var got []string
				for _, s := range q.all() {
					got = append(got, s.String())
				}
				want := []string{"0s(caps=true)", "2s(caps=true)", "6s(caps=true)", "6s(caps=false)", "7s(caps=false)", "8s(caps=false)"}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("heartbeats (-want +got):\n%s", diff)
				}
				b.wantState(wire.Telemetry, urlA)
				if n := len(b.log.find("Discovery successful")); n != 1 {
					t.Errorf("got %d lines of success, want 1", n)
				}
				if id := str(b.info().QueenID); strings.Contains(id, "\a") {
					t.Errorf("got queen_id %q in the info", id)
				}
			})
		})
	}
}

// Every other answer is a failed attempt.
func TestAnswersThatFailAnAttempt(t *testing.T) {
	for _, r := range []reply{
		{status: 204},
		{status: 301},
		{status: 307},
		{status: 400},
		{status: 404},
		{status: 405},
		{status: 413},
		{status: 415},
		{status: 418},
		{status: 429},
		{status: 500},
		{status: 502},
		{status: 503},
		{status: 504},
		{status: 503, retryAfter: "31"},
		{status: 429, retryAfter: "3600"},
		{status: 500, retryAfter: "3"},
	} {
		t.Run(fmt.Sprint(r.status, r.retryAfter), func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				q := b.queen(hostA, "queen-a")
				r.body = " "
				q.answers(always(r))
				b.run(withQueen(urlA))
				b.sleep(2 * time.Hour)
				q.wantAttempts(0, 0, 2, 6, 14, 30)
				b.wantState(wire.DiscoveryWait, urlA)
			})
		})
	}
}

// The delay is before each attempt, so one that hangs for 5 s puts off the rest.
func TestHangingQueenFailsAttempts(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		q := b.queen(hostA, "queen-a")
		q.answers(always(reply{hang: true}))
		b.run(withQueen(urlA))
		b.sleep(time.Hour)
		q.wantAttempts(0, 0, 5+2, 12+4, 21+8, 34+16)
	})
}

// A host that is switched off costs 2 s for each attempt to connect.
func TestSilentHostFailsAttempts(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		b.net.Silence(hostA, true)
		b.run(withQueen(urlA))
		b.sleep(time.Hour)
		if got := b.log.find(allFailed); len(got) != 1 || got[0].at != 40*time.Second {
			t.Errorf("got %v, want the end of the discovery after 30 s of delays and 5×2 s of dialling", got)
		}
	})
}

// 401, 403, 409 and 421 end the discovery with one error line in the queen's
// words; then come slow retries, in silence.
func TestRefusalEndsTheDiscovery(t *testing.T) {
	for _, status := range []int{401, 403, 409, 421} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				q := b.queen(hostA, "queen-a")
				q.answers(always(reply{status: status, detail: "hive box lives at 10.0.0.77"}))
				b.run(withQueen(urlA))
				b.sleep(time.Second)
				q.wantAttempts(0, 0)
				b.wantState(wire.DiscoveryWait, urlA)
				b.sleep(10 * time.Minute)
				lines := b.log.since(0)
				last := lines[len(lines)-1]
				if last.level.String() != "ERROR" || last.at != 0 || !strings.Contains(last.attrs, "hive box lives at 10.0.0.77") {
					t.Errorf("got the last line %+v, want one error with the queen's words at once", last)
				}
				wantRetries(t, q.all()[1:], 0, 10*time.Minute+time.Second, time.Minute)

				q.answers(nil)
				b.sleep(90 * time.Second)
				b.wantState(wire.Telemetry, urlA)
			})
		})
	}
}

// wantRetries expects single attempts, a period ±20 % apart, between two times.
func wantRetries(t *testing.T, got []seen, from, to, period time.Duration) {
	t.Helper()
	low, high := period*8/10, period*12/10
	last := from
	even := true
	for _, s := range got {
		gap := s.at - last
		if !s.caps || gap < low-time.Millisecond || gap > high+time.Millisecond {
			t.Errorf("got a retry %v after %v, want one with capabilities after %v to %v", s, gap, low, high)
		}
		even = even && (last == from || gap.Round(time.Second) == period)
		last = s.at
	}
	if to-last > high+time.Millisecond {
		t.Errorf("got no retry between %v and %v", last, to)
	}
	if even && len(got) > 3 {
		t.Errorf("got retries %v without jitter", got)
	}
}

func TestRetryAfterOfARefusal(t *testing.T) {
	for _, row := range []struct {
		retryAfter string
		min, max   time.Duration
	}{
		{"", 48 * time.Second, 72 * time.Second},
		{"3", 48 * time.Second, 72 * time.Second},
		{"200", 200 * time.Second, 200 * time.Second},
		{"86400", 300 * time.Second, 300 * time.Second},
	} {
		t.Run(row.retryAfter, func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				q := b.queen(hostA, "queen-a")
				q.answers(always(reply{status: http.StatusConflict, retryAfter: row.retryAfter}))
				b.run(withQueen(urlA))
				b.sleep(12 * time.Minute)
				got := q.all()
				for i := 1; i < 3; i++ {
					gap := got[i].at - got[i-1].at
					if gap < row.min || gap > row.max+time.Millisecond {
						t.Errorf("got retry %d after %v, want %v to %v", i, gap, row.min, row.max)
					}
				}
			})
		})
	}
}

// A busy queen is waited for, ten times at most, and the attempt is not counted.
func TestBusyQueenIsWaitedFor(t *testing.T) {
	for _, status := range []int{429, 503} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				q := b.queen(hostA, "queen-a")
				q.answers(always(reply{status: status, retryAfter: "30"}))
				b.run(withQueen(urlA))
				b.sleep(2 * time.Hour)
				q.wantAttempts(0, 0, 30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 302, 306, 314, 330)
				if got := len(b.log.messages(0)); got != 9 {
					t.Errorf("got %d log lines, want those of five attempts: %q", got, b.log.messages(0))
				}
			})
		})
	}
}

func TestBusyQueenThatRecovers(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		q := b.queen(hostA, "queen-a")
		q.answers(func(s seen) reply {
			if s.at < 4*time.Second {
				return reply{status: http.StatusServiceUnavailable, retryAfter: "2"}
			}
			return reply{}
		})
		b.run(withQueen(urlA))
		b.sleep(4500 * time.Millisecond)
		if got := fmt.Sprint(q.all()); got != "[0s(caps=true) 2s(caps=true) 4s(caps=true) 4s(caps=false)]" {
			t.Errorf("got %v, want success after two waits", got)
		}
	})
}
