package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"rbee/internal/wire"
)

// scene is a state that a killed queen left, with rows that stand in its log
// only, and an older copy of it.
type scene struct {
	state, copied string
	now, then     string // what the state holds, what the copy holds
}

const sceneRows = "SELECT hive_id FROM audit_hives ORDER BY 1"

func newScene(t *testing.T) scene {
	t.Helper()
	path := newPath(t)
	s := openTest(t, path)
	addHeartbeats(t, s, testHive("early"), fullHeartbeat())
	sc := scene{state: newPath(t), copied: filepath.Join(t.TempDir(), "copy.db")}
	if _, err := s.Backup(t.Context(), sc.copied, quiet); err != nil {
		t.Fatal(err)
	}
	addHeartbeats(t, s, testHive("late"), fullHeartbeat())
	for range 5 {
		err := s.Write(t.Context(), func(tx *Tx) error {
			_, err := tx.Event(testTime, 1, wire.EventQueenStarted, "", struct{}{})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Dir(sc.state), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"", "-wal", "-shm", ".id"} { // by another process: SQLite has them open in this one
		if out, err := exec.CommandContext(t.Context(), "cp", path+part, sc.state+part).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	sc.now, sc.then = "early\nlate", "early"
	return sc
}

func (sc scene) restore(t *testing.T) (Restored, error) {
	t.Helper()
	held, err := Hold(sc.state)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	r, _, err := held.Restore(t.Context(), sc.copied, time.Now(), quiet)
	return r, err
}

func TestRestore(t *testing.T) {
	sc := newScene(t)
	r, err := sc.restore(t)
	if err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(filepath.Dir(sc.state), r.Kept)
	if got := auditor(t, kept, sceneRows); got != sc.now {
		t.Errorf("what was there is kept as %q with\n%s", r.Kept, got)
	}
	s := openTest(t, sc.state)
	if got := auditor(t, sc.state, sceneRows); got != sc.then {
		t.Errorf("the restored state has\n%s", got)
	}
	events, err := s.Events(t.Context(), EventFilter{Limit: 10})
	if err != nil || len(events) == 0 {
		t.Fatal(err)
	}
	last := events[len(events)-1]
	if last.Kind != wire.EventStateRestored || !strings.Contains(string(last.Detail), "copy.db") || !strings.Contains(string(last.Detail), r.Kept) {
		t.Errorf("the last event is %s %s", last.Kind, last.Detail)
	}
	if last.ID <= 5 {
		t.Errorf("it has id %d, though the former state had given 5: who follows the events would miss it", last.ID)
	}
}

func TestRestoreWithoutAStateOrOverADamagedOne(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, sc scene){
		"no state at all":       func(_ *testing.T, sc scene) { _ = os.RemoveAll(filepath.Dir(sc.state)) },
		"the file has vanished": func(_ *testing.T, sc scene) { _ = os.Remove(sc.state) },
		"it is empty":           func(_ *testing.T, sc scene) { _ = os.Truncate(sc.state, 0) },
		"it is text":            func(t *testing.T, sc scene) { writeFile(t, sc.state, "no database") },
		"a table is damaged":    func(t *testing.T, sc scene) { damage(t, sc.state, "hives") },
		"its log is garbage":    func(t *testing.T, sc scene) { writeFile(t, sc.state+"-wal", strings.Repeat("garbage", 9999)) },
		"a journal is beside it": func(t *testing.T, sc scene) {
			writeFile(t, sc.state+"-journal", "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"+strings.Repeat("x", 4096))
		},
	} {
		t.Run(name, func(t *testing.T) {
			sc := newScene(t)
			spoil(t, sc)
			if _, err := sc.restore(t); err != nil {
				t.Fatal(err)
			}
			openTest(t, sc.state)
			if got := auditor(t, sc.state, sceneRows); got != sc.then {
				t.Errorf("the restored state has\n%s", got)
			}
		})
	}
}

func TestRestoreRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil func(t *testing.T, sc *scene)
		says  string
	}{
		"a missing copy":  {func(_ *testing.T, sc *scene) { _ = os.Remove(sc.copied) }, "no such file"},
		"an empty one":    {func(_ *testing.T, sc *scene) { _ = os.Truncate(sc.copied, 0) }, "not a queen's"},
		"half a copy":     {func(_ *testing.T, sc *scene) { _ = os.Truncate(sc.copied, 20480) }, "damaged"},
		"a damaged one":   {func(t *testing.T, sc *scene) { damage(t, sc.copied, "events") }, "damaged"},
		"the state":       {func(_ *testing.T, sc *scene) { sc.copied = sc.state }, "itself"},
		"a foreign file":  {func(t *testing.T, sc *scene) { setPragma(t, sc.copied, "application_id = 7") }, "not a queen's"},
		"one of a future": {func(t *testing.T, sc *scene) { setPragma(t, sc.copied, "user_version = 1", future) }, "newer queen-rbee"},
	} {
		t.Run(name, func(t *testing.T) {
			sc := newScene(t)
			tt.spoil(t, &sc)
			before := readFile(t, sc.state)
			_, err := sc.restore(t)
			if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Restore: %v, want a refusal that says %q", err, tt.says)
			}
			if !bytes.Equal(before, readFile(t, sc.state)) {
				t.Error("the state was touched")
			}
			if left, _ := filepath.Glob(sc.state + ".re*"); len(left) != 0 {
				t.Errorf("%v is left", left)
			}
		})
	}
}

const future = "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)"

func setPragma(t *testing.T, path, set string, also ...string) {
	t.Helper()
	conn := plainConn(t, path)
	for _, statement := range append([]string{"PRAGMA " + set}, also...) {
		if _, err := conn.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	_ = conn.Close()
}

func restoreChild(state, copied string) error {
	held, err := Hold(state)
	if err != nil {
		return err
	}
	_, _, err = held.Restore(background, copied, time.Now(), quiet)
	return errors.Join(err, held.Close())
}

// A restore is killed at each of its renames and syncs. Whatever queen comes
// next finds the former state, or the restored one, or says that the state is
// gone; none finds an empty one or the log of another. Done again it ends well,
// and what was there is kept with the rows of its log.
func TestARestoreMayBeKilledAnywhere(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("SKIPPED: strace is not installed, so that a restore may be killed is not tested")
	}
	sceneOf := newScene(t)
	seen := map[string]int{}
	for _, call := range []string{"renameat2", "fsync"} {
		for k, killed := 1, true; killed; k++ {
			sc := sceneOf.again(t)
			cmd := exec.CommandContext(t.Context(), strace, "-f", "-qq", "-e", "trace="+call, "-e",
				"inject="+call+":signal=KILL:when="+strconv.Itoa(k), "-o", "/dev/null", os.Args[0])
			cmd.Env = append(os.Environ(), "STORE_TEST_RESTORE="+sc.state, "STORE_TEST_COPY="+sc.copied)
			out, err := cmd.CombinedOutput()
			if strings.Contains(string(out), "not permitted") {
				t.Skip("SKIPPED: strace may not trace here, so that a restore may be killed is not tested")
			}
			if killed = err != nil; killed && len(out) > 0 {
				t.Fatalf("%s %d: %v: %s", call, k, err, out)
			}
			seen[sc.found(t, fmt.Sprintf("killed in %s %d", call, k))]++
			if !killed && k < 4 {
				t.Errorf("nobody was killed after %d calls of %s", k-1, call)
			}
		}
	}
	if seen["former"] == 0 || seen["gone"] == 0 || seen["restored"] == 0 {
		t.Errorf("found %v: one of them should have been met", seen)
	}
}

// again is the same scene in another place.
func (sc scene) again(t *testing.T) scene {
	t.Helper()
	sc.state = clone(t, sc.state)
	return sc
}

func clone(t *testing.T, state string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "state")
	if err := os.CopyFS(dir, os.DirFS(filepath.Dir(state))); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, filepath.Base(state))
}

// found looks at what a killed restore left, and does it again.
func (sc scene) found(t *testing.T, when string) (what string) {
	t.Helper()
	again := sc
	again.state = clone(t, sc.state)
	s, err := Open(t.Context(), sc.state, slog.New(slog.DiscardHandler))
	switch {
	case errors.Is(err, ErrRefused) && strings.Contains(err.Error(), "restore a backup"):
		what = "gone"
	case err != nil:
		t.Fatalf("%s: Open: %v", when, err)
	default:
		switch got := auditor(t, sc.state, sceneRows); got {
		case sc.now:
			what = "former"
		case sc.then:
			what = "restored"
		default:
			t.Fatalf("%s: the state has %q", when, got)
		}
		_ = s.Close()
	}
	if _, err := again.restore(t); err != nil {
		t.Fatalf("%s: again: %v", when, err)
	}
	openTest(t, again.state)
	if got := auditor(t, again.state, sceneRows); got != sc.then {
		t.Errorf("%s: done again the state has %q", when, got)
	}
	kept, _ := filepath.Glob(again.state + replaced + "*Z")
	if len(kept) == 0 || auditor(t, kept[0], sceneRows) != sc.now {
		t.Errorf("%s: of what was there %v is kept", when, kept)
	}
	if left, _ := filepath.Glob(again.state + restoring + "*"); len(left) != 0 {
		t.Errorf("%s: done again %v is left", when, left)
	}
	return what
}

func TestVerify(t *testing.T) {
	sc := newScene(t)
	v, err := Verify(t.Context(), sc.copied, t.TempDir())
	if err != nil || v.Heartbeats != 1 || v.Hives != 1 || v.MigratedTo != 0 || v.NewestHeartbeat == nil {
		t.Errorf("Verify: %+v, %v", v, err)
	}
	old := newPath(t)
	if err := os.MkdirAll(filepath.Dir(old), 0o700); err != nil {
		t.Fatal(err)
	}
	oldFile(t, old)
	before := readFile(t, old)
	v, err = Verify(t.Context(), old, t.TempDir())
	if err != nil || v.MigratedTo <= v.SchemaVersion || v.Heartbeats == 0 {
		t.Errorf("Verify of an older file: %+v, %v", v, err)
	}
	if !bytes.Equal(before, readFile(t, old)) {
		t.Error("the older file was touched")
	}
}

// A file that a queen has is neither checked nor restored from.
func TestAFileInUseIsLeftAlone(t *testing.T) {
	path := newPath(t)
	openTest(t, path)
	_, checking := Check(t.Context(), path)
	_, verifying := Verify(t.Context(), path, t.TempDir())
	_, holding := Hold(path)
	for what, err := range map[string]error{"Check": checking, "Verify": verifying, "Hold": holding} {
		if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), "pid "+strconv.Itoa(os.Getpid())) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// A state that a killed queen left is checked with its log, which stays as it is.
func TestCheckChangesNothing(t *testing.T) {
	sc := newScene(t)
	file, log := readFile(t, sc.state), readFile(t, sc.state+"-wal")
	about, err := Check(t.Context(), sc.state)
	if err != nil || about.Hives != 2 {
		t.Errorf("Check: %+v, %v", about, err)
	}
	if !bytes.Equal(file, readFile(t, sc.state)) || !bytes.Equal(log, readFile(t, sc.state+"-wal")) {
		t.Error("the state was touched")
	}
	dir := t.TempDir()
	if _, err := Check(t.Context(), filepath.Join(dir, "none.db")); !errors.Is(err, ErrRefused) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Check of nothing: %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("checking nothing left %v", left)
	}
}

func TestWhatIsAStateFile(t *testing.T) {
	header := append([]byte("SQLite format 3\x00"), make([]byte, 84)...)
	if wire.IsStateFile(header) {
		t.Error("any database is a state file")
	}
	binary.BigEndian.PutUint32(header[68:], applicationID)
	if !wire.IsStateFile(header) || wire.IsStateFile(header[:99]) {
		t.Error("a state file is none, or half of one is")
	}
}
