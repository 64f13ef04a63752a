package diskfault

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// History is what a program did to the files below a directory, call by call,
// and what it said meanwhile.
type History struct {
	Marks []Mark // what it wrote to its standard output
	Cuts  []int  // where a power cut can make a difference: the places of all operations and marks

	root  *node
	nodes []*node
	ops   []op
	files map[int64]*opened
}

// Mark is something that the program said, from the place on at which it began
// to say it.
type Mark struct {
	Start int
	Text  string
}

// node is a file or a directory. Its data and names are those before the
// program ran; now is what the program sees.
type node struct {
	data  []byte
	names map[string]*node // nil: a file
	now   map[string]*node
}

type opened struct {
	node *node
	at   int64 // where write goes on
}

// op is one change of a node, or a sync.
type op struct {
	start, end int
	kind       kind
	node       *node // whose data or names
	offset     int64 // of a write; of a truncation the size
	data       []byte
	name       string // of a change of names
	to         *node  // what has the name then; nil: nothing
	from       *node  // the directory in which it had another name
	fromName   string
}

type kind int

const (
	write kind = iota
	truncate
	rename // and whatever else changes names
	fsync
)

// Snapshot reads the directory as it is before the program runs. A power cut
// does not lose what is there.
func Snapshot(dir string) (*History, error) {
	h := &History{files: map[int64]*opened{}}
	byPath := map[string]*node{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		n := h.node(entry.IsDir())
		if byPath[path] = n; path == dir {
			h.root = n
		} else {
			byPath[filepath.Dir(path)].names[entry.Name()] = n
			byPath[filepath.Dir(path)].now[entry.Name()] = n
		}
		if !entry.IsDir() {
			n.data, err = os.ReadFile(path)
		}
		return err
	})
	return h, err
}

func (h *History) node(dir bool) *node {
	n := &node{}
	if dir {
		n.names, n.now = map[string]*node{}, map[string]*node{}
	}
	h.nodes = append(h.nodes, n)
	return n
}

// Replay adds what the calls did below root, the directory of the snapshot.
// Files whose names end with one of without are left out.
func (h *History) Replay(calls []Call, root string, without ...string) error {
	r := replay{h, root, without}
	calls = slices.Clone(calls)
	slices.SortStableFunc(calls, func(a, b Call) int { return cmp.Compare(a.place(), b.place()) })
	for i := range calls {
		if err := r.call(&calls[i]); err != nil {
			return fmt.Errorf("line %d of the trace, %s(%.100s): %w", calls[i].Start+1, calls[i].Name, strings.Join(calls[i].Args, ", "), err)
		}
	}
	for _, op := range h.ops {
		h.Cuts = append(h.Cuts, op.start, op.end)
	}
	for _, mark := range h.Marks {
		h.Cuts = append(h.Cuts, mark.Start)
	}
	slices.Sort(h.Cuts)
	h.Cuts = slices.DeleteFunc(slices.Compact(h.Cuts), func(cut int) bool { return cut == never })
	return nil
}

// place is where a call is taken into account: a descriptor is free when it
// begins to be closed, and taken when it has been opened.
func (c *Call) place() int {
	if c.Name == "open" || c.Name == "openat" {
		return c.End
	}
	return c.Start
}

type replay struct {
	*History
	top     string
	without []string
}

func (r replay) call(c *Call) error {
	if c.Result < 0 && c.End != never {
		return nil // it failed
	}
	switch c.Name {
	case "openat":
		return r.open(c, 0, c.arg(2))
	case "open":
		return r.open(c, -1, c.arg(1))
	case "mkdirat":
		return r.change(c, 0, r.node(true))
	case "mkdir":
		return r.change(c, -1, r.node(true))
	case "unlinkat":
		return r.change(c, 0, nil)
	case "unlink":
		return r.change(c, -1, nil)
	case "rename":
		return r.rename(c, -1, -1)
	case "renameat", "renameat2":
		return r.rename(c, 0, 2)
	case "mmap":
		if strings.Contains(c.arg(2), "PROT_WRITE") && strings.Contains(c.arg(3), "MAP_SHARED") {
			return r.file(c, 4, func(*opened) error { return errNotUnderstood })
		}
		return nil
	case "close":
		fd, err := c.number(0)
		delete(r.files, fd)
		return err
	default:
		return r.file(c, 0, func(f *opened) error { return r.onFile(c, f) })
	}
}

var errNotUnderstood = fmt.Errorf("%w: no power cut is known for this call", ErrUnable)

// file calls do if the descriptor is that of a file below the directory.
func (r replay) file(c *Call, arg int, do func(*opened) error) error {
	fd, err := c.number(arg)
	if err != nil {
		return nil //nolint:nilerr // a path: of calls that name none below the directory
	}
	if fd == 1 && c.Name == "write" {
		said, err := c.text(1)
		r.Marks = append(r.Marks, Mark{c.Start, string(said)})
		return err
	}
	if f := r.files[fd]; f != nil {
		return do(f)
	}
	return nil
}

func (r replay) onFile(c *Call, f *opened) (err error) {
	o := op{start: c.Start, end: c.End, node: f.node}
	switch c.Name {
	case "lseek":
		f.at = c.Result
		return nil
	case "fsync", "fdatasync":
		o.kind = fsync
	case "ftruncate":
		o.kind = truncate
		o.offset, err = c.number(1)
	case "write":
		o.offset = f.at
		o.data, err = c.text(1)
		f.at += int64(len(o.data))
	case "pwrite64":
		if o.data, err = c.text(1); err == nil {
			o.offset, err = c.number(3)
		}
	default:
		return errNotUnderstood
	}
	if c.End != never && o.kind == write {
		o.data = o.data[:c.Result]
	}
	r.ops = append(r.ops, o)
	return err
}

// find looks up the path of an argument: its directory and its name there, which
// is "" for the top. A path elsewhere has none.
func (r replay) find(c *Call, at, arg int) (dir *node, name string, err error) {
	raw, err := c.text(arg)
	if err != nil {
		return nil, "", err
	}
	path, found := strings.CutPrefix(string(raw), r.top+"/")
	switch dir = r.root; {
	case path == r.top:
		return dir, "", nil
	case found:
	case at < 0 || filepath.IsAbs(path) || c.arg(at) == "AT_FDCWD":
		return nil, "", nil
	default:
		fd, err := c.number(at)
		if f := r.files[fd]; err != nil || f == nil {
			return nil, "", nil //nolint:nilerr // of another directory
		}
		dir = r.files[fd].node
	}
	parts := strings.Split(path, "/")
	for _, part := range parts[:len(parts)-1] {
		if dir = dir.now[part]; dir == nil {
			return nil, "", fmt.Errorf("%s has no directory", path)
		}
	}
	name = parts[len(parts)-1]
	if slices.ContainsFunc(r.without, func(suffix string) bool { return strings.HasSuffix(name, suffix) }) {
		return nil, "", nil
	}
	return dir, name, nil
}

func (r replay) open(c *Call, at int, flags string) error {
	delete(r.files, c.Result)
	dir, name, err := r.find(c, at, at+1)
	if err != nil || dir == nil {
		return err
	}
	n := dir.now[name]
	switch {
	case name == "":
		n = dir
	case n == nil:
		n = r.node(false)
		dir.now[name] = n
		r.ops = append(r.ops, op{start: c.Start, end: c.End, kind: rename, node: dir, name: name, to: n})
	case strings.Contains(flags, "O_TRUNC"):
		r.ops = append(r.ops, op{start: c.Start, end: c.End, kind: truncate, node: n})
	}
	if strings.Contains(flags, "O_APPEND") {
		return errNotUnderstood
	}
	r.files[c.Result] = &opened{node: n}
	return nil
}

// change gives a name to a node, or takes it away.
func (r replay) change(c *Call, at int, to *node) error {
	dir, name, err := r.find(c, at, at+1)
	if err != nil || dir == nil {
		return err
	}
	if dir.now[name] = to; to == nil {
		delete(dir.now, name)
	}
	r.ops = append(r.ops, op{start: c.Start, end: c.End, kind: rename, node: dir, name: name, to: to})
	return nil
}

func (r replay) rename(c *Call, at, toAt int) error {
	from, fromName, err := r.find(c, at, at+1)
	if err != nil {
		return err
	}
	dir, name, err := r.find(c, toAt, max(toAt, 0)+1)
	switch {
	case err != nil, from == nil && dir == nil:
		return err
	case from == nil || dir == nil:
		return errNotUnderstood
	}
	n := from.now[fromName]
	delete(from.now, fromName)
	dir.now[name] = n
	r.ops = append(r.ops, op{start: c.Start, end: c.End, kind: rename, node: dir, name: name, to: n, from: from, fromName: fromName})
	return nil
}
