package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The README's first command, from the build to Ctrl-C.
func TestMakeRun(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("SKIPPED: make is not installed, the README's first command is not tested")
	}
	ports := freePorts(t, 2)
	dir := filepath.Join(t.TempDir(), "demo")
	cmd := exec.Command("make", "run")
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "RBEE_QUEEN_PORT="+strconv.Itoa(ports[0]), "RBEE_HIVE_PORT="+strconv.Itoa(ports[1]), "RBEE_RUN_DIR="+dir,
		"RBEE_QUEEN_SSH_CONFIG="+filepath.Join(dir, "none"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that Ctrl-C reaches what a terminal would
	log := &logBook{}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }()
	t.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	url := "http://127.0.0.1:" + strconv.Itoa(ports[0])
	for deadline := time.Now().Add(4 * time.Minute); log.count("hive.registered") == 0; time.Sleep(50 * time.Millisecond) {
		select {
		case <-done:
			t.Fatalf("make run ended with %v:\n%s", cmd.ProcessState, log)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("no hive was registered:\n%s", log)
		}
	}
	answers(t, url)
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatalf("make run does not end on Ctrl-C:\n%s", log)
	}
	if !strings.Contains(log.String(), "Stopped.") {
		t.Errorf("make run does not say that it stopped:\n%s", log)
	}
	needSqlite3(t)
	if got := sqlite3(t, filepath.Join(dir, "queen.db"), "SELECT stop_reason FROM audit_epochs"); got != "clean" {
		t.Errorf("after Ctrl-C the epoch ended as %q, want clean", got)
	}
}
