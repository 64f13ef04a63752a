package e2e

import (
	"database/sql"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the "sqlite" driver

	"rbee/db"
)

// oldVersion is the schema version of oldState: the next migration moves every
// row of the history.
const oldVersion = 3

// oldState is a state file of an older queen, and what it reads as once it was
// migrated without a disturbance.
type oldState struct {
	file string
	want string
	took time.Duration // from the start of the program until it serves
}

func newOldState(t *testing.T, dir string) *oldState {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	o := &oldState{file: filepath.Join(dir, "queen.db")}
	old, err := sql.Open("sqlite", "file:"+(&url.URL{Path: o.file}).EscapedPath()+"?_pragma=journal_mode(WAL)")
	if err != nil {
		t.Fatal(err)
	}
	files, err := fs.Sub(db.Migrations, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, old, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), oldVersion); err != nil {
		t.Fatal(err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	change(t, o.file, oldRows)
	return o
}

// oldRows are twenty hives with a device each and 4,000 heartbeats, every one
// with a GPU and two workers.
const oldRows = `
	PRAGMA application_id = 0x72626565;
	INSERT INTO meta VALUES ('queen_id', '01990000-0000-7000-8000-000000000000');
	INSERT INTO epochs VALUES (1, 1772600000000, 1772700000000, 'clean', '0.0.1', 3);
	INSERT INTO names VALUES (1, 'llm'), (2, '8080'), (3, 'llama-3.2-1b'), (4, 'GPU-0');
	CREATE TEMP TABLE n AS WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 4000) SELECT n FROM n;
	INSERT INTO hives SELECT n, 'old-' || n, 0, '', '', 'h', '10.0.0.1', 7835, 0, '', '1', 'ready', 'healthy', '', 1, 1772600000000, 0, NULL FROM n WHERE n <= 20;
	INSERT INTO devices SELECT n, 0, 'GPU-0', 'RTX', 'gpu', 24, '8.9', 1, 1772600000000 FROM n WHERE n <= 20;
	INSERT INTO events (at_ms, epoch, kind, hive_id, detail) SELECT 1772600000000 + n, 1, 'hive.registered', 'old-' || n, '{}' FROM n WHERE n <= 20;
	INSERT INTO discoveries SELECT n, 1, 1772600000000 + n, 'a' || n, 'h', 7835, 'ssh', 'failed', NULL, 'refused', 'no' FROM n WHERE n <= 20;
	INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb)
		SELECT n, 1 + n % 20, 1, 1772600000000 + n * 50, 1772600000000 + n * 50 - n % 7, n, n, 65536 FROM n;
	INSERT INTO heartbeat_gpus SELECT n, 0, 4, n, n, 24564, 600, 210000 FROM n;
	INSERT INTO heartbeat_workers SELECT n.n, p.n, 1000 + n.n % 3, 1, 2, 3, n.n, n.n, 5, 6, n.n, 64, 7900, 24564 FROM n JOIN n p ON p.n <= 2;`

// kept is what a migration must not change, and a boot does not.
const kept = "SELECT * FROM audit_heartbeats WHERE epoch = 1 ORDER BY received_at; " +
	"SELECT * FROM audit_hives WHERE registered_epoch = 1 ORDER BY hive_id; SELECT * FROM audit_devices ORDER BY hive_id; SELECT * FROM audit_discoveries WHERE epoch = 1 ORDER BY alias; " +
	"SELECT * FROM audit_events WHERE epoch = 1 AND kind LIKE 'hive.%' ORDER BY id; SELECT * FROM audit_epochs WHERE epoch = 1"

// change writes to a file that no queen uses.
func change(t *testing.T, state, statements string) {
	t.Helper()
	file, err := sql.Open("sqlite", "file:"+(&url.URL{Path: state}).EscapedPath())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	file.SetMaxOpenConns(1) // what is temporary belongs to one connection
	if _, err := file.ExecContext(t.Context(), statements); err != nil {
		t.Fatal(err)
	}
}

// killInMigration kills queens on a copy of an older file, often in the
// migration; the next one has all its rows.
func (c *crashes) killInMigration() {
	c.t.Helper()
	m := *c
	dir, err := os.MkdirTemp(c.home, "migration-")
	if err != nil {
		c.t.Fatal(err)
	}
	m.state = filepath.Join(dir, "queen.db")
	m.port = freePorts(c.t, 1)[0]
	copyState(c.t, c.old.file, dir)
	if c.old.took == 0 { // once without a disturbance
		q := m.boot()
		c.old.took = m.accepted[len(m.accepted)-1]
		c.old.want = sqlite3(c.t, m.state, kept)
		if got := sqlite3(c.t, m.state, "SELECT count(*) FROM audit_heartbeats WHERE epoch = 1"); got != "4000" {
			c.t.Fatalf("%s heartbeats of 4000 are there after the migration", got)
		}
		c.t.Logf("an undisturbed boot with a migration takes %v", c.old.took.Round(time.Millisecond))
		q.kill()
		return
	}
	stopAuditor := auditor(c.t, m.state, 20*time.Millisecond, 6, countAll, func() bool { return true })
	for range 1 + c.random.IntN(3) {
		q := m.start()
		time.Sleep(c.upTo(c.old.took))
		if !listens(q.url) {
			c.inMigration++
		}
		q.kill()
		c.migrations++
	}
	q := m.boot()
	_, waited := stopAuditor()
	c.waited += waited
	if diff := cmp.Diff(lines(c.old.want), lines(sqlite3(c.t, m.state, kept))); diff != "" {
		c.t.Errorf("after a kill in a migration the file reads otherwise than without one (-without +after):\n%s", diff)
	}
	c.sound(m.state)
	q.kill()
	if !c.t.Failed() {
		_ = os.RemoveAll(dir) // else somebody will want to look at it
	}
}
