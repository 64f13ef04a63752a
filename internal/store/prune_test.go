package store

import (
	"testing"
	"time"

	"rbee/internal/rollup"
	"rbee/internal/wire"
)

// filled makes a store with so many hives, minutes of their heartbeats that lie
// so far apart, and as many rows of minutes and hours.
func filled(b *bed, minutes, apart int) {
	b.t.Helper()
	hb := fullHeartbeat()
	begin := b.now
	for minute := 0; minute < minutes*apart; minute += apart {
		b.must(b.s.Write(background, func(tx *Tx) error {
			for _, h := range b.hives {
				h.Beating = true
				if err := tx.SaveHive(&h.Hive); err != nil {
					return err
				}
			}
			for second := range 60 {
				at := begin.Add(time.Duration(minute*60+second) * time.Second)
				for _, h := range b.hives { // all in one millisecond
					tx.Heartbeat(Beat{h.PK, b.epoch, at, time.Second, hb})
				}
			}
			return nil
		}))
		for _, of := range []rollup.Span{
			{Tier: wire.TierMinute, First: rollup.Minute(begin) + int64(minute)}, {Tier: wire.TierHour, First: rollup.Minute(begin)/60 + int64(minute)},
		} {
			var rows []rollup.Row
			for _, h := range b.hives {
				r := rollup.Row{Span: of, HivePK: h.PK}
				r.Bucket.Add(hb.Node, hb.Workers)
				rows = append(rows, r)
			}
			b.must(b.s.writeRollups(background, append(rows, rollup.Row{Kind: rollup.Whole, Span: of})))
		}
	}
	b.now = begin.Add(time.Duration((minutes-1)*apart+1) * time.Minute)
}

// However many heartbeats one millisecond has, pruning deletes what is over the
// limit and counts what it deletes.
func TestPruningDeletesWholeBlocksOfAnySize(t *testing.T) {
	b := newBed(t, newPath(t), time.Date(2026, 3, 4, 5, 0, 0, 0, time.UTC), 250)
	defer func() { _ = b.s.Close() }()
	filled(b, 3, together)
	b.prune(Retention{Raw: Limit{Bytes: 1}, Minute: Limit{Bytes: 1}, Hour: Limit{Bytes: 1}})
	for table, want := range map[string]int64{"heartbeats": 250 * 60, "minutes": 250, "hours": 250} {
		if got := countRows(t, b.s, "SELECT count(*) FROM "+table); got != want {
			t.Errorf("%s has %d rows after pruning all but the newest block, want %d", table, got, want)
		}
	}
	for tier, blocks := range b.s.tiers {
		if len(blocks.list) != 1 || blocks.bytes != blocks.list[0].bytes {
			t.Errorf("tier %s has %d blocks of %d bytes, the newest has %d", tier, len(blocks.list), blocks.bytes, blocks.list[0].bytes)
		}
	}
	checkBlocks(t, b.s)
	b.must(b.s.Close())
	b.s = openTest(t, b.path)
	if holes := b.s.missing(b.now).Holes; len(holes) != 0 {
		t.Errorf("after pruning %v is to be made again", holes)
	}
}

// Rows are deleted in the order of the file: those of the newest minute lie among
// those of its neighbours.
func TestPruningLeavesWhatLiesBesideTheNewest(t *testing.T) {
	b := newBed(t, newPath(t), time.Date(2026, 3, 4, 5, 18, 0, 0, time.UTC), 20)
	defer func() { _ = b.s.Close() }()
	filled(b, 4, 1)
	b.prune(Retention{Minute: Limit{Bytes: 1}})
	got := auditor(t, b.path, "SELECT DISTINCT substr(at, 12, 5) FROM audit_minutes ORDER BY at")
	if want := "05:20\n05:21"; got != want {
		t.Errorf("after pruning there are the minutes\n%s\nwant\n%s", got, want)
	}
	checkBlocks(t, b.s)
}

// How long a heartbeat waits while the history of a thousand hives is deleted.
func BenchmarkHeartbeatsBesidePruning(b *testing.B) {
	bed := newBed(b, b.TempDir()+"/queen.db", time.Date(2026, 3, 4, 5, 0, 0, 0, time.UTC), 1000)
	defer func() { _ = bed.s.Close() }()
	if _, err := bed.s.conn.ExecContext(background, "PRAGMA synchronous = FULL"); err != nil {
		b.Fatal(err)
	}
	var worst, alone time.Duration
	beat := func() time.Duration {
		began := time.Now()
		bed.must(bed.s.Write(background, func(tx *Tx) error {
			tx.Heartbeat(Beat{1, 1, bed.now, time.Second, fullHeartbeat()})
			return nil
		}))
		return time.Since(began)
	}
	for b.Loop() {
		b.StopTimer()
		filled(bed, 3, together)
		for range 2000 {
			alone = max(alone, beat())
		}
		done := make(chan struct{})
		b.StartTimer()
		go func() {
			defer close(done)
			bed.prune(Retention{Raw: Limit{Bytes: 1}, Minute: Limit{Bytes: 1}, Hour: Limit{Bytes: 1}})
		}()
		for running := true; running; {
			worst = max(worst, beat())
			select {
			case <-done:
				running = false
			default:
			}
		}
		bed.now = bed.now.Add(24 * time.Hour)
	}
	b.ReportMetric(float64(worst.Microseconds())/1000, "worst-ms")
	b.ReportMetric(float64(alone.Microseconds())/1000, "worst-ms-alone")
	b.ReportMetric(0, "ns/op")
}
