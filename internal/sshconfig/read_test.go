package sshconfig

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the want files of testdata anew; read the diff")

// describe writes a result as the want files hold it: one line per host, then
// the warnings.
func describe(result Result, sshDir string) string {
	var text strings.Builder
	for _, h := range result.Hosts {
		fmt.Fprintf(&text, "%s %q %s@%s:%d hive=%d", h.Alias, h.Aliases, h.User, h.Hostname, h.SSHPort, h.HivePort)
		if h.Marked {
			text.WriteString(" marked")
		}
		if h.Skipped != "" {
			text.WriteString(" SKIPPED " + h.Skipped)
		}
		text.WriteByte('\n')
	}
	for _, warning := range result.Warnings {
		text.WriteString("! " + warning + "\n")
	}
	return strings.ReplaceAll(text.String(), sshDir, "~/.ssh")
}

// install copies a directory to a fresh ~/.ssh, because a checkout's modes and
// owner are not ours to rely on.
func install(t *testing.T, from string) (home string) {
	t.Helper()
	home = t.TempDir()
	if err := os.CopyFS(filepath.Join(home, ".ssh"), os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(home, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return os.Chmod(path, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	return home
}

func options(home string) Options {
	return Options{DefaultHivePort: 7835, LoginUser: "alice", Home: home}
}

// TestTestdata reads each folder of testdata as a ~/.ssh. The want files are
// the contract's sentences, one folder for each group of them.
func TestTestdata(t *testing.T) {
	folders, err := filepath.Glob("testdata/*/config")
	if err != nil || len(folders) < 8 {
		t.Fatalf("got %d folders (%v), want at least 8", len(folders), err)
	}
	for _, config := range folders {
		folder := filepath.Dir(config)
		t.Run(filepath.Base(folder), func(t *testing.T) {
			folder, err := filepath.Abs(folder)
			if err != nil {
				t.Fatal(err)
			}
			home := install(t, folder)
			t.Chdir(t.TempDir()) // what a command of the file would touch appears here
			dir := filepath.Join(home, ".ssh")
			result, err := Read(filepath.Join(dir, "config"), options(home))
			if err != nil {
				t.Fatal(err)
			}
			got := describe(result, dir)
			wantFile := filepath.Join(folder, "want")
			if *update {
				if err := os.WriteFile(wantFile, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(wantFile)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if left, _ := os.ReadDir("."); len(left) > 0 {
				t.Errorf("reading left %v behind; nothing may be executed", left)
			}
		})
	}
}

// readText reads a config given as text, with ~/.ssh beside it.
func readText(t *testing.T, text string) Result {
	t.Helper()
	home := t.TempDir()
	path := filepath.Join(home, "config")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	result, err := Read(path, options(home))
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestSyntax(t *testing.T) {
	tests := []struct{ name, text, hostname string }{
		{"spaces and tabs", " \tHost\tgpu other\n\t HostName \t10.0.0.1\t \n", "10.0.0.1"},
		{"equals", "Host=gpu\nHostName=10.0.0.1\n", "10.0.0.1"},
		{"equals with spaces", "Host = gpu\nHostName = 10.0.0.1\n", "10.0.0.1"},
		{"any case", "HOST gpu\nhOSTnAME 10.0.0.1\n", "10.0.0.1"},
		{"CRLF", "Host gpu\r\n  HostName 10.0.0.1\r\n", "10.0.0.1"},
		{"BOM", "\xef\xbb\xbfHost gpu\n  HostName 10.0.0.1\n", "10.0.0.1"},
		{"BOM and CRLF before a quoted pattern", "\xef\xbb\xbfHost \"gpu\"\r\nHostName 10.0.0.1\r\n", "10.0.0.1"},
		{"no newline at the end", "Host gpu\nHostName 10.0.0.1", "10.0.0.1"},
		{"double quotes", "Host \"gpu\"\nHostName \"10.0.0.1\"\n", "10.0.0.1"},
		{"single quotes", "Host 'gpu'\nHostName '10.0.0.1'\n", "10.0.0.1"},
		{"quotes inside a word", "Host g\"p\"u\nHostName 10.0'.0.'1\n", "10.0.0.1"},
		{"quoted keyword", "\"Host\" gpu\n\"HostName\" 10.0.0.1\n", "10.0.0.1"},
		{"quotes in quotes", "Host gpu\nHostName \"10.0.0'1\"\n", ""},
		{"trailing comment", "Host gpu # the big one\nHostName 10.0.0.1 # rack 4\n", "10.0.0.1"},
		{"hash inside a word", "Host gpu#1 gpu\nHostName 10.0.0.1#2\n", ""},
		{"negated in front", "Host !x gpu\nHostName 10.0.0.1\n", "10.0.0.1"},
		{"repeated alias", "Host gpu gpu\nHost gpu\nHostName 10.0.0.1\n", "10.0.0.1"},
		{"question mark is one character", "Host gpu\nHost gp?u\nHostName 10.0.0.2\nHost gp?\nHostName 10.0.0.1\n", "10.0.0.1"},
		{"bidirectional text", "Host gpu\nHostName gpu\u202e1.lan\n", ""},
		{"control characters", "Host gpu\nHostName gpu\x1b[2J\n", ""},
		{"broken UTF-8", "Host gpu\nHostName gpu\xff\n", ""},
		{"253 bytes", "Host gpu\nHostName " + strings.Repeat("x", 253) + "\n", strings.Repeat("x", 253)},
		{"254 bytes", "Host gpu\nHostName " + strings.Repeat("x", 254) + "\n", ""},
		{"indented comment", "Host gpu\n   # HostName 10.0.0.2\nHostName 10.0.0.1\n", "10.0.0.1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, h := range readText(t, test.text).Hosts {
				if h.Alias == "gpu" {
					if h.Hostname != test.hostname || (h.Skipped != "") != (test.hostname == "") {
						t.Errorf("got hostname %q, skipped %q, want %q", h.Hostname, h.Skipped, test.hostname)
					}
					return
				}
			}
			t.Error("got no host gpu")
		})
	}
}

// TestUnsafeAlias holds that a name which could steer a terminal is reported,
// but neither as it is nor as a target.
func TestUnsafeAlias(t *testing.T) {
	result := readText(t, "Host gpu\x1b[2J good\nHostName 10.0.0.1\nUser a\u202eb\n")
	if len(result.Hosts) != 2 {
		t.Fatalf("got %+v, want two hosts", result.Hosts)
	}
	if h := result.Hosts[0]; h.Alias != `"gpu\x1b[2J"` || !strings.HasPrefix(h.Skipped, "unreadable") {
		t.Errorf("got alias %q, skipped %q", h.Alias, h.Skipped)
	}
	if h := result.Hosts[1]; h.Alias != "good" || h.Skipped != "" || h.User != `"a\u202eb"` {
		t.Errorf("got %+v, want good with its user quoted", h)
	}
}

func TestDiscoverPublic(t *testing.T) {
	home := t.TempDir()
	path := filepath.Join(home, "config")
	if err := os.WriteFile(path, []byte("Host gpu\nHostName 8.8.8.8\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, allowed := range []bool{false, true} {
		opts := options(home)
		opts.DiscoverPublic = allowed
		result, err := Read(path, opts)
		if err != nil || len(result.Hosts) != 1 {
			t.Fatalf("got %v, %v, want one host", result.Hosts, err)
		}
		if got := result.Hosts[0].Skipped == ""; got != allowed {
			t.Errorf("DiscoverPublic %v: got probed %v (%s)", allowed, got, result.Hosts[0].Skipped)
		}
	}
}
