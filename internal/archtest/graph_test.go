package archtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// root is the module's directory as seen from this package.
const root = "../.."

// pkg is what `go list -json` says of a package, as far as we ask.
type pkg struct {
	ImportPath   string
	Dir          string
	Doc          string // first sentence of the package comment
	Standard     bool
	Imports      []string // without those of its tests
	GoFiles      []string
	CgoFiles     []string // those that import "C"
	TestGoFiles  []string
	XTestGoFiles []string
}

// graph is every package the module needs, its own included, by import path.
type graph map[string]pkg

// loadOnce asks the go command once for all tests.
var loadOnce = sync.OnceValues(func() (graph, error) {
	out, err := goCommand("list", "-buildvcs=false", "-deps",
		"-json=ImportPath,Dir,Doc,Standard,Imports,GoFiles,CgoFiles,TestGoFiles,XTestGoFiles", "./...")
	if err != nil {
		return nil, err
	}
	g := graph{}
	for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
		var p pkg
		if err := dec.Decode(&p); err != nil {
			return nil, fmt.Errorf("decode go list: %w", err)
		}
		g[p.ImportPath] = p
	}
	return g, nil
})

// load returns the module's packages and everything they need.
func load(t *testing.T) graph {
	t.Helper()
	observe(t)
	g, err := loadOnce()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// observe looks at every Go file of the module. The go command keeps a test's
// result until a file that the test itself looked at changes; what its child, `go
// list`, has read does not count.
func observe(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules"):
			return filepath.SkipDir
		case d.IsDir(), filepath.Ext(path) == ".go", d.Name() == "go.mod":
			_, err = os.Stat(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// goCommand runs the go command in the module's root and returns its output.
func goCommand(args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS=linux", "CGO_ENABLED=1", "GOWORK=off")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, &stderr)
	}
	return out, nil
}

// matches says whether the package at path is meant by pattern: an import path, a
// subtree ("rbee/internal/hive/..."), or "std" for the standard library.
func (g graph) matches(pattern, path string) bool {
	if pattern == "std" {
		return g[path].Standard
	}
	if tree, ok := strings.CutSuffix(pattern, "/..."); ok {
		return path == tree || strings.HasPrefix(path, tree+"/")
	}
	return path == pattern
}

// matchesAny says whether one of the patterns means the package at path.
func (g graph) matchesAny(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return g.matches(pattern, path) })
}

// find lists the packages that pattern means, in order.
func (g graph) find(pattern string) []string {
	var paths []string
	for _, path := range slices.Sorted(maps.Keys(g)) {
		if g.matches(pattern, path) {
			paths = append(paths, path)
		}
	}
	return paths
}

// reach lists what the package at from needs, nearest first, and for each the
// package through which it was reached. With direct it goes one step only.
func (g graph) reach(from string, direct bool) (paths []string, via map[string]string) {
	via = map[string]string{}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		for _, path := range g[queue[0]].Imports {
			if _, seen := via[path]; seen || path == from || path == "C" {
				continue
			}
			via[path] = queue[0]
			paths = append(paths, path)
			if !direct {
				queue = append(queue, path)
			}
		}
	}
	return paths, via
}

// chain spells how from came to need path: "a → b → c".
func chain(via map[string]string, from, path string) string {
	steps := []string{path}
	for path != from {
		path = via[path]
		steps = append(steps, path)
	}
	slices.Reverse(steps)
	return strings.Join(steps, " → ")
}
