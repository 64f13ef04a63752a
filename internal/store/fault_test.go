package store

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"rbee/internal/wire"
)

// faultChild runs in a process of its own, whose files may not grow beyond a
// limit: then SQLite's writes fail, as on a failing disk.
func faultChild(path string) error {
	signal.Ignore(unix.SIGXFSZ)
	s, err := Open(background, path, discard)
	if err != nil {
		return err
	}
	h := testHive("a")
	if err := s.Write(background, func(tx *Tx) error { return tx.SaveHive(h) }); err != nil {
		return err
	}
	limit := func(bytes uint64) error {
		return unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: bytes, Max: unix.RLIM_INFINITY})
	}
	if err := limit(300_000); err != nil {
		return err
	}
	beat := func() error {
		return s.Write(background, func(tx *Tx) error {
			tx.Heartbeat(Beat{h.PK, 1, time.Now(), time.Second, &wire.Heartbeat{Timestamp: testTime}})
			return nil
		})
	}
	acked := 0
	for err = beat(); err == nil && acked < 10_000; err = beat() {
		acked++
	}
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), path) {
		return fmt.Errorf("after %d heartbeats: %w, want ErrUnavailable and the path", acked, err)
	}
	ran := false
	again := s.Write(background, func(*Tx) error { ran = true; return nil })
	if ran || !errors.Is(again, ErrUnavailable) {
		return fmt.Errorf("a write after the failure ran: %t, %w", ran, again)
	}
	if _, err := s.Hives(background); err != nil {
		return fmt.Errorf("reading while the disk fails: %w", err)
	}
	if err := limit(unix.RLIM_INFINITY); err != nil {
		return err
	}
	for tries := 0; beat() != nil; tries++ { // the next one is acknowledged
		if tries == 500 {
			return errors.New("the store did not heal")
		}
		time.Sleep(10 * time.Millisecond)
	}
	select {
	case <-s.Failed():
		return fmt.Errorf("the store gave up: %w", s.Failure())
	default:
	}
	_, err = fmt.Println("acked", acked+1)
	return err
}

func TestAStoreHealsWhenTheDiskDoes(t *testing.T) {
	path := newPath(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "STORE_TEST_FAULT="+path)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var acked int
	if _, err := fmt.Sscanf(strings.TrimSpace(string(out)), "acked %d", &acked); err != nil || acked == 0 {
		t.Fatalf("%v in %q", err, out)
	}
	s := openTest(t, path)
	got, err := s.Heartbeats(t.Context(), HeartbeatFilter{HiveID: "a", Limit: 20_000})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) < acked {
		t.Errorf("%d heartbeats were acknowledged before the disk failed, %d are in the file", acked, len(got))
	}
}

func TestTheWriterSyncsEveryCommit(t *testing.T) {
	s := openTest(t, newPath(t))
	for pragma, want := range map[string]string{
		"synchronous": "2", "journal_mode": "wal", "foreign_keys": "1", "journal_size_limit": "4194304", "trusted_schema": "0",
	} {
		var got string
		err := s.Write(t.Context(), func(*Tx) error {
			return s.conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got)
		})
		if err != nil || got != want {
			t.Errorf("%s is %q on the writer's connection (%v), want %q", pragma, got, err, want)
		}
	}
}

func TestReadersCannotWriteAndAreOpenInAdvance(t *testing.T) {
	s := openTest(t, newPath(t))
	if got := s.readDB.Stats().OpenConnections; got != readers {
		t.Errorf("%d readers are open, want %d", got, readers)
	}
	if _, err := s.readDB.ExecContext(t.Context(), "DELETE FROM events"); err == nil {
		t.Error("a reader deleted rows")
	}
}

func TestAWideModeIsNarrowed(t *testing.T) {
	path := newPath(t)
	if err := openTest(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	openTest(t, path)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v after opening, want 0600", info.Mode().Perm())
	}
}

// Once the file was given up, nothing brings it back: a small commit that works
// says nothing of what was lost.
func TestAFileThatWasGivenUpStaysSo(t *testing.T) {
	s := openTest(t, newPath(t))
	gone := errors.New("the second failed sync")
	_ = s.fail(gone)
	s.recovered()
	ran := false
	err := s.Write(t.Context(), func(*Tx) error { ran = true; return nil })
	if ran || !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), gone.Error()) {
		t.Errorf("a write ran: %t, %v; want ErrUnavailable: %v", ran, err, gone)
	}
	if s.Failure() == nil {
		t.Error("the store does not say why it gave up")
	}
}
