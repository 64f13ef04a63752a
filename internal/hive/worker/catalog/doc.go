// Package catalog is what kinds of worker a hive can run, and how a kind, a model
// and a device become the command line and the environment of a process.
//
// A kind is a TOML file, built in or the user's. A command line is a list that no
// shell ever reads, and a placeholder in it is a whole argument or follows
// "--option=", so that a model or a device is never more than one value.
package catalog

import "errors"

var (
	// ErrInvalid says that what was asked for cannot be.
	ErrInvalid = errors.New("invalid request")
	// ErrNotFound says that there is no such kind.
	ErrNotFound = errors.New("not found")
	// ErrNotInstalled says that the program of a kind is not there.
	ErrNotInstalled = errors.New("not installed")
)
