package store

import (
	"context"
	"database/sql"
	"os"
	"sync/atomic"
	"time"

	"modernc.org/sqlite"
)

// Commits append to the write-ahead log; a checkpoint copies it into the file,
// and the next commit then begins it anew. SQLite would have the writer do that
// while heartbeats wait. Here a connection of its own copies what there is, and
// the writer only the little that came meanwhile.
const (
	checkpointPages = 1000 // a checkpoint is due when so many were written
	restPages       = 100  // so few are left to the writer
	pageBytes       = 4096
)

// warnWALBytes is how large the log may become before it is spoken of; tests
// have less patience.
var warnWALBytes int64 = 16 << 20

// checkpoints is what the writer and the checkpointer share.
type checkpoints struct {
	db      *sql.DB
	pages   int           // the writer's: written since the last one was due
	due     chan struct{} // of one place
	rest    atomic.Bool   // the writer is asked for the rest
	stopped chan struct{} // closed when the checkpointer has ended
	stuck   bool          // the checkpointer's: the log says that the WAL cannot be folded in
	failing bool          // the checkpointer's: and that the last checkpoint failed
	backups atomic.Int32  // readers of our own that may hold up the WAL
	left    atomic.Bool   // to another program, see LeaveCheckpoints
}

// wrote counts what a commit appended, and has a checkpoint made when it is time.
func (s *Store) wrote() {
	_ = s.conn.Raw(func(conn any) error { // what it cannot count is counted with the next
		counters, ok := conn.(sqlite.DBStatus)
		if !ok {
			return nil
		}
		pages, _, err := counters.Status(sqlite.DBStatusCacheWrite, true)
		s.wal.pages += pages
		return err
	})
	if s.wal.pages >= checkpointPages {
		s.wal.pages = 0
		select {
		case s.wal.due <- struct{}{}:
		default:
		}
	}
	if s.wal.rest.CompareAndSwap(true, false) {
		if _, _, err := checkpoint(background, s.conn); err != nil {
			s.doubt(err)
			s.log.Debug("could not finish a checkpoint; the next one will", "error", err)
		}
	}
}

// runCheckpoints makes checkpoints until the writer has ended. One that a reader
// holds up is tried again each second.
func (s *Store) runCheckpoints() {
	defer close(s.wal.stopped)
	var again <-chan time.Time
	for {
		select {
		case <-s.ended:
			return
		case <-s.wal.due:
		case <-again:
		}
		again = nil
		if !s.foldWAL() {
			again = time.After(time.Second)
		}
	}
}

// foldWAL copies the log into the file until little is left, which it leaves to
// the writer. It reports whether nothing stood in the way.
func (s *Store) foldWAL() bool {
	if s.wal.left.Load() {
		s.noteLeftWAL(s.WALBytes())
		return true
	}
	for before := 0; ; {
		pages, copied, err := checkpoint(background, s.wal.db)
		if err != nil {
			s.doubt(err)
			if !s.wal.failing {
				s.log.Warn("The write-ahead log could not be folded into the state file; trying again", "error", err)
			}
			s.wal.failing = true
			return false
		}
		s.wal.failing = false
		s.noteWAL(copied < pages, int64(pages)*pageBytes)
		if copied < pages {
			return false
		}
		if pages-before <= restPages || pages < before {
			s.wal.rest.Store(true)
			return true
		}
		before = pages
	}
}

// noteWAL says once when a reader has kept the log from being folded in until it
// is large, and once when that is over.
func (s *Store) noteWAL(heldUp bool, size int64) {
	switch {
	case heldUp && !s.wal.stuck && size >= warnWALBytes && s.wal.backups.Load() == 0:
		s.wal.stuck = true
		s.log.Warn("The write-ahead log grows: somebody keeps a transaction open on the state file; "+
			"end it, it may be an sqlite3 that was forgotten", "wal_bytes", size, "path", s.path)
	case !heldUp && s.wal.stuck:
		s.wal.stuck = false
		s.log.Info("The write-ahead log has been folded into the state file", "wal_bytes", size)
	}
}

// noteLeftWAL does so when the log is left to another program, which lets it
// become larger.
func (s *Store) noteLeftWAL(size int64) {
	switch large := size >= 4*warnWALBytes; {
	case large && !s.wal.stuck:
		s.wal.stuck = true
		s.log.Warn("The write-ahead log grows, and the queen leaves it to Litestream; is that running? "+
			"Start it, or the queen without --litestream", "wal_bytes", size, "path", s.path)
	case !large && s.wal.stuck:
		s.wal.stuck = false
		s.log.Info("The write-ahead log has been folded into the state file", "wal_bytes", size)
	}
}

// WALBytes is the size of the write-ahead log. A log that was folded in keeps up
// to 4 MiB of its size.
func (s *Store) WALBytes() int64 { return sizeOf(s.path + "-wal") }

// Bytes is the size of the state file without its log.
func (s *Store) Bytes() int64 { return sizeOf(s.path) }

// sizeOf asks for the size without opening the file.
func sizeOf(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// checkpoint copies as much of the log as no reader needs, without waiting for
// anybody. It returns how many pages the log had, and how many of them are now
// in the file.
func checkpoint(ctx context.Context, conn interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
},
) (pages, copied int, err error) {
	var busy int
	err = conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &pages, &copied)
	if busy != 0 { // somebody else makes one
		copied = pages - 1
	}
	return pages, copied, err
}
