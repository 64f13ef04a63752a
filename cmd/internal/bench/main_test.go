package main

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"rbee/cmd/internal/cli"
)

func run0(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	p := cli.Process{Args: args, Stdout: &out, Stderr: &errs, LookupEnv: func(string) (string, bool) { return "", false }}
	code = cli.Execute(t.Context(), "RBEE_BENCH", p, command(p))
	return code, out.String(), errs.String()
}

func TestHelpFitsATerminal(t *testing.T) {
	code, out, errs := run0(t, "--help")
	if code != 0 {
		t.Errorf("exit code %d: %s", code, errs)
	}
	for line := range strings.Lines(out) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	if strings.Contains(out, "lone") && strings.Contains(out, "transaction for each") {
		t.Errorf("the further processes are shown:\n%s", out)
	}
}

func TestASectionThatIsNone(t *testing.T) {
	code, _, errs := run0(t, "--only", "a,z")
	if code != cli.ExitFailed || !strings.Contains(errs, `"z"`) || !strings.Contains(errs, "h stream readers") {
		t.Errorf("it ends with %d: %s", code, errs)
	}
}
