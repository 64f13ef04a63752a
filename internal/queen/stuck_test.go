package queen

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rbee/internal/apitest"
	"rbee/internal/door"
	"rbee/internal/store"
	"rbee/internal/wire"
)

// onSockets runs a queen on a real socket, and returns where.
func onSockets(t *testing.T) (q *Queen, addr string) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "queen.db"), log)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := door.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	q = New(Config{Store: s, Version: "1.2.3", Log: log, HivePort: 1, DiscoveryDelay: never, Listener: ln})
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- q.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return q, q.Addr().String()
}

// crowd is hives that send large heartbeats, each as fast as they are answered
// but for a pause, so that the stream has some megabytes a second.
type crowd struct {
	client *http.Client
	url    string
}

// send sends until enough says so, and returns how long each heartbeat took, the
// shortest first.
func (c crowd) send(t *testing.T, hives int, enough func() bool) []time.Duration {
	t.Helper()
	workers := strings.Repeat(`{"pid":1,"group":"llm","instance":"8080","model":"`+strings.Repeat("m", 200)+`"},`, 60)
	var mu sync.Mutex
	var took []time.Duration
	var all sync.WaitGroup
	for n := range hives {
		all.Go(func() {
			for !enough() {
				body := fmt.Sprintf(`{"hive":{"id":"crowd-%d","port":1},"timestamp":"2025-10-30T22:00:00Z","capabilities":[],"workers":[%s]}`, n, workers[:len(workers)-1])
				began := time.Now()
				resp, err := c.client.Post(c.url+wire.PathHeartbeat, "application/json", strings.NewReader(body))
				if err != nil {
					t.Error(err)
					return
				}
				_ = resp.Body.Close()
				mu.Lock()
				took = append(took, time.Since(began))
				mu.Unlock()
				if resp.StatusCode != http.StatusOK {
					t.Errorf("a heartbeat got %d", resp.StatusCode)
				}
				time.Sleep(10 * time.Millisecond)
			}
		})
	}
	all.Wait()
	slices.Sort(took)
	return took
}

// A hundred readers of the stream that take nothing are dropped, hold up no
// heartbeat and leave nothing behind.
func TestAHundredStuckReadersDelayNoHeartbeat(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: it takes ten seconds")
	}
	const stuck, hives = 100, 4
	q, addr := onSockets(t)
	transport := &http.Transport{MaxIdleConnsPerHost: hives}
	defer transport.CloseIdleConnections()
	c := crowd{client: &http.Client{Transport: transport, Timeout: 10 * time.Second}, url: "http://" + addr}
	lasts := func(d time.Duration) func() bool {
		end := time.Now().Add(d)
		return func() bool { return time.Now().After(end) }
	}
	c.send(t, hives, lasts(200*time.Millisecond)) // to be registered, and warm
	before := apitest.Holding(t)
	alone := c.send(t, hives, lasts(2*time.Second))

	conns := apitest.Stuck(t, addr, wire.PathStream, stuck)
	for deadline := time.Now().Add(10 * time.Second); q.hub.count.Load() < stuck; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("only %d of %d readers have begun", q.hub.count.Load(), stuck)
		}
	}
	began := time.Now()
	late := lasts(40 * time.Second)
	beside := c.send(t, hives, func() bool { return q.hub.count.Load() == 0 || late() })
	if n := q.hub.count.Load(); n != 0 {
		t.Errorf("%d of %d stuck readers are still there", n, stuck)
	}
	t.Logf("all dropped after %v", time.Since(began).Round(10*time.Millisecond))
	before.Dropped(t, conns, writeWithin+5*time.Second)
	before.BackTo(t, 10*time.Second)

	at := func(all []time.Duration, percent int) time.Duration { return all[(len(all)-1)*percent/100] }
	t.Logf("heartbeats: %d alone (%v in the middle, %v at 99 %%, %v at most), %d beside the stuck (%v, %v, %v)",
		len(alone), at(alone, 50), at(alone, 99), at(alone, 100), len(beside), at(beside, 50), at(beside, 99), at(beside, 100))
	for percent, times := range map[int]int{50: 5, 99: 10} {
		const noise = 100 * time.Millisecond // of a machine that does other things
		if got, most := at(beside, percent), time.Duration(times)*at(alone, percent)+noise; got > most {
			t.Errorf("%d %% of the heartbeats took up to %v beside the stuck readers, want at most %v", percent, got, most)
		}
	}
	if got := at(beside, 100); got >= writeWithin/2 {
		t.Errorf("a heartbeat took %v: it waited for a reader", got)
	}
}
