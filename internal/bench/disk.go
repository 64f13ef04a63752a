package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"
	_ "modernc.org/sqlite" // the "sqlite" driver
)

// page is how much is written before each sync, the size of SQLite's pages.
const page = 4 << 10

// syncTimes appends so many pages to a file in the directory, each with a sync
// of its own as SQLite does it, and returns what that took, sorted, in ms.
func syncTimes(dir string, n int) (took []float64, err error) {
	f, err := os.CreateTemp(dir, "sync-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	block := make([]byte, page)
	for range n {
		began := time.Now()
		if _, err := f.Write(block); err != nil {
			return nil, err
		}
		if err := unix.Fdatasync(int(f.Fd())); err != nil {
			return nil, fmt.Errorf("sync %s: %w", f.Name(), err)
		}
		took = append(took, milliseconds(time.Since(began)))
	}
	slices.Sort(took)
	return took, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// openState opens a state file whose queen has ended.
func openState(state string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: state}).EscapedPath())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // what is temporary belongs to one connection
	return db, nil
}

// rows is what the raw heartbeats of a state file take.
type rows struct {
	count   float64
	bytes   float64 // of the file; the last page, still being filled, by what is in it
	content float64 // the part of that which is not free space of pages
}

// rawSize measures a state file whose queen has ended.
func rawSize(ctx context.Context, state string) (r rows, err error) {
	db, err := openState(state)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = db.QueryRowContext(ctx, `
		SELECT (SELECT count(*) FROM heartbeats),
		       sum(pgsize) - (SELECT unused FROM dbstat WHERE name = 'heartbeats' AND pagetype = 'leaf' ORDER BY path DESC LIMIT 1),
		       sum(pgsize - unused)
		FROM dbstat WHERE name = 'heartbeats'`).Scan(&r.count, &r.bytes, &r.content)
	if err != nil {
		return r, fmt.Errorf("measure the heartbeats of %s: %w", state, err)
	}
	return r, nil
}
