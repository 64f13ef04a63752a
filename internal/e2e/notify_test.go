package e2e

import (
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Both daemons tell a service manager, here a socket of the test, that they
// serve, that they live, and that they end.
func TestAServiceManagerIsTold(t *testing.T) {
	for _, tt := range []struct{ program, abstract string }{{"queen-rbee", ""}, {"rbee-hive", "@"}} {
		t.Run(tt.program, func(t *testing.T) {
			home := t.TempDir()
			socket := filepath.Join(home, "notify")
			if tt.abstract != "" {
				socket = "@rbee-notify-" + filepath.Base(filepath.Dir(home))
			}
			manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = manager.Close() }()
			hear := func(within time.Duration) string {
				b := make([]byte, 4096)
				_ = manager.SetReadDeadline(time.Now().Add(within))
				n, err := manager.Read(b)
				if err != nil {
					return ""
				}
				return string(b[:n])
			}
			port := strconv.Itoa(freePorts(t, 1)[0])
			args := []string{"--port", port, "--state-dir", filepath.Join(home, "s"), "--queen-url="}
			if tt.program == "queen-rbee" {
				args = []string{"--port", port, "--state", filepath.Join(home, "queen.db"), "--ssh-config", "/dev/null", "--discovery-delay", "1h"}
			}
			p := startWith(t, []string{"NOTIFY_SOCKET=" + socket, "WATCHDOG_USEC=400000"}, home, tt.program, args...)

			if got := hear(10 * time.Second); !strings.HasPrefix(got, "READY=1\n") || !strings.Contains(got, "127.0.0.1:"+port) {
				t.Fatalf("first it says %q, want READY=1 and where it serves", got)
			}
			resp, err := http.Get("http://127.0.0.1:" + port + "/health")
			if err != nil || resp.StatusCode != http.StatusOK {
				t.Fatalf("it said that it serves: %v, %v", resp, err)
			}
			_ = resp.Body.Close()
			for range 3 {
				if got := hear(2 * time.Second); got != "WATCHDOG=1" {
					t.Errorf("a live daemon says %q, want WATCHDOG=1", got)
				}
			}
			_ = p.cmd.Process.Signal(syscall.SIGTERM)
			for got := ""; !strings.HasPrefix(got, "STOPPING=1"); {
				if got = hear(5 * time.Second); got == "" {
					t.Fatal("it does not say that it ends")
				}
			}
			if code := p.wait(); code != 0 {
				t.Errorf("exit code %d", code)
			}
		})
	}
}
