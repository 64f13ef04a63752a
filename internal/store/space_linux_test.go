package store

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// spaceChild opens the state file of a small disk: in a directory that is one
// for this process only.
func spaceChild(dir string) error {
	dump := os.Getenv("STORE_TEST_DUMP_FILE")
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("no disk: %w", err)
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "mode=0700,size="+os.Getenv("STORE_TEST_SIZE")); err != nil {
		return fmt.Errorf("no disk: %w", err)
	}
	raw, err := os.ReadFile(dump)
	path := filepath.Join(dir, "queen.db")
	if err = errors.Join(err, os.WriteFile(path, raw, 0o600)); err != nil {
		return err
	}
	before, err := sizes(dir)
	if err != nil {
		return err
	}
	s, openErr := Open(background, path, discard)
	if openErr == nil {
		openErr = s.Close()
	}
	after, err := sizes(dir)
	delete(after, "queen.db.lock")
	same, readErr := os.ReadFile(path)
	fmt.Printf("unchanged=%t error=%v unavailable=%t\n", maps.Equal(before, after) && string(same) == string(raw),
		openErr, errors.Is(openErr, ErrUnavailable))
	return errors.Join(err, readErr)
}

func sizes(dir string) (map[string]int64, error) {
	entries, err := os.ReadDir(dir)
	found := map[string]int64{}
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			found[e.Name()] = info.Size()
		}
	}
	return found, err
}

func TestWithoutRoomForACopyNothingIsTouched(t *testing.T) {
	for _, tt := range []struct{ size, want string }{
		{"8m", "unchanged=true"}, // the margin alone is more
		{"64m", "unchanged=false error=<nil>"},
	} {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), "STORE_TEST_SPACE="+t.TempDir(), "STORE_TEST_SIZE="+tt.size, "STORE_TEST_DUMP_FILE="+loadDump(t, 3))
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWUSER, UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}}
		if os.Getuid() == 0 {
			cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS}
		}
		out, err := cmd.CombinedOutput()
		if errors.Is(err, os.ErrPermission) || strings.Contains(string(out), "no disk") {
			t.Skipf("SKIPPED: this system lets nobody mount a small disk, upgrades without room are not tested: %v %s", err, out)
		}
		if err != nil || !strings.HasPrefix(string(out), tt.want) {
			t.Errorf("%s: %v, the child said %s", tt.size, err, out)
		}
		if tt.size == "8m" && (!strings.Contains(string(out), "MiB are free") || !strings.Contains(string(out), "unavailable=true")) {
			t.Errorf("the refusal tells no figures: %s", out)
		}
	}
}
