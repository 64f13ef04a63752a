package queen

import (
	"fmt"
	"maps"
	"math"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/store"
	"rbee/internal/wire"
)

func TestSingleHeartbeats(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		const beats = 70
		for i := range beats {
			hb := b.beatOf("a", withDevices())
			hb.Workers = []wire.Worker{{PID: int64(i)}}
			r.beat(200, "10.0.1.1", hb)
			b.sleep(time.Second)
		}
		r.beat(200, "10.0.1.2", b.beatOf("b", withDevices()))
		for _, tt := range []struct {
			query       string
			first, last int // pids
		}{
			{"", 10, 69},
			{"limit=3", 67, 69},
			{"limit=2000", 0, 69},
			{"from=2000-01-01T00:00:05Z&to=2000-01-01T00:00:09Z", 5, 8},         // what ends a span is not in it
			{"from=2000-01-01T00:00:05Z&to=2000-01-01T00:00:09Z&limit=2", 7, 8}, // the last of the span
			{"from=2000-01-01T01:00:05%2B01:00&to=2000-01-01T00:00:09Z", 5, 8},
			{"from=2000-01-01T01:00:05+01:00&to=2000-01-01T00:00:09Z", 5, 8}, // as people write it
			{"to=2000-01-01T00:00:03.5Z", 0, 3},
			{"from=-10s", 60, 69},
			{"from=-1h&to=-68s", 0, 1},
			{"from=2000-01-01T00:00:07Z&to=2000-01-01T00:00:07.001Z", 7, 7},
		} {
			var history wire.History
			r.get(wire.PathHives+"/a/heartbeats?"+tt.query, &history)
			var got, want []int64
			for _, s := range history.Samples {
				got = append(got, s.Workers[0].PID)
			}
			for pid := tt.first; pid <= tt.last; pid++ {
				want = append(want, int64(pid))
			}
			if diff := cmp.Diff(want, got); diff != "" || history.HiveID != "a" {
				t.Errorf("%s: history of %s (-want +got):\n%s", tt.query, history.HiveID, diff)
			}
		}
		for _, query := range []string{
			"from=2001-01-01T00:00:00Z", "to=1999-01-01T00:00:00Z", "from=2000-01-01T00:00:07Z&to=2000-01-01T00:00:07Z",
		} {
			if a := r.want(200, nil, "GET", wire.PathHives+"/a/heartbeats?"+query, ""); strings.TrimSpace(string(a.body)) != `{"hive_id":"a","samples":[]}` {
				t.Errorf("%s: got %s, want an empty list", query, a.body)
			}
		}
		for _, query := range []string{
			"from=yesterday", "to=1d", "from=6h", "from=" + url.QueryEscape("2000-01-01 00:00:00"), "from=2000-01-01T00:00:09Z&to=2000-01-01T00:00:05Z",
			"limit=0", "limit=2001", "limit=-1", "limit=ten", "from=-9999999999h",
		} {
			if p := r.want(400, nil, "GET", wire.PathHives+"/a/heartbeats?"+query, "").problem(); p.Code != wire.CodeInvalidRequest || p.Remedy == "" {
				t.Errorf("%s: got %+v, want invalid_request", query, p)
			}
		}
		if p := r.want(404, nil, "GET", wire.PathHives+"/nobody/heartbeats", "").problem(); p.Code != wire.CodeUnknownHive {
			t.Errorf("of nobody: got %+v", p)
		}
	})
}

// deliver hands the queen a heartbeat as its route does, without the network.
func (r *running) deliver(hb wire.Heartbeat) {
	r.b.t.Helper()
	b := beat{hb: &hb, peer: netip.MustParseAddr("10.0.1.1"), received: time.Now()}
	if _, refused, _ := r.take(b); refused != nil {
		r.b.t.Fatalf("at %v: heartbeat of %s: %v", r.b.at(), hb.Hive.ID, refused)
	}
}

// sent is what a hive told, and when.
type sent struct {
	at time.Time
	hb wire.Heartbeat
}

// figures makes up what a hive tells at a moment: now and then no node at all, a
// GPU that tells nothing, a worker that comes and goes.
func figures(n int) func(*wire.Heartbeat) {
	return func(hb *wire.Heartbeat) {
		wave := func(period int) float64 { return 50 + 49*math.Sin(float64(n)/float64(period)) }
		model := "llama"
		hb.Workers = []wire.Worker{{
			PID: 7, Group: "llm", Instance: "8080", CPUPct: wave(11), RSSMB: int64(1000 + n%700), GPUUtilPct: wave(13),
			VRAMMB: int64(7000 + n%90), TotalVRAMMB: 24564, Model: &model,
		}}
		if n%600 < 300 {
			hb.Workers = append(hb.Workers, wire.Worker{PID: 8, Group: "img", Instance: "9090", CPUPct: wave(17), TotalVRAMMB: 24564})
		}
		if n%50 == 49 {
			return
		}
		hb.Node = &wire.Node{
			CPUPct: wave(7), RAMUsedMB: int64(30000 + n%4000), RAMTotalMB: 65536,
			GPUs: []wire.GPU{{ID: "GPU-0", UtilPct: ptr(wave(5)), VRAMUsedMB: ptr(int64(8000 + n%300)), VRAMTotalMB: ptr[int64](24564), TempC: ptr(wave(19)), PowerW: ptr(wave(23))}},
		}
		if n%3 == 0 {
			hb.Node.GPUs = append(hb.Node.GPUs, wire.GPU{ID: "GPU-1", UtilPct: ptr(wave(29))})
		}
	}
}

// tell has a hive beat once a second for so long, with figures, and returns what
// it sent.
func (b *bed) tell(r *running, id string, d time.Duration) (out []sent) {
	for range int(d / time.Second) {
		hb := b.beatOf(id, withDevices(), figures(int(b.at()/time.Second)))
		r.deliver(hb)
		out = append(out, sent{time.Now(), hb})
		b.sleep(time.Second)
	}
	return out
}

// sums is a plain computation over the heartbeats of one bucket: the mean and
// the maximum of each figure, by its name.
func sums(of []sent) map[string]wire.Stat {
	values := map[string][]float64{}
	add := func(name string, v float64) { values[name] = append(values[name], math.Round(v*100)/100) }
	for _, s := range of {
		for _, w := range s.hb.Workers {
			name := w.Group + "/" + w.Instance
			add(name+" cpu", w.CPUPct)
			add(name+" rss", float64(w.RSSMB))
			add(name+" gpu", w.GPUUtilPct)
			add(name+" vram", float64(w.VRAMMB))
		}
		if s.hb.Node == nil {
			continue
		}
		add("cpu", s.hb.Node.CPUPct)
		add("ram", float64(s.hb.Node.RAMUsedMB))
		for _, g := range s.hb.Node.GPUs {
			for what, v := range map[string]*float64{"util": g.UtilPct, "temp": g.TempC, "power": g.PowerW} {
				if v != nil {
					add(g.ID+" "+what, *v)
				}
			}
			if g.VRAMUsedMB != nil {
				add(g.ID+" vram", float64(*g.VRAMUsedMB))
			}
		}
	}
	out := map[string]wire.Stat{}
	for name, v := range values {
		sum := 0.0
		for _, x := range v {
			sum += x
		}
		out[name] = wire.Stat{Mean: sum / float64(len(v)), Max: slices.Max(v)}
	}
	return out
}

// told is the same, as an answer has it.
func told(p *wire.Point) map[string]wire.Stat {
	out := map[string]wire.Stat{}
	add := func(name string, s *wire.Stat) {
		if s != nil {
			out[name] = *s
		}
	}
	add("cpu", p.CPUPct)
	add("ram", p.RAMUsedMB)
	for _, g := range p.GPUs {
		add(g.ID+" util", g.UtilPct)
		add(g.ID+" vram", g.VRAMUsedMB)
		add(g.ID+" temp", g.TempC)
		add(g.ID+" power", g.PowerW)
	}
	for _, w := range p.Workers {
		name := w.Group + "/" + w.Instance
		add(name+" cpu", &w.CPUPct)
		add(name+" rss", &w.RSSMB)
		add(name+" gpu", &w.GPUUtilPct)
		add(name+" vram", &w.VRAMMB)
	}
	return out
}

// ask reads a span of a hive's history.
func (r *running) ask(id string, from, to time.Time, step string) (h wire.History) {
	r.b.t.Helper()
	query := url.Values{"from": {from.Format(time.RFC3339Nano)}, "to": {to.Format(time.RFC3339Nano)}, "step": {step}}
	r.get(wire.PathHives+"/"+id+"/heartbeats?"+query.Encode(), &h)
	if h.Buckets == nil {
		r.b.t.Fatalf("%s to %s by %s: got no buckets", from, to, step)
	}
	if h.Samples != nil || h.HiveID != id {
		r.b.t.Errorf("%s to %s by %s: got %d samples of %q beside the buckets", from, to, step, len(h.Samples), h.HiveID)
	}
	return h
}

// wantBuckets compares an answer with a plain computation over what was sent:
// the queen ran during the given spans.
func (r *running) wantBuckets(h wire.History, all []sent, ran ...[2]time.Time) {
	r.b.t.Helper()
	step := time.Duration(h.StepS) * time.Second
	what := fmt.Sprintf("%s to %s by %v (%s)", h.From.Format(time.TimeOnly), h.To.Format(time.TimeOnly), step, h.Tier)
	if got := h.To.Sub(h.From); got != time.Duration(len(h.Points))*step || len(h.Points) == 0 || len(h.Points) > wire.MaxPoints {
		r.b.t.Fatalf("%s: got %d points", what, len(h.Points))
	}
	byBucket := map[int64][]sent{}
	for _, s := range all {
		i := int64(math.Floor(s.at.Sub(h.From).Seconds() / step.Seconds()))
		byBucket[i] = append(byBucket[i], s)
	}
	for i, p := range h.Points {
		at := h.From.Add(time.Duration(i) * step)
		of := byBucket[int64(i)]
		if p == nil {
			up := slices.ContainsFunc(ran, func(s [2]time.Time) bool { return at.Before(s[1]) && at.Add(step).After(s[0]) })
			if len(of) > 0 || (up && h.Tier != wire.TierRaw) {
				r.b.t.Errorf("%s: got a gap at %s, want %d heartbeats", what, at, len(of))
			}
			continue
		}
		if !p.At.Equal(at) || p.Heartbeats != int64(len(of)) {
			r.b.t.Errorf("%s: got %d heartbeats at %s, want %d at %s", what, p.Heartbeats, p.At, len(of), at)
		}
		near := func(got, want wire.Stat) bool {
			slack := 0.02
			if want.Mean >= 1000 {
				slack = 1 // a mean of a large figure is kept without decimals
			}
			return math.Abs(got.Mean-want.Mean) <= slack && math.Abs(got.Max-want.Max) <= 1e-9
		}
		if got, want := told(p), sums(of); !maps.EqualFunc(got, want, near) {
			r.b.t.Errorf("%s: at %s (-want +got):\n%s", what, at, cmp.Diff(want, got))
		}
	}
}

// A few hours of two hives, with a silence, a queen that was away and one that
// was killed, asked for in many ways, are what a plain computation makes of them.
func TestBucketsAreWhatWasSent(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		b.sleep(17*time.Minute + 20*time.Second) // begins in the midst of things
		r := b.boot()
		began := time.Now()
		all := b.tell(r, "a", 70*time.Minute)
		b.tell(r, "b", 3*time.Second)
		b.sleep(10 * time.Minute) // silent
		all = append(all, b.tell(r, "a", 20*time.Minute)...)
		r.stop()
		stopped := time.Now()
		b.sleep(11 * time.Minute)
		r = b.boot()
		again := time.Now()
		all = append(all, b.tell(r, "a", 25*time.Minute)...)
		r.crash()
		r = b.boot()
		all = append(all, b.tell(r, "a", 7*time.Minute+30*time.Second)...)
		now := time.Now()
		ran := [][2]time.Time{{began, stopped}, {again, now}}

		for _, step := range []string{"1m", "2m", "5m", "7m", "60s", "15m", "1h", "2h", "6h", "1d", "auto"} {
			for _, from := range []time.Time{b.start, began, began.Add(31*time.Minute + 7*time.Second), stopped.Add(-90 * time.Second)} {
				h := r.ask("a", from, now, step)
				r.wantBuckets(h, all, ran...)
				if h.From.After(from) || h.To.Before(now) {
					t.Errorf("step %s: got %s to %s, want what was asked for in it", step, h.From, h.To)
				}
			}
		}
		for _, step := range []string{"1s", "7s", "10s", "90s", "3m20s"} {
			for _, from := range []time.Time{began, began.Add(69 * time.Minute), stopped.Add(-2 * time.Minute), again.Add(24 * time.Minute)} {
				r.wantBuckets(r.ask("a", from, from.Add(20*time.Minute), step), all)
			}
		}

		// What the silence cost, and what the queen's own absence did not.
		h := r.ask("a", began.Add(70*time.Minute), began.Add(80*time.Minute), "1m")
		missed := int64(0)
		for _, p := range h.Points {
			missed += p.Missed
		}
		if missed < 601 || missed > 605 {
			t.Errorf("got %d missed in 603 silent seconds, want as many", missed)
		}
		h = r.ask("a", stopped.Truncate(time.Minute).Add(time.Minute), again.Truncate(time.Minute), "1m")
		for _, p := range h.Points {
			if p != nil {
				t.Errorf("got %+v while the queen was away, want a gap", *p)
			}
		}

		// A forgotten hive keeps its history, also in buckets.
		before := r.ask("a", began, now, "5m")
		r.want(204, nil, "DELETE", wire.PathHives+"/a", "")
		after := r.ask("a", began, now, "5m")
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("after it was forgotten (-before +after):\n%s", diff)
		}
		r.wantBuckets(r.ask("a", began, now, "1h"), all, ran...)
	})
}

// What is not on disk yet is in the answer.
func TestThePresentIsInTheAnswer(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		var all []sent
		for _, d := range []time.Duration{10 * time.Second, 51 * time.Second, 30 * time.Second, time.Second, 28 * time.Second, time.Second} {
			all = append(all, b.tell(r, "a", d)...)
			for _, step := range []string{"1s", "1m", "1h", "1d", "auto"} {
				h := r.ask("a", b.start, time.Now(), step)
				total := int64(0)
				for _, p := range h.Points {
					if p != nil {
						total += p.Heartbeats
					}
				}
				if total != int64(len(all)) {
					t.Errorf("at %v: step %s: got %d heartbeats, want all %d", b.at(), step, total, len(all))
				}
				r.wantBuckets(h, all, [2]time.Time{b.start, time.Now()})
			}
		}
		b.sleepUntil(60 * time.Minute)
		for b.at() < 60*time.Minute+10*time.Second { // while the hour ends
			all = append(all, b.tell(r, "a", time.Second)...)
			for _, step := range []string{"1m", "1h"} {
				r.wantBuckets(r.ask("a", b.start, time.Now(), step), all, [2]time.Time{b.start, time.Now()})
			}
		}
	})
}

// Buckets begin at multiples of the step since 1970, also before 1970.
func TestBucketsAreAligned(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		r.register(1, 1)
		at := func(text string) time.Time {
			t.Helper()
			v, err := time.Parse(time.RFC3339, text)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		for _, tt := range []struct{ from, to, step, wantFrom, wantTo string }{
			{"2000-01-01T00:00:01Z", "2000-01-01T00:00:02Z", "1m", "2000-01-01T00:00:00Z", "2000-01-01T00:01:00Z"},
			{"2000-01-01T00:01:00Z", "2000-01-01T00:02:00Z", "1m", "2000-01-01T00:01:00Z", "2000-01-01T00:02:00Z"},
			{"2000-01-01T00:01:00Z", "2000-01-01T00:01:00Z", "1m", "2000-01-01T00:01:00Z", "2000-01-01T00:02:00Z"}, // no span at all
			{"2000-01-01T00:00:59.999Z", "2000-01-01T00:01:00.001Z", "1m", "2000-01-01T00:00:00Z", "2000-01-01T00:02:00Z"},
			{"2000-01-01T05:30:00+05:30", "2000-01-01T06:00:00+05:30", "1h", "2000-01-01T00:00:00Z", "2000-01-01T01:00:00Z"},
			{"2000-01-01T12:00:00Z", "2000-01-02T12:00:00Z", "1d", "2000-01-01T00:00:00Z", "2000-01-03T00:00:00Z"},
			{"2000-01-01T00:00:00Z", "2000-01-09T00:00:00Z", "1w", "1999-12-30T00:00:00Z", "2000-01-13T00:00:00Z"}, // weeks begin on Thursday, as 1970 did
			{"1970-01-01T00:00:00Z", "1970-01-01T00:00:01Z", "7s", "1970-01-01T00:00:00Z", "1970-01-01T00:00:07Z"},
			{"1969-12-31T23:59:59Z", "1970-01-01T00:00:01Z", "7s", "1969-12-31T23:59:53Z", "1970-01-01T00:00:07Z"},
			{"1969-12-31T23:59:53Z", "1969-12-31T23:59:59.5Z", "7s", "1969-12-31T23:59:53Z", "1970-01-01T00:00:00Z"},
			{"1960-02-29T00:00:00Z", "1960-03-01T00:00:00Z", "1h", "1960-02-29T00:00:00Z", "1960-03-01T00:00:00Z"},
			{"1969-12-31T00:00:00Z", "1970-01-02T00:00:00Z", "1y", "1969-01-01T00:00:00Z", "1971-01-01T00:00:00Z"},
		} {
			h := r.ask("h1", at(tt.from), at(tt.to), tt.step)
			if !h.From.Equal(at(tt.wantFrom)) || !h.To.Equal(at(tt.wantTo)) || len(h.Points) != int(h.To.Sub(h.From)/time.Second/time.Duration(h.StepS)) {
				t.Errorf("%s to %s by %s: got %d points from %s to %s, want %s to %s",
					tt.from, tt.to, tt.step, len(h.Points), h.From, h.To, tt.wantFrom, tt.wantTo)
			}
			if _, offset := h.From.Zone(); offset != 0 {
				t.Errorf("got %s, want UTC", h.From)
			}
		}
	})
}

// Auto chooses a step by the length of the span, and the answer never has too
// many points.
func TestAutoChoosesTheStep(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		b.sleep(1234567 * time.Millisecond)
		now := time.Now()
		for _, tt := range []struct{ span, want time.Duration }{
			{0, time.Second},
			{time.Nanosecond, time.Second},
			{time.Second, time.Second},
			{15 * time.Minute, time.Second},
			{15*time.Minute + 1, time.Minute},
			{24 * time.Hour, time.Minute},
			{24*time.Hour + 1, 5 * time.Minute},
			{6 * wire.Day, 5 * time.Minute},
			{7 * wire.Day, 15 * time.Minute},
			{30 * wire.Day, time.Hour},
			{81 * wire.Day, 6 * time.Hour},
			{wire.Year, 6 * time.Hour},
			{2 * wire.Year, wire.Day},
			{5 * wire.Year, wire.Day},
			{3999*wire.Day + 23*time.Hour, 3 * wire.Day},
			{longest, 19 * wire.Day},
		} {
			sel, err := r.choose(wire.StepAuto, span{now.Add(-tt.span), now}, now)
			if err != nil {
				t.Errorf("%v: %v", tt.span, err)
				continue
			}
			points := sel.To.Sub(sel.From) / sel.Step
			if sel.Step != tt.want || sel.Tier != tierOf(tt.want) || points < 1 || points > wire.MaxPoints {
				t.Errorf("%v: got %d points by %v of tier %s, want %v", tt.span, points, sel.Step, sel.Tier, tt.want)
			}
			if sel.From.After(now.Add(-tt.span)) || sel.To.Before(now) {
				t.Errorf("%v: got %s to %s, want all of it", tt.span, sel.From, sel.To)
			}
		}
	})
}

// autoTier is what auto chooses for the time up to now.
func (r *running) autoTier(span time.Duration) string {
	r.b.t.Helper()
	h := r.ask("a", time.Now().Add(-span), time.Now(), wire.StepAuto)
	return fmt.Sprintf("%s %ds", h.Tier, h.StepS)
}

// A queen that has not run for long shows what she has as finely as any; one
// that has dropped the fine tiers shows what she still has.
func TestAutoChoosesATierThatReachesBack(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		b.sleep(17 * time.Minute)
		r := b.boot(func(c *Config) {
			c.Retention = store.Retention{Raw: store.Limit{Age: 10 * time.Minute}, Minute: store.Limit{Age: time.Hour}}
		})
		beats := func(d time.Duration) { // one now and then
			for range int(d / (30 * time.Second)) {
				b.tell(r, "a", time.Second)
				b.sleep(29 * time.Second)
			}
		}
		beats(5 * time.Minute)
		want := func(span time.Duration, want string) {
			t.Helper()
			if got := r.autoTier(span); got != want {
				t.Errorf("at %v: auto over %v: got %s, want %s", b.at(), span, got, want)
			}
		}
		want(time.Minute, "raw 1s")
		want(15*time.Minute, "raw 1s") // from before the beginning
		beats(50 * time.Minute)
		want(5*time.Minute, "raw 1s")
		want(15*time.Minute, "minute 60s") // the beginning of it is only there
		want(6*time.Hour, "minute 60s")    // hours know no more
		want(2*wire.Day, "minute 300s")
		beats(70 * time.Minute)
		want(30*time.Minute, "minute 60s")
		want(2*time.Hour, "hour 3600s")
		want(24*time.Hour, "hour 3600s")
		want(6*wire.Day, "hour 3600s")
	})
}

// A fleet whose single heartbeats are too many to be read for one answer is
// shown by minutes; who insists on less is told what to do.
func TestTooManyHeartbeatsAreNotRead(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		b.tell(r, "a", 130*time.Second)
		r.stop()
		path := wire.PathHives + "/a/heartbeats?from=" + b.start.Format(time.RFC3339) + "&step="
		for rows, want := range map[int64]string{quicklyRead / 4: "raw", quicklyRead: "minute", mostRead / 2: "minute", mostRead: "minute"} {
			b.execute(fmt.Sprintf("UPDATE history_blocks SET rows = %d WHERE tier = 'raw' AND at < '2000-01-01T00:02'", rows))
			r = b.boot()
			var h wire.History
			r.get(path+"auto", &h)
			if string(h.Tier) != want {
				t.Errorf("twice %d heartbeats: auto got %s, want %s", rows, h.Tier, want)
			}
			if 2*rows+10 <= mostRead {
				r.get(path+"10s", &h)
			} else {
				p := r.want(400, nil, "GET", path+"10s", "").problem()
				for _, part := range []string{"10s", fmt.Sprint(2*rows + 10), fmt.Sprint(mostRead), "whole minutes", "shorter span"} {
					if !strings.Contains(p.Detail, part) {
						t.Errorf("got %q, want it to say %q", p.Detail, part)
					}
				}
			}
			r.get(path+"1m", &h)
			r.stop()
		}
	})
}

// What cannot be served is refused with the value and what to do.
func TestAbsurdHistoryRequests(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		b.tell(r, "a", 90*time.Second)
		for _, tt := range []struct{ query, want string }{
			{"step=0s", `step "0s" is not a whole number of seconds from 1s to 1y`},
			{"step=0", `step "0" is not a whole number of seconds from 1s to 1y`},
			{"step=-1m", `step "-1m" is not a whole number of seconds from 1s to 1y`},
			{"step=1ms", `step "1ms" is not a whole number of seconds from 1s to 1y`},
			{"step=1.5s", `step "1.5s" is not a whole number of seconds from 1s to 1y`},
			{"step=10y", `step "10y" is not a whole number of seconds from 1s to 1y`},
			{"step=8760h1s", `step "8760h1s" is not a whole number of seconds from 1s to 1y`},
			{"step=auto%20", `step "auto " is neither auto nor a length of time such as 10s, 1m, 1h or 1d`},
			{"step=Auto", `step "Auto" is neither auto nor a length of time such as 10s, 1m, 1h or 1d`},
			{"step=abc", `step "abc" is neither auto nor a length of time such as 10s, 1m, 1h or 1d`},
			{"step=60", `step "60" is neither auto nor a length of time such as 10s, 1m, 1h or 1d`},
			{"step=99999999999999999999s", `step "99999999999999999999s" is neither auto nor a length of time such as 10s, 1m, 1h or 1d`},
			{"step=9223372036854775807d", `step "9223372036854775807d" is neither auto nor a length of time such as 10s, 1m, 1h or 1d`},
			{"step=%1b%5b2J", "step \"\uFFFD[2J\" is neither auto nor a length of time such as 10s, 1m, 1h or 1d"},
			{"from=0000-01-01T00:00:00Z", `from "0000-01-01T00:00:00Z" is not in the years 1900 to 9000`},
			{"from=0001-01-01T00:00:00Z", `from "0001-01-01T00:00:00Z" is not in the years 1900 to 9000`},
			{"to=9999-12-31T23:59:59-01:00", `to "9999-12-31T23:59:59-01:00" is not in the years 1900 to 9000`},
			{"from=-290y", `from "-290y" is not in the years 1900 to 9000`},
			{"from=-300y", `from "-300y" is neither an RFC 3339 time nor a duration before now such as -6h or -30d`},
			{"from=12025-01-01T00:00:00Z", `from "12025-01-01T00:00:00Z" is neither an RFC 3339 time nor a duration before now such as -6h or -30d`},
			{"from=2001-02-29T00:00:00Z", `from "2001-02-29T00:00:00Z" is neither an RFC 3339 time nor a duration before now such as -6h or -30d`},
			{"from=2000-01-01T00:00:00", `from "2000-01-01T00:00:00" is neither an RFC 3339 time nor a duration before now such as -6h or -30d`},
			{"from=2000-01-01", `from "2000-01-01" is neither an RFC 3339 time nor a duration before now such as -6h or -30d`},
			{"to=6h", `to "6h" is neither an RFC 3339 time nor a duration before now such as -6h or -30d`},
			{"from=-", `from "-" is neither an RFC 3339 time nor a duration before now such as -6h or -30d`},
			{"from=-1h&to=-2h", `to "-2h" is before from "-1h"`},
			{"from=2100-01-01T00:00:00Z&step=1h", `to "now" is before from "2100-01-01T00:00:00Z"`},
			{"from=1900-01-01T00:00:00Z&to=9000-12-31T23:59:59Z&step=auto", `from 1900-01-01T00:00:00Z to 9000-12-31T23:59:59Z is more than 100 years: ask for a shorter span`},
			{"from=1900-01-01T00:00:00Z&to=2000-01-01T00:00:00Z&step=1y", `from 1900-01-01T00:00:00Z to 2000-01-01T00:00:00Z is more than 100 years: ask for a shorter span`},
			{"from=-1h&step=1s", `step "1s" makes 3600 points of that span: at most 2000 are served; use 1m, or auto`},
			{"from=-2d&step=1m", `step "1m" makes 2881 points of that span: at most 2000 are served; use 5m, or auto`},
			{"from=-10d&step=1m", `step "1m" makes 14401 points of that span: at most 2000 are served; use 15m, or auto`},
			{"from=-50y&step=1d", `step "1d" makes 18251 points of that span: at most 2000 are served; use 10d, or auto`},
			{"from=1999-12-30T14:40:30Z&to=2000-01-01T00:00:30Z&step=1m", `step "1m" makes 2001 points of that span: at most 2000 are served; use 5m, or auto`},
		} {
			for _, id := range []string{"a", "nobody"} {
				p := r.want(400, nil, "GET", wire.PathHives+"/"+id+"/heartbeats?"+tt.query, "").problem()
				if p.Code != wire.CodeInvalidRequest || p.Detail != tt.want || p.Remedy == "" {
					t.Errorf("%s: got %q, want %q", tt.query, p.Detail, tt.want)
				}
			}
		}
		for _, tt := range []struct {
			query  string
			points int
			step   int64
		}{
			{"step=1s", 60, 1},
			{"step=10s", 60, 10},
			{"step=1m", 61, 60}, // now is in the midst of a minute
			{"step=1h", 61, 3600},
			{"step=1d", 61, 86400},
			{"step=1y", 61, 31536000},
			{"step=auto", 61, 60},
			{"step=auto&from=-30s", 30, 1},
			{"step=1h&to=-1h", 61, 3600},
			{"step=1m&from=-0s", 1, 60},
			{"step=1m&from=-1m&to=2000-01-01T00:05:00Z", 5, 60}, // into the future
			{"step=1m&from=1999-12-30T14:40:00Z&to=2000-01-01T00:00:00Z", 2000, 60},
			{"step=60m&from=-90m", 3, 3600},
			{"step=3600s&from=2000-02-29T00:00:00%2B02:00&to=2000-02-29T02:00:00%2B02:00", 2, 3600},
			{"step=auto&from=1901-01-01T00:00:00Z", 1904, 19 * 86400},
		} {
			var h wire.History
			r.get(wire.PathHives+"/a/heartbeats?"+tt.query, &h)
			if h.Buckets == nil {
				t.Fatalf("%s: got no buckets", tt.query)
			}
			if len(h.Points) != tt.points || h.StepS != tt.step {
				t.Errorf("%s: got %d points by %d s, want %d by %d s", tt.query, len(h.Points), h.StepS, tt.points, tt.step)
			}
		}
		for _, step := range []string{"", "1s", "1m", "1h", "auto"} {
			if p := r.want(404, nil, "GET", wire.PathHives+"/nobody/heartbeats?step="+step, "").problem(); p.Code != wire.CodeUnknownHive {
				t.Errorf("of nobody, step %q: got %+v", step, p)
			}
			if p := r.want(400, nil, "GET", wire.PathHives+"/no%20body/heartbeats?step="+step, "").problem(); p.Code != wire.CodeInvalidRequest {
				t.Errorf("of no id, step %q: got %+v", step, p)
			}
		}
	})
}

// A hive of which nothing is known in a span is a row of gaps, not an error.
func TestGapsAreNull(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		b.tell(r, "a", 3*time.Second)
		a := r.want(200, nil, "GET", wire.PathHives+"/a/heartbeats?step=1m&from=1999-12-31T23:58:00Z&to=2000-01-01T00:00:00Z", "")
		want := `{"hive_id":"a","from":"1999-12-31T23:58:00Z","to":"2000-01-01T00:00:00Z","step_s":60,"tier":"minute","points":[null,null]}`
		if got := strings.TrimSpace(string(a.body)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		r.deliver(b.beatOf("bare", withDevices()))
		a = r.want(200, nil, "GET", wire.PathHives+"/bare/heartbeats?step=1s&from=2000-01-01T00:00:02Z&to=2000-01-01T00:00:04Z", "")
		want = `{"hive_id":"bare","from":"2000-01-01T00:00:02Z","to":"2000-01-01T00:00:04Z","step_s":1,"tier":"raw","points":[null,` +
			`{"at":"2000-01-01T00:00:03Z","heartbeats":1,"missed":0,"cpu_pct":null,"ram_used_mb":null,"ram_total_mb":null,"gpus":[],"workers":[]}]}`
		if got := strings.TrimSpace(string(a.body)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

// A file that cannot be read is said so, and is no proof that a hive is unknown.
func TestHistoryOfAClosedFile(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		b.tell(r, "a", 3*time.Second)
		if err := r.store.Close(); err != nil {
			t.Fatal(err)
		}
		for _, query := range []string{"", "step=1s&from=-3s", "step=1m", "step=1h", "step=auto"} {
			p := r.want(503, nil, "GET", wire.PathHives+"/a/heartbeats?"+query, "").problem()
			if p.Code != wire.CodeStateUnavailable && p.Code != wire.CodeShuttingDown {
				t.Errorf("%q: got %+v, want state_unavailable", query, p)
			}
		}
		_ = r.end()
	})
}

// While the rows of a minute are on their way into the file, in more than one
// transaction, none of them is missing from an answer, and none is there twice.
func TestAMinuteIsThereWhileItIsWritten(t *testing.T) {
	inBed(t, func(t *testing.T, b *bed) {
		r := b.boot()
		const hives = 1300
		for i := range hives {
			r.deliver(b.beatOf(fmt.Sprintf("h%d", i), withDevices()))
		}
		b.sleepUntil(50 * time.Second)
		for ; b.at() < 70*time.Second; b.sleep(50 * time.Millisecond) {
			for _, id := range []string{"h0", "h700", fmt.Sprintf("h%d", hives-1)} {
				for _, step := range []string{"1m", "1h"} {
					h := r.ask(id, b.start, b.start.Add(time.Minute), step)
					if p := h.Points[0]; p == nil || p.Heartbeats != 1 {
						t.Fatalf("at %v: step %s of %s: got %+v, want its heartbeat", b.at(), step, id, p)
					}
				}
			}
		}
	})
}
