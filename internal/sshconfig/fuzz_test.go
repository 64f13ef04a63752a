package sshconfig

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// FuzzRead holds what must be true of any files: the result obeys its own
// documentation and comes in bounded time.
func FuzzRead(f *testing.F) {
	folders, err := filepath.Glob("testdata/*/config")
	if err != nil || len(folders) == 0 {
		f.Fatalf("got %d seeds (%v)", len(folders), err)
	}
	for _, config := range folders {
		text, err := os.ReadFile(config)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), "User x\nHost gpu1 inner\n# rbee: port=7840\n", false)
	}
	f.Add("Host a\nInclude inc\nMatch host a,!b user x\nHostName %h%%\n", "Host \"a\" !b *\n#rbee:ignore\nInclude config inc ../.ssh/*\n", true)
	f.Add("\xef\xbb\xbfHost=\xff\x00 'a b' \\\" #x\r\nUser\t\n", "", false)
	f.Fuzz(func(t *testing.T, text, included string, public bool) {
		home := t.TempDir()
		dir := filepath.Join(home, ".ssh")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		for name, content := range map[string]string{"config": text, "inc": included} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		opts := options(home)
		opts.DiscoverPublic = public
		start := time.Now()
		result, err := Read(filepath.Join(dir, "config"), opts)
		if err != nil {
			if len(text) <= maxFileBytes {
				t.Fatalf("readable file: %v", err)
			}
			return
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("took %v", took)
		}
		checkResult(t, result, opts)
	})
}

func checkResult(t *testing.T, result Result, opts Options) {
	t.Helper()
	aliases, targets := map[string]bool{}, map[string]bool{}
	for _, h := range result.Hosts {
		if h.Aliases == nil || h.SSHPort < 1 || h.SSHPort > 65535 || h.HivePort < 1 || h.HivePort > 65535 {
			t.Errorf("incomplete: %+v", h)
		}
		for _, alias := range append([]string{h.Alias}, h.Aliases...) {
			if alias == "" || aliases[alias] || !safe(alias) {
				t.Errorf("alias %q is empty, unsafe or there twice", alias)
			}
			aliases[alias] = true
		}
		if !safe(h.User) || !safe(h.Hostname) || !safe(h.Skipped) || len(h.Hostname) > 253 {
			t.Errorf("unsafe text: %+v", h)
		}
		if h.Skipped != "" {
			if len(h.Aliases) > 0 {
				t.Errorf("skipped with aliases: %+v", h)
			}
			continue
		}
		if key := h.key(opts); targets[key] {
			t.Errorf("target %s twice", key)
		} else {
			targets[key] = true
		}
		if h.Hostname == "" || strings.ContainsAny(h.Hostname, " /?#@[]\\\"") || h.User == "git" {
			t.Errorf("must not be probed: %+v", h)
		}
		if addr, err := netip.ParseAddr(h.Hostname); err == nil && Public(addr) && !opts.DiscoverPublic && !h.Marked {
			t.Errorf("public address: %+v", h)
		}
	}
	for _, warning := range result.Warnings {
		if !safe(warning) {
			t.Errorf("unsafe warning %q", warning)
		}
	}
}

// safe is text that cannot steer the terminal it is printed on.
func safe(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r)
	})
}
