//go:build !linux

package store

// renameNew gives a file its name, unless something has that already.
func renameNew(from, to string) error { return renameUnseen(from, to) }
