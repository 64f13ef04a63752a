package store

import (
	"testing"
	"time"

	"rbee/internal/wire"
)

// everyMinute counts the minutes before a time whose row does not have as many
// heartbeats as the file, and the hours that are not the sum of their minutes.
const wrongMinutes = `
	SELECT count(*) FROM (SELECT substr(received_at, 1, 16) || ':00.000Z' AS at, hive_pk, count(*) AS n FROM heartbeats GROUP BY 1, 2) r
	LEFT JOIN history_blocks k ON k.tier = 'minute' AND k.at = r.at
	LEFT JOIN minutes m ON m.start = k.start AND m.hive_pk = r.hive_pk
	WHERE r.at < '%s' AND m.heartbeats IS NOT r.n`

const wrongHours = `
	SELECT count(*) FROM (SELECT substr(received_at, 1, 13) || ':00:00.000Z' AS at, hive_pk, count(*) AS n FROM heartbeats GROUP BY 1, 2) r
	LEFT JOIN history_blocks k ON k.tier = 'hour' AND k.at = r.at
	LEFT JOIN hours m ON m.start = k.start AND m.hive_pk = r.hive_pk
	WHERE r.at < '%s' AND m.heartbeats IS NOT r.n`

// Whatever the clock is set to: no heartbeat is lost or refused, and the
// rollups are right as soon as the time is over that was there twice.
func TestTheClockIsSet(t *testing.T) {
	for _, tt := range []struct {
		name  string
		steps []time.Duration // each followed by a minute
		boot  bool            // the queen restarts after the last
		then  time.Duration
	}{
		{"back 10 s", []time.Duration{-10 * time.Second}, false, 5 * time.Minute},
		{"back 90 s", []time.Duration{-90 * time.Second}, false, 5 * time.Minute},
		{"back 90 s across the hour", []time.Duration{4*time.Minute + 40*time.Second, -90 * time.Second}, false, 5 * time.Minute},
		{"back 2 h", []time.Duration{-2 * time.Hour}, false, 3 * time.Hour},
		{"forward 3 h", []time.Duration{3 * time.Hour}, false, time.Minute},
		{"forward 3 h and back", []time.Duration{3 * time.Hour, -3 * time.Hour}, false, 4 * time.Hour},
		{"back 10 min at a boot", []time.Duration{-10 * time.Minute}, true, 15 * time.Minute},
		{"back twice, and a boot", []time.Duration{-10 * time.Minute, -5 * time.Minute}, true, 20 * time.Minute},
		{"forward a year and back", []time.Duration{365 * 24 * time.Hour, -365 * 24 * time.Hour}, false, 5 * time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBed(t, newPath(t), time.Date(2026, 3, 4, 5, 53, 20, 0, time.UTC), 2)
			defer func() { _ = b.s.Close() }()
			sent := b.run(130*time.Second, time.Second, 0, 1)
			newest := b.now
			for i, step := range tt.steps {
				if tt.boot && i == len(tt.steps)-1 {
					b.kill()
					b.now = stepped(b.now, step)
					b.boot()
				} else {
					b.now = stepped(b.now, step)
				}
				sent += b.run(time.Minute, time.Second, 0, 1)
				if b.now.Round(0).After(newest.Round(0)) {
					newest = b.now
				}
			}
			sent += b.run(tt.then, 10*time.Second, 0, 1)
			sent += b.run(70*time.Second-time.Duration(b.now.Second())*time.Second, time.Second, 0, 1)
			before := b.now.Truncate(time.Minute)
			if got := countRows(t, b.s, "SELECT count(*) FROM heartbeats"); got != sent {
				t.Errorf("%d heartbeats are in the file, %d were accepted", got, sent)
			}
			if got := countRows(t, b.s, "SELECT count(*) FROM audit_heartbeats"); got != sent {
				t.Errorf("auditors see %d heartbeats, %d were accepted", got, sent)
			}
			if wrong := countRows(t, b.s, sprintfTime(wrongMinutes, before)); wrong != 0 {
				t.Errorf("%d minutes are not what the heartbeats say", wrong)
			}
			if wrong := countRows(t, b.s, sprintfTime(wrongHours, before.Truncate(time.Hour))); wrong != 0 {
				t.Errorf("%d hours are not what the heartbeats say", wrong)
			}
			// Half a minute that the clock left out and came back behind looks like silence.
			if bad := countRows(t, b.s, "SELECT count(*) FROM minutes WHERE healthy_s + degraded_s + down_s + stopped_s > 63 OR down_s > 31"); bad != 0 {
				t.Errorf("%d minutes are longer than a minute, or down for most of it:\n%s", bad,
					auditor(t, b.path, "SELECT * FROM minutes WHERE healthy_s + degraded_s + down_s + stopped_s > 63 OR down_s > 31"))
			}
			checkBlocks(t, b.s)
			answer, err := b.s.Buckets(t.Context(), Selection{
				HiveID: "ha", Tier: wire.TierMinute, From: before.Add(-2 * time.Minute), To: before.Add(time.Minute), Step: time.Minute,
			})
			if err != nil {
				t.Fatal(err)
			}
			for i, bucket := range answer {
				if bucket == nil {
					t.Errorf("nothing is known of minute %d of the last three", i)
				}
			}
			b.prune(Retention{Raw: Limit{Age: 24 * time.Hour}, Minute: Limit{Age: 24 * time.Hour}, Hour: Limit{Age: 24 * time.Hour}})
			if left := countRows(t, b.s, "SELECT count(*) FROM heartbeats"); left != sent && len(tt.name) < 20 {
				t.Errorf("%d of %d heartbeats were pruned", sent-left, sent)
			}
		})
	}
}

// While the clock runs through a time for the second time, what happens now is
// there to be read.
func TestWhatHappensNowIsReadAlsoWhileTheTimeIsThereTwice(t *testing.T) {
	b := newBed(t, newPath(t), time.Date(2026, 3, 4, 5, 10, 0, 0, time.UTC), 1)
	defer func() { _ = b.s.Close() }()
	b.run(10*time.Minute, 5*time.Second, 0)
	b.now = stepped(b.now, -8*time.Minute)
	b.run(3*time.Minute+30*time.Second, time.Second, 0)
	for _, step := range []time.Duration{time.Minute, time.Hour} {
		tier := map[time.Duration]wire.Tier{time.Minute: wire.TierMinute, time.Hour: wire.TierHour}[step]
		from := b.now.Round(0).Truncate(step)
		got, err := b.s.Buckets(t.Context(), Selection{HiveID: "ha", Tier: tier, From: from, To: from.Add(step), Step: step})
		if err != nil {
			t.Fatal(err)
		}
		if got[0] == nil || got[0].Heartbeats < 30 {
			t.Errorf("in steps of %s the present one is %+v", step, got[0])
		}
	}
}

// A program that was suspended knows nothing of that time.
func TestASuspendedProgramKnowsNothing(t *testing.T) {
	for _, tt := range []struct {
		name string
		wall bool // the monotonic clock stood still
	}{{"stopped", false}, {"the machine slept", true}} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBed(t, newPath(t), time.Date(2026, 3, 4, 5, 10, 0, 0, time.UTC), 2)
			defer func() { _ = b.s.Close() }()
			b.run(90*time.Second, time.Second, 0, 1)
			if b.now = b.now.Add(time.Minute); tt.wall {
				b.now = stepped(b.now.Add(-time.Minute), time.Minute)
			}
			for _, h := range b.hives { // the queen's own judgement shall not count that time either
				h.last = b.now
			}
			b.tick()
			b.run(2*time.Minute, time.Second, 0, 1)
			got := auditor(t, b.path, "SELECT sum(seconds_healthy), sum(seconds_degraded + seconds_down), sum(missed), sum(heartbeats) FROM audit_minutes WHERE hive_id = 'ha' AND at > '2026-03-04T05:10:30'")
			if want := "119|0|0|120"; got != want && got != "120|0|0|120" {
				t.Errorf("healthy, worse, missed, heartbeats: %s, want %s", got, want)
			}
		})
	}
}
