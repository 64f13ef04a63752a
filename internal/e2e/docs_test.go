package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var sqlBlock = regexp.MustCompile("(?s)```sql\n(.*?)```")

// Every query of the handbook runs in the sqlite3 program on the file of real
// programs; internal/queen holds the answers.
func TestTheQueriesOfTheAuditHandbookRun(t *testing.T) {
	needSqlite3(t)
	home := t.TempDir()
	ports := freePorts(t, 2)
	state := filepath.Join(home, "queen.db")
	q := startQueen(t, home, state, ports[0], "--discovery-delay", "0")
	q.kill()
	q = startQueen(t, home, state, ports[0], "--discovery-delay", "0")
	startHive(t, home, ports[1], "gaming-pc", "--queen-url", q.url)
	eventually(t, 5e9, func() error { return q.healthy(2, "gaming-pc") })

	raw, err := os.ReadFile("../../docs/audit.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := sqlBlock.FindAllStringSubmatch(string(raw), -1)
	if len(blocks) < 15 {
		t.Fatalf("only %d queries found in the handbook", len(blocks))
	}
	for _, block := range blocks {
		out, err := tryAudit(state, block[1])
		if err != nil {
			t.Errorf("%v", err)
		}
		if strings.Contains(block[1], "received_at DESC LIMIT 3") && !strings.HasPrefix(out, "20") {
			t.Errorf("the latest heartbeats of the hive read %q", out)
		}
		if strings.Contains(block[1], "minutes_away") && !strings.HasPrefix(out, "1|crash|") {
			t.Errorf("the crash of epoch 1 reads %q", out)
		}
	}
	// Every column and every event kind of the file is in the handbook.
	columns := sqlite3(t, state, "SELECT m.name || '.' || c.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'view'")
	for name := range strings.Lines(columns) {
		view, column, _ := strings.Cut(strings.TrimSpace(name), ".")
		if !regexp.MustCompile(`(?m)^### .*\b`+view+`\b`).Match(raw) || !regexp.MustCompile(`\b`+column+`\b`).Match(raw) {
			t.Errorf("%s.%s is not in the handbook", view, column)
		}
	}
}
