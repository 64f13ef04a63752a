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
	"time"

	"rbee/internal/peer"
	"rbee/internal/wire"
)

// streamSilence ends a stream on which nothing came, not even the comment that
// the queen sends every 15 s.
const streamSilence = 20 * time.Second

// Message is one message of the queen's stream: one of its fields is set, none
// of a message that a later queen added.
type Message struct {
	Pulse     *wire.QueenPulse
	Telemetry *wire.HiveTelemetry
	Event     *wire.HiveEvent
}

// ErrSilent is why a stream ended on which nothing came for too long.
var ErrSilent = errors.New("the stream fell silent")

// Stream hands each message of the queen's stream to each, in order, until ctx
// or the stream ends or each fails. It returns why, never nil; io.EOF when the
// queen ended it. A queen drops a reader that falls behind, so each must not wait.
func (c *Client) Stream(ctx context.Context, each func(Message) error) error {
	return c.events(ctx, wire.PathStream, streamSilence, func(e peer.Event) error {
		message, err := parseMessage(e.Data)
		if err != nil {
			return fmt.Errorf("stream: %w", &BodyError{Status: http.StatusOK, Err: err})
		}
		return each(message)
	})
}

// events reads a stream of server-sent events until it, or ctx, ends or each
// fails, or nothing came for the length of silence. It returns why, never nil.
func (c *Client) events(ctx context.Context, path string, silence time.Duration, each func(peer.Event) error, header ...string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(silence, func() { cancel(ErrSilent) })
	defer timer.Stop()
	body, err := c.open(ctx, path, peer.ContentTypeEvents, header...)
	if err == nil {
		defer body.Close()
		err = peer.ReadEvents(body, func() { timer.Reset(silence) }, each)
	}
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// open asks for a long answer of one type; header is names and values in turn.
func (c *Client) open(ctx context.Context, path, mediaType string, header ...string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return nil, fmt.Errorf("request to %s: %w", c.base+path, err)
	}
	req.Header.Set("Accept", mediaType)
	for i := 1; i < len(header); i += 2 {
		req.Header.Set(header[i-1], header[i])
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, peer.Cause(err)
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		return nil, statusError(resp)
	}
	if mt, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); mt != mediaType {
		resp.Body.Close()
		return nil, fmt.Errorf("stream: %w", &BodyError{Status: resp.StatusCode, Err: fmt.Errorf("its type is %q, not %s", mt, mediaType)})
	}
	return resp.Body, nil
}

// parseMessage reads the type first, so that what comes a thousand times a
// second is decoded once and into what it is.
func parseMessage(data []byte) (Message, error) {
	var m Message
	var into any
	switch messageType(data) {
	case wire.StreamQueen:
		m.Pulse = &wire.QueenPulse{}
		into = m.Pulse
	case wire.StreamHiveTelemetry:
		m.Telemetry = &wire.HiveTelemetry{}
		into = m.Telemetry
	case wire.StreamHiveEvent:
		m.Event = &wire.HiveEvent{}
		into = m.Event
	default:
		into = &struct{}{}
	}
	return m, json.Unmarshal(data, into)
}

// messageType finds the type where our queen writes it, else anywhere.
func messageType(data []byte) string {
	if rest, found := bytes.CutPrefix(data, []byte(`{"type":"`)); found {
		if name, _, found := bytes.Cut(rest, []byte(`"`)); found {
			return string(name)
		}
	}
	var head struct {
		Type string `json:"type"`
	}
	_ = json.Unmarshal(data, &head) // what is no JSON has no type, and is refused by the caller
	return head.Type
}
