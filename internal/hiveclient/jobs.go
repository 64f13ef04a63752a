package hiveclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"rbee/internal/peer"
	"rbee/internal/wire"
)

const (
	// callTimeout bounds every call but streams, connecting included.
	callTimeout = 10 * time.Second
	// streamSilence ends a stream on which nothing came, not even the comment that
	// a hive sends every 15 s.
	streamSilence = 20 * time.Second
	// maxAnswer bounds what is read of an answer.
	maxAnswer = 16 << 20
)

// ErrSilent is why a stream ended on which nothing came for too long.
var ErrSilent = errors.New("the stream fell silent")

// Jobs speaks to one hive about its jobs, workers and models. What the hive
// refuses is a *wire.Problem.
type Jobs struct {
	client *Client
	place  string // host:port
}

// Jobs returns what speaks to the hive at host:port.
func (c *Client) Jobs(host string, port int) *Jobs {
	return &Jobs{client: c, place: net.JoinHostPort(host, strconv.Itoa(port))}
}

// Start has the hive begin a job; body is a wire.JobRequest as JSON. With a key,
// which may be "", the same again is the same job.
func (j *Jobs) Start(ctx context.Context, body []byte, key string) (*wire.JobAck, error) {
	header := http.Header{"Content-Type": {"application/json"}}
	if key != "" {
		header.Set(wire.HeaderIdempotencyKey, key)
	}
	ack, err := call[wire.JobAck](ctx, j, http.MethodPost, wire.PathJobs, nil, body, header)
	if err == nil && !wire.ValidJobID(ack.JobID) {
		return nil, fmt.Errorf("%w: it names its job %q", ErrNotAHive, wire.Printable(ack.JobID))
	}
	return ack, err
}

// List returns the jobs that the hive keeps, oldest first.
func (j *Jobs) List(ctx context.Context) (*wire.JobList, error) {
	return call[wire.JobList](ctx, j, http.MethodGet, wire.PathJobs, nil, nil, nil)
}

// Get returns one job.
func (j *Jobs) Get(ctx context.Context, id string) (*wire.Job, error) {
	return call[wire.Job](ctx, j, http.MethodGet, jobPath(id), nil, nil, nil)
}

// Cancel ends a job.
func (j *Jobs) Cancel(ctx context.Context, id string) (*wire.JobCancel, error) {
	return call[wire.JobCancel](ctx, j, http.MethodDelete, jobPath(id), nil, nil, nil)
}

// Stream opens the stream of a job behind the event of that id, "" for all of
// it. The caller closes it.
func (j *Jobs) Stream(ctx context.Context, id, lastEventID string) (*Stream, error) {
	return j.stream(ctx, jobPath(id)+"/stream", nil, lastEventID)
}

// WorkerLogs opens the log of a worker: what there is as text or, if follow is
// set, that and what comes behind the event of that id as events. The caller
// closes it.
func (j *Jobs) WorkerLogs(ctx context.Context, id string, follow bool, lastEventID string) (*Stream, error) {
	path := wire.PathWorkers + "/" + url.PathEscape(id) + "/logs"
	if !follow {
		return j.open(ctx, path, nil, http.Header{"Accept": {"text/plain"}})
	}
	return j.stream(ctx, path, url.Values{"follow": {"1"}}, lastEventID)
}

func jobPath(id string) string { return wire.PathJobs + "/" + url.PathEscape(id) }

// Stream is a long answer of a hive, as it comes.
type Stream struct {
	Ended bool // the hive has nothing more to say, and Each no event

	ctx    context.Context //nolint:containedctx // that of the request, whose cause says why the body broke off
	cancel context.CancelCauseFunc
	quiet  *time.Timer
	body   io.ReadCloser
}

// stream opens a stream of events.
func (j *Jobs) stream(ctx context.Context, path string, q url.Values, lastEventID string) (*Stream, error) {
	header := http.Header{"Accept": {peer.ContentTypeEvents}}
	if lastEventID != "" {
		header.Set("Last-Event-Id", lastEventID)
	}
	return j.open(ctx, path, q, header)
}

// open asks for a long answer of the one type that header accepts. It has to
// begin within callTimeout; what then bounds it is silence.
func (j *Jobs) open(ctx context.Context, path string, q url.Values, header http.Header) (*Stream, error) {
	s := &Stream{}
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	s.quiet = time.AfterFunc(callTimeout, func() { s.cancel(context.DeadlineExceeded) })
	want := header.Get("Accept")
	resp, err := j.send(s.ctx, http.MethodGet, path, q, nil, header) //nolint:bodyclose // Stream.Close does
	if err != nil {
		err = s.why(err)
		s.cancel(nil)
		s.quiet.Stop()
		return nil, err
	}
	s.body, s.Ended = resp.Body, resp.StatusCode == http.StatusNoContent
	if mt, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); !s.Ended && mt != want {
		s.Close()
		return nil, fmt.Errorf("%w: a stream of the type %q", ErrNotAHive, wire.Printable(mt))
	}
	return s, nil
}

// Each calls alive for every line, comments included, and each for every event
// until the stream ends, which is io.EOF, or each fails. It returns why.
func (s *Stream) Each(alive func(), each func(peer.Event) error) error {
	if s.Ended {
		return io.EOF
	}
	heard, done := s.listen()
	defer done()
	return s.why(peer.ReadEvents(s.body, func() { heard(); alive() }, each))
}

// Copy hands on pieces of text until there are no more, which is io.EOF, or to
// fails. It returns why.
func (s *Stream) Copy(to func([]byte) error) error {
	heard, done := s.listen()
	defer done()
	piece := make([]byte, 32<<10)
	for {
		n, err := s.body.Read(piece)
		heard()
		if n > 0 {
			if failed := to(piece[:n]); failed != nil {
				return failed
			}
		}
		if err != nil {
			return s.why(err)
		}
	}
}

// listen ends the stream when it falls silent: nobody calls heard for too long.
func (s *Stream) listen() (heard, done func()) {
	s.quiet.Stop()
	quiet := time.AfterFunc(streamSilence, func() { s.cancel(ErrSilent) })
	return func() { quiet.Reset(streamSilence) }, func() { quiet.Stop() }
}

// why is the cause behind an error of the request.
func (s *Stream) why(err error) error {
	if cause := context.Cause(s.ctx); cause != nil {
		return cause
	}
	return err
}

// Close ends the stream.
func (s *Stream) Close() {
	s.quiet.Stop()
	s.cancel(nil)
	_ = s.body.Close()
}

// call sends one request and reads the JSON of its answer.
func call[T any](ctx context.Context, j *Jobs, method, path string, q url.Values, body []byte, header http.Header) (*T, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	resp, err := j.send(ctx, method, path, q, body, header)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	var answer T
	if err := readJSON(resp.Body, maxAnswer, &answer); err != nil {
		return nil, err
	}
	return &answer, nil
}

// readJSON reads an answer of at most that many bytes.
func readJSON(body io.Reader, most int64, into any) error {
	raw, err := io.ReadAll(io.LimitReader(body, most+1))
	switch {
	case err != nil:
		return fmt.Errorf("read answer: %w", err)
	case int64(len(raw)) > most:
		return fmt.Errorf("%w: the answer is larger than %d bytes", ErrNotAHive, most)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%w: %w", ErrNotAHive, err)
	}
	return nil
}

// send returns an answer with 200 or 204; any other is an error.
func (j *Jobs) send(ctx context.Context, method, path string, q url.Values, body []byte, header http.Header) (*http.Response, error) {
	target := "http://" + j.place + path
	if len(q) > 0 {
		target += "?" + q.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("request to %s: %w", j.place, err)
	}
	if header != nil {
		req.Header = header
	}
	req.Close = true // as with pulls: no hive costs a descriptor while nothing is asked
	resp, err := j.client.http.Do(req)
	if err != nil {
		return nil, peer.Cause(err)
	}
	if resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusNoContent {
		return resp, nil
	}
	defer func() { _ = resp.Body.Close() }()
	var p wire.Problem
	mt, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if mt == wire.ContentTypeProblem && readJSON(resp.Body, 64<<10, &p) == nil && p.Status == resp.StatusCode {
		return nil, &p
	}
	return nil, &StatusError{Status: resp.StatusCode}
}
