package door

import (
	"context"
	"net"
	"net/http"
	"net/netip"
)

// FromThisMachine tells whether the request comes from a program on this
// machine, and not from a proxy on it that speaks for others.
//
// Such a program comes over the loopback. It also comes from the address itself
// that the server listens on, if that is one alone: what this machine sends to an
// address of its own never leaves it, so nobody else who writes that address on
// his packets gets an answer, and a connection. Who listens on all addresses is
// reached over the loopback anyway, and judges by nothing else: in a container
// what comes through a published port may come from the container's own address.
func FromThisMachine(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || r.Header.Get("Forwarded") != "" || r.Header.Get("X-Forwarded-For") != "" {
		return false
	}
	from := peer.Addr().Unmap()
	only, one := r.Context().Value(onlyAddress{}).(netip.Addr)
	return from.IsLoopback() || (one && from == only)
}

// onlyAddress is the key of the one address that a server listens on.
type onlyAddress struct{}

// withAddress notes where ln listens, unless that is everywhere.
func withAddress(ctx context.Context, ln net.Listener) context.Context {
	at, err := netip.ParseAddrPort(ln.Addr().String())
	if err != nil || at.Addr().IsUnspecified() {
		return ctx
	}
	return context.WithValue(ctx, onlyAddress{}, at.Addr().Unmap())
}
