package worker

import (
	"errors"

	"rbee/internal/wire"
)

var (
	// ErrInvalid says that what was asked for cannot be.
	ErrInvalid = errors.New("invalid request")
	// ErrNotFound says that there is no such worker or kind.
	ErrNotFound = errors.New("not found")
	// ErrNotInstalled says that the program of a kind is not there.
	ErrNotInstalled = errors.New("not installed")
	// ErrNoPort says that all ports are taken.
	ErrNoPort = errors.New("no free port")
	// ErrRunning says that a worker has not ended.
	ErrRunning = errors.New("worker is running")
	// ErrClosed says that the fleet does not run any more.
	ErrClosed = errors.New("the hive is stopping")
	// ErrStateDir says that the directory of the records fails.
	ErrStateDir = errors.New("state directory unusable")
)

// clip makes a refused value fit for one line.
func clip(s string) string {
	s = wire.Printable(s)
	if r := []rune(s); len(r) > 80 {
		s = string(r[:80]) + "…"
	}
	return s
}
