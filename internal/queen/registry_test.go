package queen

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"rbee/internal/store"
	"rbee/internal/wire"
)

func doNothing(*store.Tx) error { return nil }

// holdWriter keeps the writer busy until release is called; what is written
// meanwhile becomes one group.
func (r *running) holdWriter() (release func()) {
	started, hold, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		_ = r.store.Write(r.b.t.Context(), func(*store.Tx) error { close(started); <-hold; return nil })
	}()
	<-started
	return func() { close(hold); <-ended }
}

// execute changes the state file behind the queen's back.
func (b *bed) execute(statement string) {
	b.t.Helper()
	db, done := b.open("")
	defer done()
	if _, err := db.ExecContext(context.Background(), statement); err != nil {
		b.t.Fatalf("%s: %v", statement, err)
	}
}

// wantMemoryLikeFile compares what the queen keeps in memory with what she
// would load from the file.
func (r *running) wantMemoryLikeFile() {
	r.b.t.Helper()
	stored, err := r.store.Hives(context.Background())
	if err != nil {
		r.b.t.Fatal(err)
	}
	r.registry.mu.RLock()
	defer r.registry.mu.RUnlock()
	inFile, inMemory := map[string]store.Hive{}, map[string]store.Hive{}
	for _, h := range stored {
		inFile[h.ID] = h
	}
	for id, s := range r.registry.slots {
		h := s.current.Load().Hive
		if h.Beating { // the times are in no row, until the end of the epoch
			onFile := inFile[id]
			h.Beating, h.LastSeen, h.LastBeat = onFile.Beating, onFile.LastSeen, onFile.LastBeat
		}
		inMemory[id] = h
	}
	// The file has times in whole milliseconds, UTC, without a monotonic clock.
	times := cmp.Transformer("ms", func(t time.Time) int64 {
		if t.IsZero() {
			return 0
		}
		return t.UnixMilli()
	})
	if diff := cmp.Diff(inFile, inMemory, times); diff != "" {
		r.b.t.Errorf("the registry is not what is on file (-file +memory):\n%s", diff)
	}
}

// A write that fails is answered with an error and shows nowhere; the writes
// it shared a transaction with are on disk and visible.
func TestAFailedWriteShowsNothing(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		l := r.listen("10.0.0.201")
		r.beat(200, "10.0.1.1", b.beatOf("known", withDevices(gpu)))
		b.execute(`CREATE TRIGGER spoil BEFORE INSERT ON hives WHEN NEW.hive_id = 'bad' BEGIN SELECT RAISE(ABORT, 'spoiled'); END`)
		release := r.holdWriter()
		boom := errors.New("boom")
		var group sync.WaitGroup
		group.Go(func() { r.beat(200, "10.0.1.2", b.beatOf("good", withDevices(cpu))) })
		b.sleep(0) // the heartbeat waits; what follows comes after it into the group
		group.Go(func() {
			a := r.beat(503, "10.0.1.3", b.beatOf("bad", withDevices(cpu)))
			if p := a.problem(); p.Code != wire.CodeStateUnavailable || a.header.Get("Retry-After") == "" {
				t.Errorf("got %s, want state_unavailable and a Retry-After", a.body)
			}
		})
		b.sleep(0)
		group.Go(func() {
			err := r.store.Write(t.Context(), func(tx *store.Tx) error {
				if _, err := r.registry.forget(tx, "known", time.Now()); err != nil {
					return err
				}
				return boom
			})
			if !errors.Is(err, boom) {
				t.Errorf("got %v, want boom", err)
			}
		})
		b.sleep(0)
		group.Go(func() { r.beat(200, "10.0.1.1", b.beatOf("known", withDevices(cpu))) })
		b.sleep(0)
		release()
		group.Wait()
		b.sleep(2 * batchEvery)

		if diff := cmp.Diff([]string{"good", "known"}, r.ids()); diff != "" {
			t.Errorf("hives (-want +got):\n%s", diff)
		}
		r.wantMemoryLikeFile()
		if got := len(l.of(wire.StreamHiveTelemetry)); got != 3 {
			t.Errorf("got %d heartbeats on the stream, want the 3 on file", got)
		}
		if got := b.sql("SELECT count(*) FROM heartbeats"); got[0] != "3" {
			t.Errorf("got %s heartbeats on file, want 3", got[0])
		}
		wantEvents := []string{"hive.registered", "hive.capabilities_changed"}
		if diff := cmp.Diff(wantEvents, r.kinds("known")); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

// What cannot be stored is answered with 503 for the whole group, and when the
// file takes writes again everything goes on.
func TestAFailedCommitShowsNothing(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot(b.sshConfig("Host b\n HostName 10.0.1.2\n"))
		b.hiveAt("10.0.1.2:7835", joining("b", "i-2", gpu))
		r.beat(200, "10.0.1.1", b.beatOf("a", withDevices(gpu)))
		before := b.dump()
		for _, table := range []string{"heartbeats", "events", "discoveries"} {
			b.execute(`CREATE TRIGGER spoil_` + table + ` BEFORE INSERT ON ` + table + ` BEGIN SELECT RAISE(ABORT, 'spoiled'); END`)
		}
		working := func(hb *wire.Heartbeat) { hb.Workers = []wire.Worker{{PID: 1, Group: "a new name"}} }
		r.beat(503, "10.0.1.1", b.beatOf("a", working))
		r.beat(503, "10.0.1.1", b.beatOf("a", withDevices(cpu)))
		r.beat(503, "10.0.1.1", b.beatOf("c", withDevices(cpu)))
		r.want(503, nil, http.MethodDelete, wire.PathHives+"/a", "")
		r.want(503, nil, http.MethodPost, wire.PathDiscoveries, "") // no success without a row
		b.wantLines("Discovery complete")
		b.sleep(20 * time.Second) // a is down, which cannot be noted
		if got := r.hive("a").Status; got != wire.StatusDown {
			t.Errorf("got status %s, want down: judging needs no file", got)
		}
		if diff := cmp.Diff(before, b.dump()); diff != "" {
			t.Errorf("the file has changed:\n%s", diff)
		}
		r.wantMemoryLikeFile()
		b.wantLines("The state file takes writes again")
		if got := b.log.since(0, "The state file could not be used"); len(got) != 1 || !strings.Contains(got[0], "spoiled") {
			t.Errorf("got lines %q, want one with the reason", got)
		}

		for _, table := range []string{"heartbeats", "events", "discoveries"} {
			b.execute("DROP TRIGGER spoil_" + table)
		}
		b.sleep(2 * time.Second)
		r.beat(200, "10.0.1.1", b.beatOf("a", working))
		b.wantLines("The state file takes writes again", "The state file takes writes again")
		var history wire.History
		r.get(wire.PathHives+"/a/heartbeats?limit=1", &history)
		if got := history.Samples[0].Workers; len(got) != 1 || got[0].Group != "a new name" {
			t.Errorf("got workers %+v, want the name that could not be stored before", got)
		}
		r.beat(200, "10.0.1.1", b.beatOf("c", withDevices(cpu)))
		r.discover("")
		if diff := cmp.Diff([]string{"a", "b", "c"}, r.ids()); diff != "" {
			t.Errorf("hives (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"hive.registered", "hive.down", "hive.recovered"}, r.kinds("a")); diff != "" {
			t.Errorf("events of a (-want +got):\n%s", diff)
		}
		r.wantMemoryLikeFile()
	})
}

// Fifty hives push, beat and are pulled at the same time, some under ids that
// their aliases stood in for, while others are forgotten.
func TestEverythingAtOnce(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		const hives = 50
		var (
			config string
			fakes  []*fakeHive
		)
		for i := range hives {
			ip := fmt.Sprintf("10.0.1.%d", i+1)
			config += fmt.Sprintf("Host alias-%d\n HostName %s\n", i, ip)
			respond := joining(fmt.Sprintf("hive-%d", i), "", gpu)
			if i%2 == 0 {
				respond = with2025(gpu)
			}
			fakes = append(fakes, b.hiveAt(ip+":7835", respond))
		}
		r := b.boot(b.sshConfig(config))
		var all sync.WaitGroup
		for i := range hives {
			all.Go(func() {
				ip, id := fmt.Sprintf("10.0.1.%d", i+1), fmt.Sprintf("hive-%d", i)
				r.beat(200, ip, b.beatOf(id, withDevices(gpu, cpu)))
				for range 10 {
					r.beat(200, ip, b.beatOf(id, withDevices(gpu)))
					time.Sleep(time.Duration(i%7) * time.Millisecond)
				}
			})
		}
		for range 3 {
			all.Go(func() { r.discover("") })
		}
		all.Go(func() {
			for range 20 {
				r.hives()
				time.Sleep(time.Millisecond)
			}
		})
		all.Wait()
		r.wantMemoryLikeFile()
		shown := r.hives()
		if len(shown) != hives {
			t.Errorf("got %d hives, want %d: %q", len(shown), hives, r.ids())
		}
		for _, h := range shown {
			if h.Alias == "" || h.Status != wire.StatusHealthy || len(h.Devices) != 1 || h.Port != 7835 {
				t.Errorf("got %+v, want a healthy hive with an alias and one device", h)
			}
			if got := r.count(wire.EventHiveRegistered, h.ID); got != 1 {
				t.Errorf("got %d hive.registered of %s, want 1", got, h.ID)
			}
		}
		if got := b.sql("SELECT count(*) FROM heartbeats"); got[0] != fmt.Sprint(hives*11) {
			t.Errorf("got %s heartbeats on file, want %d", got[0], hives*11)
		}
		was := r.hives()
		r.crash()
		for _, f := range fakes {
			f.down() // else the next queen would meet them at once
		}
		r = b.boot()
		ignored := cmpopts.IgnoreFields(wire.Hive{}, "Status", "ClockSkewMS", "Workers", "Node")
		if diff := cmp.Diff(was, r.hives(), ignored); diff != "" {
			t.Errorf("after a crash (-before +after):\n%s", diff)
		}
	})
}
