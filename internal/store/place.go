package store

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// place makes the file's directory if need be and returns the one name under
// which every queen knows the file: its lock lies beside it. It refuses a place
// where another user could put a file of his own in the way.
func place(path string, log *slog.Logger) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if err := makeDir(filepath.Dir(path)); err != nil {
		return "", fmt.Errorf("%w: make its directory: %w; name another with --state", ErrUnavailable, err)
	}
	if path, err = realPath(path); err != nil {
		return "", fmt.Errorf("%w: %w; name another with --state", ErrUnavailable, err)
	}
	if err := checkDirectory(filepath.Dir(path), log); err != nil {
		return "", err
	}
	for _, suffix := range []string{"", "-wal", "-shm", "-journal", ".lock", ".id"} {
		if err := checkFile(path + suffix); err != nil {
			return "", err
		}
	}
	return path, nil
}

// realPath follows symbolic links, of a file that is not there yet those of its
// directory.
func realPath(path string) (string, error) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return filepath.EvalSymlinks(path)
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	return filepath.Join(dir, filepath.Base(path)), err
}

// checkDirectory refuses one in which others may rename and replace files.
func checkDirectory(dir string, log *slog.Logger) error {
	var stat unix.Stat_t
	if err := unix.Stat(dir, &stat); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrUnavailable, dir, err)
	}
	sticky := stat.Mode&unix.S_ISVTX != 0
	switch me := os.Geteuid(); {
	case stat.Uid != 0 && int(stat.Uid) != me:
		return fmt.Errorf("%w: its directory %s belongs to uid %d, who could replace it; "+
			"chown %d %[2]s, or name a file elsewhere with --state", ErrRefused, dir, stat.Uid, me)
	case stat.Mode&unix.S_IWOTH != 0 && !sticky:
		return fmt.Errorf("%w: everybody may write to its directory %s and replace it; "+
			"chmod o-w %[2]s, or name a file elsewhere with --state", ErrRefused, dir)
	case stat.Mode&unix.S_IWGRP != 0 && !sticky: // of one user only, as many systems set it up
		log.Warn("The group of the state file's directory may replace the file", "directory", dir, "gid", stat.Gid)
	}
	return nil
}

// checkFile refuses a file that is not this user's alone. One that is not there
// is fine.
func checkFile(path string) error {
	var stat unix.Stat_t
	switch err := unix.Lstat(path, &stat); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("%w: %s: %w", ErrUnavailable, path, err)
	case stat.Mode&unix.S_IFMT != unix.S_IFREG:
		return fmt.Errorf("%w: %s is not a regular file; move it away, or name another with --state", ErrRefused, path)
	case int(stat.Uid) != os.Geteuid():
		return fmt.Errorf("%w: %s belongs to uid %d, the queen runs as uid %d; run her as its owner, or chown %[4]d %[2]s",
			ErrRefused, path, stat.Uid, os.Geteuid())
	case stat.Nlink > 1:
		return fmt.Errorf("%w: %s has %d names (hard links), so that another queen could use it under another one; "+
			"remove them, or name a copy with --state", ErrRefused, path, stat.Nlink)
	}
	return nil
}
