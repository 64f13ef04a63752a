package queenclient

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/peer"
	"rbee/internal/wire"
)

// queen answers with one status, body and header, and keeps what it was asked.
type queen struct {
	status int
	body   string
	header map[string]string

	asked  string
	length int64
	got    string
}

func (q *queen) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	q.asked, q.length, q.got = r.Method+" "+r.URL.RequestURI(), r.ContentLength, string(raw)
	for k, v := range q.header {
		w.Header().Set(k, v)
	}
	w.WriteHeader(q.status)
	_, _ = io.WriteString(w, q.body)
}

func start(t *testing.T, q *queen) *Client {
	t.Helper()
	server := httptest.NewServer(q)
	t.Cleanup(server.Close)
	c := New(server.URL, peer.Options{})
	t.Cleanup(c.Close)
	return c
}

func TestHeartbeatIsSentWithItsLength(t *testing.T) {
	q := &queen{status: 200, body: `{"status":"ok","message":"m","epoch":7,"queen_id":"q"}`}
	ack, err := start(t, q).Heartbeat(t.Context(), &wire.Heartbeat{Hive: wire.HiveInfo{ID: "a", Port: 1}, Workers: []wire.Worker{}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wire.Ack{Status: "ok", Message: "m", Epoch: 7, QueenID: "q"}, ack.Ack); diff != "" {
		t.Errorf("ack (-want +got):\n%s", diff)
	}
	if q.asked != "POST /v1/hive-heartbeat" || q.length != int64(len(q.got)) || !json.Valid([]byte(q.got)) {
		t.Errorf("the queen got %s of length %d: %s", q.asked, q.length, q.got)
	}
	if strings.Contains(q.got, "capabilities") {
		t.Errorf("capabilities that are absent were sent: %s", q.got)
	}
}

func TestErrorAnswers(t *testing.T) {
	at := time.Now().Add(20 * time.Second).UTC().Format(http.TimeFormat)
	for _, tt := range []struct {
		name  string
		queen queen
		code  wire.Code
		least time.Duration // of RetryAfter
		most  time.Duration
	}{
		{"a problem", queen{status: 404, body: `{"code":"unknown_hive","detail":"d","remedy":"r"}`, header: map[string]string{"Content-Type": wire.ContentTypeProblem}}, wire.CodeUnknownHive, 0, 0},
		{"a page", queen{status: 404, body: "<html>", header: map[string]string{"Content-Type": "text/html"}}, "", 0, 0},
		{"a broken problem", queen{status: 503, body: "{", header: map[string]string{"Content-Type": wire.ContentTypeProblem}}, "", 0, 0},
		{"wait in seconds", queen{status: 503, header: map[string]string{"Retry-After": "7"}}, "", 7 * time.Second, 7 * time.Second},
		{"wait until", queen{status: 503, header: map[string]string{"Retry-After": at}}, "", 15 * time.Second, 20 * time.Second},
		{"wait nonsense", queen{status: 503, header: map[string]string{"Retry-After": "-7"}}, "", 0, 0},
		{"a redirect", queen{status: 302, header: map[string]string{"Location": "/elsewhere"}}, "", 0, 0},
	} {
		_, err := start(t, &tt.queen).Hives(t.Context())
		var se *StatusError
		if !errors.As(err, &se) || se.Status != tt.queen.status || Status(err) != tt.queen.status {
			t.Errorf("%s: got %v, want status %d", tt.name, err, tt.queen.status)
			continue
		}
		if (se.Problem == nil) != (tt.code == "") || (se.Problem != nil && se.Problem.Code != tt.code) {
			t.Errorf("%s: problem %+v, want code %q", tt.name, se.Problem, tt.code)
		}
		if se.RetryAfter < tt.least || se.RetryAfter > tt.most {
			t.Errorf("%s: RetryAfter %v, want %v to %v", tt.name, se.RetryAfter, tt.least, tt.most)
		}
	}
}

func TestAnAnswerThatIsNoneIsAnError(t *testing.T) {
	_, err := start(t, &queen{status: 200, body: "hello"}).Info(t.Context())
	var be *BodyError
	if !errors.As(err, &be) || be.Status != 200 {
		t.Errorf("got %v, want a BodyError", err)
	}
	if Status(errors.New("x")) != 0 {
		t.Error("an error without an answer has a status")
	}
}

func TestBucketsOfAQueenThatHasNone(t *testing.T) {
	_, err := start(t, &queen{status: 200, body: `{"hive_id":"a","samples":[]}`}).Buckets(t.Context(), "a", "-6h", "", "auto")
	var be *BodyError
	if !errors.As(err, &be) {
		t.Errorf("got %v, want a BodyError", err)
	}
}

func TestInfoOfAHive(t *testing.T) {
	for _, body := range []string{`{}`, `{"hive":{"id":"a","version":"0.1.0"},"state":"telemetry","queen_url":"http://q","queen_id":"q","epoch":2}`} {
		_, err := start(t, &queen{status: 200, body: body}).Info(t.Context())
		var be *BodyError
		if !errors.As(err, &be) {
			t.Errorf("%s: got %v, want a BodyError", body, err)
		}
	}
}

func TestWhatIsAsked(t *testing.T) {
	q := &queen{status: 200, body: `{"step_s":60}`}
	c := start(t, q)
	for want, ask := range map[string]func() error{
		"GET /v1/hives/a%20b":                                func() error { _, err := c.Hive(t.Context(), "a b"); return err },
		"DELETE /v1/hives/..%2Fx":                            func() error { return c.Forget(t.Context(), "../x") },
		"GET /v1/hives/a/heartbeats?limit=5":                 func() error { _, err := c.History(t.Context(), "a", 5); return err },
		"GET /v1/hives/a/heartbeats?from=-6h&step=auto":      func() error { _, err := c.Buckets(t.Context(), "a", "-6h", "", "auto"); return err },
		"GET /v1/hives/a/heartbeats?from=-6h&step=1m&to=-1h": func() error { _, err := c.Buckets(t.Context(), "a", "-6h", "-1h", "1m"); return err },
		"GET /v1/events":                                     func() error { _, err := c.Events(t.Context(), EventFilter{}); return err },
		"GET /v1/events?after=0":                             func() error { _, err := c.Events(t.Context(), EventFilter{After: new(int64(0))}); return err },
		"GET /v1/events?after=3&hive=a&kind=hive.down&limit=9": func() error {
			_, err := c.Events(t.Context(), EventFilter{new(int64(3)), "a", wire.EventHiveDown, 9})
			return err
		},
		"GET /v1/discoveries?limit=2": func() error { _, err := c.Discoveries(t.Context(), 2); return err },
		"POST /v1/discoveries":        func() error { _, err := c.Discover(t.Context(), wire.DiscoveryRequest{Take: true}); return err },
	} {
		if err := ask(); err != nil || q.asked != want {
			t.Errorf("asked %q (%v), want %q", q.asked, err, want)
		}
	}
}
