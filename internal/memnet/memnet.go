// Package memnet is a network inside one process, for tests in virtual time:
// real sockets hang in a testing/synctest bubble, these connections do not.
// Only tests import it.
package memnet

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// Net is a set of hosts that reach each other by IP:port.
type Net struct {
	mu        sync.Mutex
	listeners map[string]*Listener
	silent    map[string]bool
	nextPort  uint16
}

// New returns an empty network.
func New() *Net {
	return &Net{listeners: map[string]*Listener{}, silent: map[string]bool{}, nextPort: 30000}
}

// Listen opens addr ("10.0.0.1:7833"); it panics when it is taken, as that is a
// mistake in the test.
func (n *Net) Listen(addr string) *Listener {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.listeners[addr] != nil {
		panic("memnet: " + addr + " is taken")
	}
	l := &Listener{net: n, addr: tcpAddr(addr), conns: make(chan net.Conn), closed: make(chan struct{})}
	n.listeners[addr] = l
	return l
}

// Silence makes addr swallow every attempt to connect, as a host that is
// switched off does, until it is called with false.
func (n *Net) Silence(addr string, on bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.silent[addr] = on
}

// Dialer returns the dial function of the host at ip. An address without a
// listener refuses, as TCP does.
func (n *Net) Dialer(ip string) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, _, addr string) (net.Conn, error) {
		fail := func(err error) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: tcpAddr(addr), Err: err}
		}
		n.mu.Lock()
		l, silent := n.listeners[addr], n.silent[addr]
		n.nextPort++
		local := tcpAddr(fmt.Sprintf("%s:%d", ip, n.nextPort))
		n.mu.Unlock()
		if silent {
			select {
			case <-ctx.Done():
				return fail(ctx.Err())
			case <-time.After(2 * time.Second):
				return fail(errTimeout{})
			}
		}
		if l == nil {
			return fail(syscall.ECONNREFUSED)
		}
		here, there := net.Pipe()
		select {
		case l.conns <- &conn{Conn: there, local: l.addr, remote: local}:
			return &conn{Conn: here, local: local, remote: l.addr}, nil
		case <-l.closed:
			return fail(syscall.ECONNREFUSED)
		case <-ctx.Done():
			return fail(ctx.Err())
		}
	}
}

// Listener is a net.Listener of a Net.
type Listener struct {
	net    *Net
	addr   *net.TCPAddr
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

// Accept waits for the next connection.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close frees the address.
func (l *Listener) Close() error {
	l.once.Do(func() {
		l.net.mu.Lock()
		delete(l.net.listeners, l.addr.String())
		l.net.mu.Unlock()
		close(l.closed)
	})
	return nil
}

// Addr is the address listened on.
func (l *Listener) Addr() net.Addr { return l.addr }

// conn gives a pipe the addresses that a TCP connection would have.
type conn struct {
	net.Conn
	local, remote *net.TCPAddr
}

func (c *conn) LocalAddr() net.Addr  { return c.local }
func (c *conn) RemoteAddr() net.Addr { return c.remote }

type errTimeout struct{}

func (errTimeout) Error() string { return "i/o timeout" }
func (errTimeout) Timeout() bool { return true }

func tcpAddr(s string) *net.TCPAddr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(s))
}
