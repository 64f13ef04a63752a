// Package lockfile lets one process at a time use something, and tells the
// others who does. The lock is flock's: even SIGKILL frees it.
package lockfile

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// HeldError says that another process holds the lock.
type HeldError struct {
	Path   string
	Holder string // as it calls itself: "pid 123, started 2026-01-02T03:04:05Z"
}

// Error names the holder and the file.
func (e *HeldError) Error() string { return fmt.Sprintf("%s is held by %s", e.Path, e.Holder) }

// Lock is a lock that is held.
type Lock struct{ file *os.File }

// Take takes the lock at path, whose file it makes, mode 0600, if need be. When
// another process has it, the error is a *HeldError.
func Take(path string) (*Lock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		defer func() { _ = f.Close() }()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, &HeldError{Path: path, Holder: holder(f)}
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	me := fmt.Sprintf("pid %d, started %s\n", os.Getpid(), time.Now().UTC().Format(time.RFC3339))
	_, err = f.WriteAt([]byte(me), 0)
	if err = errors.Join(err, f.Truncate(int64(len(me)))); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("write %s: %w", path, err)
	}
	return &Lock{file: f}, nil
}

// Release frees the lock. The file stays: removing it would let two processes
// lock two files of one name.
func (l *Lock) Release() error { return l.file.Close() }

// holder waits a moment for one that has just taken the lock to say so.
func holder(f *os.File) string {
	buf := make([]byte, 128)
	for range 20 {
		if n, _ := f.ReadAt(buf, 0); n > 0 && buf[n-1] == '\n' {
			return strings.TrimSpace(string(buf[:n]))
		}
		time.Sleep(5 * time.Millisecond)
	}
	return "another process"
}
