package swarm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"rbee/internal/wire"
)

func someConfig() Config {
	return Config{Queen: "http://127.0.0.1:1", Hives: 10, Workers: 2, GPUs: 2, IDPrefix: "t-", Version: "0.1.0", Threads: 1}
}

// Whatever is patched into a message, it stays a heartbeat of that hive at that
// time, of the length that its header says.
func TestPatchedMessagesAreHeartbeats(t *testing.T) {
	cfg := someConfig()
	queen := netip.MustParseAddrPort("127.0.0.1:7833")
	var s stamp
	for k := range kinds {
		m, err := newMessage(&cfg, queen, k, models[0])
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for n := range 2000 {
			h := &hive{index: int32(n * 499), number: int32(n * 499), load: uint16(n * 77), beats: uint32(n)}
			at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Add(time.Duration(n) * 37 * time.Millisecond)
			text := m.patch(h, &s, at.UnixMilli(), mix(uint64(n)))
			head, body, _ := bytes.Cut(text, []byte("\r\n\r\n"))
			if want := "Content-Length: " + strconv.Itoa(len(body)); !bytes.Contains(head, []byte(want)) {
				t.Fatalf("the headers lack %q:\n%s", want, head)
			}
			var hb wire.Heartbeat
			if err := json.Unmarshal(body, &hb); err != nil {
				t.Fatalf("%v in %s", err, body)
			}
			if new(wire.Heartbeat).ParseJSON(body) != (k != kindDiscovery) {
				t.Fatalf("not as quickly read as a hive's: %s", body)
			}
			hb.Normalize()
			if err := hb.Validate(); err != nil {
				t.Fatalf("%v in %s", err, body)
			}
			want := fmt.Sprintf("t-%06d", n*499)
			if hb.Hive.ID != want || hb.Hive.Hostname != want || !hb.Timestamp.Equal(at) || len(hb.Workers) != 2 || len(hb.Node.GPUs) != 2 {
				t.Fatalf("hive %d at %v reads as %s", n, at, body)
			}
			if (hb.Capabilities != nil) != (k == kindDiscovery) || (hb.Hive.OperationalStatus == wire.Stopped) != (k == kindFarewell) {
				t.Fatalf("a message of kind %d reads as %s", k, body)
			}
			w := hb.Workers[1]
			if w.CPUPct < 10 || w.CPUPct >= 100 || w.RSSMB < 12000 || w.PID < 10000 || *hb.Node.GPUs[1].TempC < 40 {
				t.Fatalf("the figures are not in their ranges: %s", body)
			}
			seen[hb.Hive.InstanceID] = true
			seen[fmt.Sprint(hb.Node.CPUPct)] = true
		}
		if len(seen) < 2300 {
			t.Errorf("kind %d: only %d different instances and loads", k, len(seen))
		}
	}
}

func TestPatchingDoesNotAllocate(t *testing.T) {
	cfg := someConfig()
	m, err := newMessage(&cfg, netip.MustParseAddrPort("127.0.0.1:7833"), kindTelemetry, models[0])
	if err != nil {
		t.Fatal(err)
	}
	var s stamp
	h := &hive{index: 5, number: 5}
	n := int64(0)
	if got := testing.AllocsPerRun(100, func() { n += 400; m.patch(h, &s, n, 7) }); got != 0 {
		t.Errorf("%v allocations for each heartbeat", got)
	}
}

func TestStamp(t *testing.T) {
	var s stamp
	for _, at := range []time.Time{
		time.Date(2025, 10, 30, 22, 0, 0, 0, time.UTC),
		time.Date(2025, 10, 30, 22, 0, 0, 1e6, time.UTC),
		time.Date(2025, 10, 30, 22, 0, 0, 999e6, time.UTC),
		time.Date(2025, 12, 31, 23, 59, 59, 999e6, time.UTC),
		time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2025, 12, 31, 23, 59, 59, 45e6, time.UTC), // a clock that was set back
	} {
		got := bytes.Repeat([]byte("#"), stampLen+2)
		s.put(got[1:], at.UnixMilli())
		if want := "#" + at.Format(stampLayout) + "#"; string(got) != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func BenchmarkPatch(b *testing.B) {
	cfg := someConfig()
	cfg.Workers, cfg.GPUs = 1, 1
	m, err := newMessage(&cfg, netip.MustParseAddrPort("127.0.0.1:7833"), kindTelemetry, models[0])
	if err != nil {
		b.Fatal(err)
	}
	var s stamp
	h := &hive{index: 5, number: 5}
	for n := int64(0); b.Loop(); n++ {
		h.beats++
		m.patch(h, &s, n/10, mix(uint64(n)))
	}
}
