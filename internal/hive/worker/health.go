package worker

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"rbee/internal/wire"
)

// What a failed question to a worker that serves weighs, and from what sum of
// those in a row it is called unhealthy: five refusals, or errors, or broken
// connections; or fifteen time-outs, or answers of 503, since an engine with all
// its slots taken may be slow and some then answer so.
const (
	weightDead   = 3
	weightSlow   = 1
	unhealthyAt  = 15
	sinceLayout  = time.RFC3339
	unhealthyFor = "unhealthy since %s: %s"
)

// pulse is what the questions to a worker that serves came to: of those in a row
// that failed, the last ones. The zero pulse is of a healthy one.
type pulse struct {
	sum   int
	since time.Time // of the first failure
	still time.Time // since when there was no sign of life at all; zero: the last was one
	what  string    // it does instead of answering
}

// after is the pulse after one more question: err is what its health path said,
// busy whether requests are known to be in flight.
func (p pulse) after(err error, busy bool, now time.Time) pulse {
	weight, alive, what := weigh(err)
	if weight == 0 || (alive && busy) { // what is known to be at work may be full
		return pulse{}
	}
	if p.sum == 0 {
		p.since = now
	}
	p.sum, p.what = min(p.sum+weight, unhealthyAt), what
	switch {
	case alive:
		p.still = time.Time{}
	case p.still.IsZero():
		p.still = now
	}
	return p
}

// weigh says what an answer means; alive is an answer of somebody who is there.
func weigh(err error) (weight int, alive bool, what string) {
	var said *statusError
	switch {
	case err == nil:
		return 0, true, ""
	case errors.As(err, &said) && said.status == http.StatusServiceUnavailable:
		return weightSlow, true, "it answers 503: it has no room, or does not work any more"
	case errors.Is(err, errSlow):
		return weightSlow, false, err.Error()
	case errors.Is(err, errRefused):
		return weightDead, false, "it does not listen any more"
	}
	return weightDead, false, err.Error()
}

// unhealthy says why the worker is called so; empty when it is not.
func (p pulse) unhealthy() string {
	if p.sum < unhealthyAt {
		return ""
	}
	return fmt.Sprintf(unhealthyFor, p.since.UTC().Format(sinceLayout), p.what)
}

// hopeless says whether the worker showed no sign of life for so long that it is
// to be started again; 0 is never.
func (p pulse) hopeless(within time.Duration, now time.Time) bool {
	return within > 0 && p.unhealthy() != "" && !p.still.IsZero() && now.Sub(p.still) >= within
}

// Health is what the workers say of the hive: degraded while one that is meant to
// serve does not.
func (f *Fleet) Health() wire.HealthStatus {
	var unwell []string
	for _, st := range f.List() {
		if what := st.unwell(); what != "" {
			unwell = append(unwell, "worker "+st.ID+": "+what)
		}
	}
	switch len(unwell) {
	case 0:
		return wire.HealthStatus{Status: wire.HealthHealthy}
	case 1:
		return wire.HealthStatus{Status: wire.HealthDegraded, Reason: wire.Printable(unwell[0])}
	}
	return wire.HealthStatus{
		Status: wire.HealthDegraded, Reason: wire.Printable(fmt.Sprintf("%d workers do not serve; %s", len(unwell), strings.Join(unwell, "; "))),
	}
}
