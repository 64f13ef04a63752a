package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"rbee/db"
	"rbee/internal/wire"
)

// oldFile makes a state file of schema version 3 with heartbeats of many kinds.
func oldFile(t *testing.T, path string) {
	t.Helper()
	oldState(t, path, 3, oldRows())
}

// oldState makes a state file of a schema version.
func oldState(t *testing.T, path string, version int64, statements []string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	old, err := sql.Open("sqlite", dsn(path, "journal_mode(WAL)"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = old.Close() }()
	files, err := fs.Sub(db.Migrations, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, old, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	for _, statement := range statements {
		if _, err := old.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%v in %s", err, statement)
		}
	}
}

// oldBeats is how many heartbeats an old file has.
const oldBeats = 200

func oldRows() (statements []string) {
	do := func(format string, args ...any) { statements = append(statements, fmt.Sprintf(format, args...)) }
	do("PRAGMA application_id = %d", applicationID)
	do("INSERT INTO meta VALUES ('queen_id', 'q')")
	do("INSERT INTO epochs VALUES (1, %d, NULL, NULL, '0.0.1', 3)", testTime.UnixMilli())
	for pk, hive := range []string{"a", "b", "pulled", "never"} {
		pulled := 0
		if hive == "pulled" {
			pulled = 1_700_000_000_123
		}
		do(`INSERT INTO hives VALUES (%d, '%s', 0, '', '', 'h', '10.0.0.1', 7835, 0, '', '1', 'ready', 'healthy', '', 1, %d, %d, NULL)`,
			pk+1, hive, testTime.UnixMilli(), pulled)
	}
	names := []string{"llm", "8080", `a "quoted", name],[`, "GPU-0", "ünïcode \U0001f41d", "", `back\slash`, "<tag>"}
	for i, name := range names {
		do("INSERT INTO names VALUES (%d, '%s')", i+1, name)
	}
	random := rand.New(rand.NewPCG(1, 2))
	maybe := func(v int64) string {
		if random.IntN(4) == 0 {
			return "NULL"
		}
		return fmt.Sprint(v)
	}
	at := testTime.UnixMilli()
	for id := 1; id <= oldBeats; id++ {
		at += random.Int64N(3) * random.Int64N(900) // two of three share a millisecond with another
		node := "NULL, NULL, NULL"
		if random.IntN(3) > 0 {
			node = fmt.Sprintf("%d, %d, %d", random.IntN(10001), random.IntN(65536), 65536)
		}
		do("INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (%d, %d, 1, %d, %d, %s)",
			id, 1+random.IntN(2), at, at-2000+random.Int64N(4000), node)
		for position := range random.IntN(4) {
			do("INSERT INTO heartbeat_workers VALUES (%d, %d, %d, %d, %d, %s, %d, %d, %d, %d, %d, %d, %d, %d)", id, position, random.IntN(99999),
				1+random.IntN(8), 1+random.IntN(8), maybe(int64(1+random.IntN(8))), random.IntN(100000), random.IntN(90000), random.IntN(5000),
				random.IntN(7), random.IntN(1<<30), random.IntN(10001), random.IntN(24564), 24564*random.IntN(2))
		}
		if strings.HasPrefix(node, "NULL") {
			continue
		}
		for position := range random.IntN(3) {
			do("INSERT INTO heartbeat_gpus VALUES (%d, %d, %d, %s, %s, %s, %s, %s)", id, position, 1+random.IntN(8), maybe(random.Int64N(10001)),
				maybe(random.Int64N(24564)), maybe(24564), maybe(random.Int64N(1000)-200), maybe(random.Int64N(450_000)))
		}
	}
	return statements
}

const (
	allHeartbeats = "SELECT json_array(hive_id, epoch, received_at, sent_at, json(workers), json(node)) FROM audit_heartbeats"
	allLastSeen   = "SELECT json_array(hive_id, last_seen_at) FROM audit_hives ORDER BY hive_id"
)

// What auditors read is the same before and after the history's tables became
// others, in the store's driver and in the sqlite3 program.
func TestTheHistoryIsTheSameAfterItsMigration(t *testing.T) {
	path := newPath(t)
	oldFile(t, path)
	before, seenBefore := jsonLines(t, auditor(t, path, allHeartbeats+" ORDER BY received_at")), auditor(t, path, allLastSeen)
	seenBefore = strings.Replace(seenBefore, `"1970-01-01T00:00:00.000Z"`, "null", 1) // of a hive that was never seen
	s := openTest(t, path)
	if from, migrated := s.MigratedFrom(); from != 3 || !migrated {
		t.Fatalf("migrated from %d: %t", from, migrated)
	}
	for name, query := range map[string]func(string) string{
		"driver":  func(q string) string { return byDriver(t, s, q) },
		"sqlite3": func(q string) string { return auditor(t, path, q) },
	} {
		if diff := cmp.Diff(before, jsonLines(t, query(allHeartbeats+" ORDER BY received_at"))); diff != "" {
			t.Errorf("%s: audit_heartbeats (-before +after):\n%s", name, diff)
		}
		if after := query(allLastSeen); after != seenBefore {
			t.Errorf("%s: last seen\n%s\nwant\n%s", name, after, seenBefore)
		}
	}
	if len(before) != 200 {
		t.Errorf("%d heartbeats", len(before))
	}
	if got, err := s.Heartbeats(t.Context(), HeartbeatFilter{HiveID: "a", Limit: 1000}); err != nil || len(got) < 50 {
		t.Errorf("the store reads %d heartbeats, %v", len(got), err)
	}
}

// Minutes and hours say the same to auditors after they were put in another order.
func TestMinutesAndHoursAreTheSameInTheirNewOrder(t *testing.T) {
	path := newPath(t)
	statements := []string{
		fmt.Sprintf("PRAGMA application_id = %d", applicationID),
		"INSERT INTO meta VALUES ('queen_id', 'q')",
		"INSERT INTO epochs VALUES (1, 0, NULL, NULL, '0.0.1', 4)",
		`INSERT INTO names VALUES ('2026-03-04', 0, '["GPU-0",24564]'), ('2026-03', 0, '["GPU-0",null]')`,
	}
	first := map[string]int64{"minute": testTime.Unix()/60 - 7, "hour": testTime.Unix()/3600 - 7} // from within a ten
	for _, pk := range []int64{1, 2, 3, 70_000, 1<<32 - 1} {
		statements = append(statements, fmt.Sprintf(
			"INSERT INTO hives VALUES (%d, 'h%[1]d', 0, '', '', 'h', '10.0.0.1', 7835, 0, '', '1', 'ready', 'healthy', '', 1, %d, 0, NULL, NULL)",
			pk, testTime.UnixMilli()))
		for tier, start := range first {
			for n := range int64(25) {
				if (n+pk)%7 == 0 { // it was not there
					continue
				}
				cpu := fmt.Sprint(n * 11)
				if n%5 == 0 {
					cpu = "NULL"
				}
				statements = append(statements, fmt.Sprintf("INSERT INTO %ss VALUES (%d, %d, %d, 1, 2, 3, 4, 5, %[4]d, %s, 9, 10, 11, 12, '0,1.5,2,3,4,5,6,7,8', '')",
					tier, start+n, pk, n+pk%100, cpu))
			}
		}
	}
	for tier, start := range first {
		for n := range int64(25) {
			statements = append(statements, fmt.Sprintf("INSERT INTO history_blocks VALUES ('%s', '%s', %d, 5, 500)",
				tier, startText(wire.Tier(tier), start+n), start+n))
		}
	}
	oldState(t, path, 4, statements)
	const uptime = "SELECT hive_id, day, seconds_healthy, seconds_degraded, seconds_down, heartbeats_received, heartbeats_expected, seconds_stopped FROM audit_uptime"
	queries := []string{"SELECT * FROM audit_minutes ORDER BY at, hive_id", "SELECT * FROM audit_hours ORDER BY at, hive_id", uptime + " ORDER BY hive_id, day"}
	var before []string
	for _, query := range queries {
		before = append(before, auditor(t, path, query))
	}
	if lines := strings.Count(before[0], "\n"); lines < 100 || !strings.Contains(before[0], "h4294967295") {
		t.Errorf("before the migration there are %d minutes", lines+1)
	}
	openTest(t, path)
	for i, query := range queries {
		if diff := cmp.Diff(before[i], auditor(t, path, query)); diff != "" {
			t.Errorf("%s (-before +after):\n%s", query, diff)
		}
	}
}

// jsonLines reads lines of JSON; numbers are equal whether they were written 64 or
// 64.0.
func jsonLines(t *testing.T, lines string) (all []any) {
	t.Helper()
	for line := range strings.Lines(lines) {
		var v any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		all = append(all, v)
	}
	slices.SortFunc(all, func(x, y any) int { return strings.Compare(fmt.Sprint(x), fmt.Sprint(y)) }) // those of one millisecond
	return all
}

// byDriver runs a query as auditor does, in the store's own driver.
func byDriver(t *testing.T, s *Store, query string) string {
	t.Helper()
	rows, err := s.readDB.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var lines []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}
