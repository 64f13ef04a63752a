package store

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// A commit that failed because of the disk makes the store ail: writes are
// refused with the cause and touch nothing, reads go on, and the writer tries
// again four times a second until one small commit succeeds.
//
// It goes on with the connections it has. SQLite counts pages of the log as
// committed, and pages of the log as copied, after their sync only, so what a
// failed sync may have lost is written and synced once more by the next commit
// or checkpoint. To open the file anew would read the failed pages from the
// kernel's cache, which looks whole and need not be on the disk.
const healEvery = 250 * time.Millisecond

// doubtFor is how long a failed sync or damage is remembered: the second one in
// that time means that the file can no longer be trusted.
const doubtFor = time.Minute

// health is what the store thinks of its file.
type health struct {
	failed chan struct{} // closed when the file can no longer be trusted

	mu      sync.Mutex
	err     error // why writes are refused; nil: they are not
	gone    bool  // the file is not where it was
	doubted time.Time

	again <-chan time.Time // the writer's: when to try again; nil: nothing ails
}

// Failed is closed when the file can no longer be trusted. From then on every
// write fails, until the file was closed and opened anew.
func (s *Store) Failed() <-chan struct{} { return s.health.failed }

// Failure is what closed Failed.
func (s *Store) Failure() error {
	<-s.health.failed
	return s.ailing()
}

func (s *Store) hasFailed() bool {
	select {
	case <-s.health.failed:
		return true
	default:
		return false
	}
}

// ailing returns why writes are refused, nil if they are not.
func (s *Store) ailing() error {
	s.health.mu.Lock()
	defer s.health.mu.Unlock()
	return s.health.err
}

// ail refuses writes from now on because of err, which it returns as the
// caller's error. Writer goroutine only.
func (s *Store) ail(err error) error {
	if errors.Is(err, errGone) || errors.Is(err, errReplaced) {
		s.health.mu.Lock()
		s.health.gone = true
		s.health.mu.Unlock()
	}
	if errors.Is(err, errReplaced) || damaged(err) && s.checkRegistry(background, s.readDB) != nil {
		return s.fail(err)
	}
	if s.doubt(err) {
		return s.ailing()
	}
	err = fmt.Errorf("%w: %s: %w", ErrUnavailable, s.path, err)
	s.health.mu.Lock()
	defer s.health.mu.Unlock()
	if !s.hasFailed() {
		s.health.err, s.health.again = err, time.After(healEvery)
	}
	return s.health.err
}

// doubt notes a failed sync, or damage. It reports whether the file can no
// longer be trusted.
func (s *Store) doubt(err error) bool {
	if !unsynced(err) && !damaged(err) {
		return false
	}
	now := time.Now()
	s.health.mu.Lock()
	again := !s.health.doubted.IsZero() && now.Sub(s.health.doubted) < doubtFor
	s.health.doubted = now
	s.health.mu.Unlock()
	if again {
		_ = s.fail(fmt.Errorf("for the second time within %s: %w", doubtFor, err))
	}
	return again
}

// fail gives the file up, and returns why.
func (s *Store) fail(err error) error {
	s.health.mu.Lock()
	defer s.health.mu.Unlock()
	if !s.hasFailed() {
		s.health.err = fmt.Errorf("%w: %s: %v", ErrUnavailable, s.path, err) //nolint:errorlint // whatever it was: the disk
		close(s.health.failed)
	}
	return s.health.err
}

// heal takes writes again if the file does. Writer goroutine only.
func (s *Store) heal() {
	s.health.again = nil
	if s.hasFailed() {
		return
	}
	if !s.wal.left.Load() {
		if _, _, err := checkpoint(background, s.conn); err != nil { // a full disk may have room for a log begun anew
			s.doubt(err)
		}
	}
	if _, err := s.try([]*write{{apply: (*Tx).Probe}}); err != nil {
		_ = s.ail(err)
		return
	}
	switch err := s.checkRegistry(background, s.readDB); {
	case errors.Is(err, ErrRefused), damaged(err):
		_ = s.fail(err)
		return
	case err != nil:
		_ = s.ail(err)
		return
	}
	s.recovered()
}

// recovered takes writes again, unless the file was given up meanwhile: the
// checkpointer may have met the failure that was one too many.
func (s *Store) recovered() {
	s.health.mu.Lock()
	defer s.health.mu.Unlock()
	if !s.hasFailed() {
		s.health.err, s.health.gone = nil, false
	}
}

// What SQLite has open may no longer be the file of that name.
var (
	errGone     = errors.New("the file was removed while the queen used it; put it back")
	errReplaced = errors.New("the file was replaced while the queen used it")
)

// stillThere tells whether a commit goes to the file that the next queen, and
// any auditor, will open. It does not open the file.
func (s *Store) stillThere() error {
	now, err := os.Stat(s.path)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", errGone, err)
	case !os.SameFile(now, s.file):
		return errReplaced
	default:
		return nil
	}
}
