package bench

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"rbee/internal/door"
	"rbee/internal/store"
	"rbee/internal/wire"
)

// Lone serves heartbeats as one would without a thought: each in a transaction
// of its own, one after the other, in the same store, the same rows, synced
// before the answer.
func Lone(ctx context.Context, port int, state string, log *slog.Logger) error {
	s, err := store.Open(context.WithoutCancel(ctx), state, log)
	if err != nil {
		return err
	}
	l := lone{store: s, hives: map[string]int64{}}
	if l.epoch, err = s.StartEpoch(ctx, time.Now(), "lone"); err == nil {
		err = serve(ctx, port, router(l.heartbeat), log)
	}
	return errors.Join(err, s.Close())
}

// lone takes one heartbeat at a time.
type lone struct {
	store *store.Store
	epoch int64

	mu    sync.Mutex // held until the commit
	hives map[string]int64
}

func (l *lone) heartbeat(w http.ResponseWriter, r *http.Request) {
	hb := new(wire.Heartbeat)
	if problem := door.DecodeJSON(r, wire.MaxHeartbeatBytes, hb); problem != nil {
		door.WriteProblem(w, problem)
		return
	}
	hb.Normalize()
	err := hb.Validate()
	if err == nil {
		err = l.take(hb)
	}
	if err != nil {
		door.WriteProblem(w, wire.NewProblem(wire.CodeStateUnavailable, err.Error(), "look at the disk"))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, ack) // a client that left needs no answer
}

// take commits a heartbeat alone: nobody else puts anything into the queue.
func (l *lone) take(hb *wire.Heartbeat) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.store.TryWrite(func(tx *store.Tx) error {
		now := time.Now()
		pk := l.hives[hb.Hive.ID]
		if pk == 0 {
			h := store.Hive{ID: hb.Hive.ID, Port: hb.Hive.Port, RegisteredEpoch: l.epoch, FirstSeen: now, Beating: true}
			if err := tx.SaveHive(&h); err != nil {
				return err
			}
			pk = h.PK
			tx.OnCommit(func() { l.hives[hb.Hive.ID] = pk })
		}
		tx.Heartbeat(store.Beat{HivePK: pk, Epoch: l.epoch, Received: now, Next: wire.HeartbeatInterval, Heartbeat: hb})
		return nil
	})
}
