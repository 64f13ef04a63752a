package wire

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// A constant that is forgotten in the list is one that shells do not complete.
func TestEventKindsAreAll(t *testing.T) {
	source, err := os.ReadFile("event.go")
	if err != nil {
		t.Fatal(err)
	}
	declared := regexp.MustCompile(`EventKind = "([a-z._]+)"`).FindAllSubmatch(source, -1)
	if len(declared) == 0 || len(declared) != len(EventKinds()) {
		t.Errorf("%d kinds are declared, %d listed", len(declared), len(EventKinds()))
	}
	for _, match := range declared {
		if !slices.Contains(EventKinds(), EventKind(match[1])) {
			t.Errorf("%s is not in the list", match[1])
		}
	}
}
