package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rbee/internal/peer"
	"rbee/internal/queenclient"
	"rbee/internal/wire"
)

// auditor asks the file in a loop until stopped, each time as a new program.
// Every answer must come, and have that many words. While recovering says so, it
// may have to wait: who opens a file after a crash locks it until the log is read.
func auditor(t *testing.T, state string, pause time.Duration, words int, query string, recovering func() bool) (stop func() (reads, waited int64)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var reads, waited int64
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			before := recovering()
			out, err := tryAudit(state, query)
			if err != nil && strings.Contains(err.Error(), "database is locked") && (before || recovering()) {
				waited++
				out, err = tryAudit(state, ".timeout 2000\n"+query)
			}
			if err != nil || len(strings.Fields(out)) != words {
				t.Errorf("the auditor read %q: %v", out, err)
				return
			}
			reads++
			time.Sleep(pause)
		}
	})
	return func() (int64, int64) {
		cancel()
		wg.Wait()
		return reads, waited
	}
}

// countAll counts the rows of the views that every schema version has.
const countAll = "SELECT count(*) FROM audit_heartbeats; SELECT count(*) FROM audit_events; SELECT count(*) FROM audit_hives; " +
	"SELECT count(*) FROM audit_devices; SELECT count(*) FROM audit_discoveries; SELECT count(*) FROM audit_epochs"

// pusher is a hive that sends heartbeats as fast as they are answered, and
// remembers those that were acknowledged.
type pusher struct {
	client *queenclient.Client
	id     string
	acked  []time.Time
}

func (p *pusher) push(ctx context.Context, base time.Time) {
	for n := 0; ctx.Err() == nil; n++ {
		hb := &wire.Heartbeat{
			Hive: wire.HiveInfo{ID: p.id, Port: 1, OperationalStatus: wire.Ready, HealthStatus: wire.HealthStatus{Status: wire.HealthHealthy}},
			// Each heartbeat is recognised in the file by its own timestamp.
			Timestamp: base.Add(time.Duration(n) * time.Millisecond), Workers: []wire.Worker{{PID: int64(n), Group: "llm", Instance: "1"}},
			Capabilities: []wire.Device{},
		}
		if _, err := p.client.Heartbeat(ctx, hb); err == nil {
			p.acked = append(p.acked, hb.Timestamp)
		}
	}
}

// lost returns which acknowledged heartbeats are not in the file.
func (p *pusher) lost(t *testing.T, state string) []string {
	t.Helper()
	stored := map[string]bool{}
	for line := range strings.Lines(sqlite3(t, state, "SELECT sent_at FROM audit_heartbeats WHERE hive_id = '"+p.id+"'")) {
		stored[strings.TrimSpace(line)] = true
	}
	var lost []string
	for _, at := range p.acked {
		if text := at.UTC().Format("2006-01-02T15:04:05.000Z"); !stored[text] {
			lost = append(lost, text)
		}
	}
	return lost
}

func TestKill9WithFourStandaloneHives(t *testing.T) {
	needSqlite3(t)
	home := t.TempDir()
	ports := freePorts(t, 5)
	ids := []string{"alpha", "beta", "gamma", "delta"}
	var config strings.Builder
	for i, id := range ids {
		startHive(t, home, ports[i+1], id)
		fmt.Fprintf(&config, "Host box-%s\n  HostName 127.0.0.1\n  # rbee: port=%d\n", id, ports[i+1])
	}
	if err := os.WriteFile(filepath.Join(home, "ssh_config"), []byte(config.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(home, "state", "queen.db")
	q := startQueen(t, home, state, ports[0], "--discovery-delay", "0", "--hive-port", "1")
	eventually(t, 5*time.Second, func() error { return q.healthy(1, ids...) })
	stopAuditor := auditor(t, state, 50*time.Millisecond, 6, countAll, func() bool { return false })

	push, stopPush := context.WithCancel(t.Context())
	pushers := make([]*pusher, 8)
	var wg sync.WaitGroup
	for i := range pushers {
		pushers[i] = &pusher{id: fmt.Sprintf("load-%d", i), client: queenclient.New(q.url, peer.Options{})}
		defer pushers[i].client.Close()
		wg.Go(func() { pushers[i].push(push, time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)) })
	}
	time.Sleep(time.Second)
	q.kill()
	stopPush()
	wg.Wait()

	q = startQueen(t, home, state, ports[0], "--discovery-delay", "1h", "--hive-port", "1")
	started := time.Now()
	eventually(t, 3*time.Second, func() error {
		list, err := q.client.Hives(t.Context())
		if err != nil {
			return err
		}
		for _, h := range list.Hives {
			if !strings.HasPrefix(h.ID, "load-") && (h.Status != wire.StatusHealthy || h.RegisteredEpoch != 2) {
				return fmt.Errorf("hive %s is %s in epoch %d", h.ID, h.Status, h.RegisteredEpoch)
			}
		}
		return nil
	})
	t.Logf("all four healthy %v after the restart", time.Since(started).Round(time.Millisecond))
	if reads, _ := stopAuditor(); reads < 5 {
		t.Errorf("the auditor read %d times only", reads)
	}

	acked := 0
	for _, p := range pushers {
		acked += len(p.acked)
		if lost := p.lost(t, state); len(lost) > 0 {
			t.Errorf("%d acknowledged heartbeats of %s are not in the file, the first sent at %s", len(lost), p.id, lost[0])
		}
	}
	if acked < 100 {
		t.Errorf("only %d heartbeats were acknowledged before the kill: no load", acked)
	}
	// The search finds what is missing.
	probe := &pusher{id: "load-0", acked: []time.Time{time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)}}
	if lost := probe.lost(t, state); len(lost) != 1 {
		t.Errorf("a heartbeat that was never stored is not missed")
	}

	if got := sqlite3(t, state, "SELECT epoch, stop_reason FROM audit_epochs WHERE stopped_at IS NOT NULL"); got != "1|crash" {
		t.Errorf("the killed epoch reads %q, want 1|crash", got)
	}
	story := sqlite3(t, state, "SELECT kind FROM audit_events WHERE hive_id = 'alpha' OR kind LIKE 'queen.%' ORDER BY id")
	want := "queen.started\nhive.discovered\nhive.registered\nqueen.crashed\nqueen.started\nhive.rediscovered"
	if swapped := "queen.started\nhive.registered\nhive.discovered\nqueen.crashed\nqueen.started\nhive.rediscovered"; story != want && story != swapped {
		t.Errorf("the events tell\n%s\nwant\n%s", story, want)
	}
	if got := sqlite3(t, state, "PRAGMA integrity_check"); got != "ok" {
		t.Errorf("integrity_check: %s", got)
	}
}

func TestSIGTERMEndsEverythingCleanly(t *testing.T) {
	needSqlite3(t)
	home := t.TempDir()
	ports := freePorts(t, 2)
	state := filepath.Join(home, "queen.db")
	q := startQueen(t, home, state, ports[0], "--discovery-delay", "1h")
	h := startHive(t, home, ports[1], "gpu", "--queen-url", q.url)
	eventually(t, 5*time.Second, func() error { return q.healthy(1, "gpu") })
	if code := h.end(); code != 0 {
		t.Errorf("the hive ended with %d", code)
	}
	eventually(t, 2*time.Second, func() error {
		hive, err := q.client.Hive(t.Context(), "gpu")
		if err != nil {
			return err
		}
		if hive.Status != wire.StatusStopped {
			return errors.New(string(hive.Status))
		}
		return nil
	})
	if code := q.end(); code != 0 {
		t.Errorf("the queen ended with %d", code)
	}
	if _, err := os.Stat(state + "-wal"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the WAL is still there after a clean stop: %v", err)
	}
	if got := sqlite3(t, state, "SELECT epoch, stop_reason FROM audit_epochs"); got != "1|clean" {
		t.Errorf("epochs read %q, want 1|clean", got)
	}
	if got := sqlite3(t, state, "SELECT kind FROM audit_events ORDER BY id DESC LIMIT 2"); got != "queen.stopped\nhive.stopped" {
		t.Errorf("the last events are %q", got)
	}
}
