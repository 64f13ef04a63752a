package store

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

func dumpPath(version int64) string {
	return filepath.Join("..", "..", "db", "testdata", "schemas", fmt.Sprintf("%05d.sql", version))
}

// Every schema version that was ever released is kept with rows in it, so that
// every later release is tried on it.
func TestEverySchemaVersionHasItsDump(t *testing.T) {
	if os.Getenv("STORE_TEST_DUMP") != "" { // make schema-dump
		writeFile(t, dumpPath(newestSchema()), makeDump(t))
	}
	for version := int64(1); version <= newestSchema(); version++ {
		if _, err := os.Stat(dumpPath(version)); err != nil {
			t.Errorf("schema version %d has no dump: %v; run make schema-dump, look at what it wrote, and commit it", version, err)
			continue
		}
		dump := loadDump(t, version)
		conn := plainConn(t, filepath.Join(t.TempDir(), "made.db"))
		migrations, err := migrationsOn(conn)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := migrations.UpTo(t.Context(), version); err != nil {
			t.Fatal(err)
		}
		want, got := readSchema(t, conn), readSchema(t, plainConn(t, dump))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the migrations no longer make what was released as version %d (-migrations +dump):\n%s", version, diff)
		}
		if marked := header(readFile(t, dump)[:headerSize]).userVersion(); version >= 5 && int64(marked) != version {
			t.Errorf("migration %05d does not end with PRAGMA user_version = %d, but leaves %d", version, version, marked)
		}
	}
}

func readSchema(t *testing.T, conn database) schema {
	t.Helper()
	found, err := schemaOf(t.Context(), conn)
	must(t, err)
	return found
}

// loadDump makes a file from the dump of a version.
func loadDump(t *testing.T, version int64) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "queen.db")
	runSQL(t, path, string(readFile(t, dumpPath(version))))
	return path
}

func runSQL(t *testing.T, path, script string) {
	t.Helper()
	must(t, os.WriteFile(path, nil, 0o600))
	conn, err := sql.Open("sqlite", dsn(path))
	must(t, err)
	_, err = conn.ExecContext(t.Context(), script)
	must(t, errors.Join(err, conn.Close()))
}

// makeDump upgrades the dump of the version before the newest, has the store
// write rows of every kind to it, and returns what is then in the file.
func makeDump(t *testing.T) string {
	t.Helper()
	path := loadDump(t, newestSchema()-1)
	b := newBed(t, path, time.Date(2026, 3, 4, 7, 58, 0, 0, time.UTC), 2)
	b.run(150*time.Second, 5*time.Second, 0, 1) // over a full hour
	b.run(10*time.Second, 5*time.Second, 1)
	err := b.s.Write(t.Context(), func(tx *Tx) error {
		if err := tx.Discovery(wire.Discovery{
			Alias: "it's \"odd\"", Hostname: "10.0.0.9", Port: 7835, Source: wire.SourceSSH, Outcome: wire.OutcomeFailed,
			Error: "refused", AttemptedAt: testTime, Epoch: b.epoch,
		}); err != nil {
			return err
		}
		_, err := tx.Event(testTime, b.epoch, wire.EventHiveDown, "ha", map[string]any{"why": "ünïcode '\"\\ \U0001f41d"})
		return err
	})
	must(t, err)
	b.stop()
	return "-- A state file of schema version " + fmt.Sprint(newestSchema()) + ", made by make schema-dump. Never edited once it was released.\n" + dumpOf(t, path)
}

// dumpOf writes a file as SQL, the same each time.
func dumpOf(t *testing.T, path string) string {
	t.Helper()
	conn := plainConn(t, path)
	out := &strings.Builder{}
	for _, pragma := range []string{"application_id", "user_version"} {
		fmt.Fprintf(out, "PRAGMA %s = %s;\n", pragma, lines(t, conn, "PRAGMA "+pragma)[0])
	}
	out.WriteString("BEGIN;\n")
	for _, table := range lines(t, conn, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name") {
		fmt.Fprintf(out, "%s;\n", lines(t, conn, "SELECT sql FROM sqlite_schema WHERE name = '"+table+"'")[0])
		columns := lines(t, conn, "SELECT name FROM pragma_table_xinfo('"+table+"') WHERE hidden = 0")
		values := "quote(" + strings.Join(columns, ") || ', ' || quote(") + ")"
		if table == "goose_db_version" {
			values = strings.Replace(values, "quote(tstamp)", "'''2026-01-01 00:00:00'''", 1) // not when this dump was made
		}
		for _, row := range lines(t, conn, "SELECT "+values+" FROM "+table) {
			fmt.Fprintf(out, "INSERT INTO %s (%s) VALUES (%s);\n", table, strings.Join(columns, ", "), row)
		}
	}
	out.WriteString("DELETE FROM sqlite_sequence;\n")
	for _, row := range lines(t, conn, "SELECT quote(name) || ', ' || seq FROM sqlite_sequence ORDER BY name") {
		fmt.Fprintf(out, "INSERT INTO sqlite_sequence (name, seq) VALUES (%s);\n", row)
	}
	for _, object := range lines(t, conn, "SELECT sql FROM sqlite_schema WHERE type <> 'table' AND sql IS NOT NULL ORDER BY type, name") {
		fmt.Fprintf(out, "%s;\n", object)
	}
	out.WriteString("COMMIT;\n")
	return out.String()
}

// lines reads the one column of a query.
func lines(t *testing.T, conn database, query string) (found []string) {
	t.Helper()
	rows, err := conn.(interface {
		Query(query string, args ...any) (*sql.Rows, error)
	}).Query(query)
	must(t, err)
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var line string
		must(t, rows.Scan(&line))
		found = append(found, line)
	}
	must(t, rows.Err())
	return slices.Clip(found)
}
