package queen

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/metrics/metricstest"
	"rbee/internal/store"
	"rbee/internal/wire"
)

// scrape reads GET /metrics as Prometheus would.
func (r *running) scrape() metricstest.Scrape {
	r.b.t.Helper()
	a := r.want(http.StatusOK, nil, http.MethodGet, wire.PathMetrics, "")
	s, err := metricstest.Read(a.header.Get("Content-Type"), a.body)
	if err != nil {
		r.b.t.Errorf("GET /metrics: %v", err)
	}
	return s
}

// wantMetric expects a sample: its name and labels as a page has them.
func wantMetric(t *testing.T, s metricstest.Scrape, want float64, name string, labels ...string) {
	t.Helper()
	if got, there := s.Value(name, labels...); !there || got != want {
		t.Errorf("%s%v: got %v (there: %v), want %v", name, labels, got, there, want)
	}
}

func TestMetricsOfHeartbeats(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		result := func(s metricstest.Scrape, want float64, result string) {
			t.Helper()
			wantMetric(t, s, want, "rbee_queen_heartbeats_total", "result", result)
		}
		before := r.scrape()
		result(before, 0, resultAccepted)
		commits, _ := before.Value("rbee_queen_commit_duration_seconds")

		r.beat(200, "10.0.1.1", b.beatOf("a", withDevices(cpu)))
		for range 3 {
			b.sleep(time.Second)
			r.beat(200, "10.0.1.1", b.beatOf("a"))
		}
		r.beat(404, "10.0.1.2", b.beatOf("nobody"))
		r.beat(404, "10.0.1.2", b.beatOf("nobody"))
		post := func(body string, headers ...string) { r.do("10.0.1.3", "POST", wire.PathHeartbeat, body, headers...) }
		post("{")
		post(`{"hive":{"id":"-"}}`)
		post(goodBeat, "Content-Type", "text/plain")
		post(`"` + strings.Repeat("x", wire.MaxHeartbeatBytes) + `"`)
		post(goodBeat, "Host", "evil.example")
		post(goodBeat, "Origin", "http://evil.example")

		s := r.scrape()
		for want, codes := range map[float64][]wire.Code{
			4: {resultAccepted},
			2: {wire.CodeUnknownHive},
			1: {
				wire.CodeInvalidRequest, wire.CodeInvalidHeartbeat, wire.CodeMediaType, wire.CodeTooLarge, wire.CodeHostNotAllowed,
				wire.CodeCrossOrigin,
			},
			0: {wire.CodeIDConflict, wire.CodeQueueFull, wire.CodeStateUnavailable, wire.CodeShuttingDown, wire.CodeInternal},
		} {
			for _, code := range codes {
				result(s, want, string(code))
			}
		}
		if got := s.Sum("rbee_queen_commit_heartbeats"); got != 4 {
			t.Errorf("commits had %v heartbeats, want 4", got)
		}
		if got, _ := s.Value("rbee_queen_commit_duration_seconds"); got < commits+4 {
			t.Errorf("got %v commits after %v, want 4 more", got, commits)
		}
		if err := r.store.Close(); err != nil {
			t.Fatal(err)
		}
		r.beat(503, "10.0.1.1", b.beatOf("a"))
		result(r.scrape(), 1, string(wire.CodeShuttingDown))
		_ = r.end()
	})
}

func TestMetricsOfTheFleet(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot(func(c *Config) { c.Version = "1.2.3+abc" })
		r.beat(200, "10.0.1.1", b.beatOf("old", withDevices(cpu)))
		r.stop()
		r = b.bootEarlier(func(c *Config) { c.Version = "1.2.3+abc" })
		r.beat(200, "10.0.1.2", b.beatOf("gone", withDevices(cpu)))
		b.sleep(11 * time.Second)
		r.beat(200, "10.0.1.3", b.beatOf("here", withInstance("one"), withDevices(cpu)))
		r.beat(409, "10.0.1.4", b.beatOf("here", withInstance("another"), withDevices(cpu)))

		s := r.scrape()
		for status, want := range map[wire.Status]float64{
			wire.StatusUnconfirmed: 1, wire.StatusHealthy: 1, wire.StatusDegraded: 0, wire.StatusDown: 1, wire.StatusStopped: 0,
		} {
			wantMetric(t, s, want, "rbee_queen_hives", "status", string(status))
		}
		wantMetric(t, s, 2, "rbee_queen_epoch")
		wantMetric(t, s, 1, "rbee_queen_heartbeat_interval_seconds")
		wantMetric(t, s, 1, "rbee_queen_build_info", "version", "1.2.3", "commit", "abc")
		wantMetric(t, s, 1, "rbee_queen_events_total", "kind", string(wire.EventQueenStarted))
		wantMetric(t, s, 1, "rbee_queen_events_total", "kind", string(wire.EventHiveDown))
		wantMetric(t, s, 1, "rbee_queen_events_total", "kind", string(wire.EventIDConflict))
		wantMetric(t, s, 1, "rbee_queen_state_writable")
		wantMetric(t, s, 16384, "rbee_queen_writer_queue_capacity")
		for _, name := range []string{"rbee_queen_state_file_bytes", "rbee_queen_wal_bytes", "rbee_queen_state_disk_free_bytes"} {
			if v, _ := s.Value(name); v < 4096 {
				t.Errorf("%s is %v", name, v)
			}
		}
	})
}

// Nothing that somebody sends becomes a label.
func TestMetricsHaveNoLabelsFromOutside(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		series := func() (all []string) {
			s := r.scrape()
			for _, name := range s.Names() {
				for _, label := range s.Labels(name) {
					for _, value := range s.Values(name, label) {
						all = append(all, fmt.Sprintf("%s{%s=%q}", name, label, value))
					}
				}
			}
			return all
		}
		before := series()
		for _, id := range []string{"one", "two", "three"} {
			hb := b.beatOf(id, withDevices(cpu), withInstance("i-"+id))
			hb.Hive.Version = "v-" + id
			hb.Workers = []wire.Worker{{PID: 1, Group: "g-" + id, Instance: "w-" + id, Model: new("m-" + id)}}
			r.beat(200, "10.0.1.1", hb)
			r.beat(404, "10.0.1.1", b.beatOf("un"+id))
			r.do("10.0.1.1", "GET", "/"+id, "")
		}
		if diff := cmp.Diff(before, series()); diff != "" {
			t.Errorf("the labels have changed (-before +after):\n%s", diff)
		}
	})
}

func TestMetricsOfDiscovery(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot(b.sshConfig("Host off\n  HostName 10.0.1.9\nHost git\n  HostName 10.0.1.8\n  User git\n"), after(5*time.Second, 0))
		if v, there := r.scrape().Value("rbee_queen_discoveries_total", "outcome", "failed"); v != 0 || !there {
			t.Errorf("before the first round: got %v failed, %v", v, there)
		}
		b.sleep(10 * time.Second)
		s := r.scrape()
		wantMetric(t, s, 2, "rbee_queen_discoveries_total", "outcome", "failed") // localhost too
		wantMetric(t, s, 1, "rbee_queen_discoveries_total", "outcome", "skipped")
		wantMetric(t, s, 0, "rbee_queen_discoveries_total", "outcome", "registered")
		last, _ := s.Value("rbee_queen_last_discovery_timestamp_seconds")
		if age := float64(time.Now().Unix()) - last; age < 0 || age > 10 {
			t.Errorf("the last round ended %v s ago", age)
		}
	})
}

func TestMetricsOfTheStream(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		parcels, leave := r.hub.subscribe()
		wantMetric(t, r.scrape(), 1, "rbee_queen_stream_readers")
		r.beat(200, "10.0.1.1", b.beatOf("a", withDevices(cpu)))
		for range readerBuffer + 2 { // which nobody reads
			b.sleep(time.Second)
			r.beat(200, "10.0.1.1", b.beatOf("a"))
		}
		s := r.scrape()
		wantMetric(t, s, 0, "rbee_queen_stream_readers")
		wantMetric(t, s, 1, "rbee_queen_stream_readers_dropped_total")
		if len(parcels) != readerBuffer {
			t.Errorf("it got %d parcels", len(parcels))
		}
		leave()
	})
}

func TestMetricsOfBackups(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		const last = "rbee_queen_last_backup_timestamp_seconds"
		r := b.boot()
		wantMetric(t, r.scrape(), 0, last)
		b.sleep(time.Hour)
		r.noteBackup(t.Context(), wire.EventStateBackedUp, store.BackedUp{})
		made := float64(time.Now().UnixMilli()) / 1e3
		wantMetric(t, r.scrape(), made, last)
		r.stop()
		b.sleep(time.Hour)
		wantMetric(t, b.boot().scrape(), made, last)
	})
}

// All kinds and codes that could be counted are.
func TestEverythingIsCounted(t *testing.T) {
	c := newCounts()
	for _, kind := range wire.EventKinds() {
		c.committed(store.Commit{Events: []wire.EventKind{kind}})
		if c.events.Of(kind).Value() != 1 {
			t.Errorf("%s is not counted", kind)
		}
	}
	c.committed(store.Commit{Failed: true})
	if c.failures.Value() != 1 {
		t.Error("a failed commit is not counted")
	}
	// What a heartbeat can be answered, by the OpenAPI document.
	for _, promised := range api().Promised() {
		route, code, _ := strings.Cut(strings.TrimPrefix(promised, "POST "+wire.PathHeartbeat+" "), " ")
		if strings.HasPrefix(promised, "POST "+wire.PathHeartbeat+" ") && code != "" {
			if c.refused.Of(wire.Code(code)).Inc(); c.refused.Of(wire.Code(code)).Value() != 1 {
				t.Errorf("%s %s is not counted", route, code)
			}
		}
	}
	if !slices.Contains(api().Promised(), "POST /v1/hive-heartbeat 404 unknown_hive") {
		t.Error("the document promises nothing of heartbeats")
	}
}
