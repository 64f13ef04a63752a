package archtest

import (
	"encoding/json"
	"fmt"
	"testing"
)

// requirement is one require line of a go.mod.
type requirement struct {
	Path    string
	Version string
}

// samePin says what is wrong if two go.mod files do not both require the module at
// path in the same version, or "".
func samePin(path string, ours, theirs []requirement) string {
	version := func(reqs []requirement) string {
		for _, r := range reqs {
			if r.Path == path {
				return r.Version
			}
		}
		return "nothing"
	}
	got, want := version(ours), version(theirs)
	if want == "nothing" || got != want {
		return fmt.Sprintf("%s: go.mod requires %s, want %s", path, got, want)
	}
	return ""
}

// requirements reads the require lines of the go.mod file at path; "" is our own.
func requirements(t *testing.T, path string) []requirement {
	t.Helper()
	args := []string{"mod", "edit", "-json"}
	if path != "" {
		args = append(args, path)
	}
	var file struct{ Require []requirement }
	goJSON(t, &file, args...)
	return file.Require
}

// goJSON runs the go command and decodes its output into v.
func goJSON(t *testing.T, v any, args ...string) {
	t.Helper()
	out, err := goCommand(args...)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, v); err != nil {
		t.Fatalf("go %v: %v", args, err)
	}
}

// TestSQLiteHasItsLibc: modernc.org/sqlite is C translated against one exact
// version of modernc.org/libc. Another one builds and then fails at run time, and
// any dependency that asks for a newer one lifts it.
func TestSQLiteHasItsLibc(t *testing.T) {
	observe(t)
	const libc = "modernc.org/libc"
	var sqlite, selected struct {
		Version string
		GoMod   string // path of the module's own go.mod
		Replace *struct{ Path, Version string }
	}
	goJSON(t, &sqlite, "list", "-m", "-json", "modernc.org/sqlite")
	goJSON(t, &selected, "list", "-m", "-json", libc)

	ours := requirements(t, "")
	if wrong := samePin(libc, ours, requirements(t, sqlite.GoMod)); wrong != "" {
		t.Errorf("%s as modernc.org/sqlite %s does", wrong, sqlite.Version)
	}
	// What go.mod says is not what is built if something else asks for more.
	if wrong := samePin(libc, ours, []requirement{{libc, selected.Version}}); wrong != "" {
		t.Errorf("%s, which is what gets built", wrong)
	}
	if sqlite.Replace != nil || selected.Replace != nil {
		t.Errorf("sqlite replaced by %v, libc by %v; want neither", sqlite.Replace, selected.Replace)
	}
}

func TestSamePinCanFail(t *testing.T) {
	lib := func(version string) []requirement { return []requirement{{"other", "v9"}, {"lib", version}} }
	tests := []struct {
		name         string
		ours, theirs []requirement
		want         string
	}{
		{"same", lib("v1.2.3"), lib("v1.2.3"), ""},
		{"lifted", lib("v1.3.0"), lib("v1.2.3"), "lib: go.mod requires v1.3.0, want v1.2.3"},
		{"ours lacks it", nil, lib("v1.2.3"), "lib: go.mod requires nothing, want v1.2.3"},
		{"theirs lacks it", lib("v1.2.3"), nil, "lib: go.mod requires v1.2.3, want nothing"},
		{"both lack it", nil, nil, "lib: go.mod requires nothing, want nothing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := samePin("lib", tt.ours, tt.theirs); got != tt.want {
				t.Errorf("samePin = %q, want %q", got, tt.want)
			}
		})
	}
}
