package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"

	"rbee/internal/door"
	"rbee/internal/wire"
)

// ack is as long as what a queen answers to a hive of the swarm.
const ack = `{"status":"ok","message":"Telemetry received from hive swarm-000000","epoch":1,` +
	`"queen_id":"00000000-0000-7000-8000-000000000000"}` + "\n"

// drain is how long requests in flight may take when a server here stops.
const drain = 5 * time.Second

// Floor serves what costs least: behind the limits of the daemons, it reads
// heartbeats as the queen does and answers as she does, and does nothing else.
func Floor(ctx context.Context, port int, log *slog.Logger) error {
	return serve(ctx, port, floor(), log)
}

func floor() http.Handler {
	buffers := sync.Pool{New: func() any { return new(bytes.Buffer) }}
	return router(func(w http.ResponseWriter, r *http.Request) {
		buffer := buffers.Get().(*bytes.Buffer) //nolint:forcetypeassert // nothing else is put there
		defer buffers.Put(buffer)
		buffer.Reset()
		if n := r.ContentLength; n > 0 && n <= wire.MaxHeartbeatBytes {
			buffer.Grow(int(n) + bytes.MinRead)
		}
		if n, err := buffer.ReadFrom(io.LimitReader(r.Body, wire.MaxHeartbeatBytes+1)); err != nil || n > wire.MaxHeartbeatBytes {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, ack) // a client that left needs no answer
	})
}

// router has one route, and the one that says the server is up.
func router(heartbeat http.HandlerFunc) http.Handler {
	r := chi.NewRouter()
	r.Post(wire.PathHeartbeat, heartbeat)
	r.Get(wire.PathHealth, func(http.ResponseWriter, *http.Request) {})
	return r
}

func serve(ctx context.Context, port int, h http.Handler, log *slog.Logger) error {
	ln, err := door.Listen(ctx, fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return err
	}
	return door.Serve(ctx, ln, h, drain, log)
}
