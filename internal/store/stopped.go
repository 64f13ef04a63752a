package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"rbee/internal/lockfile"
	"rbee/internal/wire"
)

// Stopped is a state file that no queen has: none can start on it until it is
// closed.
type Stopped struct {
	path string
	lock *lockfile.Lock
}

// Hold takes the state file at path, which need not exist.
func Hold(path string) (*Stopped, error) {
	path, err := place(path, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	lock, err := takeLock(path)
	if err != nil {
		return nil, err
	}
	return &Stopped{path, lock}, nil
}

// Path is where it is, symbolic links followed.
func (s *Stopped) Path() string { return s.path }

// Close lets queens have it again.
func (s *Stopped) Close() error { return s.lock.Release() }

// Backup writes a copy of the state file to path, which must not exist.
func (s *Stopped) Backup(ctx context.Context, path string, progress func(written, total int64)) (about wire.StateFile, err error) {
	if err := ourFile(s.path); err != nil {
		return about, err
	}
	from, err := openReadOnly(s.path)
	if err != nil {
		return about, err
	}
	defer func() { _ = from.Close() }()
	if err := copyTo(ctx, from, path, progress); err != nil {
		return about, copyError(err)
	}
	return Look(ctx, path)
}

// Note adds a line to the audit log.
func (s *Stopped) Note(ctx context.Context, now time.Time, kind wire.EventKind, detail any) error {
	return note(ctx, s.path, now, kind, detail, 0)
}

// note adds an event to a file that no queen uses, with an id above that.
func note(ctx context.Context, path string, now time.Time, kind wire.EventKind, detail any, above int64) (err error) {
	raw, err := json.Marshal(detail)
	if err != nil {
		return fmt.Errorf("event %s: %w", kind, err)
	}
	to, err := sql.Open("sqlite", dsn(path, "busy_timeout(5000)", "synchronous(FULL)", "trusted_schema(0)"))
	if err == nil {
		_, err = to.ExecContext(ctx, `INSERT INTO events (id, at_ms, epoch, kind, detail)
			SELECT 1 + max(?, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0)),
				?, (SELECT coalesce(max(epoch), 0) FROM epochs), ?, ?`, above, now.UnixMilli(), string(kind), string(raw))
		err = errors.Join(err, to.Close())
	}
	if err != nil {
		return fmt.Errorf("%w: record event %s in %s: %w", ErrUnavailable, kind, path, err)
	}
	return nil
}

// lockIfQueens takes the lock of a file that a queen has had; a copy has none.
// The lock may be nil.
func lockIfQueens(path string) (*lockfile.Lock, error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // the lock lies beside the file
	}
	if _, err := os.Stat(path + ".lock"); errors.Is(err, fs.ErrNotExist) {
		return &lockfile.Lock{}, nil
	}
	return takeLock(path)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func same(a, b string) bool {
	x, xerr := os.Stat(a)
	y, yerr := os.Stat(b)
	return xerr == nil && yerr == nil && os.SameFile(x, y)
}
