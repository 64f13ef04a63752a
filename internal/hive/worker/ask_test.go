package worker

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rbee/internal/hive/worker/catalog"
)

func TestBusyAnswers(t *testing.T) {
	metrics := "# TYPE llamacpp:requests_processing gauge\nllamacpp:requests_processing %s\nvllm:num_requests_running{a=\"x } y\"} %s 17\nother 9\n"
	tests := []struct {
		name string
		body string
		busy catalog.Busy
		want bool
	}{
		{"metric above", fmt.Sprintf(metrics, "2", "0"), catalog.Busy{Metrics: []string{"llamacpp:requests_processing"}}, true},
		{"metric zero", fmt.Sprintf(metrics, "0", "1"), catalog.Busy{Metrics: []string{"llamacpp:requests_processing"}}, false},
		{"metric with labels", fmt.Sprintf(metrics, "0", "1.0"), catalog.Busy{Metrics: []string{"vllm:num_requests_running"}}, true},
		{"labels, zero", fmt.Sprintf(metrics, "1", "0.0"), catalog.Busy{Metrics: []string{"vllm:num_requests_running"}}, false},
		{"no such metric", fmt.Sprintf(metrics, "1", "1"), catalog.Busy{Metrics: []string{"vllm"}}, false},
		{"list", `{"queue_running":[[1]],"queue_pending":[]}`, catalog.Busy{Keys: []string{"queue_running"}}, true},
		{"empty list", `{"queue_running":[],"queue_pending":[]}`, catalog.Busy{Keys: []string{"queue_running", "queue_pending"}}, false},
		{"number", `{"n":1}`, catalog.Busy{Keys: []string{"m", "n"}}, true},
		{"zero", `{"n":0,"b":false,"s":"x"}`, catalog.Busy{Keys: []string{"n", "b", "s"}}, false},
		{"true", `{"b":true}`, catalog.Busy{Keys: []string{"b"}}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			port := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, tt.body) })
			tt.busy.Path = "/"
			got, err := newAsker("127.0.0.1").busy(t.Context(), port, tt.busy)
			if got != tt.want || err != nil {
				t.Errorf("busy %v, %v; want %v", got, err, tt.want)
			}
		})
	}
	port := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "[1]") })
	if _, err := newAsker("127.0.0.1").busy(t.Context(), port, catalog.Busy{Path: "/", Keys: []string{"k"}}); err == nil {
		t.Error("a list is an object")
	}
}

func TestHealthAnswers(t *testing.T) {
	for _, tt := range []struct {
		status int
		want   string
	}{{200, ""}, {204, ""}, {503, "loads"}, {404, "404"}, {302, "302"}, {500, "500"}} {
		port := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "http://192.0.2.1/")
			w.WriteHeader(tt.status)
		})
		err := newAsker("0.0.0.0").health(t.Context(), port, "/health")
		if (err == nil) != (tt.want == "") || (err != nil && !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%d: %v, want %q", tt.status, err, tt.want)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := newAsker("127.0.0.1").health(t.Context(), port, ""); err != nil {
		t.Errorf("a port that accepts: %v", err)
	}
	l.Close()
	for _, path := range []string{"", "/health"} {
		if err := newAsker("127.0.0.1").health(t.Context(), port, path); err == nil || err.Error() != "it does not listen yet" {
			t.Errorf("a port that refuses: %v", err)
		}
	}
}

func serve(t *testing.T, h http.HandlerFunc) int {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.Listener.Addr().(*net.TCPAddr).Port
}
