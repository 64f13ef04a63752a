package store

import (
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// lockFile takes the lock beside the state file. It is held by the returned
// descriptor, so that even SIGKILL frees it. The file says who holds it.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%w: open lock file: %w", ErrUnavailable, err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == unix.EWOULDBLOCK { //nolint:errorlint // a bare errno
		holder := readHolder(f)
		_ = f.Close()
		return nil, fmt.Errorf("%w: %s is held by %s; stop that queen or give this one another --state",
			ErrLocked, path, holder)
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("%w: lock %s: %w", ErrUnavailable, path, err)
	}
	holder := fmt.Sprintf("pid %d, started %s\n", os.Getpid(), time.Now().UTC().Format(time.RFC3339))
	if err := writeHolder(f, holder); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("%w: write %s: %w", ErrUnavailable, path, err)
	}
	return f, nil
}

func writeHolder(f *os.File, holder string) error {
	if _, err := f.WriteAt([]byte(holder), 0); err != nil {
		return err
	}
	return f.Truncate(int64(len(holder)))
}

// readHolder waits a moment for a holder that has just taken the lock to say so.
func readHolder(f *os.File) string {
	buf := make([]byte, 128)
	for range 20 {
		if n, _ := f.ReadAt(buf, 0); n > 0 && buf[n-1] == '\n' {
			return strings.TrimSpace(string(buf[:n]))
		}
		time.Sleep(5 * time.Millisecond)
	}
	return "another process"
}
