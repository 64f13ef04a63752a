package store

import (
	"io/fs"
	"os"
)

// renameUnseen is renameNew where the kernel cannot do both in one step.
func renameUnseen(from, to string) error {
	if _, err := os.Lstat(to); err == nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: fs.ErrExist}
	}
	return os.Rename(from, to)
}
