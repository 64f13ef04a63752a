package door

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"rbee/internal/memnet"
)

// A client that dribbles is cut off: its headers after 5 s, its body after 30 s,
// an idle connection after 75 s.
func TestSlowClientsAreCutOff(t *testing.T) {
	for _, tt := range []struct {
		name, sends string
		after       time.Duration
	}{
		{"headers", "POST / HTTP/1.1\r\nHost: 10.0.0.1\r\nX-Slow: ", 5 * time.Second},
		{"body", "POST / HTTP/1.1\r\nHost: 10.0.0.1\r\nContent-Length: 100\r\n\r\nx", 30 * time.Second},
		{"idle", "GET / HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n", 75 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := memnet.New()
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error, 1)
				h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
				go func() { done <- Serve(ctx, network.Listen("10.0.0.1:80"), h, time.Second, quiet) }()
				synctest.Wait()
				conn, err := network.Dialer("10.0.0.2")(ctx, "tcp", "10.0.0.1:80")
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				go func() { _, _ = io.WriteString(conn, tt.sends) }()
				_, _ = io.Copy(io.Discard, conn) // until the server closes
				if got := time.Since(start); got < tt.after || got > tt.after+2*time.Second {
					t.Errorf("cut off after %v, want %v", got, tt.after)
				}
				_ = conn.Close()
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// An answer that nobody reads is given up after a minute; one that is open-ended
// is not.
func TestWriteTimeoutAndOpenEnded(t *testing.T) {
	for name, openEnded := range map[string]bool{"ordinary": false, "open-ended": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := memnet.New()
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error, 1)
				h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if openEnded {
						OpenEnded(w)
					}
					time.Sleep(3 * time.Minute)
					if r.Context().Err() != nil {
						return
					}
					_, _ = io.WriteString(w, "late")
				})
				go func() { done <- Serve(ctx, network.Listen("10.0.0.1:80"), h, time.Second, quiet) }()
				synctest.Wait()
				conn, err := network.Dialer("10.0.0.2")(ctx, "tcp", "10.0.0.1:80")
				if err != nil {
					t.Fatal(err)
				}
				go func() { _, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: 10.0.0.1\r\nConnection: close\r\n\r\n") }()
				raw, _ := io.ReadAll(conn)
				if got := strings.HasSuffix(string(raw), "late"); got != openEnded {
					t.Errorf("the late answer arrived: %t, want %t", got, openEnded)
				}
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// limitChild has few descriptors and counts the connections it admits at once.
func limitChild() string {
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: reservedFiles + 20, Max: reservedFiles + 20}); err != nil {
		return err.Error()
	}
	ln, err := Listen(context.Background(), "127.0.0.1:0")
	if err != nil {
		return err.Error()
	}
	admitted := make(chan struct{}, 100)
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			defer func() { _ = conn.Close() }()
			admitted <- struct{}{}
		}
	}()
	for range 30 {
		if _, err := net.DialTimeout("tcp", ln.Addr().String(), time.Second); err != nil {
			return err.Error()
		}
	}
	time.Sleep(200 * time.Millisecond)
	if n := len(admitted); n != 20 {
		return fmt.Sprintf("admitted %d connections at once, want 20", n)
	}
	return ""
}

func TestConnectionsLeaveDescriptorsForTheStateFile(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "DOOR_TEST_LIMIT=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
