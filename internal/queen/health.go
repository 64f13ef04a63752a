package queen

import (
	"context"
	"time"

	"rbee/internal/store"
	"rbee/internal/wire"
)

// interval is the usual rhythm of heartbeats, by which silence is measured.
const interval = wire.HeartbeatInterval

// status is the judgement of one hive.
func (h *hive) status(now time.Time) wire.Status {
	switch {
	case !h.met:
		return wire.StatusUnconfirmed
	case h.OperationalStatus == wire.Stopped:
		return wire.StatusStopped
	case now.Before(h.graceEnd):
		if wire.Judge(now.Sub(h.LastSeen), h.interval) == wire.StatusHealthy {
			return wire.StatusHealthy
		}
		return wire.StatusDegraded
	default:
		return wire.Judge(now.Sub(h.LastSeen), h.interval)
	}
}

// live tells whether another instance would have to take the id from it.
func (h *hive) live(now time.Time) bool {
	s := h.status(now)
	return s == wire.StatusHealthy || s == wire.StatusDegraded
}

// silence is the event for a hive that became quieter, "" when it did not.
// Becoming healthy again and stopping are noted by the message that says so.
func (h *hive) silence(now time.Time) wire.EventKind {
	s := h.status(now)
	switch {
	case s == h.judged:
		return ""
	case s == wire.StatusDegraded && h.judged != wire.StatusDown:
		return wire.EventHiveDegraded
	case s == wire.StatusDown:
		return wire.EventHiveDown
	default:
		return ""
	}
}

// watch notes as events, once an interval, which hives have fallen silent, and
// tells the history how all are judged. Nothing else follows from it: a hive is
// neither stopped nor forgotten because a heartbeat was lost.
func (q *Queen) watch(ctx context.Context) error {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for last := time.Now(); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		now := time.Now()
		slept := now.Sub(last) > 3*interval // it was the queen who did not listen
		if last = now; !slept && q.registry.anySilence(now) {
			if err := q.noteSilence(ctx, now); err != nil && ctx.Err() == nil {
				_ = q.unavailable(err) // which logs it; tried again in the next round
			}
		}
		q.registry.measure(now)
		q.tick(ctx, now)
	}
}

func (r *registry) anySilence(now time.Time) bool {
	for h := range r.visible() {
		if h.silence(now) != "" || h.ended(now) {
			return true
		}
	}
	return false
}

// ended tells whether the heartbeats of a hive have ended and its row does not
// say so yet.
func (h *hive) ended(now time.Time) bool {
	if !h.Beating || !h.met {
		return false
	}
	s := h.status(now)
	return s == wire.StatusDown || s == wire.StatusStopped
}

// silencedAtOnce is how many hives one transaction notes as silent: a network
// that is cut silences many, and the heartbeats of the others wait for it.
const silencedAtOnce = 500

func (q *Queen) noteSilence(ctx context.Context, now time.Time) error {
	for {
		var noted int
		err := q.store.Write(ctx, func(tx *store.Tx) (err error) {
			noted, err = q.registry.noteSilence(tx, now)
			return err
		})
		if err != nil || noted < silencedAtOnce {
			return err
		}
	}
}

// noteSilence notes it of as many hives as one transaction takes, and returns
// of how many.
func (r *registry) noteSilence(tx *store.Tx, now time.Time) (noted int, err error) {
	r.join(tx)
	for h := range r.all() {
		kind, ended := h.silence(now), h.ended(now)
		if kind == "" && !ended {
			continue
		}
		if noted++; noted > silencedAtOnce {
			return silencedAtOnce, nil
		}
		next := *h
		if ended {
			if err := next.close(tx, h.beatAt); err != nil {
				return 0, err
			}
		}
		if kind != "" {
			next.judged = h.status(now)
			detail := map[string]any{"last_seen": h.LastSeen.UTC().Truncate(time.Millisecond), "silent_ms": now.Sub(h.LastSeen).Milliseconds()}
			if err := r.event(tx, now, kind, h.ID, detail); err != nil {
				return 0, err
			}
		}
		r.put(&next)
	}
	return noted, nil
}
