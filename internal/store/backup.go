package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"rbee/internal/wire"
)

// Backup writes a copy of the state file to path, which must not exist, while
// the queen goes on. It has a connection of its own, so that neither the writer
// nor the readers wait for it; progress is told now and then.
func (s *Store) Backup(ctx context.Context, path string, progress func(written, total int64)) (wire.StateFile, error) {
	return s.backup(ctx, func(from database) error { return copyTo(ctx, from, path, progress) }, path)
}

func (s *Store) backup(ctx context.Context, copied func(from database) error, path string) (wire.StateFile, error) {
	s.wal.backups.Add(1)
	defer s.wal.backups.Add(-1)
	from, err := sql.Open("sqlite", dsn(s.path, "busy_timeout(5000)")+"&mode=ro")
	if err != nil {
		return wire.StateFile{}, s.classify(err)
	}
	defer func() { _ = from.Close() }() // it wrote nothing
	from.SetMaxOpenConns(1)
	if err := from.PingContext(ctx); err != nil {
		return wire.StateFile{}, s.classify(err)
	}
	if err := s.stillThere(); err != nil { // or it would be a copy of another file
		return wire.StateFile{}, s.classify(err)
	}
	if err := copied(from); err != nil {
		return wire.StateFile{}, copyError(err)
	}
	return Look(ctx, path)
}

// copyError gives an error of copyTo its place among ours. A copy that the
// caller gave up, or that would replace a file, is no fault of the disk.
func copyError(err error) error {
	switch {
	case errors.Is(err, ErrUnavailable), errors.Is(err, fs.ErrExist), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case damaged(err):
		return fmt.Errorf("%w: it is damaged: %w", ErrRefused, err)
	default:
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
}

// BackedUp is the detail of EventStateBackedUp.
type BackedUp struct {
	Bytes      int64  `json:"bytes"`
	DurationMS int64  `json:"duration_ms"`
	By         string `json:"by"`             // who asked for it: "keeper", "schedule" or "queen-rbee"
	File       string `json:"file,omitempty"` // its name, where the queen knows that
}

// outgoing is where the copies lie that are being sent.
func (s *Store) outgoing() string { return s.path + ".outgoing" }

// ClearOutgoing removes what a queen that was killed left of copies to be sent.
func (s *Store) ClearOutgoing() error { return os.RemoveAll(s.outgoing()) }

// Outgoing is Backup into a file without a name: its space is free again when it
// is closed, or when the queen is killed. One at a time.
func (s *Store) Outgoing(ctx context.Context, progress func(written, total int64)) (_ *os.File, about wire.StateFile, err error) {
	if err := s.ClearOutgoing(); err != nil {
		return nil, about, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if err := os.Mkdir(s.outgoing(), 0o700); err != nil {
		return nil, about, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	defer func() {
		if cerr := s.ClearOutgoing(); cerr != nil && err == nil {
			err = fmt.Errorf("%w: %w", ErrUnavailable, cerr)
		}
	}()
	path := filepath.Join(s.outgoing(), "queen.db")
	about, err = s.backup(ctx, func(from database) error {
		// Most of it never gets to the disk, where it would hold up heartbeats.
		return writeCopy(ctx, from, path, func(string) error { return nil }, progress)
	}, path)
	if err != nil {
		return nil, about, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, about, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return f, about, nil
}

// Look sums up a state file that no queen uses, a copy for instance.
func Look(ctx context.Context, path string) (about wire.StateFile, err error) {
	if err := ourFile(path); err != nil {
		return about, err
	}
	from, err := openReadOnly(path)
	if err != nil {
		return about, err
	}
	defer func() { _ = from.Close() }()
	if about, err = look(ctx, from); err != nil {
		return about, copyError(fmt.Errorf("read %s: %w", path, err))
	}
	info, err := os.Stat(path)
	if err != nil {
		return about, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	about.Bytes = info.Size()
	return about, nil
}

func look(ctx context.Context, from database) (about wire.StateFile, err error) {
	if about.SchemaVersion, err = schemaVersion(ctx, from); err != nil {
		return about, err
	}
	var event sql.NullInt64
	err = from.QueryRowContext(ctx, `SELECT (SELECT value FROM meta WHERE key = 'queen_id'), (SELECT count(*) FROM epochs),
		(SELECT count(*) FROM hives WHERE forgotten_ms IS NULL), (SELECT at_ms FROM events ORDER BY id DESC LIMIT 1)`).
		Scan(&about.QueenID, &about.Epochs, &about.Hives, &event)
	if err != nil {
		return about, err
	}
	if event.Valid {
		at := fromMS(event.Int64)
		about.NewestEvent = &at
	}
	var beat string
	err = from.QueryRowContext(ctx, "SELECT received_at FROM heartbeats ORDER BY received_at DESC LIMIT 1").Scan(&beat)
	if errors.Is(err, sql.ErrNoRows) {
		return about, nil
	}
	if at, perr := parseTime(beat); perr == nil {
		about.NewestHeartbeat = &at
	}
	return about, err
}

// Unfinished stands in the names of copies that were not finished, behind the
// name they were to have.
const Unfinished = copyUnfinished

// LeaveCheckpoints leaves it to another program to write the log back into the
// file: Litestream loses changes when the log begins anew while it is away. The
// log grows for as long as nobody does.
func (s *Store) LeaveCheckpoints() { s.wal.left.Store(true) }
