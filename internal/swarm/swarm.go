package swarm

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
)

// spareFiles are the descriptors a swarm needs beside those of its hives.
const spareFiles = 32

// Swarm is a number of simulated hives that can be run once.
type Swarm struct {
	cfg   Config
	queen netip.AddrPort
	loops []*loop
	acked *os.File
	clock clock
}

// New prepares a swarm: it finds the queen's address, opens the list of accepted
// heartbeats and the hives' listeners. No heartbeat is sent yet.
func New(ctx context.Context, cfg Config) (_ *Swarm, err error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &Swarm{cfg: cfg}
	if s.queen, err = resolve(ctx, cfg.Queen); err != nil {
		return nil, err
	}
	if a := s.queen.Addr(); cfg.Listen.IsValid() && (!a.Is4() || !a.IsLoopback()) {
		return nil, fmt.Errorf("hives in 127.0.0.0/8 cannot reach a queen at %s", a)
	}
	if err := s.enoughFiles(); err != nil {
		return nil, err
	}
	if s.acked, err = openLedger(cfg.Acked); err != nil {
		return nil, err
	}
	s.cfg.Threads = min(s.cfg.Threads, s.cfg.Hives)
	for i := range s.cfg.Threads {
		l, err := s.newLoop(i)
		if l != nil {
			s.loops = append(s.loops, l)
		}
		if err != nil {
			s.close()
			return nil, err
		}
	}
	return s, nil
}

func (s *Swarm) close() {
	for _, l := range s.loops {
		l.close()
	}
	if s.acked != nil {
		_ = s.acked.Close()
	}
}

// resolve is the address behind a URL that wire.ParseURL accepted. An IPv4
// address is preferred: that is where a queen listens by default.
func resolve(ctx context.Context, queen string) (netip.AddrPort, error) {
	u, err := url.Parse(queen)
	if err != nil {
		return netip.AddrPort{}, err
	}
	port := uint64(80)
	if text := u.Port(); text != "" {
		if port, err = strconv.ParseUint(text, 10, 16); err != nil {
			return netip.AddrPort{}, err
		}
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", u.Hostname())
	if err != nil {
		return netip.AddrPort{}, err
	}
	best := addrs[0].Unmap()
	for _, a := range addrs {
		if a := a.Unmap(); a.Is4() && !best.Is4() {
			best = a
		}
	}
	return netip.AddrPortFrom(best, uint16(port)), nil
}

func (s *Swarm) enoughFiles() error {
	need := s.cfg.Hives + s.cfg.Clones + spareFiles
	if s.cfg.Listen.IsValid() {
		need += s.cfg.Hives
	}
	if have := fileLimit(); have < need {
		return fmt.Errorf("%d open files are needed and %d allowed: raise the limit (ulimit -n), or simulate fewer hives", need, have)
	}
	return nil
}

// Run simulates, once, until the duration is over or ctx ends, neither of which
// is an error, and tells what came of it.
func (s *Swarm) Run(ctx context.Context) (*Report, error) {
	m := &meter{cfg: &s.cfg, queen: s.queen}
	s.clock = newClock()
	watching, unwatch := context.WithCancel(ctx)
	defer unwatch()
	var until time.Duration
	if s.cfg.Duration > 0 {
		until = s.cfg.Warmup + s.cfg.Duration
	}
	group, running := errgroup.WithContext(watching)
	for _, l := range s.loops {
		group.Go(func() error { return l.run(running) })
	}
	group.Go(func() error {
		m.run(running, s.cfg.Warmup, until, s.tell)
		return nil
	})
	err := group.Wait()
	if s.acked != nil {
		err = errors.Join(err, s.acked.Close())
	}
	if err != nil {
		return nil, err
	}
	var t tally
	var r readiness
	for _, l := range s.loops {
		t.merge(&l.tally)
		r.merge(&l.ready)
	}
	return report(&s.cfg, &t, &r, m, s.progress(), len(s.loops[0].messages[kindTelemetry][0].text)), nil
}

func (s *Swarm) tell() {
	if s.cfg.Progress != nil {
		s.cfg.Progress(s.progress())
	}
}

func (s *Swarm) progress() Progress {
	var p Progress
	for _, l := range s.loops {
		p.add(l.progress())
	}
	return p
}
