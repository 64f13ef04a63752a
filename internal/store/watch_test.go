package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rbee/internal/wire"
)

func TestCommitsAreTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "queen.db")
	s := openTest(t, path)
	var (
		mu   sync.Mutex
		told []Commit
	)
	s.WatchCommits(func(c Commit) {
		mu.Lock()
		defer mu.Unlock()
		c.Events = slices.Clone(c.Events)
		told = append(told, c)
	})
	last := func() Commit {
		t.Helper()
		mu.Lock()
		defer mu.Unlock()
		if len(told) == 0 {
			t.Fatal("no commit was told")
		}
		c := told[len(told)-1]
		told = nil
		return c
	}
	event := func(tx *Tx) error {
		_, err := tx.Event(time.Now(), 1, wire.EventHiveDown, "", struct{}{})
		return err
	}
	if _, err := s.StartEpoch(t.Context(), time.Now(), "1"); err != nil {
		t.Fatal(err)
	}
	if c := last(); !slices.Contains(c.Events, wire.EventQueenStarted) || c.Failed || c.Took <= 0 {
		t.Errorf("of a start: %+v", c)
	}
	must(t, s.Write(t.Context(), func(*Tx) error { return nil }))
	if mu.Lock(); len(told) != 0 {
		t.Errorf("a write that touches nothing: %+v", told)
	}
	mu.Unlock()
	must(t, s.Write(t.Context(), event))
	if c := last(); !slices.Equal(c.Events, []wire.EventKind{wire.EventHiveDown}) || c.Heartbeats != 0 {
		t.Errorf("of an event: %+v", c)
	}

	must(t, os.Rename(path, path+".away"))
	if err := s.Write(t.Context(), event); !errors.Is(err, ErrUnavailable) {
		t.Fatalf("without its file: got %v", err)
	}
	if c := last(); !c.Failed || s.Writable() {
		t.Errorf("without its file: %+v, writable %v", c, s.Writable())
	}
	must(t, os.Rename(path+".away", path))
	recovers(t, s)
	if waiting, room := s.Queue(); waiting != 0 || room != queueSize {
		t.Errorf("%d of %d places are taken", waiting, room)
	}
	if free, err := s.FreeBytes(); err != nil || free <= 0 {
		t.Errorf("%d bytes are free, %v", free, err)
	}
}

// A disk that is full is met by a statement before it is met by the commit.
func TestACommitThatIsNotReachedIsToldAsFailed(t *testing.T) {
	s := openTest(t, filepath.Join(t.TempDir(), "queen.db"))
	told := make(chan Commit, 100)
	s.WatchCommits(func(c Commit) { told <- c })
	var pages int64
	must(t, s.conn.QueryRowContext(t.Context(), "PRAGMA page_count").Scan(&pages))
	_, err := s.conn.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages))
	must(t, err)
	large := func(tx *Tx) error {
		_, err := tx.Event(time.Now(), 1, wire.EventHiveDown, "", strings.Repeat("x", 1<<20))
		return err
	}
	if err := s.Write(t.Context(), large); !errors.Is(err, ErrUnavailable) {
		t.Fatalf("without room: got %v", err)
	}
	if c := <-told; !c.Failed {
		t.Errorf("got %+v", c)
	}
	recovers(t, s)
}

// recovers waits until writes are taken.
func recovers(t *testing.T, s *Store) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !s.Writable(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not recover")
		}
	}
}
