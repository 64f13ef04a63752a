package cli

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

var update = flag.Bool("update", false, "write the golden files")

// family is a command with subcommands, of which work fails with err.
func family(err error) *cobra.Command {
	root := &cobra.Command{Use: "probe-rbee", Short: "Try subcommands"}
	root.PersistentFlags().Int("shared", 1, "for all of them")
	work := &cobra.Command{Use: "work", Short: "Do it", RunE: func(*cobra.Command, []string) error { return err }}
	work.Flags().Int("own", 2, "for this one")
	named := &cobra.Command{Use: "named ID", Short: "Take one", Args: Args("ID"), RunE: func(*cobra.Command, []string) error { return nil }}
	root.AddCommand(work, named)
	return root
}

func TestUsageErrors(t *testing.T) {
	tests := []struct{ args, want string }{
		{"", "no command given: use one of named, work (try 'probe-rbee --help')"},
		{"wark", `unknown command "wark": did you mean work? (try 'probe-rbee --help')`},
		{"nothing-like-it", `unknown command "nothing-like-it" (try 'probe-rbee --help')`},
		{"completion tcsh", `unknown command "tcsh": did you mean bash or fish or zsh? (try 'probe-rbee completion --help')`},
		{"completion", "no command given: use one of bash, fish, powershell, zsh (try 'probe-rbee completion --help')"},
		{"work more", `unexpected argument "more" (try 'probe-rbee work --help')`},
		{"named", "argument ID is missing (try 'probe-rbee named --help')"},
		{"named a b", `unexpected argument "b" (try 'probe-rbee named --help')`},
		{"work --foo", "unknown flag: --foo (try 'probe-rbee work --help')"},
		{"work --own", "flag needs an argument: --own (try 'probe-rbee work --help')"},
		{"work --own x", `--own: "x" is not a whole number (try 'probe-rbee work --help')`},
		{"--shared x work", `--shared: "x" is not a whole number (try 'probe-rbee work --help')`},
		{"work --\x1b[31m", "unknown flag: --\uFFFD[31m (try 'probe-rbee work --help')"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			want := ran{code: 2, stderr: "probe-rbee: " + tt.want + "\n"}
			got := execute(t, family(nil), nil, strings.Fields(tt.args)...)
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(ran{})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	t.Run("a command without subcommands takes no arguments", func(t *testing.T) {
		got := execute(t, probe(new(config)), nil, "stray")
		if got.code != 2 || !strings.Contains(got.stderr, `unexpected argument "stray"`) {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("the environment of a shared flag", func(t *testing.T) {
		got := execute(t, family(nil), map[string]string{"RBEE_PROBE_SHARED": "x"}, "work")
		if got.code != 2 || !strings.Contains(got.stderr, `RBEE_PROBE_SHARED: "x" is not a whole number`) {
			t.Errorf("got %+v", got)
		}
	})
}

func TestExitCodes(t *testing.T) {
	locked := errors.New("locked by pid 12")
	tests := []struct {
		name string
		err  error
		want ran
	}{
		{"success", nil, ran{}},
		{"any error", errors.New("no luck"), ran{code: 1, stderr: "probe-rbee: no luck\n"}},
		{"usage", Usagef("no %s", "way"), ran{code: 2, stderr: "probe-rbee: no way (try 'probe-rbee work --help')\n"}},
		{"a code", &ExitError{ExitLocked, locked}, ran{code: 4, stderr: "probe-rbee: locked by pid 12\n"}},
		{"a code within", fmt.Errorf("open: %w", &ExitError{ExitState, locked}), ran{code: 3, stderr: "probe-rbee: open: locked by pid 12\n"}},
		{"several lines", errors.Join(errors.New("one\r\n  more"), errors.New("two\x07")), ran{code: 1, stderr: "probe-rbee: one; more; two\uFFFD\n"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := execute(t, family(tt.err), nil, "work")
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(ran{})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	if !errors.Is(&ExitError{ExitDisk, locked}, locked) {
		t.Error("ExitError hides the error within")
	}
}

func TestHelp(t *testing.T) {
	for name, r := range map[string]ran{
		"help-daemon.txt":     execute(t, probe(new(config)), nil, "--help"),
		"help-family.txt":     execute(t, family(nil), nil, "--help"),
		"help-subcommand.txt": execute(t, family(nil), nil, "help", "work"),
	} {
		t.Run(name, func(t *testing.T) {
			if r.code != 0 || r.stderr != "" {
				t.Errorf("exit %d, stderr %q", r.code, r.stderr)
			}
			golden(t, name, r.stdout)
			for line := range strings.Lines(r.stdout) {
				if len(line) > 81 {
					t.Errorf("wider than 80 columns: %q", line)
				}
			}
		})
	}
}

func TestVersion(t *testing.T) {
	t.Cleanup(func() { Version, Commit = "0.1.0", "" })
	tests := []struct{ version, commit, want string }{
		{"1.2.3", "abc", "probe-rbee 1.2.3 (commit abc, " + runtime.Version() + ")\n"},
		{"1.2.3+def.dirty", "", "probe-rbee 1.2.3 (commit def.dirty, " + runtime.Version() + ")\n"},
	}
	for _, tt := range tests {
		Version, Commit = tt.version, tt.commit
		if got := execute(t, family(nil), nil, "--version"); got != (ran{stdout: tt.want}) {
			t.Errorf("got %+v, want %q", got, tt.want)
		}
	}
	Version, Commit = "0.1.0", ""
	want := regexp.MustCompile(`^probe-rbee 0\.1\.0 \(commit \S+, go1\.\S+\)\n$`)
	if got := execute(t, probe(new(config)), nil, "--version"); !want.MatchString(got.stdout) {
		t.Errorf("unstamped: got %q, want %s", got.stdout, want)
	}
}

// golden compares got with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; make it with -update", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: -want +got:\n%s", path, diff)
	}
}
