package worker

import (
	"errors"

	"rbee/internal/hive/worker/catalog"
)

var (
	// ErrInvalid says that what was asked for cannot be.
	ErrInvalid = catalog.ErrInvalid
	// ErrNotFound says that there is no such worker or kind.
	ErrNotFound = catalog.ErrNotFound
	// ErrNotInstalled says that the program of a kind is not there, or none.
	ErrNotInstalled = catalog.ErrNotInstalled
	// ErrNoPort says that all ports are taken.
	ErrNoPort = errors.New("no free port")
	// ErrRunning says that a worker has not ended.
	ErrRunning = errors.New("worker is running")
	// ErrClosed says that the fleet does not run any more.
	ErrClosed = errors.New("the hive is stopping")
	// ErrStateDir says that the directory of the records fails.
	ErrStateDir = errors.New("state directory unusable")
)
