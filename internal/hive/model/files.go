package model

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"syscall"
	"time"

	"rbee/internal/hive/model/gguf"
)

// files remembers what was read of each file, by its absolute path.
type files map[string]*file

// file is what the header of one file said while it had this size and time.
type file struct {
	size   int64
	mtime  time.Time
	header *gguf.Header
	err    error // of a file that cannot be used
}

var (
	errNotRegular = errors.New("it is not a regular file")
	errOutside    = errors.New("it is a link to a folder, out of this place, or nowhere: add the folder that it leads to as a place of its own")
)

// read returns what the file at rel says, from memory if it is unchanged.
func (s *scan) read(root *os.Root, rel string) (*file, error) {
	info, err := root.Stat(rel)
	if err != nil {
		return nil, pathCause(root, rel, err)
	}
	if !info.Mode().IsRegular() {
		return nil, errNotRegular
	}
	key := filepath.Join(root.Name(), filepath.FromSlash(rel))
	f := s.old[key]
	if f == nil || f.size != info.Size() || !f.mtime.Equal(info.ModTime()) {
		if f, err = parse(root, rel); err != nil {
			return nil, pathCause(root, rel, err)
		}
	}
	s.seen[key] = f
	return f, f.err
}

// parse reads the header. What is wrong with the content is remembered in the
// file; what is wrong with reading is not, since it may pass.
func parse(root *os.Root, rel string) (*file, error) {
	in, err := root.OpenFile(rel, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe put there meanwhile shall not hold us
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }()
	info, err := in.Stat()
	if err != nil {
		return nil, err
	}
	f := &file{size: info.Size(), mtime: info.ModTime()}
	f.header, f.err = gguf.Read(in, f.size)
	var bad *gguf.Error
	if f.err != nil && !errors.As(f.err, &bad) {
		return nil, f.err
	}
	return f, nil
}

// pathCause takes the path off an error, which is said beside it, and explains
// the one that os.Root has for links.
func pathCause(root *os.Root, rel string, err error) error {
	if link, lerr := root.Lstat(rel); lerr == nil && link.Mode()&fs.ModeSymlink != 0 {
		return errOutside
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// readSmall reads a file of at most most bytes.
func readSmall(root *os.Root, rel string, most int64) ([]byte, error) {
	info, err := root.Stat(rel)
	switch {
	case err != nil:
		return nil, pathCause(root, rel, err)
	case !info.Mode().IsRegular():
		return nil, errNotRegular
	case info.Size() > most:
		return nil, fmt.Errorf("%s has %d bytes, %d are allowed", path.Base(rel), info.Size(), most)
	}
	raw, err := root.ReadFile(rel)
	if err != nil {
		return nil, pathCause(root, rel, err)
	}
	return raw, nil
}
