// Package hiveclient speaks to a hive: the queen's pulls, and the jobs she hands on.
package hiveclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"strconv"
	"syscall"
	"time"

	"rbee/internal/peer"
	"rbee/internal/wire"
)

// PullTimeout bounds one pull, name resolution and connecting included.
const PullTimeout = 10 * time.Second

// ErrNotAHive is a 200 that is not the answer of a hive.
var ErrNotAHive = errors.New("not a hive")

// StatusError is an answer with a status other than 200.
type StatusError struct{ Status int }

// Error names the status.
func (e *StatusError) Error() string {
	return fmt.Sprintf("answered %d %s", e.Status, http.StatusText(e.Status))
}

// Client pulls hives.
type Client struct{ http *http.Client }

// New returns a client; o.Allow judges each address when it is dialled.
func New(o peer.Options) *Client { return &Client{http: peer.NewClient(o)} }

// Close gives the kept connections back.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Pull is what a pull tells the hive.
type Pull struct {
	QueenURL string // where the hive shall send heartbeats
	QueenID  string // which queen asks
	Take     bool   // leave a living queen for this one
}

// Answer is what a hive answered, and from which address.
type Answer struct {
	wire.Capabilities
	Peer netip.Addr
}

// Capabilities asks the hive at host:port what it has and, if p names a queen,
// to tie itself to it. An answer is checked like a heartbeat.
func (c *Client) Capabilities(ctx context.Context, host string, port int, p Pull) (*Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, PullTimeout)
	defer cancel()
	var answer Answer
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
		if a, err := netip.ParseAddrPort(i.Conn.RemoteAddr().String()); err == nil {
			answer.Peer = a.Addr().Unmap().WithZone("")
		}
	}})
	q := url.Values{}
	if p.QueenURL != "" {
		q.Set(wire.QueryQueenURL, p.QueenURL)
	}
	if p.QueenID != "" {
		q.Set(wire.QueryQueenID, p.QueenID)
	}
	if p.Take {
		q.Set(wire.QueryTake, "1")
	}
	target := url.URL{
		Scheme: "http", Host: net.JoinHostPort(host, strconv.Itoa(port)),
		Path: wire.PathCapabilities, RawQuery: q.Encode(),
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("request to %s: %w", target.Host, err)
	}
	req.Close = true // a kept connection to every hive would cost the queen a descriptor each
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, peer.Cause(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, &StatusError{Status: resp.StatusCode}
	}
	if err := decode(resp.Body, &answer.Capabilities); err != nil {
		return nil, err
	}
	return &answer, nil
}

func decode(body io.Reader, caps *wire.Capabilities) error {
	raw, err := io.ReadAll(io.LimitReader(body, wire.MaxCapabilitiesBytes+1))
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	if len(raw) > wire.MaxCapabilitiesBytes {
		return fmt.Errorf("%w: the answer is larger than %d bytes", ErrNotAHive, wire.MaxCapabilitiesBytes)
	}
	if err := json.Unmarshal(raw, caps); err != nil {
		return fmt.Errorf("%w: %w", ErrNotAHive, err)
	}
	if caps.Devices == nil {
		return fmt.Errorf("%w: the answer has no devices list", ErrNotAHive)
	}
	if err := wire.ValidateDevices(caps.Devices); err != nil {
		return fmt.Errorf("%w: %w", ErrNotAHive, err)
	}
	if caps.Hive != nil {
		caps.Hive.Normalize()
		if err := caps.Hive.Validate(); err != nil {
			return fmt.Errorf("%w: %w", ErrNotAHive, err)
		}
	}
	return nil
}

// ErrorClass names the class of a failed pull, as discovery rows carry it.
func ErrorClass(err error) string {
	var (
		status  *StatusError
		dns     *net.DNSError
		timeout interface{ Timeout() bool }
	)
	switch {
	case err == nil:
		return ""
	case errors.As(err, &status):
		return "http_" + strconv.Itoa(status.Status)
	case errors.Is(err, ErrNotAHive):
		return wire.ErrorNotAHive
	case errors.As(err, &dns):
		return wire.ErrorDNS
	case errors.Is(err, syscall.ECONNREFUSED):
		return wire.ErrorRefused
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return wire.ErrorTimeout
	default:
		return wire.ErrorNetwork
	}
}
