package archtest

import (
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// undocumented lists the module's packages that do not say what they are for. A
// package of tests only may say it in a test file, where the go command does not
// look; readDoc does, given the file's path.
func (g graph) undocumented(readDoc func(file string) string) []string {
	var found []string
	for _, path := range slices.Sorted(maps.Keys(g)) {
		p := g[path]
		if !g.matches("rbee/...", path) || p.Doc != "" {
			continue
		}
		if len(p.GoFiles)+len(p.CgoFiles) == 0 &&
			slices.ContainsFunc(slices.Concat(p.TestGoFiles, p.XTestGoFiles), func(name string) bool {
				return readDoc(filepath.Join(p.Dir, name)) != ""
			}) {
			continue
		}
		found = append(found, path)
	}
	return found
}

func TestEveryPackageIsDocumented(t *testing.T) {
	readDoc := func(file string) string {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		return f.Doc.Text()
	}
	for _, path := range load(t).undocumented(readDoc) {
		t.Errorf("%s has no package comment: say what it is for, in its doc.go", path)
	}
}

func TestEveryPackageIsDocumentedCanFail(t *testing.T) {
	g := graph{
		"rbee/said":       {Doc: "Package said says.", GoFiles: []string{"said.go"}},
		"rbee/unsaid":     {GoFiles: []string{"unsaid.go"}, TestGoFiles: []string{"said_test.go"}},
		"rbee/tests":      {Dir: "tests", XTestGoFiles: []string{"a_test.go", "said_test.go"}},
		"rbee/silent":     {Dir: "silent", TestGoFiles: []string{"a_test.go"}},
		"example.org/not": {},
	}
	readDoc := func(file string) string {
		if filepath.Base(file) == "said_test.go" {
			return "Package said says."
		}
		return ""
	}
	want := []string{"rbee/silent", "rbee/unsaid"}
	if diff := cmp.Diff(want, g.undocumented(readDoc)); diff != "" {
		t.Errorf("undocumented (-want +got):\n%s", diff)
	}
}
