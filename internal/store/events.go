package store

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"rbee/internal/store/internal/dbsqlc"
	"rbee/internal/wire"
)

// Event adds a line to the audit log. Detail becomes a JSON object; hiveID is
// "" for events of the queen.
func (tx *Tx) Event(at time.Time, epoch int64, kind wire.EventKind, hiveID string, detail any) (wire.Event, error) {
	q, err := tx.queries()
	if err != nil {
		return wire.Event{}, err
	}
	raw, err := json.Marshal(detail)
	if err != nil {
		return wire.Event{}, fmt.Errorf("event %s: %w", kind, err)
	}
	p := dbsqlc.AddEventParams{AtMS: at.UnixMilli(), Epoch: epoch, Kind: string(kind), HiveID: text(hiveID), Detail: string(raw)}
	id, err := q.AddEvent(background, p)
	if err != nil {
		return wire.Event{}, fmt.Errorf("record event %s: %w", kind, err)
	}
	tx.events = append(tx.events, kind)
	return wire.Event{ID: id, At: fromMS(p.AtMS), Epoch: epoch, Kind: kind, HiveID: hiveID, Detail: raw}, nil
}

// EventFilter selects events; zero fields select all.
type EventFilter struct {
	After  *int64 // the first ones with a greater id
	Before *int64 // the last ones with a smaller id; neither: the last ones
	Hive   string
	Kind   wire.EventKind
	Limit  int
}

// Events reads at most f.Limit events, oldest first.
func (s *Store) Events(ctx context.Context, f EventFilter) ([]wire.Event, error) {
	var (
		rows []dbsqlc.Event
		err  error
	)
	if f.After != nil {
		rows, err = s.read.EventsAfter(ctx, dbsqlc.EventsAfterParams{
			After: *f.After, Hive: f.Hive, Kind: string(f.Kind), Most: int64(f.Limit),
		})
	} else {
		before := int64(math.MaxInt64)
		if f.Before != nil {
			before = *f.Before
		}
		rows, err = s.read.EventsBefore(ctx, dbsqlc.EventsBeforeParams{
			Before: before, Hive: f.Hive, Kind: string(f.Kind), Most: int64(f.Limit),
		})
		slices.Reverse(rows)
	}
	if err != nil {
		return nil, s.readError("events", err)
	}
	events := make([]wire.Event, len(rows))
	for i, r := range rows {
		events[i] = wire.Event{
			ID: r.ID, At: fromMS(r.AtMS), Epoch: r.Epoch, Kind: wire.EventKind(r.Kind), Detail: json.RawMessage(r.Detail),
		}
		if r.HiveID != nil {
			events[i].HiveID = *r.HiveID
		}
	}
	return events, nil
}

// text is NULL for "".
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
