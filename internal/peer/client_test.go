package peer

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo answers with the Host it was sent and the body.
func echo(t *testing.T) (port string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
			return
		}
		w.Header().Set("Seen-Host", r.Host)
		_, _ = io.Copy(w, r.Body)
	}))
	t.Cleanup(server.Close)
	return server.URL[strings.LastIndex(server.URL, ":")+1:]
}

func send(t *testing.T, o Options, url, body string) (*http.Response, string, error) {
	t.Helper()
	c := NewClient(o)
	defer c.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	return resp, string(raw), err
}

func TestHostIsTheLiteralThatWasDialled(t *testing.T) {
	port := echo(t)
	for _, tt := range []struct {
		name, url, host string
		keep            bool
	}{
		{"a name", "http://localhost:" + port, "127.0.0.1:" + port, false},
		{"a literal", "http://127.0.0.1:" + port, "127.0.0.1:" + port, false},
		{"an advertised name", "http://localhost:" + port, "localhost:" + port, true},
	} {
		resp, body, err := send(t, Options{KeepHost: tt.keep}, tt.url, "hello")
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if got := resp.Header.Get("Seen-Host"); got != tt.host || body != "hello" {
			t.Errorf("%s: Host %q, body %q; want %q, hello", tt.name, got, body, tt.host)
		}
	}
}

func TestTheEnvironmentsProxyIsNotUsed(t *testing.T) {
	t.Setenv("http_proxy", "http://127.0.0.1:1")
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	var dialled string
	o := Options{Dial: func(_ context.Context, _, addr string) (net.Conn, error) {
		dialled = addr
		return nil, errors.New("not really")
	}}
	_, _, _ = send(t, o, "http://10.0.0.1:7833", "")
	if dialled != "10.0.0.1:7833" {
		t.Errorf("dialled %q, want the target itself", dialled)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	resp, _, err := send(t, Options{}, "http://127.0.0.1:"+echo(t)+"/away", "")
	if err != nil || resp.StatusCode != http.StatusFound {
		t.Errorf("got %v, %v; want the 302 itself", resp, err)
	}
}

func TestTheNextAddressIsTriedWithTheWholeBody(t *testing.T) {
	port := echo(t)
	var dialled []string
	o := Options{Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
		dialled = append(dialled, addr)
		if len(dialled) == 1 {
			return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
		}
		return (&net.Dialer{}).DialContext(ctx, network, "127.0.0.1:"+port)
	}}
	_, body, err := send(t, o, "http://localhost:"+port, "all of it")
	if err != nil || body != "all of it" {
		t.Errorf("got %q, %v", body, err)
	}
	if len(dialled) != 2 || dialled[0] == dialled[1] {
		t.Errorf("dialled %v, want two addresses of localhost", dialled)
	}
}

func TestRefusedOnlyWhenEveryAddressRefuses(t *testing.T) {
	hang := errors.New("no route")
	for _, tt := range []struct {
		name    string
		errs    []error
		refused bool
	}{
		{"all", []error{syscall.ECONNREFUSED, syscall.ECONNREFUSED}, true},
		{"one", []error{syscall.ECONNREFUSED, hang}, false},
		{"the one there is", []error{syscall.ECONNREFUSED, syscall.EADDRNOTAVAIL}, true},
	} {
		n := 0
		o := Options{Dial: func(context.Context, string, string) (net.Conn, error) {
			n++
			return nil, &net.OpError{Op: "dial", Err: tt.errs[n-1]}
		}}
		_, _, err := send(t, o, "http://localhost:1", "")
		if got := errors.Is(err, syscall.ECONNREFUSED); got != tt.refused {
			t.Errorf("%s: refused is %t in %v", tt.name, got, err)
		}
	}
}

func TestAddressesAreJudgedBeforeTheyAreDialled(t *testing.T) {
	no := errors.New("not this one")
	dialled := false
	o := Options{
		Allow: func(netip.Addr) error { return no },
		Dial: func(context.Context, string, string) (net.Conn, error) {
			dialled = true
			return nil, errors.New("dialled")
		},
	}
	for _, url := range []string{"http://127.0.0.1:1", "http://[::ffff:8.8.8.8]:1", "http://localhost:1"} {
		if _, _, err := send(t, o, url, ""); !errors.Is(err, no) || dialled {
			t.Errorf("%s: %v, dialled %t; want the refusal", url, err, dialled)
		}
	}
	var seen netip.Addr
	o.Allow = func(a netip.Addr) error { seen = a; return no }
	_, _, _ = send(t, o, "http://[::ffff:8.8.8.8]:1", "")
	if seen != netip.MustParseAddr("8.8.8.8") {
		t.Errorf("a mapped address was judged as %v", seen)
	}
}

func TestCauseTakesOffTheURL(t *testing.T) {
	_, _, err := send(t, Options{}, "http://127.0.0.1:1/secret", "")
	if got := Cause(err); strings.Contains(got.Error(), "secret") || !errors.Is(got, syscall.ECONNREFUSED) {
		t.Errorf("Cause = %v", got)
	}
}
