package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// pane is a terminal of 80x24 in a tmux of its own.
type pane struct {
	t      *testing.T
	socket string
}

func openPane(t *testing.T, home, command string) *pane {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("SKIPPED: tmux is not installed, so top is not tested on a terminal")
	}
	dir, err := os.MkdirTemp("", "rbee-tmux-") //nolint:usetesting // the path of a socket must be short, that of t.TempDir is not
	if err != nil {
		t.Fatal(err)
	}
	p := &pane{t: t, socket: filepath.Join(dir, "s")}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the screen:\n%s", p.screen())
		}
		_ = exec.Command("tmux", "-S", p.socket, "kill-server").Run()
		_ = os.RemoveAll(dir)
	})
	cmd := exec.Command("tmux", "-u", "-S", p.socket, "-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", command)
	cmd.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "TERM=xterm", "LC_ALL=C.UTF-8"}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("tmux: %v\n%s", err, out)
	}
	return p
}

func (p *pane) do(args ...string) {
	p.t.Helper()
	if out, err := exec.Command("tmux", append([]string{"-S", p.socket}, args...)...).CombinedOutput(); err != nil {
		p.t.Fatalf("tmux %v: %v\n%s", args, err, out)
	}
}

func (p *pane) screen() string {
	out, _ := exec.Command("tmux", "-S", p.socket, "capture-pane", "-p").Output() // no server, no screen
	return string(out)
}

// shows waits until the screen matches.
func (p *pane) shows(within time.Duration, pattern string) {
	p.t.Helper()
	re := regexp.MustCompile(pattern)
	eventually(p.t, within, func() error {
		if screen := p.screen(); !re.MatchString(screen) {
			return fmt.Errorf("the screen does not show %q:\n%s", pattern, screen)
		}
		return nil
	})
}

// Top shows a hive live, outlasts a queen that is killed, and gives the terminal
// back as it was, whether it is quit or ended.
func TestTopOnATerminal(t *testing.T) {
	home := t.TempDir()
	ports := freePorts(t, 2)
	state := filepath.Join(home, "queen.db")
	dir, err := binaries()
	if err != nil {
		t.Fatal(err)
	}
	url := "http://127.0.0.1:" + strconv.Itoa(ports[0])
	keeper := fmt.Sprintf("%s/rbee-keeper --queen %s top", dir, url)
	p := openPane(t, home, "stty -g >"+home+"/before; "+keeper+"; echo FIRST $?; "+
		"echo $$ >"+home+"/shell; "+keeper+"; echo SECOND $?; stty -g >"+home+"/after; echo DONE; exec sleep 1000")
	p.shows(10*time.Second, "queen away since .* connection refused")

	q := startQueen(t, home, state, ports[0], "--discovery-delay", "1h")
	startHive(t, home, ports[1], "live-one", "--queen-url", q.url)
	p.shows(20*time.Second, `live-one +healthy +[0-2]s +\d+% `)
	q.kill()
	p.shows(10*time.Second, "queen away since [1-9]")
	startQueen(t, home, state, ports[0], "--discovery-delay", "1h")
	p.shows(20*time.Second, `queen http.*1 hive,(?s).*live-one +healthy`)

	p.do("resize-window", "-x", "40", "-y", "10")
	p.shows(5*time.Second, `(?m)^HIVE +STATUS.*VRAM *$`)
	p.do("resize-window", "-x", "80", "-y", "24")
	p.do("send-keys", "q")
	p.shows(10*time.Second, "FIRST 0")

	p.shows(10*time.Second, "live-one") // the second
	eventually(t, 10*time.Second, func() error { return endChild(filepath.Join(home, "shell")) })
	p.shows(10*time.Second, "SECOND 0\nDONE")
	before, _ := os.ReadFile(filepath.Join(home, "before"))
	after, err := os.ReadFile(filepath.Join(home, "after"))
	if err != nil || len(before) == 0 || string(before) != string(after) {
		t.Errorf("%v; the terminal was\n%s\nand is\n%s", err, before, after)
	}
}

// endChild sends SIGTERM to the keeper that the shell whose pid stands in the
// file runs.
func endChild(file string) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	shell := strings.TrimSpace(string(raw))
	children, err := os.ReadFile("/proc/" + shell + "/task/" + shell + "/children")
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(children)))
	if err != nil {
		return err
	}
	if name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); err != nil || strings.TrimSpace(string(name)) != "rbee-keeper" {
		return errors.New("the shell runs something else")
	}
	return syscall.Kill(pid, syscall.SIGTERM)
}
