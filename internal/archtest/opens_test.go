package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// opens is every place in the queen's program where a file is opened by anybody
// but SQLite, and why that may be: closing a descriptor of a state file that
// SQLite has open drops its POSIX locks, and then the next auditor to leave
// deletes the log under the running queen. os.Stat opens nothing.
var opens = map[string]string{
	"internal/lockfile/lockfile.go Take os.OpenFile":  "FILE.lock, which SQLite does not know",
	"internal/store/anew.go idBeside os.ReadFile":     "FILE.id",
	"internal/store/backup.go Outgoing os.Open":       "a copy that SQLite has closed",
	"internal/store/copy.go writeCopy os.CreateTemp":  "a copy, before SQLite writes it",
	"internal/store/copy.go syncPath os.Open":         "a copy that SQLite has closed, or a directory",
	"internal/store/header.go readLogBeside os.Open":  "before SQLite opens the file",
	"internal/store/header.go readStart os.Open":      "before SQLite opens the file",
	"internal/store/identify.go writeID os.WriteFile": "FILE.id",
	"internal/store/make.go makeFile os.OpenFile":     "a new file, before SQLite opens it",
}

// openers are the functions that open files, by their package.
var openers = map[string][]string{
	"os": {
		"Create", "CreateTemp", "CopyFS", "DirFS", "NewFile", "Open", "OpenFile", "OpenInRoot", "OpenRoot", "ReadFile", "Truncate", "WriteFile",
	},
	"io/ioutil":             {"ReadFile", "WriteFile", "TempFile"},
	"syscall":               {"Open", "Openat", "Creat", "Truncate", "Mmap"},
	"golang.org/x/sys/unix": {"Open", "Openat", "Openat2", "Creat", "Truncate", "Mmap"},
}

// The queen's own packages; those she shares with the hive beside lockfile know
// of no state file.
var queens = []string{"internal/store", "internal/queen", "internal/lockfile", "internal/rollup", "cmd/queen-rbee"}

func TestNobodyButSQLiteOpensTheStateFile(t *testing.T) {
	got := []string{}
	for _, dir := range queens {
		files, err := filepath.Glob(filepath.Join("..", "..", dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no files in %s: %v", dir, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			found, err := opensIn(file, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, what := range found {
				got = append(got, dir+"/"+filepath.Base(file)+" "+what)
			}
		}
	}
	slices.Sort(got)
	var want []string
	for place := range opens {
		want = append(want, place)
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Compact(got)); diff != "" {
		t.Errorf("files are opened elsewhere than is known to be safe (-known +found); "+
			"if it is no state file that SQLite has open, say so in the table:\n%s", diff)
	}
}

func TestOpensAreFound(t *testing.T) {
	const source = `package p
import (
	files "os"
	"golang.org/x/sys/unix"
)
type T struct{}
func (T) look(path string) { f := files.Open; _, _ = f(path) }
var _ = func() { _, _ = unix.Open("x", 0, 0) }
func stat() { _, _ = files.Stat("x") }`
	got, err := opensIn("p.go", source)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"look os.Open", "? golang.org/x/sys/unix.Open"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// opensIn lists "function package.opener" for each mention of an opener in a
// file.
func opensIn(file string, source any) (found []string, err error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	imported := map[string]string{} // path by name
	for _, spec := range parsed.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		name := path[strings.LastIndex(path, "/")+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		imported[name] = path
	}
	for _, decl := range parsed.Decls {
		function := "?"
		if f, ok := decl.(*ast.FuncDecl); ok {
			function = f.Name.Name
		}
		ast.Inspect(decl, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if pkg, ok := s.X.(*ast.Ident); ok && slices.Contains(openers[imported[pkg.Name]], s.Sel.Name) {
					found = append(found, fmt.Sprintf("%s %s.%s", function, imported[pkg.Name], s.Sel.Name))
				}
			}
			return true
		})
	}
	return found, nil
}
