package worker

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"rbee/internal/hive/worker/proc"
)

// An engine that shares its port, as llama-server, leaves connections on it that
// keep others from it for a minute. They are not somebody who has the port.
func TestWhatIsLeftOfConnectionsHoldsNoPort(t *testing.T) {
	share := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var set error
		err := c.Control(func(fd uintptr) {
			set = errors.Join(unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 0),
				unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1))
		})
		return errors.Join(err, set)
	}}
	listen := func() *net.TCPListener {
		l, err := share.Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		return l.(*net.TCPListener)
	}
	l := listen()
	port := l.Addr().(*net.TCPAddr).Port
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	p := newPorts("127.0.0.1", PortRange{port, port})
	if held, err := proc.Listens(port); !held || err != nil || p.becomesFree(t.Context(), port, 0) {
		t.Errorf("while somebody listens: %v, %v", held, err)
	}
	l.Close()
	server.Close() // first, so that it waits on this side
	if _, err := client.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	if p.free(t.Context(), port) {
		t.Skip("SKIPPED: connections of the past hold no port on this system")
	}
	if held, err := proc.Listens(port); held || err != nil || !p.becomesFree(t.Context(), port, 0) {
		t.Errorf("once nobody listens: %v, %v", held, err)
	}
	if got, err := p.take(t.Context(), "the same", port); got != port || err != nil {
		t.Errorf("the worker that had it gets port %d: %v", got, err)
	}
	p.giveBack(port, "the same")
	if got, err := p.take(t.Context(), "another", 0); !errors.Is(err, ErrNoPort) {
		t.Errorf("another gets port %d: %v", got, err)
	}
}
