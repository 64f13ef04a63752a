package store

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"rbee/internal/wire"
)

// lockedBuffer is a log that is read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.b.String(), text)
}

// impatient has the store warn of a log of 6 MiB.
func impatient(t *testing.T) {
	was := warnWALBytes
	warnWALBytes = 6 << 20
	t.Cleanup(func() { warnWALBytes = was })
}

// fill writes heartbeats of some 30 KB each until so many bytes are in the file.
func fill(t *testing.T, s *Store, h *Hive, atLeast int) {
	t.Helper()
	for written, n := 0, 0; written < atLeast; n++ {
		hb := &wire.Heartbeat{Timestamp: testTime}
		for i := range 400 {
			hb.Workers = append(hb.Workers, wire.Worker{PID: int64(i), Group: "llm", Instance: fmt.Sprint(i), CPUPct: float64(n), UptimeS: int64(n)})
		}
		if err := s.Write(t.Context(), func(tx *Tx) error {
			tx.Heartbeat(Beat{h.PK, 1, time.Now(), time.Second, hb})
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		written += len(hb.Workers) * 25
	}
}

// An auditor who keeps a transaction open holds up the log: that is said once it
// is large, and it shrinks when he leaves.
func TestTheLogStaysSmallAndAStuckReaderIsNamed(t *testing.T) {
	impatient(t)
	path := newPath(t)
	log := &lockedBuffer{}
	s, err := Open(t.Context(), path, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	h := testHive("a")
	if err := s.Write(t.Context(), func(tx *Tx) error { return tx.SaveHive(h) }); err != nil {
		t.Fatal(err)
	}
	fill(t, s, h, 12<<20)
	if got := s.WALBytes(); got > 8<<20 {
		t.Errorf("the log has %d bytes with nobody in its way, want some MiB", got)
	}

	const grows, folded = "The write-ahead log grows", "has been folded"
	auditor, leave := openAuditor(t, path)
	fill(t, s, h, 8<<20)
	if got := s.WALBytes(); got < 6<<20 {
		t.Fatalf("the log has %d bytes: the auditor does not hold it up, this test tests nothing", got)
	}
	until(t, "the warning", func() bool { return log.count(grows) == 1 })
	if err := auditor.QueryRowContext(t.Context(), "SELECT count(*) FROM audit_hives").Scan(new(int)); err != nil {
		t.Fatal(err)
	}
	leave()
	until(t, "the all-clear", func() bool { return log.count(folded) == 1 })
	until(t, "a small log", func() bool {
		fill(t, s, h, 1<<20)
		return s.WALBytes() <= 8<<20
	})
	if got := log.count(grows); got != 1 {
		t.Errorf("the warning was logged %d times, want once", got)
	}

	s.wal.backups.Add(1)
	defer s.wal.backups.Add(-1)
	_, leave = openAuditor(t, path)
	defer leave()
	fill(t, s, h, 8<<20)
	if got := log.count(grows); got != 1 {
		t.Error("our own backup was taken for a forgotten reader")
	}
}

// openAuditor begins a transaction as a forgotten sqlite3 would hold it.
func openAuditor(t *testing.T, path string) (tx *sql.Tx, leave func()) {
	t.Helper()
	conn, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	tx, err = conn.BeginTx(context.WithoutCancel(t.Context()), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.QueryRowContext(t.Context(), "SELECT count(*) FROM audit_hives").Scan(new(int)); err != nil {
		t.Fatal(err)
	}
	return tx, func() { _, _ = tx.Rollback(), conn.Close() }
}

func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for range 1000 {
		if done() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s did not come in ten seconds", what)
}

// A log that is left to Litestream grows while that does not run, and is not
// silent about it.
func TestALogThatIsLeftToAnotherProgramIsWatched(t *testing.T) {
	impatient(t)
	log := &lockedBuffer{}
	s, err := Open(t.Context(), newPath(t), slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	s.LeaveCheckpoints()
	h := testHive("a")
	if err := s.Write(t.Context(), func(tx *Tx) error { return tx.SaveHive(h) }); err != nil {
		t.Fatal(err)
	}
	fill(t, s, h, 8<<20)
	if got := log.count("is that running?"); got != 0 {
		t.Errorf("%d warnings of a log of %d bytes", got, s.WALBytes())
	}
	for s.WALBytes() < 28<<20 {
		fill(t, s, h, 1<<20)
	}
	until(t, "the warning", func() bool { return log.count("is that running?") == 1 })
	if _, _, err := checkpoint(t.Context(), s.wal.db); err != nil { // as Litestream would
		t.Fatal(err)
	}
	until(t, "the all-clear", func() bool {
		fill(t, s, h, 1<<20)
		return log.count("has been folded") == 1
	})
}
