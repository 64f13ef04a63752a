package queenclient

import (
	"net/http"
	"time"

	"rbee/internal/wire"
)

// Answer is a queen's 200 to a heartbeat.
type Answer struct {
	wire.Ack
	Skew *Skew // nil when she did not say what time it is
}

// Skew is how far the clock of this machine is ahead of a queen's: negative when
// it is behind, and true to within that.
type Skew struct{ Ahead, Within time.Duration }

// skewOf compares the clocks by the Date of an answer, which she wrote at some
// moment between the two, and which has whole seconds only: the second is over
// at most one later.
func skewOf(date string, sent, received time.Time) *Skew {
	at, err := http.ParseTime(date)
	if err != nil {
		return nil
	}
	half := received.Sub(sent) / 2 // by the monotonic clock
	middle := sent.Round(0).Add(half)
	return &Skew{Ahead: middle.Sub(at.Add(time.Second / 2)), Within: half + time.Second/2}
}
