package queen

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

func TestHivesAreListedByID(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		if a := r.want(200, nil, "GET", wire.PathHives, ""); strings.TrimSpace(string(a.body)) != `{"hives":[]}` {
			t.Errorf("an empty queen: got %s", a.body)
		}
		for _, id := range []string{"b", "C", "a", "a.b_c-9"} {
			r.beat(200, "10.0.1.1", b.beatOf(id, withDevices()))
		}
		if diff := cmp.Diff([]string{"C", "a", "a.b_c-9", "b"}, r.ids()); diff != "" {
			t.Errorf("ids (-want +got):\n%s", diff)
		}
	})
}

// Lists are lists and nulls of devices are written, also where nothing is.
func TestABareHiveOnTheWire(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		b.hiveAt("10.0.1.1:7835", with2025(wire.Device{ID: "CPU-0", Name: "CPU", DeviceType: "cpu"}))
		r := b.boot(b.sshConfig("Host a\n HostName 10.0.1.1\n"))
		r.discover("")
		a := r.want(200, nil, "GET", wire.PathHives+"/a", "")
		want := `{"id":"a","instance_id":"","alias":"a","aliases":[],"hostname":"10.0.1.1","address":"10.0.1.1","port":7835,"version":"",` +
			`"operational_status":"ready","health_status":{"status":"healthy"},"status":"healthy","registered_epoch":1,` +
			`"first_seen":"2000-01-01T00:00:00Z","last_seen":"2000-01-01T00:00:00Z","clock_skew_ms":null,` +
			`"devices":[{"id":"CPU-0","name":"CPU","device_type":"cpu","vram_gb":null,"compute_capability":null}],"workers":[]}`
		if got := strings.TrimSpace(string(a.body)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

func TestAHiveIsForgottenAndItsHistoryStays(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		b.hiveAt("10.0.1.1:7835", joining("a", "i-1", gpu))
		config := b.sshConfig("Host box\n HostName 10.0.1.1\n")
		r := b.boot(config)
		r.discover("")
		r.beat(200, "10.0.1.1", b.beatOf("a", withInstance("i-1")))
		r.beat(200, "10.0.1.2", b.beatOf("b", withDevices(cpu)))
		a := r.want(http.StatusNoContent, nil, "DELETE", wire.PathHives+"/a", "")
		if len(a.body) != 0 {
			t.Errorf("got %s, want no body", a.body)
		}
		if diff := cmp.Diff(map[string]any{}, r.detail(wire.EventHiveForgotten, "a")); diff != "" {
			t.Errorf("event (-want +got):\n%s", diff)
		}
		gone := func() {
			t.Helper()
			if diff := cmp.Diff([]string{"b"}, r.ids()); diff != "" {
				t.Errorf("hives (-want +got):\n%s", diff)
			}
			for _, method := range []string{"GET", "DELETE"} {
				if p := r.want(404, nil, method, wire.PathHives+"/a", "").problem(); p.Code != wire.CodeUnknownHive {
					t.Errorf("%s: got %+v", method, p)
				}
			}
			var history wire.History
			r.get(wire.PathHives+"/a/heartbeats", &history)
			if len(history.Samples) != 1 {
				t.Errorf("got %d samples, want the one from before", len(history.Samples))
			}
			if got := b.sql("SELECT hive_id FROM audit_devices"); len(got) != 1 || got[0] != "b" {
				t.Errorf("got devices of %q on file, want b's", got)
			}
			if got := r.count(wire.EventHiveRegistered, "a"); got != 1 {
				t.Errorf("got %d hive.registered, want the one from before", got)
			}
			r.wantMemoryLikeFile()
		}
		gone()
		r.stop()
		began := b.at()
		b.sleep(time.Second)
		r = b.boot(config)
		gone()
		for _, d := range b.dialled(began + 1) {
			if d.addr == "10.0.1.1:7835" {
				t.Errorf("a forgotten hive was probed after the boot")
			}
		}
		r.beat(200, "10.0.1.1", b.beatOf("a", withDevices(gpu), withInstance("i-1")))
		if h := r.hive("a"); !h.FirstSeen.Equal(b.start) || h.Alias != "" {
			t.Errorf("back again: got %+v", h)
		}
		r.want(http.StatusNoContent, nil, "DELETE", wire.PathHives+"/a", "")
		r.discover("")
		want := []string{
			"hive.discovered", "hive.registered", "hive.forgotten", "hive.rediscovered",
			"hive.forgotten", "hive.discovered", "hive.rediscovered",
		}
		if diff := cmp.Diff(want, r.kinds("a")); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}
