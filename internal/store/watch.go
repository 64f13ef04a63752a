package store

import (
	"fmt"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"rbee/internal/wire"
)

// Commit is one transaction of the writer that touched the file.
type Commit struct {
	Heartbeats int              // rows of heartbeats in it
	Events     []wire.EventKind // of the lines that it added to the audit log
	Took       time.Duration    // from its first write's function to the sync
	Failed     bool             // nothing of it counts
}

// WatchCommits has f told of every commit from now on, in the writer's
// goroutine, which waits for it.
func (s *Store) WatchCommits(f func(Commit)) { s.watcher.Store(&f) }

// tell tells of a transaction, if it touched the file or failed to.
func (tx *Tx) tell(began time.Time, failed bool) {
	if watch := tx.s.watcher.Load(); watch != nil && (tx.begun || failed) {
		(*watch)(Commit{Heartbeats: tx.flushed, Events: tx.events, Took: time.Since(began), Failed: failed})
	}
}

// Queue is how many writes wait for a commit, and how many may.
func (s *Store) Queue() (waiting, room int) { return len(s.queue), cap(s.queue) }

// Writable tells whether writes are taken, as far as is known: after a failure
// of the disk they are not until the file takes one again.
func (s *Store) Writable() bool { return s.ailing() == nil }

// FreeBytes is how much room there is for the state file to grow.
func (s *Store) FreeBytes() (int64, error) { return freeBytes(filepath.Dir(s.path)) }

// freeBytes asks for the room in a directory's file system.
func freeBytes(dir string) (int64, error) {
	var disk unix.Statfs_t
	if err := unix.Statfs(dir, &disk); err != nil {
		return 0, fmt.Errorf("%w: look for free space in %s: %w", ErrUnavailable, dir, err)
	}
	return int64(disk.Bavail) * int64(disk.Bsize), nil //nolint:unconvert // Bsize is not an int64 on every system
}
