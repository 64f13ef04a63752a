package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// makeFile makes the file, with the mode that its -wal and -shm will inherit,
// and marks it as ours. It has its name only when it is whole and synced: one
// that a power cut left half made would be taken for somebody else's.
func makeFile(ctx context.Context, path string) error {
	name := path + ".new"
	for _, left := range []string{name, name + "-journal"} { // by a queen that was killed here
		if err := os.Remove(left); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if err := markFile(ctx, name); err != nil {
		return err
	}
	if err := errors.Join(os.Rename(name, path), syncPath(filepath.Dir(path))); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return nil
}

// makeDir makes a directory, and those above it, and syncs their names: a file
// is lost with the power if the name of its directory is, however well the file
// itself was synced.
func makeDir(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent == dir {
		return nil
	}
	if err := makeDir(parent); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := syncPath(parent); !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil // one that may be written and not be read; who set that up has to see to it
}
