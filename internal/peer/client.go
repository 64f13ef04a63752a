package peer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"
)

// DialTimeout bounds connecting to one address. net/http goes on dialling after
// a request has timed out, so the dialler needs a bound of its own.
const DialTimeout = 2 * time.Second

// Options changes what NewClient builds. The zero value dials anything.
type Options struct {
	// Dial replaces the network, for tests in virtual time.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Allow judges each resolved address before it is dialled; an error refuses it.
	Allow func(netip.Addr) error
	// KeepHost sends the URL's own host name as Host: for an advertised URL,
	// whose name the other side knows and a reverse proxy may need.
	KeepHost bool
}

// NewClient returns a client to be kept and shared. It has no overall timeout:
// callers bound each request by its context.
func NewClient(o Options) *http.Client {
	dial := o.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: DialTimeout, KeepAlive: 15 * time.Second}).DialContext
	}
	base := &http.Transport{
		DialContext:            dial,
		TLSHandshakeTimeout:    DialTimeout,
		MaxIdleConnsPerHost:    2,
		IdleConnTimeout:        60 * time.Second, // before the server's 75 s: a heartbeat must not meet the end of its connection
		MaxResponseHeaderBytes: 16 << 10,
		DisableCompression:     true,
	}
	return &http.Client{
		Transport:     &transport{base: base, allow: o.Allow, keepHost: o.KeepHost, good: map[string]netip.Addr{}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

type transport struct {
	base     *http.Transport
	allow    func(netip.Addr) error
	keepHost bool

	mu   sync.Mutex
	good map[string]netip.Addr // host name → the address that last answered
}

// CloseIdleConnections lets http.Client reach the pool.
func (t *transport) CloseIdleConnections() { t.base.CloseIdleConnections() }

// RoundTrip resolves the host itself, so that the address can be judged and
// named as Host, and tries the addresses one after the other.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != "http" || t.keepHost {
		return t.base.RoundTrip(req)
	}
	host := req.URL.Hostname()
	addrs, err := t.resolve(req.Context(), host)
	if err != nil {
		closeBody(req)
		return nil, err
	}
	var failed []error
	for _, addr := range addrs {
		attempt, err := toAddress(req, addr)
		if err != nil {
			return nil, err
		}
		resp, err := t.base.RoundTrip(attempt)
		if err == nil {
			t.remember(host, addr)
			return resp, nil
		}
		failed = append(failed, err)
		if !dialFailed(err) {
			break
		}
	}
	t.forget(host)
	return nil, worst(failed)
}

// resolve returns the addresses of host that may be dialled, the one that
// answered last first.
func (t *transport) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	addrs, err := t.lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	if t.allow == nil {
		return addrs, nil
	}
	allowed := addrs[:0:0]
	for _, addr := range addrs {
		if refusal := t.allow(addr); refusal != nil {
			err = refusal
			continue
		}
		allowed = append(allowed, addr)
	}
	if len(allowed) == 0 {
		return nil, err
	}
	return allowed, nil
}

func (t *transport) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr.Unmap()}, nil
	}
	t.mu.Lock()
	addr, ok := t.good[host]
	t.mu.Unlock()
	if ok {
		return []netip.Addr{addr}, nil
	}
	return Lookup(ctx, host)
}

// loopback is what "localhost" means, whatever a resolver says (RFC 6761, 6.3).
var loopback = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}

// Lookup resolves a host name or IP literal to at least one address.
func Lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if strings.EqualFold(host, "localhost") {
		return loopback, nil
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr.Unmap()}, nil
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	if len(addrs) == 0 {
		return nil, &net.DNSError{Err: "no addresses", Name: host, IsNotFound: true}
	}
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	return addrs, nil
}

func (t *transport) remember(host string, addr netip.Addr) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.good[host] = addr
}

func (t *transport) forget(host string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.good, host)
}

// toAddress returns req aimed at one address, with a fresh body.
func toAddress(req *http.Request, addr netip.Addr) (*http.Request, error) {
	out := req.Clone(req.Context())
	out.URL.Host = hostPort(addr, req.URL.Port())
	out.Host = out.URL.Host
	if req.Body != nil && req.Body != http.NoBody {
		if req.GetBody == nil {
			return nil, fmt.Errorf("request to %s has a body that cannot be sent twice", req.URL.Redacted())
		}
		body, err := req.GetBody()
		if err != nil {
			return nil, fmt.Errorf("request to %s: %w", req.URL.Redacted(), err)
		}
		out.Body = body
	}
	return out, nil
}

func hostPort(addr netip.Addr, port string) string {
	if port != "" {
		return net.JoinHostPort(addr.String(), port)
	}
	if addr.Is6() {
		return "[" + addr.String() + "]"
	}
	return addr.String()
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}

// Cause takes the method and the URL off an error of a client's Do, whose text
// is then what went wrong.
func Cause(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

func dialFailed(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// worst picks the error to report of several addresses. A refusal says only
// that one of them has no listener, so anything else says more; but not that
// this machine has no network of that family, IPv6 switched off for instance.
func worst(errs []error) error {
	out := errs[0]
	for _, err := range errs[1:] {
		if weight(err) > weight(out) {
			out = err
		}
	}
	return out
}

func weight(err error) int {
	switch {
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, syscall.EAFNOSUPPORT), errors.Is(err, syscall.ENETUNREACH):
		return 0
	case errors.Is(err, syscall.ECONNREFUSED):
		return 1
	default:
		return 2
	}
}
