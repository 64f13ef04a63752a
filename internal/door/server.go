package door

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"golang.org/x/net/netutil"
	"golang.org/x/sys/unix"
)

// reservedFiles are the descriptors kept back from connections for the state
// file, the log and the program's own calls.
const reservedFiles = 200

// maxHeaderBytes bounds the headers of a request.
const maxHeaderBytes = 16 << 10

// writeTimeout bounds an ordinary answer, from the end of its request's headers.
const writeTimeout = time.Minute

// sendBuffer is what the kernel may hold of an answer that is not read yet. Left
// to itself it takes some MiB of each stream whose reader is stuck, and the
// program notices that much later.
const sendBuffer = 128 << 10

// Listen opens addr for TCP, for at most as many connections at once as the
// process may have files less reservedFiles.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) { // connections have it from the listener; without it they work as well
			_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer)
		})
	}}
	ln, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	return netutil.LimitListener(ln, connectionLimit()), nil
}

func connectionLimit() int {
	var lim unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &lim); err != nil || lim.Cur > 1<<20 {
		return 1 << 20
	}
	return max(16, int(lim.Cur)-reservedFiles)
}

// Serve answers requests on ln until ctx ends, then stops admitting, gives
// requests in flight up to drain to finish, and returns. A request that takes
// longer is cut off: its connection closes and its context ends. A
// handler that runs for longer than writeTimeout lifts it with OpenEnded, and
// ends by itself when the program stops.
func Serve(ctx context.Context, ln net.Listener, h http.Handler, drain time.Duration, log *slog.Logger) error {
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       75 * time.Second,
		MaxHeaderBytes:    maxHeaderBytes,
		// net/http would answer "OPTIONS *" itself, past the guard.
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		BaseContext:                  func(net.Listener) context.Context { return withAddress(context.Background(), ln) },
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve on %s: %w", ln.Addr(), err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	err := srv.Shutdown(stop)
	if errors.Is(err, context.DeadlineExceeded) {
		err = srv.Close()
	}
	if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}

// OpenEnded lifts the time limits of the server for one long answer, a stream
// for instance: reading, whose deadline would cancel the request, and writing,
// for which the handler then sets deadlines of its own.
func OpenEnded(w http.ResponseWriter) {
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Time{}) // a connection without deadlines has none to lift
	_ = rc.SetWriteDeadline(time.Time{})
}
