package queen

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

func TestEveryBootOpensANewEpoch(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		var ids []string
		boot := func(want int64) *running {
			r := b.boot()
			var info wire.Info
			r.get(wire.PathInfo, &info)
			if info.Epoch != want || info.Version != "1.2.3" || info.SchemaVersion < 1 || !info.StartedAt.Equal(time.Now()) {
				t.Errorf("got info %+v, want epoch %d of version 1.2.3, started now", info, want)
			}
			ids = append(ids, info.QueenID)
			return r
		}
		r := boot(1)
		b.sleep(time.Minute)
		r.stop()
		b.sleep(time.Minute)
		r = boot(2)
		b.sleep(time.Minute)
		r.crash()
		b.sleep(time.Minute)
		r = boot(3)

		if ids[0] == "" || ids[1] != ids[0] || ids[2] != ids[0] {
			t.Errorf("got queen ids %q, want one", ids)
		}
		got := b.sql("SELECT epoch, started_at, stopped_at, stop_reason FROM audit_epochs")
		want := []string{
			"1|2000-01-01T00:00:00.000Z|2000-01-01T00:01:00.000Z|clean",
			"2|2000-01-01T00:02:00.000Z|2000-01-01T00:02:00.000Z|crash",
			"3|2000-01-01T00:04:00.000Z|<nil>|<nil>",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("epochs (-want +got):\n%s", diff)
		}
		wantKinds := []string{"queen.started", "queen.stopped", "queen.started", "queen.crashed", "queen.started"}
		if diff := cmp.Diff(wantKinds, r.kinds("")); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

func TestTheQueenSaysHowSheRunsBeforeSheAnswers(t *testing.T) {
	for _, tt := range []struct {
		addr   string
		warned int
	}{{"127.0.0.1:7833", 0}, {"[::1]:7833", 0}, {"10.0.0.1:7833", 1}} {
		inBed(t, func(t *testing.T, b *bed) {
			r := b.boot(func(c *Config) { c.Listener = b.net.Listen(tt.addr) })
			if got := b.log.since(0, "Queen ready address=http://"+tt.addr+" epoch=1"); len(got) != 1 {
				t.Errorf("on %s: got lines %q, want one Queen ready", tt.addr, b.log.since(0, ""))
			}
			if got := b.log.since(0, "without authentication"); len(got) != tt.warned {
				t.Errorf("on %s: got warnings %q, want %d", tt.addr, got, tt.warned)
			}
			if got := r.Addr().String(); got != tt.addr {
				t.Errorf("Addr: got %s, want %s", got, tt.addr)
			}
		})
	}
}

func TestStoppingLeavesNobodyWaiting(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot(b.sshConfig("Host slow\n HostName 10.0.1.1\n"))
		b.hiveAt("10.0.1.1:7835", hanging)
		s := r.listen("10.0.0.201")
		answers := make(chan answer, 2)
		for range 2 { // the second waits for the first to end
			go func() { answers <- r.do("10.0.0.202", http.MethodPost, wire.PathDiscoveries, "") }()
		}
		b.sleep(time.Second)
		began := b.at()
		r.stop()
		if took := b.at() - began; took > time.Second {
			t.Errorf("got %v until the queen had stopped, want no waiting", took)
		}
		for range 2 {
			if a := <-answers; a.status != http.StatusServiceUnavailable || a.problem().Code != wire.CodeShuttingDown {
				t.Errorf("a round cut short: got %d %s, want 503 shutting_down", a.status, a.body)
			}
		}
		<-s.ended
		if got := b.sql("SELECT alias FROM discoveries"); !slices.Equal(got, []string{"localhost"}) {
			t.Errorf("got discovery rows %q, want only that of the host that had answered", got)
		}
		if got := b.log.since(0, "Discovery complete"); len(got) != 0 {
			t.Errorf("got %q of a round cut short", got)
		}
	})
}

func TestReadinessIsThatOfTheStateFile(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		var health wire.Health
		r.get(wire.PathHealth, &health)
		if health.Status != "ok" {
			t.Errorf("health: got %+v", health)
		}
		r.get(wire.PathReady, &health)
		if health.Status != "ready" {
			t.Errorf("readiness: got %+v", health)
		}
		if err := r.store.Close(); err != nil {
			t.Fatal(err)
		}
		r.get(wire.PathHealth, nil)
		a := r.want(http.StatusServiceUnavailable, nil, http.MethodGet, wire.PathReady, "")
		if p := a.problem(); p.Code != wire.CodeShuttingDown || p.Remedy == "" {
			t.Errorf("readiness without a file: got %s", a.body)
		}
		if err := r.end(); err == nil || !strings.Contains(err.Error(), "close epoch 1") {
			t.Errorf("Run: got %v, want that it could not close its epoch", err)
		}
	})
}
