package store

import (
	flags "flag"
	"fmt"
	"math"
	"testing"
	"time"

	"rbee/internal/wire"
)

var long = flags.Bool("long", false, "run the long forms of tests: a year instead of three days")

// Through a year of virtual time the tiers stay within their limits and the
// file with them; what is deleted makes room for what comes.
func TestAYearFitsItsLimits(t *testing.T) {
	days, keep := 3, Retention{
		Raw:    Limit{Age: 24 * time.Hour, Bytes: 400 << 10},
		Minute: Limit{Age: 12 * time.Hour, Bytes: 800 << 10},
		Hour:   Limit{Age: 240 * time.Hour, Bytes: 16 << 10},
	}
	if *long {
		days, keep = 365, Retention{
			Raw:    Limit{Age: 30 * 24 * time.Hour, Bytes: 2 << 20},
			Minute: Limit{Age: 10 * 24 * time.Hour, Bytes: 2 << 20},
			Hour:   Limit{Age: 200 * 24 * time.Hour, Bytes: 1 << 20},
		}
	} else {
		t.Logf("SHORT: %d days instead of a year; go test ./internal/store -run Year -long does the whole", days)
	}
	b := newBed(t, newPath(t), time.Date(2025, 11, 1, 0, 0, 0, 0, time.UTC), 3)
	defer func() { _ = b.s.Close() }()
	limit := keep.Raw.Bytes + keep.Minute.Bytes + keep.Hour.Bytes
	empty := countRows(t, b.s, "PRAGMA page_count")
	var pages, half int64
	for day := range days {
		for minute := range 24 * 60 {
			b.minute(day, minute)
			if minute%10 == 0 {
				b.prune(keep)
			}
		}
		b.rebuild()
		if pages = max(pages, countRows(t, b.s, "PRAGMA page_count")); day == (days-1)/2 {
			half = pages
		}
		for tier, of := range map[wire.Tier]Limit{wire.TierRaw: keep.Raw, wire.TierMinute: keep.Minute, wire.TierHour: keep.Hour} {
			b.within(day, tier, of)
		}
		if scopes := countRows(t, b.s, "SELECT count(*) FROM (SELECT scope FROM names GROUP BY scope)"); scopes > b.days()+b.months() {
			t.Errorf("day %d: there are names of %d days and months, the tiers span %d and %d", day, scopes, b.days(), b.months())
		}
	}
	checkBlocks(t, b.s)
	b.estimates()
	if size := 4096 * (pages - empty); float64(size) > 1.2*float64(limit) {
		t.Errorf("the file grew to %d bytes, the limits are %d together", size, limit)
	}
	if float64(pages) > 1.05*float64(half) {
		t.Errorf("the file grew from %d to %d pages in the second half: freed pages are not used again", half, pages)
	}
	t.Logf("%d pages, limits of %d", pages, limit/4096)
}

// minute lets a minute pass: of most days with a heartbeat of each hive, of some
// with one a second; each seventh hour one hive is silent.
func (b *bed) minute(day, minute int) {
	b.t.Helper()
	if day%4 == 1 && minute%240 < 3 {
		b.run(time.Minute, time.Second, 0, 1, 2)
		return
	}
	hives := []int{0, 1, 2}
	if minute/60%7 == 6 { // one is silent
		hives = hives[:2]
	}
	b.must(b.s.Write(background, func(tx *Tx) error {
		for _, beat := range beats(time.Minute, hives...) {
			beat.workers[0].Model = ptr(fmt.Sprint("model-", day))
			if err := b.hear(tx, &beat); err != nil {
				return err
			}
		}
		return nil
	}))
	b.sleep(time.Minute)
}

// within holds a tier against its limit; the block that is being written and
// the one that was begun when it was last pruned are beyond it.
func (b *bed) within(day int, tier wire.Tier, keep Limit) {
	b.t.Helper()
	of := b.s.tiers[tier]
	var slack int64
	for _, x := range of.list[max(0, len(of.list)-11):] {
		slack += x.bytes
	}
	if of.bytes > keep.Bytes+slack {
		b.t.Errorf("day %d: tier %s has %d bytes, its limit is %d", day, tier, of.bytes, keep.Bytes)
	}
	if oldest := time.Unix(0, of.list[0].start*int64(unit(tier))); b.now.Sub(oldest) > keep.Age+11*time.Minute+2*unit(tier) {
		b.t.Errorf("day %d: tier %s reaches back %s, its limit is %s", day, tier, b.now.Sub(oldest), keep.Age)
	}
}

func (b *bed) days() int64 {
	first := min(b.s.tiers[wire.TierRaw].list[0].start, b.s.tiers[wire.TierMinute].list[0].start)
	return b.now.Unix()/86400 - first/1440 + 1
}

func (b *bed) months() int64 {
	first := time.Unix(b.s.tiers[wire.TierHour].list[0].start*3600, 0).UTC()
	return int64(b.now.Year()-first.Year())*12 + int64(b.now.UTC().Month()-first.Month()) + 1
}

// estimates holds what the tiers are thought to take against the pages they do.
func (b *bed) estimates() {
	b.t.Helper()
	pagesOf := func(table string) float64 {
		return float64(countRows(b.t, b.s, "SELECT sum(pgsize) FROM dbstat WHERE name = '"+table+"'"))
	}
	blocks := pagesOf("history_blocks")
	for tier, table := range map[wire.Tier]string{wire.TierRaw: "heartbeats", wire.TierMinute: "minutes", wire.TierHour: "hours"} {
		of, takes := b.s.tiers[tier], pagesOf(table)
		estimate := float64(of.bytes)
		if tier != wire.TierRaw {
			estimate -= float64(blockBytes * len(of.list))
			blocks -= float64(blockBytes * len(of.list))
		}
		if off := math.Abs(estimate - takes); off > takes/10+4*4096 {
			b.t.Errorf("tier %s is thought to take %.0f bytes, it takes %.0f", tier, estimate, takes)
		}
	}
	if blocks > 0.3*pagesOf("history_blocks") {
		b.t.Errorf("blocks take %.0f bytes, %.0f more than thought", pagesOf("history_blocks"), blocks)
	}
}
