package hive

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"rbee/internal/metrics/metricstest"
	"rbee/internal/wire"
)

// scrape reads GET /metrics as Prometheus would.
func scrape(t *testing.T, client *http.Client, base string) metricstest.Scrape {
	t.Helper()
	resp, err := client.Get(base + wire.PathMetrics)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET /metrics: %d, %v", resp.StatusCode, err)
	}
	s, err := metricstest.Read(resp.Header.Get("Content-Type"), text)
	if err != nil {
		t.Errorf("GET /metrics: %v", err)
	}
	return s
}

func (b *bed) scrape() metricstest.Scrape {
	b.t.Helper()
	return scrape(b.t, b.client, "http://"+hiveAddr)
}

func wantMetric(t *testing.T, s metricstest.Scrape, want float64, name string, labels ...string) {
	t.Helper()
	if got, there := s.Value(name, labels...); !there || got != want {
		t.Errorf("%s%v: got %v (there: %v), want %v", name, labels, got, there, want)
	}
}

func TestMetricsOfTheLink(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		q := b.queen(hostA, "A")
		b.run()
		state := func(want wire.LinkState) {
			t.Helper()
			s := b.scrape()
			for _, state := range wire.LinkStates() {
				is := 0.0
				if state == want {
					is = 1
				}
				wantMetric(t, s, is, "rbee_hive_link_state", "state", string(state))
			}
		}
		state(wire.Standalone)
		if _, there := b.scrape().Value("rbee_hive_devices", "type", "cpu"); there {
			t.Error("devices are told of that were not detected")
		}
		b.pullFrom(urlA)
		b.sleep(3500 * time.Millisecond)
		state(wire.Telemetry)
		s := b.scrape()
		wantMetric(t, s, 1, "rbee_hive_discovery_attempts_total", "outcome", "accepted")
		wantMetric(t, s, float64(len(q.all())), "rbee_hive_heartbeats_total", "result", "accepted")
		wantMetric(t, s, float64(len(q.all())), "rbee_hive_heartbeat_duration_seconds")
		wantMetric(t, s, float64(len(q.all())), "rbee_hive_telemetry_duration_seconds")
		wantMetric(t, s, 7, "rbee_hive_queen_epoch")
		wantMetric(t, s, 1, "rbee_hive_devices", "type", "gpu")
		wantMetric(t, s, 1, "rbee_hive_devices", "type", "cpu")
		wantMetric(t, s, 0.125, "rbee_hive_cpu_utilization_ratio")
		wantMetric(t, s, 1000<<20, "rbee_hive_memory_used_bytes")
		wantMetric(t, s, 0, "rbee_hive_workers", "state", "ready")

		q.answers(always(reply{status: 503}))
		b.sleep(2 * time.Second)
		wantMetric(t, b.scrape(), 2, "rbee_hive_heartbeats_total", "result", "failed")
		q.answers(always(reply{status: 404}))
		b.sleep(1500 * time.Millisecond)
		state(wire.DiscoveryPush)
		s = b.scrape()
		wantMetric(t, s, 1, "rbee_hive_discovery_attempts_total", "outcome", "unknown_hive")
		wantMetric(t, s, 2, "rbee_hive_heartbeats_total", "result", "unknown_hive")
		q.answers(always(reply{status: 409}))
		b.sleep(2 * time.Second)
		state(wire.DiscoveryWait)
		wantMetric(t, b.scrape(), 1, "rbee_hive_discovery_attempts_total", "outcome", "turned_away")
	})
}

func TestMetricsOfGPUs(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		b.machine.node.GPUs = []wire.GPU{
			{ID: "GPU-0", UtilPct: new(50.0), VRAMUsedMB: new(int64(1)), VRAMTotalMB: new(int64(2)), TempC: new(66.0), PowerW: new(210.5)},
			{ID: "GPU-1"}, // whose driver tells nothing
		}
		b.run() // standalone: nobody else samples the machine
		s := b.scrape()
		for name, want := range map[string]float64{
			"utilization_ratio": 0.5, "memory_used_bytes": 1 << 20, "memory_total_bytes": 2 << 20, "temperature_celsius": 66, "power_watts": 210.5,
		} {
			wantMetric(t, s, want, "rbee_hive_gpu_"+name, "gpu", "GPU-0")
			if _, there := s.Value("rbee_hive_gpu_"+name, "gpu", "GPU-1"); there {
				t.Errorf("%s is told of a GPU that does not tell it", name)
			}
		}
	})
}

func TestMetricsOfWorkers(t *testing.T) {
	s := newShop(t)
	s.do(`{"operation":"worker_spawn","worker":"fast","model":"` + tiny + `","device":"CPU-0"}`)
	wantMetric(t, scrape(t, s.client, s.url), 1, "rbee_hive_workers", "state", "ready")
}

func TestResults(t *testing.T) {
	if got := resultOf(context.Canceled); got != resultGivenUp {
		t.Errorf("a heartbeat that was given up: got %s", got)
	}
	if got := resultOf(context.DeadlineExceeded); got != resultFailed {
		t.Errorf("one that took too long: got %s", got)
	}
	c := newCounts()
	for _, err := range []error{nil, context.Canceled, context.DeadlineExceeded} {
		c.sent(&wire.Heartbeat{}, err, time.Now())
		if c.heartbeats.Of(resultOf(err)).Value() != 1 || c.attempts.Of(resultOf(err)).Value() != 0 {
			t.Errorf("a heartbeat that ended with %v is not counted", err)
		}
	}
}
