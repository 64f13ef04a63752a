package hive

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"

	"rbee/internal/queenclient"
)

func TestJudge(t *testing.T) {
	status := func(n int) error { return fmt.Errorf("send: %w", &queenclient.StatusError{Status: n}) }
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	for _, row := range []struct {
		err      error
		want     verdict
		answered bool
	}{
		{nil, accepted, true},
		{&queenclient.BodyError{Status: 200, Err: errors.New("no JSON")}, accepted, true},
		{&queenclient.BodyError{Status: 204, Err: errors.New("no JSON")}, failed, true},
		{status(400), unknown, true},
		{status(404), unknown, true},
		{dial(syscall.ECONNREFUSED), unknown, false},
		{status(401), turnedAway, true},
		{status(403), turnedAway, true},
		{status(409), turnedAway, true},
		{status(421), turnedAway, true},
		{status(301), failed, true},
		{status(429), failed, true},
		{status(500), failed, true},
		{status(502), failed, false},
		{status(503), failed, true},
		{status(504), failed, false},
		{dial(syscall.ECONNRESET), failed, false},
		{dial(syscall.EHOSTUNREACH), failed, false},
		{context.DeadlineExceeded, failed, false},
		{errors.New("status 404: connection refused"), failed, false}, // words decide nothing
	} {
		if got := judge(row.err); got != row.want {
			t.Errorf("judge(%v): got %v, want %v", row.err, got, row.want)
		}
		if got := answered(row.err); got != row.answered {
			t.Errorf("answered(%v): got %v, want %v", row.err, got, row.answered)
		}
	}
}

func TestBusyFor(t *testing.T) {
	for status, want := range map[int]time.Duration{429: 3 * time.Second, 503: 3 * time.Second, 500: 0, 409: 0} {
		if got := busyFor(&queenclient.StatusError{Status: status, RetryAfter: 3 * time.Second}); got != want {
			t.Errorf("busyFor(%d): got %v, want %v", status, got, want)
		}
	}
	if got := busyFor(errors.New("no answer")); got != 0 {
		t.Errorf("busyFor without an answer: got %v, want 0", got)
	}
}
