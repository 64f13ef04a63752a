package cli

import (
	"context"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// daemon answers for as long as it is not told to hang.
type daemon struct {
	ln    net.Listener
	hang  chan struct{} // closed: no more answers
	ready chan struct{}
}

func (d *daemon) Ready() <-chan struct{} { return d.ready }
func (d *daemon) Addr() net.Addr         { return d.ln.Addr() }

func (d *daemon) Run(ctx context.Context) error {
	s := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-d.hang:
			<-r.Context().Done()
		default:
			w.WriteHeader(http.StatusServiceUnavailable) // an answer all the same
		}
	})}
	go func() { _ = s.Serve(d.ln) }()
	close(d.ready)
	<-ctx.Done()
	return s.Close()
}

// A daemon that does not answer any more gets no pings, and is said not to.
func TestADaemonThatHangsIsNotCalledAlive(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "notify")
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = manager.Close() }()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &daemon{ln: ln, hang: make(chan struct{}), ready: make(chan struct{})}
	env := map[string]string{"NOTIFY_SOCKET": socket, "WATCHDOG_USEC": "200000"}
	p := Process{LookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Serve(ctx, d, "/readyz") }()
	hear := func() string {
		t.Helper()
		b := make([]byte, 4096)
		_ = manager.SetReadDeadline(time.Now().Add(5 * time.Second))
		n, err := manager.Read(b)
		if err != nil {
			t.Fatal("nothing is said:", err)
		}
		return string(b[:n])
	}
	if got := hear(); !strings.HasPrefix(got, "READY=1") {
		t.Errorf("first %q", got)
	}
	if got := hear(); got != "WATCHDOG=1" {
		t.Errorf("then %q", got)
	}
	close(d.hang)
	for got := hear(); ; got = hear() { // one ping may have been under way
		if strings.HasPrefix(got, "STATUS=Does not answer GET /readyz") {
			break
		}
		if got != "WATCHDOG=1" {
			t.Fatalf("%q", got)
		}
	}
	for range 3 {
		if got := hear(); strings.Contains(got, "WATCHDOG=1") {
			t.Errorf("a daemon that hangs is called alive: %q", got)
		}
	}
	cancel()
	for got := hear(); !strings.HasPrefix(got, "STOPPING=1"); got = hear() {
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
