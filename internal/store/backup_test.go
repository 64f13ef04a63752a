package store

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

// A copy is made beside a writer that goes on: no write waits for it, and what
// was acknowledged before it began is in it.
func TestABackupBesideTheWriter(t *testing.T) {
	path := newPath(t)
	s := openTest(t, path)
	h := testHive("a")
	addHeartbeats(t, s, h, fullHeartbeat())
	before := auditor(t, path, allHeartbeats)
	stop := make(chan struct{})
	var writes sync.WaitGroup
	writes.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				addHeartbeats(t, s, h, fullHeartbeat())
			}
		}
	})
	to := filepath.Join(t.TempDir(), "copy.db")
	about, err := s.Backup(t.Context(), to, quiet)
	close(stop)
	writes.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if got := auditor(t, to, allHeartbeats); !strings.HasPrefix(got, before) {
		t.Errorf("the copy has\n%s\nbefore it there was\n%s", got, before)
	}
	info, err := os.Stat(to)
	if err != nil || info.Mode().Perm() != 0o600 || about.Bytes != info.Size() {
		t.Errorf("%v, mode %v, %d bytes, told %d", err, info.Mode(), info.Size(), about.Bytes)
	}
	if about.QueenID != s.QueenID || about.SchemaVersion != s.SchemaVersion || about.Hives != 1 || about.NewestHeartbeat == nil {
		t.Errorf("told %+v", about)
	}
	if n := s.wal.backups.Load(); n != 0 {
		t.Errorf("%d copies are still counted", n)
	}
}

// While a copy is made it is counted, because its reader holds up checkpoints;
// given up, it leaves nothing.
func TestABackupIsCountedAndGivenUp(t *testing.T) {
	s := openTest(t, newPath(t))
	filler := strings.Repeat("x", 1000)
	err := s.Write(t.Context(), func(tx *Tx) error {
		for range 20_000 {
			if _, err := tx.Event(testTime, 1, "filler", "", map[string]string{"x": filler}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := s.Backup(ctx, filepath.Join(dir, "copy.db"), quiet)
		ended <- err
	}()
	for s.wal.backups.Load() != 1 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("given up, it returned %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("%v is left", left)
	}
	if err := s.Write(t.Context(), func(tx *Tx) error { return tx.Probe() }); err != nil {
		t.Errorf("a write after it: %v", err)
	}
}

func TestABackupReplacesNothing(t *testing.T) {
	s := openTest(t, newPath(t))
	to := filepath.Join(t.TempDir(), "copy.db")
	writeFile(t, to, "dear to somebody")
	if _, err := s.Backup(t.Context(), to, quiet); !errors.Is(err, fs.ErrExist) || errors.Is(err, ErrUnavailable) {
		t.Errorf("Backup: %v", err)
	}
}

// Another file that took the place of the state file is not what is copied.
func TestABackupOfAFileThatWasReplaced(t *testing.T) {
	path := newPath(t)
	s := openTest(t, path)
	other := newPath(t)
	if err := openTest(t, other).Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(other, path); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "copy.db")
	if _, err := s.Backup(t.Context(), to, quiet); !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "replaced") {
		t.Errorf("Backup: %v", err)
	}
}

func TestACopyToBeSentHasNoName(t *testing.T) {
	path := newPath(t)
	s := openTest(t, path)
	if err := os.Mkdir(s.outgoing(), 0o700); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(s.outgoing(), "queen.db"), "left by a queen that was killed")
	f, about, err := s.Outgoing(t.Context(), quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := os.Stat(s.outgoing()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder is still there: %v", err)
	}
	raw, err := io.ReadAll(f)
	if err != nil || int64(len(raw)) != about.Bytes || !wire.IsStateFile(raw) {
		t.Errorf("%d bytes, told %d, %v", len(raw), about.Bytes, err)
	}
}

// Looking at a copy leaves nothing beside it.
func TestLookingLeavesNothing(t *testing.T) {
	path := newPath(t)
	s := openTest(t, path)
	addHeartbeats(t, s, testHive("a"), fullHeartbeat())
	dir := t.TempDir()
	to := filepath.Join(dir, "copy.db")
	about, err := s.Backup(t.Context(), to, quiet)
	if err != nil {
		t.Fatal(err)
	}
	before := readFile(t, to)
	checked, err := Check(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(about, checked); diff != "" {
		t.Errorf("-told +checked:\n%s", diff)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 || !cmp.Equal(before, readFile(t, to)) {
		t.Errorf("after it there is %v", left)
	}
}
