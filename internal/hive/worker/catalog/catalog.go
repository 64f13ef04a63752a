package catalog

import (
	"embed"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rbee/internal/wire"
)

//go:embed builtin/*.toml
var builtin embed.FS

const (
	maxKindFile  = 64 << 10 // bytes
	maxKindFiles = 256
)

// Catalog is what kinds of worker there are: those built in, and one for each
// TOML file in a directory of the user's. It is read anew whenever it is asked.
type Catalog struct {
	// Dir is where the user's files are; it need not exist.
	Dir string
	// Path is where programs are looked for, as the variable PATH has it.
	Path string
}

// Entry is one kind of the catalog.
type Entry struct {
	Name    string
	Source  string // the user's file; empty when built in
	Kind    *Kind  // nil when the file is wrong
	Program string // absolute path; empty when it is not there
	// Err says why no worker of this kind can run: a wrong file (*KindError), or
	// a program that is not there.
	Err error
}

// List returns all kinds, sorted by name. A file that is wrong is an entry with
// its error; a file of the user's replaces the kind of that name built in.
func (c Catalog) List() []Entry {
	byName := map[string]Entry{}
	names, _ := fs.Glob(builtin, "builtin/*.toml")
	for _, path := range names {
		raw, err := builtin.ReadFile(path)
		e := Entry{Name: stem(path), Err: err}
		if err == nil {
			e.Kind, e.Err = parseKind(e.Name, path, raw)
		}
		byName[e.Name] = e
	}
	paths, _ := filepath.Glob(filepath.Join(globQuote(c.Dir), "*.toml"))
	for n, path := range paths {
		e := Entry{Name: stem(path), Source: path}
		if n < maxKindFiles {
			e.Kind, e.Err = readKind(path)
		} else {
			e.Err = &KindError{File: path, Problem: fmt.Sprintf("there are more than %d files", maxKindFiles), Remedy: "remove some"}
		}
		byName[e.Name] = e
	}
	entries := make([]Entry, 0, len(byName))
	for _, e := range byName {
		if e.Kind != nil {
			e.Program, e.Err = findProgram(e.Kind.Program, c.Path)
		}
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return entries
}

// Get returns the kind called name. One that is not there is ErrNotFound.
func (c Catalog) Get(name string) (Entry, error) {
	var known []string
	for _, e := range c.List() {
		if e.Name == name {
			return e, nil
		}
		known = append(known, e.Name)
	}
	return Entry{}, fmt.Errorf("%w: there is no kind of worker called %.80q: use one of %s, or add a file to %s",
		ErrNotFound, name, strings.Join(known, ", "), c.Dir)
}

// stem is the name of the kind in a file.
func stem(path string) string {
	return wire.Printable(strings.TrimSuffix(filepath.Base(path), ".toml"))
}

// globQuote makes a directory's name mean itself in a pattern.
func globQuote(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}

// readKind reads one file of the user's. Who may write it says what the hive runs.
func readKind(path string) (*Kind, error) {
	wrong := func(problem, remedy string) (*Kind, error) {
		return nil, &KindError{File: path, Problem: problem, Remedy: remedy}
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return wrong(err.Error(), "make it readable, or remove it")
	case !info.Mode().IsRegular():
		return wrong("it is no regular file", "remove it")
	case info.Mode().Perm()&0o022 != 0:
		return wrong("others may write it, and with it say what the hive runs", "chmod go-w "+path)
	}
	f, err := os.Open(path)
	if err != nil {
		return wrong(err.Error(), "make it readable, or remove it")
	}
	defer func() { _ = f.Close() }()
	raw, err := io.ReadAll(io.LimitReader(f, maxKindFile+1))
	if err != nil {
		return wrong(err.Error(), "make it readable, or remove it")
	}
	if len(raw) > maxKindFile {
		return wrong(fmt.Sprintf("it has more than %d bytes", maxKindFile), "make it shorter")
	}
	return parseKind(stem(path), path, raw)
}

// findProgram returns the absolute path of a program.
func findProgram(program, path string) (string, error) {
	if filepath.IsAbs(program) {
		if err := executable(program); err != nil {
			return "", fmt.Errorf("%w: program %s cannot be run: %w: install it there, or correct the path", ErrNotInstalled, program, err)
		}
		return program, nil
	}
	for _, dir := range filepath.SplitList(path) {
		if found := filepath.Join(dir, program); filepath.IsAbs(dir) && executable(found) == nil {
			return found, nil
		}
	}
	return "", fmt.Errorf("%w: program %s is not on PATH (%.400q): install it, or add a kind with its absolute path", ErrNotInstalled, program, path)
}

func executable(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0:
		return fmt.Errorf("%s is no program: %w", path, fs.ErrPermission)
	}
	return nil
}
