package swarm

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rbee/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server runs a handler in the place of a queen, and returns its URL.
func server(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// simulate runs a swarm; what is not set is one worker, one GPU and little time.
func simulate(t *testing.T, c Config) *Report {
	t.Helper()
	c.Workers, c.GPUs, c.Version, c.Log = 1, 1, "test", slog.New(slog.DiscardHandler)
	c.IDPrefix, c.Threads = "t-", max(c.Threads, 1)
	if c.Duration == 0 {
		c.Duration = 300 * time.Millisecond
	}
	s, err := New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sum := uint64(0)
	for _, n := range r.Status {
		sum += n
	}
	for _, n := range r.Errors {
		sum += n
	}
	if sum != r.Attempted {
		t.Errorf("%d answers and errors of %d attempts", sum, r.Attempted)
	}
	return r
}

// beats gathers what a server is sent.
type beats struct {
	mu   sync.Mutex
	list []wire.Heartbeat
	at   []time.Time
}

func (b *beats) add(t *testing.T, r *http.Request) wire.Heartbeat {
	var hb wire.Heartbeat
	if err := json.NewDecoder(r.Body).Decode(&hb); err != nil {
		t.Errorf("a heartbeat does not read: %v", err)
	}
	if err := hb.Validate(); err != nil {
		t.Error(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.list, b.at = append(b.list, hb), append(b.at, time.Now())
	return hb
}

// all is what has come so far, and when.
func (b *beats) all() ([]wire.Heartbeat, []time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.list), slices.Clone(b.at)
}

// A server that says no more than 200 can be loaded too.
func TestBusyLoadsAnyServer(t *testing.T) {
	var got beats
	url := server(t, func(_ http.ResponseWriter, r *http.Request) { got.add(t, r) })
	acked := filepath.Join(t.TempDir(), "acked")
	r := simulate(t, Config{Queen: url, Hives: 8, Busy: true, Acked: acked, Threads: 2})
	if r.Accepted < 100 || r.Start.Hives != 8 || r.Connections != 8 || r.Accepted != r.AcceptedInTotal {
		t.Errorf("it reports %+v", r)
	}
	if r.Latency.P50 <= 0 || r.Latency.P50 > r.Latency.P99 || r.Latency.P99 > r.Latency.Max {
		t.Errorf("the latencies are %+v", r.Latency)
	}
	raw, err := os.ReadFile(acked)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	list, _ := got.all()
	for _, hb := range list {
		want = append(want, hb.Hive.ID+" "+hb.Timestamp.Format(stampLayout))
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	slices.Sort(lines)
	slices.Sort(want)
	if !slices.Equal(lines, want) {
		t.Errorf("the list has %d lines, the server was sent %d heartbeats", len(lines), len(want))
	}
}

func TestTheRhythmIsTheQueens(t *testing.T) {
	var got beats
	url := server(t, func(w http.ResponseWriter, r *http.Request) {
		got.add(t, r)
		fmt.Fprint(w, `{"status":"ok","next_ms":200}`)
	})
	simulate(t, Config{Queen: url, Hives: 1, Duration: 900 * time.Millisecond})
	list, _ := got.all()
	if n := len(list); n < 4 || n > 5 {
		t.Errorf("%d heartbeats in 900 ms, want one each 200 ms", n)
	}
	if list[0].Capabilities == nil || list[1].Capabilities != nil {
		t.Error("the first heartbeat alone has capabilities")
	}
}

func TestForgottenHivesRegisterAgain(t *testing.T) {
	known := atomic.Bool{}
	n := atomic.Int32{}
	url := server(t, func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		if strings.Contains(string(raw), `"capabilities"`) {
			known.Store(true)
		}
		if n.Add(1) == 20 {
			known.Store(false)
		}
		if !known.Load() {
			w.WriteHeader(http.StatusNotFound)
		}
	})
	r := simulate(t, Config{Queen: url, Hives: 1, Busy: true})
	if r.Status["404"] != 1 || r.Recovery.Outages != 1 || r.Recovery.Hives != 1 || r.Recovery.AllHealthyMS == nil || r.Accepted < 50 {
		t.Errorf("it reports %+v", r)
	}
}

func TestClonesSlowLinksRestartsAndFarewells(t *testing.T) {
	var got beats
	url := server(t, func(w http.ResponseWriter, r *http.Request) {
		hb := got.add(t, r)
		got.mu.Lock()
		defer got.mu.Unlock()
		first := slices.IndexFunc(got.list, func(o wire.Heartbeat) bool { return o.Hive.ID == hb.Hive.ID })
		if got.list[first].Hive.InstanceID != hb.Hive.InstanceID {
			w.WriteHeader(http.StatusConflict)
		}
	})
	r := simulate(t, Config{
		Queen: url, Hives: 5, Clones: 2, Slow: 1, Farewell: true, Duration: 1900 * time.Millisecond,
		RestartEvery: 500 * time.Millisecond, RediscoverEvery: time.Minute,
	})
	if r.ClonesRefused != 2 || r.ClonesAccepted != 0 || r.Start.Hives != 5 || r.Restarts.Hives < 2 {
		t.Errorf("it reports %+v", r)
	}
	stopped := 0
	list, _ := got.all()
	for _, hb := range list {
		if hb.Hive.OperationalStatus == wire.Stopped {
			stopped++
		}
	}
	if stopped < 5+2 {
		t.Errorf("%d farewells of 5 hives, some of which restarted", stopped)
	}
}

func TestABurstIsOneInstant(t *testing.T) {
	var got beats
	url := server(t, func(_ http.ResponseWriter, r *http.Request) { got.add(t, r) })
	simulate(t, Config{Queen: url, Hives: 20, Burst: true, Ramp: 500 * time.Millisecond, Duration: 1500 * time.Millisecond})
	var first, last time.Time
	list, at := got.all()
	for i, hb := range list {
		if hb.Capabilities == nil {
			if first.IsZero() {
				first = at[i]
			}
			last = at[i]
		}
	}
	if len(list) != 40 || last.Sub(first) > 300*time.Millisecond {
		t.Errorf("%d heartbeats, the telemetry spread over %v", len(list), last.Sub(first))
	}
}

// A standalone hive waits for a pull, and obeys that of its queen only.
func TestPulls(t *testing.T) {
	var got beats
	url := server(t, func(_ http.ResponseWriter, r *http.Request) { got.add(t, r) })
	port := freePort(t)
	done := make(chan *Report, 1)
	go func() {
		done <- simulate(t, Config{
			Queen: url, Hives: 3, Listen: netip.MustParseAddr("127.77.0.1"), Port: port, Standalone: true, Duration: 1500 * time.Millisecond,
		})
	}()
	ask := func(host, query string) (c wire.Capabilities) {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		var resp *http.Response
		for range 100 {
			var err error
			if resp, err = client.Get("http://" + net.JoinHostPort(host, strconv.Itoa(port)) + wire.PathCapabilities + query); err == nil {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		if resp == nil {
			t.Fatal("the hive does not answer")
		}
		defer func() { _ = resp.Body.Close() }()
		if err := json.NewDecoder(resp.Body).Decode(&c); err != nil {
			t.Error(err)
		}
		return c
	}
	if c := ask("127.77.0.2", ""); c.State != wire.Standalone || c.Hive.ID != "t-000001" || len(c.Devices) != 2 || c.Warning != "" {
		t.Errorf("a plain question is answered %+v", c)
	}
	if c := ask("127.77.0.2", "?queen_url=http%3A%2F%2F127.0.0.1%3A1"); c.State != wire.Standalone || c.Warning == "" {
		t.Errorf("another queen's pull is answered %+v", c)
	}
	if c := ask("127.77.0.2", "?queen_url="+strings.ReplaceAll(url, "/", "%2F")); c.State != wire.DiscoveryPush || c.QueenURL == nil || *c.QueenURL != url {
		t.Errorf("a pull is answered %+v", c)
	}
	r := <-done
	list, _ := got.all()
	if r.Start.Hives != 1 || r.Pulls != 2 || len(list) < 2 {
		t.Errorf("it reports %+v", r)
	}
	for _, hb := range list {
		if hb.Hive.ID != "t-000001" || hb.Hive.Port != port {
			t.Errorf("%s at port %d sent a heartbeat", hb.Hive.ID, hb.Hive.Port)
		}
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().(*net.TCPAddr).Port
}

func TestNobodyListens(t *testing.T) {
	r := simulate(t, Config{Queen: fmt.Sprintf("http://127.0.0.1:%d", freePort(t)), Hives: 3})
	if r.Errors["refused"] != 3 || r.Accepted != 0 || r.Start.AllHealthyMS != nil {
		t.Errorf("it reports %+v", r)
	}
}

// The end of the context is a clean end, with what was under way answered.
func TestTheContextEnds(t *testing.T) {
	url := server(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		time.Sleep(100 * time.Millisecond)
	})
	s, err := New(t.Context(), Config{Queen: url, Hives: 4, Busy: true, IDPrefix: "t-", Threads: 1, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 250*time.Millisecond)
	defer cancel()
	r, err := s.Run(ctx)
	if err != nil || r.Accepted != r.Attempted || r.Accepted < 8 {
		t.Errorf("it reports %+v, %v", r, err)
	}
}

func TestConfigsThatAreRefused(t *testing.T) {
	for _, tt := range []struct {
		says  string
		spoil func(*Config)
	}{
		{"0 hives", func(c *Config) { c.Hives = 0 }},
		{"at most one of each", func(c *Config) { c.Clones = 99 }},
		{"slow", func(c *Config) { c.Slow = 99 }},
		{"http only", func(c *Config) { c.Queen = "https://x" }},
		{"id prefix", func(c *Config) { c.IDPrefix = "-" }},
		{"127.0.0.0/8 only", func(c *Config) { c.Listen, c.Port = netip.MustParseAddr("10.0.0.1"), 1 }},
		{"127.0.0.0/8 only", func(c *Config) { c.Listen, c.Port = netip.MustParseAddr("127.255.255.250"), 1 }},
		{"wait for a pull", func(c *Config) { c.Standalone = true }},
		{"thread", func(c *Config) { c.Threads = 0 }},
	} {
		c := someConfig()
		tt.spoil(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("want an error with %q, got %v", tt.says, err)
		}
	}
}

func TestProc(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	if pid, err := listenerOf(netip.MustParseAddrPort(ln.Addr().String())); err != nil || pid != os.Getpid() {
		t.Errorf("the listener is process %d, %v, want %d", pid, err, os.Getpid())
	}
	if _, err := processCPU(os.Getpid()); err != nil {
		t.Error(err)
	}
	if rss, err := processRSS(os.Getpid()); err != nil || rss < 1<<20 {
		t.Errorf("this process holds %d bytes, %v", rss, err)
	}
	if _, err := processCPU(1 << 30); err == nil {
		t.Error("a process that is not there has spent time")
	}
}
