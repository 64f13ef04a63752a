package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	codeBlock = regexp.MustCompile("(?s)```[a-z]*\n(.*?)```")
	codeSpan  = regexp.MustCompile("`([^`\n]+)`")
	ourCall   = regexp.MustCompile(`(?:^|[\s/'"(])(rbee-keeper|queen-rbee|rbee-hive|rbee-swarm)((?: +[^\s|;&<>#'")]+)+)`)
	ourFlag   = regexp.MustCompile(`(--[a-z][a-z-]+|\B-[a-z])\b`)
)

// Every command line of ours in the documents is one that the programs take, with
// the flags that are shown; and keeper.md has each command of the keeper.
func TestCommandsInTheDocumentsExist(t *testing.T) {
	programs, err := binaries()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]string{}
	help := func(args ...string) string {
		line := strings.Join(args, " ")
		if _, asked := known[line]; !asked {
			out, _ := exec.Command(filepath.Join(programs, args[0]), append(args[1:], "--help")...).Output() // an unknown one says nothing on stdout
			known[line] = string(out)
		}
		return known[line]
	}
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	for _, file := range append(files, "../../README.md", "../../CONTRIBUTING.md") {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range callsIn(string(raw)) {
			calls++
			if wrong := wrongCall(call, help); wrong != "" {
				t.Errorf("%s: %q: %s", filepath.Base(file), strings.Join(call, " "), wrong)
			}
		}
	}
	if calls < 60 {
		t.Errorf("only %d command lines are found in the documents", calls)
	}
	for line, wants := range map[string]string{
		"rbee-keeper hvies": "command", "rbee-keeper hives --wtach": "flag", "rbee-keeper -x hives": "flag", "queen-rbee --sate x": "flag",
		"rbee-keeper --queen http://x hives -o json": "", "queen-rbee check FILE --state x": "",
	} {
		if got := wrongCall(callsIn("`" + line + "`")[0], help); !strings.Contains(got, wants) || (wants == "") != (got == "") {
			t.Errorf("the check finds %q with %q, want %q", got, line, wants)
		}
	}
	page, err := os.ReadFile("../../docs/keeper.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(keeperCommands(help("rbee-keeper")), "help") {
		if !regexp.MustCompile(`rbee-keeper ` + name + `\b`).Match(page) {
			t.Errorf("keeper.md does not have the command %s", name)
		}
	}
}

// callsIn are the words of our command lines in the code of a document.
func callsIn(document string) (calls [][]string) {
	find := func(code string) {
		for line := range strings.Lines(strings.ReplaceAll(code, "\\\n", " ")) {
			for _, m := range ourCall.FindAllStringSubmatch(line, -1) {
				calls = append(calls, append([]string{m[1]}, strings.Fields(m[2])...))
			}
		}
	}
	for _, m := range codeBlock.FindAllStringSubmatch(document, -1) {
		find(m[1])
	}
	for _, m := range codeSpan.FindAllStringSubmatch(codeBlock.ReplaceAllString(document, ""), -1) {
		find(m[1])
	}
	return calls
}

// wrongCall says what is wrong with a command line, "" if nothing is.
func wrongCall(call []string, help func(...string) string) string {
	program, command := call[0], ""
	for n, word := range call[1:] {
		if before := call[n]; !strings.HasPrefix(word, "-") && (!strings.HasPrefix(before, "--") || strings.Contains(before, "=")) {
			command = word
			break
		}
	}
	about := help(program)
	isCommand := regexp.MustCompile(`^[a-z]+$`).MatchString(command)
	switch {
	case isCommand && strings.Contains(about, "\n  "+command+" "):
		about = help(program, command)
	case isCommand && program == "rbee-keeper" && command != "help":
		return "there is no such command"
	}
	for _, word := range call[1:] {
		if flag := ourFlag.FindString(word); strings.HasPrefix(word, "-") && flag != "" && flag != "--help" && flag != "--version" &&
			!regexp.MustCompile(`(?m)^ +(-[a-z], )?(`+flag+`)\b|^ +`+flag+`, `).MatchString(about) {
			return "there is no flag " + flag
		}
	}
	return ""
}
