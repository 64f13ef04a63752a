package sshconfig

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
)

// walk lays all files out as one list of sections, in the order OpenSSH reads
// them.
type walk struct {
	opts     Options
	warnings warnings
	limits   limits
	names    globber
	sections []section
	conds    int           // made so far
	open     []fs.FileInfo // the files being read, the outermost first
	total    int64         // bytes
	files    int           // tried
}

// section is a stretch of settings under the same conditions: a block, or a
// part of one before, between or after its Includes.
type section struct {
	file string
	line int
	// conds have to hold all, the outermost first: an Include inside a block
	// applies only where the block does, and a block in the included file where
	// both do.
	conds    []*cond
	begins   bool // this is where the last of conds is stated
	settings []setting
}

// cond is when a Host or Match block applies.
type cond struct {
	id       int
	names    []string        // the aliases the Host line names, in its order
	literals map[string]bool // patterns that name one host; false: negated
	globs    []pattern
	fixed    bool // only an alias among names can meet it
	criteria []criterion
}

func newWalk(opts Options) *walk {
	return &walk{
		opts:   opts,
		limits: limits{aliases: map[string]bool{}},
		names:  globber{home: opts.Home, left: maxGlobNames},
	}
}

// file adds the sections of one file, which applies where outer holds. Missing
// files are fs.ErrNotExist.
func (w *walk) file(path string, outer []*cond) error {
	depth := len(w.open)
	defer func() { w.open = w.open[:depth] }()
	data, err := load(path, w.admit)
	if err != nil {
		return err
	}
	f := fence{file: path, limits: &w.limits, warnings: &w.warnings}
	blocks, err := parse(f.run(data))
	if err != nil {
		return fmt.Errorf("ssh config %s: %w: simplify the file", shown(path), err)
	}
	for i, b := range blocks {
		conds := outer
		if i > 0 {
			conds = append(slices.Clip(outer), w.cond(b))
		}
		w.block(path, b, conds, i > 0)
	}
	return nil
}

func (w *walk) block(file string, b block, conds []*cond, begins bool) {
	s := section{file: file, line: b.line, conds: conds, begins: begins}
	for _, set := range b.settings {
		switch {
		case set.keyword == kwMark && len(conds) == 0:
			w.warnings.addf(place(file, set.line), "# rbee: comment outside any Host block has no effect; put it below its Host line")
		case set.keyword == kwInclude:
			w.sections = append(w.sections, s)
			w.include(place(file, set.line), set.value, conds)
			s = section{file: file, line: b.line, conds: conds}
		default:
			s.settings = append(s.settings, set)
		}
	}
	w.sections = append(w.sections, s)
}

func (w *walk) cond(b block) *cond {
	c := &cond{id: w.conds, criteria: b.criteria, literals: make(map[string]bool, len(b.patterns)), fixed: true}
	w.conds++
	for _, p := range b.patterns {
		listed, known := c.literals[p.text]
		switch {
		case p.wild():
			c.globs = append(c.globs, p)
			c.fixed = c.fixed && p.negated
		case !known || listed: // a negated pattern outweighs any other
			c.literals[p.text] = !p.negated
		}
		if p.alias() && !known {
			c.names = append(c.names, p.text)
		}
	}
	return c
}

// include follows one path of an Include line, its files in name order. A file
// that cannot be had is passed over with a warning; the others are read.
func (w *walk) include(at, path string, conds []*cond) {
	if len(conds) > 0 && conds[len(conds)-1].never() {
		return
	}
	files, err := w.names.expand(path)
	if err != nil {
		w.warnings.addf(at, "Include %s passed over: %v", brief(path), err)
	}
	for _, file := range files {
		// A file that went away or a dangling link is no news for ssh either.
		if err := w.file(file, conds); err != nil && !errors.Is(err, fs.ErrNotExist) {
			w.warnings.addf(at, "Include passed over: %v", err)
		}
		if w.limits.exhausted != "" {
			return
		}
	}
}

// admit says no to a file that would go too far, before it is read, and else
// puts it on top of the open ones.
func (w *walk) admit(info fs.FileInfo) error {
	if slices.ContainsFunc(w.open, func(outer fs.FileInfo) bool { return os.SameFile(outer, info) }) {
		return fmt.Errorf("%s includes itself: remove the Include", brief(info.Name()))
	}
	w.files++
	w.total += info.Size()
	switch {
	case len(w.open) > maxDepth:
		return fmt.Errorf("more than %d levels of Include: nest less", maxDepth)
	case w.files > maxFiles:
		return fmt.Errorf("more than %d files: join some", maxFiles)
	case w.total > maxTotalBytes:
		return fmt.Errorf("more than %d MiB in all: include less", maxTotalBytes>>20)
	}
	w.open = append(w.open, info)
	return nil
}

// never reports whether the block applies to nothing, as one that was cut.
func (c *cond) never() bool { return c.fixed && len(c.names) == 0 }
