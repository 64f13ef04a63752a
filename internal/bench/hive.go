package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"rbee/internal/wire"
)

// hiveSections are what is measured of a hive.
var hiveSections = []section{
	{'i', "a hive and its workers", (*bench).workers},
	{'j', "an idle hive", (*bench).idle},
}

// hiveTargets are what the design demands of a hive.
func hiveTargets(_ *sheet, z sizes) []target {
	workers := count(z.workers) + " workers"
	share := float64(z.workers) / float64(full.workers)
	return []target{
		{section: 'i', what: workers + ": CPU for each round of telemetry, questions included", figure: "workers: CPU ms per round", unit: "ms", decimals: 1, reach: 20, aim: 20 * share},
		{section: 'i', what: workers + ": heartbeats per second in the queen's file", figure: "workers: heartbeats per second", decimals: 3, more: true, reach: 0.98, aim: 0.99},
		{section: 'i', what: workers + ": longest time between two heartbeats", figure: "workers: longest gap ms", unit: "ms", reach: 1500, aim: 1100},
		{section: 'j', what: "idle hive with a queen: greatest RSS", figure: "idle: RSS MB", unit: "MB", decimals: 1, reach: 25, aim: 20},
		{section: 'j', what: "idle hive with a queen: CPU", figure: "idle: % of a core", unit: "% of a core", decimals: 2, reach: 0.5, aim: 0.3},
	}
}

// benchHive is the id of the hive that is measured.
const benchHive = "bench"

// quiet is a worker that is this program and is asked nothing; asked is one that
// is asked what llama-server is asked.
const (
	quiet = `program = %q
arguments = ["engine", "--port", "{port}", "--life", "%s"]
group = "llm"
[devices.cpu]
`
	asked = quiet + `[busy]
path = "/metrics"
metrics = ["engine:requests"]
`
)

// cost is what a hive took, from outside.
type cost struct {
	over    time.Duration
	cpu     time.Duration
	rssMost float64 // MB
}

// perSecond is the time of a core in ms.
func (c *cost) perSecond() float64 { return float64(c.cpu.Microseconds()) / 1000 / c.over.Seconds() }

// workers measures a hive whose workers have nothing to do but to be watched.
func (b *bench) workers(ctx context.Context) error {
	more, _, err := b.hive(ctx, "health = \"/health\"\ndrain = \"0s\"\n"+asked, b.sizes.workers, b.sizes.workersFor)
	if err != nil {
		return err
	}
	b.sheet.add("workers that are asked: CPU ms per second", more.perSecond())
	c, beats, err := b.hive(ctx, quiet, b.sizes.workers, b.sizes.workersFor)
	if err != nil {
		return err
	}
	b.sheet.add("workers: CPU ms per round", c.perSecond()) // there is one a second
	b.sheet.add("workers: % of a core", c.cpu.Seconds()/c.over.Seconds()*100)
	b.sheet.add("workers: RSS MB", c.rssMost)
	b.sheet.add("workers: heartbeats per second", float64(beats.count)/c.over.Seconds())
	b.sheet.add("workers: longest gap ms", float64(beats.gap.Milliseconds()))
	b.sheet.add("workers: in each heartbeat, at least", float64(beats.workers))
	if beats.workers != b.sizes.workers {
		b.fault("of %d workers one heartbeat has %d", b.sizes.workers, beats.workers)
	}
	return nil
}

// idle measures a hive that only tells a queen that it is there.
func (b *bench) idle(ctx context.Context) error {
	c, beats, err := b.hive(ctx, quiet, 0, b.sizes.idleFor)
	if err != nil {
		return err
	}
	b.sheet.add("idle: RSS MB", c.rssMost)
	b.sheet.add("idle: % of a core", c.cpu.Seconds()/c.over.Seconds()*100)
	b.sheet.add("idle: heartbeats per second", float64(beats.count)/c.over.Seconds())
	return nil
}

// hive runs a hive with so many workers and a queen, and looks at it for a while.
func (b *bench) hive(ctx context.Context, kind string, workers int, watched time.Duration) (c cost, got beats, err error) {
	b.say("hive", "workers", workers)
	err = b.withState(func(state string) error {
		q, err := b.queen(ctx, state, 0)
		if err != nil {
			return err
		}
		var from time.Time
		err = with(q, func() error {
			h, err := b.startHive(ctx, filepath.Dir(state), q, fmt.Sprintf(kind, b.cfg.Self, life(workers, watched)))
			if err != nil {
				return err
			}
			return with(h, func() (err error) {
				if err := b.spawn(ctx, h, workers); err != nil {
					return err
				}
				if err := pause(ctx, b.sizes.hiveSettle); err != nil {
					return err
				}
				from = time.Now()
				c, err = watch(ctx, h.pid, watched)
				return err
			})
		})
		if err != nil {
			return err
		}
		got, err = beatsOf(ctx, state, benchHive, from, from.Add(c.over))
		return err
	})
	return c, got, err
}

// startHive starts a hive with a directory in dir, the kind of worker in it.
func (b *bench) startHive(ctx context.Context, dir string, q *server, kind string) (*server, error) {
	home := filepath.Join(dir, "hive")
	if err := os.MkdirAll(filepath.Join(home, "workers.d"), 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(home, "workers.d", "engine.toml"), []byte(kind), 0o600); err != nil {
		return nil, err
	}
	return b.start(ctx, "the hive", 0, b.programs.hive, "--bind", "127.0.0.1", "--queen-url", q.url(), "--hive-id", benchHive,
		"--state-dir", home, "--models-dir", filepath.Join(home, "models"), "--stop-workers", "--log-level", "error")
}

// life is when workers end that nobody stops.
func life(workers int, watched time.Duration) time.Duration {
	return watched + time.Minute + time.Duration(workers)*time.Second
}

// spawn starts workers, a few at a time, and waits until all serve.
func (b *bench) spawn(ctx context.Context, h *server, workers int) error {
	const atOnce = 4
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	var group errgroup.Group
	group.SetLimit(atOnce)
	for range workers {
		group.Go(func() error {
			said, err := job(ctx, client, h.url(), `{"operation":"worker_spawn","worker":"engine","device":"CPU-0"}`)
			if err == nil && !strings.HasSuffix(said, "data: [DONE]\n\n") {
				err = fmt.Errorf("spawn a worker: %s", said)
			}
			return err
		})
	}
	return group.Wait()
}

// watch looks at a process for a while.
func watch(ctx context.Context, pid int, watched time.Duration) (c cost, err error) {
	began := time.Now()
	before, there := cpuTime(pid)
	for time.Since(began) < watched {
		c.rssMost = max(c.rssMost, rss(pid))
		if err := pause(ctx, time.Second); err != nil {
			return c, err
		}
	}
	after, still := cpuTime(pid)
	c.cpu, c.over = after-before, time.Since(began)
	if !there || !still || math.IsNaN(c.rssMost) {
		return c, errors.New("what the hive costs cannot be read from /proc")
	}
	return c, nil
}

// cpuTime is what a process has used in user and kernel mode, which may well be
// no tick of the clock yet; false if it is not there.
func cpuTime(pid int) (used time.Duration, there bool) {
	const tick = time.Second / 100
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	_, rest, _ := strings.Cut(string(raw), ") ")
	f := strings.Fields(rest) // f[0] is field 3
	if len(f) < 13 {
		return 0, false
	}
	user, err := strconv.ParseInt(f[14-3], 10, 64)
	kernel, err2 := strconv.ParseInt(f[15-3], 10, 64)
	return time.Duration(user+kernel) * tick, err == nil && err2 == nil
}

// rss is the resident memory of a process in MB; NaN if it is not there.
func rss(pid int) float64 {
	kb, err := strconv.ParseFloat(strings.TrimSuffix(field(fmt.Sprintf("/proc/%d/status", pid), "VmRSS"), " kB"), 64)
	if err != nil {
		return math.NaN()
	}
	return kb * 1024 / 1e6
}

// Engine is a worker: it serves and does nothing.
func Engine(ctx context.Context, port int, life time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, life)
	defer cancel()
	mux := http.NewServeMux()
	mux.HandleFunc(wire.PathHealth, func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/metrics", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("engine:requests 0\n")) })
	s := http.Server{Addr: "127.0.0.1:" + strconv.Itoa(port), Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stop()
	if err := s.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
