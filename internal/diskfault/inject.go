package diskfault

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"syscall"
)

// Op is a call that a program under Supervise is about to make on a file below
// the directory.
type Op struct {
	N     int    // 1 for the first
	Phase int    // the last Phase that the program was in
	Kind  string // write, sync, truncate
	Name  string // of the file, below the directory
}

// What may happen to an Op beside an error; 0 lets it go on.
const (
	Kill = syscall.Errno(1<<16 + iota) // the program is killed before it
	Lie                                // a sync syncs nothing, and says it did
)

// Synced is what of the files below a directory is on the disk for certain,
// while a program uses them.
type Synced struct {
	dir  string
	data map[uint64][]byte // by inode
}

func newSynced(dir string) (*Synced, error) {
	s := &Synced{dir, map[uint64][]byte{}}
	return s, s.walk(func(path string, inode uint64) error { return s.keep(path, inode) })
}

// walk calls visit for each file.
func (s *Synced) walk(visit func(path string, inode uint64) error) error {
	return filepath.WalkDir(s.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		return visit(path, inodeOf(info))
	})
}

func inodeOf(info fs.FileInfo) uint64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return stat.Ino
	}
	return 0
}

// see notes what a call is about to do.
func (s *Synced) see(kind, path string, errno syscall.Errno) error {
	info, err := os.Stat(path)
	if err != nil || info.IsDir() {
		return err
	}
	switch inode := inodeOf(info); {
	case kind != "sync":
		if info.Size() == 0 {
			delete(s.data, inode) // a new file, maybe with the inode of one that is gone
		}
		return nil
	case errno == 0:
		return s.keep(path, inode)
	default:
		return s.drop(path, inode, info.Size())
	}
}

// keep notes that a file is synced now.
func (s *Synced) keep(path string, inode uint64) (err error) {
	s.data[inode], err = os.ReadFile(path)
	return err
}

// drop is what a kernel does when it cannot sync a file: what was written since
// the last sync is gone, but for the file's size, and the next sync succeeds.
func (s *Synced) drop(path string, inode uint64, size int64) error {
	data := make([]byte, size)
	copy(data, s.data[inode])
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(data, 0)
	return errors.Join(err, f.Close())
}

// Files is what a power cut leaves at the least: by their path below the
// directory, the names that files have now with what of them was synced.
func (s *Synced) Files() (map[string][]byte, error) {
	files := map[string][]byte{}
	err := s.walk(func(path string, inode uint64) error {
		name, err := filepath.Rel(s.dir, path)
		files[name] = s.data[inode]
		return err
	})
	return files, err
}

// Write puts files, as State and Files return them, below a directory.
func Write(dir string, files map[string][]byte, without ...string) error {
	files = maps.Clone(files)
	for _, name := range without {
		delete(files, name)
	}
	for name, data := range files {
		full := filepath.Join(dir, name)
		if name[len(name)-1] == '/' {
			if err := os.MkdirAll(full, 0o700); err != nil {
				return err
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(full, data, 0o600); err != nil {
			return err
		}
	}
	return nil
}
