package sshconfig

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// globber expands the paths of Include as glob(3) does for ssh: names in byte
// order, hidden files only where the pattern begins with a dot, and no file is
// no error.
type globber struct {
	home string
	left int // directory entries that may still be looked at
}

var (
	errNoHome   = errors.New("no home directory is known; use an absolute path")
	errUserHome = errors.New("~user is not looked up; use an absolute path")
	errVariable = errors.New("variables are not expanded; write the path out")
	errTooMany  = errors.New("too many directory entries; name the files more closely")
)

// expand gives the existing files that the word stands for. With an error it
// gives those found until then.
func (g *globber) expand(word string) ([]string, error) {
	full, err := g.absolute(word)
	if err != nil {
		return nil, err
	}
	paths := []string{"/"}
	var failed error
	for part := range strings.SplitSeq(full, "/") {
		if part == "" {
			continue
		}
		if !strings.ContainsAny(part, "*?[") {
			for i, dir := range paths {
				paths[i] = filepath.Join(dir, unbackslash(part))
			}
			continue
		}
		var next []string
		for _, dir := range paths {
			found, err := g.entries(dir, part)
			next = append(next, found...)
			if failed == nil {
				failed = err
			}
			if g.left < 0 {
				return nil, errTooMany
			}
		}
		paths = next
	}
	return slices.DeleteFunc(paths, func(p string) bool {
		_, err := os.Lstat(p)
		return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
	}), failed
}

func (g *globber) absolute(word string) (string, error) {
	var base string
	switch {
	case strings.Contains(word, "${"):
		return "", errVariable
	case strings.HasPrefix(word, "/"):
		return word, nil
	case word == "~" || strings.HasPrefix(word, "~/"):
		base, word = g.home, word[1:]
	case strings.HasPrefix(word, "~"):
		return "", errUserHome
	default:
		base = g.home + "/.ssh"
	}
	if g.home == "" {
		return "", errNoHome
	}
	home, err := filepath.Abs(base)
	if err != nil {
		return "", err
	}
	return backslash(home) + "/" + word, nil
}

// entries lists what in dir matches. The directory is looked at before it is
// opened, because opening a FIFO would wait for a writer.
func (g *globber) entries(dir, glob string) ([]string, error) {
	if g.left < 0 {
		return nil, errTooMany
	}
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() {
		return nil, nil
	}
	f, err := os.OpenFile(dir, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	list, err := f.ReadDir(g.left + 1)
	if g.left -= len(list); g.left < 0 {
		return nil, errTooMany
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	glob = strings.ReplaceAll(glob, "[!", "[^")
	var found []string
	for _, entry := range list {
		name := entry.Name()
		if strings.HasPrefix(name, ".") && !strings.HasPrefix(glob, ".") {
			continue
		}
		if ok, bad := path.Match(glob, name); bad != nil {
			return nil, bad
		} else if ok {
			found = append(found, filepath.Join(dir, name))
		}
	}
	slices.Sort(found)
	return found, nil
}

// unbackslash removes glob's escapes from a part without wildcards.
func unbackslash(part string) string {
	var text strings.Builder
	for i := 0; i < len(part); i++ {
		if part[i] == '\\' && i+1 < len(part) {
			i++
		}
		text.WriteByte(part[i])
	}
	return text.String()
}

// backslash protects the home directory's own characters.
func backslash(dir string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(dir)
}
