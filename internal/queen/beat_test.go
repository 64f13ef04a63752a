package queen

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

func TestAHeartbeatIsAcknowledged(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		a := r.beat(200, "10.0.1.1", b.beatOf("gaming-pc", withDevices(gpu, cpu)))
		var got map[string]any
		if err := json.Unmarshal(a.body, &got); err != nil {
			t.Fatal(err)
		}
		want := map[string]any{
			"status": "ok", "message": "Telemetry received from hive gaming-pc", "epoch": 1.0, "queen_id": r.store.QueenID,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("answer (-want +got):\n%s", diff)
		}
		r.beat(200, "10.0.1.1", b.beatOf("gaming-pc"))
		lines := b.log.since(0, "")[2:] // after the two of the boot
		if diff := cmp.Diff([]string{"Received capabilities from hive gaming-pc: 2 devices"}, lines); diff != "" {
			t.Errorf("log: nothing during normal telemetry (-want +got):\n%s", diff)
		}
	})
}

// Without capabilities only a hive registered in this epoch is taken. The
// refusal says the epoch and what to do, and leaves nothing in the file.
func TestAHeartbeatWithoutCapabilitiesNeedsARegistration(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		refused := func(id string, epoch int) {
			t.Helper()
			before := b.dump()
			a := r.beat(404, "10.0.1.1", b.beatOf(id))
			p := a.problem()
			if p.Code != wire.CodeUnknownHive || !strings.Contains(p.Detail, "epoch "+strconv.Itoa(epoch)) ||
				!strings.Contains(p.Detail, id) || !strings.Contains(p.Remedy, "capabilities") {
				t.Errorf("got %s, want unknown_hive with the id, epoch %d and the remedy", a.body, epoch)
			}
			if diff := cmp.Diff(before, b.dump()); diff != "" {
				t.Errorf("a refused heartbeat left traces:\n%s", diff)
			}
		}
		refused("a", 1)
		r.beat(200, "10.0.1.1", b.beatOf("a", withDevices(gpu)))
		r.beat(200, "10.0.1.1", b.beatOf("a"))
		refused("b", 1)
		r.stop()

		r = b.boot()
		refused("a", 2)
		refused("b", 2)
		r.beat(200, "10.0.1.1", b.beatOf("a", withDevices(gpu)))
		r.beat(200, "10.0.1.1", b.beatOf("a"))
		if got := r.hive("a").RegisteredEpoch; got != 2 {
			t.Errorf("got registered in epoch %d, want 2", got)
		}

		r.want(http.StatusNoContent, nil, http.MethodDelete, wire.PathHives+"/a", "")
		refused("a", 2)
	})
}

// However often and in whatever way a hive registers, its id has one
// hive.registered; each later registration is a hive.rediscovered.
func TestAnIDIsRegisteredOnceEver(t *testing.T) {
	for _, way := range []string{"push", "pull"} {
		t.Run(way, func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				var r *running
				boot := func() { r = b.boot(b.sshConfig("Host a\n HostName 10.0.1.1\n")) }
				register := func() {
					if way == "push" {
						r.beat(200, "10.0.1.1", b.beatOf("a", withDevices(gpu)))
						return
					}
					r.discover("")
				}
				boot()
				if way == "pull" {
					b.hiveAt("10.0.1.1:7835", joining("a", "i-1", gpu))
				}
				register()
				register() // no new registration
				want := []string{"hive.registered"}
				wantEvents := func(what string) {
					t.Helper()
					var got []string
					for _, k := range r.kinds("a") {
						if strings.HasSuffix(k, "registered") || strings.HasSuffix(k, "rediscovered") {
							got = append(got, k)
						}
					}
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("after %s (-want +got):\n%s", what, diff)
					}
				}
				wantEvents("two announcements")

				r.stop()
				boot()
				register()
				register()
				want = append(want, "hive.rediscovered")
				wantEvents("a restart")

				r.crash()
				boot()
				register()
				want = append(want, "hive.rediscovered")
				wantEvents("a crash")

				r.want(http.StatusNoContent, nil, http.MethodDelete, wire.PathHives+"/a", "")
				register()
				want = append(want, "hive.rediscovered")
				wantEvents("being forgotten")
			})
		})
	}
}

func TestWhatAHiveHas(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		wantDevices := func(step string, want []wire.Device, recorded ...string) {
			t.Helper()
			if diff := cmp.Diff(want, r.hive("a").Devices); diff != "" {
				t.Errorf("%s: devices shown (-want +got):\n%s", step, diff)
			}
			got := b.sql("SELECT hive_id, device_id, name, device_type, vram_gb, compute_capability, recorded_epoch, recorded_at FROM audit_devices")
			if diff := cmp.Diff(recorded, got); diff != "" {
				t.Errorf("%s: devices on file (-want +got):\n%s", step, diff)
			}
		}
		wantChanges := func(want int) {
			t.Helper()
			if got := r.count(wire.EventCapabilitiesChanged, "a"); got != want {
				t.Errorf("got %d hive.capabilities_changed, want %d", got, want)
			}
		}
		r.beat(200, "10.0.1.1", b.beatOf("a", withDevices(gpu, cpu)))
		wantDevices("announced", []wire.Device{gpu, cpu},
			"a|GPU-0|RTX 4090|gpu|24|8.9|1|2000-01-01T00:00:00.000Z", "a|CPU-0|CPU (16 cores)|cpu|64|<nil>|1|2000-01-01T00:00:00.000Z")

		b.sleep(time.Second)
		r.beat(200, "10.0.1.1", b.beatOf("a"))
		wantDevices("absent keeps", []wire.Device{gpu, cpu},
			"a|GPU-0|RTX 4090|gpu|24|8.9|1|2000-01-01T00:00:00.000Z", "a|CPU-0|CPU (16 cores)|cpu|64|<nil>|1|2000-01-01T00:00:00.000Z")

		b.sleep(time.Second)
		r.beat(200, "10.0.1.1", b.beatOf("a", withDevices(gpu, cpu)))
		wantDevices("repeated", []wire.Device{gpu, cpu},
			"a|GPU-0|RTX 4090|gpu|24|8.9|1|2000-01-01T00:00:02.000Z", "a|CPU-0|CPU (16 cores)|cpu|64|<nil>|1|2000-01-01T00:00:02.000Z")
		wantChanges(0)

		more := gpu
		more.VRAMGB = ptr[int64](48)
		r.beat(200, "10.0.1.1", b.beatOf("a", withDevices(more)))
		wantDevices("changed", []wire.Device{more}, "a|GPU-0|RTX 4090|gpu|48|8.9|1|2000-01-01T00:00:02.000Z")
		wantChanges(1)

		r.beat(200, "10.0.1.1", b.beatOf("a", withDevices()))
		wantDevices("an empty list stores none", []wire.Device{})
		wantChanges(2)

		r.stop()
		r = b.boot()
		wantDevices("an empty list after a restart", []wire.Device{})
		r.beat(200, "10.0.1.1", b.beatOf("a", withDevices(gpu)))
		wantDevices("announced in another epoch", []wire.Device{gpu}, "a|GPU-0|RTX 4090|gpu|24|8.9|2|2000-01-01T00:00:02.000Z")
		wantChanges(3)
	})
}

// A hive's clock decides nothing: a heartbeat from any time is one row, in the
// order of arrival, and the distance is shown.
func TestEveryAcceptedHeartbeatIsOneRow(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		b.sleep(1500 * time.Millisecond)
		stamps := []string{
			"2000-01-01T00:00:01.5Z", "2000-01-01T00:00:01.2Z", "2000-01-01T00:00:01.2Z", "2000-01-01T01:00:00Z", "1970-01-01T00:00:00Z",
			"0001-01-01T00:00:01Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z", "2000-01-01T02:00:00.123456789+02:00",
		}
		var want []wire.Sample
		for i, stamp := range stamps {
			sent, err := time.Parse(time.RFC3339, stamp)
			if err != nil {
				t.Fatal(err)
			}
			hb := b.beatOf("a", func(hb *wire.Heartbeat) { hb.Timestamp = sent })
			if i == 0 {
				withDevices(gpu)(&hb)
			}
			r.beat(200, "10.0.1.1", hb)
			if got, want := r.hive("a").ClockSkewMS, sent.UnixMilli()-time.Now().UnixMilli(); got == nil || *got != want {
				t.Errorf("sent %s: got skew %v ms, want %d", stamp, deref(got), want)
			}
			want = append(want, wire.Sample{
				Epoch: 1, ReceivedAt: time.Now().UTC(), SentAt: sent.UTC().Truncate(time.Millisecond), Workers: []wire.Worker{},
			})
			b.sleep(time.Millisecond)
		}
		var history wire.History
		r.get(wire.PathHives+"/a/heartbeats", &history)
		if diff := cmp.Diff(want, history.Samples); diff != "" {
			t.Errorf("history (-want +got):\n%s", diff)
		}
		if got := r.hive("a").Status; got != wire.StatusHealthy {
			t.Errorf("got status %s, want healthy whatever the hive's clock says", got)
		}
	})
}

func deref(v *int64) any {
	if v == nil {
		return nil
	}
	return *v
}

func TestAHeartbeatOfTheShapeOf2025(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		r.want(200, nil, http.MethodPost, wire.PathHeartbeat,
			`{"hive":{"id":"old","hostname":"192.168.1.100","port":7840},"timestamp":"2000-01-01T00:00:00Z","workers":[],"capabilities":[]}`)
		r.want(200, nil, http.MethodPost, wire.PathHeartbeat,
			`{"hive":{"id":"old","port":7840},"timestamp":"2000-01-01T00:00:00Z","unknown":{"field":1}}`)
		want := wire.Hive{
			ID: "old", Aliases: []string{}, Address: "10.0.0.200", Port: 7840, OperationalStatus: wire.Ready,
			HealthStatus: wire.HealthStatus{Status: wire.HealthHealthy}, Status: wire.StatusHealthy, RegisteredEpoch: 1,
			FirstSeen: b.start.UTC(), LastSeen: b.start.UTC(), ClockSkewMS: ptr[int64](0), Devices: []wire.Device{}, Workers: []wire.Worker{},
		}
		if diff := cmp.Diff(want, r.hive("old")); diff != "" {
			t.Errorf("hive (-want +got):\n%s", diff)
		}
		if got := b.sql("SELECT hive_id, workers, node FROM audit_heartbeats"); len(got) != 2 || got[1] != "old|[]|<nil>" {
			t.Errorf("rows on file: got %q", got)
		}
	})
}

func TestTelemetryIsShownAndKept(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		hb := b.beatOf("a", withDevices(gpu), withInstance("i-1"), saying(wire.Busy))
		hb.Hive.HealthStatus = wire.HealthStatus{Status: wire.HealthDegraded, Reason: "hot"}
		hb.Workers = []wire.Worker{{
			PID: 1234, Group: "llm", Instance: "8080", CPUPct: 122, RSSMB: 9821, IOReadMBS: 12.3, IOWriteMBS: 0.1, UptimeS: 432,
			GPUUtilPct: 64, VRAMMB: 7900, TotalVRAMMB: 24564, Model: ptr("llama-3.2-1b"),
		}}
		hb.Node = &wire.Node{CPUPct: 37.2, RAMUsedMB: 12345, RAMTotalMB: 65536, GPUs: []wire.GPU{{
			ID: "GPU-0", UtilPct: ptr(64.0), VRAMUsedMB: ptr[int64](8123), VRAMTotalMB: ptr[int64](24564), TempC: ptr(66.0), PowerW: ptr(210.0),
		}}}
		r.beat(200, "10.0.1.1", hb)
		want := wire.Hive{
			ID: "a", InstanceID: "i-1", Aliases: []string{}, Hostname: "a.lan", Address: "10.0.1.1", Port: 7835, Version: "0.1.0",
			OperationalStatus: wire.Busy, HealthStatus: hb.Hive.HealthStatus, Status: wire.StatusHealthy, RegisteredEpoch: 1,
			FirstSeen: b.start.UTC(), LastSeen: b.start.UTC(), ClockSkewMS: ptr[int64](0),
			Devices: []wire.Device{gpu}, Workers: hb.Workers, Node: hb.Node,
		}
		if diff := cmp.Diff(want, r.hive("a")); diff != "" {
			t.Errorf("hive (-want +got):\n%s", diff)
		}
		var history wire.History
		r.get(wire.PathHives+"/a/heartbeats", &history)
		sample := wire.Sample{Epoch: 1, ReceivedAt: b.start.UTC(), SentAt: b.start.UTC(), Workers: hb.Workers, Node: hb.Node}
		if diff := cmp.Diff([]wire.Sample{sample}, history.Samples); diff != "" {
			t.Errorf("history (-want +got):\n%s", diff)
		}
		r.beat(200, "10.0.1.1", b.beatOf("a")) // and the next one replaces it
		if h := r.hive("a"); len(h.Workers) != 0 || h.Node != nil || h.OperationalStatus != wire.Ready {
			t.Errorf("got %+v, want what the last heartbeat said", h)
		}
	})
}

// A 503 with Retry-After, when more writes wait than the bound allows.
func TestAFullQueueSaysWhenToComeBack(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		release := r.holdWriter()
		const queue = 16384
		done := make(chan error, queue)
		for range queue {
			go func() { done <- r.store.TryWrite(doNothing) }()
		}
		b.sleep(0)
		for _, path := range []string{wire.PathHeartbeat, wire.PathReady} {
			a := r.do("10.0.1.1", map[bool]string{true: "POST", false: "GET"}[path == wire.PathHeartbeat], path,
				`{"hive":{"id":"a","port":7835},"timestamp":"2000-01-01T00:00:00Z","capabilities":[]}`)
			if p := a.problem(); a.status != 503 || p.Code != wire.CodeQueueFull {
				t.Errorf("%s with a full queue: got %d %s", path, a.status, a.body)
			}
			if path == wire.PathHeartbeat && a.header.Get("Retry-After") != "1" {
				t.Errorf("got Retry-After %q, want 1", a.header.Get("Retry-After"))
			}
		}
		release()
		for range queue {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		if got := r.ids(); len(got) != 0 {
			t.Errorf("got hives %q after a 503, want none", got)
		}
	})
}
