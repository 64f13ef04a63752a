package hive

import (
	"time"

	"rbee/internal/wire"
)

// beatInterval is the rhythm of a queen that grants no other.
const beatInterval = time.Second

// The bounds of what a queen can grant. What is outside is moved to the nearer
// one: a queen that is wrong about the unit shall neither have her hives spin
// nor lose them for a day.
const (
	// grantLeast is as often as anybody can want to hear of a machine; each
	// heartbeat is a row, synced.
	grantLeast = 100 * time.Millisecond
	// grantMost is how long a hive may fail to notice that its queen is another
	// or has gone: as long as between two of her own discovery rounds, and as
	// the longest wait of a slow retry.
	grantMost = 5 * time.Minute
)

// granted is the interval that ack asks for, 0 when it is the usual one.
func granted(ack wire.Ack) time.Duration {
	if ack.NextMS <= 0 {
		return 0
	}
	ms := min(ack.NextMS, grantMost.Milliseconds()) // first, so that it fits in a Duration
	return max(grantLeast, time.Duration(ms)*time.Millisecond)
}

// dueAfter is when the next heartbeat is due, after one that was due at last and
// ended at now. grant is that of the last ack, and m what has failed since.
//
// The usual rhythm counts from when heartbeats were due, so it does not drift; a
// tick that passes while one is in flight is dropped. A grant counts from the
// answer, and from a failure too: whoever asked for time is not pressed for it
// by those whom she fails to answer. One of less than the usual interval needs
// a queen that keeps up.
func dueAfter(last, now time.Time, grant time.Duration, m misses) time.Time {
	if grant >= beatInterval || (grant > 0 && m.failures == 0) {
		return now.Add(max(grant, m.heldOff))
	}
	passed := now.Add(m.heldOff).Sub(last)
	return last.Add(passed.Truncate(beatInterval) + beatInterval)
}
