package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// copyMargin is what a copy leaves free on its disk for others.
const copyMargin = 16 << 20

// copyNews is how often a copy tells how far it is.
const copyNews = 250 * time.Millisecond

// database is a *sql.DB or *sql.Conn that has a state file open. To copy the file
// it may be read-only, but not with query_only, which stops VACUUM INTO too.
type database interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// copyTo writes a copy of a state file to path, which must not exist: readable
// by its owner only, whole, without free pages, synced and checked before it
// gets its name. Writers of the file are not held up. While it goes on,
// progress is told the bytes written and about how many there will be. What a
// failed copy wrote is removed.
func copyTo(ctx context.Context, from database, path string, progress func(written, total int64)) error {
	if err := writeCopy(ctx, from, path, syncPath, progress); err != nil {
		return err
	}
	return syncPath(filepath.Dir(path))
}

// writeCopy is copyTo but for bringing the name to the disk; sync brings the
// content there.
func writeCopy(ctx context.Context, from database, path string, sync func(name string) error, progress func(written, total int64)) (err error) {
	total, err := copySize(ctx, from)
	if err != nil {
		return fmt.Errorf("copy the state file: %w", err)
	}
	dir := filepath.Dir(path)
	if err := needSpace(dir, total); err != nil {
		return err
	}
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("copy the state file: %w", &fs.PathError{Op: "make", Path: path, Err: fs.ErrExist})
	}
	made, err := os.CreateTemp(dir, filepath.Base(path)+copyUnfinished+"*") // mode 0600
	if err != nil {
		return fmt.Errorf("copy the state file: %w", err)
	}
	name := made.Name()
	defer func() {
		if err != nil {
			_ = os.Remove(name) // the first error says more
			err = fmt.Errorf("copy the state file to %s: %w", path, err)
		}
	}()
	if err := made.Close(); err != nil {
		return err
	}
	if err := vacuumInto(ctx, from, name, func(written int64) { progress(written, total) }); err != nil {
		return err
	}
	if err := sync(name); err != nil { // VACUUM INTO leaves that to us
		return err
	}
	if err := verifyCopy(ctx, name); err != nil {
		return err
	}
	return renameNew(name, path)
}

// copyUnfinished is in the name of a copy that was not finished.
const copyUnfinished = ".unfinished-"

// copySize is about how large a copy will be, in bytes.
func copySize(ctx context.Context, from database) (bytes int64, err error) {
	err = from.QueryRowContext(ctx, `SELECT (p.page_count - f.freelist_count) * s.page_size
		FROM pragma_page_count p, pragma_freelist_count f, pragma_page_size s`).Scan(&bytes)
	return bytes, err
}

// needSpace refuses to begin what the disk has no room for.
func needSpace(dir string, bytes int64) error {
	free, err := freeBytes(dir)
	if err != nil {
		return err
	}
	if free < bytes+copyMargin {
		return fmt.Errorf("%w: a copy needs %s in %s, and %s are free; make room there",
			ErrUnavailable, mib(bytes+copyMargin), dir, mib(free))
	}
	return nil
}

func mib(bytes int64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }

// vacuumInto writes the copy and tells how it grows.
func vacuumInto(ctx context.Context, from database, name string, progress func(written int64)) error {
	done, told := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(told)
		ticker := time.NewTicker(copyNews)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				if info, err := os.Stat(name); err == nil {
					progress(info.Size())
				}
			}
		}
	}()
	_, err := from.ExecContext(ctx, "VACUUM INTO ?", name)
	close(done)
	<-told
	return err
}

// verifyCopy tells whether a copy is whole and a queen's. Nobody else has it
// open.
func verifyCopy(ctx context.Context, name string) (err error) {
	copied, err := sql.Open("sqlite", dsn(name, "query_only(1)")+"&mode=ro&immutable=1")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, copied.Close()) }()
	var id uint32
	if err := copied.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return err
	}
	if id != applicationID {
		return fmt.Errorf("the copy has application_id %#x, not %#x", id, uint32(applicationID))
	}
	var finding string
	if err := copied.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&finding); err != nil {
		return err
	}
	if finding != "ok" {
		return fmt.Errorf("the copy is damaged: %s", finding)
	}
	return nil
}

// syncPath brings a file, or the names in a directory, to the disk. Never the
// live file: closing it would drop SQLite's locks.
func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
