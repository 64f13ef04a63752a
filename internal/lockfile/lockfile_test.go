package lockfile

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestMain lets the test binary be the other process: it takes the lock, says
// so, and holds it until its input ends.
func TestMain(m *testing.M) {
	if path := os.Getenv("LOCKFILE_TEST_HOLD"); path != "" {
		if _, err := Take(path); err != nil {
			os.Exit(1)
		}
		_, _ = os.Stdout.WriteString("held\n")
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
		return
	}
	os.Exit(m.Run())
}

func TestAnotherProcessIsToldWhoHoldsIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.lock")
	if err := os.WriteFile(path, []byte(strings.Repeat("what an earlier holder left ", 9)), 0o600); err != nil {
		t.Fatal(err)
	}
	other := exec.CommandContext(t.Context(), os.Args[0])
	other.Env = append(os.Environ(), "LOCKFILE_TEST_HOLD="+path)
	stdin, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stdin.Close() }()
	stdout, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || line != "held\n" {
		t.Fatalf("the other process says %q, %v", line, err)
	}
	_, err = Take(path)
	var held *HeldError
	if !errors.As(err, &held) || !strings.HasPrefix(held.Holder, "pid "+strconv.Itoa(other.Process.Pid)+", started 20") {
		t.Errorf("Take: %v, want it held by pid %d", err, other.Process.Pid)
	}
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = other.Wait()
	lock, err := Take(path)
	if err != nil {
		t.Fatalf("Take after SIGKILL of the holder: %v", err)
	}
	if err := lock.Release(); err != nil {
		t.Error(err)
	}
}

func TestReleaseFreesIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.lock")
	for range 3 {
		lock, err := Take(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Take(path); err == nil {
			t.Error("the lock was given twice in one process")
		}
		if err := lock.Release(); err != nil {
			t.Error(err)
		}
	}
}

func TestAnUnusablePathIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none", "x.lock")
	if _, err := Take(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("Take: %v", err)
	}
}
