package proc

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// OpenGroups makes a group called name for the groups of the workers, in the part
// of the tree that is this process's own. An error says why there are none: no
// cgroup v2, or the tree belongs to somebody else, mostly systemd.
func OpenGroups(name string) (*Groups, error) {
	base, place, err := ownBase()
	if err != nil {
		return nil, err
	}
	g := &Groups{dir: filepath.Join(base, name)}
	if err := os.Mkdir(g.dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	if err := unix.Access(filepath.Join(g.dir, "cgroup.kill"), unix.W_OK); err != nil {
		_ = os.Remove(g.dir)
		return nil, fmt.Errorf("no cgroup.kill, Linux 5.14 has it first: %w", err)
	}
	g.takeControllers(base, place)
	return g, nil
}

// place is where this process is in its part of the tree.
type place int

const (
	belowBase place = iota // in a group of its own
	inBase                 // in the highest group, and may go into one below
	inUnit                 // in the highest group, where systemd will start the next one
)

// ownBase is the highest group that is this process's own.
func ownBase() (dir string, at place, err error) {
	own, root, err := ownGroup()
	if err != nil {
		return "", 0, err
	}
	above := filepath.Dir(own)
	switch name := filepath.Base(own); {
	case root:
		return own, inBase, nil
	case delegated(own) && strings.HasSuffix(name, ".service"):
		return own, inUnit, nil
	case delegated(own):
		return own, inBase, nil
	case !unitPattern.MatchString(name) && delegated(above): // DelegateSubgroup=
		return above, belowBase, nil
	}
	return "", 0, fmt.Errorf("%s is not delegated: say Delegate=yes and DelegateSubgroup=hive in the hive's unit", own)
}

// unitPattern are the names of groups that are systemd's: what is above one of
// those is not ours, whoever it was handed to.
var unitPattern = regexp.MustCompile(`\.(service|scope|slice|socket|mount|swap)$`)

// ownGroup is the directory of the group that this process is in; root says that
// it is the highest that can be seen.
func ownGroup() (dir string, root bool, err error) {
	raw, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", false, err
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return "", false, err
	}
	for line := range strings.Lines(string(raw)) {
		path, ok := strings.CutPrefix(strings.TrimSpace(line), "0::")
		if !ok {
			continue
		}
		for mount := range strings.Lines(string(mounts)) {
			before, after, _ := strings.Cut(mount, " - ")
			f := strings.Fields(before)
			if !strings.HasPrefix(after, "cgroup2 ") || len(f) < 5 {
				continue
			}
			if rest, ok := strings.CutPrefix(path, strings.TrimSuffix(f[3], "/")); ok {
				return filepath.Join(f[4], rest), rest == "/" || rest == "", nil
			}
		}
	}
	return "", false, errors.New("cgroup v2 is not there")
}

// delegated says whether systemd has marked the group as somebody's own.
func delegated(dir string) bool {
	value := make([]byte, 8)
	for _, name := range []string{"user.delegate", "trusted.delegate"} {
		if n, err := unix.Getxattr(dir, name, value); err == nil && string(value[:n]) == "1" {
			return true
		}
	}
	return false
}

// Make makes the group of a worker and opens it, for OwnSession. It is always a
// new one: some kernels kill whoever is born in a group that was killed once.
func (g *Groups) Make(id string) (*os.File, error) {
	if g == nil {
		return nil, ErrUnsupported
	}
	if err := g.Remove(id); err != nil {
		return nil, err
	}
	if err := os.Mkdir(g.path(id), 0o700); err != nil {
		return nil, err
	}
	return os.Open(g.path(id))
}

// IDs are the workers that have a group.
func (g *Groups) IDs() (ids []string) {
	if g == nil {
		return nil
	}
	entries, _ := os.ReadDir(g.dir)
	for _, e := range entries {
		if e.IsDir() {
			ids = append(ids, e.Name())
		}
	}
	return ids
}

// Members returns the processes of a worker's group, and of those below it.
func (g *Groups) Members(id string) (pids []int) {
	for _, dir := range g.tree(id) {
		raw, _ := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
		for field := range strings.FieldsSeq(string(raw)) {
			if pid, err := strconv.Atoi(field); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// Maybe returns the worker in whose group a process seems to be, by the names of
// its groups; empty when it is in none. Members knows for certain, and costs more.
func (g *Groups) Maybe(pid int) string {
	if g == nil {
		return ""
	}
	raw, err := readSmall("/proc/"+strconv.Itoa(pid)+"/cgroup", make([]byte, 4096))
	if err != nil {
		return ""
	}
	_, below, _ := strings.Cut(string(raw), "/"+filepath.Base(g.dir)+"/")
	id, _, _ := strings.Cut(strings.TrimSuffix(below, "\n"), "/")
	id, _, _ = strings.Cut(id, "\n")
	return id
}

// Kill kills everybody in a worker's group, and in those below it, at once.
func (g *Groups) Kill(id string) error {
	if g == nil {
		return nil
	}
	err := os.WriteFile(filepath.Join(g.path(id), "cgroup.kill"), []byte("1"), 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Remove removes a worker's group, which is empty.
func (g *Groups) Remove(id string) error {
	var errs []error
	for _, dir := range slices.Backward(g.tree(id)) {
		if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Close removes the group of the groups, if nobody is left in it.
func (g *Groups) Close() {
	if g != nil {
		_ = os.Remove(g.dir)
	}
}

// tree are the directories of a worker's group, the outer ones first.
func (g *Groups) tree(id string) (dirs []string) {
	if g == nil {
		return nil
	}
	_ = filepath.WalkDir(g.path(id), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			dirs = append(dirs, path)
		}
		return nil // one that is gone has nobody in it
	})
	return dirs
}
