package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fingerprint hashes every file of a directory but locks, which say who looked.
func fingerprint(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".lock") {
			sum := sha256.Sum256(readFile(t, filepath.Join(dir, e.Name())))
			found[e.Name()] = hex.EncodeToString(sum[:8])
		}
	}
	return found
}

// killed makes a state file, has it changed, and returns what a queen who is
// killed right then leaves: the change is in the log only.
func killed(t *testing.T, change string) string {
	t.Helper()
	path := newPath(t)
	s := openTest(t, path)
	addHeartbeats(t, s, testHive("a"), fullHeartbeat())
	if _, err := s.conn.ExecContext(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.conn.ExecContext(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(t.TempDir(), "queen.db")
	for _, suffix := range []string{"", "-wal", "-shm", ".id"} {
		writeFile(t, left+suffix, string(readFile(t, path+suffix)))
	}
	return left
}

func TestARefusalLeavesEveryByteOfAKilledQueen(t *testing.T) {
	for _, tt := range []struct {
		name, change, want string
		after              func(t *testing.T, path string)
		index              bool // SQLite had to be asked, and has made its index anew
	}{
		{name: "newer", change: "PRAGMA user_version = 99", want: "use a queen-rbee that knows version 99"},
		{name: "another program's", change: "PRAGMA application_id = 42", want: "application_id 0x2a"},
		{
			name: "newer, and its header does not say so", want: "knows version 999", index: true,
			change: "INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)",
		},
		{name: "a changed view", change: "DROP VIEW audit_hives; CREATE VIEW audit_hives AS SELECT 1", want: "view audit_hives", index: true},
		{name: "a changed table", change: "ALTER TABLE hives ADD COLUMN more TEXT", want: "table hives", index: true},
		{name: "a missing index", change: "DROP INDEX events_by_kind", want: "index events_by_kind is missing", index: true},
		{
			name: "damage in the registry", change: "PRAGMA user_version = 4", want: "damaged", index: true,
			after: func(t *testing.T, path string) { t.Helper(); scribble(t, path, "epochs") },
		},
		{
			name: "a log of garbage", change: "PRAGMA user_version = 4", want: "-wal is damaged",
			after: func(t *testing.T, path string) {
				t.Helper()
				writeFile(t, path+"-wal", string(bytes.Repeat([]byte{0xa5}, 5000)))
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := killed(t, tt.change)
			if tt.after != nil {
				tt.after(t, path)
			}
			before := fingerprint(t, filepath.Dir(path))
			err := tryOpen(t, path)
			if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("Open: %v; want ErrRefused with %q and the path", err, tt.want)
			}
			after := fingerprint(t, filepath.Dir(path))
			if tt.index {
				delete(before, "queen.db-shm")
				delete(after, "queen.db-shm")
			}
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("the refused files were changed (-before +after):\n%s", diff)
			}
		})
	}
}

// The control of the test above: what is not refused does change.
func TestAFileThatIsTakenIsChanged(t *testing.T) {
	path := killed(t, "PRAGMA user_version = 4")
	before := fingerprint(t, filepath.Dir(path))
	if err := tryOpen(t, path); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, fingerprint(t, filepath.Dir(path))); diff == "" {
		t.Error("nothing was changed: the fingerprint sees nothing")
	}
}

func TestWhatTheQueenDidNotMakeIsTolerated(t *testing.T) {
	path := newPath(t)
	s := openTest(t, path)
	_, err := s.conn.ExecContext(t.Context(), `CREATE TABLE notes (text); CREATE INDEX mine ON events (at_ms);
		CREATE VIEW v AS SELECT 1; CREATE TRIGGER t AFTER INSERT ON notes BEGIN SELECT 1; END; INSERT INTO notes VALUES ('dear')`)
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	log, said := testLog()
	s, err = Open(t.Context(), path, log)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for _, name := range []string{"table notes", "index mine", "view v", "trigger t"} {
		if !strings.Contains(said(), name) {
			t.Errorf("the log does not name %s:\n%s", name, said())
		}
	}
	if got := auditor(t, path, "SELECT text FROM notes"); got != "dear" {
		t.Errorf("notes: %q", got)
	}
}

func TestTheHeaderIsReadAsSQLiteReadsIt(t *testing.T) {
	path := killed(t, "PRAGMA user_version = 77")
	h, err := readHeader(path)
	if err != nil || h.userVersion() != 77 || h.applicationID() != applicationID {
		t.Fatalf("header %v, %v", h, err)
	}
	log, file := readFile(t, path+"-wal"), bytes.NewReader(readFile(t, path))
	for cut := range log { // a log that ends anywhere has the header of before, or of after its last commit
		if r, err := readLog(bytes.NewReader(log[:cut]), file); err != nil || r.damage != "" || r.first != nil {
			t.Fatalf("cut at %d of %d: %+v, %v", cut, len(log), r, err)
		}
	}
	if r, err := readLog(bytes.NewReader(make([]byte, 8192)), file); r.damage != "" || r.first != nil || err != nil {
		t.Errorf("a log of zeros: %+v, %v", r, err)
	}
	log[0]++
	if r, err := readLog(bytes.NewReader(log), file); r.damage == "" || err != nil {
		t.Errorf("a log of garbage: %+v, %v", r, err)
	}
}

func TestOnlyOneUsersFilesAreTaken(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("SKIPPED: only root can give files away; owners of state files are not tested")
	}
	for name, change := range map[string]func(path string) error{
		"the file is another's": func(path string) error { return os.Chown(path, 1234, -1) },
		"the log is another's": func(path string) error {
			return errors.Join(os.WriteFile(path+"-wal", nil, 0o600), os.Chown(path+"-wal", 1234, -1))
		},
		"the directory is another's":   func(path string) error { return os.Chown(filepath.Dir(path), 1234, -1) },
		"the directory is everybody's": func(path string) error { return os.Chmod(filepath.Dir(path), 0o777) },
		"the lock is a link": func(path string) error {
			return errors.Join(os.Remove(path+".lock"), os.Symlink("/dev/null", path+".lock"))
		},
	} {
		path := newPath(t)
		if err := openTest(t, path).Close(); err != nil {
			t.Fatal(err)
		}
		if err := change(path); err != nil {
			t.Fatal(err)
		}
		if err := tryOpen(t, path); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: Open: %v, want ErrRefused", name, err)
		}
	}
}

func TestADirectoryThatIsSharedWithCareIsTaken(t *testing.T) {
	path := newPath(t)
	if err := openTest(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []os.FileMode{0o777 | os.ModeSticky, 0o770} {
		if err := os.Chmod(filepath.Dir(path), mode); err != nil {
			t.Fatal(err)
		}
		if err := tryOpen(t, path); err != nil {
			t.Errorf("directory of mode %v: %v", mode, err)
		}
	}
}
