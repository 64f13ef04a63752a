package queenclient

import (
	"bufio"
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

const (
	// streamSilence ends a stream on which nothing came, not even the comment
	// that the queen sends every 15 s.
	streamSilence = 20 * time.Second
	// maxLine bounds one line of the stream, which holds a whole message.
	maxLine = 16 << 20
)

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
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(streamSilence, func() { cancel(ErrSilent) })
	defer silence.Stop()
	body, err := c.openStream(ctx)
	if err == nil {
		defer body.Close()
		err = readEvents(body, func() { silence.Reset(streamSilence) }, func(data []byte) error {
			message, err := parseMessage(data)
			if err != nil {
				return fmt.Errorf("stream: %w", &BodyError{Status: http.StatusOK, Err: err})
			}
			return each(message)
		})
	}
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

func (c *Client) openStream(ctx context.Context) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+wire.PathStream, nil)
	if err != nil {
		return nil, fmt.Errorf("request to %s: %w", c.base+wire.PathStream, err)
	}
	req.Header.Set("Accept", "text/event-stream")
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, peer.Cause(err)
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		return nil, statusError(resp)
	}
	if mt, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); mt != "text/event-stream" {
		resp.Body.Close()
		return nil, fmt.Errorf("stream: %w", &BodyError{Status: resp.StatusCode, Err: fmt.Errorf("its type is %q, not text/event-stream", mt)})
	}
	return resp.Body, nil
}

// readEvents calls alive for each line and each for the data of each event. It
// knows what the queen writes of the format, and skips the rest: lines end with
// LF or CRLF, fields other than data are for browsers.
func readEvents(from io.Reader, alive func(), each func([]byte) error) error {
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 0, 64<<10), maxLine)
	var data []byte // of the event that is being read, each line ended by LF
	for lines.Scan() {
		alive()
		line := lines.Bytes()
		if value, found := bytes.CutPrefix(line, []byte("data:")); found {
			if len(data)+len(value) > maxLine {
				return bufio.ErrTooLong
			}
			data = append(append(data, bytes.TrimPrefix(value, []byte(" "))...), '\n')
		}
		if len(line) > 0 || len(data) == 0 {
			continue
		}
		if err := each(data); err != nil {
			return err
		}
		data = data[:0]
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return io.EOF
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
