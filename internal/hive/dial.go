package hive

import (
	"context"
	"net"
	"net/netip"
	"time"

	"rbee/internal/peer"
)

// dialFrom returns the network as a hive that listens on bind uses it. A hive
// on one address only also sends from there, since that is where a queen who
// goes by the sender's address then looks for it. Loopback reaches loopback
// only, so that a hive bound there sends elsewhere from any address.
func dialFrom(bind string) dialFunc {
	from, err := netip.ParseAddr(bind)
	if err != nil || from.IsUnspecified() {
		return nil
	}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		dialer := net.Dialer{Timeout: peer.DialTimeout, KeepAlive: 15 * time.Second}
		to, err := netip.ParseAddrPort(addr)
		if err == nil && to.Addr().Is4() == from.Is4() && (!from.IsLoopback() || to.Addr().IsLoopback()) {
			dialer.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(from, 0))
		}
		return dialer.DialContext(ctx, network, addr)
	}
}
