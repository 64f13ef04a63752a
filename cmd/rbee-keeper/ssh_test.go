package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sshFile = `Host gaming gp gpu-box
  HostName 192.168.1.100
  User vince
Host github.com
  User git
Host far
  HostName 8.8.8.8
  User vince
Host jump
  ProxyJump gaming
  User vince
Host nas
  HostName fd00::17:20
  User vince
  Port 2222
  # rbee: port=7840
Match exec "touch /tmp/never"
  User nobody
`

func TestSSH(t *testing.T) {
	home := t.TempDir()
	path := filepath.Join(home, ".ssh", "config")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(sshFile), 0o600); err != nil {
		t.Fatal(err)
	}
	// No queen is there to be asked.
	env := map[string]string{"HOME": home, "RBEE_KEEPER_QUEEN": "http://127.0.0.1:1"}
	host := func(alias, hostname, user, skipped string, sshPort, hivePort float64, aliases ...any) map[string]any {
		return map[string]any{
			"alias": alias, "aliases": append([]any{}, aliases...), "hostname": hostname, "user": user,
			"ssh_port": sshPort, "hive_port": hivePort, "skipped": skipped,
		}
	}
	const public = "public address; allow it with --discover-public or a # rbee: comment in its Host block"
	t.Run("json", func(t *testing.T) {
		got := rig{env: env}.run(t.Context(), "-o", "json", "ssh")
		want := []any{
			host("gaming", "192.168.1.100", "vince", "", 22, 7835, "gp", "gpu-box"),
			host("github.com", "github.com", "git", "User git", 22, 7835),
			host("far", "8.8.8.8", "vince", public, 22, 7835),
			host("jump", "jump", "vince", "ProxyJump", 22, 7835),
			host("nas", "fd00::17:20", "vince", "", 2222, 7840),
		}
		if diff := cmp.Diff(any(want), parse(t, got.Stdout)); diff != "" || got.Code != 0 {
			t.Errorf("exit %d, -want +got:\n%s", got.Code, diff)
		}
		if !strings.HasPrefix(got.Stderr, "warning: ") || !strings.Contains(got.Stderr, path) {
			t.Errorf("stderr %q has no warning about Match exec", got.Stderr)
		}
	})
	t.Run("tables", func(t *testing.T) {
		golden(t, "ssh-pipe.txt", rig{env: env}.run(t.Context(), "ssh").Stdout)
		golden(t, "ssh-80.txt", rig{env: env, width: 80, height: 24}.run(t.Context(), "ssh").Stdout)
	})
	t.Run("flags", func(t *testing.T) {
		copied := filepath.Join(home, "other")
		if err := os.Rename(path, copied); err != nil {
			t.Fatal(err)
		}
		got := rig{env: env}.run(t.Context(), "-o", "json", "ssh", "--ssh-config", copied, "--hive-port=9", "--discover-public")
		hosts, _ := parse(t, got.Stdout).([]any)
		if len(hosts) != 5 {
			t.Fatalf("got %+v", got)
		}
		if diff := cmp.Diff(any(host("far", "8.8.8.8", "vince", "", 22, 9)), hosts[2]); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		got = rig{env: env}.run(t.Context(), "ssh")
		if diff := cmp.Diff(ran{Stderr: "no hosts in " + path + "\n"}, got); diff != "" {
			t.Errorf("a missing file: -want +got:\n%s", diff)
		}
		got = rig{env: env}.run(t.Context(), "-o", "json", "ssh")
		if diff := cmp.Diff(ran{Stdout: "[]\n", Stderr: "no hosts in " + path + "\n"}, got); diff != "" {
			t.Errorf("a missing file: -want +got:\n%s", diff)
		}
		got = rig{env: env}.run(t.Context(), "ssh", "--ssh-config", filepath.Join(home, "\x1b[2J"))
		harmless(t, got.Stderr)
		if got := (rig{env: env}).run(t.Context(), "ssh", "--ssh-config", home); got.Code != 1 || !strings.Contains(got.Stderr, home) {
			t.Errorf("a directory: got %+v, want exit 1 and its name", got)
		}
	})
}
