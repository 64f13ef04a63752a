package store

import (
	"context"
	"fmt"
	"time"

	"rbee/internal/store/internal/dbsqlc"
	"rbee/internal/wire"
)

// keepDiscoveries is how long discovery results are kept.
const keepDiscoveries = 90 * 24 * time.Hour

// Discovery adds the result of one probe.
func (tx *Tx) Discovery(d wire.Discovery) error {
	q, err := tx.queries()
	if err != nil {
		return err
	}
	err = q.AddDiscovery(background, dbsqlc.AddDiscoveryParams{
		Epoch: d.Epoch, AttemptedMS: d.AttemptedAt.UnixMilli(), Alias: d.Alias, Hostname: d.Hostname, Port: int64(d.Port),
		Source: string(d.Source), Outcome: string(d.Outcome),
		HiveID: text(d.HiveID), Error: text(d.Error), ErrorText: text(d.ErrorText),
	})
	if err != nil {
		return fmt.Errorf("record discovery of %s: %w", d.Alias, err)
	}
	return nil
}

// PruneDiscoveries deletes the results that are older than 90 days.
func (tx *Tx) PruneDiscoveries(now time.Time) error {
	q, err := tx.queries()
	if err != nil {
		return err
	}
	if err := q.PruneDiscoveries(background, now.Add(-keepDiscoveries).UnixMilli()); err != nil {
		return fmt.Errorf("prune discoveries: %w", err)
	}
	return nil
}

// Discoveries reads the latest results, newest first.
func (s *Store) Discoveries(ctx context.Context, limit int) ([]wire.Discovery, error) {
	rows, err := s.read.Discoveries(ctx, int64(limit))
	if err != nil {
		return nil, s.readError("discoveries", err)
	}
	out := make([]wire.Discovery, len(rows))
	for i, r := range rows {
		out[i] = wire.Discovery{
			Alias: r.Alias, Hostname: r.Hostname, Port: int(r.Port), Source: wire.Source(r.Source),
			Outcome: wire.Outcome(r.Outcome), HiveID: deref(r.HiveID), Error: deref(r.Error), ErrorText: deref(r.ErrorText),
			AttemptedAt: fromMS(r.AttemptedMS), Epoch: r.Epoch,
		}
	}
	return out, nil
}
