package queenclient

import (
	"testing"
	"time"

	"rbee/internal/wire"
)

// Whatever the moment within the two in which the queen looked at her clock, and
// whatever the part of a second that Date drops, the truth is within the bound.
func TestSkewIsWithinItsBound(t *testing.T) {
	sent := time.Date(2025, 10, 30, 22, 0, 0, 0, time.UTC)
	for _, trip := range []time.Duration{0, 3 * time.Millisecond, time.Second, 4700 * time.Millisecond} {
		received := sent.Add(trip)
		for _, ahead := range []time.Duration{0, 400 * time.Millisecond, -2 * time.Second, 3 * time.Hour} {
			for part := range 21 {
				looked := sent.Add(trip * time.Duration(part) / 20)
				date := looked.Add(time.Duration(part) * 49 * time.Millisecond).Add(-ahead).Format("Mon, 02 Jan 2006 15:04:05 GMT")
				truth := ahead - time.Duration(part)*49*time.Millisecond
				got := skewOf(date, sent, received)
				if got == nil || (got.Ahead-truth).Abs() > got.Within || got.Within != trip/2+time.Second/2 {
					t.Fatalf("a trip of %v, looked at %v, ahead by %v: got %+v", trip, looked, truth, got)
				}
			}
		}
	}
	for _, date := range []string{"", "now", "2025-10-30T22:00:00Z"} {
		if got := skewOf(date, sent, sent); got != nil {
			t.Errorf("Date %q: got %+v, want none", date, got)
		}
	}
}

// A queen says what time it is without having to be asked.
func TestAHeartbeatTellsTheSkew(t *testing.T) {
	q := &queen{status: 200, body: `{"status":"ok"}`}
	answer, err := start(t, q).Heartbeat(t.Context(), &wire.Heartbeat{Hive: wire.HiveInfo{ID: "a", Port: 1}})
	if err != nil || answer.Skew == nil || answer.Skew.Ahead.Abs() > answer.Skew.Within {
		t.Errorf("got %+v, %v: the same clock is ahead of itself", answer, err)
	}
}
