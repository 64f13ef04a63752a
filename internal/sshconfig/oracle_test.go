package sshconfig

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// answer is what ssh and this package say about one alias.
type answer struct {
	Hostname, User, Port string
	Jumps, Commands      bool // is reached through ProxyJump, through ProxyCommand
}

// askSSH has ssh print what it would use. ssh executes nothing for -G but
// Match exec, which no config here contains. It reports false when ssh refuses
// the file.
func askSSH(t *testing.T, path, alias string) (answer, bool) {
	t.Helper()
	out, err := exec.Command("ssh", "-G", "-F", path, "--", alias).Output()
	if err != nil {
		return answer{}, false
	}
	var a answer
	for line := range strings.Lines(string(out)) {
		keyword, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch keyword {
		case "hostname":
			a.Hostname = value
		case "user":
			a.User = value
		case "port":
			a.Port = value
		case "proxyjump":
			a.Jumps = !strings.EqualFold(value, "none")
		case "proxycommand":
			a.Commands = !strings.EqualFold(value, "none")
		}
	}
	return a, true
}

// askUs resolves an alias that the file need not list. It reports false when a
// line that cannot be read applies to the alias.
func askUs(t *testing.T, path, alias, login string) (answer, bool) {
	t.Helper()
	w := newWalk(Options{LoginUser: login, Home: filepath.Dir(path)})
	if err := w.file(path, nil); err != nil {
		t.Fatal(err)
	}
	v := newResolver(w).resolve(alias, 1)
	h := v.host(alias, w.opts)
	return answer{
		Hostname: strings.ToLower(h.Hostname), // ssh prints it in lower case
		User:     h.User,
		Port:     strconv.Itoa(h.SSHPort),
		Jumps:    h.Skipped == "ProxyJump",
		Commands: h.Skipped == "ProxyCommand",
	}, !strings.HasPrefix(h.Skipped, "unreadable")
}

func oracle(t *testing.T) (login string) {
	t.Helper()
	if _, err := exec.LookPath("ssh"); err != nil {
		t.Skip("SKIPPED: no ssh on this machine, so nothing was compared with OpenSSH; install openssh-client")
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	return me.Username
}

// configs draws files of everything that this package says it reads as OpenSSH
// does. INCLUDE stands for the path of a second file.
func configs(login string) *rapid.Generator[string] {
	names := []string{"a", "b", "ab", "a.lan", "B"}
	name := rapid.SampledFrom(names)
	glob := rapid.SampledFrom([]string{"a", "b", "ab", "a.lan", "B", "*", "a*", "?", "??", "*.lan", "!a", "!*b", "!b", `"a"`, "'ab'", `a"b"`})
	host := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(glob, 1, 4).Draw(t, "patterns"), " ")
	})
	list := rapid.SampledFrom([]string{"a", "B", "*.lan", "*,!a", "a,ab", `"b,a.lan"`, "10.*", "h-a", "ann", login, "*", "!b"})
	criteria := rapid.Custom(func(t *rapid.T) string {
		attribute := rapid.SampledFrom([]string{"host", "originalhost", "user", "localuser", "!host", "!user", "Host"})
		var text []string
		for range rapid.IntRange(1, 2).Draw(t, "criteria") {
			text = append(text, attribute.Draw(t, "attribute")+rapid.SampledFrom([]string{" ", "="}).Draw(t, "between")+list.Draw(t, "list"))
		}
		return rapid.SampledFrom([]string{"all", strings.Join(text, " ")}).Draw(t, "match")
	})
	values := map[string]*rapid.Generator[string]{
		"Host": host, "host": host, "Match": criteria, "MATCH": criteria,
		"HostName":     rapid.SampledFrom([]string{"10.0.0.1", "h-%h", `"10.0.0.2"`, "10'.0.0'.3", "a.lan", "UPPER.%h"}),
		"User":         rapid.SampledFrom([]string{"ann", "'bob'", "git2", login}),
		"PORT":         rapid.SampledFrom([]string{"22", "2022", `"33"`, "044", "ssh"}),
		"proxyJump":    rapid.SampledFrom([]string{"none", "j", "j1,j2:22", "NONE"}),
		"ProxyCommand": rapid.SampledFrom([]string{"none", "nc %h %p", "None", `"none"`, "none # x"}),
		"Include":      rapid.Just("INCLUDE"),
		"Compression":  rapid.Just("yes"),
	}
	keys := []string{"Host", "host", "Match", "MATCH", "HostName", "HostName", "User", "PORT", "proxyJump", "ProxyCommand", "Include", "Compression"}
	line := rapid.Custom(func(t *rapid.T) string {
		key := rapid.SampledFrom(keys).Draw(t, "keyword")
		between := rapid.SampledFrom([]string{" ", "=", " = ", "\t", "  ", " ="}).Draw(t, "between")
		end := rapid.SampledFrom([]string{"\n", "\r\n", " \n", " # note\n", "\n\n", "\n# HostName x\n"}).Draw(t, "end")
		if key == "ProxyCommand" {
			end = "\n"
		}
		return rapid.SampledFrom([]string{"", "  ", "\t"}).Draw(t, "indent") + key + between + values[key].Draw(t, key) + end
	})
	return rapid.Custom(func(t *rapid.T) string {
		return "# for " + name.Draw(t, "first") + "\n" + strings.Join(rapid.SliceOfN(line, 1, 12).Draw(t, "lines"), "")
	})
}

func TestAgreesWithOpenSSH(t *testing.T) {
	login := oracle(t)
	dir := t.TempDir()
	path, included := filepath.Join(dir, "config"), filepath.Join(dir, "included")
	compared := 0
	rapid.Check(t, func(rt *rapid.T) {
		text := strings.ReplaceAll(configs(login).Draw(rt, "config"), "INCLUDE", included)
		inner := strings.ReplaceAll(configs(login).Draw(rt, "included"), "INCLUDE", filepath.Join(dir, "none"))
		for name, content := range map[string]string{path: text, included: inner} {
			if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
				rt.Fatal(err)
			}
		}
		alias := rapid.SampledFrom([]string{"a", "b", "ab", "a.lan", "B"}).Draw(rt, "alias")
		want, accepted := askSSH(t, path, alias)
		if !accepted {
			rt.Fatalf("ssh refuses\n%s\nwith\n%s", text, inner)
		}
		got, readable := askUs(t, path, alias, login)
		if diff := cmp.Diff(want, got); diff != "" || !readable {
			rt.Fatalf("readable %v, -ssh +us for %s:\n%s\n%s\nincluded:\n%s", readable, alias, diff, text, inner)
		}
		compared++
	})
	if compared == 0 {
		t.Error("compared nothing")
	}
}

// TestRefusedByOpenSSH holds that lines which ssh refuses are unreadable here,
// and that their neighbours are not.
func TestRefusedByOpenSSH(t *testing.T) {
	login := oracle(t)
	tests := []struct {
		line    string
		refused bool
	}{
		{"Port 0", true},
		{"Port 65536", true},
		{"Port 22x", true},
		{"Port -1", true},
		{"Port 22 33", true},
		{"Port", true},
		{"Port 65535", false},
		{"Port +33", false},
		{"Port 033", false},
		{"Port ssh", false},
		{"Port = 22 # x", false},
		{"HostName", true},
		{`HostName ""`, true},
		{"HostName x y", true},
		{"HostName a%x", true},
		{"HostName a%", true},
		{`HostName "x`, true},
		{"HostName 'x", true},
		{"HostName # x", true},
		{`User "a" b`, true},
		{"User=", true},
		{`User a\"b`, false},
		{"User a#b", false},
		{`User 'a "b'`, false},
		{"ProxyJump # x", true},
		{"ProxyJump", true},
		{"ProxyJump j # x", false},
		{"ProxyCommand nc 'x", true},
		{"ProxyCommand", true},
		{"Compression", true},
		{`IdentityFile "x`, true},
		{"Include", true},
	}
	for _, test := range tests {
		path := filepath.Join(t.TempDir(), "config")
		if err := os.WriteFile(path, []byte("Host a\n  "+test.line+"\nHost b\n  Port 7\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		want, accepted := askSSH(t, path, "a")
		got, readable := askUs(t, path, "a", login)
		if accepted == test.refused || readable == test.refused {
			t.Errorf("%s: got readable %v, ssh %v, want %v", test.line, readable, accepted, !test.refused)
		}
		// A quote or backslash is shown in quotes here.
		if got.User, _ = strings.CutPrefix(got.User, `"`); accepted && !strings.ContainsAny(test.line, `'\`) && got != want {
			t.Errorf("%s: got %+v, ssh %+v", test.line, got, want)
		}
		if neighbour, readable := askUs(t, path, "b", login); !readable || neighbour.Port != "7" {
			t.Errorf("%s: got neighbour %+v, readable %v, want port 7", test.line, neighbour, readable)
		}
	}
}
