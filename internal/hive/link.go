package hive

import (
	"cmp"
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"rbee/internal/peer"
	"rbee/internal/queenclient"
	"rbee/internal/wire"
)

// stateFunc is one state of the link. It returns the next one, or nil when ctx
// has ended. Entry sets up, defer undoes; no beat outlives the state it was
// sent in.
type stateFunc func(context.Context) stateFunc

// queen is where heartbeats go.
type queen struct {
	URL string `json:"url"` // in the normal form of wire.ParseURL
	ID  string `json:"queen_id,omitempty"`
	// Advertised: the queen itself named the URL in a pull, so its host name is
	// sent as Host; a URL from the command line may be a name only this machine has.
	Advertised bool `json:"advertised"`
}

// standing is where the link stands. It is published whole and never changed.
type standing struct {
	state   wire.LinkState
	queen   string            // URL; empty when there is none
	queenID string            // empty until the queen has answered
	epoch   int64             // of the queen's last answer; 0 when it named none
	skew    *queenclient.Skew // of this machine's clock, by that answer; nil when it told no time
}

// link is the tie to the queen.
type link struct {
	report *reporter
	detect *detector
	memory *memory
	every  time.Duration // between slow retries; 0 is never
	dial   dialFunc
	log    *slog.Logger

	pulls     chan pull
	ended     chan struct{} // closed when nobody reads pulls any more
	published atomic.Pointer[standing]

	// Owned by the goroutine in run; a beat in flight may read queen and client.
	queen       queen
	client      *queenclient.Client
	ack         queenclient.Answer // the queen's last 200
	turnedAway  bool               // the queen's last word was 401, 403, 409 or 421
	retryAfter  time.Duration      // which it asked to wait in the answer that led to DISCOVERY_WAIT
	unconfirmed int                // discoveries in a row without an accepted beat after them
}

func newLink(l *link, first queen) *link {
	l.pulls = make(chan pull)
	l.ended = make(chan struct{})
	l.queen = first
	l.client = queenclient.New(first.URL, peer.Options{Dial: l.dial, KeepHost: first.Advertised})
	l.publish(l.firstState())
	return l
}

func (l *link) firstState() wire.LinkState {
	if l.queen.URL == "" {
		return wire.Standalone
	}
	return wire.DiscoveryPush
}

// run goes from state to state until ctx ends.
func (l *link) run(ctx context.Context) {
	defer close(l.ended)
	defer func() { l.client.Close() }()
	next := l.standalone
	if l.firstState() == wire.DiscoveryPush {
		next = l.discoveryPush
	}
	for state := stateFunc(next); state != nil; {
		state = state(ctx)
	}
}

// standing is what was published last.
func (l *link) standing() standing { return *l.published.Load() }

func (l *link) publish(state wire.LinkState) {
	l.published.Store(&standing{state: state, queen: l.queen.URL, queenID: l.ack.QueenID, epoch: l.ack.Epoch, skew: l.ack.Skew})
}

// accept takes note of a 200.
func (l *link) accept(ack queenclient.Answer) {
	if grant := granted(ack.Ack); grant != granted(l.ack.Ack) {
		l.log.Debug("Queen changes the rhythm", "queen_url", l.queen.URL, "interval_ms", cmp.Or(grant, beatInterval).Milliseconds())
	}
	l.ack, l.turnedAway, l.retryAfter = ack, false, 0
	if ack.QueenID != "" {
		l.queen.ID = ack.QueenID
	}
}

// turnAway takes note of a refusal and leads to where the link waits.
func (l *link) turnAway(err error) stateFunc {
	l.log.Error("Queen refuses this hive", "queen_url", l.queen.URL, "error", words(err))
	l.turnedAway, l.retryAfter = true, retryAfter(err)
	return l.discoveryWait
}

// obey ties the hive to the queen of p, which is answered with the state after
// it. The beat in flight, if any, ends first.
func (l *link) obey(p pull, inFlight *beat) stateFunc {
	inFlight.stop()
	if p.queen.URL != l.queen.URL {
		if l.queen.URL != "" {
			l.log.Info("Moving to another queen", "from", l.queen.URL, "to", p.queen.URL)
		}
		l.ack = queenclient.Answer{}
	}
	l.client.Close()
	l.queen = p.queen
	l.client = queenclient.New(l.queen.URL, peer.Options{Dial: l.dial, KeepHost: l.queen.Advertised})
	l.turnedAway, l.retryAfter, l.unconfirmed = false, 0, 0
	l.publish(wire.DiscoveryPush)
	p.reply <- decision{standing: l.standing()}
	return l.discoveryPush
}

// keep answers p without a change.
func (l *link) keep(p pull, warning string) {
	p.reply <- decision{standing: l.standing(), warning: warning}
}
