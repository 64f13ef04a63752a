package queen

import (
	"fmt"
	"slices"
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
			{"before=8&limit=3", []int64{5, 6, 7}},
			{"before=5&limit=3", []int64{2, 3, 4}},
			{"before=2&limit=3", []int64{1}},
			{"before=1", nil},
			{"before=0", nil},
			{"before=9000000000000000000&limit=1", []int64{7}},
			{"before=7&hive=a&limit=2", []int64{4, 6}},
			{"before=3&kind=hive.registered", []int64{2}},
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
		for _, query := range []string{
			"after=x", "after=-1", "after=1.5", "after=99999999999999999999", "limit=0", "limit=1001", "limit=x",
			"before=x", "before=-1", "before=1.5", "before=99999999999999999999", "before=0x1", "before=1&after=1", "before=0&after=0",
		} {
			if p := r.want(400, nil, "GET", wire.PathEvents+"?"+query, "").problem(); p.Code != wire.CodeInvalidRequest || p.Remedy == "" {
				t.Errorf("%s: got %+v, want invalid_request", query, p)
			}
		}
		if a := r.want(200, nil, "GET", wire.PathEvents+"?after=7", ""); strings.TrimSpace(string(a.body)) != `{"events":[]}` {
			t.Errorf("no events: got %s, want an empty list", a.body)
		}
	})
}

// Whoever pages through the log sees every event once, in its order, while more
// are added: backwards from the end as forwards from the beginning.
func TestEveryEventIsOnOnePage(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		r.register(1, 25) // with the start of the queen 26 events
		const newest = 26
		read := func(query string) (ids []int64) {
			var list wire.EventList
			r.get(wire.PathEvents+"?"+query, &list)
			for _, e := range list.Events {
				ids = append(ids, e.ID)
			}
			return ids
		}
		var want []int64
		for id := range int64(newest) {
			want = append(want, id+1)
		}
		more := 26
		for _, limit := range []int{1, 5, 7, 26, 1000} {
			var back []int64
			for page := read(fmt.Sprintf("before=%d&limit=%d", newest+1, limit)); len(page) > 0; {
				back = append(page, back...)
				r.register(more, more) // somebody new on every page
				more++
				page = read(fmt.Sprintf("before=%d&limit=%d", page[0], limit))
			}
			if diff := cmp.Diff(want, back); diff != "" {
				t.Errorf("backwards by %d (-want +got):\n%s", limit, diff)
			}
			var forth []int64
			for page := read(fmt.Sprintf("after=0&limit=%d", limit)); len(page) > 0; {
				forth = append(forth, page...)
				page = read(fmt.Sprintf("after=%d&limit=%d", page[len(page)-1], limit))
			}
			if len(forth) < newest || !slices.IsSorted(forth) || forth[0] != 1 || forth[len(forth)-1] != int64(len(forth)) {
				t.Errorf("forwards by %d: got %v, want each once", limit, forth)
			}
		}
		p := r.want(400, nil, "GET", wire.PathEvents+"?before=9&after=3", "").problem()
		if p.Detail != "both after and before are given" || p.Remedy != "leave one of them out" {
			t.Errorf("got %+v", p)
		}
		if p := r.want(400, nil, "GET", wire.PathEvents+"?before=%2bx", "").problem(); p.Detail != `before "+x" is not the id of an event` {
			t.Errorf("got %+v", p)
		}
	})
}

// Old events go when they are told to, and nothing else does.
func TestEventsAreKeptAsLongAsTold(t *testing.T) {
	for _, keep := range []time.Duration{0, time.Hour} {
		inBed(t, func(t *testing.T, b *bed) {
			r := b.boot(func(c *Config) { c.Retention.Events = keep })
			r.register(1, 1)
			b.sleep(59 * time.Minute)
			if got := len(r.kinds("")); got != 4 { // started, registered, degraded, down
				t.Errorf("keep %v: got %d events within the hour, want 4", keep, got)
			}
			r.want(204, nil, "DELETE", wire.PathHives+"/h1", "")
			b.sleep(2 * time.Minute)
			got := r.kinds("")
			if keep > 0 {
				if diff := cmp.Diff([]string{"hive.forgotten"}, got); diff != "" {
					t.Errorf("keep %v: events (-want +got):\n%s", keep, diff)
				}
			} else if len(got) != 5 {
				t.Errorf("keep %v: got %v, want all", keep, got)
			}
		})
	}
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
