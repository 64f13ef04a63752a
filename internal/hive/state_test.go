package hive

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

func openDir(t *testing.T, path string) (*stateDir, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	d, err := openStateDir(path, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.close)
	return d, &log
}

func mode(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func TestStateDirModes(t *testing.T) {
	t.Run("made with its parents", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "rbee", "hive")
		d, _ := openDir(t, path)
		if err := d.save(queenFile, queen{URL: urlA}); err != nil {
			t.Fatal(err)
		}
		for path, want := range map[string]os.FileMode{path: 0o700, filepath.Join(path, lockFile): 0o600, filepath.Join(path, queenFile): 0o600} {
			if got := mode(t, path); got != want {
				t.Errorf("%s: got mode %o, want %o", path, got, want)
			}
		}
	})
	t.Run("empty, or a hive's already", func(t *testing.T) {
		path := t.TempDir()
		for range 2 {
			if err := os.Chmod(path, 0o755); err != nil {
				t.Fatal(err)
			}
			d, _ := openDir(t, path)
			if got := mode(t, path); got != 0o700 {
				t.Errorf("got mode %o, want 700", got)
			}
			d.close()
		}
	})
	t.Run("somebody else's", func(t *testing.T) {
		path := t.TempDir()
		if err := errors.Join(os.WriteFile(filepath.Join(path, "thesis.tex"), nil, 0o600), os.Chmod(path, 0o755)); err != nil {
			t.Fatal(err)
		}
		openDir(t, path)
		if got := mode(t, path); got != 0o755 {
			t.Errorf("got mode %o, want it untouched", got)
		}
	})
}

func TestStateDirIsLocked(t *testing.T) {
	path := t.TempDir()
	d, _ := openDir(t, path)
	_, err := openStateDir(path, slog.New(slog.DiscardHandler))
	if !errors.Is(err, ErrStateDirLocked) || !strings.Contains(err.Error(), fmt.Sprintf("pid %d,", os.Getpid())) ||
		!strings.Contains(err.Error(), "--state-dir") {
		t.Errorf("got %v, want ErrStateDirLocked with the pid and the remedy", err)
	}
	d.close()
	openDir(t, path)
}

func TestUnusableStateDir(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openStateDir(filepath.Join(file, "hive"), slog.New(slog.DiscardHandler)); !errors.Is(err, ErrStateDir) {
		t.Errorf("got %v, want ErrStateDir", err)
	}
}

// A write replaces the file in one step and leaves nothing beside it.
func TestWriteIsAtomic(t *testing.T) {
	d, _ := openDir(t, t.TempDir())
	for _, content := range []string{"one", "two"} {
		before, _ := os.Open(filepath.Join(d.path, "x"))
		if err := d.write("x", []byte(content)); err != nil {
			t.Fatal(err)
		}
		if before != nil { // who reads the old file reads it whole
			old := make([]byte, 8)
			if n, _ := before.Read(old); string(old[:n]) != "one" {
				t.Errorf("got %q in the old file", old[:n])
			}
			before.Close()
		}
		if got, _ := d.read("x"); string(got) != content {
			t.Errorf("got %q, want %q", got, content)
		}
	}
	entries, _ := os.ReadDir(d.path)
	if len(entries) != 2 {
		t.Errorf("got %v, want the file and the lock", entries)
	}
}

// Damaged files cost one warning, are kept aside, and count as absent.
func TestDamagedFiles(t *testing.T) {
	for name, content := range map[string]string{
		"empty": "", "no JSON": "{", "binary": "\x00\x01\x02", "other type": `[]`, "wrong field": `{"url":7,"instance_id":7}`,
		"bad values": `{"url":"ftp://x","instance_id":"x"}`, "no values": `{}`,
		"another spelling":    `{"url":"http://Q:80/","instance_id":"0199"}`,
		"control characters":  `{"url":"http://q","queen_id":"a\u0007b","instance_id":"a\u0007b"}`,
		"larger than allowed": `{"url":"http://q"` + strings.Repeat(" ", maxStateFile) + "}",
	} {
		t.Run(name, func(t *testing.T) {
			d, log := openDir(t, t.TempDir())
			queenPath, instancePath := filepath.Join(d.path, queenFile), filepath.Join(d.path, instanceFile)
			if err := errors.Join(os.WriteFile(queenPath, []byte(content), 0o600), os.WriteFile(instancePath, []byte(content), 0o600)); err != nil {
				t.Fatal(err)
			}
			if m := loadMemory(d); m.last.URL != "" {
				t.Errorf("got %+v out of a damaged file", m.last)
			}
			id, err := loadInstance(d, fingerprint{})
			if err != nil || validInstance(instance{ID: id}) != nil {
				t.Errorf("got instance id %q, %v; want a new one", id, err)
			}
			for _, path := range []string{queenPath, instancePath} {
				if kept, err := os.ReadFile(path + ".damaged"); err != nil || string(kept) != content {
					t.Errorf("got %q, %v; want the damaged file kept", kept, err)
				}
				if n := strings.Count(log.String(), "path="+path+" "); n != 1 {
					t.Errorf("got %d warnings with %s, want 1:\n%s", n, path, log)
				}
			}
			if again, err := loadInstance(d, fingerprint{}); again != id || err != nil {
				t.Errorf("got %q, %v afterwards, want %q", again, err, id)
			}
		})
	}
	t.Run("a directory", func(t *testing.T) {
		d, log := openDir(t, t.TempDir())
		if err := os.Mkdir(filepath.Join(d.path, queenFile), 0o700); err != nil {
			t.Fatal(err)
		}
		if m := loadMemory(d); m.last.URL != "" || strings.Count(log.String(), "level=WARN") != 1 {
			t.Errorf("got %+v and the log %s", m.last, log)
		}
	})
}

func TestInstance(t *testing.T) {
	d, log := openDir(t, t.TempDir())
	load := func(here fingerprint) string {
		t.Helper()
		id, err := loadInstance(d, here)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	first := load(newFingerprint("m1", ""))
	for _, step := range []struct {
		name string
		here fingerprint
		same bool
	}{
		{"restart", newFingerprint("m1", ""), true},
		{"the address becomes readable", newFingerprint("m1", "02:01"), true},
		{"nothing is readable", newFingerprint("", ""), true},
		{"another address", newFingerprint("m1", "02:02"), false},
		{"restart there", newFingerprint("m1", "02:02"), true},
		{"another machine-id", newFingerprint("m2", "02:02"), false},
		{"both changed", newFingerprint("m3", "02:03"), false},
	} {
		id := load(step.here)
		if (id == first) != step.same {
			t.Errorf("%s: got the same id = %v, want %v", step.name, id == first, step.same)
		}
		first = id
	}
	raw, err := os.ReadFile(filepath.Join(d.path, instanceFile))
	if err != nil || bytes.Contains(raw, []byte("02:03")) || bytes.Contains(raw, []byte("m3")) {
		t.Errorf("got %s, %v; want hashes only", raw, err)
	}
	if n := strings.Count(log.String(), "new instance id"); n != 3 {
		t.Errorf("got %d lines of another machine, want 3:\n%s", n, log)
	}
}

func TestMarksOfAMachine(t *testing.T) {
	root := t.TempDir()
	write := func(name, content string) {
		t.Helper()
		path := filepath.Join(root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	want := func(id string) {
		t.Helper()
		if got := readMachineID(root); got != id {
			t.Errorf("got machine-id %q, want %q", got, id)
		}
	}
	want("")
	write("var/lib/dbus/machine-id", "dbus\n")
	want("dbus")
	write("etc/machine-id", "uninitialized\n") // machine-id(5): an image before its first boot
	want("dbus")
	write("etc/machine-id", "systemd\n")
	want("systemd")

	hw := func(b byte) net.HardwareAddr { return net.HardwareAddr{2, 0, 0, 0, 0, b} }
	all := []net.Interface{
		{Index: 9, Name: "docker0", HardwareAddr: hw(9)},
		{Index: 7, Name: "eth1", HardwareAddr: hw(7)},
		{Index: 1, Name: "lo", Flags: net.FlagLoopback, HardwareAddr: hw(1)},
		{Index: 2, Name: "tun0"},
		{Index: 5, Name: "eth0", HardwareAddr: hw(5)},
		{Index: 3, Name: "br0", HardwareAddr: hw(3)},
	}
	for _, row := range []struct {
		all      []net.Interface
		physical string
		want     string
	}{{all, "eth1 eth0", hw(5).String()}, {all, "", hw(3).String()}, {all[2:4], "", ""}, {nil, "", ""}} {
		got := firstHardwareAddress(row.all, func(name string) bool { return strings.Contains(row.physical, name) })
		if got != row.want {
			t.Errorf("got hardware address %q, want %q", got, row.want)
		}
	}
	if all[0].Name != "docker0" {
		t.Error("the list of the caller was sorted")
	}
}

func TestMemory(t *testing.T) {
	d, log := openDir(t, t.TempDir())
	m := loadMemory(d)
	if m.knows(queen{}) || m.knows(queen{URL: urlA}) {
		t.Error("an empty memory knows a queen")
	}
	q := queen{URL: urlA, ID: "a", Advertised: true}
	m.remember(q)
	m = loadMemory(d)
	if diff := cmp.Diff(q, m.last); diff != "" {
		t.Errorf("remembered (-want +got):\n%s", diff)
	}
	for q, want := range map[queen]bool{
		{URL: urlA}: true, {URL: urlB, ID: "a"}: true, {URL: urlB}: false, {URL: urlB, ID: "b"}: false, {}: false,
	} {
		if got := m.knows(q); got != want {
			t.Errorf("knows(%+v): got %v, want %v", q, got, want)
		}
	}
	if err := errors.Join(m.forget(), m.forget()); err != nil {
		t.Error(err)
	}
	if m.knows(q) || loadMemory(d).knows(q) {
		t.Error("a forgotten queen is known")
	}
	if log.Len() != 0 {
		t.Errorf("got log %s, want none", log)
	}
}

// A disk that fails costs a warning and no heartbeat.
func TestMemoryOnABrokenDisk(t *testing.T) {
	d, log := openDir(t, filepath.Join(t.TempDir(), "hive"))
	m := loadMemory(d)
	if err := os.RemoveAll(d.path); err != nil {
		t.Fatal(err)
	}
	q := queen{URL: urlA}
	m.remember(q)
	m.remember(q)
	if !m.knows(q) || strings.Count(log.String(), "level=WARN") != 1 {
		t.Errorf("got knows = %v and the log %s, want one warning", m.knows(q), log)
	}
}

func TestDefaultID(t *testing.T) {
	for hostname, want := range map[string]string{
		"gaming-pc": "gaming-pc", "Box.example.org": "Box.example.org", "box.": "box", "-box-": "box", "a b": "a-b",
		"büro": "b-ro", "": "hive", "...": "hive", "日本": "hive", "a_b": "a_b", "x\x00y": "x-y",
		strings.Repeat("a", 100): strings.Repeat("a", 63), strings.Repeat("a", 62) + ".b": strings.Repeat("a", 62),
	} {
		got := DefaultID(hostname)
		if got != want || wire.ValidateID(got) != nil {
			t.Errorf("DefaultID(%q): got %q, want %q", hostname, got, want)
		}
	}
}
