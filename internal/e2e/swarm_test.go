package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rbee/internal/swarm"
)

// startSwarm lets rbee-swarm load the queen; acked is its list of accepted heartbeats.
func startSwarm(t *testing.T, home string, q *realQueen, args ...string) (p *process, acked string) {
	t.Helper()
	acked = filepath.Join(home, "acked")
	return startProgram(t, home, "rbee-swarm", append([]string{"--queen", q.url, "--state", q.state, "--acked", acked, "-o", "json"}, args...)...), acked
}

// figures waits for the end of a swarm and returns what it tells.
func figures(t *testing.T, p *process) swarm.Report {
	t.Helper()
	var r swarm.Report
	if code := p.wait(); code != 0 {
		t.Fatalf("the swarm ended with %d", code)
	}
	if err := json.Unmarshal([]byte(p.log.String()), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// inBoth returns the accepted heartbeats and the stored ones, each a line
// "hive_id sent_at".
func inBoth(t *testing.T, acked, state string) (accepted, stored []string) {
	t.Helper()
	raw, err := os.ReadFile(acked)
	if err != nil {
		t.Fatal(err)
	}
	rows := sqlite3(t, state, "SELECT hive_id || ' ' || sent_at FROM audit_heartbeats")
	return strings.Fields(strings.ReplaceAll(string(raw), " ", "_")), strings.Fields(strings.ReplaceAll(rows, " ", "_"))
}

// notIn returns the lines that stored holds less often than accepted.
func notIn(stored, accepted []string) (lost []string) {
	count := map[string]int{}
	for _, line := range stored {
		count[line]++
	}
	for _, line := range accepted {
		if count[line]--; count[line] < 0 {
			lost = append(lost, line)
		}
	}
	return lost
}

func TestASwarmsFiguresAddUp(t *testing.T) {
	t.Parallel()
	needSqlite3(t)
	home := t.TempDir()
	q := startQueen(t, home, filepath.Join(home, "queen.db"), freePorts(t, 1)[0], "--discovery-delay", "1h")
	p, acked := startSwarm(t, home, q, "--hives", "50", "--duration", "2s", "--ramp", "500ms")
	r := figures(t, p)
	accepted, stored := inBoth(t, acked, q.state)
	// Each hive registers, sends its first telemetry at once, and one a second.
	if n := uint64(len(accepted)); n < 150 || n > 200 || n != r.Accepted || r.Accepted != r.Sent || r.Accepted != r.Status["200"] || len(r.Errors) != 0 {
		t.Errorf("%d lines of accepted heartbeats, and the figures\n%s", n, p.log)
	}
	slices.Sort(accepted)
	slices.Sort(stored)
	if !slices.Equal(accepted, stored) {
		t.Errorf("%d heartbeats were accepted and %d are stored, or they are others", len(accepted), len(stored))
	}
	if r.Start.Hives != 50 || r.Start.AllHealthyMS == nil || r.ServerRSS == nil || r.OwnCPU == nil || r.StateGained == nil {
		t.Errorf("figures are missing in\n%s", p.log)
	}
}

// A queen that is killed under load has what she acknowledged, and gets her
// hives back.
func TestKill9UnderTheLoadOfASwarm(t *testing.T) {
	t.Parallel()
	needSqlite3(t)
	home := t.TempDir()
	port := freePorts(t, 1)[0]
	state := filepath.Join(home, "queen.db")
	q := startQueen(t, home, state, port, "--discovery-delay", "1h")
	p, acked := startSwarm(t, home, q, "--busy", "100", "--duration", "8s")
	time.Sleep(1500 * time.Millisecond)
	q.kill()
	q = startQueen(t, home, state, port, "--discovery-delay", "1h")
	r := figures(t, p)
	if r.Recovery.Outages < 1 || r.Recovery.Hives != 100 || r.Recovery.Away != 0 || r.Recovery.AllHealthyMS == nil {
		t.Errorf("not all hives came back:\n%s", p.log)
	}
	accepted, stored := inBoth(t, acked, q.state)
	if lost := notIn(stored, accepted); len(lost) > 0 {
		t.Errorf("%d of %d acknowledged heartbeats are not in the file, such as %s", len(lost), len(accepted), lost[0])
	}
	if len(accepted) < 1000 {
		t.Errorf("only %d heartbeats were acknowledged: no load", len(accepted))
	}
	if got := sqlite3(t, state, "SELECT count(*) FROM audit_epochs WHERE stop_reason = 'crash'"); got != "1" {
		t.Errorf("%s epochs ended by a crash, want 1", got)
	}
	// The comparison finds a row that is missing, and one that is there once too few.
	last := len(stored) - 1
	if lost := notIn(stored[:last], stored); len(lost) != 1 {
		t.Errorf("%d rows are missed where one is missing", len(lost))
	}
	if lost := notIn(stored, append(slices.Clone(stored), stored[last])); len(lost) != 1 {
		t.Errorf("%d rows are missed where one of two alike is missing", len(lost))
	}
	t.Logf("%d accepted, all healthy %v ms after the kill", len(accepted), *r.Recovery.AllHealthyMS)
}
