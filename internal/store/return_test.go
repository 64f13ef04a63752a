package store

import (
	"testing"
	"time"

	"rbee/internal/rollup"
)

// sleep lets time pass in which nothing is heard and the queen runs, faster than
// run does.
func (b *bed) sleep(d time.Duration) {
	b.t.Helper()
	for left := int(d / time.Second); left > 0; left -= 600 {
		b.must(b.s.Write(background, func(*Tx) error {
			for range min(600, left) {
				b.now = b.now.Add(time.Second)
				b.s.tally.Tick(b.now, b.judged(b.now))
			}
			return nil
		}))
	}
	b.ends[b.epoch] = b.now
	b.tick()
}

// A hive that comes back after a week is found where it was, and where it is.
func TestAHiveThatComesBackAfterAWeek(t *testing.T) {
	path := newPath(t)
	b := newBed(t, path, time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC), 2)
	defer func() { _ = b.s.Close() }()
	b.run(2*time.Minute, time.Second, 0, 1)
	b.run(20*time.Second, time.Second, 1)
	ask := func(want, query string) {
		t.Helper()
		if got := auditor(t, path, query); got != want {
			t.Errorf("%s\nis\n%s\nwant\n%s", query, got, want)
		}
		if got := byDriver(t, b.s, "SELECT group_concat(x, char(10)) FROM ("+query+")"); got != want {
			t.Errorf("driver: %s\nis\n%s\nwant\n%s", query, got, want)
		}
	}
	const seen = "SELECT last_seen_at AS x FROM audit_hives WHERE hive_id = 'ha'"
	const ten = "SELECT received_at AS x FROM audit_heartbeats WHERE hive_id = 'ha' ORDER BY received_at DESC LIMIT 3"
	const last = "SELECT coalesce(last_beat_at, 'beating') AS x FROM hives WHERE hive_id = 'ha'"
	ask("2026-03-04T10:01:59.500Z", seen)
	ask("2026-03-04T10:01:59.500Z", last)
	b.sleep(3 * 24 * time.Hour)
	b.stop()
	b.now = b.now.Add(24 * time.Hour)
	b.boot()
	ask("2026-03-04T10:01:59.500Z", seen)
	b.sleep(3 * 24 * time.Hour)
	ask("2026-03-04T10:01:59.500Z\n2026-03-04T10:01:58.500Z\n2026-03-04T10:01:57.500Z", ten)
	back := b.now
	b.run(time.Second, time.Second, 0)
	ask("beating", last)
	ask(timeText(back.UnixMilli()+500), seen)
	ask(timeText(back.UnixMilli()+500)+"\n2026-03-04T10:01:59.500Z\n2026-03-04T10:01:58.500Z", ten)
	b.run(2*time.Minute, time.Second, 0)
	b.settle()
	// The first day: down from the tenth second of silence to midnight. Then two
	// whole days; one on which the queen stopped at 10:02:20, of which the last
	// minute is lost, since nothing was heard in it; and the one of the return.
	ask("2026-03-04|129|50270\n2026-03-05|0|86400\n2026-03-06|0|86400\n2026-03-07|0|36120\n2026-03-11|130|3329",
		"SELECT day || '|' || (seconds_healthy + seconds_degraded) || '|' || seconds_down AS x FROM audit_uptime WHERE hive_id = 'ha' ORDER BY day")
	ask("2026-03-04|120|50398\n2026-03-05|0|86400\n2026-03-06|0|86400",
		"SELECT day || '|' || heartbeats_received || '|' || heartbeats_expected AS x FROM audit_uptime WHERE hive_id = 'ha' AND day < '2026-03-07' ORDER BY day")
	ask("1\n0\n0", "SELECT seconds_unknown AS x FROM audit_uptime WHERE hive_id = 'ha' AND day < '2026-03-07' ORDER BY day")
	ask("50280", "SELECT seconds_unknown AS x FROM audit_uptime WHERE hive_id = 'ha' AND day = '2026-03-07'")
	ask("60|0|60|0|37.2|37.2|12345|65536|GPU-0|64|210.25|llm|60|122",
		`SELECT heartbeats || '|' || missed || '|' || seconds_healthy || '|' || seconds_down || '|' || cpu_pct_mean || '|' || cpu_pct_max
			|| '|' || ram_used_mb_mean || '|' || ram_total_mb || '|' || json_extract(gpus, '$[0].id') || '|' || json_extract(gpus, '$[0].util_pct_mean')
			|| '|' || json_extract(gpus, '$[0].power_w_max') || '|' || json_extract(workers, '$[0].group')
			|| '|' || json_extract(workers, '$[0].heartbeats') || '|' || json_extract(workers, '$[0].cpu_pct_mean') AS x
		FROM audit_minutes WHERE hive_id = 'ha' AND at = '2026-03-04T10:01:00.000Z'`)
	ask("120|3478|129|3470", `SELECT heartbeats || '|' || missed || '|' || (seconds_healthy + seconds_degraded) || '|' || seconds_down AS x
		FROM audit_hours WHERE hive_id = 'ha' AND at = '2026-03-04T10:00:00.000Z'`)
	if last, ok := b.s.tiers["hour"].last(); !ok || last != rollup.Minute(b.now)/60-1 {
		t.Errorf("the last hour is %d", last)
	}
	checkBlocks(t, b.s)
}
