package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"

	"golang.org/x/sys/unix"

	"rbee/internal/wire"
)

// Check reads every page of a state file that no queen uses, and changes
// nothing.
func Check(ctx context.Context, path string) (wire.StateFile, error) {
	lock, err := lockIfQueens(path)
	if err != nil {
		return wire.StateFile{}, err
	}
	defer func() { _ = lock.Release() }()
	return check(ctx, path)
}

func check(ctx context.Context, path string) (about wire.StateFile, err error) {
	if err := ourFile(path); err != nil {
		return about, err
	}
	from, err := openReadOnly(path)
	if err != nil {
		return about, err
	}
	defer func() { _ = from.Close() }()
	var finding string
	if err := from.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&finding); err != nil {
		return about, copyError(fmt.Errorf("check %s: %w", path, err))
	}
	if finding != "ok" {
		return about, fmt.Errorf("%w: %s is damaged: %s; use another copy", ErrRefused, path, finding)
	}
	version, err := schemaVersion(ctx, from)
	if err != nil {
		return about, copyError(fmt.Errorf("read %s: %w", path, err))
	}
	newest := newestSchema()
	if version > newest {
		return about, fmt.Errorf("%w: %s has schema version %d, this program knows up to %d; use a newer queen-rbee", ErrRefused, path, version, newest)
	}
	if version == 0 {
		return about, fmt.Errorf("%w: %s holds no queen's state; use another copy", ErrRefused, path)
	}
	if version == newest {
		if _, err := checkSchema(ctx, from, path); err != nil {
			return about, err
		}
	}
	return Look(ctx, path)
}

// ourFile looks at the header of a file that no queen uses.
func ourFile(path string) error {
	h, err := readHeader(path)
	switch {
	case errors.Is(err, errLog), errors.Is(err, errShort):
		return fmt.Errorf("%w: %s is damaged: %w; use another copy", ErrRefused, path, err)
	case err != nil:
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	case len(h) == 0 && !exists(path):
		return fmt.Errorf("%w: %w", ErrRefused, &fs.PathError{Op: "open", Path: path, Err: unix.ENOENT})
	case !wire.IsStateFile(h):
		return fmt.Errorf("%w: %s is not a queen's state file; use another copy", ErrRefused, path)
	}
	return nil
}

// Verified is what a copy holds, as a queen who opened it would see it.
type Verified struct {
	wire.StateFile
	MigratedTo int64 `json:"migrated_to,omitempty"` // of an older copy: the schema version that the queen would make of it
	Heartbeats int64 `json:"heartbeats"`
	Events     int64 `json:"events"`
}

// Verify restores a copy into dir and opens it there as a queen would.
func Verify(ctx context.Context, path, dir string) (v Verified, err error) {
	lock, err := lockIfQueens(path)
	if err != nil {
		return v, err
	}
	defer func() { _ = lock.Release() }()
	if v.StateFile, err = check(ctx, path); err != nil {
		return v, err
	}
	trial := filepath.Join(dir, "queen.db")
	if err := takeCopy(ctx, path, trial, func(int64, int64) {}); err != nil {
		return v, err
	}
	s, err := Open(ctx, trial, slog.New(slog.DiscardHandler))
	if err != nil {
		return v, fmt.Errorf("open what %s was restored to: %w", path, err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if from, migrated := s.MigratedFrom(); migrated && from != s.SchemaVersion {
		v.MigratedTo = s.SchemaVersion
	}
	err = s.readDB.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM heartbeats), (SELECT count(*) FROM events)").Scan(&v.Heartbeats, &v.Events)
	return v, err
}

// takeCopy copies one file that no queen uses to another.
func takeCopy(ctx context.Context, from, to string, progress func(written, total int64)) error {
	source, err := openReadOnly(from)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	if err := copyTo(ctx, source, to, progress); err != nil {
		return copyError(err)
	}
	return nil
}
