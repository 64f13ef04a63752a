package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// live serves the queen's stream: what is sent to the channel, until it is
// closed.
func liveStream(messages <-chan string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_ = http.NewResponseController(w).Flush()
		for {
			select {
			case <-r.Context().Done():
				return
			case message, open := <-messages:
				if !open {
					return
				}
				fmt.Fprintf(w, "event: heartbeat\ndata: %s\n\n", message)
				_ = http.NewResponseController(w).Flush()
			}
		}
	}
}

// topping is a running top.
type topping struct {
	watching
	keys *io.PipeWriter
}

func runTop(t *testing.T, queen *fakeQueen) *topping {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	stdin, keys := io.Pipe()
	w := &topping{watching: watching{t: t, queen: queen, stop: stop, code: make(chan int, 1)}, keys: keys}
	r := rig{width: 80, height: 24, every: 50 * time.Millisecond, stdin: stdin, env: map[string]string{"TERM": "xterm"}}
	go func() { w.code <- r.start(ctx, &w.stdout, &w.stderr, "top", "--queen", queen.URL) }()
	t.Cleanup(func() { stop(); keys.Close() })
	return w
}

func (w *topping) shows(text string) {
	w.t.Helper()
	w.until(text, func() bool { return strings.Contains(w.stdout.String(), text) })
}

// over checks that it ended as it should and gave the terminal back.
func (w *topping) over(want int) {
	w.t.Helper()
	select {
	case code := <-w.code:
		if code != want || w.stderr.String() != "" {
			w.t.Errorf("exit %d, want %d; stderr %q", code, want, w.stderr.String())
		}
	case <-time.After(20 * time.Second):
		w.t.Fatal("does not end")
	}
	out := w.stdout.String()
	for set, reset := range map[string]string{"\x1b[?1049h": "\x1b[?1049l", "\x1b[?25l": "\x1b[?25h"} {
		if strings.LastIndex(out, set) < 0 || strings.LastIndex(out, reset) < strings.LastIndex(out, set) {
			w.t.Errorf("%q is not taken back", set)
		}
	}
}

func TestTopLives(t *testing.T) {
	queen := newQueen(t)
	messages := make(chan string)
	queen.on("GET /v1/heartbeats/stream", liveStream(messages))
	w := runTop(t, queen)
	w.shows("gaming-pc")
	messages <- `{"type":"hive_telemetry","hive_id":"gaming-pc","workers":[],"node":{"cpu_pct":83,"gpus":[]}}`
	w.shows("83%")
	asked := len(queen.requests())
	const conflict = `"id":47,"at":"2025-10-30T22:00:04Z","kind":"hive.id_conflict","hive_id":"nas","detail":{"newcomer":"zz9"}}`
	queen.on("GET /v1/events", answer(http.StatusOK, "application/json", `{"events":[{`+conflict+`]}`))
	messages <- `{"type":"hive_event",` + conflict
	w.shows("newcomer=zz9")
	w.until("another list", func() bool { return len(queen.requests()) > asked })

	for _, route := range []string{"GET /v1/hives", "GET /v1/heartbeats/stream"} {
		queen.on(route, hangUp)
	}
	close(messages)
	w.shows("queen away since")
	again := make(chan string)
	queen.on("GET /v1/heartbeats/stream", liveStream(again))
	queen.on("GET /v1/hives", answer(http.StatusOK, "application/json", `{"hives":[{"id":"newborn","status":"healthy"}]}`))
	again <- `{"type":"queen"}`
	w.shows("newborn")

	_, _ = w.keys.Write([]byte("q"))
	w.over(0)
}

// SIGTERM ends the context; what it leaves is a clean terminal.
func TestTopIsStopped(t *testing.T) {
	queen := newQueen(t)
	queen.on("GET /v1/heartbeats/stream", liveStream(nil))
	w := runTop(t, queen)
	w.shows("gaming-pc")
	w.stop()
	w.over(0)
}

// A queen that is not there yet is waited for; what is no queen does not become
// one by waiting.
func TestTopWithoutAQueen(t *testing.T) {
	queen := newQueen(t)
	queen.on("GET /v1/hives", hangUp)
	queen.on("GET /v1/heartbeats/stream", hangUp)
	w := runTop(t, queen)
	w.shows("queen away since")
	w.stop()
	w.over(0)

	queen.on("GET /v1/hives", answer(http.StatusOK, "text/html", "<h1>"))
	got := rig{width: 80, height: 24}.run(t.Context(), "top", "--queen", queen.URL)
	if got.Code != 1 || got.Stdout != "" || !strings.Contains(got.Stderr, "is it a queen?") {
		t.Errorf("got %+v", got)
	}
}
