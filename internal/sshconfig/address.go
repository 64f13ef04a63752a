package sshconfig

import (
	"net/netip"
	"strings"
)

// sharedNet is carrier-grade NAT space (RFC 6598), where overlay networks live.
var sharedNet = netip.MustParsePrefix("100.64.0.0/10")

// Public reports whether addr lies outside every network that is the user's
// own: loopback, RFC 1918, 100.64/10, link-local and fc00::/7. An IPv4-mapped
// IPv6 address is judged as the IPv4 address it carries. Whatever is none of
// those is public, the unspecified and the zero Addr too: in doubt nothing is
// probed.
func Public(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("") // a prefix contains no zoned address
	return !addr.IsLoopback() && !addr.IsPrivate() && !addr.IsLinkLocalUnicast() && !sharedNet.Contains(addr)
}

// LoopbackName reports whether hostname is one of the names under which a
// machine speaks to itself: localhost, localhost.localdomain, ip6-localhost,
// 127.0.0.1 and ::1, in any case, the last also in brackets. The rest of 127/8
// are distinct hosts.
func LoopbackName(hostname string) bool {
	switch strings.ToLower(hostname) {
	case "localhost", "localhost.localdomain", "ip6-localhost", "127.0.0.1", "::1", "[::1]":
		return true
	}
	return false
}
