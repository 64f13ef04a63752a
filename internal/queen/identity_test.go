package queen

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

// detail returns the detail of the only event of a kind.
func (r *running) detail(kind wire.EventKind, hive string) map[string]any {
	r.b.t.Helper()
	var (
		list wire.EventList
		out  map[string]any
	)
	r.get(wire.PathEvents+"?after=0&hive="+hive+"&kind="+string(kind), &list)
	if len(list.Events) != 1 {
		r.b.t.Errorf("got %d events %s of %q, want 1", len(list.Events), kind, hive)
		return nil
	}
	if err := json.Unmarshal(list.Events[0].Detail, &out); err != nil {
		r.b.t.Fatal(err)
	}
	return out
}

// Of two live instances with one id the newcomer is refused, by push and by
// pull; the incumbent does not notice, and each newcomer is one event.
func TestTheSecondInstanceOfAnIDIsRefused(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot(b.sshConfig("Host clone\n HostName 10.0.1.2\n"))
		r.beat(200, "10.0.1.1", b.beatOf("a", withDevices(gpu), withInstance("i-1")))
		before := r.hive("a")
		for range 3 {
			a := r.beat(409, "10.0.1.2", b.beatOf("a", withDevices(cpu), withInstance("i-2")))
			p := a.problem()
			if p.Code != wire.CodeIDConflict || !strings.Contains(p.Detail, "i-1") || !strings.Contains(p.Detail, "10.0.1.1:7835") || p.Remedy == "" {
				t.Errorf("got %s, want hive_id_conflict naming the instance and its address", a.body)
			}
			if got := a.header.Get("Retry-After"); got != "10" {
				t.Errorf("got Retry-After %q, want 10", got)
			}
		}
		r.beat(409, "10.0.1.2", b.beatOf("a", withInstance("i-2"))) // with capabilities or without
		want := map[string]any{"incumbent": "i-1", "incumbent_address": "10.0.1.1:7835", "newcomer": "i-2", "newcomer_ip": "10.0.1.2"}
		if diff := cmp.Diff(want, r.detail(wire.EventIDConflict, "a")); diff != "" {
			t.Errorf("event (-want +got):\n%s", diff)
		}

		b.hiveAt("10.0.1.2:7835", joining("a", "i-3", cpu))
		for range 2 {
			round := r.discover("")
			if got := round.Results[1]; got.Outcome != wire.OutcomeFailed || got.Error != wire.ErrorConflict || got.HiveID != "" {
				t.Errorf("pulling the clone: got %+v, want a conflict", got)
			}
		}
		if got := r.count(wire.EventIDConflict, "a"); got != 2 {
			t.Errorf("got %d hive.id_conflict, want one for each of two newcomers", got)
		}
		if diff := cmp.Diff(before, r.hive("a")); diff != "" {
			t.Errorf("the incumbent has changed:\n%s", diff)
		}
		if got := b.sql("SELECT count(*) FROM heartbeats"); got[0] != "1" {
			t.Errorf("got %s rows, want the incumbent's only", got[0])
		}
		b.sleep(10 * time.Second) // degraded is live too
		r.beat(409, "10.0.1.2", b.beatOf("a", withInstance("i-2")))
		r.beat(200, "10.0.1.1", b.beatOf("a", withInstance("i-1")))
	})
}

func TestAnInstanceThatIsDownOrStoppedIsReplaced(t *testing.T) {
	for _, way := range []string{"push after down", "pull after down", "push after stop"} {
		t.Run(way, func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				r := b.bootEarlier(b.sshConfig("Host clone\n HostName 10.0.1.2\n"))
				r.beat(200, "10.0.1.1", b.beatOf("a", withDevices(gpu), withInstance("i-1")))
				b.sleep(500 * time.Millisecond)
				r.beat(409, "10.0.1.2", b.beatOf("a", withDevices(gpu), withInstance("i-2")))
				if strings.HasSuffix(way, "stop") {
					r.beat(200, "10.0.1.1", b.beatOf("a", withInstance("i-1"), saying(wire.Stopped)))
				} else {
					b.sleepUntil(10*time.Second + time.Millisecond)
				}
				if strings.HasPrefix(way, "pull") {
					b.hiveAt("10.0.1.2:7835", joining("a", "i-2", gpu))
					r.discover("")
				} else {
					r.beat(404, "10.0.1.2", b.beatOf("a", withInstance("i-2"))) // it has not shown what it has
					r.beat(200, "10.0.1.2", b.beatOf("a", withDevices(gpu), withInstance("i-2")))
				}
				want := map[string]any{"from": "i-1", "to": "i-2", "from_address": "10.0.1.1:7835", "to_address": "10.0.1.2:7835"}
				if diff := cmp.Diff(want, r.detail(wire.EventHiveReplaced, "a")); diff != "" {
					t.Errorf("event (-want +got):\n%s", diff)
				}
				if got := r.hive("a").InstanceID; got != "i-2" {
					t.Errorf("got instance %s, want i-2", got)
				}
				if got := b.sql("SELECT instance_id FROM audit_hives"); got[0] != "i-2" {
					t.Errorf("got instance %s on file, want i-2", got[0])
				}
				r.beat(409, "10.0.1.1", b.beatOf("a", withInstance("i-1"))) // now it is the newcomer
				if got := r.count(wire.EventIDConflict, "a"); got != 2 {
					t.Errorf("got %d hive.id_conflict, want 2", got)
				}
			})
		})
	}
}

func TestNoInstanceMatchesAny(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		steps := []struct{ instance, want string }{{"", ""}, {"i-1", "i-1"}, {"", "i-1"}, {"i-1", "i-1"}}
		for _, step := range steps {
			r.beat(200, "10.0.1.1", b.beatOf("a", withDevices(), withInstance(step.instance)))
			if got := r.hive("a").InstanceID; got != step.want {
				t.Errorf("after a heartbeat of instance %q: got %q, want %q", step.instance, got, step.want)
			}
		}
		r.beat(409, "10.0.1.1", b.beatOf("a", withInstance("i-2")))
		if got := r.count(wire.EventHiveReplaced, "a"); got != 0 {
			t.Errorf("got %d hive.replaced, want none", got)
		}
	})
}

// With the incumbent the conflicts change: whoever was noted before is noted
// once more when it is refused by another.
func TestEachIncumbentHasItsConflicts(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		say := func(status int, instance string, s wire.OperationalStatus) {
			t.Helper()
			r.beat(status, "10.0.1.1", b.beatOf("a", withDevices(), withInstance(instance), saying(s)))
		}
		say(200, "i-1", wire.Ready)
		say(409, "i-2", wire.Ready)
		say(200, "i-1", wire.Stopped)
		say(200, "i-2", wire.Ready)
		say(200, "i-2", wire.Stopped)
		say(200, "i-1", wire.Ready)
		say(409, "i-2", wire.Ready)
		want := []string{
			"hive.registered", "hive.id_conflict", "hive.stopped", "hive.replaced", "hive.recovered",
			"hive.stopped", "hive.replaced", "hive.recovered", "hive.id_conflict",
		}
		if diff := cmp.Diff(want, r.kinds("a")); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

// Instances can be made up: what they cause is bounded.
func TestConflictsOfOneIDAreBounded(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		r.beat(200, "10.0.1.1", b.beatOf("a", withDevices(), withInstance("i-0")))
		for i := range 2 * maxRivals {
			r.beat(409, "10.0.1.2", b.beatOf("a", withInstance(fmt.Sprintf("i-%d", i+1))))
		}
		if got := r.count(wire.EventIDConflict, "a"); got != maxRivals {
			t.Errorf("got %d hive.id_conflict, want %d", got, maxRivals)
		}
	})
}

// A forgotten hive holds no id.
func TestAForgottenInstanceLeavesItsID(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		r.beat(200, "10.0.1.1", b.beatOf("a", withDevices(), withInstance("i-1")))
		r.want(http.StatusNoContent, nil, http.MethodDelete, wire.PathHives+"/a", "")
		r.beat(200, "10.0.1.2", b.beatOf("a", withDevices(), withInstance("i-2")))
		r.beat(409, "10.0.1.1", b.beatOf("a", withDevices(), withInstance("i-1")))
		if got := r.count(wire.EventHiveReplaced, "a"); got != 0 {
			t.Errorf("got %d hive.replaced, want none", got)
		}
	})
}
