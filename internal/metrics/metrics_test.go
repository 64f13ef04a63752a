package metrics_test

import (
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/metrics"
	"rbee/internal/metrics/metricstest"
)

// page is what a handler answers, and how Prometheus reads it.
func page(t *testing.T, write func(*metrics.Page)) (string, metricstest.Scrape) {
	t.Helper()
	w := httptest.NewRecorder()
	metrics.Handler(write)(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	s, err := metricstest.Read(w.Header().Get("Content-Type"), w.Body.Bytes())
	if err != nil {
		t.Errorf("%v in\n%s", err, w.Body)
	}
	return w.Body.String(), s
}

func TestPage(t *testing.T) {
	h := metrics.NewHistogram(.1, 1)
	for _, v := range []float64{.05, .1, .5, 7} {
		h.Observe(v)
	}
	kinds := metrics.NewCounters("a", "b")
	kinds.Of("b").Inc()
	kinds.Of("made up").Inc()
	got, s := page(t, func(p *metrics.Page) {
		p.Gauge("x_size_bytes", "A size,\nwith a \\.").Is(1.5e9)
		p.Gauge("x_info", "Text from elsewhere.").Is(1, "a", "q\"b\\c\nd", "b", "")
		metrics.Each(p.Counter("x_things_total", "Things."), "kind", kinds)
		metrics.OneOf(p.Gauge("x_state", "State."), "state", "on", "on", "off")
		p.Histogram("x_wait_seconds", "Waits.", h)
		p.Gauge("x_last_timestamp_seconds", "Last.").When(time.UnixMilli(1_700_000_000_250))
		p.Gauge("x_never_timestamp_seconds", "Never.").When(time.Time{})
	})
	want := `# HELP x_size_bytes A size,\nwith a \\.
# TYPE x_size_bytes gauge
x_size_bytes 1.5e+09
# HELP x_info Text from elsewhere.
# TYPE x_info gauge
x_info{a="q\"b\\c\nd",b=""} 1
# HELP x_things_total Things.
# TYPE x_things_total counter
x_things_total{kind="a"} 0
x_things_total{kind="b"} 1
# HELP x_state State.
# TYPE x_state gauge
x_state{state="on"} 1
x_state{state="off"} 0
# HELP x_wait_seconds Waits.
# TYPE x_wait_seconds histogram
x_wait_seconds_bucket{le="0.1"} 2
x_wait_seconds_bucket{le="1"} 3
x_wait_seconds_bucket{le="+Inf"} 4
x_wait_seconds_sum 7.65
x_wait_seconds_count 4
# HELP x_last_timestamp_seconds Last.
# TYPE x_last_timestamp_seconds gauge
x_last_timestamp_seconds 1.70000000025e+09
# HELP x_never_timestamp_seconds Never.
# TYPE x_never_timestamp_seconds gauge
x_never_timestamp_seconds 0
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"q\"b\\c\nd"}, s.Values("x_info", "a")); diff != "" {
		t.Errorf("what Prometheus reads (-want +got):\n%s", diff)
	}
}

func TestProgram(t *testing.T) {
	_, s := page(t, func(p *metrics.Page) { p.Program("rbee_queen", "0.1.0+abc123.dirty") })
	if v, ok := s.Value("rbee_queen_build_info", "version", "0.1.0", "commit", "abc123.dirty"); v != 1 || !ok {
		t.Errorf("build info: got %v %v", v, ok)
	}
	for _, name := range []string{
		"go_goroutines", "go_memstats_alloc_bytes", "go_memstats_sys_bytes", "process_cpu_seconds_total",
		"process_open_fds", "process_max_fds", "process_resident_memory_bytes", "process_virtual_memory_bytes",
	} {
		if v, _ := s.Value(name); v <= 0 {
			t.Errorf("%s is %v", name, v)
		}
	}
	began, _ := s.Value("process_start_time_seconds")
	if age := time.Since(time.UnixMilli(int64(began * 1000))); age < 0 || age > time.Hour {
		t.Errorf("the process started %v ago", age)
	}
}

func TestHistogramCountsAll(t *testing.T) {
	h := metrics.NewHistogram(1, 2, 3)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i := range 1000 {
				h.Observe(float64(i % 5))
			}
		})
	}
	all.Wait()
	_, s := page(t, func(p *metrics.Page) { p.Histogram("x_size_bytes", "X.", h) })
	if n, _ := s.Value("x_size_bytes"); n != 4000 || math.Abs(s.Sum("x_size_bytes")-8000) > 1e-6 {
		t.Errorf("got %v of sum %v, want 4000 of 8000", n, s.Sum("x_size_bytes"))
	}
}

// What the linter and the parser are for: they find what is wrong.
func TestPagesAreJudged(t *testing.T) {
	for name, text := range map[string]string{
		"no help":         "# TYPE x_bytes gauge\nx_bytes 1\n",
		"milliseconds":    "# HELP x_milliseconds X.\n# TYPE x_milliseconds gauge\nx_milliseconds 1\n",
		"a bare counter":  "# HELP x X.\n# TYPE x counter\nx 1\n",
		"no text format":  "# HELP x X.\n# TYPE x gauge\nx{a=b} 1\n",
		"the same twice":  "# HELP x X.\n# TYPE x gauge\nx 1\n# HELP x X.\n",
		"no end of line":  "# HELP x X.\n# TYPE x gauge\nx 1",
		"an unknown type": "# HELP x X.\n# TYPE x thing\nx 1\n",
	} {
		if _, err := metricstest.Read(metrics.ContentType, []byte(text)); err == nil {
			t.Errorf("%s passes", name)
		}
	}
	if _, err := metricstest.Read("text/html", nil); err == nil || !strings.Contains(err.Error(), "text/html") {
		t.Errorf("HTML: got %v", err)
	}
}
