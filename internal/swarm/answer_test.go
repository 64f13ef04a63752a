package swarm

import (
	"fmt"
	"strings"
	"testing"
)

func TestParseAnswer(t *testing.T) {
	ack := `{"status":"ok","message":"m","epoch":7,"queen_id":"q","next_ms":2500}`
	for _, tt := range []struct {
		name, text string
		want       answer
	}{
		{
			"an ack", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: x\r\n" + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(ack), ack),
			answer{status: 200, nextMS: 2500},
		},
		{"no JSON", "HTTP/1.1 200 OK\r\ncontent-length:2\r\n\r\nok", answer{status: 200}},
		{"no body", "HTTP/1.1 204 No Content\r\n\r\n", answer{status: 204}},
		{"an empty body", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", answer{status: 200}},
		{
			"busy", "HTTP/1.1 503 Service Unavailable\r\nRETRY-AFTER: 3\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
			answer{status: 503, retryAfter: 3 * second, close: true},
		},
		{"a date to retry after", "HTTP/1.1 503 x\r\nRetry-After: Thu, 30 Oct 2025 22:00:00 GMT\r\nContent-Length: 0\r\n\r\n", answer{status: 503}},
		{"no reason", "HTTP/1.1 429 \r\nContent-Length: 0\r\n\r\n", answer{status: 429}},
		{"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", answer{status: 200, close: true}},
		{
			"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10;x=y\r\n{\"status\":\"ok\",\"\r\nd\r\nnext_ms\": 70}\r\n0\r\nTrailer: 1\r\n\r\n",
			answer{status: 200, nextMS: 70},
		},
		{"continue, and then", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", answer{status: 200}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := tt.want
			want.length = len(tt.text)
			got, whole, err := parseAnswer([]byte(tt.text+"more"), false)
			if err != nil || !whole || got != want {
				t.Errorf("got %+v, %t, %v, want %+v", got, whole, err, want)
			}
			for cut := range tt.text { // wherever a read ends, the rest is waited for
				if _, whole, err := parseAnswer([]byte(tt.text[:cut]), false); whole || err != nil {
					t.Fatalf("of %q it says whole %t, %v", tt.text[:cut], whole, err)
				}
				if _, _, err := parseAnswer([]byte(tt.text[:cut]), true); err == nil {
					t.Fatalf("%q at the end of a connection is taken for an answer", tt.text[:cut])
				}
			}
		})
	}
}

func TestAnswerUpToTheEndOfTheConnection(t *testing.T) {
	text := []byte("HTTP/1.1 200 OK\r\n\r\n{\"next_ms\":5}")
	if _, whole, err := parseAnswer(text, false); whole || err != nil {
		t.Errorf("before the end: whole %t, %v", whole, err)
	}
	if got, whole, err := parseAnswer(text, true); !whole || err != nil || got.status != 200 || got.nextMS != 5 {
		t.Errorf("at the end: %+v, %t, %v", got, whole, err)
	}
}

func TestWhatIsNoAnswer(t *testing.T) {
	for _, text := range []string{
		"SSH-2.0-OpenSSH\r\n\r\n",
		"HTTP/1.1\r\n\r\n",
		"HTTP/1.1 abc\r\n\r\n",
		"HTTP/1.1 099 x\r\n\r\n",
		"HTTP/1.1 200 OK\r\n\n\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
		strings.Repeat("x", maxAnswer+1),
	} {
		if _, whole, err := parseAnswer([]byte(text), false); err == nil || whole {
			t.Errorf("%.40q is taken for an answer", text)
		}
	}
}

func TestParsingDoesNotAllocate(t *testing.T) {
	text := []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{\"next_ms\":5}")
	if got := testing.AllocsPerRun(100, func() { _, _, _ = parseAnswer(text, false) }); got != 0 {
		t.Errorf("%v allocations for each answer", got)
	}
}

func FuzzParseAnswer(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), false)
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"), true)
	f.Fuzz(func(t *testing.T, text []byte, eof bool) {
		a, whole, err := parseAnswer(text, eof)
		if whole && (err != nil || a.length > len(text) || a.status < 100 || a.status > 999) {
			t.Errorf("%q reads as %+v, %v", text, a, err)
		}
	})
}
