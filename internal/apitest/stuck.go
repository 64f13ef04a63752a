package apitest

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// Stuck opens n connections to addr that ask for path and then read nothing,
// with as small a window as the kernel gives. Whatever is left of them ends with
// the test.
func Stuck(t *testing.T, addr, path string, n int) []net.Conn {
	t.Helper()
	dialer := net.Dialer{Timeout: 5 * time.Second, Control: func(_, _ string, raw syscall.RawConn) error {
		var err error
		if failed := raw.Control(func(fd uintptr) {
			err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 1)
		}); failed != nil {
			return failed
		}
		return err
	}}
	conns := make([]net.Conn, n)
	for i := range conns {
		c, err := dialer.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", path, addr); err != nil {
			t.Fatal(err)
		}
		conns[i] = c
	}
	return conns
}

// Held is what a process holds that it could leak.
type Held struct{ Goroutines, Files int }

// Holding counts them.
func Holding(t *testing.T) Held {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skipf("SKIPPED: what is open cannot be counted: %v", err)
	}
	return Held{runtime.NumGoroutine(), len(files)}
}

// Dropped waits until the server, in this process, holds nothing more for these
// connections than before they were opened, and closes them.
func (h Held) Dropped(t *testing.T, conns []net.Conn, within time.Duration) {
	t.Helper()
	h.Files += len(conns) // their own ends
	h.BackTo(t, within)
	for _, c := range conns {
		_ = c.Close()
	}
}

// BackTo waits until no more is held than before, give or take what idle
// connections of clients hold.
func (h Held) BackTo(t *testing.T, within time.Duration) {
	t.Helper()
	const slack = 8
	for deadline := time.Now().Add(within); ; time.Sleep(20 * time.Millisecond) {
		now := Holding(t)
		if now.Goroutines <= h.Goroutines+slack && now.Files <= h.Files+slack {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("there were %+v, and %v later there still are %+v", h, within, now)
			return
		}
	}
}
