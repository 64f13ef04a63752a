package wire

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestListsAreWhole holds the lists of names against the constants of their types.
func TestListsAreWhole(t *testing.T) {
	for _, list := range []struct {
		file, kind string
		names      []string
	}{
		{"state.go", "LinkState", texts(LinkStates())},
		{"state.go", "Status", texts(Statuses())},
		{"worker.go", "WorkerState", texts(WorkerStates())},
	} {
		parsed, err := parser.ParseFile(token.NewFileSet(), list.file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == list.kind {
				text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				want = append(want, text)
			}
			return true
		})
		slices.Sort(want)
		slices.Sort(list.names)
		if diff := cmp.Diff(want, list.names); diff != "" || len(want) == 0 {
			t.Errorf("%s (-constants +listed):\n%s", list.kind, diff)
		}
	}
}

func texts[T ~string](of []T) (all []string) {
	for _, v := range of {
		all = append(all, string(v))
	}
	return all
}
