package queen

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"rbee/internal/hiveclient"
	"rbee/internal/peer"
	"rbee/internal/sshconfig"
	"rbee/internal/store"
	"rbee/internal/wire"
)

// probesAtOnce bounds the pulls in flight of one round.
const probesAtOnce = 64

// discovery looks for hives: the known ones at once after a boot, this machine
// and the hosts of the SSH config after a delay, then in intervals those that
// are not live, and everything when asked.
type discovery struct {
	store    *store.Store
	registry *registry
	log      *slog.Logger
	strict   *hiveclient.Client // refuses public addresses
	open     *hiveclient.Client // dials any

	bound          netip.AddrPort // where the queen listens
	advertiseURL   string
	sshConfig      string
	loginUser      string
	home           string
	hivePort       int
	discoverPublic bool
	delay          time.Duration
	interval       time.Duration // 0: no rounds after the one at boot

	counts *counts

	requests chan request
	ended    chan struct{} // closed when run has ended

	mu     sync.Mutex
	last   map[string]wire.Discovery // by key, as last recorded
	warned map[string]bool
}

// request asks the loop for a round.
type request struct {
	take bool
	done chan finished
}

// finished is what became of a round that was asked for.
type finished struct {
	wire.Round
	err error
}

// round is what one pass over targets is for.
type round struct {
	targets []target
	take    bool // take hives from a living queen
	changes bool // log and record only what is not as it was
}

func newDiscovery(q *Queen) *discovery {
	refusePublic := func(a netip.Addr) error {
		if sshconfig.Public(a) {
			return errPublic
		}
		return nil
	}
	return &discovery{
		store: q.store, registry: q.registry, log: q.log, counts: q.counts,
		strict: hiveclient.New(peer.Options{Dial: q.cfg.Dial, Allow: refusePublic}),
		open:   hiveclient.New(peer.Options{Dial: q.cfg.Dial}),
		bound:  q.bound(), advertiseURL: q.cfg.AdvertiseURL, sshConfig: q.cfg.SSHConfig,
		loginUser: q.cfg.LoginUser, home: q.cfg.Home, hivePort: q.cfg.HivePort,
		discoverPublic: q.cfg.DiscoverPublic, delay: q.cfg.DiscoveryDelay, interval: q.cfg.DiscoveryInterval,
		requests: make(chan request), ended: make(chan struct{}), last: map[string]wire.Discovery{}, warned: map[string]bool{},
	}
}

// run is the loop that owns the rounds; only the one over the known hives runs
// beside it, so that hosts which are switched off do not hold up the others.
func (d *discovery) run(ctx context.Context) error {
	defer close(d.ended)
	defer d.strict.Close()
	defer d.open.Close()
	var boot sync.WaitGroup
	defer boot.Wait()
	named, _ := d.named()
	boot.Go(func() { _, _ = d.round(ctx, round{targets: withoutDoubles(d.known(named))}) }) // it logs its failure
	next := time.NewTimer(d.delay)
	defer next.Stop()
	for first := true; ctx.Err() == nil; {
		select {
		case <-ctx.Done():
			return nil
		case req := <-d.requests:
			targets, warnings := d.all()
			out, err := d.round(ctx, round{targets: targets, take: req.take})
			out.Warnings = warnings
			if ctx.Err() == nil { // a round cut short says nothing about the hosts
				req.done <- finished{out, err}
			}
		case <-next.C:
			if first {
				named, _ := d.named()
				_, _ = d.round(ctx, round{targets: withoutDoubles(named)})
			} else {
				targets, _ := d.all()
				_, _ = d.round(ctx, round{targets: d.notLive(targets), changes: true})
			}
			first = false
			if d.interval > 0 {
				next.Reset(d.interval)
			}
		}
		d.prune(ctx)
	}
	return nil
}

// errEnded is what becomes of a round that is asked for while the queen stops.
var errEnded = errors.New("the queen is stopping")

// ask has the loop run a round over everything and waits for it.
func (d *discovery) ask(ctx context.Context, take bool) (wire.Round, error) {
	req := request{take: take, done: make(chan finished, 1)}
	select {
	case d.requests <- req:
	case <-d.ended:
		return wire.Round{}, errEnded
	case <-ctx.Done():
		return wire.Round{}, ctx.Err()
	}
	select {
	case out := <-req.done:
		return out.Round, out.err
	case <-d.ended:
		return wire.Round{}, errEnded
	case <-ctx.Done():
		return wire.Round{}, ctx.Err()
	}
}

// round probes the targets in parallel. The result of each is on file before
// the one line that sums them up; the error says that one is not.
func (d *discovery) round(ctx context.Context, r round) (wire.Round, error) {
	out := wire.Round{Results: make([]wire.Discovery, len(r.targets))}
	if len(r.targets) == 0 {
		d.counts.looked(out)
		return out, nil
	}
	var (
		group   errgroup.Group
		changed = make([]bool, len(r.targets))
	)
	group.SetLimit(probesAtOnce)
	for i, t := range r.targets {
		group.Go(func() (err error) {
			out.Results[i], changed[i], err = d.look(ctx, t, r)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		d.log.Error("A discovery round could not be recorded", "error", err)
		return out, err
	}
	for _, result := range out.Results {
		switch result.Outcome {
		case wire.OutcomeRegistered:
			out.Successful++
		case wire.OutcomeSkipped:
			out.Skipped++
		case wire.OutcomeFailed:
			out.Failed++
		}
	}
	if stopped(ctx) {
		return out, nil
	}
	d.counts.looked(out)
	if r.changes && !slices.Contains(changed, true) {
		return out, nil
	}
	return out, d.conclude(ctx, out)
}

// stopped tells whether the queen stops: what was probed then says nothing.
func stopped(ctx context.Context) bool { return ctx.Err() != nil }

// conclude records that a round has ended, and says so.
func (d *discovery) conclude(ctx context.Context, out wire.Round) error {
	err := d.store.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		d.registry.join(tx)
		now := time.Now()
		detail := map[string]any{"successful": out.Successful, "failed": out.Failed, "skipped": out.Skipped}
		return d.registry.event(tx, now, wire.EventDiscoveryCompleted, "", detail)
	})
	if err != nil {
		d.log.Error("A discovery round could not be recorded", "error", err)
		return err
	}
	if slices.ContainsFunc(out.Results, func(r wire.Discovery) bool { return r.Error == loopbackOnly }) {
		d.warnOnce(loopbackOnly)
	}
	d.log.Info(fmt.Sprintf("Discovery complete: %d successful, %d failed, %d skipped", out.Successful, out.Failed, out.Skipped))
	return nil
}

// prune deletes results that are too old, also where every round is like the
// one before and records nothing.
func (d *discovery) prune(ctx context.Context) {
	err := d.store.Write(ctx, func(tx *store.Tx) error { return tx.PruneDiscoveries(time.Now()) })
	if err != nil && ctx.Err() == nil {
		d.log.Error("could not delete old discovery results", "error", err)
	}
}

// notLive leaves out the targets whose hive is live: the one that is looked for
// there, or the one that answered there last.
func (d *discovery) notLive(targets []target) []target {
	now := time.Now()
	live := map[string]bool{} // by place and by id, which has no colon
	for _, h := range d.registry.snapshot() {
		if h.live(now) {
			live[target{hostname: d.host(h), port: h.Port}.place()], live[h.ID] = true, true
		}
	}
	return slices.DeleteFunc(targets, func(t target) bool {
		return live[t.place()] || live[d.recorded(key(t.source, t.alias, t.hostname, t.port)).HiveID]
	})
}

// warnOnce logs a warning the first time.
func (d *discovery) warnOnce(message string, args ...any) {
	key := message + fmt.Sprint(args...)
	d.mu.Lock()
	seen := d.warned[key]
	d.warned[key] = true
	d.mu.Unlock()
	if !seen {
		d.log.Warn(message, args...)
	}
}
