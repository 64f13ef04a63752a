package store

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func quiet(int64, int64) {}

func TestACopyIsTheFile(t *testing.T) {
	path := newPath(t)
	s := openTest(t, path)
	addHeartbeats(t, s, testHive("a"), fullHeartbeat())
	for name, from := range map[string]database{"writer": s.conn, "reader": plainConn(t, path)} {
		to := filepath.Join(t.TempDir(), "q;u'een copy.db")
		if err := copyTo(t.Context(), from, to, quiet); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		info, err := os.Stat(to)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("%s: %v, mode %v", name, err, info.Mode())
		}
		if got, want := auditor(t, to, allHeartbeats), auditor(t, path, allHeartbeats); got != want || want == "" {
			t.Errorf("%s: the copy has\n%s\nthe file\n%s", name, got, want)
		}
		if left, _ := filepath.Glob(to + "?*"); len(left) != 0 {
			t.Errorf("%s: %v are left", name, left)
		}
		copied := openTest(t, to)
		if copied.QueenID != s.QueenID {
			t.Errorf("%s: the copy is of queen %s", name, copied.QueenID)
		}
	}
}

func TestACopyReplacesNothing(t *testing.T) {
	path := newPath(t)
	s := openTest(t, path)
	to := filepath.Join(t.TempDir(), "copy.db")
	writeFile(t, to, "dear to somebody")
	err := copyTo(t.Context(), s.conn, to, quiet)
	if !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), to) || string(readFile(t, to)) != "dear to somebody" {
		t.Errorf("copyTo: %v", err)
	}
	from := to + "2"
	writeFile(t, from, "new")
	for name, rename := range map[string]func(string, string) error{"in one step": renameNew, "in two": renameUnseen} {
		if err := rename(from, to); !errors.Is(err, fs.ErrExist) || string(readFile(t, to)) != "dear to somebody" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestACopyThatFailsLeavesNothing(t *testing.T) {
	path := newPath(t)
	s := openTest(t, path)
	dir := t.TempDir()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := copyTo(ended, s.conn, filepath.Join(dir, "a.db"), quiet); !errors.Is(err, context.Canceled) {
		t.Errorf("copyTo: %v", err)
	}
	if _, err := s.conn.ExecContext(t.Context(), "PRAGMA application_id = 7"); err != nil {
		t.Fatal(err)
	}
	if err := copyTo(t.Context(), s.conn, filepath.Join(dir, "b.db"), quiet); err == nil || !strings.Contains(err.Error(), "application_id") {
		t.Errorf("copyTo of another program's file: %v", err)
	}
	if left, err := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

// plainConn opens a file as a program beside the queen does.
func plainConn(t *testing.T, path string) *sql.DB {
	t.Helper()
	conn, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}
