package wire

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// constants lists the codes that are declared, by the name of the constant.
func constants(t *testing.T) map[string]Code {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "code.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]Code{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Names) != 1 || !strings.HasPrefix(spec.Names[0].Name, "Code") {
			return true
		}
		found[spec.Names[0].Name] = Code(strings.Trim(spec.Values[0].(*ast.BasicLit).Value, `"`))
		return true
	})
	return found
}

// Each code that is declared is in the table and complete, and is used by a
// program: none is missing and none is dead.
func TestCodesAreCompleteAndUsed(t *testing.T) {
	declared := constants(t)
	if len(declared) < 20 || len(declared) != len(Codes()) {
		t.Errorf("%d codes are declared, %d are in the table", len(declared), len(Codes()))
	}
	used := map[string]bool{}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2 {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") || filepath.Base(path) == "code.go" {
			return nil
		}
		text, err := os.ReadFile(path)
		for name := range declared {
			if bytes.Contains(text, []byte("wire.NewProblem(wire."+name+",")) {
				used[name] = true
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, code := range declared {
		info := code.Info()
		if info.Code != code || info.Status < 400 || info.Status > 599 || info.Title == "" || info.Meaning == "" || info.Remedy == "" {
			t.Errorf("%s is not whole: %+v", name, info)
		}
		if (info.Status == 503) != (info.RetryAfterS > 0) && info.Status != 409 {
			t.Errorf("%s, with status %d, has Retry-After %d", name, info.Status, info.RetryAfterS)
		}
		if !used[name] {
			t.Errorf("no program answers with %s", name)
		}
		if p := NewProblem(code, "d", ""); p.Remedy != info.Remedy || p.Status != info.Status || p.Title != info.Title {
			t.Errorf("a problem of %s is %+v", name, p)
		}
	}
}

func TestTheTableOfCodesInTheDocs(t *testing.T) {
	const file, begin, end = "../../docs/api.md", "<!-- codes -->\n", "<!-- /codes -->\n"
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(raw), begin)
	was, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s has no place for the codes", file)
	}
	table := "| code | status | what it means | what to do |\n|---|---|---|---|\n"
	for _, c := range Codes() {
		table += fmt.Sprintf("| `%s` | %d | %s | %s |\n", c.Code, c.Status, c.Meaning, c.Remedy)
	}
	if was == table {
		return
	}
	if os.Getenv("OPENAPI_UPDATE") == "" {
		t.Fatalf("the table of %s is not that of the code: make openapi writes it anew", file)
	}
	if err := os.WriteFile(file, []byte(before+begin+table+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
