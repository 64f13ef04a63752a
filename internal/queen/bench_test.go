package queen

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rbee/internal/memnet"
	"rbee/internal/store"
	"rbee/internal/wire"
)

// BenchmarkHeartbeat is what the queen's handler costs without a network: with a
// commit, which many share, and refused without one.
func BenchmarkHeartbeat(b *testing.B) {
	log := slog.New(slog.DiscardHandler)
	s, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "queen.db"), log)
	if err != nil {
		b.Fatal(err)
	}
	net := memnet.New()
	q := New(Config{Store: s, Log: log, DiscoveryDelay: never, Listener: net.Listen(queenAddr), Dial: net.Dialer(queenIP)})
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.Context()))
	ended := make(chan error, 1)
	go func() { ended <- q.Run(ctx) }()
	<-q.Ready()
	b.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
		_ = s.Close()
	})
	send := func(body string, want int) bool {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, queenURL+wire.PathHeartbeat, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		if q.handler.ServeHTTP(w, r); w.Code != want {
			b.Errorf("got %d %s, want %d", w.Code, w.Body, want)
		}
		return w.Code == want
	}
	body := func(n int64, devices []wire.Device) string {
		raw, err := json.Marshal(wire.Heartbeat{
			Hive: wire.HiveInfo{ID: fmt.Sprintf("hive-%d", n), Port: 7835, OperationalStatus: wire.Ready, HealthStatus: wire.HealthStatus{Status: wire.HealthHealthy}}, Timestamp: time.Now(), Workers: []wire.Worker{}, Capabilities: devices,
		})
		if err != nil {
			b.Fatal(err)
		}
		return string(raw)
	}
	b.Run("accepted", func(b *testing.B) {
		var hives atomic.Int64
		b.SetParallelism(64)
		b.RunParallel(func(pb *testing.PB) {
			n := hives.Add(1)
			well := send(body(n, []wire.Device{cpu}), http.StatusOK)
			for telemetry := body(n, nil); pb.Next() && well; {
				well = send(telemetry, http.StatusOK)
			}
		})
	})
	b.Run("unknown", func(b *testing.B) {
		telemetry := body(1_000_000, nil)
		for b.Loop() {
			if !send(telemetry, http.StatusNotFound) {
				return
			}
		}
	})
}
