package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// lostError is a refusal of a state file whose content is damaged or gone: the
// one kind that BeginAnew overrides.
type lostError struct{ error }

// Unwrap returns what is refused.
func (e lostError) Unwrap() error { return e.error }

func lost(format string, args ...any) error {
	return lostError{fmt.Errorf("%w: %w", ErrRefused, fmt.Errorf(format, args...))}
}

// remedy is what to do about a file that cannot be used as it is.
func remedy(path string) string {
	return fmt.Sprintf("restore a backup in its place, without %s-wal and %[1]s-shm, or begin anew with --new-state, which keeps them under other names", path)
}

// idBeside is the id of the queen whose state stood at path; "" if there was none.
func idBeside(path string) string {
	id, err := os.ReadFile(path + ".id")
	if err != nil {
		return ""
	}
	if text := strings.TrimSpace(string(id)); text != "" {
		return text
	}
	return "of an unknown queen"
}

// missing tells whether a state stood at path, where there is nothing now.
func missing(path string) error {
	was := idBeside(path)
	log, err := os.Stat(path + "-wal")
	if err != nil || log.Size() == 0 {
		if was == "" {
			return nil
		}
		return lost("%s has vanished or is empty, but state %s stood there; %s", path, was, remedy(path))
	}
	kept := setAside(path) // or it would be played into the backup that is restored
	return lost("%s has vanished or is empty, but its log is left and was renamed to %s: put back both, or %s", path, kept, remedy(path))
}

// setAside renames the log and the index of a file that is gone, so that SQLite
// does not take them for those of the next file at this path.
func setAside(path string) (log string) {
	name := ".orphan-" + time.Now().UTC().Format("20060102T150405.000000")
	for _, suffix := range []string{"-wal", "-shm"} {
		_ = os.Rename(path+suffix, path+suffix+name) // often there is none
	}
	return path + "-wal" + name
}

// beginAnew does what --new-state says: a state that is lost is renamed, with
// all that belongs to it, and none is deleted. A healthy one stays: the option
// may have been left in a start script.
func (s *Store) beginAnew(f found, why error) error {
	var isLost lostError
	switch {
	case errors.As(why, &isLost):
	case why != nil:
		return why
	case !f.stands:
		return nil
	default:
		return fmt.Errorf("%w: %s is healthy, and --new-state is for one that is damaged or gone; "+
			"leave it out to use this one, or name another file with --state", ErrRefused, s.path)
	}
	kept := s.path + ".aside-" + time.Now().UTC().Format("20060102T150405.000000")
	for _, suffix := range []string{"", "-wal", "-shm", "-journal", ".id"} {
		if err := os.Rename(s.path+suffix, kept+suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("%w: set %s aside: %w", ErrUnavailable, s.path+suffix, err)
		}
	}
	if err := syncPath(filepath.Dir(s.path)); err != nil {
		return fmt.Errorf("%w: set %s aside: %w", ErrUnavailable, s.path, err)
	}
	s.log.Warn("Beginning anew, as --new-state says; what was there is kept", "path", s.path, "kept", kept, "reason", why)
	return nil
}
