package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"rbee/internal/wire"
)

// Restored is the detail of EventStateRestored.
type Restored struct {
	From            string     `json:"from"` // name of the copy
	NewestHeartbeat *time.Time `json:"newest_heartbeat"`
	Kept            string     `json:"kept,omitempty"` // name of what was there
}

// The state file consists of these; one must not be left beside another's.
var parts = []string{"", "-wal", "-shm", "-journal"}

// Restore puts a copy into the place of the state file, and keeps what was
// there under another name. The copy is read, checked and brought to the disk
// before anything is touched. Then the names change in an order that may stop
// anywhere: the state is the former one, or gone, which the queen notices, or
// the restored one with nothing of the former beside it. Done again, Restore
// goes on from there.
func (s *Stopped) Restore(ctx context.Context, from string, now time.Time, progress func(written, total int64)) (r Restored, about wire.StateFile, err error) {
	if same(from, s.path) {
		return r, about, fmt.Errorf("%w: %s is the state file itself; name a copy", ErrRefused, from)
	}
	lock, err := lockIfQueens(from)
	if err != nil {
		return r, about, err
	}
	defer func() { _ = lock.Release() }()
	if about, err = check(ctx, from); err != nil {
		return r, about, err
	}
	stamp, err := s.cleanUp(now)
	if err != nil {
		return r, about, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	r = Restored{From: filepath.Base(from), NewestHeartbeat: about.NewestHeartbeat}
	if s.exists("") || exists(s.path+replaced+stamp) {
		r.Kept = filepath.Base(s.path) + replaced + stamp
	}
	next := s.path + restoring + stamp
	if err := s.prepare(ctx, from, next, r, now, progress); err != nil {
		_ = os.Remove(next) // it may not be there
		return r, about, err
	}
	if err := s.leaveHint(about.QueenID); err != nil {
		return r, about, fmt.Errorf("%w: note the queen's id: %w", ErrUnavailable, err)
	}
	if err := s.swap(next, stamp); err != nil {
		return r, about, fmt.Errorf("%w: %w; restore again to go on from there", ErrUnavailable, err)
	}
	return r, about, nil
}

// prepare makes the file that will be the state.
func (s *Stopped) prepare(ctx context.Context, from, next string, r Restored, now time.Time, progress func(written, total int64)) error {
	if err := takeCopy(ctx, from, next, progress); err != nil {
		return err
	}
	if err := note(ctx, next, now, wire.EventStateRestored, r, s.lastEvent(ctx)); err != nil {
		return err
	}
	if err := syncPath(next); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return nil
}

// What stands between a file's name and a time.
const (
	restoring = ".restoring-"
	replaced  = ".replaced-"
)

// cleanUp removes what a Restore that was killed left, and returns the time
// that stands in its names: that one's if it had begun to move the state away.
func (s *Stopped) cleanUp(now time.Time) (stamp string, err error) {
	stamp = now.UTC().Format("20060102T150405.000Z")
	dir, base := filepath.Split(s.path)
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		rest, left := strings.CutPrefix(entry.Name(), base+restoring)
		if !left {
			continue
		}
		earlier, _, _ := strings.Cut(rest, "Z")
		if earlier += "Z"; !s.exists("") && exists(s.path+replaced+earlier) {
			stamp = earlier
		}
		err = errors.Join(err, os.Remove(filepath.Join(dir, entry.Name())))
	}
	return stamp, err
}

// leaveHint makes sure that a queen who finds no state file misses it.
func (s *Stopped) leaveHint(queenID string) error {
	if s.exists(".id") {
		return nil
	}
	return writeID(s.path+".id", queenID)
}

// swap moves the state away, then its logs, then next into its place; each step
// is on the disk before the following one.
func (s *Stopped) swap(next, stamp string) error {
	for _, part := range parts {
		if s.exists(part) {
			if err := s.move(s.path+part, s.path+replaced+stamp+part); err != nil {
				return err
			}
		}
	}
	return s.move(next, s.path)
}

func (s *Stopped) move(from, to string) error {
	if err := renameNew(from, to); err != nil {
		return err
	}
	return syncPath(filepath.Dir(s.path))
}

// lastEvent is the id of the last event of the present state, 0 if it cannot be
// read. Those who follow the events go on behind it.
func (s *Stopped) lastEvent(ctx context.Context) (id int64) {
	if !s.exists("") || ourFile(s.path) != nil {
		return 0
	}
	from, err := openReadOnly(s.path)
	if err != nil {
		return 0
	}
	defer func() { _ = from.Close() }()
	err = from.QueryRowContext(ctx, "SELECT seq FROM sqlite_sequence WHERE name = 'events'").Scan(&id)
	if err != nil || id > 1<<40 { // damage must not use up the ids
		return 0
	}
	return id
}

func (s *Stopped) exists(part string) bool { return exists(s.path + part) }
