package catalog

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// The reference names every field, and its example is a kind.
func TestTheReferenceIsRight(t *testing.T) {
	raw, err := os.ReadFile("../../../../docs/workers.md")
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile("(?s)```toml\n(.*?)```").FindSubmatch(raw)
	if example == nil {
		t.Fatal("there is no example")
	}
	if _, err := parseKind("my-engine", "the example", example[1]); err != nil {
		t.Error(err)
	}
	file := reflect.TypeFor[kindFile]()
	for n := range file.NumField() {
		name := file.Field(n).Tag.Get("toml")
		if !strings.Contains(string(raw), "\n| `"+name+"` |") || !strings.Contains(string(example[1]), name) {
			t.Errorf("field %s is not in the reference, or not in its example", name)
		}
	}
	for _, name := range placeholders {
		if !strings.Contains(string(raw), "`{"+name+"}`") {
			t.Errorf("placeholder {%s} is not in the reference", name)
		}
	}
}
