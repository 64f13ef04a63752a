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

	requests chan request
	ended    chan struct{} // closed when run has ended

	mu     sync.Mutex
	last   map[string]string // place → outcome when it was last recorded
	warned map[string]bool
}

// request asks the loop for a round.
type request struct {
	take bool
	done chan wire.Round
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
		store: q.store, registry: q.registry, log: q.log,
		strict: hiveclient.New(peer.Options{Dial: q.cfg.Dial, Allow: refusePublic}),
		open:   hiveclient.New(peer.Options{Dial: q.cfg.Dial}),
		bound:  q.bound(), advertiseURL: q.cfg.AdvertiseURL, sshConfig: q.cfg.SSHConfig,
		loginUser: q.cfg.LoginUser, home: q.cfg.Home, hivePort: q.cfg.HivePort,
		discoverPublic: q.cfg.DiscoverPublic, delay: q.cfg.DiscoveryDelay, interval: q.cfg.DiscoveryInterval,
		requests: make(chan request), ended: make(chan struct{}), last: map[string]string{}, warned: map[string]bool{},
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
	boot.Go(func() { d.round(ctx, round{targets: withoutDoubles(d.known(d.named()))}) })
	next := time.NewTimer(d.delay)
	defer next.Stop()
	for first := true; ctx.Err() == nil; {
		select {
		case <-ctx.Done():
			return nil
		case req := <-d.requests:
			out := d.round(ctx, round{targets: d.all(), take: req.take})
			if ctx.Err() == nil { // a round cut short says nothing about the hosts
				req.done <- out
			}
		case <-next.C:
			if first {
				d.round(ctx, round{targets: withoutDoubles(d.named())})
			} else {
				d.round(ctx, round{targets: d.notLive(d.all()), changes: true})
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
	req := request{take: take, done: make(chan wire.Round, 1)}
	select {
	case d.requests <- req:
	case <-d.ended:
		return wire.Round{}, errEnded
	case <-ctx.Done():
		return wire.Round{}, ctx.Err()
	}
	select {
	case out := <-req.done:
		return out, nil
	case <-d.ended:
		return wire.Round{}, errEnded
	case <-ctx.Done():
		return wire.Round{}, ctx.Err()
	}
}

// round probes the targets in parallel. The result of each is on file before
// the one line that sums them up.
func (d *discovery) round(ctx context.Context, r round) wire.Round {
	out := wire.Round{Results: make([]wire.Discovery, len(r.targets))}
	if len(r.targets) == 0 {
		return out
	}
	var (
		group   errgroup.Group
		changed = make([]bool, len(r.targets))
	)
	group.SetLimit(probesAtOnce)
	for i, t := range r.targets {
		group.Go(func() error {
			out.Results[i], changed[i] = d.look(ctx, t, r)
			return nil
		})
	}
	_ = group.Wait() // no probe returns an error: a failure is a result
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
	if ctx.Err() != nil || (r.changes && !slices.Contains(changed, true)) {
		return out
	}
	d.conclude(ctx, out)
	return out
}

// conclude records that a round has ended, and says so.
func (d *discovery) conclude(ctx context.Context, out wire.Round) {
	err := d.store.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		d.registry.join(tx)
		now := time.Now()
		detail := map[string]any{"successful": out.Successful, "failed": out.Failed, "skipped": out.Skipped}
		return d.registry.event(tx, now, wire.EventDiscoveryCompleted, "", detail)
	})
	if err != nil {
		d.log.Error("could not record the end of a discovery round", "error", err)
	}
	if slices.ContainsFunc(out.Results, func(r wire.Discovery) bool { return r.Error == loopbackOnly }) {
		d.warnOnce(loopbackOnly)
	}
	d.log.Info(fmt.Sprintf("Discovery complete: %d successful, %d failed, %d skipped", out.Successful, out.Failed, out.Skipped))
}

// prune deletes results that are too old, also where every round is like the
// one before and records nothing.
func (d *discovery) prune(ctx context.Context) {
	err := d.store.Write(ctx, func(tx *store.Tx) error { return tx.PruneDiscoveries(time.Now()) })
	if err != nil && ctx.Err() == nil {
		d.log.Error("could not delete old discovery results", "error", err)
	}
}

// look probes one target and records the result; it reports whether that is
// another than the last one recorded.
func (d *discovery) look(ctx context.Context, t target, r round) (wire.Discovery, bool) {
	result := wire.Discovery{
		Alias: t.alias, Hostname: t.hostname, Port: t.port, Source: t.source,
		AttemptedAt: time.Now().UTC(), Epoch: d.registry.epoch,
	}
	answer := d.probe(ctx, t, r.take, &result)
	if ctx.Err() != nil {
		return result, false // the queen is stopping; this says nothing about the host
	}
	changed, err := d.record(ctx, t, r, answer, &result)
	switch {
	case err != nil:
		d.log.Error("could not record a discovery result", "alias", t.alias, "error", err)
	case result.Outcome == wire.OutcomeRegistered && (changed || !r.changes):
		d.log.Info("Discovered hive: "+t.alias, "hive_id", result.HiveID, "address", t.place())
	case result.Outcome == wire.OutcomeFailed:
		d.log.Debug("no hive found", "alias", t.alias, "address", t.place(), "error", result.ErrorText)
	}
	return result, changed
}

// probe pulls the target. It fills in the result unless a hive answered.
func (d *discovery) probe(ctx context.Context, t target, take bool, result *wire.Discovery) *hiveclient.Answer {
	if t.skip != "" {
		result.Outcome, result.Error = wire.OutcomeSkipped, t.skip
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, hiveclient.PullTimeout)
	defer cancel()
	url, reason, err := d.advertised(ctx, t)
	if reason != "" {
		result.Outcome, result.Error = wire.OutcomeSkipped, reason
		return nil
	}
	client := d.strict
	if t.public {
		client = d.open
	}
	var answer *hiveclient.Answer
	if err == nil {
		pull := hiveclient.Pull{QueenURL: url, QueenID: d.registry.queenID, Take: take}
		answer, err = client.Capabilities(ctx, t.hostname, t.port, pull)
	}
	switch {
	case errors.Is(err, errPublic):
		result.Outcome, result.Error = wire.OutcomeSkipped, errPublic.Error()
	case err != nil:
		fail(result, hiveclient.ErrorClass(err), err.Error())
	case !d.joined(answer, url):
		fail(result, wire.ErrorConflict, servesAnother(answer))
	default:
		return answer
	}
	return nil
}

// joined tells whether the hive that answered is now tied to this queen. A hive
// of the 2025 shape does not say, and always is.
func (d *discovery) joined(a *hiveclient.Answer, url string) bool {
	return a.Hive == nil || (a.QueenURL != nil && *a.QueenURL == url) || (a.QueenID != nil && *a.QueenID == d.registry.queenID)
}

func servesAnother(a *hiveclient.Answer) string {
	switch {
	case a.Warning != "":
		return wire.Printable(a.Warning)
	case a.QueenURL != nil:
		return "it serves the queen at " + wire.Printable(*a.QueenURL)
	default:
		return "it did not take this queen"
	}
}

func fail(result *wire.Discovery, class, text string) {
	result.Outcome, result.Error, result.ErrorText = wire.OutcomeFailed, class, wire.Printable(text)
}

// record registers a hive that answered and writes the result down, unless this
// round records changes only and it is as it was.
func (d *discovery) record(ctx context.Context, t target, r round, answer *hiveclient.Answer, result *wire.Discovery) (changed bool, err error) {
	probed := *result // the function below may run more than once
	err = d.store.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		*result = probed
		if answer != nil {
			id, refused, err := d.registry.pulled(tx, pulled{target: t, answer: answer, at: time.Now()})
			if err != nil {
				return err
			}
			result.Outcome, result.HiveID = wire.OutcomeRegistered, id
			if refused != nil {
				result.HiveID = ""
				fail(result, refused.class, refused.text)
			}
		}
		switch result.Error {
		case wire.ErrorRefused, wire.ErrorTimeout, wire.ErrorDNS, wire.ErrorNetwork:
			if err := d.registry.unanswered(tx, t); err != nil {
				return err
			}
		}
		changed = d.differs(*result)
		if r.changes && !changed {
			return nil
		}
		tx.OnCommit(func() { d.remember(*result) })
		return tx.Discovery(*result)
	})
	return changed, err
}

func resultKey(r wire.Discovery) (place, outcome string) {
	return fmt.Sprintf("%s %s %s:%d", r.Source, r.Alias, r.Hostname, r.Port),
		fmt.Sprintf("%s %s %s", r.Outcome, r.HiveID, r.Error)
}

func (d *discovery) differs(r wire.Discovery) bool {
	place, outcome := resultKey(r)
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.last[place] != outcome
}

func (d *discovery) remember(r wire.Discovery) {
	place, outcome := resultKey(r)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last[place] = outcome
}

// notLive leaves out the targets whose hive is live.
func (d *discovery) notLive(targets []target) []target {
	now := time.Now()
	live := map[string]bool{}
	for _, h := range d.registry.snapshot() {
		if !h.live(now) {
			continue
		}
		live[target{hostname: d.host(h), port: h.Port}.place()] = true
		for _, name := range append([]string{h.Alias}, h.Aliases...) {
			live[name] = true
		}
	}
	return slices.DeleteFunc(targets, func(t target) bool { return live[t.place()] || live[t.alias] })
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
