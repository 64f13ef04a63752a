package main

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"rbee/cmd/internal/cli"
)

// openPTY returns the two ends of a terminal.
func openPTY(t *testing.T, width, height uint16) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("SKIPPED: no terminal can be opened, so that what a real one shows is not tested: %v", err)
	}
	t.Cleanup(func() { master.Close() })
	control := func(f *os.File, do func(fd int) error) {
		t.Helper()
		raw, err := f.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		if err := raw.Control(func(fd uintptr) { err = do(int(fd)) }); err != nil {
			t.Fatal(err)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	number := 0
	control(master, func(fd int) (err error) {
		if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
			return err
		}
		number, err = unix.IoctlGetInt(fd, unix.TIOCGPTN)
		return err
	})
	slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("SKIPPED: no terminal can be opened, so that what a real one shows is not tested: %v", err)
	}
	t.Cleanup(func() { slave.Close() })
	control(slave, func(fd int) error {
		return unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Col: width, Row: height})
	})
	return master, slave
}

// onPTY runs the keeper as a shell on a terminal of 80 columns does.
func onPTY(t *testing.T, env map[string]string, args ...string) string {
	t.Helper()
	master, slave := openPTY(t, 80, 24)
	var shown bytes.Buffer
	var reading sync.WaitGroup
	reading.Go(func() { _, _ = shown.ReadFrom(master) }) // ends with an error when the other end is closed
	p := cli.Process{
		Args: args, Stdin: strings.NewReader(""), Stdout: slave, Stderr: slave,
		LookupEnv: func(name string) (string, bool) { value, set := env[name]; return value, set },
	}
	code := cli.Execute(t.Context(), "RBEE_KEEPER", p, command(p))
	slave.Close()
	reading.Wait()
	if code != 0 {
		t.Errorf("%v: exit %d: %s", args, code, shown.String())
	}
	return shown.String()
}

// On a real terminal tables fit and words are coloured; elsewhere they are not.
func TestOnATerminal(t *testing.T) {
	queen := newQueen(t)
	got := onPTY(t, map[string]string{"TERM": "xterm"}, "--queen", queen.URL, "hives")
	if !strings.Contains(got, "\x1b[32mhealthy\x1b[0m") {
		t.Errorf("no colours: %q", got)
	}
	for line := range strings.Lines(escapes.ReplaceAllString(got, "")) {
		if n := textWidth(strings.TrimRight(line, "\r\n")); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for name, env := range map[string]map[string]string{
		"NO_COLOR": {"TERM": "xterm", "NO_COLOR": "1"}, "dumb": {"TERM": "dumb"}, "json": {"TERM": "xterm", "RBEE_KEEPER_OUTPUT": "json"},
	} {
		if got := onPTY(t, env, "--queen", queen.URL, "hives"); strings.Contains(got, "\x1b") || !strings.Contains(got, "healthy") {
			t.Errorf("%s: got %q", name, got)
		}
	}
}
