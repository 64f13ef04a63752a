package queenclient

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/memnet"
	"rbee/internal/peer"
	"rbee/internal/wire"
)

const aTelemetry = `{"type":"hive_telemetry","hive_id":"a","timestamp":"2025-10-30T22:00:00Z","workers":[],"node":{"cpu_pct":3}}`

func asStream(body string) *queen {
	return &queen{status: 200, body: body, header: map[string]string{"Content-Type": "text/event-stream"}}
}

// told writes messages as a test can compare them.
func told(m Message) string {
	switch {
	case m.Pulse != nil:
		return fmt.Sprintf("pulse of %d hives", m.Pulse.HivesOnline)
	case m.Telemetry != nil:
		return fmt.Sprintf("telemetry of %s: %g", m.Telemetry.HiveID, m.Telemetry.Node.CPUPct)
	case m.Event != nil:
		return fmt.Sprintf("event %d %s %s", m.Event.ID, m.Event.Kind, m.Event.HiveID)
	default:
		return "nothing known"
	}
}

func TestStream(t *testing.T) {
	q := asStream("event: heartbeat\ndata: {\"type\":\"queen\",\"hives_online\":2}\n\n" +
		": still here\n\n" +
		"event: heartbeat\r\ndata:" + aTelemetry + "\r\n\r\n" +
		"id: 7\nretry\ndata: {\"id\":4,\ndata: \"kind\":\"hive.down\",\"hive_id\":\"a\",\"type\":\"hive_event\"}\n\n" +
		"data: {\"type\":\"tomorrow\"}\n\n" +
		"data: {\"type\":\"queen\",\"hives_online\":9") // broken off: no event
	var got []string
	err := start(t, q).Stream(t.Context(), func(m Message) error { got = append(got, told(m)); return nil })
	if !errors.Is(err, io.EOF) || q.asked != "GET /v1/heartbeats/stream" {
		t.Errorf("%s ended with %v, want io.EOF", q.asked, err)
	}
	want := []string{"pulse of 2 hives", "telemetry of a: 3", "event 4 hive.down a", "nothing known"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func TestStreamEnds(t *testing.T) {
	enough := errors.New("enough")
	var se *StatusError
	var be *BodyError
	for name, tt := range map[string]struct {
		queen *queen
		is    func(error) bool
	}{
		"with the reader":    {asStream("data: " + aTelemetry + "\n\n"), func(err error) bool { return errors.Is(err, enough) }},
		"at no JSON":         {asStream("data: {\"type\":\"queen\"\n\n"), func(err error) bool { return errors.As(err, &be) }},
		"at an endless line": {asStream("data: " + strings.Repeat("x", peer.MaxEvent)), func(err error) bool { return errors.Is(err, bufio.ErrTooLong) }},
		"at endless data": {
			asStream(strings.Repeat("data: "+strings.Repeat("x", peer.MaxEvent/4)+"\n", 5)),
			func(err error) bool { return errors.Is(err, bufio.ErrTooLong) },
		},
		"at another type": {
			&queen{status: 200, header: map[string]string{"Content-Type": "text/html"}},
			func(err error) bool { return errors.As(err, &be) },
		},
		"at a problem": {
			&queen{status: 503, body: `{"code":"x"}`, header: map[string]string{"Content-Type": wire.ContentTypeProblem}},
			func(err error) bool { return errors.As(err, &se) && se.Problem != nil },
		},
	} {
		err := start(t, tt.queen).Stream(t.Context(), func(Message) error { return enough })
		if !tt.is(err) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// stream serves what a queen says in virtual time, and returns a client of it.
func stream(t *testing.T, say func(ctx context.Context, write func(string))) *Client {
	network := memnet.New()
	listener := network.Listen("10.0.0.1:7833")
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		say(r.Context(), func(text string) {
			_, _ = io.WriteString(w, text)
			_ = http.NewResponseController(w).Flush()
		})
	})}
	go func() { _ = server.Serve(listener) }()
	c := New("http://10.0.0.1:7833", peer.Options{Dial: network.Dialer("10.0.0.9")})
	t.Cleanup(func() { c.Close(); _ = server.Close() })
	return c
}

// Comments keep a stream alive for as long as they come; a queen that hangs is
// noticed soon after.
func TestStreamFallsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := stream(t, func(ctx context.Context, write func(string)) {
			for range 4 {
				write(": still here\n\n")
				time.Sleep(15 * time.Second)
			}
			<-ctx.Done()
		})
		began := time.Now()
		err := c.Stream(t.Context(), func(Message) error { return nil })
		if took := time.Since(began); !errors.Is(err, ErrSilent) || took != 3*15*time.Second+streamSilence {
			t.Errorf("ended after %v with %v", took, err)
		}
		synctest.Wait()
	})
}

func TestStreamEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := stream(t, func(ctx context.Context, write func(string)) { write(": hello\n\n"); <-ctx.Done() })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Stream(ctx, func(Message) error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func TestStreamWithoutAQueen(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	c := New("http://"+ln.Addr().String(), peer.Options{})
	if err := c.Stream(t.Context(), nil); !errors.Is(err, syscall.ECONNREFUSED) || Status(err) != 0 {
		t.Errorf("got %v", err)
	}
}

func BenchmarkParseMessage(b *testing.B) {
	data := []byte(`{"type":"hive_telemetry","hive_id":"gaming-pc","timestamp":"2025-10-30T22:00:00Z","workers":[` +
		`{"pid":1234,"group":"llm","instance":"8080","cpu_pct":122.4,"rss_mb":9821,"io_r_mb_s":12.3,"io_w_mb_s":0.1,"uptime_s":5,` +
		`"gpu_util_pct":64.0,"vram_mb":7900,"total_vram_mb":24564,"model":"m"}],"node":{"cpu_pct":37.5,"ram_used_mb":12345,` +
		`"ram_total_mb":65536,"gpus":[{"id":"GPU-0","util_pct":64,"vram_used_mb":8123,"vram_total_mb":24564,"temp_c":66,"power_w":210}]}}`)
	for b.Loop() {
		if _, err := parseMessage(data); err != nil {
			b.Fatal(err)
		}
	}
}
