package store

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"rbee/internal/rollup"
	"rbee/internal/wire"
)

func tryOpen(t *testing.T, path string) error {
	t.Helper()
	s, err := Open(t.Context(), path, discard)
	if err == nil {
		_ = s.Close()
	}
	return err
}

func TestModesOfFileAndDirectory(t *testing.T) {
	path := newPath(t)
	openTest(t, path)
	for name, want := range map[string]os.FileMode{
		filepath.Dir(path): 0o700, path: 0o600, path + "-wal": 0o600, path + "-shm": 0o600, path + ".lock": 0o600, path + ".id": 0o600,
	} {
		info, err := os.Stat(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %v, want %v", filepath.Base(name), got, want)
		}
	}
}

func TestASecondQueenIsToldThePID(t *testing.T) {
	path := newPath(t)
	openTest(t, path)
	err := tryOpen(t, path)
	if !errors.Is(err, ErrLocked) {
		t.Fatalf("second Open: %v, want ErrLocked", err)
	}
	if !strings.Contains(err.Error(), "pid "+strconv.Itoa(os.Getpid())+",") || !strings.Contains(err.Error(), "--state") {
		t.Errorf("error %q names neither the holder's pid nor the remedy", err)
	}
}

func TestARefusedFileIsNotTouched(t *testing.T) {
	foreign := func(t *testing.T, path string) {
		t.Helper()
		db, err := sql.Open("sqlite", "file:"+path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		if _, err := db.ExecContext(t.Context(), "CREATE TABLE t (x); PRAGMA application_id = 42"); err != nil {
			t.Fatal(err)
		}
	}
	newer := func(t *testing.T, path string) {
		t.Helper()
		s := openTest(t, path)
		if _, err := s.conn.ExecContext(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)"); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name string
		make func(t *testing.T, path string)
		want string
	}{
		{"text", func(t *testing.T, path string) { writeFile(t, path, "hello, I am no database at all") }, "not a SQLite database"},
		{"a header cut short", func(t *testing.T, path string) { writeFile(t, path, "SQLite format 3\x00") }, "not a SQLite database"},
		{"another program's", foreign, "application_id 0x2a"},
		{"of a newer queen", newer, "schema version 999"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "queen.db")
			tt.make(t, path)
			before := readFile(t, path)
			err := tryOpen(t, path)
			if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("Open: %v; want ErrRefused with %q and the path", err, tt.want)
			}
			if !bytes.Equal(before, readFile(t, path)) {
				t.Error("the refused file was changed")
			}
		})
	}
}

func TestOneFileUnderTwoNamesHasOneLock(t *testing.T) {
	path := newPath(t)
	openTest(t, path)
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if err := tryOpen(t, link); !errors.Is(err, ErrLocked) {
		t.Errorf("Open through a symbolic link: %v, want ErrLocked", err)
	}
	dir := filepath.Join(t.TempDir(), "dir")
	if err := os.Symlink(filepath.Dir(path), dir); err != nil {
		t.Fatal(err)
	}
	if err := tryOpen(t, filepath.Join(dir, filepath.Base(path))); !errors.Is(err, ErrLocked) {
		t.Errorf("Open through a linked directory: %v, want ErrLocked", err)
	}
	hard := filepath.Join(filepath.Dir(path), "hard.db")
	if err := os.Link(path, hard); err != nil {
		t.Fatal(err)
	}
	if err := tryOpen(t, hard); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "hard links") {
		t.Errorf("Open of a hard link: %v, want ErrRefused", err)
	}
}

func TestAFileThatGoesWhileInUseIsNotAcknowledgedTo(t *testing.T) {
	away := func(path string) error { return os.Rename(path, path+".away") }
	for _, tt := range []struct {
		name  string
		gone  func(path string) error
		fatal bool
	}{
		{"removed", os.Remove, false},
		{"moved", away, false},
		{"replaced", func(path string) error { return errors.Join(away(path), os.WriteFile(path, nil, 0o600)) }, true},
	} {
		path := newPath(t)
		s := openTest(t, path)
		if err := tt.gone(path); err != nil {
			t.Fatal(err)
		}
		save := func() error {
			return s.Write(t.Context(), func(tx *Tx) error { return tx.SaveHive(testHive("a")) })
		}
		if err := save(); !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: Write: %v, want ErrUnavailable and the path", tt.name, err)
		}
		failed := false
		select {
		case <-s.Failed():
			failed = true
		default:
		}
		if failed != tt.fatal {
			t.Errorf("%s: the store gave up: %t, want %t", tt.name, failed, tt.fatal)
		}
		if tt.name == "moved" {
			if err := os.Rename(path+".away", path); err != nil {
				t.Fatal(err)
			}
			for err := save(); err != nil; err = save() {
				if !errors.Is(err, ErrUnavailable) {
					t.Fatal(err)
				}
				time.Sleep(10 * time.Millisecond)
			}
			if hives, err := s.Hives(t.Context()); err != nil || len(hives) != 1 {
				t.Errorf("%d hives (%v) in a file that was put back, want 1", len(hives), err)
			}
		}
		_ = s.Close()
		for _, suffix := range []string{"-wal", "-shm"} {
			if _, err := os.Stat(path + suffix); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s: %s is left for the next file at this path: %v", tt.name, suffix, err)
			}
		}
	}
}

func TestAMissingTableIsDamage(t *testing.T) {
	for _, drop := range []string{"DROP VIEW audit_events; DROP TABLE events", "DROP VIEW audit_hives", "DROP TABLE meta"} {
		path := newPath(t)
		s := openTest(t, path)
		if _, err := s.conn.ExecContext(t.Context(), drop); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := tryOpen(t, path); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "missing") {
			t.Errorf("after %s: Open: %v, want ErrRefused", drop, err)
		}
	}
}

func TestAVanishedFileIsMissed(t *testing.T) {
	path := newPath(t)
	openTest(t, path)
	if err := os.Truncate(path+".lock", 0); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		vanish func(path string) error
	}{
		{"removed", os.Remove},
		{"emptied", func(path string) error { return os.Truncate(path, 0) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := newPath(t)
			s := openTest(t, path)
			id := s.QueenID
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if err := tt.vanish(path); err != nil {
				t.Fatal(err)
			}
			err := tryOpen(t, path)
			if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), id) {
				t.Errorf("Open: %v; want ErrRefused naming state %s", err, id)
			}
			if err := os.Remove(path + ".id"); err != nil {
				t.Fatal(err)
			}
			if err := tryOpen(t, path); err != nil {
				t.Errorf("Open after the remedy: %v", err)
			}
		})
	}
}

func TestDamageIsRefusedWhereverItIsMet(t *testing.T) {
	for _, table := range []string{"meta", "epochs", "hives", "hive_aliases", "devices", "history_blocks"} {
		path := newPath(t)
		damage(t, path, table)
		if err := tryOpen(t, path); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: Open: %v, want ErrRefused: damaged", table, err)
		}
	}
	path := newPath(t)
	damage(t, path, "events")
	if _, err := openTest(t, path).StartEpoch(t.Context(), testTime, "1"); !errors.Is(err, ErrRefused) {
		t.Errorf("StartEpoch on a damaged log: %v, want ErrRefused", err)
	}
}

// damage makes a state file and overwrites the root page of a table or index.
func damage(t *testing.T, path, table string) {
	t.Helper()
	s := openTest(t, path)
	addHeartbeats(t, s, testHive("a"), fullHeartbeat())
	err := s.Write(t.Context(), func(tx *Tx) error {
		of := rollup.Span{Tier: wire.TierMinute, First: rollup.Minute(testTime), Last: rollup.Minute(testTime)}
		return tx.rollups([]rollup.Row{{Span: of, HivePK: 1}, {Kind: rollup.Whole, Span: of}}, tx.built)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	scribble(t, path, table)
}

// scribble overwrites the root page of a table or index.
func scribble(t *testing.T, path, table string) {
	t.Helper()
	conn, err := sql.Open("sqlite", dsn(path)+"&mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	var page, size int64
	row := conn.QueryRowContext(t.Context(), "SELECT rootpage, (SELECT page_size FROM pragma_page_size) FROM sqlite_schema WHERE name = ?", table)
	if err := errors.Join(row.Scan(&page, &size), conn.Close()); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(bytes.Repeat([]byte{0xa5}, int(size)), (page-1)*size); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestPathsWithOddCharacters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?c#d%20e&f", "q;u'een.db")
	openTest(t, path)
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the file is not where it was asked for: %v", err)
	}
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
