package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// content is what is in the tables or views of a file: rows in some order, by
// name.
type content map[string][]any

// read reads what a kind of objects has, of each the columns that it had in a
// file of before; all if that is nil.
func read(t *testing.T, kind string, before map[string][]string, query func(string) string) (found content, columns map[string][]string) {
	t.Helper()
	found, columns = content{}, map[string][]string{}
	names := query("SELECT name FROM sqlite_schema WHERE type = '" + kind + "' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'goose%'")
	for name := range strings.SplitSeq(names, "\n") {
		if name == "" || (before != nil && before[name] == nil) {
			continue
		}
		columns[name] = strings.Fields(query("SELECT name FROM pragma_table_info('" + name + "')"))
		if before != nil {
			columns[name] = before[name]
		}
		shown := slices.DeleteFunc(slices.Clone(columns[name]), func(c string) bool { return c == "seconds_unknown" }) // depends on the time of reading
		found[name] = deepLines(t, query("SELECT json_array("+strings.Join(shown, ", ")+") FROM "+name))
	}
	return found, columns
}

// deepLines is jsonLines where texts may be JSON themselves.
func deepLines(t *testing.T, text string) []any {
	t.Helper()
	all := jsonLines(t, text)
	for _, row := range all {
		for i, v := range row.([]any) {
			var inner any
			if s, ok := v.(string); ok && strings.ContainsAny(s[:min(1, len(s))], "[{") && json.Unmarshal([]byte(s), &inner) == nil {
				row.([]any)[i] = inner
			}
		}
	}
	slices.SortFunc(all, func(x, y any) int { return strings.Compare(fmt.Sprint(x), fmt.Sprint(y)) })
	return all
}

func driverOf(t *testing.T, path string) func(string) string {
	t.Helper()
	conn, err := openReadOnly(path)
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return func(query string) string { t.Helper(); return strings.Join(lines(t, conn, query), "\n") }
}

// became are the tables whose rows a migration writes into others, and the
// values it changes on purpose; views tell whether they are still the same.
var (
	became  = []string{"heartbeats", "heartbeat_workers", "heartbeat_gpus", "names"}
	changed = func(c content) content {
		for _, row := range c["audit_hives"] { // until version 4, of a hive that was never seen
			for i, v := range row.([]any) {
				if v == "1970-01-01T00:00:00.000Z" {
					row.([]any)[i] = nil
				}
			}
		}
		return c
	}
)

// Every version that was ever released becomes the newest, with all its rows,
// and is then what a new file is.
func TestEveryReleasedSchemaIsUpgraded(t *testing.T) {
	fresh := newPath(t)
	wantSchema := readSchema(t, openTest(t, fresh).readDB)
	var heartbeats []any
	for version := int64(1); version <= newestSchema(); version++ {
		t.Run(fmt.Sprint("version ", version), func(t *testing.T) {
			path := loadDump(t, version)
			views, viewColumns := read(t, "view", nil, driverOf(t, path))
			tables, tableColumns := read(t, "table", nil, driverOf(t, path))
			if len(tables["hives"]) < 4 || len(tables["events"]) < 5 || len(tables["devices"]) < 3 {
				t.Fatalf("the dump tells little: %v", tables)
			}
			for _, name := range became {
				if version < newestSchema() {
					delete(tables, name)
					delete(tableColumns, name)
				}
			}
			s := openTest(t, path)
			if from, migrated := s.MigratedFrom(); migrated != (version < newestSchema()) || from != version {
				t.Errorf("migrated from %d: %t", from, migrated)
			}
			for name, query := range map[string]func(string) string{
				"driver": driverOf(t, path), "sqlite3": func(q string) string { return auditor(t, path, q) },
			} {
				now, _ := read(t, "view", viewColumns, query)
				if diff := cmp.Diff(changed(views), now); diff != "" {
					t.Errorf("%s: views (-before +after):\n%s", name, diff)
				}
				now, _ = read(t, "table", tableColumns, query)
				if diff := cmp.Diff(tables, now); diff != "" {
					t.Errorf("%s: tables (-before +after):\n%s", name, diff)
				}
			}
			if got := readSchema(t, s.readDB); got.digest() != wantSchema.digest() {
				t.Errorf("the schema is not that of a new file (-new +upgraded):\n%s", cmp.Diff(wantSchema, got))
			}
			for _, check := range []string{"PRAGMA integrity_check", "SELECT coalesce(max('a row refers to none'), 'ok') FROM pragma_foreign_key_check"} {
				if got := auditor(t, path, check); got != "ok" {
					t.Errorf("%s: %s", check, got)
				}
			}
			now, _ := read(t, "view", nil, driverOf(t, path))
			if heartbeats == nil {
				heartbeats = now["audit_heartbeats"] // of version 1: none
			}
			if version == 2 {
				heartbeats = now["audit_heartbeats"]
			}
			if version == 3 {
				if diff := cmp.Diff(heartbeats, now["audit_heartbeats"]); diff != "" || len(heartbeats) != 60 {
					t.Errorf("of %d heartbeats (-from version 2 +from version 3):\n%s", len(heartbeats), diff)
				}
			}
			if _, err := s.StartEpoch(t.Context(), testTime, "1"); err != nil {
				t.Error(err)
			}
			want := fmt.Sprintf(`{"from":%d,"to":%d}`, version, newestSchema())
			if got := auditor(t, path, "SELECT detail FROM audit_events WHERE kind = 'state.migrated' AND epoch = (SELECT max(epoch) FROM epochs)"); version < newestSchema() && got != want {
				t.Errorf("event state.migrated: %q, want %s", got, want)
			}
		})
	}
}

// The way back: the copy is the file as it was before the upgrade.
func TestTheCopyBeforeAnUpgradeIsTheOldFile(t *testing.T) {
	path := loadDump(t, 3)
	before := dumpOf(t, path)
	log, said := testLog()
	s, err := Open(t.Context(), path, log)
	must(t, err)
	must(t, s.Close())
	copies := copiesOf(path)
	if len(copies) != 1 || !strings.HasPrefix(copies[0], fmt.Sprintf("%s.before-%d-", path, newestSchema())) || !strings.Contains(said(), copies[0]) {
		t.Fatalf("copies: %v, in the log:\n%s", copies, said())
	}
	info, err := os.Stat(copies[0])
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if diff := cmp.Diff(before, dumpOf(t, copies[0])); diff != "" {
		t.Errorf("the copy is not what was there (-file +copy):\n%s", diff)
	}
	must(t, os.Rename(path, path+".newer"))
	must(t, os.Rename(copies[0], path))
	if from, _ := openTest(t, path).MigratedFrom(); from != 3 {
		t.Errorf("what was put back has version %d", from)
	}
}

func TestThreeCopiesAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "queen [1]*.db")
	runSQL(t, path, string(readFile(t, dumpPath(3))))
	var names []string
	for i, stamp := range []string{"20200101T000000Z", "20240101T000000Z", "20230101T000000Z", "20220101T000000Z"} {
		names = append(names, fmt.Sprintf("%s.before-%d-%s", path, 9-i, stamp))
		writeFile(t, names[i], "an old one")
	}
	dear, half := path+".before-the-flood", path+".before-4-20260101T000000Z"+copyUnfinished+"1"
	writeFile(t, dear, "not ours")
	writeFile(t, half, "half")
	openTest(t, path)
	copies := copiesOf(path)
	if len(copies) != 3 || copies[0] != names[2] || copies[1] != names[1] {
		t.Errorf("kept: %v", copies)
	}
	if _, err := os.Stat(dear); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(half); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an unfinished copy is left: %v", err)
	}
}

func TestADowngradeNamesTheCopyToPutBack(t *testing.T) {
	path := killed(t, "PRAGMA user_version = 99")
	older, useless := path+".before-98-20260101T000000Z", path+".before-99-20260201T000000Z"
	runSQL(t, older, string(readFile(t, dumpPath(3))))
	runSQL(t, useless, "CREATE TABLE goose_db_version (version_id, is_applied); INSERT INTO goose_db_version VALUES (98, 1)")
	before := fingerprint(t, filepath.Dir(path))
	err := tryOpen(t, path)
	if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), older) || strings.Contains(err.Error(), useless) {
		t.Errorf("Open: %v; want the name of %s", err, older)
	}
	if diff := cmp.Diff(before, fingerprint(t, filepath.Dir(path))); diff != "" {
		t.Errorf("the files were changed (-before +after):\n%s", diff)
	}
}

func TestAFailedMigrationLeavesTheOldFile(t *testing.T) {
	path := loadDump(t, 3)
	conn := plainConn(t, path)
	_, err := conn.ExecContext(t.Context(), "CREATE TABLE minutes (in_the_way TEXT)")
	must(t, errors.Join(err, conn.Close()))
	before := dumpOf(t, path)
	if err := tryOpen(t, path); err == nil || !strings.Contains(err.Error(), "migrate from schema version 3") {
		t.Errorf("Open: %v", err)
	}
	if diff := cmp.Diff(before, dumpOf(t, path)); diff != "" {
		t.Errorf("after a failed migration (-before +after):\n%s", diff)
	}
	if copies := copiesOf(path); len(copies) != 0 {
		t.Errorf("%v are left of an upgrade that did not happen", copies)
	}
}

// upgradeChild opens a file, until it is killed, and tells when it begins.
func upgradeChild(path string) error {
	fmt.Println("begun")
	s, err := Open(context.Background(), path, discard)
	if err != nil {
		return err
	}
	fmt.Println("open")
	return s.Close()
}

// Killed at whatever moment of an upgrade: the old file or the new one.
func TestAKilledUpgradeLeavesOldOrNew(t *testing.T) {
	const beats = 10_000
	master := filepath.Join(t.TempDir(), "queen.db")
	runSQL(t, master, string(readFile(t, dumpPath(3)))+fmt.Sprintf(`
		WITH RECURSIVE n (i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 1000 + %d - 61)
		INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb)
		SELECT i, 1 + i %% 2, 3, 1772602200000 + i * 10, 1772602200000 + i * 10, i %% 10000, i, 65536 FROM n;`, beats))
	count := "SELECT count(*) || ' ' || sum(length(hive_id)) FROM audit_heartbeats"
	want, raw := driverOf(t, master)(count), readFile(t, master)
	took := time.Duration(0)
	var old, upgraded int
	for round := range 8 {
		path := filepath.Join(t.TempDir(), "queen.db")
		writeFile(t, path, string(raw))
		after := time.Hour
		if round > 0 {
			after = took*time.Duration(round)/8 - rand.N(took/8) // all over it
		}
		began := time.Now()
		killUpgrade(t, path, after)
		if round == 0 {
			took = time.Since(began)
		}
		version, err := strconvVersion(driverOf(t, path)("SELECT max(version_id) FROM goose_db_version"))
		must(t, err)
		switch { // each migration is a commit of its own
		case version == 3:
			old++
		case version > 3 && version <= newestSchema():
			upgraded++
		default:
			t.Errorf("round %d: version %d", round, version)
		}
		s := openTest(t, path)
		if got := byDriver(t, s, count); got != want {
			t.Errorf("round %d, killed after %v: %s heartbeats, want %s", round, after, got, want)
		}
		if got := byDriver(t, s, "PRAGMA integrity_check"); got != "ok" {
			t.Errorf("round %d: %s", round, got)
		}
		if left, _ := filepath.Glob(path + "*" + copyUnfinished + "*"); version == 3 && len(left) != 0 {
			t.Errorf("round %d: %v are left", round, left)
		}
		must(t, s.Close())
	}
	t.Logf("an upgrade of %d heartbeats takes %v; killed within it: %d were old, %d upgraded, by one migration at least", beats, took, old, upgraded-1)
	if old == 0 {
		t.Error("no kill came before the end: this test saw nothing")
	}
}

func strconvVersion(text string) (version int64, err error) {
	_, err = fmt.Sscan(text, &version)
	return version, err
}

func killUpgrade(t *testing.T, path string, after time.Duration) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "STORE_TEST_UPGRADE="+path)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	begun := make([]byte, len("begun\n"))
	if _, err := out.Read(begun); err != nil {
		t.Fatalf("the child wrote nothing: %s", said.String())
	}
	kill := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	_ = cmd.Wait() // killed, or done before
	if said.Len() > 0 {
		t.Errorf("the child said %s", said.String())
	}
}
