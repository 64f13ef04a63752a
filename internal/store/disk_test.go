package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rbee/internal/diskfault"
	"rbee/internal/wire"
)

// What the harnesses of powercut_test.go and iofault_test.go share: programs that
// use a state file and say what was acknowledged, and the search for that.

// itemTime is when the heartbeats of those programs were sent, but for their
// number as milliseconds.
var itemTime = time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)

const itemKind = wire.EventKind("test.item")

// register writes a hive with an alias and a device, in one transaction.
func register(s *Store, h *Hive) error {
	err := s.Write(background, func(tx *Tx) error {
		h.Aliases = []string{"alias-of-" + h.ID}
		return cmp.Or(tx.SaveHive(h), tx.SaveAliases(h), tx.SetDevices(h.PK, []wire.Device{{ID: "CPU-0"}}, 1, testTime))
	})
	return say(err, "ack hive %s", h.ID)
}

// item writes a heartbeat and an event, in one transaction.
func item(s *Store, h *Hive, n int) error {
	err := s.Write(background, func(tx *Tx) error {
		tx.Heartbeat(Beat{h.PK, 1, time.Now(), time.Second, &wire.Heartbeat{Timestamp: itemTime.Add(time.Duration(n) * time.Millisecond)}})
		_, err := tx.Event(testTime, 1, itemKind, h.ID, map[string]int{"n": n})
		return err
	})
	return say(err, "ack item %d", n)
}

// say writes a line at once, as a queen sends an answer, unless there was an
// error.
func say(err error, format string, args ...any) error {
	if err != nil {
		return err
	}
	_, err = fmt.Printf(format+"\n", args...)
	return err
}

// pragma sets something on the writer's connection.
func pragma(s *Store, text string) error {
	return s.Write(background, func(*Tx) error {
		_, err := s.conn.ExecContext(background, "PRAGMA "+text)
		return err
	})
}

// beside runs a statement on a connection of its own, as our backups and
// checkpoints do.
func beside(s *Store, statement string, args ...any) error {
	own, err := sql.Open("sqlite", dsn(s.path, "busy_timeout(5000)"))
	if err != nil {
		return err
	}
	_, err = own.ExecContext(background, statement, args...)
	if err = errors.Join(err, own.Close()); err != nil {
		err = fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

// backup makes a copy of the file beside it.
func backup(s *Store, name string) error {
	_, err := s.Backup(background, s.path+name, func(int64, int64) {})
	return err
}

// acked is what a program was told to be in the file.
type acked struct {
	epoch int64
	hives []string
	items []int
	old   int // heartbeats that were there before
}

// hear takes in a line of the program.
func (a *acked) hear(line string) {
	var n int
	var hive string
	switch {
	case matches(line, "ack epoch %d", &a.epoch):
	case matches(line, "ack hive %s", &hive):
		a.hives = append(a.hives, hive)
	case matches(line, "ack item %d", &n):
		a.items = append(a.items, n)
	}
}

func matches(line, format string, value any) bool {
	n, err := fmt.Sscanf(line, format, value)
	return n == 1 && err == nil
}

// finding is what is wrong with a state file.
type finding struct {
	lost   []string // acknowledged, and not there
	broken string   // cannot be opened, is damaged, holds half of a transaction
}

func (f finding) String() string {
	some := f.lost[:min(5, len(f.lost))]
	return fmt.Sprintf("%d lost (%s …) %s", len(f.lost), strings.Join(some, ", "), f.broken)
}

func (f finding) bad() bool { return len(f.lost) > 0 || f.broken != "" }

// lookFor opens the state file, as the next queen does, and looks for what was
// acknowledged.
func lookFor(ctx context.Context, path string, want acked) (f finding) {
	s, err := Open(ctx, path, discard)
	if err != nil {
		return finding{broken: "Open: " + err.Error()}
	}
	err = f.look(ctx, s, want)
	if err = errors.Join(err, s.Close()); err != nil {
		f.broken += " " + err.Error()
	}
	return f
}

func (f *finding) look(ctx context.Context, s *Store, want acked) error {
	integrity, err := column[string](ctx, s, "PRAGMA integrity_check")
	if err != nil || !slices.Equal(integrity, []string{"ok"}) {
		return fmt.Errorf("integrity_check: %q, %w", integrity, err)
	}
	hives, err := column[string](ctx, s, `SELECT hive_id FROM audit_hives WHERE hive_id IN (SELECT hive_id FROM audit_devices)
		AND 'alias-of-' || hive_id IN (SELECT alias FROM hive_aliases)`)
	if err != nil {
		return err
	}
	events, err := column[int](ctx, s, "SELECT json_extract(detail, '$.n') FROM audit_events WHERE kind = '"+string(itemKind)+"' ORDER BY 1")
	if err != nil {
		return err
	}
	beats, err := column[int](ctx, s, fmt.Sprintf("SELECT CAST(round((julianday(sent_at) - julianday('%[1]s')) * 86400000) AS INTEGER) "+
		"FROM audit_heartbeats WHERE sent_at BETWEEN '%[1]s' AND '2002' ORDER BY 1", timeText(itemTime.UnixMilli())))
	if err != nil {
		return err
	}
	if !slices.Equal(events, beats) {
		return fmt.Errorf("half of a transaction: events %v, heartbeats %v", events, beats)
	}
	old, err := column[int](ctx, s, "SELECT count(*) FROM audit_heartbeats WHERE sent_at > '2002'")
	if err != nil {
		return err
	}
	epoch, err := s.StartEpoch(ctx, testTime, "next")
	if err != nil {
		return err
	}
	f.miss(slices.Contains(old, want.old), "heartbeats of old")
	f.miss(epoch > want.epoch, "epoch %d", want.epoch)
	for _, hive := range want.hives {
		f.miss(slices.Contains(hives, hive), "hive %s", hive)
	}
	for _, n := range want.items {
		_, found := slices.BinarySearch(beats, n)
		f.miss(found, "item %d", n)
	}
	return nil
}

func (f *finding) miss(found bool, format string, args ...any) {
	if !found {
		f.lost = append(f.lost, fmt.Sprintf(format, args...))
	}
}

// column reads the first column of all rows.
func column[T any](ctx context.Context, s *Store, query string) (all []T, err error) {
	rows, err := s.readDB.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		var v T
		if err := rows.Scan(&v); err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

// ramDir is a directory for files that need no disk, since what a disk does is
// made up.
func ramDir(t *testing.T) string {
	t.Helper()
	shm, err := filepath.EvalSymlinks("/dev/shm")
	if err != nil {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp(shm, "rbee-test-") //nolint:usetesting // t.TempDir is on a disk, where this takes ten times as long
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// evidence keeps a state in which something is wrong, where -artifacts says.
func evidence(t *testing.T, name string, files map[string][]byte) string {
	t.Helper()
	dir := filepath.Join(t.ArtifactDir(), name)
	if err := diskfault.Write(dir, files); err != nil {
		t.Error(err)
	}
	return dir
}

// inParallel calls do for the numbers below n, on as many cores as there are.
func inParallel(n, workers int, do func(i int)) {
	next := make(chan int)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	all.Wait()
}

// counts has how many there were of things, by name, for a line of figures.
type counts map[string]int

func (t counts) String() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(t)) {
		parts = append(parts, fmt.Sprintf("%s %d", name, t[name]))
	}
	return strings.Join(parts, ", ")
}
