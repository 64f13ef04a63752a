package hiveclient

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"rbee/internal/peer"
	"rbee/internal/wire"
)

func serve(t *testing.T, h http.HandlerFunc) int {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	port, err := strconv.Atoi(server.URL[strings.LastIndex(server.URL, ":")+1:])
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func ask(t *testing.T, port int, p Pull) (*Answer, error) {
	t.Helper()
	c := New(peer.Options{})
	defer c.Close()
	return c.Capabilities(t.Context(), "localhost", port, p)
}

func TestThePullIsEncoded(t *testing.T) {
	var raw string
	port := serve(t, func(w http.ResponseWriter, r *http.Request) {
		raw = r.Method + " " + r.URL.RequestURI()
		_, _ = io.WriteString(w, `{"devices":[]}`)
	})
	answer, err := ask(t, port, Pull{QueenURL: "http://10.0.0.1:7833", QueenID: "q 1", Take: true})
	if err != nil {
		t.Fatal(err)
	}
	if want := "GET /capabilities?queen_id=q+1&queen_url=http%3A%2F%2F10.0.0.1%3A7833&take=1"; raw != want {
		t.Errorf("asked %s, want %s", raw, want)
	}
	if answer.Peer != netip.MustParseAddr("127.0.0.1") {
		t.Errorf("the answer came from %v", answer.Peer)
	}
	if _, err := ask(t, port, Pull{}); err != nil || raw != "GET /capabilities" {
		t.Errorf("a plain question asked %s, %v", raw, err)
	}
}

func TestWhatIsNoHive(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		body   string
		class  string
	}{
		"2025":                      {200, `{"devices":[{"id":"CPU-0","name":"CPU","device_type":"cpu","vram_gb":1,"compute_capability":null}]}`, ""},
		"now":                       {200, `{"hive":{"id":"a","port":7835},"state":"telemetry","queen_url":null,"devices":[]}`, ""},
		"a web server":              {200, `<html>`, wire.ErrorNotAHive},
		"no devices":                {200, `{"hive":{"id":"a","port":1}}`, wire.ErrorNotAHive},
		"null devices":              {200, `{"devices":null}`, wire.ErrorNotAHive},
		"devices of another type":   {200, `{"devices":{}}`, wire.ErrorNotAHive},
		"a device without id":       {200, `{"devices":[{"id":"","name":""}]}`, wire.ErrorNotAHive},
		"a bad id":                  {200, `{"hive":{"id":"a b","port":1},"devices":[]}`, wire.ErrorNotAHive},
		"an unknown state":          {200, `{"hive":{"id":"a","port":1},"state":"x","devices":[]}`, wire.ErrorNotAHive},
		"an answer without end":     {200, `{"devices":[],"x":"` + strings.Repeat("x", wire.MaxCapabilitiesBytes) + `"}`, wire.ErrorNotAHive},
		"an error":                  {500, `{"devices":[]}`, "http_500"},
		"another's 404":             {404, ``, "http_404"},
		"a redirect to somewhere":   {302, ``, "http_302"},
		"an answer with no content": {204, ``, "http_204"},
	} {
		port := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(tt.status)
			_, _ = io.WriteString(w, tt.body)
		})
		_, err := ask(t, port, Pull{})
		if got := ErrorClass(err); got != tt.class {
			t.Errorf("%s: class %q of %v, want %q", name, got, err, tt.class)
		}
	}
}

func TestErrorClassOfFailures(t *testing.T) {
	for want, err := range map[string]error{
		wire.ErrorRefused: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED},
		wire.ErrorTimeout: context.DeadlineExceeded,
		wire.ErrorDNS:     &net.DNSError{Err: "no such host", IsNotFound: true},
		wire.ErrorNetwork: errors.New("no route to host"),
	} {
		if got := ErrorClass(err); got != want {
			t.Errorf("ErrorClass(%v) = %q, want %q", err, got, want)
		}
	}
	if got := ErrorClass(&net.OpError{Op: "dial", Err: timeout{}}); got != wire.ErrorTimeout {
		t.Errorf("a dial that timed out is %q", got)
	}
	if got := ErrorClass(&net.DNSError{Err: "i/o timeout", IsTimeout: true}); got != wire.ErrorDNS {
		t.Errorf("a DNS timeout is %q, want dns", got)
	}
}

type timeout struct{}

func (timeout) Error() string { return "i/o timeout" }
func (timeout) Timeout() bool { return true }
