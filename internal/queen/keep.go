package queen

import (
	"context"
	"iter"
	"time"

	"rbee/internal/rollup"
	"rbee/internal/wire"
)

// pruneEvery is how often the history is held to its limits.
const pruneEvery = time.Second

// tick tells the history how all hives are judged now.
func (q *Queen) tick(ctx context.Context, now time.Time) {
	due, err := q.store.Tick(ctx, now, q.registry.judged(now))
	if err != nil || len(due) == 0 {
		return // the time that was not told counts as unknown
	}
	select {
	case q.due <- due:
	case <-ctx.Done():
	}
}

// judged yields the key and the judgement of every hive met in this epoch.
func (r *registry) judged(now time.Time) iter.Seq2[int64, wire.Status] {
	return func(yield func(int64, wire.Status) bool) {
		for h := range r.visible() {
			if h.met && !yield(h.PK, h.status(now)) {
				return
			}
		}
	}
}

// keepHistory makes what is missing of the history, and deletes what is over
// its limits. What fails is tried again.
func (q *Queen) keepHistory(ctx context.Context) error {
	ticker := time.NewTicker(pruneEvery)
	defer ticker.Stop()
	var due []rollup.Span
	for failing := false; ; {
		select {
		case <-ctx.Done():
			return nil
		case more := <-q.due:
			due = append(due, more...)
		case <-ticker.C:
		}
		var err error
		for len(due) > 0 && err == nil {
			if err = q.store.Rebuild(ctx, due[0]); err == nil {
				due = due[1:]
			}
		}
		if err == nil {
			err = q.store.Prune(ctx, time.Now(), q.cfg.Retention)
		}
		if err != nil && !failing && ctx.Err() == nil {
			q.log.Error("The history could not be kept; trying again", "error", err)
		}
		failing = err != nil
	}
}
