package e2e

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rbee/internal/queenclient"
	"rbee/internal/swarm"
	"rbee/internal/wire"
)

// promises are what a queen said is in her file.
type promises struct {
	epoch  int64
	began  time.Time
	looked bool

	beats  []string // accepted: "hive_id sent_at"
	mu     sync.Mutex
	events map[int64]string // told, on the stream or in a list
}

// load lets a queen serve for so long and kills her.
func (c *crashes) load(q *realQueen, life time.Duration) *promises {
	c.t.Helper()
	info, err := q.client.Info(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	p := &promises{epoch: info.Epoch, began: time.Now(), events: map[int64]string{}}
	acked := filepath.Join(c.home, "acked")
	cfg := swarm.Config{
		Queen: q.url, Hives: c.hives, Ramp: life / 2, Workers: 1, GPUs: 1, IDPrefix: "swarm-",
		Acked: acked, Threads: 1, Version: "1", Log: slog.New(slog.DiscardHandler),
	}
	if c.random.IntN(3) == 0 { // a few that never rest
		cfg.Busy, cfg.Hives, cfg.Ramp = true, max(c.hives/10, 1), 0
	}
	s, err := swarm.New(c.t.Context(), cfg)
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(c.t.Context())
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := s.Run(ctx); err != nil {
			c.t.Error(err)
		}
	})
	wg.Go(func() { p.stream(ctx, q.client) })
	wg.Go(func() { p.list(ctx, q.client) })
	time.Sleep(life)
	c.kill(q)
	cancel()
	wg.Wait()
	raw, err := os.ReadFile(acked)
	if err = errors.Join(err, os.Remove(acked)); err != nil {
		c.t.Fatal(err)
	}
	p.beats = lines(string(raw))
	c.loads++
	c.beats, c.registrations, c.events = c.beats+len(p.beats), c.registrations+len(p.hives()), c.events+len(p.events)
	return p
}

func lines(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == '\n' })
}

func (p *promises) told(e wire.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events[e.ID] = fmt.Sprintf("%d|%d|%s|%s", e.ID, e.Epoch, e.Kind, e.HiveID)
}

// stream notes the events of the queen's stream.
func (p *promises) stream(ctx context.Context, client *queenclient.Client) {
	_ = client.Stream(ctx, func(m queenclient.Message) error { // ends with the queen
		if m.Event != nil {
			p.told(m.Event.Event)
		}
		return nil
	})
}

// list notes those that are listed.
func (p *promises) list(ctx context.Context, client *queenclient.Client) {
	after := int64(0)
	for ctx.Err() == nil {
		found, err := client.Events(ctx, queenclient.EventFilter{After: &after, Limit: 1000})
		if err != nil {
			return // she was killed
		}
		for _, e := range found.Events {
			p.told(e)
			after = e.ID
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// hives are those that were accepted: each with its capabilities first.
func (p *promises) hives() map[string]bool {
	ids := map[string]bool{}
	for _, line := range p.beats {
		id, _, _ := strings.Cut(line, " ")
		ids[id] = true
	}
	return ids
}

// broken returns what was promised and is not in the file. The hives must not
// have registered in a later epoch yet.
func (p *promises) broken(t *testing.T, state string) (beats, registrations, events []string) {
	t.Helper()
	since := p.began.Add(-time.Second).UTC().Format("2006-01-02T15:04:05.000Z")
	stored := sqlite3(t, state, "SELECT hive_id || ' ' || sent_at FROM audit_heartbeats WHERE received_at >= '"+since+"'")
	beats = notIn(lines(stored), p.beats)

	var expected []string
	for id := range p.hives() {
		expected = append(expected, fmt.Sprintf("%s|%d", id, p.epoch),
			fmt.Sprintf("%s|GPU-0|NVIDIA GeForce RTX 4090|gpu|24|8.9|%d", id, p.epoch),
			fmt.Sprintf("%s|CPU-0|CPU (16 cores)|cpu|64||%d", id, p.epoch))
	}
	stored = sqlite3(t, state, "SELECT hive_id, registered_epoch FROM audit_hives; "+
		"SELECT hive_id, device_id, name, device_type, vram_gb, compute_capability, recorded_epoch FROM audit_devices")
	registrations = notIn(lines(stored), expected)

	first := int64(1) << 62
	var told []string
	for id, line := range p.events {
		first = min(first, id)
		told = append(told, line)
	}
	stored = sqlite3(t, state, fmt.Sprintf("SELECT id, epoch, kind, hive_id FROM audit_events WHERE id >= %d", first))
	return beats, registrations, notIn(lines(stored), told)
}

// control shows that losses are found, with rows that are removed from a copy of
// the file, and that an auditor fails on a damaged one.
func (c *crashes) control(p *promises) {
	t := c.t
	t.Helper()
	dir := filepath.Join(c.home, "control")
	copyState(t, c.state, dir)
	state := filepath.Join(dir, "queen.db")
	if len(p.beats) == 0 || len(p.events) == 0 {
		t.Fatalf("%d heartbeats and %d events were promised at the end: nothing to remove", len(p.beats), len(p.events))
	}
	if beats, registrations, events := p.broken(t, state); len(beats)+len(registrations)+len(events) > 0 {
		t.Errorf("at the end, %d heartbeats, %d registrations and %d events are lost", len(beats), len(registrations), len(events))
	}
	victim := p.beats[len(p.beats)/2]
	id, sent, _ := strings.Cut(victim, " ")
	event := int64(0)
	for event = range p.events {
		break
	}
	change(t, state, fmt.Sprintf(`
		DELETE FROM heartbeats WHERE received_at = (SELECT received_at FROM audit_heartbeats WHERE hive_id = '%[1]s' AND sent_at = '%[2]s')
			AND hive_pk = (SELECT pk FROM hives WHERE hive_id = '%[1]s');
		DELETE FROM devices WHERE position = 0 AND hive_pk = (SELECT pk FROM hives WHERE hive_id = '%[1]s');
		DELETE FROM events WHERE id = %[3]d;`, id, sent, event))
	beats, registrations, events := p.broken(t, state)
	if len(beats) != 1 || beats[0] != victim || len(registrations) != 1 || !strings.HasPrefix(registrations[0], id) || len(events) != 1 {
		t.Errorf("a heartbeat, a device and an event were removed, and %q, %q and %q are missed", beats, registrations, events)
	}
	if err := os.Truncate(state, 10_000); err != nil {
		t.Fatal(err)
	}
	if out, err := tryAudit(state, glance); err == nil {
		t.Errorf("the auditor reads %q from a file that was cut short", out)
	}
}

// copyState copies a file that no queen uses, with its log.
func copyState(t *testing.T, state, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal", ".id"} {
		raw, err := os.ReadFile(state + suffix)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "queen.db"+suffix), raw, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
