package hive

import (
	"net"
	"testing"
)

func TestAHiveSendsFromWhereItListens(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	conn, err := dialFrom("127.0.0.9")(t.Context(), "tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if got := conn.LocalAddr().(*net.TCPAddr).IP.String(); got != "127.0.0.9" {
		t.Errorf("a hive on 127.0.0.9 sends from %s", got)
	}
	for _, bind := range []string{"0.0.0.0", "::", ""} {
		if dialFrom(bind) != nil {
			t.Errorf("a hive on %q picks an address", bind)
		}
	}
	// Of another family: any address will do.
	other, err := dialFrom("::1")(t.Context(), "tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = other.Close()
}
