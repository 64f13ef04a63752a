package model

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rbee/internal/hive/model/gguf"
	"rbee/internal/wire"
)

// Bounds on one walk of all places. When one is met, what was found until then
// stands, and a problem says so.
const (
	maxEntries  = 100_000
	maxDepth    = 8
	maxTime     = 10 * time.Second
	maxModels   = 10_000
	maxProblems = 200
	batchOfDir  = 512
)

// scan is one walk of the places.
type scan struct {
	ctx     context.Context //nolint:containedctx // of one List, which ends before its context
	until   time.Time
	entries int
	stopped bool
	old     files // of the walk before
	seen    files
	byID    map[string]int // index in out.Models
	out     Listing
}

// over tells whether the walk has to end, and says why once.
func (s *scan) over(where string) bool {
	if s.stopped {
		return true
	}
	reason := ""
	switch {
	case s.ctx.Err() != nil:
		s.stopped = true
		return true
	case s.entries > maxEntries:
		reason = fmt.Sprintf("stopped looking here: there are more than %d files", maxEntries)
	case len(s.out.Models) >= maxModels:
		reason = fmt.Sprintf("stopped looking here: there are %d models", maxModels)
	case time.Now().After(s.until):
		reason = fmt.Sprintf("stopped looking here after %s; the next time it goes faster", maxTime)
	}
	if reason != "" {
		s.stopped = true
		s.out.Problems = append(s.out.Problems, wire.ModelProblem{Path: wire.Printable(where), Reason: reason})
	}
	return s.stopped
}

func (s *scan) problem(where string, err error) {
	if len(s.out.Problems) < maxProblems {
		s.out.Problems = append(s.out.Problems, wire.ModelProblem{Path: wire.Printable(where), Reason: wire.Printable(err.Error())})
	}
}

// place walks one place.
func (s *scan) place(p Place) {
	if s.over(p.Path) {
		return
	}
	abs, err := filepath.Abs(p.Path)
	if err == nil {
		p.Path = abs
	}
	root, err := os.OpenRoot(p.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return
	case err != nil:
		s.problem(p.Path, pathErr(err))
		return
	}
	defer func() { _ = root.Close() }()
	switch p.Source {
	case wire.ModelOllama:
		s.ollama(p, root)
	case wire.ModelHuggingFace:
		s.huggingFace(p, root)
	default:
		(&walk{scan: s, place: p, root: root, base: "."}).dir(".", 0)
	}
}

func pathErr(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// add takes a model into the listing, unless its id is taken or not valid.
func (s *scan) add(m Model) {
	if err := wire.ValidateModelID(m.ID); err != nil {
		s.problem(m.Path, err)
		return
	}
	if i, taken := s.byID[m.ID]; taken {
		s.problem(m.Path, fmt.Errorf("the id %s means %s, which comes first", m.ID, s.out.Models[i].Path))
		return
	}
	s.byID[m.ID] = len(s.out.Models)
	m.Source = m.place.Source
	m.Model.Files = len(m.Files)
	m.VRAM = m.Needs(0, true)
	s.out.Models = append(s.out.Models, m)
}

// gguf reads the files of one model, in order, and adds it.
func (s *scan) gguf(p Place, root *os.Root, id string, rels []string) {
	m := Model{place: p, rels: rels}
	m.ID, m.Format = id, wire.ModelGGUF
	var headers []*gguf.Header
	for _, rel := range rels {
		abs := filepath.Join(p.Path, filepath.FromSlash(rel))
		f, err := s.read(root, rel)
		if err == nil {
			err = usable(f.header, len(headers), len(rels))
		}
		if err != nil {
			s.problem(abs, err)
			return
		}
		m.Files = append(m.Files, abs)
		m.SizeBytes += f.size
		headers = append(headers, f.header)
	}
	h := gguf.Join(headers)
	m.Path = m.Files[0]
	m.Name, m.Architecture, m.Quantisation = wire.Printable(h.Name), wire.Printable(h.Architecture), h.Quantisation
	m.Parameters, m.ContextLength = h.Parameters, h.Shape.ContextLength
	m.shape, m.weights = h.Shape, h.Weights
	s.add(m)
}

// usable says why a file, part of so many by its name, is no model for a worker.
func usable(h *gguf.Header, part, parts int) error {
	switch {
	case max(1, h.Parts) != parts || h.Part != part:
		return fmt.Errorf("it says that it is part %d of %d, its name says %d of %d: give it its name back", h.Part+1, max(1, h.Parts), part+1, parts)
	case part > 0:
		return nil // the first part speaks for all
	case h.Architecture == "clip" || h.Type == "mmproj":
		return errors.New("it is a projector for images or sound, which goes with a model and is none")
	case h.Type == "adapter" || h.Type == "imatrix":
		return fmt.Errorf("it is of type %s, not a model", h.Type)
	case h.Architecture == "":
		return errors.New("it names no architecture, so no engine loads it")
	case h.Weights.Tensors == 0 && parts == 1:
		return errors.New("it has no tensors, only a vocabulary")
	}
	return nil
}

// walk looks for models in a folder and below.
type walk struct {
	*scan
	place  Place
	root   *os.Root
	base   string // ids are relative to this folder
	prefix string // and begin with this
}

// folder is what the entries of one directory are good for.
type folder struct {
	ggufs       []string
	safetensors []string
	dirs        []string
	config      bool
}

func (w *walk) dir(rel string, depth int) {
	where := filepath.Join(w.place.Path, filepath.FromSlash(rel))
	if depth > maxDepth {
		w.problem(where, fmt.Errorf("not looked into: it is %d folders deep", depth))
		return
	}
	found, err := w.list(rel)
	if err != nil {
		w.problem(where, err)
		return
	}
	w.models(rel, found)
	if found.config && len(found.safetensors) > 0 {
		w.safetensors(rel, found.safetensors)
	}
	slices.Sort(found.dirs)
	for _, name := range found.dirs {
		if w.over(where) {
			return
		}
		w.dir(path.Join(rel, name), depth+1)
	}
}

// list reads a directory, a batch at a time.
func (w *walk) list(rel string) (folder, error) {
	var out folder
	dir, err := w.root.Open(rel)
	if err != nil {
		return out, pathCause(w.root, rel, err)
	}
	defer func() { _ = dir.Close() }()
	for !w.over(filepath.Join(w.place.Path, rel)) {
		entries, err := dir.ReadDir(batchOfDir)
		w.entries += len(entries)
		for _, e := range entries {
			w.sort(&out, rel, e)
		}
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, pathErr(err)
		}
	}
	return out, nil
}

// sort puts an entry where it belongs. What is hidden is not ours to show.
func (w *walk) sort(out *folder, rel string, e fs.DirEntry) {
	name, kind := e.Name(), e.Type()
	if strings.HasPrefix(name, ".") {
		return
	}
	if kind&fs.ModeSymlink != 0 {
		info, err := w.root.Stat(path.Join(rel, name))
		if err != nil || info.IsDir() {
			w.problem(filepath.Join(w.place.Path, rel, name), errOutside)
			return
		}
		kind = info.Mode().Type()
	}
	switch {
	case kind.IsDir():
		out.dirs = append(out.dirs, name)
	case isGGUF(name):
		out.ggufs = append(out.ggufs, name)
	case name == "config.json":
		out.config = true
	case strings.EqualFold(path.Ext(name), ".safetensors"):
		out.safetensors = append(out.safetensors, name)
	}
}

// models adds those of a directory: whole files, and parts that make a whole.
func (w *walk) models(rel string, found folder) {
	slices.Sort(found.ggufs)
	type set struct {
		base  string
		parts int
	}
	sets := map[set][]string{}
	var order []set
	for _, name := range found.ggufs {
		key := set{base: trimExtension(name)}
		if base, _, parts, ok := SplitName(name); ok {
			key = set{base, parts}
		}
		if sets[key] == nil {
			order = append(order, key)
		}
		sets[key] = append(sets[key], path.Join(rel, name))
	}
	for _, key := range order {
		rels := sets[key]
		where := filepath.Join(w.place.Path, filepath.FromSlash(rels[0]))
		if w.over(where) {
			return
		}
		if key.parts > 0 && len(rels) != key.parts {
			w.problem(where, fmt.Errorf("%d of its %d parts are here: get the others", len(rels), key.parts))
			continue
		}
		w.gguf(w.place, w.root, w.id(path.Join(rel, key.base)), rels)
	}
}

// id is that of what is at rel.
func (w *walk) id(rel string) string {
	if w.base != "." {
		rel = strings.TrimPrefix(strings.TrimPrefix(rel, w.base), "/")
	}
	return path.Join(w.prefix, rel)
}
