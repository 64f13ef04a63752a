package sshconfig

import (
	"net/netip"
	"testing"
)

func TestPublic(t *testing.T) {
	tests := []struct {
		addr string
		want bool
	}{
		{"127.0.0.1", false},
		{"127.9.9.9", false},
		{"::1", false},
		{"10.0.0.1", false},
		{"172.16.0.1", false},
		{"172.31.255.255", false},
		{"192.168.255.1", false},
		{"9.255.255.255", true},
		{"11.0.0.0", true},
		{"172.15.255.255", true},
		{"172.32.0.0", true},
		{"192.169.0.0", true},
		{"100.64.0.0", false},
		{"100.127.255.255", false},
		{"100.63.255.255", true},
		{"100.128.0.0", true},
		{"169.254.1.1", false},
		{"169.253.1.1", true},
		{"fe80::1", false},
		{"fe80::1%eth0", false},
		{"fec0::1", true},
		{"fc00::1", false},
		{"fdff::1", false},
		{"fbff::1", true},
		{"fe00::1", true},
		{"8.8.8.8", true},
		{"2001:4860:4860::8888", true},
		{"2001:4860:4860::8888%eth0", true},
		{"::ffff:10.0.0.1", false},
		{"::ffff:127.0.0.1", false},
		{"::ffff:100.64.0.1", false},
		{"::ffff:8.8.8.8", true},
		{"64:ff9b::8.8.8.8", true},
		{"0.0.0.0", true},
		{"::", true},
		{"224.0.0.1", true},
		{"255.255.255.255", true},
	}
	for _, test := range tests {
		if got := Public(netip.MustParseAddr(test.addr)); got != test.want {
			t.Errorf("Public(%s): got %v, want %v", test.addr, got, test.want)
		}
	}
	if !Public(netip.Addr{}) {
		t.Error("Public of no address: got false, want true")
	}
}

func TestLoopbackName(t *testing.T) {
	for _, name := range []string{"localhost", "LocalHost", "localhost.localdomain", "ip6-localhost", "127.0.0.1", "::1", "[::1]"} {
		if !LoopbackName(name) {
			t.Errorf("LoopbackName(%q): got false, want true", name)
		}
	}
	for _, name := range []string{"", "127.0.0.2", "127.1", "localhost.lan", "ip6-loopback", "::2", "[127.0.0.1]", "0.0.0.0"} {
		if LoopbackName(name) {
			t.Errorf("LoopbackName(%q): got true, want false", name)
		}
	}
}
