package hive

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"rbee/internal/lockfile"
	"rbee/internal/wire"
)

var (
	// ErrStateDirLocked says that another hive runs on this state directory.
	ErrStateDirLocked = errors.New("state directory in use")
	// ErrStateDir says that the state directory cannot be read or written.
	ErrStateDir = errors.New("state directory unusable")
)

const (
	lockFile     = "lock"
	workersDir   = "workers"   // records and logs of workers
	kindsDir     = "workers.d" // kinds of worker, of the user's
	jobsFile     = "jobs.jsonl"
	maxStateFile = 64 << 10 // bytes; those written have a few hundred
)

// stateDir is the directory of what a hive remembers. Whoever holds one holds
// its lock: two hives never share an instance id.
type stateDir struct {
	path string
	lock *lockfile.Lock
	log  *slog.Logger
}

// openStateDir makes the directory, 0700, if it is not there, and locks it.
func openStateDir(path string, log *slog.Logger) (*stateDir, error) {
	fail := func(err error) (*stateDir, error) {
		return nil, fmt.Errorf("%w: %w: use --state-dir for another place", ErrStateDir, err)
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fail(err)
	}
	if err := ownStateDir(path); err != nil {
		return fail(err)
	}
	lock, err := lockfile.Take(filepath.Join(path, lockFile))
	var held *lockfile.HeldError
	switch {
	case errors.As(err, &held):
		return nil, fmt.Errorf("%w: a hive (%s) runs on %s: stop it, or give this one a place of its own with --state-dir",
			ErrStateDirLocked, held.Holder, path)
	case err != nil:
		return fail(err)
	}
	return &stateDir{path: path, lock: lock, log: log}, nil
}

// ownStateDir makes a directory that is empty, or a hive's already, 0700. Any
// other is somebody's and keeps its mode.
func ownStateDir(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		if _, err := os.Lstat(filepath.Join(path, lockFile)); err != nil {
			return nil //nolint:nilerr // not a hive's
		}
	}
	return os.Chmod(path, 0o700) //nolint:gosec // a directory needs its x bit
}

// close unlocks the directory.
func (d *stateDir) close() { _ = d.lock.Release() }

// read returns the content of a file, nil when it is not there.
func (d *stateDir) read(name string) ([]byte, error) {
	path := filepath.Join(d.path, name)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular(): // a FIFO would hold the reader for ever
		return nil, fmt.Errorf("%s is no regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, maxStateFile))
}

// write replaces a file: the old content or the new survives, whatever happens.
func (d *stateDir) write(name string, content []byte) error {
	tmp, err := os.CreateTemp(d.path, name+".tmp*") // 0600
	if err != nil {
		return fmt.Errorf("%w: %w", ErrStateDir, err)
	}
	_, err = tmp.Write(content)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), filepath.Join(d.path, name))
	}
	if err != nil {
		_ = os.Remove(tmp.Name()) // what is left of a failed write harms nobody
		return fmt.Errorf("%w: %w", ErrStateDir, err)
	}
	return d.sync()
}

// remove removes a file, which may be absent.
func (d *stateDir) remove(name string) error {
	err := os.Remove(filepath.Join(d.path, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrStateDir, err)
	}
	return d.sync()
}

// sync makes renames and removals last.
func (d *stateDir) sync() error {
	dir, err := os.Open(d.path)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrStateDir, err)
	}
	defer func() { _ = dir.Close() }()
	if err := dir.Sync(); err != nil {
		return fmt.Errorf("%w: %w", ErrStateDir, err)
	}
	return nil
}

// load decodes a JSON file into v and judges it with valid; found is false when
// the file is absent. A damaged file is kept under another name and treated as
// absent, with one warning that says what follows from it.
func (d *stateDir) load(name string, v any, valid func() error, consequence string) (found bool) {
	raw, err := d.read(name)
	if raw == nil && err == nil {
		return false
	}
	if err == nil {
		err = json.Unmarshal(raw, v)
	}
	if err == nil {
		err = valid()
	}
	if err == nil {
		return true
	}
	path := filepath.Join(d.path, name)
	aside := path + ".damaged"
	if renameErr := os.Rename(path, aside); renameErr != nil {
		aside = path // it could not be moved, and is overwritten when there is something new to write
	}
	d.log.Warn("State file is damaged: "+consequence, "path", path, "kept_as", aside, "error", wire.Printable(err.Error()),
		"remedy", "nothing needs to be done; put a good copy back and restart, or delete the one kept")
	return false
}

// save writes v as JSON.
func (d *stateDir) save(name string, v any) error {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("%w: %w", ErrStateDir, err)
	}
	return d.write(name, append(raw, '\n'))
}
