package store

import (
	"context"
	"fmt"
	"time"

	"rbee/internal/store/internal/dbsqlc"
	"rbee/internal/wire"
)

// StartEpoch opens the epoch after the last one and returns its number. An
// earlier epoch that never ended was a crash: it is marked so, with the last
// sign of life as its end. The events of the boot go into the same commit.
func (s *Store) StartEpoch(ctx context.Context, now time.Time, version string) (epoch int64, err error) {
	err = s.despiteDamage(ctx, func() error { return s.startEpoch(ctx, now, version, &epoch) })
	return epoch, err
}

func (s *Store) startEpoch(ctx context.Context, now time.Time, version string, epoch *int64) error {
	return s.Write(ctx, func(tx *Tx) error {
		q, err := tx.queries()
		if err != nil {
			return err
		}
		last, err := q.LastEpoch(background)
		if err != nil {
			return fmt.Errorf("read the last epoch: %w", err)
		}
		*epoch = last + 1
		if err := tx.closeCrashed(now, *epoch); err != nil {
			return err
		}
		if err := tx.closeBeats(); err != nil {
			return err
		}
		err = q.StartEpoch(background, dbsqlc.StartEpochParams{
			Epoch: *epoch, StartedMS: now.UnixMilli(), Version: version, SchemaVersion: s.SchemaVersion,
		})
		if err != nil {
			return fmt.Errorf("open epoch %d: %w", *epoch, err)
		}
		if from, migrated := s.MigratedFrom(); migrated {
			_, err := tx.Event(now, *epoch, wire.EventStateMigrated, "", map[string]any{"from": from, "to": s.SchemaVersion})
			if err != nil {
				return err
			}
		}
		_, err = tx.Event(now, *epoch, wire.EventQueenStarted, "", map[string]any{"version": version})
		return err
	})
}

func (tx *Tx) closeCrashed(now time.Time, epoch int64) error {
	unfinished, err := tx.q.UnfinishedEpochs(background)
	if err != nil {
		return fmt.Errorf("look for crashed epochs: %w", err)
	}
	for _, e := range unfinished {
		life, err := tx.q.LastSignOfLife(background, e.Epoch)
		if err != nil {
			return fmt.Errorf("last sign of life of epoch %d: %w", e.Epoch, err)
		}
		life = max(life, e.StartedMS)
		if err := tx.q.StopEpoch(background, stopEpoch(e.Epoch, life, "crash")); err != nil {
			return fmt.Errorf("mark epoch %d as crashed: %w", e.Epoch, err)
		}
		detail := map[string]any{"epoch": e.Epoch, "last_sign_of_life": fromMS(life)}
		if _, err := tx.Event(now, epoch, wire.EventQueenCrashed, "", detail); err != nil {
			return err
		}
	}
	return nil
}

// StopEpoch ends an epoch cleanly.
func (s *Store) StopEpoch(ctx context.Context, now time.Time, epoch int64) error {
	return s.Write(ctx, func(tx *Tx) error {
		q, err := tx.queries()
		if err != nil {
			return err
		}
		if _, err := tx.Event(now, epoch, wire.EventQueenStopped, "", struct{}{}); err != nil {
			return err
		}
		if err := tx.closeBeats(); err != nil {
			return err
		}
		return q.StopEpoch(background, stopEpoch(epoch, now.UnixMilli(), "clean"))
	})
}

func stopEpoch(epoch, ms int64, reason string) dbsqlc.StopEpochParams {
	return dbsqlc.StopEpochParams{Epoch: epoch, StoppedMS: &ms, StopReason: &reason}
}

func fromMS(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
