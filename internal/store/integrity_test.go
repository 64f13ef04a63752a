package store

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rbee/internal/wire"
)

// historyFile makes a file with a quarter of an hour of three hives, in the morning of
// the test's day, and tells what an auditor reads in it.
func historyFile(t *testing.T) (path string, beats, minutes []string) {
	t.Helper()
	historyMade.once.Do(func() {
		made := newPath(t)
		b := newBed(t, made, time.Date(2026, 3, 4, 4, 45, 0, 0, time.UTC), 3)
		b.run(15*time.Minute+10*time.Second, 5*time.Second, 0, 1, 2)
		b.stop()
		historyMade.file, historyMade.id = readFile(t, made), readFile(t, made+".id")
	})
	path = newPath(t)
	must(t, os.MkdirAll(filepath.Dir(path), 0o700))
	must(t, os.WriteFile(path, historyMade.file, 0o600))
	must(t, os.WriteFile(path+".id", historyMade.id, 0o600))
	conn := plainConn(t, path)
	beats, minutes = readHistory(t, conn)
	must(t, conn.Close())
	return path, beats, minutes
}

// historyMade is what historyFile makes once.
var historyMade struct {
	once     sync.Once
	file, id []byte
}

func readHistory(t *testing.T, conn database) (beats, minutes []string) {
	t.Helper()
	return lines(t, conn, "SELECT received_at || ' ' || hive_id || ' ' || workers FROM audit_heartbeats ORDER BY 1"),
		lines(t, conn, "SELECT at || ' ' || hive_id || ' ' || heartbeats || ' ' || gpus FROM audit_minutes ORDER BY 1")
}

// spoil overwrites, in the middle of the page of a table that has a text, what
// is there.
func spoil(t *testing.T, path, table, text string, with byte) {
	t.Helper()
	raw := readFile(t, path)
	const size = 4096
	leaf := map[string]byte{"heartbeats": 0x0a}[table] // of a table without rowid
	if leaf == 0 {
		leaf = 0x0d
	}
	var spoiled int
	for at := size; at < len(raw); at += size {
		page := raw[at : at+size]
		if page[0] == leaf && bytes.Contains(page, []byte(text)) {
			spoiled++
			copy(page[:64], bytes.Repeat([]byte{with}, 64))
		}
	}
	if spoiled == 0 {
		t.Fatalf("no page of %s has %s", table, text)
	}
	must(t, os.WriteFile(path, raw, 0o600))
}

// without leaves out what begins with one of the texts.
func without(rows []string, starts ...string) (left []string) {
	for _, row := range rows {
		gone := false
		for _, start := range starts {
			gone = gone || strings.HasPrefix(row, start)
		}
		if !gone {
			left = append(left, row)
		}
	}
	return left
}

// runs opens a damaged file as a queen does, and mends it.
func runs(t *testing.T, path string) *Store {
	t.Helper()
	s := openTest(t, path)
	now := time.Date(2026, 3, 4, 5, 20, 0, 0, time.UTC)
	epoch, err := s.StartEpoch(t.Context(), now, "1")
	must(t, err)
	must(t, s.StartHistory(t.Context(), now))
	addHeartbeats(t, s, testHive("new"), fullHeartbeat())
	must(t, s.checkHistory(t.Context(), epoch))
	return s
}

func damageEvents(t *testing.T, s *Store) []string {
	t.Helper()
	return lines(t, s.readDB, "SELECT detail FROM audit_events WHERE kind = 'state.damaged' ORDER BY id")
}

// mended tells whether a file has nothing left of its damage but pages that are
// not used, and can be copied.
func mended(t *testing.T, s *Store) {
	t.Helper()
	checkBlocks(t, s)
	if strays, err := checkSchema(t.Context(), s.readDB, s.path); len(strays) != 0 || err != nil {
		t.Errorf("the schema has %v besides, %v", strays, err)
	}
	if left := lines(t, s.readDB, "SELECT key FROM meta WHERE key LIKE 'aside%'"); len(left) != 0 {
		t.Errorf("left to do: %v", left)
	}
	to := filepath.Join(t.TempDir(), "copy.db")
	must(t, copyTo(t.Context(), s.conn, to, quiet))
	if got := auditor(t, to, "PRAGMA integrity_check"); got != "ok" {
		t.Errorf("a copy: %s", got)
	}
	beats, minutes := readHistory(t, s.readDB)
	copiedBeats, copiedMinutes := readHistory(t, plainConn(t, to))
	if diff := cmp.Diff([][]string{beats, minutes}, [][]string{copiedBeats, copiedMinutes}); diff != "" {
		t.Errorf("a copy (-file +copy):\n%s", diff)
	}
	openTest(t, to)
}

func TestADamagedBlockIsSetAside(t *testing.T) {
	path, beats, minutes := historyFile(t)
	const text = "2026-03-04T04:55:30.500Z"
	spoil(t, path, "heartbeats", text, 0xa5)
	if _, err := plainConn(t, path).ExecContext(t.Context(), "SELECT sum(length(workers)) FROM heartbeats"); !damaged(err) {
		t.Fatalf("the control: the file is not damaged: %v", err)
	}
	s := runs(t, path)
	gotBeats, gotMinutes := readHistory(t, s.readDB)
	lost := "2026-03-04T04:55"
	if diff := cmp.Diff(without(beats, lost), without(gotBeats, lost, "2026-03-04T05:06:07.089Z new")); diff != "" {
		t.Errorf("heartbeats of other minutes (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(minutes, gotMinutes); diff != "" {
		t.Errorf("minutes (-before +after):\n%s", diff)
	}
	events := damageEvents(t, s)
	if len(events) != 1 || !strings.Contains(events[0], `"lost":[{"from":"2026-03-04T04:55:00Z","to":"2026-03-04T04:56:00Z"}]`) {
		t.Errorf("events: %v", events)
	}
	if got := auditor(t, path, "SELECT count(*) > 400 FROM audit_heartbeats"); got != "1" {
		t.Errorf("sqlite3: %s", got)
	}
	mended(t, s)
	must(t, s.checkHistory(t.Context(), 2))
	if again := damageEvents(t, s); len(again) != 1 {
		t.Errorf("the second check found %v", again[1:])
	}
	must(t, s.Prune(t.Context(), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), Retention{Raw: Limit{Age: 1}, Minute: Limit{Age: 1}, Hour: Limit{Age: 1}}))
	must(t, s.Close())
	openTest(t, path)
}

// What cannot be read of minutes and hours is made from the tier below.
func TestDamagedMinutesAndHoursAreMadeAgain(t *testing.T) {
	path, beats, minutes := historyFile(t)
	conn := plainConn(t, path)
	text, _, _ := strings.Cut(lines(t, conn, "SELECT gpus FROM minutes WHERE start = 29543335 AND hive_pk = 2")[0], "],[") // it is in many pages, also of hours
	must(t, conn.Close())
	spoil(t, path, "minutes", text, 0xa5)
	s := runs(t, path)
	gotBeats, gotMinutes := readHistory(t, s.readDB)
	if diff := cmp.Diff(beats, without(gotBeats, "2026-03-04T05:06:07.089Z new")); diff != "" {
		t.Errorf("heartbeats (-before +after):\n%s", diff)
	}
	gotMinutes = slices.DeleteFunc(gotMinutes, func(row string) bool { return strings.Contains(row, " new ") })
	if diff := cmp.Diff(minutes, gotMinutes); diff != "" {
		t.Errorf("minutes (-before +after):\n%s", diff)
	}
	events := damageEvents(t, s)
	for _, event := range events {
		if !strings.Contains(event, `"lost":[]`) {
			t.Errorf("event: %v", event)
		}
	}
	if len(events) != 2 {
		t.Errorf("events: %v", events)
	}
}

// A table that cannot be written to any more.
func TestATableWithoutRootIsReplaced(t *testing.T) {
	for _, table := range []string{"heartbeats", "minutes", "hours"} {
		t.Run(table, func(t *testing.T) {
			path, _, _ := historyFile(t)
			scribble(t, path, table)
			s := runs(t, path)
			if got := lines(t, s.readDB, "SELECT count(*) FROM audit_heartbeats WHERE hive_id = 'new'")[0]; got != "1" {
				t.Errorf("%s heartbeats are in the file after the damage", got)
			}
			events := damageEvents(t, s)
			if len(events) != 1 || !strings.Contains(events[0], `"table":"`+table+`"`) {
				t.Errorf("events: %v", events)
			}
			mended(t, s)
			must(t, s.Close())
			openTest(t, path)
		})
	}
}

func TestPruningMeetsDamage(t *testing.T) {
	path, beats, _ := historyFile(t)
	spoil(t, path, "heartbeats", "2026-03-04T04:45:30.500Z", 0xa5)
	s := openTest(t, path)
	now := time.Date(2026, 3, 4, 5, 20, 0, 0, time.UTC)
	keep := Retention{Raw: Limit{Age: 30 * time.Minute}}
	must(t, s.Prune(t.Context(), now, keep))
	select {
	case <-s.Failed():
		t.Fatal("the writer ended")
	default:
	}
	must(t, s.mendHistory(t.Context(), 1))
	must(t, s.Prune(t.Context(), now, keep))
	got, _ := readHistory(t, s.readDB)
	var want []string
	for _, row := range beats {
		if row >= "2026-03-04T04:49" {
			want = append(want, row)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("heartbeats (-want +got):\n%s", diff)
	}
}

// A queen may be killed while she copies.
func TestMendingGoesOnAfterItWasCutOff(t *testing.T) {
	path, beats, minutes := historyFile(t)
	spoil(t, path, "heartbeats", "2026-03-04T04:55:30.500Z", 0xa5)
	s := openTest(t, path)
	must(t, s.setAsideRunning(t.Context(), wire.TierRaw, errors.New("damage")))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := s.salvage(ctx, wire.TierRaw, lines(t, s.readDB, "SELECT value FROM meta WHERE key = 'aside.heartbeats'")[0]); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("salvage: %v; want that it was cut off", err)
	}
	if cut, _ := readHistory(t, s.readDB); len(cut) >= len(beats)-36 || len(cut) < 2 {
		t.Logf("%d of %d heartbeats were copied", len(cut), len(beats))
	}
	must(t, s.Close())
	s = runs(t, path)
	gotBeats, gotMinutes := readHistory(t, s.readDB)
	lost := "2026-03-04T04:55"
	if diff := cmp.Diff(without(beats, lost), without(gotBeats, lost, "2026-03-04T05:06:07.089Z new")); diff != "" {
		t.Errorf("heartbeats of other minutes (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(minutes, gotMinutes); diff != "" {
		t.Errorf("minutes (-before +after):\n%s", diff)
	}
}

func TestASoundHistoryIsLeftAlone(t *testing.T) {
	path, _, _ := historyFile(t)
	s := runs(t, path)
	if events := damageEvents(t, s); len(events) != 0 {
		t.Errorf("events: %v", events)
	}
	if strays, err := checkSchema(t.Context(), s.readDB, path); len(strays) != 0 || err != nil {
		t.Errorf("%v, %v", strays, err)
	}
}
