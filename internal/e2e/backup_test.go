package e2e

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"rbee/internal/wire"
)

// tell runs a program to its end and returns what it wrote and its exit code.
func tell(t *testing.T, home, program string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	dir, err := binaries()
	if err != nil {
		t.Fatal(err)
	}
	var out, complaint strings.Builder
	cmd := exec.Command(filepath.Join(dir, program), args...)
	cmd.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	return out.String(), complaint.String(), cmd.ProcessState.ExitCode()
}

// A backup of a running queen is verified and restored, and she goes on from it.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	needSqlite3(t)
	home := t.TempDir()
	ports := freePorts(t, 3)
	state, copied := filepath.Join(home, "state", "queen.db"), filepath.Join(home, "copy.db")
	q := startQueen(t, home, state, ports[0], "--discovery-delay", "1h")
	early := startHive(t, home, ports[1], "early", "--queen-url", q.url)
	eventually(t, 5e9, func() error { return q.healthy(1, "early") })

	out, complaint, code := tell(t, home, "rbee-keeper", "backup", copied, "--queen", q.url)
	if code != 0 || !strings.Contains(out, copied) || !strings.Contains(out, "1 epochs, 1 hives") {
		t.Fatalf("backup: exit %d, %q, %q", code, out, complaint)
	}
	if info, err := os.Stat(copied); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy: %v, %v", info, err)
	}
	eventually(t, 5e9, func() error {
		if sqlite3(t, state, "SELECT count(*) FROM audit_events WHERE kind = 'state.backed_up'") != "1" {
			return errors.New("the backup is not in the audit log")
		}
		return nil
	})
	out, complaint, code = tell(t, home, "queen-rbee", "verify", copied, "-o", "json")
	var found struct {
		wire.StateFile
		Heartbeats int64 `json:"heartbeats"`
	}
	if err := json.Unmarshal([]byte(out), &found); err != nil || code != 0 || found.Epochs != 1 || found.Hives != 1 || found.Heartbeats == 0 || found.NewestHeartbeat == nil {
		t.Errorf("verify: exit %d, %q, %q", code, out, complaint)
	}

	startHive(t, home, ports[2], "late", "--queen-url", q.url)
	eventually(t, 5e9, func() error { return q.healthy(1, "early", "late") })
	for _, args := range [][]string{{"backup", filepath.Join(home, "other.db")}, {"restore", copied}, {"check"}} {
		_, complaint, code = tell(t, home, "queen-rbee", append(args, "--state", state)...)
		if code != 4 || !strings.Contains(complaint, "pid "+strconv.Itoa(q.cmd.Process.Pid)) {
			t.Errorf("%v beside a running queen: exit %d, %q", args, code, complaint)
		}
	}
	early.kill()
	q.kill() // her log stays

	out, complaint, code = tell(t, home, "queen-rbee", "check", "--state", state)
	if code != 0 || !strings.Contains(out, "is whole") || !strings.Contains(out, "2 hives") {
		t.Errorf("check: exit %d, %q, %q", code, out, complaint)
	}
	out, complaint, code = tell(t, home, "queen-rbee", "restore", copied, "--state", state)
	if code != 0 || !strings.Contains(out, "is restored from") {
		t.Fatalf("restore: exit %d, %q, %q", code, out, complaint)
	}
	kept, _ := filepath.Glob(state + ".replaced-*Z")
	if len(kept) != 1 || !strings.Contains(out, filepath.Base(kept[0])) || sqlite3(t, kept[0], "SELECT count(*) FROM audit_hives") != "2" {
		t.Errorf("kept is %v", kept)
	}
	q = startQueen(t, home, state, ports[0], "--discovery-delay", "1h")
	if got := sqlite3(t, state, "SELECT json_extract(detail, '$.from'), json_extract(detail, '$.kept') FROM audit_events WHERE kind = 'state.restored'"); got != "copy.db|"+filepath.Base(kept[0]) {
		t.Errorf("the audit log says %q of the restore", got)
	}
	// The hive that the copy does not know is met again; the other's process is gone.
	eventually(t, 10e9, func() error {
		h, err := q.client.Hive(t.Context(), "late")
		if err == nil && h.Status != wire.StatusHealthy {
			err = errors.New(string(h.Status))
		}
		return err
	})
	if code := q.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestStateCommandsRefuse(t *testing.T) {
	home := t.TempDir()
	state, text := filepath.Join(home, "state", "queen.db"), filepath.Join(home, "text")
	if err := os.WriteFile(text, []byte("no database"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"check"}, 3, "no such file"},
		{[]string{"check", text}, 3, "not a queen's state file"},
		{[]string{"verify", text}, 3, "not a queen's state file"},
		{[]string{"restore", text}, 3, "not a queen's state file"},
		{[]string{"backup", filepath.Join(home, "copy.db")}, 3, "no such file"},
		{[]string{"backup"}, 2, "FILE is missing"},
		{[]string{"restor", text}, 2, "did you mean restore?"},
		{[]string{"--backup-every", "1ms"}, 2, "too short"},
	} {
		_, complaint, code := tell(t, home, "queen-rbee", append(tt.args, "--state", state)...)
		if code != tt.code || !strings.Contains(complaint, tt.says) || strings.Count(complaint, "\n") != 1 {
			t.Errorf("%v: exit %d, %q, want %d and %q", tt.args, code, complaint, tt.code, tt.says)
		}
	}
	if _, err := os.Stat(state); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a state was made: %v", err)
	}
}

func TestScheduledCopies(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	dir := filepath.Join(home, "copies")
	q := startQueen(t, home, filepath.Join(home, "queen.db"), freePorts(t, 1)[0], "--discovery-delay", "1h",
		"--backup-dir", dir, "--backup-every", "1s", "--backup-keep", "2")
	names := func() []string {
		found, _ := filepath.Glob(filepath.Join(dir, "queen-*Z.db"))
		return found
	}
	eventually(t, 10e9, func() error {
		if q.log.count("State file backed up") < 4 || len(names()) != 2 {
			return errors.New("four copies, of which two are kept, are not there: " + strings.Join(names(), " "))
		}
		return nil
	})
	if code := q.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	for _, name := range names() {
		if out, complaint, code := tell(t, home, "queen-rbee", "check", name); code != 0 {
			t.Errorf("check: exit %d, %q, %q", code, out, complaint)
		}
	}
}
