package sshconfig

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// patience is how long a file may have its reader wait.
const patience = time.Second

// load opens a configuration file, has admit look at it, and reads it.
func load(path string, admit func(fs.FileInfo) error) ([]byte, error) {
	f, info, err := open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	if err := admit(info); err != nil {
		return nil, err
	}
	// Some regular files have a reader wait, as /proc/kmsg does; those on a disk
	// know no deadline.
	_ = f.SetReadDeadline(time.Now().Add(patience))
	data, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err != nil {
		return nil, failed(path, err)
	}
	if len(data) > maxFileBytes { // it grew meanwhile
		return nil, tooLarge(path)
	}
	return data, nil
}

// open opens a file under the conditions OpenSSH sets for the user's own
// configuration, plus a regular file and a bounded size. An error says what to
// do about it; a missing file is fs.ErrNotExist.
func open(path string) (*os.File, fs.FileInfo, error) {
	// Looked at before it is opened, because opening a device can have effects,
	// and opened without blocking, because a FIFO put there in between must not
	// hold us.
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, failed(path, err)
	}
	if err := check(path, info); err != nil {
		return nil, nil, err
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, failed(path, err)
	}
	if info, err = f.Stat(); err != nil {
		err = failed(path, err)
	} else {
		err = check(path, info)
	}
	if err != nil {
		_ = f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

func check(path string, info fs.FileInfo) error {
	mode := info.Mode()
	switch {
	case mode.IsDir():
		return fmt.Errorf("ssh config %s is a directory: name a file in it", shown(path))
	case !mode.IsRegular():
		return fmt.Errorf("ssh config %s is no regular file (%s): name a regular file", shown(path), mode.Type())
	case mode.Perm()&0o022 != 0:
		return fmt.Errorf("ssh config %s may be written by others (mode %04o): chmod go-w %[1]s", shown(path), mode.Perm())
	case info.Size() > maxFileBytes:
		return tooLarge(path)
	}
	return checkOwner(path, info)
}

func tooLarge(path string) error {
	return fmt.Errorf("ssh config %s is larger than 1 MiB: cut it into smaller files with Include", shown(path))
}

// failed words what the system refused.
func failed(path string, err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	return fmt.Errorf("ssh config %s cannot be read: %w: make it readable for this user or name another file", shown(path), err)
}
