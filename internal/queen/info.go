package queen

import (
	"context"

	"rbee/internal/store"
	"rbee/internal/wire"
)

type (
	healthOutput struct{ Body wire.Health }
	infoOutput   struct{ Body wire.Info }
)

func (q *Queen) health(context.Context, *struct{}) (*healthOutput, error) {
	return &healthOutput{Body: wire.Health{Status: "ok"}}, nil
}

// readyz passes through the writer, so that it tells whether heartbeats would
// be taken.
func (q *Queen) readyz(context.Context, *struct{}) (*healthOutput, error) {
	if err := q.store.TryWrite(func(tx *store.Tx) error { return tx.Probe() }); err != nil {
		return nil, q.unavailable(err)
	}
	q.available()
	return &healthOutput{Body: wire.Health{Status: "ready"}}, nil
}

func (q *Queen) info(context.Context, *struct{}) (*infoOutput, error) {
	return &infoOutput{Body: wire.Info{
		Version: q.cfg.Version, QueenID: q.registry.queenID, Epoch: q.registry.epoch, StartedAt: q.startedAt.UTC(),
		SchemaVersion: q.store.SchemaVersion, AdvertiseURL: q.cfg.AdvertiseURL,
		HeartbeatIntervalMS: q.registry.granted().Milliseconds(), HeartbeatRate: q.registry.rate,
		StateBytes: q.store.Bytes(), WALBytes: q.store.WALBytes(),
	}}, nil
}
