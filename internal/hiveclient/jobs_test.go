package hiveclient

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/peer"
	"rbee/internal/wire"
)

const aJob = "job-0197a3c0-0000-7000-8000-000000000001"

func jobsAt(t *testing.T, answer http.HandlerFunc) *Jobs {
	t.Helper()
	c := New(peer.Options{})
	t.Cleanup(c.Close)
	return c.Jobs("localhost", serve(t, answer))
}

func TestWhatAHiveIsAsked(t *testing.T) {
	var asked string
	j := jobsAt(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = strings.TrimSpace(r.Method + " " + r.URL.RequestURI() + " " + r.Header.Get(wire.HeaderIdempotencyKey) + r.Header.Get("Last-Event-ID") + string(body))
		if accept := r.Header.Get("Accept"); accept != "" {
			w.Header().Set("Content-Type", accept)
		}
		_, _ = io.WriteString(w, `{"job_id":"`+aJob+`"}`)
	})
	closed := func(s *Stream, err error) error {
		if err == nil {
			s.Close()
		}
		return err
	}
	ctx := t.Context()
	for want, ask := range map[string]func() error{
		`POST /v1/jobs k{"a":1}`:                func() error { _, err := j.Start(ctx, []byte(`{"a":1}`), "k"); return err },
		"GET /v1/jobs":                          func() error { _, err := j.List(ctx); return err },
		"GET /v1/jobs/x":                        func() error { _, err := j.Get(ctx, "x"); return err },
		"DELETE /v1/jobs/..%2Fworkers":          func() error { _, err := j.Cancel(ctx, "../workers"); return err },
		"GET /v1/jobs/x/stream 7":               func() error { return closed(j.Stream(ctx, "x", "7")) },
		"GET /v1/workers/a%2Fb/logs":            func() error { return closed(j.WorkerLogs(ctx, "a/b", false, "7")) },
		"GET /v1/workers/a%3Fb/logs?follow=1 7": func() error { return closed(j.WorkerLogs(ctx, "a?b", true, "7")) },
	} {
		if err := ask(); err != nil || asked != want {
			t.Errorf("asked %q (%v), want %q", asked, err, want)
		}
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	large := strings.Repeat(" ", maxAnswer+1)
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		is     func(error) bool
	}{
		"a problem": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", wire.ContentTypeProblem)
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"status":404,"code":"unknown_job"}`)
		}, func(err error) bool { var p *wire.Problem; return errors.As(err, &p) && p.Code == wire.CodeUnknownJob }},
		"a job of no name": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"job_id":"../x"}`) }, isNoHive},
		"without end":      {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, large) }, isNoHive},
		"a page":           {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }, isNoHive},
		"elsewhere": {
			func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusTemporaryRedirect)
			},
			func(err error) bool { return ErrorClass(err) == "http_307" },
		},
	} {
		if _, err := jobsAt(t, tt.answer).Start(t.Context(), []byte("{}"), ""); !tt.is(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func isNoHive(err error) bool { return errors.Is(err, ErrNotAHive) }

func TestAStreamOfAHive(t *testing.T) {
	j := jobsAt(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.Header.Get("Last-Event-ID") {
		case "end":
			w.WriteHeader(http.StatusNoContent)
		case "page":
			_, _ = io.WriteString(w, "<html>")
		default:
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, "id: 1\ndata: one\n\n")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}
	})
	s, err := j.Stream(t.Context(), aJob, "end")
	if err != nil || !s.Ended || !errors.Is(s.Each(nil, nil), io.EOF) {
		t.Errorf("all was read before: %+v, %v", s, err)
	} else {
		s.Close()
	}
	if _, err := j.Stream(t.Context(), aJob, "page"); !errors.Is(err, ErrNotAHive) {
		t.Errorf("a page: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if s, err = j.Stream(ctx, aJob, ""); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var got []string
	err = s.Each(func() {}, func(e peer.Event) error {
		got = append(got, e.ID+" "+string(e.Data))
		cancel()
		return nil
	})
	if diff := cmp.Diff([]string{"1 one"}, got); diff != "" || !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v (-want +got):\n%s", err, diff)
	}
}
