package swarm

import (
	"context"
	"net/netip"
	"os"
	"time"
)

// meter watches what the queen and the swarm cost while figures are taken. Of
// the state file it asks the size only: whoever opens it and closes it again
// takes SQLite's locks away from the queen, if he is in her process, and has no
// business there in any other.
type meter struct {
	cfg   *Config
	queen netip.AddrPort

	pid           int // 0: not known
	started       time.Time
	seconds       float64
	own, ownStart time.Duration
	server        time.Duration // of all processes that were the server
	lastServer    time.Duration // of this one, when last seen
	seen          bool
	rss, rssMost  int64
	state, wal    growth
}

// growth is how much a file gained.
type growth struct {
	start, gained int64
	known         bool
}

func (g *growth) begin(name string) { g.start = fileSize(name) }

func (g *growth) end(name string) {
	if name == "" {
		return
	}
	g.gained, g.known = fileSize(name)-g.start, true
}

// fileSize is 0 for a file that is not there, as a WAL may be.
func fileSize(name string) int64 {
	info, err := os.Stat(name)
	if err != nil {
		return 0
	}
	return info.Size()
}

// run measures from one time after now until another (0: none) or the end of
// ctx, and calls each once a second.
func (m *meter) run(ctx context.Context, from, until time.Duration, each func()) {
	begin := time.NewTimer(from)
	defer begin.Stop()
	var end <-chan time.Time
	if until > 0 {
		timer := time.NewTimer(until)
		defer timer.Stop()
		end = timer.C
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-begin.C:
			m.begin()
		case <-tick.C:
			if !m.started.IsZero() {
				m.look()
			}
			each()
		case <-end:
			m.end()
			return
		case <-ctx.Done():
			m.end()
			return
		}
	}
}

func (m *meter) begin() {
	m.find()
	m.started, m.ownStart = time.Now(), cpuTime()
	if m.pid != 0 {
		if cpu, err := processCPU(m.pid); err == nil {
			m.lastServer, m.seen = cpu, true
		}
	}
	m.state.begin(m.cfg.State)
	m.wal.begin(m.cfg.State + "-wal")
}

// find looks for the server's process.
func (m *meter) find() {
	m.pid = m.cfg.PID
	if m.pid != 0 || !m.queen.Addr().IsLoopback() {
		return
	}
	pid, err := listenerOf(m.queen)
	if err != nil {
		m.cfg.Log.Debug("Server process not found", "queen", m.queen.String(), "error", err)
		return
	}
	m.pid = pid
}

// look adds up what the server has spent. One that was killed and is started
// again is another process, which is found if nobody said which it is.
func (m *meter) look() {
	if m.pid == 0 {
		m.find()
	}
	if m.pid == 0 {
		return
	}
	cpu, err := processCPU(m.pid)
	if err != nil {
		m.pid, m.lastServer = 0, 0
		return
	}
	m.server += cpu - m.lastServer
	m.lastServer, m.seen = cpu, true
	if rss, err := processRSS(m.pid); err == nil {
		m.rss, m.rssMost = rss, max(m.rssMost, rss)
	}
}

func (m *meter) end() {
	if m.started.IsZero() {
		return // the warmup was not over
	}
	m.look()
	m.seconds = time.Since(m.started).Seconds()
	m.own = cpuTime() - m.ownStart
	m.state.end(m.cfg.State)
	if m.cfg.State != "" {
		m.wal.end(m.cfg.State + "-wal")
	}
}
