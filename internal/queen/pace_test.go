package queen

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

func withRate(rate int64) func(*Config) { return func(c *Config) { c.HeartbeatRate = rate } }

// ack reads the answer to a heartbeat.
func (a answer) ack() (ack wire.Ack) {
	_ = json.Unmarshal(a.body, &ack)
	return ack
}

// register has hives first to last of a fleet send their capabilities.
func (r *running) register(first, last int) (acks []wire.Ack) {
	r.b.t.Helper()
	for i := first; i <= last; i++ {
		acks = append(acks, r.beat(200, "10.0.1.1", r.b.beatOf(fmt.Sprintf("h%d", i), withDevices())).ack())
	}
	return acks
}

// wantInterval compares what /v1/info says of the rhythm.
func (r *running) wantInterval(want time.Duration) {
	r.b.t.Helper()
	var info wire.Info
	r.get(wire.PathInfo, &info)
	if got := time.Duration(info.HeartbeatIntervalMS) * time.Millisecond; got != want {
		r.b.t.Errorf("at %v: got an interval of %v, want %v", r.b.at(), got, want)
	}
}

// The interval is the size of the fleet by the rate, from one second up to five
// minutes.
func TestTheIntervalGrowsWithTheFleet(t *testing.T) {
	for _, tt := range []struct {
		rate  int64
		hives int
		want  time.Duration
	}{
		{0, 30, time.Second}, // the default
		{10, 0, time.Second},
		{10, 10, time.Second},
		{10, 11, 1100 * time.Millisecond},
		{7, 30, 4286 * time.Millisecond},
		{1, 30, 30 * time.Second},
		{1, 310, 5 * time.Minute},
		{1 << 40, 30, time.Second},
	} {
		inBed(t, func(t *testing.T, b *bed) {
			r := b.boot(withRate(tt.rate))
			r.register(1, tt.hives)
			r.wantInterval(time.Second) // it is measured once a second
			b.sleep(time.Second)
			r.wantInterval(tt.want)
			var info wire.Info
			r.get(wire.PathInfo, &info)
			if rate := max(tt.rate, 0); info.HeartbeatRate != rate && (rate != 0 || info.HeartbeatRate != DefaultHeartbeatRate) {
				t.Errorf("got a rate of %d, want %d", info.HeartbeatRate, tt.rate)
			}
		})
	}
}

// An answer speaks of the next heartbeat only when that is not due in a second.
func TestTheAnswerGrantsARhythm(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot(withRate(10))
		for _, ack := range r.register(1, 40) {
			if ack.NextMS != 0 {
				t.Errorf("a newcomer to a small fleet got next_ms %d, want none", ack.NextMS)
			}
		}
		b.sleep(time.Second)
		r.wantInterval(4 * time.Second)
		for range 2 {
			if got := r.beat(200, "10.0.1.1", b.beatOf("h1")).ack().NextMS; got != 4000 {
				t.Errorf("got next_ms %d, want 4000", got)
			}
		}
		if got := r.beat(200, "10.0.1.1", b.beatOf("h1", withDevices(gpu))).ack().NextMS; got != 4000 {
			t.Errorf("capabilities again: got next_ms %d, want 4000", got)
		}
		if got := b.sql("SELECT DISTINCT coalesce(next_ms, 'usual') FROM heartbeats WHERE hive_pk = 1 ORDER BY received_at, n"); !slices.Equal(got, []string{"usual", "4000"}) {
			t.Errorf("got %q on file, want what was granted", got)
		}

		for i := 6; i <= 40; i++ { // most of them leave
			r.beat(200, "10.0.1.1", b.beatOf(fmt.Sprintf("h%d", i), saying(wire.Stopped)))
		}
		b.sleep(time.Second)
		r.wantInterval(time.Second)
		a := r.beat(200, "10.0.1.1", b.beatOf("h1"))
		if strings.Contains(string(a.body), "next_ms") {
			t.Errorf("got %s, want no word of the next heartbeat", a.body)
		}
	})
}

// Hives that have fallen silent are no longer counted: those that are left may
// go faster.
func TestTheIntervalFollowsAFleetThatFallsSilent(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.bootEarlier(withRate(10))
		r.register(1, 30)
		b.sleep(time.Second)
		r.wantInterval(3 * time.Second)
		for range 12 {
			r.beat(200, "10.0.1.1", b.beatOf("h1"))
			b.sleep(time.Second)
		}
		r.wantInterval(time.Second)
	})
}

// From 200 hives on newcomers are spread over the interval, and those that are
// registered keep their rhythm.
func TestNewcomersToALargeFleetAreSpread(t *testing.T) {
	spread := func(t *testing.T, acks []wire.Ack, over time.Duration) {
		t.Helper()
		least, most := soonest.Milliseconds(), (soonest + over).Milliseconds()
		thirds := map[int64]int{}
		for _, ack := range acks {
			if ack.NextMS < least || ack.NextMS > most {
				t.Errorf("got next_ms %d, want %d to %d", ack.NextMS, least, most)
			}
			thirds[(ack.NextMS-least)*3/(most-least+1)]++
		}
		for third := range int64(3) {
			if thirds[third] < len(acks)/6 {
				t.Errorf("got %v newcomers in the thirds of the interval, want them spread", thirds)
			}
		}
	}
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot(withRate(1000))
		r.register(1, spreadFrom-1)
		b.sleep(time.Second)
		if got := r.register(spreadFrom, spreadFrom)[0].NextMS; got != 0 {
			t.Errorf("the 200th hive got next_ms %d, want none", got)
		}
		b.sleep(time.Second)
		spread(t, r.register(spreadFrom+1, 320), time.Second)
		if got := r.register(1, 1)[0].NextMS; got != 0 {
			t.Errorf("a registered hive that repeats its capabilities got next_ms %d, want none", got)
		}
		if got := r.beat(200, "10.0.1.1", b.beatOf("h2")).ack().NextMS; got != 0 {
			t.Errorf("telemetry got next_ms %d, want none", got)
		}
		r.crash()
		r = b.boot(withRate(10)) // all are expected back
		r.wantInterval(32 * time.Second)
		spread(t, r.register(1, 320), 32*time.Second)
	})
}

// Hives that the queen knows and that do not come count for half a minute.
func TestHivesThatStayAwayAreNotCountedForEver(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot(withRate(10))
		r.register(1, 40)
		r.crash()
		r = b.boot(withRate(10))
		booted := b.at()
		r.register(1, 1)
		b.sleepUntil(booted + 2*grace - time.Millisecond)
		r.beat(200, "10.0.1.1", b.beatOf("h1"))
		r.wantInterval(4 * time.Second)
		b.sleep(time.Second)
		r.wantInterval(time.Second)
	})
}

// Silence is measured by the interval a hive was granted, whatever becomes of
// the fleet's.
func TestHivesAreJudgedByTheIntervalTheyWereGranted(t *testing.T) {
	for _, sign := range []string{"heartbeat", "pull"} {
		t.Run(sign, func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				r := b.bootEarlier(withRate(1), b.sshConfig("Host a\n HostName 10.0.1.9\n"))
				r.register(1, 6)
				b.sleep(1500 * time.Millisecond)
				r.wantInterval(6 * time.Second)
				if sign == "pull" {
					b.hiveAt("10.0.1.9:7835", joining("a", "i-1", gpu))
					r.discover("")
				} else {
					r.beat(200, "10.0.1.9", b.beatOf("a", withDevices()))
				}
				for _, tt := range []struct {
					at   time.Duration
					want wire.Status
				}{
					{19499 * time.Millisecond, wire.StatusHealthy},
					{19500 * time.Millisecond, wire.StatusDegraded},
					{61500 * time.Millisecond, wire.StatusDegraded},
					{61501 * time.Millisecond, wire.StatusDown},
				} {
					b.sleepUntil(tt.at)
					r.wantStatus("a", tt.want)
				}
				b.sleep(time.Second)
				r.wantStory("a", "20s hive.degraded", "1m2s hive.down")
				r.wantInterval(time.Second)
			})
		})
	}
}

// At most so many registrations are on their way; what is over is asked to come
// again, spread over the longer the more hives are missing.
func TestRegistrationsAreAdmittedUpToABound(t *testing.T) {
	var p pace
	var leave []func()
	for range registrationsAtOnce {
		done, _ := p.admit()
		if done == nil {
			t.Fatalf("got a refusal with %d on their way", len(leave))
		}
		leave = append(leave, done)
	}
	for missing, longest := range map[int64]int{0: 2, 3999: 2, 4000: 3, 10_000: 4, 1 << 40: latestReturn} {
		p.missing.Store(missing)
		got := map[int]bool{}
		for range 2000 {
			done, after := p.admit()
			if done != nil || after < 1 || after > longest {
				t.Fatalf("%d missing: got %d s, admitted %t, want a refusal for 1 to %d s", missing, after, done != nil, longest)
			}
			got[after] = true
		}
		if len(got) != longest {
			t.Errorf("%d missing: got the waits %v, want all up to %d s", missing, got, longest)
		}
	}
	leave[0]()
	if done, _ := p.admit(); done == nil {
		t.Errorf("nobody is admitted for one that was answered")
	}
	for _, done := range leave {
		done()
	}
	if got := p.registering.Load(); got != 0 {
		t.Errorf("got %d on their way in the end, want none", got)
	}
}

// A storm of registrations that the writer is too slow for: what is over the
// bound comes again when it was told to, and nobody is lost. Hives that are
// registered do not notice.
func TestAStormOfRegistrations(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		const newcomers = registrationsAtOnce + 400
		r.register(1, 20)
		release := r.holdWriter()
		r.registry.missing.Store(10_000)
		var (
			all, first sync.WaitGroup
			mu         sync.Mutex
			refused    = map[string]int{}
		)
		client := &http.Client{Transport: &http.Transport{DialContext: b.net.Dialer("10.0.3.1"), MaxIdleConnsPerHost: newcomers}}
		defer client.CloseIdleConnections()
		send := func(hb wire.Heartbeat) (int, string) {
			body, _ := json.Marshal(hb)
			resp, err := client.Post("http://"+r.addr+wire.PathHeartbeat, "application/json", strings.NewReader(string(body)))
			if err != nil {
				t.Errorf("%s: %v", hb.Hive.ID, err)
				return 0, ""
			}
			defer func() { _ = resp.Body.Close() }()
			return resp.StatusCode, resp.Header.Get("Retry-After")
		}
		for i := range newcomers {
			first.Add(1)
			all.Go(func() {
				hb := b.beatOf(fmt.Sprintf("new%d", i), withDevices())
				status, after := send(hb)
				first.Done()
				if status == 503 {
					mu.Lock()
					refused[after]++
					mu.Unlock()
					seconds, err := strconv.Atoi(after)
					if err != nil || seconds < 1 || seconds > 7 {
						t.Errorf("got Retry-After %q, want 1 to 7", after)
					}
					time.Sleep(time.Duration(seconds) * time.Second)
					status, _ = send(hb)
				}
				if status != 200 {
					t.Errorf("new%d: got %d in the end, want 200", i, status)
				}
			})
		}
		b.sleep(0)
		if got := r.registry.registering.Load(); got != registrationsAtOnce {
			t.Errorf("got %d registrations on their way, want %d", got, registrationsAtOnce)
		}
		for i := 1; i <= 20; i++ { // neither telemetry nor capabilities of those that are registered
			all.Go(func() {
				hb := b.beatOf(fmt.Sprintf("h%d", i))
				if i%2 == 0 {
					withDevices(gpu)(&hb)
				}
				if status, _ := send(hb); status != 200 {
					t.Errorf("h%d: got %d during the storm, want 200", i, status)
				}
			})
		}
		b.sleep(0)
		release()
		first.Wait()
		all.Wait()
		total := 0
		for _, n := range refused {
			total += n
		}
		if total != newcomers-registrationsAtOnce || len(refused) < 4 {
			t.Errorf("got refusals %v, want %d over several seconds", refused, newcomers-registrationsAtOnce)
		}
		if got := r.registry.registering.Load(); got != 0 {
			t.Errorf("got %d registrations on their way in the end, want none", got)
		}
		if got := len(r.hives()); got != newcomers+20 {
			t.Errorf("got %d hives, want %d", got, newcomers+20)
		}
		var list wire.EventList
		r.get(wire.PathEvents+"?kind=hive.down", &list)
		if len(list.Events) != 0 {
			t.Errorf("got %d hives called down, want none", len(list.Events))
		}
	})
}

// Whatever becomes of a registration, its place is free again.
func TestARegistrationLeavesItsPlace(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		wantFree := func(after string) {
			t.Helper()
			if got := r.registry.registering.Load(); got != 0 {
				t.Errorf("after %s: got %d registrations on their way, want none", after, got)
			}
		}
		r.beat(200, "10.0.1.1", b.beatOf("a", withDevices(), withInstance("i-1")))
		wantFree("a registration")
		r.beat(409, "10.0.1.2", b.beatOf("a", withDevices(), withInstance("i-2")))
		wantFree("a conflict")

		b.execute(`CREATE TRIGGER spoil BEFORE INSERT ON hives BEGIN SELECT RAISE(ABORT, 'spoiled'); END`)
		for range 3 {
			r.beat(503, "10.0.1.2", b.beatOf("b", withDevices()))
		}
		b.execute(`DROP TRIGGER spoil`)
		wantFree("a failure of the file")

		release := r.holdWriter()
		ctx, cancel := context.WithCancel(t.Context())
		body, _ := json.Marshal(b.beatOf("c", withDevices()))
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+r.addr+wire.PathHeartbeat, strings.NewReader(string(body)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		left := make(chan error)
		go func() {
			resp, err := b.client("10.0.1.3").Do(req)
			if err == nil {
				_ = resp.Body.Close()
			}
			left <- err
		}()
		b.sleep(time.Second)
		cancel()
		if err := <-left; err == nil {
			t.Errorf("the client that left got an answer")
		}
		release()
		b.sleep(time.Second)
		wantFree("a client that left")
		if diff := cmp.Diff([]string{"a", "c"}, r.ids()); diff != "" {
			t.Errorf("hives (-want +got):\n%s", diff)
		}
	})
}

// For a while after a boot a silent hive is degraded, not down: it may have been
// told to come again later.
func TestNobodyIsCalledDownRightAfterABoot(t *testing.T) {
	const ms = time.Millisecond
	type moment struct {
		at   time.Duration
		want wire.Status
	}
	for _, tt := range []struct {
		heard   time.Duration // after the boot, for the last time
		moments []moment
		story   []string
	}{
		{
			0,
			[]moment{
				{2999 * ms, wire.StatusHealthy},
				{3000 * ms, wire.StatusDegraded},
				{10001 * ms, wire.StatusDegraded},
				{14999 * ms, wire.StatusDegraded},
				{15000 * ms, wire.StatusDown},
			},
			[]string{"3s hive.degraded", "15s hive.down"},
		},
		{
			4500 * ms,
			[]moment{{7499 * ms, wire.StatusHealthy}, {7500 * ms, wire.StatusDegraded}, {14999 * ms, wire.StatusDegraded}, {15001 * ms, wire.StatusDown}},
			[]string{"8s hive.degraded", "15s hive.down"},
		},
		{
			14900 * ms,
			[]moment{{17899 * ms, wire.StatusHealthy}, {17900 * ms, wire.StatusDegraded}, {24900 * ms, wire.StatusDegraded}, {24901 * ms, wire.StatusDown}},
			[]string{"18s hive.degraded", "25s hive.down"},
		},
	} {
		for _, known := range []bool{false, true} {
			t.Run(fmt.Sprintf("heard after %v, known %t", tt.heard, known), func(t *testing.T) {
				inBed(t, func(t *testing.T, b *bed) {
					if known {
						r := b.boot()
						r.beat(200, "10.0.1.1", b.beatOf("a", withDevices()))
						b.sleep(time.Minute)
						r.crash()
						b.sleep(time.Hour)
						b.start = time.Now()
					}
					r := b.boot()
					var before wire.EventList
					r.get(wire.PathEvents, &before)
					b.sleepUntil(tt.heard)
					r.beat(200, "10.0.1.1", b.beatOf("a", withDevices()))
					for _, m := range tt.moments {
						b.sleepUntil(m.at)
						r.wantStatus("a", m.want)
					}
					b.sleepUntil(time.Minute)
					r.wantStatus("a", wire.StatusDown)
					var list wire.EventList
					r.get(fmt.Sprintf("%s?hive=a&after=%d", wire.PathEvents, before.Events[len(before.Events)-1].ID), &list)
					var got []string
					for _, e := range list.Events[1:] { // the first is its registration
						got = append(got, fmt.Sprintf("%v %s", e.At.Sub(b.start), e.Kind))
					}
					if diff := cmp.Diff(tt.story, got); diff != "" {
						t.Errorf("story (-want +got):\n%s", diff)
					}
				})
			})
		}
	}
}

// simulated is a hive in telemetry: it beats as it is granted, sends its
// capabilities after a 404 and waits out a 503.
func (b *bed) simulated(ctx context.Context, client *http.Client, id string) {
	discovering := true
	for due := time.Now(); ; {
		if wait := time.Until(due); wait > 0 { // many timers of no delay at once are too much for the race detector
			select {
			case <-ctx.Done():
				return
			case <-time.After(wait):
			}
		}
		if ctx.Err() != nil {
			return
		}
		hb := b.beatOf(id)
		if discovering {
			withDevices(gpu)(&hb)
		}
		body, _ := json.Marshal(hb)
		resp, err := client.Post(queenURL+wire.PathHeartbeat, "application/json", strings.NewReader(string(body)))
		if err != nil {
			discovering, due = true, due.Add(time.Second)
			continue
		}
		var ack wire.Ack
		_ = json.NewDecoder(resp.Body).Decode(&ack)
		_ = resp.Body.Close()
		switch resp.StatusCode {
		case http.StatusOK:
			discovering = false
			if due = due.Add(time.Second); ack.NextMS > 0 {
				due = time.Now().Add(time.Duration(ack.NextMS) * time.Millisecond)
			}
		case http.StatusNotFound:
			discovering = true
		case http.StatusServiceUnavailable:
			seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
			if err != nil {
				b.t.Errorf("got a 503 with Retry-After %q", resp.Header.Get("Retry-After"))
			}
			due = time.Now().Add(time.Duration(seconds) * time.Second)
		default:
			b.t.Errorf("%s got %d", id, resp.StatusCode)
		}
	}
}

// A fleet in its rhythm outlives a queen that is killed and is back a second
// later: within seconds all are registered, and none was ever called silent.
func TestAFleetOutlivesARestart(t *testing.T) {
	for _, rate := range []int64{10_000, 70} {
		t.Run(fmt.Sprintf("rate %d", rate), func(t *testing.T) {
			inBed(t, func(t *testing.T, b *bed) {
				const hives = spreadFrom + 10
				r := b.boot(withRate(rate))
				client := &http.Client{Transport: &http.Transport{DialContext: b.net.Dialer("10.0.3.1"), MaxIdleConnsPerHost: hives}}
				ctx, cancel := context.WithCancel(t.Context())
				var all sync.WaitGroup
				for i := range hives {
					all.Go(func() { b.simulated(ctx, client, fmt.Sprintf("h%d", i)) })
				}
				interval := max(time.Second, hives*time.Second/time.Duration(rate))
				b.sleep(interval + 3*time.Second)
				r.wantInterval(interval)
				r.crash()
				b.sleep(time.Second)
				r = b.boot(withRate(rate))
				b.sleep(interval + 2*time.Second)
				for _, h := range r.hives() {
					if h.Status != wire.StatusHealthy || h.RegisteredEpoch != 2 {
						t.Errorf("got %s %s of epoch %d, want healthy in epoch 2", h.ID, h.Status, h.RegisteredEpoch)
					}
				}
				b.sleep(grace)
				r.wantInterval(interval)
				cancel()
				all.Wait()
				client.CloseIdleConnections()
				for _, kind := range []string{"hive.down", "hive.degraded", "hive.recovered"} {
					if got := b.sql("SELECT count(*) FROM audit_events WHERE kind = '" + kind + "'"); got[0] != "0" {
						t.Errorf("got %s events %s, want none", got[0], kind)
					}
				}
			})
		})
	}
}
