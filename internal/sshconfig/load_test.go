//go:build unix

package sshconfig

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// write makes a file of the given mode, whatever the umask.
func write(t *testing.T, path, text string, mode os.FileMode) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// within fails the test when f is still running after a time that only
// something unbounded needs.
func within(t *testing.T, limit time.Duration, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(limit):
		t.Fatalf("still running after %v", limit)
	}
}

// badFiles are files that must not be read. Each says what its error contains.
func badFiles(t *testing.T, dir string) map[string]string {
	t.Helper()
	if err := os.Mkdir(filepath.Join(dir, "directory"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("fifo", filepath.Join(dir, "link-to-fifo")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("loop", filepath.Join(dir, "loop")); err != nil {
		t.Fatal(err)
	}
	const text = "Host secret\nHostName 10.0.0.1\n"
	write(t, filepath.Join(dir, "world"), text, 0o666)
	write(t, filepath.Join(dir, "group"), text, 0o620)
	write(t, filepath.Join(dir, "large"), text+strings.Repeat("#", maxFileBytes), 0o600)
	bad := map[string]string{
		"directory": "is a directory", "fifo": "regular file", "link-to-fifo": "regular file", "loop": "cannot be read",
		"world": "chmod go-w", "group": "chmod go-w", "large": "larger than 1 MiB",
	}
	if os.Getuid() == 0 {
		t.Log("running as root: a foreign owner is tried, an unreadable mode is not")
		if err := os.Chown(write(t, filepath.Join(dir, "foreign"), text, 0o600), 4242, 4242); err != nil {
			t.Fatal(err)
		}
		bad["foreign"] = "chown 0"
	} else {
		t.Log("not running as root: an unreadable mode is tried, a foreign owner is not")
		write(t, filepath.Join(dir, "unreadable"), text, 0)
		bad["unreadable"] = "permission denied"
	}
	return bad
}

func TestBadMainFile(t *testing.T) {
	dir := t.TempDir()
	for name, want := range badFiles(t, dir) {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, name)
			within(t, 5*time.Second, func() {
				result, err := Read(path, options(dir))
				if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, %v, want an error with the path and %q", result, err, want)
				}
			})
		})
	}
}

func TestBadIncludedFile(t *testing.T) {
	dir := t.TempDir()
	for name, want := range badFiles(t, dir) {
		t.Run(name, func(t *testing.T) {
			bad := filepath.Join(dir, name)
			path := write(t, filepath.Join(t.TempDir(), "config"), "Include "+bad+"\nHost gpu\n", 0o600)
			within(t, 5*time.Second, func() {
				result, err := Read(path, options(dir))
				if err != nil {
					t.Fatal(err)
				}
				if len(result.Hosts) != 1 || result.Hosts[0].Alias != "gpu" || result.Hosts[0].Skipped != "" {
					t.Errorf("got hosts %+v, want only gpu", result.Hosts)
				}
				if len(result.Warnings) != 1 || !strings.HasPrefix(result.Warnings[0], path+":1: ") ||
					!strings.Contains(result.Warnings[0], bad) || !strings.Contains(result.Warnings[0], want) {
					t.Errorf("got warnings %q, want one at %s:1 with the path and %q", result.Warnings, path, want)
				}
			})
		})
	}
}

func TestMissingFile(t *testing.T) {
	for _, path := range []string{filepath.Join(t.TempDir(), "none"), os.DevNull} {
		result, err := Read(path, options("/nonexistent"))
		if err != nil || result.Hosts == nil || len(result.Hosts)+len(result.Warnings) > 0 {
			t.Errorf("%s: got %+v, %v, want an empty result", path, result, err)
		}
	}
}

// A regular file that has its reader wait is given up, and the rest is read.
func TestAFileThatHasItsReaderWait(t *testing.T) {
	const waits = "/proc/kmsg"
	f, err := os.OpenFile(waits, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Skipf("*** no leave to read %s: that a file which never ends holds nobody is NOT TESTED: %v ***", waits, err)
	}
	_ = f.Close()
	path := write(t, filepath.Join(t.TempDir(), "config"), "Include "+waits+"\nHost gpu\n", 0o600)
	began := time.Now()
	result, err := Read(path, options(filepath.Dir(path)))
	if took := time.Since(began); took > 20*patience {
		t.Errorf("it took %v", took)
	}
	if err != nil || len(result.Hosts) != 1 || len(result.Warnings) != 1 || !strings.Contains(result.Warnings[0], waits) {
		t.Errorf("got %+v, %v, want the host gpu and a warning that names %s", result, err, waits)
	}
}

// TestGlobThroughFIFO holds that looking for names never opens what is no
// directory.
func TestGlobThroughFIFO(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := write(t, filepath.Join(dir, "config"), "Include "+dir+"/fifo/*\nInclude "+dir+"/*/x*\nHost gpu\n", 0o600)
	within(t, 5*time.Second, func() {
		result, err := Read(path, options(dir))
		if err != nil || len(result.Hosts) != 1 || len(result.Warnings) > 0 {
			t.Errorf("got %+v, %v, want one host", result, err)
		}
	})
}

func TestIncludePaths(t *testing.T) {
	home := filepath.Join(t.TempDir(), "odd [home]*")
	write(t, filepath.Join(home, ".ssh", "relative"), "Host relative\n", 0o600)
	write(t, filepath.Join(home, "tilde"), "Host tilde\n", 0o600)
	write(t, filepath.Join(home, ".ssh", "b1"), "Host b1\n", 0o600)
	write(t, filepath.Join(home, ".ssh", "a1"), "Host a1\n", 0o600)
	write(t, filepath.Join(home, ".ssh", "a!"), "Host negated\n", 0o600)
	write(t, filepath.Join(home, ".ssh", ".d", "x"), "Host dotted\n", 0o600)
	if err := os.Symlink("relative", filepath.Join(home, ".ssh", "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("gone", filepath.Join(home, ".ssh", "dangling")); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ words, hosts, warning string }{
		{"relative", "relative", ""},
		{"~/tilde", "tilde", ""},
		{"~/.ssh/relative relative", "relative", ""},
		{"?1", "a1 b1", ""},
		{"[!b]?", "negated a1", ""},
		{".[d]/*", "dotted", ""},
		{"*/x", "", ""},
		{`rel\\ative`, "relative", ""},
		{"link", "relative", ""},
		{"dangling gone/* relative/*", "", ""},
		{"~root/x", "", "~user"},
		{"${HOME}/x", "", "variables"},
		{"[", "", ""},
		{"[a/x", "", "syntax error"},
	}
	for _, test := range tests {
		path := write(t, filepath.Join(t.TempDir(), "config"), "Include "+test.words+"\n", 0o600)
		result, err := Read(path, options(home))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, h := range result.Hosts {
			names = append(names, h.Alias)
		}
		if got := strings.Join(names, " "); got != test.hosts {
			t.Errorf("Include %s: got %q, want %q", test.words, got, test.hosts)
		}
		if got := fmt.Sprint(result.Warnings); !strings.Contains(got, test.warning) || test.warning == "" && len(result.Warnings) > 0 && test.words != "[" {
			t.Errorf("Include %s: got warnings %s, want %q", test.words, got, test.warning)
		}
	}
	path := write(t, filepath.Join(t.TempDir(), "config"), "Include x ~/y\nHost gpu\n", 0o600)
	result, err := Read(path, Options{})
	if err != nil || len(result.Hosts) != 1 || len(result.Warnings) != 2 {
		t.Errorf("without a home: got %+v, %v, want gpu and two warnings", result, err)
	}
}
