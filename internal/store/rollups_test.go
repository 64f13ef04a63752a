package store

import (
	flags "flag"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rbee/internal/rollup"
	"rbee/internal/wire"
)

// behaviour is how a hive of the property test behaves for some time.
type behaviour struct {
	interval time.Duration
	silent   bool
	jitter   time.Duration
	node     bool
	gpus     int
	workers  int
	nulls    bool
}

func drawBehaviour(t *rapid.T) behaviour {
	return behaviour{
		interval: rapid.SampledFrom([]time.Duration{time.Second, time.Second, 2 * time.Second, 1500 * time.Millisecond, 5 * time.Second}).Draw(t, "interval"),
		silent:   rapid.IntRange(0, 4).Draw(t, "silent") == 0,
		jitter:   time.Duration(rapid.IntRange(0, 900).Draw(t, "jitter")) * time.Millisecond,
		node:     rapid.IntRange(0, 4).Draw(t, "node") > 0,
		gpus:     rapid.IntRange(0, 3).Draw(t, "gpus"),
		workers:  rapid.IntRange(0, 4).Draw(t, "workers"),
		nulls:    rapid.Bool().Draw(t, "nulls"),
	}
}

func (b behaviour) beat(t *rapid.T, hive int, after time.Duration) bedBeat {
	figure := func() float64 { return float64(rapid.IntRange(0, 100_000).Draw(t, "figure")) / 100 }
	size := func() int64 { return rapid.Int64Range(0, 80_000).Draw(t, "size") }
	beat := bedBeat{hive: hive, after: after, interval: b.interval}
	if b.node {
		beat.node = &wire.Node{CPUPct: figure(), RAMUsedMB: size(), RAMTotalMB: size()}
		for i := range b.gpus {
			g := wire.GPU{ID: fmt.Sprint("GPU-", i)}
			if !b.nulls || rapid.Bool().Draw(t, "told") {
				g.UtilPct, g.VRAMUsedMB, g.VRAMTotalMB, g.PowerW = ptr(figure()), ptr(size()), ptr[int64](24564), ptr(figure())
				g.TempC = ptr(figure() - 40)
			}
			switch rapid.IntRange(0, 3).Draw(t, "foreign") {
			case 0:
				g.ForeignVRAMMB = ptr(size())
			case 1, 2:
				g.ForeignVRAMMB = ptr[int64](0)
			}
			beat.node.GPUs = append(beat.node.GPUs, g)
		}
	}
	for i := range b.workers {
		w := wire.Worker{PID: int64(i), Group: "llm", Instance: fmt.Sprint(8080 + i/2), CPUPct: figure(), RSSMB: size(), GPUUtilPct: figure(), VRAMMB: size()}
		if i%2 == 0 {
			w.Model, w.TotalVRAMMB = ptr("a, \"b\"],[c ä"), 24564
		}
		beat.workers = append(beat.workers, w)
	}
	return beat
}

// The minutes, the hours and every answer are what the heartbeats in the file
// say, whatever hives do: with gaps, stops, other rhythms, restarts of the
// queen, GPUs and workers that come and go.
func TestRollupsAreWhatTheHeartbeatsSay(t *testing.T) {
	if checks := flags.Lookup("rapid.checks"); checks.Value.String() == checks.DefValue && !*long {
		t.Log("SHORT: 6 random runs; -long does 100, -rapid.checks=N so many")
		if err := checks.Value.Set("6"); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = checks.Value.Set(checks.DefValue) }()
	}
	lookBack = time.Hour // or what a rebuild does not know would have to be known here
	defer func() { lookBack = time.Minute }()
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		checkRollups(rt, filepath.Join(dir, fmt.Sprint(n), "queen.db"))
	})
}

func checkRollups(rt *rapid.T, path string) {
	const hives = 3
	begin := time.Date(2026, 3, 4, 5, 60-rapid.IntRange(1, 3).Draw(rt, "minute"), rapid.IntRange(0, 59).Draw(rt, "second"), 0, time.UTC)
	b := newBed(rt, path, begin, hives)
	defer func() { _ = b.s.Close() }()
	next, killed := [hives]time.Duration{}, false
	for part := range rapid.IntRange(2, 6).Draw(rt, "parts") {
		if part > 0 && b.heard() && rapid.IntRange(0, 3).Draw(rt, "restart") == 0 {
			if rapid.Bool().Draw(rt, "killed") {
				b.kill()
				killed = true
			} else {
				b.stop()
			}
			b.lazy = rapid.Bool().Draw(rt, "lazy") // what was due is lost with the next kill
			b.now = b.now.Add(time.Duration(rapid.IntRange(1, 100).Draw(rt, "away")) * time.Second)
			b.boot()
		}
		var how [hives]behaviour
		for i := range how {
			how[i] = drawBehaviour(rt)
		}
		for range rapid.IntRange(5, 60).Draw(rt, "seconds") {
			var beats []bedBeat
			for i := range hives {
				if next[i] = max(0, next[i]-time.Second); next[i] < time.Second && !how[i].silent {
					after := max(time.Millisecond, min(next[i]+how[i].jitter, 990*time.Millisecond)) + time.Duration(i)*time.Millisecond
					beat := how[i].beat(rt, i, after)
					if rapid.IntRange(0, 60).Draw(rt, "stop") == 0 {
						beat.interval = 0
					}
					beats = append(beats, beat)
					next[i] += how[i].interval
				}
			}
			b.second(beats...)
		}
	}
	booted := b.now
	for b.now.Sub(begin.Truncate(time.Hour)) < time.Hour+5*time.Second || b.now.Sub(booted.Truncate(time.Minute)) < 65*time.Second {
		b.second() // until the hour is over, and the minute of the last boot
	}
	b.rebuild()
	whole := b.now.Truncate(time.Minute)
	compareTier(rt, b.s, wire.TierMinute, whole, b.ends)
	compareTier(rt, b.s, wire.TierHour, b.now.Truncate(time.Hour), b.ends)
	compareBuckets(rt, b, begin)

	if killed { // the file does not say until when she lived, memory knew better
		return
	}
	before := readTier(rt, b.s, "audit_minutes", time.Minute)
	for _, span := range []rollup.Span{
		{Tier: wire.TierMinute, First: rollup.Minute(begin), Last: rollup.Minute(whole) - 1},
		{Tier: wire.TierHour, First: rollup.Minute(begin) / 60, Last: rollup.Minute(b.now)/60 - 1},
	} {
		b.must(b.s.Rebuild(background, span))
	}
	if diff := cmp.Diff(before, readTier(rt, b.s, "audit_minutes", time.Minute), cmp.AllowUnexported(summedRow{})); diff != "" {
		rt.Errorf("minutes made again are others (-before +after):\n%s", diff)
	}
	compareTier(rt, b.s, wire.TierMinute, whole, b.ends)
	compareTier(rt, b.s, wire.TierHour, b.now.Truncate(time.Hour), b.ends)
}

// compareBuckets holds answers of random steps against a recomputation.
func compareBuckets(rt *rapid.T, b *bed, begin time.Time) {
	step := rapid.SampledFrom([]time.Duration{
		time.Second, 7 * time.Second, 90 * time.Second, time.Minute, 2 * time.Minute, 7 * time.Minute, time.Hour, 2 * time.Hour, 24 * time.Hour,
	}).Draw(rt, "step")
	tier := wire.TierRaw
	switch {
	case step%time.Hour == 0:
		tier = wire.TierHour
	case step%time.Minute == 0:
		tier = wire.TierMinute
	}
	from := time.Unix(begin.Unix()/int64(step/time.Second)*int64(step/time.Second), 0).UTC()
	to := from.Add(b.now.Round(0).Sub(from).Truncate(step) + step)
	want := recompute(readRaw(rt, b.s), step, b.ends)
	for _, h := range b.hives {
		got, err := b.s.Buckets(background, Selection{HiveID: h.ID, Tier: tier, From: from, To: to, Step: step})
		if err != nil {
			rt.Fatal(err)
		}
		left := maps.Clone(want[h.ID])
		for i, bucket := range got {
			start := from.Add(time.Duration(i)*step).Unix() / int64(step/time.Second)
			n := want[h.ID][start]
			delete(left, start)
			switch {
			case tier == wire.TierRaw && (n == nil || n.Beats == 0): // silence is not told by single heartbeats
				if bucket != nil {
					rt.Errorf("%s in steps of %s: %d heartbeats at %d where there are none", h.ID, step, bucket.Heartbeats, start)
				}
			case (n == nil) != (bucket == nil):
				rt.Errorf("%s in steps of %s: bucket at %d is there: %t, want %t", h.ID, step, start, bucket != nil, n != nil)
			case n != nil:
				row := fromBucket(bucket)
				if tier == wire.TierRaw {
					row.missed = n.Missed // told at the next heartbeat
				}
				if d := n.differs(row, tier != wire.TierRaw); d != "" {
					rt.Errorf("%s in steps of %s at %d: %s", h.ID, step, start, d)
				}
			}
		}
		if len(left) > 0 {
			rt.Errorf("%s in steps of %s: nothing of %v", h.ID, step, slices.Collect(maps.Keys(left)))
		}
	}
}
