package download

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"rbee/internal/wire"
)

const (
	maxRedirects = 5
	dialTimeout  = 10 * time.Second
	maxHeaders   = 64 << 10
	maxRetryWait = time.Minute
)

var (
	// ErrDenied says that the server wants another token, or none will do.
	ErrDenied = errors.New("access denied")
	// ErrNotFound says that there is no such file or repository.
	ErrNotFound = errors.New("not found")
)

// permanent marks an error that trying again does not help.
type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// later is an answer that asks to be left alone for a while.
type later struct {
	error
	wait time.Duration
}

// client speaks to the hub and to others. It follows redirects itself, since
// what they may change has rules.
type client struct {
	hub       *url.URL
	userAgent string
	http      http.Client
}

func newClient(c Config, hub *url.URL) *client {
	transport := func(d *net.Dialer, proxy func(*http.Request) (*url.URL, error)) *http.Transport {
		return &http.Transport{
			DialContext:            d.DialContext,
			Proxy:                  proxy,
			TLSClientConfig:        &tls.Config{RootCAs: c.RootCAs, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    dialTimeout,
			MaxResponseHeaderBytes: maxHeaders,
			DisableCompression:     true,
			IdleConnTimeout:        time.Minute,
		}
	}
	onLoopback := func(_, address string, _ syscall.RawConn) error {
		addr, err := netip.ParseAddrPort(address)
		if err != nil || !addr.Addr().Unmap().IsLoopback() {
			return permanent{fmt.Errorf("plain http is for this machine only, and %s is not on it", address)}
		}
		return nil
	}
	return &client{hub: hub, userAgent: c.UserAgent, http: http.Client{
		Transport: byScheme{
			https: transport(&net.Dialer{Timeout: dialTimeout}, c.Proxy),
			http:  transport(&net.Dialer{Timeout: dialTimeout, Control: onLoopback}, nil),
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

type byScheme struct{ https, http *http.Transport }

func (t byScheme) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme == "https" {
		return t.https.RoundTrip(req)
	}
	return t.http.RoundTrip(req)
}

// CloseIdleConnections lets http.Client reach the pools.
func (t byScheme) CloseIdleConnections() {
	t.https.CloseIdleConnections()
	t.http.CloseIdleConnections()
}

// answer is the last response of a chain of redirects, and what the hub said of
// the file on the way.
type answer struct {
	*http.Response
	identity string // the hub's name for this content, "" if it gave none
	sha256   string // of the content, if the hub said it
	size     int64  // as the hub says, 0 if it does not
}

// get asks for u. The caller closes the body of an answer; there is none beside
// an error. Statuses other than those wanted are errors.
func (c *client) get(ctx context.Context, u *url.URL, token string, header http.Header, wanted ...int) (*answer, error) {
	out := &answer{}
	for range maxRedirects + 1 {
		resp, err := c.once(ctx, u, token, header)
		if err != nil {
			return nil, err
		}
		if sameOrigin(u, c.hub) {
			out.learn(resp.Header, resp.StatusCode)
		}
		if resp.StatusCode < 300 || resp.StatusCode > 399 {
			out.Response = resp
			return out, c.judge(resp, token, wanted)
		}
		drain(resp)
		if u, err = redirect(u, resp.Header.Get("Location")); err != nil {
			return nil, permanent{err}
		}
	}
	return nil, permanent{fmt.Errorf("more than %d redirects, the last to %s", maxRedirects, u.Host)}
}

func (c *client) once(ctx context.Context, u *url.URL, token string, header http.Header) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, permanent{err}
	}
	for key, values := range header {
		req.Header[key] = values
	}
	req.Header.Set("User-Agent", c.userAgent)
	req.Header.Set("Accept-Encoding", "identity")
	if token != "" && sameOrigin(u, c.hub) {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := c.http.Do(req)
	if err == nil {
		return resp, nil
	}
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err // without the URL, whose query may be a secret
	}
	err = fmt.Errorf("%s: %w", u.Host, err)
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &certificate) {
		return nil, permanent{err}
	}
	return nil, err
}

func redirect(from *url.URL, location string) (*url.URL, error) {
	if location == "" {
		return nil, fmt.Errorf("%s redirects to nowhere", from.Host)
	}
	to, err := from.Parse(location)
	if err != nil {
		return nil, fmt.Errorf("%s redirects to what is no URL", from.Host)
	}
	if from.Scheme == "https" && to.Scheme != "https" {
		return nil, fmt.Errorf("%s redirects from https to %s of %s, which is not followed", from.Host, wire.Printable(to.Scheme), wire.Printable(to.Host))
	}
	if err := allowed(to); err != nil {
		return nil, fmt.Errorf("%s redirects to %s: %w", from.Host, wire.Printable(to.Host), err)
	}
	to.Fragment = ""
	return to, nil
}

func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	default:
		return "80"
	}
}

var hexSum = regexp.MustCompile(`^[0-9a-f]{64}$`)

// learn takes what the hub says of the file itself, not of the hop.
func (a *answer) learn(h http.Header, status int) {
	tag := h.Get("X-Linked-Etag")
	if tag == "" && status < 300 {
		tag = h.Get("Etag")
	}
	if tag = strings.Trim(strings.TrimPrefix(tag, "W/"), `"`); tag != "" && a.identity == "" {
		a.identity = tag
		if hexSum.MatchString(tag) {
			a.sha256 = tag
		}
	}
	if n, err := strconv.ParseInt(h.Get("X-Linked-Size"), 10, 64); err == nil && n > 0 {
		a.size = n
	}
}

// drain lets a connection be used again if little is left on it.
func drain(resp *http.Response) {
	_, _ = io.CopyN(io.Discard, resp.Body, 16<<10)
	_ = resp.Body.Close()
}

// judge closes the body and returns an error unless the status is wanted.
func (c *client) judge(resp *http.Response, token string, wanted []int) error {
	for _, status := range wanted {
		if resp.StatusCode == status {
			return nil
		}
	}
	defer drain(resp)
	host, status := resp.Request.URL.Host, resp.StatusCode
	said := ""
	if text := resp.Header.Get("X-Error-Message"); text != "" {
		said = ": " + strconv.Quote(wire.Printable(text))
	}
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		hint := "the repository is private, gated or not there: accept its terms in a browser and pass a token that may read it"
		if token != "" {
			hint = "the token may not read it: accept the repository's terms in a browser, or use another token"
		}
		if !sameOrigin(resp.Request.URL, c.hub) {
			hint = "the server wants a sign-in, and the token is for the hub only"
		}
		return permanent{fmt.Errorf("%w: %s answers %d%s: %s", ErrDenied, host, status, said, hint)}
	case status == http.StatusNotFound || status == http.StatusGone:
		return permanent{fmt.Errorf("%w: %s answers %d%s: check the names of repository and file", ErrNotFound, host, status, said)}
	case status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status >= 500:
		seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		wait := min(time.Duration(max(0, min(seconds, 3600)))*time.Second, maxRetryWait)
		return later{fmt.Errorf("%s answers %d%s", host, status, said), wait}
	default:
		return permanent{fmt.Errorf("%s answers %d%s", host, status, said)}
	}
}
