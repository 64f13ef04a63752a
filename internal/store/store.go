package store

import (
	"context"
	"database/sql"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"

	"rbee/internal/lockfile"
	"rbee/internal/rollup"
	"rbee/internal/store/internal/dbsqlc"
	"rbee/internal/wire"
)

// Store is an open state file.
type Store struct {
	QueenID       string // made once with the file
	SchemaVersion int64  // of the newest migration

	path         string
	log          *slog.Logger
	migratedFrom int64  // schema version found on opening; 0: new
	copied       string // the copy made before that was migrated
	lock         *lockfile.Lock
	writeDB      *sql.DB
	readDB       *sql.DB
	read         *dbsqlc.Queries

	mend   chan struct{} // told that a table was set aside
	health health
	wal    checkpoints

	file os.FileInfo // of the file that SQLite has open

	watcher atomic.Pointer[func(Commit)] // see WatchCommits

	window atomic.Int64 // see SetCommitWindow
	queue  chan *write
	writes sync.Pool // of *write: there is one for every heartbeat
	ended  chan struct{}
	mu     sync.RWMutex // held for reading by those who put into queue
	closed bool

	// What the writer knows of the history: it changes it after a commit only,
	// and others read it, under the lock.
	history sync.Mutex
	tally   *rollup.Tally
	tiers   map[wire.Tier]*blocks

	// The writer's own; nobody else touches them.
	conn      *sql.Conn
	write     *dbsqlc.Queries
	begin     stmt
	end       stmt // COMMIT
	stmts     map[stmtKey]stmt
	values    values // room to gather them in
	names     nameBook
	stamps    stamps
	group     []*write
	beats     []Beat              // room to gather them in
	text      []byte              // room to write samples in
	unwritten map[int64]block     // minutes of raw heartbeats that history_blocks does not have yet
	building  map[growthKey]block // minutes and hours whose rows are partly written
}

// MigratedFrom is the schema version the file had when it was opened, and
// whether it was then migrated; a new file was not.
func (s *Store) MigratedFrom() (version int64, migrated bool) {
	return s.migratedFrom, s.migratedFrom != 0 && s.migratedFrom != s.SchemaVersion
}

// Close commits what was accepted, folds the WAL into the file and frees the
// lock. Writes after it fail with ErrClosed.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	close(s.queue)
	s.mu.Unlock()
	<-s.ended
	<-s.wal.stopped
	return s.closeFiles()
}

func (s *Store) closeFiles() error {
	var first error
	keep := func(err error) {
		if first == nil {
			first = err
		}
	}
	if s.read != nil {
		keep(s.read.Close())
	}
	if s.readDB != nil {
		keep(s.readDB.Close())
	}
	if s.wal.db != nil {
		keep(s.wal.db.Close())
	}
	if s.writeDB != nil {
		keep(s.writeDB.Close()) // the last connection: SQLite checkpoints and removes the WAL
	}
	if s.health.gone {
		setAside(s.path)
	}
	keep(s.lock.Release())
	return first
}

// background is the context of the writer's statements: a cancelled write would
// leave its group half done, and the driver starts a goroutine for any other.
var background = context.Background()
