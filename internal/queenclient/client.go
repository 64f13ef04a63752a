// Package queenclient speaks to a queen: the hive's heartbeats and the keeper's
// questions. Every error answer comes back as a *StatusError,
// a success that cannot be read as a *BodyError.
package queenclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"rbee/internal/peer"
	"rbee/internal/wire"
)

// HeartbeatTimeout bounds one heartbeat, connecting included.
const HeartbeatTimeout = 5 * time.Second

// maxAnswer bounds what is read of an answer.
const maxAnswer = 64 << 20

// StatusError is an answer other than 200.
type StatusError struct {
	Status     int           // HTTP status
	RetryAfter time.Duration // of the Retry-After header; 0 when there is none
	Problem    *wire.Problem // nil when the body is no problem+json
}

// Error says what the queen said, or at least the status.
func (e *StatusError) Error() string {
	if e.Problem != nil {
		return fmt.Sprintf("%d %s: %s", e.Status, e.Problem.Code, e.Problem.Error())
	}
	return fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status))
}

// BodyError is a success whose body is not the JSON expected, or broke off.
type BodyError struct {
	Status int // HTTP status, a 2xx
	Err    error
}

// Error names the status and what is wrong with the body.
func (e *BodyError) Error() string {
	return fmt.Sprintf("%d %s with a body that is not the expected JSON: %v", e.Status, http.StatusText(e.Status), e.Err)
}

// Unwrap is what reading the body failed with.
func (e *BodyError) Unwrap() error { return e.Err }

// Client speaks to the queen at one base URL.
type Client struct {
	base string
	http *http.Client
}

// New returns a client for the queen at base, which must be in the normal form
// of wire.ParseURL.
func New(base string, o peer.Options) *Client {
	return &Client{base: base, http: peer.NewClient(o)}
}

// Close gives the kept connections back.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Heartbeat sends one heartbeat within HeartbeatTimeout.
func (c *Client) Heartbeat(ctx context.Context, hb *wire.Heartbeat) (*Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, HeartbeatTimeout)
	defer cancel()
	var answer Answer
	sent := time.Now()
	header, err := c.exchange(ctx, http.MethodPost, wire.PathHeartbeat, nil, hb, &answer.Ack)
	if err != nil {
		return nil, err
	}
	answer.Skew = skewOf(header.Get("Date"), sent, time.Now())
	return &answer, nil
}

// Info asks which queen this is. A hive answers there too, with the id and epoch
// of its queen.
func (c *Client) Info(ctx context.Context) (*wire.Info, error) {
	info, err := get[wire.Info](ctx, c, wire.PathInfo, nil)
	if err == nil && (info.QueenID == "" || info.StartedAt.IsZero()) {
		return nil, fmt.Errorf("info: %w", &BodyError{Status: http.StatusOK, Err: errors.New("it is not that of a queen")})
	}
	return info, err
}

// Hives lists the hives by id.
func (c *Client) Hives(ctx context.Context) (*wire.HiveList, error) {
	return get[wire.HiveList](ctx, c, wire.PathHives, nil)
}

// Hive returns one hive.
func (c *Client) Hive(ctx context.Context, id string) (*wire.Hive, error) {
	return get[wire.Hive](ctx, c, hivePath(id), nil)
}

// Forget removes a hive from the registry; its history stays.
func (c *Client) Forget(ctx context.Context, id string) error {
	return c.do(ctx, http.MethodDelete, hivePath(id), nil, nil, nil)
}

// History returns the last limit heartbeats of a hive, oldest first.
func (c *Client) History(ctx context.Context, id string, limit int) (*wire.History, error) {
	return get[wire.History](ctx, c, hivePath(id)+"/heartbeats", url.Values{"limit": {strconv.Itoa(limit)}})
}

// Buckets returns a span of a hive's history in buckets. From and to are RFC
// 3339 or a time before now such as "-6h", "" for open; step is a duration such
// as "1m", or wire.StepAuto.
func (c *Client) Buckets(ctx context.Context, id, from, to, step string) (*wire.History, error) {
	q := url.Values{"step": {step}}
	if from != "" {
		q.Set("from", from)
	}
	if to != "" {
		q.Set("to", to)
	}
	history, err := get[wire.History](ctx, c, hivePath(id)+"/heartbeats", q)
	if err == nil && history.Buckets == nil {
		return nil, fmt.Errorf("history of %s: %w", id, &BodyError{Status: http.StatusOK, Err: errors.New("it has no buckets")})
	}
	return history, err
}

// EventFilter selects audit events; zero fields select all.
type EventFilter struct {
	After *int64 // only events with a greater id, the first of them
	Hive  string // only of this hive
	Kind  wire.EventKind
	Limit int
}

// Events returns the first events after f.After or, when it is nil, the last
// ones, oldest first.
func (c *Client) Events(ctx context.Context, f EventFilter) (*wire.EventList, error) {
	q := url.Values{}
	if f.After != nil {
		q.Set("after", strconv.FormatInt(*f.After, 10))
	}
	if f.Hive != "" {
		q.Set("hive", f.Hive)
	}
	if f.Kind != "" {
		q.Set("kind", string(f.Kind))
	}
	if f.Limit > 0 {
		q.Set("limit", strconv.Itoa(f.Limit))
	}
	return get[wire.EventList](ctx, c, wire.PathEvents, q)
}

// Discoveries returns the latest discovery results, newest first.
func (c *Client) Discoveries(ctx context.Context, limit int) (*wire.DiscoveryList, error) {
	return get[wire.DiscoveryList](ctx, c, wire.PathDiscoveries, url.Values{"limit": {strconv.Itoa(limit)}})
}

// Discover runs a round over all targets and waits for it.
func (c *Client) Discover(ctx context.Context, req wire.DiscoveryRequest) (*wire.Round, error) {
	var out wire.Round
	if err := c.do(ctx, http.MethodPost, wire.PathDiscoveries, nil, req, &out); err != nil {
		return nil, err
	}
	return &out, nil
}

func hivePath(id string) string { return wire.PathHives + "/" + url.PathEscape(id) }

func get[T any](ctx context.Context, c *Client, path string, q url.Values) (*T, error) {
	var out T
	if err := c.do(ctx, http.MethodGet, path, q, nil, &out); err != nil {
		return nil, err
	}
	return &out, nil
}

// do sends in as JSON, if any, and decodes a 2xx answer into out, if any.
func (c *Client) do(ctx context.Context, method, path string, q url.Values, in, out any) error {
	_, err := c.exchange(ctx, method, path, q, in, out)
	return err
}

// exchange is do for those who want the header of a 2xx too.
func (c *Client) exchange(ctx context.Context, method, path string, q url.Values, in, out any) (http.Header, error) {
	target := c.base + path
	if len(q) > 0 {
		target += "?" + q.Encode()
	}
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return nil, fmt.Errorf("encode request to %s: %w", target, err)
		}
		body = bytes.NewReader(raw) // a bytes.Reader makes net/http send Content-Length
	}
	req, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return nil, fmt.Errorf("request to %s: %w", target, err)
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, peer.Cause(err)
	}
	defer func() {
		_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // drained, so that the connection can be kept
		_ = resp.Body.Close()
	}()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, statusError(resp)
	}
	if out == nil {
		return resp.Header, nil
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(out); err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, target, &BodyError{Status: resp.StatusCode, Err: err})
	}
	return resp.Header, nil
}

func statusError(resp *http.Response) error {
	e := &StatusError{Status: resp.StatusCode, RetryAfter: retryAfter(resp.Header.Get("Retry-After"), time.Now())}
	if mt, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); mt != wire.ContentTypeProblem {
		return e
	}
	var p wire.Problem
	if err := json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&p); err == nil {
		e.Problem = &p
	}
	return e
}

// retryAfter reads both forms of the header (RFC 9110, 10.2.3).
func retryAfter(v string, now time.Time) time.Duration {
	if v = strings.TrimSpace(v); v == "" {
		return 0
	}
	if s, err := strconv.ParseUint(v, 10, 31); err == nil {
		return time.Duration(s) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// Status returns the HTTP status of the answer inside err, that of a BodyError
// included; 0 when nobody answered.
func Status(err error) int {
	var (
		se *StatusError
		be *BodyError
	)
	switch {
	case errors.As(err, &se):
		return se.Status
	case errors.As(err, &be):
		return be.Status
	}
	return 0
}
