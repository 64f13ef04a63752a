package queen

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"rbee/internal/door"
	"rbee/internal/rollup"
	"rbee/internal/store"
	"rbee/internal/wire"
)

// drain is how long requests in flight may take to finish when the queen stops.
const drain = 10 * time.Second

// Config says how a queen runs. The zero value of an optional field is its
// default.
type Config struct {
	Bind    string       // IP address to listen on
	Port    int          // 0: any free one
	Store   *store.Store // open; the caller closes it after Run
	Version string
	Log     *slog.Logger

	SSHConfig         string        // its hosts are probed
	LoginUser, Home   string        // of the person whose SSH config that is
	HivePort          int           // of hosts that name none
	DiscoveryDelay    time.Duration // before the hosts of the SSH config are probed
	DiscoveryInterval time.Duration // between rounds over what is not live; 0: none
	DiscoverPublic    bool          // probe public addresses too
	AdvertiseURL      string        // told to hives, as wire.ParseURL returns it; "": the address of the route to each
	AllowHosts        []string      // further Host names to serve

	HeartbeatRate int64           // heartbeats per second up to which hives keep the rhythm of one a second; 0: DefaultHeartbeatRate
	Retention     store.Retention // how much of the history is kept
	Backups       Schedule        // copies of the state file made by herself

	Listener net.Listener                                                      // optional: serve on this instead of Bind and Port
	Dial     func(ctx context.Context, network, addr string) (net.Conn, error) // optional: the network, for tests
}

// Queen is the control plane as a value.
type Queen struct {
	cfg      Config
	store    *store.Store
	log      *slog.Logger
	hub      *hub
	counts   *counts
	pulses   pulses
	handler  http.Handler
	stopping chan struct{}
	copying  sync.Mutex // held while a backup is made and sent

	failing                    atomic.Bool  // the last use of the state file failed
	saidFailing, saidAvailable atomic.Int64 // when the log said so, unix ns

	// Set by Run before anything is served.
	ln        net.Listener
	registry  *registry
	discovery *discovery
	relay     *relay
	startedAt time.Time
	due       chan []rollup.Span // parts of the history to be made again
	ready     chan struct{}      // closed when ln is set
}

// New wires a queen and starts nothing.
func New(cfg Config) *Queen {
	q := &Queen{
		cfg: cfg, store: cfg.Store, log: cfg.Log, hub: newHub(), counts: newCounts(),
		stopping: make(chan struct{}), ready: make(chan struct{}), due: make(chan []rollup.Span, 16),
	}
	q.handler = q.routes()
	return q
}

// Ready is closed when the queen serves.
func (q *Queen) Ready() <-chan struct{} { return q.ready }

// Addr returns where the queen listens. It waits until she does, and must not
// be called when Run is not running.
func (q *Queen) Addr() net.Addr {
	<-q.ready
	return q.ln.Addr()
}

// Run opens a new epoch and serves until ctx ends. It returns when everything
// it started has ended and the epoch is closed.
func (q *Queen) Run(ctx context.Context) error {
	whole := context.WithoutCancel(ctx) // a boot is finished, then ended, not cut off
	// The address is taken first, so that a boot that fails for it opens no epoch;
	// whoever calls is answered when the epoch is in the file.
	if err := q.listen(whole); err != nil {
		return err
	}
	defer func() { _ = q.ln.Close() }()
	q.store.WatchCommits(q.counts.committed)
	q.startedAt = time.Now()
	epoch, err := q.store.StartEpoch(whole, q.startedAt, q.cfg.Version)
	if err != nil {
		return err
	}
	rate := cmp.Or(q.cfg.HeartbeatRate, DefaultHeartbeatRate)
	if q.registry, err = newRegistry(whole, q.store, epoch, q.hub, rate, q.startedAt); err != nil {
		return err
	}
	if err := q.store.StartHistory(whole, time.Now()); err != nil {
		return err
	}
	if err := q.store.ClearOutgoing(); err != nil {
		q.log.Warn("What a killed queen left of a backup could not be removed", "error", err)
	}
	q.discovery = newDiscovery(q)
	q.relay = newRelay(q)
	defer q.relay.client.Close()
	close(q.ready)
	q.announce()
	if err := q.serve(ctx); err != nil {
		return err
	}
	if err := q.store.StopEpoch(whole, time.Now(), epoch); err != nil {
		return fmt.Errorf("close epoch %d: %w", epoch, err)
	}
	q.log.Info("Queen stopped", "epoch", epoch)
	return nil
}

func (q *Queen) listen(ctx context.Context) (err error) {
	if q.ln = q.cfg.Listener; q.ln != nil {
		return nil
	}
	addr := net.JoinHostPort(q.cfg.Bind, strconv.Itoa(q.cfg.Port))
	if q.ln, err = door.Listen(ctx, addr); err != nil {
		return fmt.Errorf("%w; is another queen running there? use --bind or --port", err)
	}
	return nil
}

// serve runs everything that runs for as long as the queen does.
func (q *Queen) serve(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return door.Serve(ctx, q.ln, q.handler, drain, q.log) })
	group.Go(func() error { return q.discovery.run(ctx) })
	group.Go(func() error { return q.watch(ctx) })
	group.Go(func() error { return q.keepHistory(ctx) })
	group.Go(func() error { return q.store.KeepWhole(ctx, q.registry.epoch) })
	group.Go(func() error { return q.hub.run(ctx) })
	group.Go(func() error { return q.keepBackups(ctx) })
	group.Go(func() error { q.counts.learn(ctx, q.store); return nil })
	group.Go(func() error {
		defer close(q.stopping) // ends the open streams, which would hold up the server
		select {
		case <-ctx.Done():
			return nil
		case <-q.store.Failed():
			return fmt.Errorf("the state file can no longer be trusted: %w; check the disk, then the file with queen-rbee check, and start the queen again", q.store.Failure())
		}
	})
	return group.Wait()
}

// announce says how the queen runs, before she answers anybody.
func (q *Queen) announce() {
	q.log.Info("Queen ready", "address", "http://"+q.ln.Addr().String(), "epoch", q.registry.epoch,
		"queen_id", q.registry.queenID, "known_hives", len(q.registry.snapshot()), "version", q.cfg.Version)
	if !q.bound().Addr().IsLoopback() {
		q.log.Warn("The queen serves machines beyond this one, without authentication: "+
			"anybody who reaches this address can read and change what she knows", "address", q.ln.Addr().String())
	}
}

func (q *Queen) bound() netip.AddrPort {
	addr, err := netip.ParseAddrPort(q.ln.Addr().String())
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())
}

// ownNames are the Host names under which this queen is known.
func (q *Queen) ownNames() []string {
	names := append([]string{}, q.cfg.AllowHosts...)
	if own, err := os.Hostname(); err == nil {
		names = append(names, own)
	}
	if u, err := url.Parse(q.cfg.AdvertiseURL); err == nil {
		names = append(names, u.Hostname())
	}
	return names
}

// sayAgain is how long the log is silent about a state file that fails and
// recovers time and again.
const sayAgain = time.Minute

// available notes that the state file took a write.
func (q *Queen) available() {
	if q.failing.Load() && q.failing.CompareAndSwap(true, false) && sayNow(&q.saidAvailable) {
		q.log.Info("The state file takes writes again")
	}
}

// sayNow tells whether something may be said that was said last at a time, and
// sets that to now.
func sayNow(last *atomic.Int64) bool {
	was, now := last.Load(), time.Now().UnixNano()
	return (was == 0 || now-was >= int64(sayAgain)) && last.CompareAndSwap(was, now)
}

// unavailable turns an error of the store into what a client is told.
func (q *Queen) unavailable(err error) *wire.Problem {
	switch {
	case errors.Is(err, store.ErrQueueFull):
		return wire.NewProblem(wire.CodeQueueFull, "more heartbeats are waiting than the state file takes", "send it again later")
	case errors.Is(err, store.ErrClosed):
		return wire.NewProblem(wire.CodeShuttingDown, "the queen is stopping", "send it again when she is back")
	default:
		if errors.Is(err, context.Canceled) {
			return wire.NewProblem(wire.CodeStateUnavailable, err.Error(), "send it again")
		}
		if q.failing.Store(true); sayNow(&q.saidFailing) {
			q.log.Error("The state file could not be used", "error", err)
		}
		return wire.NewProblem(wire.CodeStateUnavailable, err.Error(), "look at the disk of the queen's machine, and at her log")
	}
}
