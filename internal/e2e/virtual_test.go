package e2e

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rbee/internal/hive"
	"rbee/internal/memnet"
	"rbee/internal/peer"
	"rbee/internal/queen"
	"rbee/internal/queenclient"
	"rbee/internal/store"
	"rbee/internal/wire"
)

// world is one bubble: machines with addresses on one network, and a clock that
// moves when everybody waits.
type world struct {
	t     *testing.T
	net   *memnet.Net
	start time.Time
	dir   string
}

// inVirtualTime runs a test in a bubble.
func inVirtualTime(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	dir := t.TempDir() // made outside: the bubble's T cannot clean up after it
	synctest.Test(t, func(t *testing.T) {
		test(t, &world{t: t, net: memnet.New(), start: time.Now(), dir: dir})
	})
}

// at sleeps until so long after the start.
func (w *world) at(d time.Duration) {
	time.Sleep(time.Until(w.start.Add(d)))
	synctest.Wait()
}

// running is a daemon that can be stopped.
type running struct {
	stop func()
	log  *logBook
}

// logBook keeps log lines with the virtual time since the start.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logBook) count(part string) int { return strings.Count(l.String(), part) }

func newLog() (*logBook, *slog.Logger) {
	book := &logBook{}
	return book, slog.New(slog.NewTextHandler(book, &slog.HandlerOptions{Level: slog.LevelInfo}))
}

// queen starts a queen at ip:7833 on the state file of that name.
func (w *world) queen(ip, state string, change func(*queen.Config)) *running {
	w.t.Helper()
	book, log := newLog()
	s, err := store.Open(context.Background(), filepath.Join(w.dir, state), log)
	if err != nil {
		w.t.Fatal(err)
	}
	cfg := queen.Config{
		Store: s, Version: "test", Log: log, HivePort: wire.DefaultHivePort, DiscoveryDelay: 5 * time.Second,
		DiscoveryInterval: 5 * time.Minute, AdvertiseURL: "http://" + ip + ":7833",
		Listener: w.net.Listen(ip + ":7833"), Dial: w.net.Dialer(ip),
	}
	if change != nil {
		change(&cfg)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- errors.Join(queen.New(cfg).Run(ctx), s.Close()) }()
	r := &running{log: book}
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("queen at %s ended with %v", ip, err)
		}
	})
	w.t.Cleanup(r.stop)
	return r
}

// machine is a computer with one GPU, for hives.
type machine struct{}

func (machine) Devices(context.Context) []wire.Device {
	gb := int64(24)
	return []wire.Device{{ID: "GPU-0", Name: "NVIDIA GeForce RTX 4090", DeviceType: "gpu", VRAMGB: &gb}, {ID: "CPU-0", Name: "CPU (16 cores)", DeviceType: "cpu"}}
}

func (machine) Node() *wire.Node { return &wire.Node{CPUPct: 12.5, RAMUsedMB: 100, RAMTotalMB: 200} }

// hive starts a hive at ip:7835 under that id.
func (w *world) hive(ip, id string, change func(*hive.Config)) *running {
	w.t.Helper()
	book, log := newLog()
	cfg := hive.Config{
		HiveID: id, StateDir: filepath.Join(w.dir, "hive-"+ip), RediscoverEvery: time.Minute, Version: "test",
		Machine: machine{}, Log: log, Listener: w.net.Listen(ip + ":7835"), Dial: w.net.Dialer(ip),
	}
	if change != nil {
		change(&cfg)
	}
	h, err := hive.New(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	r := &running{log: book}
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("hive at %s ended with %v", ip, err)
		}
	})
	w.t.Cleanup(r.stop)
	return r
}

// client speaks to the queen at ip as the keeper does.
func (w *world) client(ip string) *queenclient.Client {
	w.t.Helper()
	c := queenclient.New("http://"+ip+":7833", peer.Options{Dial: w.net.Dialer("10.0.0.250")})
	w.t.Cleanup(c.Close)
	return c
}

// hives returns what the queen at ip knows, by id.
func (w *world) hives(ip string) map[string]wire.Hive {
	w.t.Helper()
	c := w.client(ip)
	defer c.Close()
	list, err := c.Hives(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[string]wire.Hive{}
	for _, h := range list.Hives {
		out[h.ID] = h
	}
	return out
}

// events returns "kind hive" of every event the queen at ip recorded.
func (w *world) events(ip string) []string {
	w.t.Helper()
	c := w.client(ip)
	defer c.Close()
	list, err := c.Events(context.Background(), queenclient.EventFilter{Limit: 1000})
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, e := range list.Events {
		out = append(out, strings.TrimSpace(string(e.Kind)+" "+e.HiveID))
	}
	return out
}
