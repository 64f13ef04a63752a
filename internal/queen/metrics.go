package queen

import (
	"context"
	"sync/atomic"
	"time"

	"rbee/internal/metrics"
	"rbee/internal/store"
	"rbee/internal/wire"
)

// resultAccepted is the result of a heartbeat that is in the file; that of any
// other is the code of its problem.
const resultAccepted = "accepted"

// counts is what the queen counts for GET /metrics. What can be asked for is
// not counted.
type counts struct {
	accepted    metrics.Counter // heartbeats
	refused     metrics.Counters[wire.Code]
	beats       *metrics.Histogram // in one commit
	commits     *metrics.Histogram // seconds
	failures    metrics.Counter    // of commits
	events      metrics.Counters[wire.EventKind]
	discoveries metrics.Counters[wire.Outcome]
	lastRound   atomic.Pointer[time.Time] // of discovery; nil: none in this epoch
	lastBackup  atomic.Pointer[time.Time] // nil: none is known
}

func newCounts() *counts {
	return &counts{
		refused: metrics.NewCounters(
			wire.CodeInvalidRequest, wire.CodeInvalidHeartbeat, wire.CodeTooLarge, wire.CodeMediaType, wire.CodeUnknownHive, wire.CodeIDConflict,
			wire.CodeQueueFull, wire.CodeStateUnavailable, wire.CodeShuttingDown, wire.CodeCrossOrigin, wire.CodeHostNotAllowed, wire.CodeInternal),
		beats:       metrics.NewHistogram(0, 1, 3, 10, 30, 100, 300, 1000, 3000, 10_000),
		commits:     metrics.NewHistogram(.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10),
		events:      metrics.NewCounters(wire.EventKinds()...),
		discoveries: metrics.NewCounters(wire.OutcomeRegistered, wire.OutcomeFailed, wire.OutcomeSkipped),
	}
}

// committed takes note of a commit. The writer waits for it.
func (c *counts) committed(done store.Commit) {
	c.commits.Observe(done.Took.Seconds())
	if done.Failed {
		c.failures.Inc()
		return
	}
	c.beats.Observe(float64(done.Heartbeats))
	for _, kind := range done.Events {
		c.events.Of(kind).Inc()
		if kind == wire.EventStateBackedUp {
			now := time.Now()
			c.lastBackup.Store(&now)
		}
	}
}

// looked takes note of a round of discovery.
func (c *counts) looked(r wire.Round) {
	for _, result := range r.Results {
		c.discoveries.Of(result.Outcome).Inc()
	}
	now := time.Now()
	c.lastRound.Store(&now)
}

// learn looks up what happened before this boot.
func (c *counts) learn(ctx context.Context, s *store.Store) {
	backups, err := s.Events(ctx, store.EventFilter{Kind: wire.EventStateBackedUp, Limit: 1})
	if err == nil && len(backups) > 0 { // else the next one will be known
		c.lastBackup.CompareAndSwap(nil, &backups[0].At)
	}
}

// metrics writes GET /metrics. It waits for no writer.
func (q *Queen) metrics(p *metrics.Page) {
	p.Program("rbee_queen", q.cfg.Version)
	p.Gauge("rbee_queen_epoch", "The epoch: how often the state file was opened by a queen.").Is(float64(q.registry.epoch))
	q.fleetMetrics(p)
	q.writerMetrics(p)
	q.stateMetrics(p)
	c := q.counts
	metrics.Each(p.Counter("rbee_queen_discoveries_total", "Hosts that were probed or skipped, by outcome."), "outcome", c.discoveries)
	p.Gauge("rbee_queen_last_discovery_timestamp_seconds", "When the last round of discovery ended, in Unix seconds; 0: none has since the start.").
		When(value(c.lastRound.Load()))
	metrics.Each(p.Counter("rbee_queen_events_total", "Lines added to the audit log, by kind."), "kind", c.events)
	p.Gauge("rbee_queen_stream_readers", "Readers of the stream of heartbeats.").Is(float64(q.hub.count.Load()))
	p.Counter("rbee_queen_stream_readers_dropped_total", "Readers of the stream that fell behind and were disconnected.").Is(q.hub.drops.Value())
}

// fleetMetrics are those of the hives.
func (q *Queen) fleetMetrics(p *metrics.Page) {
	now, workers := time.Now(), 0
	by := map[wire.Status]int{}
	for h := range q.registry.visible() {
		by[h.status(now)]++
		if h.live(now) {
			workers += len(h.workers)
		}
	}
	hives := p.Gauge("rbee_queen_hives", "Known hives, by status.")
	for _, status := range wire.Statuses() {
		hives.Is(float64(by[status]), "status", string(status))
	}
	p.Gauge("rbee_queen_workers", "Workers that healthy and degraded hives told of.").Is(float64(workers))
	beats := p.Counter("rbee_queen_heartbeats_total", "Heartbeats, by what was answered: accepted, or the code of the problem.")
	beats.Is(q.counts.accepted.Value(), "result", resultAccepted)
	metrics.Each(beats, "result", q.counts.refused)
	p.Gauge("rbee_queen_heartbeat_interval_seconds", "The rhythm that hives are granted now.").Is(q.registry.granted().Seconds())
}

// writerMetrics are those of the one goroutine that writes.
func (q *Queen) writerMetrics(p *metrics.Page) {
	waiting, room := q.store.Queue()
	p.Gauge("rbee_queen_writer_queue_length", "Writes that wait for a commit.").Is(float64(waiting))
	p.Gauge("rbee_queen_writer_queue_capacity", "Writes that may wait; more are answered 503.").Is(float64(room))
	p.Histogram("rbee_queen_commit_heartbeats", "Heartbeats in one commit.", q.counts.beats)
	p.Histogram("rbee_queen_commit_duration_seconds", "What a commit took, the sync included.", q.counts.commits)
	p.Counter("rbee_queen_commit_failures_total", "Commits that the disk did not take.").Is(q.counts.failures.Value())
}

// stateMetrics are those of the state file, which nobody opens for them.
func (q *Queen) stateMetrics(p *metrics.Page) {
	writable := 0.0
	if q.store.Writable() {
		writable = 1
	}
	p.Gauge("rbee_queen_state_writable", "1 while the state file takes writes; 0: heartbeats are answered 503.").Is(writable)
	p.Gauge("rbee_queen_state_file_bytes", "Size of the state file without its log.").Is(float64(q.store.Bytes()))
	p.Gauge("rbee_queen_wal_bytes", "Size of the write-ahead log beside the state file.").Is(float64(q.store.WALBytes()))
	if free, err := q.store.FreeBytes(); err == nil {
		p.Gauge("rbee_queen_state_disk_free_bytes", "Room in the file system of the state file.").Is(float64(free))
	}
	p.Gauge("rbee_queen_last_backup_timestamp_seconds", "When the last backup was made, in Unix seconds; 0: the audit log has none.").
		When(value(q.counts.lastBackup.Load()))
}

// value is what a pointer points at, the zero value if at nothing.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
