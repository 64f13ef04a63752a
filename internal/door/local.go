package door

import (
	"net/http"
	"net/netip"
)

// FromThisMachine tells whether the request comes from a program on this
// machine, and not from a proxy on it that speaks for others.
func FromThisMachine(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && peer.Addr().Unmap().IsLoopback() &&
		r.Header.Get("Forwarded") == "" && r.Header.Get("X-Forwarded-For") == ""
}
