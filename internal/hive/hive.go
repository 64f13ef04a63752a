package hive

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"rbee/internal/door"
	"rbee/internal/wire"
)

// DefaultRediscoverEvery is the time between slow retries.
const DefaultRediscoverEvery = time.Minute

// drain is how long requests in flight may take when the hive stops; the
// farewell to the queen fits in it.
const drain = 5 * time.Second

// Machine is what the hive asks of the machine it runs on.
type Machine interface {
	// Devices detects what the machine can compute on. It returns within
	// seconds, whatever the drivers do.
	Devices(ctx context.Context) []wire.Device
	// Node is the latest sample of the whole machine, nil when there is none.
	// It never waits.
	Node() *wire.Node
}

type dialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)

// Config says what New builds. StateDir, Machine and Log are required.
type Config struct {
	Bind string // IP to listen on; 127.0.0.1 if empty
	Port int    // to listen on; 0 is any free one
	// QueenURL is where heartbeats go: nil is not said (the remembered queen,
	// else standalone), empty is standalone and forgets the remembered queen, an
	// invalid one is logged and leaves the hive standalone.
	QueenURL        *string
	HiveID          string        // DefaultID of the hostname if empty
	StateDir        string        // of instance id, remembered queen and lock
	AdvertiseHost   string        // what the hive calls itself, for display; the hostname if empty
	RediscoverEvery time.Duration // between slow retries; 0 turns them off
	AllowHosts      []string      // further Host names it answers to
	Version         string
	Machine         Machine
	Log             *slog.Logger
	Work            *Work // what it takes to run workers and jobs; nil: it has neither

	Listener net.Listener // serves here instead of Bind and Port, for tests
	Dial     dialFunc     // reaches queens instead of the network, for tests
}

// Hive is one node agent.
type Hive struct {
	cfg      Config
	hostname string
	machine  func() fingerprint
	work     *work // nil: none
	addr     atomic.Pointer[net.Addr]
	ready    chan struct{}
}

// New checks cfg and starts nothing.
func New(cfg Config) (*Hive, error) {
	hostname, err := os.Hostname()
	if err != nil {
		hostname = "localhost" // a machine without a name is still a hive
	}
	if cfg.Bind == "" {
		cfg.Bind = "127.0.0.1"
	}
	if cfg.Dial == nil {
		cfg.Dial = dialFrom(cfg.Bind)
	}
	if cfg.HiveID == "" {
		cfg.HiveID = DefaultID(hostname)
	}
	if cfg.AdvertiseHost == "" {
		cfg.AdvertiseHost = wire.Printable(hostname)
	}
	err = errors.Join(
		wire.ValidateID(cfg.HiveID),
		wire.ValidateText("advertised host", cfg.AdvertiseHost),
		wire.ValidateText("version", cfg.Version),
	)
	if cfg.Port < 0 || cfg.Port > 65535 {
		err = errors.Join(err, fmt.Errorf("port %d is not in 0..65535", cfg.Port))
	}
	if cfg.RediscoverEvery < 0 {
		err = errors.Join(err, fmt.Errorf("the time between retries, %v, is negative: use 0 to turn them off", cfg.RediscoverEvery))
	}
	if cfg.StateDir == "" {
		err = errors.Join(err, errors.New("the state directory is missing"))
	}
	if err != nil {
		return nil, err
	}
	work, err := newWork(&cfg)
	if err != nil {
		return nil, err
	}
	return &Hive{
		cfg: cfg, hostname: hostname, ready: make(chan struct{}), work: work,
		machine: func() fingerprint { return thisMachine("/") },
	}, nil
}

// Addr is the address listened on, nil before Ready.
func (h *Hive) Addr() net.Addr {
	if a := h.addr.Load(); a != nil {
		return *a
	}
	return nil
}

// Ready is closed when the hive listens.
func (h *Hive) Ready() <-chan struct{} { return h.ready }

// Run serves, and keeps the tie to the queen, until ctx ends. It returns when
// everything it started has ended. It runs once. Errors to be told apart are
// ErrStateDirLocked and ErrStateDir.
func (h *Hive) Run(ctx context.Context) error {
	dir, err := openStateDir(h.cfg.StateDir, h.cfg.Log)
	if err != nil {
		return err
	}
	defer dir.close()
	instanceID, err := loadInstance(dir, h.machine())
	if err != nil {
		return err
	}
	first, memory, err := h.firstQueen(dir)
	if err != nil {
		return err
	}
	if err := h.work.open(dir); err != nil {
		return err
	}
	ln, err := h.listen(ctx)
	if err != nil {
		return errors.Join(err, h.work.close())
	}
	report := &reporter{
		counts: newCounts(),
		id:     h.cfg.HiveID, instanceID: instanceID, hostname: h.cfg.AdvertiseHost, version: h.cfg.Version,
		port: portOf(ln.Addr()), machine: h.cfg.Machine, workers: h.work.samples, foreign: h.work.foreign,
		health: h.work.health, log: h.cfg.Log,
	}
	detect := newDetector(h.cfg.Machine)
	link := newLink(&link{
		report: report, detect: detect, memory: memory, every: h.cfg.RediscoverEvery, dial: h.cfg.Dial, log: h.cfg.Log,
	}, first)
	serves := &handlers{report: report, link: link, detect: detect, work: h.work}
	h.work.serve(detect.devices, serves.self, serves.clock)
	h.announce(ln.Addr(), link.standing())
	guard := door.NewGuard(append([]string{h.hostname, h.cfg.AdvertiseHost}, h.cfg.AllowHosts...)...)
	routes := serves.routes(guard, h.cfg.Log)

	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return door.Serve(ctx, ln, routes, drain, h.cfg.Log) })
	g.Go(func() error { detect.run(ctx); return nil })
	g.Go(func() error { link.run(ctx); return nil })
	g.Go(func() error { return h.work.run(ctx) })
	return g.Wait()
}

// firstQueen is where the hive begins: the configured queen, the remembered
// one, or none.
func (h *Hive) firstQueen(dir *stateDir) (queen, *memory, error) {
	memory := loadMemory(dir)
	switch {
	case h.cfg.QueenURL == nil:
		return memory.last, memory, nil
	case *h.cfg.QueenURL == "":
		return queen{}, memory, memory.forget()
	}
	u, err := wire.ParseURL(*h.cfg.QueenURL)
	if err != nil {
		h.cfg.Log.Error("Invalid queen URL, heartbeat disabled", "error", err)
		return queen{}, memory, nil
	}
	return queen{URL: u}, memory, nil
}

func (h *Hive) listen(ctx context.Context) (net.Listener, error) {
	ln := h.cfg.Listener
	if ln == nil {
		var err error
		if ln, err = door.Listen(ctx, net.JoinHostPort(h.cfg.Bind, strconv.Itoa(h.cfg.Port))); err != nil {
			return nil, fmt.Errorf("%w; is another hive running there? use --bind or --port", err)
		}
	}
	addr := ln.Addr()
	h.addr.Store(&addr)
	return ln, nil
}

func portOf(addr net.Addr) int {
	if tcp, ok := addr.(*net.TCPAddr); ok {
		return tcp.Port
	}
	return 0
}

// announce logs the mode, before the first request is answered.
func (h *Hive) announce(addr net.Addr, s standing) {
	log := h.cfg.Log
	if s.state == wire.Standalone && (h.cfg.QueenURL == nil || *h.cfg.QueenURL == "") {
		log.Info("No queen_url configured, heartbeat disabled (standalone mode)")
	}
	if tcp, ok := addr.(*net.TCPAddr); ok && !tcp.IP.IsLoopback() {
		log.Warn("Listening beyond this machine: whoever reaches the address can tie this hive to a queen of theirs, and read its jobs and logs",
			"address", addr.String(), "remedy", "let only trusted networks reach it, or bind to 127.0.0.1")
	}
	attrs := []any{"address", addr.String(), "hive_id", h.cfg.HiveID, "state", s.state, "version", h.cfg.Version}
	if s.queen != "" {
		attrs = append(attrs, "queen_url", s.queen, "queen_remembered", h.cfg.QueenURL == nil)
	}
	log.Info("Hive ready", attrs...)
	close(h.ready)
}
