package door

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"
)

// ownAddresses are this machine's beside its loopback.
func ownAddresses(t *testing.T) (own []string) {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range all {
		if p, err := netip.ParsePrefix(at.String()); err == nil && p.Addr().IsGlobalUnicast() {
			own = append(own, p.Addr().String())
		}
	}
	return own
}

// judge listens, dials and returns what FromThisMachine says; headers are name, value.
func judge(t *testing.T, listen, from, to string, headers ...string) string {
	t.Helper()
	ln, err := Listen(t.Context(), net.JoinHostPort(listen, "0"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, FromThisMachine(r)) })
	go func() { done <- Serve(ctx, ln, h, time.Second, quiet) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: dialer.DialContext}}
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+net.JoinHostPort(to, port), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if len(headers) > 0 {
		req.Header.Set(headers[0], headers[1])
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestWhoIsOnThisMachine(t *testing.T) {
	const yes, no = "true", "false"
	is := func(want, what, got string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
	is(yes, "over the loopback", judge(t, "127.0.0.1", "127.0.0.1", "127.0.0.1"))
	is(yes, "from all of the loopback", judge(t, "127.0.0.3", "127.0.0.4", "127.0.0.3"))
	is(yes, "over the loopback to all addresses", judge(t, "0.0.0.0", "127.0.0.1", "127.0.0.1"))
	is(no, "a proxy", judge(t, "127.0.0.1", "127.0.0.1", "127.0.0.1", "X-Forwarded-For", "192.0.2.7"))
	own := ownAddresses(t)
	if len(own) == 0 {
		t.Skip("*** THIS MACHINE HAS NO ADDRESS BESIDE ITS LOOPBACK: what comes from its own addresses is not tested ***")
	}
	for _, at := range own {
		is(yes, "from the one address listened on, "+at, judge(t, at, at, at))
		is(no, "a proxy at the one address, "+at, judge(t, at, at, at, "Forwarded", "for=192.0.2.7"))
		everywhere := "0.0.0.0"
		if netip.MustParseAddr(at).Is6() {
			everywhere = "::"
		}
		is(no, "from one of the addresses listened on, "+at, judge(t, everywhere, at, at))
		for _, other := range own {
			if other != at && netip.MustParseAddr(at).Is4() == netip.MustParseAddr(other).Is4() {
				is(no, "from "+other+" to "+at, judge(t, at, other, at))
			}
		}
	}
}
