package queen

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

func TestJudge(t *testing.T) {
	for _, tt := range []struct {
		age  time.Duration
		want wire.Status
	}{
		{-time.Second, wire.StatusHealthy}, // a heartbeat that came while somebody was judging
		{0, wire.StatusHealthy},
		{3*time.Second - 1, wire.StatusHealthy},
		{3 * time.Second, wire.StatusDegraded},
		{10 * time.Second, wire.StatusDegraded},
		{10*time.Second + 1, wire.StatusDown},
	} {
		if got := wire.Judge(tt.age, time.Second); got != tt.want {
			t.Errorf("Judge(%v): got %s, want %s", tt.age, got, tt.want)
		}
	}
}

// wantStory compares the events of a hive, with their times, but for those of
// its registration.
func (r *running) wantStory(hive string, want ...string) {
	r.b.t.Helper()
	var list wire.EventList
	r.get(wire.PathEvents+"?hive="+hive, &list)
	var got []string
	for _, e := range list.Events {
		if e.Kind == wire.EventHiveDegraded || e.Kind == wire.EventHiveDown || e.Kind == wire.EventHiveRecovered || e.Kind == wire.EventHiveStopped {
			got = append(got, fmt.Sprintf("%v %s", e.At.Sub(r.b.start), e.Kind))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		r.b.t.Errorf("story of %s (-want +got):\n%s", hive, diff)
	}
}

func (r *running) wantStatus(hive string, want wire.Status) {
	r.b.t.Helper()
	if got := r.hive(hive).Status; got != want {
		r.b.t.Errorf("at %v: got %s %s, want %s", r.b.at(), hive, got, want)
	}
}

// Whether a beat or an answered pull was the last sign of life, it ages alike.
func TestSilenceIsJudgedByItsAge(t *testing.T) {
	for _, sign := range []string{"heartbeat", "pull"} {
		t.Run(sign, func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				r := b.bootEarlier(b.sshConfig("Host a\n HostName 10.0.1.1\n"))
				b.sleep(500 * time.Millisecond)
				if sign == "pull" {
					b.hiveAt("10.0.1.1:7835", joining("a", "i-1", gpu))
					r.discover("")
				} else {
					r.beat(200, "10.0.1.1", b.beatOf("a", withDevices()))
				}
				for _, tt := range []struct {
					at   time.Duration
					want wire.Status
				}{
					{500 * time.Millisecond, wire.StatusHealthy},
					{3499 * time.Millisecond, wire.StatusHealthy},
					{3500 * time.Millisecond, wire.StatusDegraded},
					{10500 * time.Millisecond, wire.StatusDegraded},
					{10501 * time.Millisecond, wire.StatusDown},
					{24 * time.Hour / 10, wire.StatusDown},
				} {
					b.sleepUntil(tt.at)
					r.wantStatus("a", tt.want)
				}
				r.wantStory("a", "4s hive.degraded", "11s hive.down") // nothing is stopped or forgotten
				r.beat(200, "10.0.1.1", b.beatOf("a"))                // still registered
				r.wantStory("a", "4s hive.degraded", "11s hive.down", "2h24m0s hive.recovered")
			})
		})
	}
}

func TestComingAndGoingIsToldOnce(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		b.sleep(500 * time.Millisecond)
		r.beat(200, "10.0.1.1", b.beatOf("a", withDevices()))
		r.wantStory("a")
		b.sleepUntil(3400 * time.Millisecond) // 2.9 s are no silence
		r.beat(200, "10.0.1.1", b.beatOf("a"))
		b.sleepUntil(8500 * time.Millisecond)
		r.beat(200, "10.0.1.1", b.beatOf("a"))
		r.beat(200, "10.0.1.1", b.beatOf("a"))
		b.sleepUntil(30500 * time.Millisecond)
		r.beat(200, "10.0.1.1", b.beatOf("a"))
		r.beat(200, "10.0.1.1", b.beatOf("a"))
		r.wantStory("a", "7s hive.degraded", "8.5s hive.recovered", "12s hive.degraded", "19s hive.down", "30.5s hive.recovered")
	})
}

// A cut network silences more hives than one transaction notes.
func TestASilentFleetIsToldOncePerHive(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		const fleet = 2*silencedAtOnce + 3
		for n := range fleet {
			r.beat(200, "10.0.1.1", b.beatOf(fmt.Sprintf("a%d", n), withDevices()))
		}
		b.sleepUntil(30 * time.Second)
		told := strings.Join(b.sql("SELECT kind || ' ' || count(*) || ' of ' || count(DISTINCT hive_id) FROM audit_events WHERE kind IN ('hive.degraded', 'hive.down') GROUP BY kind ORDER BY kind"), ", ")
		if want := fmt.Sprintf("hive.degraded %[1]d of %[1]d, hive.down %[1]d of %[1]d", fleet); told != want {
			t.Errorf("got %s, want %s", told, want)
		}
	})
}

// A hive that says it stops is no loss, however long it is away.
func TestAPlannedStopIsNoLoss(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		b.sleep(500 * time.Millisecond)
		r.beat(200, "10.0.1.1", b.beatOf("a", withDevices()))
		r.beat(200, "10.0.1.1", b.beatOf("a", saying(wire.Stopping)))
		r.wantStatus("a", wire.StatusHealthy)
		r.beat(200, "10.0.1.1", b.beatOf("a", saying(wire.Stopped)))
		r.beat(200, "10.0.1.1", b.beatOf("a", saying(wire.Stopped)))
		r.wantStatus("a", wire.StatusStopped)
		b.sleep(time.Hour)
		r.wantStatus("a", wire.StatusStopped)
		r.wantStory("a", "500ms hive.stopped")
		r.beat(200, "10.0.1.1", b.beatOf("a"))
		r.wantStatus("a", wire.StatusHealthy)
		b.sleep(20 * time.Second)
		r.beat(200, "10.0.1.1", b.beatOf("a", saying(wire.Stopped)))
		r.wantStory("a", "500ms hive.stopped", "1h0m0.5s hive.recovered", "1h0m4s hive.degraded", "1h0m11s hive.down", "1h0m20.5s hive.stopped")
	})
}

// What was loaded from disk is unconfirmed, whatever it was before, until it is
// met; that is no recovery, because nothing was lost.
func TestLoadedHivesAreUnconfirmedUntilMet(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		r.beat(200, "10.0.1.1", b.beatOf("a", withDevices()))
		r.beat(200, "10.0.1.2", b.beatOf("b", withDevices(), saying(wire.Stopped)))
		r.stop()
		r = b.boot()
		for _, id := range []string{"a", "b"} {
			r.wantStatus(id, wire.StatusUnconfirmed)
		}
		if got := r.hive("a").LastSeen; !got.Equal(b.start) {
			t.Errorf("got last seen %v, want the heartbeat of the epoch before at %v", got, b.start)
		}
		b.sleep(time.Hour)
		r.wantStatus("a", wire.StatusUnconfirmed)
		r.wantStory("a")
		r.beat(404, "10.0.1.1", b.beatOf("a"))
		r.wantStatus("a", wire.StatusUnconfirmed)
		r.beat(200, "10.0.1.1", b.beatOf("a", withDevices()))
		r.wantStatus("a", wire.StatusHealthy)
		r.wantStory("a")
	})
}

// An empty queen, and one whose hives are all forgotten, has nothing to judge.
func TestNobodyIsJudgedInVain(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		r.beat(200, "10.0.1.1", b.beatOf("a", withDevices()))
		r.want(204, nil, "DELETE", wire.PathHives+"/a", "")
		b.sleep(time.Minute)
		if r.registry.anySilence(time.Now()) {
			t.Errorf("a forgotten hive is still judged")
		}
		r.wantStory("a")
	})
}
