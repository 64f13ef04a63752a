package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"rbee/internal/lockfile"
)

// applicationID marks a SQLite file as a queen's ("rbee" in ASCII).
const applicationID = 0x72626565

// Option changes how Open goes about it.
type Option func(*options)

type options struct{ anew bool }

// BeginAnew has Open make a new state where one is damaged or gone, and keep
// what is there under another name. It refuses to do so to a healthy one.
func BeginAnew(o *options) { o.anew = true }

// Open opens or makes the state file at path, takes its lock (path + ".lock"),
// brings its schema up to date and starts the writer. The caller closes it.
//
// The order matters. Nothing is opened that somebody else could have put there
// or has in use; SQLite opens nothing that another program made; and what is
// refused, or cannot be copied, was not written to.
func Open(ctx context.Context, path string, log *slog.Logger, change ...Option) (_ *Store, err error) {
	var o options
	for _, set := range change {
		set(&o)
	}
	if path, err = place(path, log); err != nil {
		return nil, err
	}
	lock, err := takeLock(path)
	if err != nil {
		return nil, err
	}
	s := &Store{path: path, log: log, lock: lock, mend: make(chan struct{}, 1)}
	defer func() {
		if err != nil {
			_ = s.closeFiles() // the first error says more
		}
	}()
	if err := s.prepareFile(ctx, o); err != nil {
		return nil, s.classify(err)
	}
	for _, step := range []func(context.Context) error{s.connect, s.migrate, s.check, s.identify, s.start} {
		if err := step(ctx); err != nil {
			return nil, s.classify(err)
		}
	}
	return s, nil
}

func takeLock(path string) (*lockfile.Lock, error) {
	lock, err := lockfile.Take(path + ".lock")
	var held *lockfile.HeldError
	switch {
	case errors.As(err, &held):
		return nil, fmt.Errorf("%w: %w; stop that queen or give this one another --state", ErrLocked, err)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return lock, nil
}

// prepareFile sees to it that there is a file of ours that SQLite may open, and
// a copy of it if its schema is older.
func (s *Store) prepareFile(ctx context.Context, o options) error {
	f, err := inspect(ctx, s.path)
	if o.anew {
		err = s.beginAnew(f, err)
		f.stands = false
	}
	switch {
	case err != nil:
		return err
	case !f.stands:
		return makeFile(ctx, s.path)
	case f.version > 0 && f.version < newestSchema():
		if err := s.copyBefore(ctx, f.version); err != nil {
			return err
		}
	}
	return os.Chmod(s.path, 0o600)
}

// check compares the schema with the one that the program expects, and looks
// for damage in the tables the queen cannot do without.
func (s *Store) check(ctx context.Context) error {
	strays, err := checkSchema(ctx, s.writeDB, s.path)
	if err != nil {
		return err
	}
	if len(strays) > 0 {
		s.log.Warn("The state file has more in it than the queen made; it is left alone", "objects", strays)
	}
	if err := s.checkRegistry(ctx, s.writeDB); err != nil {
		return err
	}
	return s.checkEnds(ctx)
}

// checkRegistry looks for page damage in the tables the queen cannot do without.
func (s *Store) checkRegistry(ctx context.Context, conn *sql.DB) error {
	return checkRegistry(ctx, conn, s.path)
}
