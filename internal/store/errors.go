package store

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Why a state file cannot be opened, or a write cannot be done. Errors returned
// by this package wrap one of these, with the path, the cause and the remedy.
var (
	ErrLocked      = errors.New("state file is in use")       // by another queen
	ErrRefused     = errors.New("state file is refused")      // damaged, foreign, vanished or newer than the program
	ErrUnavailable = errors.New("state file is unavailable")  // the disk does not take the write
	ErrQueueFull   = errors.New("write queue is full")        // more writes wait than the bound allows
	ErrClosed      = errors.New("state file has been closed") // after Close
)

// errorCode returns SQLite's primary result code, 0 for other errors.
func errorCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

// ofOneWrite tells whether err is the fault of the write that met it; then the
// others of its group are tried again. Anything else, a full disk for
// instance, is everybody's.
func ofOneWrite(err error) bool {
	switch errorCode(err) {
	case 0, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_RANGE,
		sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_ERROR:
		return true
	default:
		return false
	}
}

func damaged(err error) bool {
	code := errorCode(err)
	return code == sqlite3.SQLITE_CORRUPT || code == sqlite3.SQLITE_NOTADB
}

// unsynced tells whether the disk failed to keep what it had taken.
func unsynced(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code() == sqlite3.SQLITE_IOERR_FSYNC || e.Code() == sqlite3.SQLITE_IOERR_DIR_FSYNC)
}

// classify gives an error of SQLite its place among ours.
func (s *Store) classify(err error) error {
	switch {
	case errors.Is(err, ErrRefused), errors.Is(err, ErrUnavailable):
		return err
	case damaged(err):
		return fmt.Errorf("%w: %s is damaged: %w; %s", ErrRefused, s.path, err, remedy(s.path))
	default:
		return fmt.Errorf("%w: %s: %w", ErrUnavailable, s.path, err)
	}
}
