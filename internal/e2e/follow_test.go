package e2e

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// `events -f` goes on over a queen that is killed and started again: every event
// of the file is shown once, in order, those of her absence too.
func TestEventsAreFollowedOverAKill(t *testing.T) {
	needSqlite3(t)
	home := t.TempDir()
	ports := freePorts(t, 3)
	state := filepath.Join(home, "queen.db")
	q := startQueen(t, home, state, ports[0], "--discovery-delay", "1h")
	keeper := startProgram(t, home, "rbee-keeper", "--queen", q.url, "events", "-f", "-o", "json")
	shown := func() (ids []int64, kinds string) {
		for line := range strings.Lines(keeper.log.String()) {
			var e struct {
				ID   int64  `json:"id"`
				Kind string `json:"kind"`
			}
			if strings.HasPrefix(line, "{") && json.Unmarshal([]byte(line), &e) == nil {
				ids, kinds = append(ids, e.ID), kinds+e.Kind+" "
			}
		}
		return ids, kinds
	}
	sees := func(kind string, within time.Duration) {
		t.Helper()
		eventually(t, within, func() error {
			if _, kinds := shown(); !strings.Contains(kinds, kind+" ") {
				return fmt.Errorf("%s is not shown among %s", kind, kinds)
			}
			return nil
		})
	}
	startHive(t, home, ports[1], "one", "--queen-url", q.url)
	sees("hive.registered", 4*time.Second) // before the keeper would ask by itself
	q.kill()
	q = startQueen(t, home, state, ports[0], "--discovery-delay", "1h")
	startHive(t, home, ports[2], "two", "--queen-url", q.url)
	eventually(t, 10*time.Second, func() error { return q.healthy(2, "one", "two") })
	sees("queen.crashed", 10*time.Second)
	sees("hive.rediscovered", 10*time.Second)
	eventually(t, 10*time.Second, func() error {
		ids, _ := shown()
		want := sqlite3(t, state, "SELECT group_concat(id, ' ') FROM (SELECT id FROM audit_events ORDER BY id)")
		if got := strings.Trim(fmt.Sprint(ids), "[]"); got != strings.TrimSpace(want) {
			return fmt.Errorf("shown are the events %s, the file has %s", got, want)
		}
		return nil
	})
	if code := keeper.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
