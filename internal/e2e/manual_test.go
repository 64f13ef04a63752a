package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Manual pages and completions are made of the programs' own commands, alike
// wherever that is done, and a strict reader finds nothing wrong with them.
func TestManualPages(t *testing.T) {
	programs, err := binaries()
	if err != nil {
		t.Fatal(err)
	}
	generate := func(home string) string {
		t.Helper()
		out := t.TempDir()
		cmd := exec.Command("../../scripts/man.sh", programs, out)
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "USER=" + filepath.Base(home), "SOURCE_DATE_EPOCH=1761868800"}
		if said, err := cmd.CombinedOutput(); err != nil || len(said) > 0 {
			t.Fatalf("%v: %s", err, said)
		}
		return out
	}
	one, other := generate("/home/one"), generate("/root")
	files := []string{
		"man/man1/rbee-keeper.1", "man/man1/rbee-swarm.1", "man/man8/queen-rbee.8", "man/man8/rbee-hive.8",
	}
	for _, program := range []string{"rbee-keeper", "rbee-swarm", "queen-rbee", "rbee-hive"} {
		files = append(files, "completion/bash/"+program, "completion/zsh/_"+program, "completion/fish/"+program+".fish")
	}
	for _, file := range files {
		a, err := os.ReadFile(filepath.Join(one, file))
		if err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(filepath.Join(other, file)); err != nil || !bytes.Equal(a, b) || len(a) == 0 {
			t.Errorf("%s: %v; %d bytes, and not the same elsewhere", file, err, len(a))
		}
	}
	for _, file := range files[:4] {
		page, _ := os.ReadFile(filepath.Join(one, file))
		for _, want := range []string{`"2025-10-31"`, `.SH "ENVIRONMENT"`, `.SH "EXIT STATUS"`, `.SH "SEE ALSO"`} {
			if !strings.Contains(string(page), want) {
				t.Errorf("%s has no %s", file, want)
			}
		}
	}
	complete(t, programs, one)
	if _, err := exec.LookPath("mandoc"); err != nil {
		t.Skip("SKIPPED: mandoc is not installed, so the manual pages are not checked")
	}
	for _, file := range files[:4] {
		if said, err := exec.Command("mandoc", "-Tlint", "-Wwarning", filepath.Join(one, file)).CombinedOutput(); err != nil || len(said) > 0 {
			t.Errorf("%s: %v\n%s", file, err, said)
		}
	}
}

// complete checks that the keeper's page has each of its commands and variables,
// as --help tells them.
func complete(t *testing.T, programs, out string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(out, "man/man1/rbee-keeper.1"))
	if err != nil {
		t.Fatal(err)
	}
	page := strings.ReplaceAll(string(raw), `\-`, "-")
	help := func(args ...string) string {
		said, err := exec.Command(filepath.Join(programs, "rbee-keeper"), append(args, "--help")...).Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(said)
	}
	commands := keeperCommands(help())
	if len(commands) < 20 {
		t.Fatalf("only %q are found in --help", commands)
	}
	for _, name := range commands {
		if !strings.Contains(page, "\n.SS \""+name) {
			t.Errorf("the page has no command %s", name)
		}
		for word := range strings.FieldsSeq(help(name)) {
			if variable := strings.Trim(word, "[]"); strings.HasPrefix(variable, "RBEE_KEEPER_") && !strings.Contains(page, `\fB`+variable+`\fR`) {
				t.Errorf("the page has no %s of %s", variable, name)
			}
		}
	}
}

// keeperCommands are the names of the commands in --help.
func keeperCommands(help string) []string {
	_, list, _ := strings.Cut(help, "\nCommands:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	var names []string
	for line := range strings.Lines(list) {
		if name := strings.Fields(line)[0]; name != "help" {
			names = append(names, name)
		}
	}
	return names
}
