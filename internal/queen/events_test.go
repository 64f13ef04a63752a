package queen

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

func TestEventsArePagedAndFiltered(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()                                            // 1 queen.started
		r.beat(200, "10.0.1.1", b.beatOf("a", withDevices()))    // 2 hive.registered
		r.beat(200, "10.0.1.2", b.beatOf("b", withDevices()))    // 3 hive.registered
		r.beat(200, "10.0.1.1", b.beatOf("a", withDevices(gpu))) // 4 hive.capabilities_changed
		b.sleep(500 * time.Millisecond)
		r.beat(200, "10.0.1.2", b.beatOf("b", saying(wire.Stopped))) // 5 hive.stopped
		b.sleep(20 * time.Second)                                    // 6 hive.degraded, 7 hive.down, of a
		for _, tt := range []struct {
			query string
			want  []int64
		}{
			{"", []int64{1, 2, 3, 4, 5, 6, 7}},
			{"limit=2", []int64{6, 7}}, // the last ones, oldest first
			{"after=0&limit=2", []int64{1, 2}},
			{"after=2&limit=2", []int64{3, 4}},
			{"after=7", nil},
			{"after=9000000000000000000", nil},
			{"hive=a", []int64{2, 4, 6, 7}},
			{"hive=a&limit=1", []int64{7}},
			{"kind=hive.registered", []int64{2, 3}},
			{"kind=hive.registered&hive=b&after=1", []int64{3}},
			{"kind=nothing", nil},
			{"hive=nobody", nil},
		} {
			var list wire.EventList
			r.get(wire.PathEvents+"?"+tt.query, &list)
			var got []int64
			for _, e := range list.Events {
				got = append(got, e.ID)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s: ids (-want +got):\n%s", tt.query, diff)
			}
		}
		for _, query := range []string{"after=x", "after=-1", "after=1.5", "after=99999999999999999999", "limit=0", "limit=1001", "limit=x"} {
			if p := r.want(400, nil, "GET", wire.PathEvents+"?"+query, "").problem(); p.Code != wire.CodeInvalidRequest || p.Remedy == "" {
				t.Errorf("%s: got %+v, want invalid_request", query, p)
			}
		}
		if a := r.want(200, nil, "GET", wire.PathEvents+"?after=7", ""); strings.TrimSpace(string(a.body)) != `{"events":[]}` {
			t.Errorf("no events: got %s, want an empty list", a.body)
		}
	})
}

// What a client reads and what an auditor reads is one log.
func TestEventsAreTheOnesOnFile(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		b.sleep(1234 * time.Millisecond)
		r.beat(200, "10.0.1.1", b.beatOf("a", withDevices(gpu)))
		a := r.want(200, nil, "GET", wire.PathEvents+"?after=1", "")
		want := `{"events":[{"id":2,"at":"2000-01-01T00:00:01.234Z","epoch":1,"kind":"hive.registered","hive_id":"a",` +
			`"detail":{"address":"10.0.1.1:7835","devices":1,"version":"0.1.0"}}]}`
		if got := strings.TrimSpace(string(a.body)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		got := b.sql("SELECT * FROM audit_events WHERE id > 1")
		row := `2|2000-01-01T00:00:01.234Z|1|hive.registered|a|{"address":"10.0.1.1:7835","devices":1,"version":"0.1.0"}`
		if diff := cmp.Diff([]string{row}, got); diff != "" {
			t.Errorf("on file (-want +got):\n%s", diff)
		}
	})
}
