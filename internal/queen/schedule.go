package queen

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rbee/internal/store"
	"rbee/internal/wire"
)

// Schedule says which copies of the state file the queen makes by herself.
type Schedule struct {
	Dir   string        // "": none
	Every time.Duration // from one to the next
	Keep  int           // how many, the older ones are removed
}

const (
	firstBackupRetry = time.Minute // after one that failed; twice that each time, up to
	lastBackupRetry  = time.Hour
	longestNap       = 10 * time.Minute // a timer does not count the time in which the machine is suspended
	abandonedAfter   = time.Hour        // that nobody wrote to an unfinished copy
)

// The names of scheduled copies; they sort by time.
const (
	backupPrefix = "queen-"
	backupLayout = "20060102T150405Z"
	backupSuffix = ".db"
)

// keepBackups makes a copy whenever the newest one is old enough. One that fails
// is logged and recorded once, and tried again until it succeeds.
func (q *Queen) keepBackups(ctx context.Context) error {
	if q.cfg.Backups.Dir == "" {
		return nil
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	retry := time.Duration(0) // after a failure: before the next try
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		if wait := q.backupDue(ctx, time.Now()); retry == 0 && wait > 0 {
			timer.Reset(min(wait, longestNap))
			continue
		}
		err := q.scheduledBackup(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			retry = 0
		case retry == 0:
			q.log.Error("A scheduled backup failed; trying again", "dir", q.cfg.Backups.Dir, "error", err)
			q.noteBackup(ctx, wire.EventStateBackupFailed, map[string]any{"error": err.Error()})
			retry = firstBackupRetry
		default:
			q.log.Debug("A scheduled backup failed again", "error", err)
			retry = min(2*retry, lastBackupRetry)
		}
		timer.Reset(min(retry, q.cfg.Backups.Every))
	}
}

// backupDue is how long the next copy has time. A newest one that lies in the
// future, because the clock was set back, counts as made now.
func (q *Queen) backupDue(ctx context.Context, now time.Time) time.Duration {
	s := q.cfg.Backups
	names, err := q.ownBackups(ctx)
	if err != nil || len(names) == 0 {
		return 0 // if the folder cannot be read, the copy will say why
	}
	return min(s.Every, backupTime(names[0]).Add(s.Every).Sub(now))
}

// scheduledBackup makes a copy and removes those that are too many.
func (q *Queen) scheduledBackup(ctx context.Context) error {
	s := q.cfg.Backups
	q.copying.Lock() // a copy that is being sent ends by itself
	defer q.copying.Unlock()
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return err
	}
	s.removeAbandoned(time.Now())
	began := time.Now()
	name := backupPrefix + began.UTC().Format(backupLayout) + backupSuffix
	about, err := q.store.Backup(ctx, filepath.Join(s.Dir, name), func(int64, int64) {})
	if err != nil {
		return err
	}
	q.log.Info("State file backed up", "file", filepath.Join(s.Dir, name), "bytes", about.Bytes, "took", time.Since(began).Round(time.Millisecond))
	q.noteBackup(ctx, wire.EventStateBackedUp, store.BackedUp{
		Bytes: about.Bytes, DurationMS: time.Since(began).Milliseconds(), By: "schedule", File: name,
	})
	if err := q.pruneBackups(ctx, name); err != nil {
		q.log.Warn("A backup that is one too many could not be removed", "dir", s.Dir, "error", err)
	}
	return nil
}

// pruneBackups removes the oldest copies of this queen, never the one just made.
func (q *Queen) pruneBackups(ctx context.Context, made string) error {
	names, err := q.ownBackups(ctx)
	kept := 1
	for _, name := range names {
		if name == made {
			continue
		}
		if kept++; kept > q.cfg.Backups.Keep {
			err = errors.Join(err, os.Remove(filepath.Join(q.cfg.Backups.Dir, name)))
		}
	}
	return err
}

// ownBackups lists the copies of this queen by their names, the newest first.
// Others may lie in the same folder; they are not hers to count or to remove.
func (q *Queen) ownBackups(ctx context.Context) (names []string, err error) {
	dir := q.cfg.Backups.Dir
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, entry := range slices.Backward(entries) {
		if backupTime(entry.Name()).IsZero() || !entry.Type().IsRegular() {
			continue
		}
		if about, err := store.Look(ctx, filepath.Join(dir, entry.Name())); err == nil && about.QueenID == q.registry.queenID {
			names = append(names, entry.Name())
		}
	}
	return names, err
}

// backupTime is when a copy was begun; zero for other names.
func backupTime(name string) time.Time {
	text, ok := strings.CutPrefix(name, backupPrefix)
	text, ok2 := strings.CutSuffix(text, backupSuffix)
	at, err := time.Parse(backupLayout, text)
	if !ok || !ok2 || err != nil {
		return time.Time{}
	}
	return at
}

// removeAbandoned removes what killed queens left of copies they did not finish.
func (s Schedule) removeAbandoned(now time.Time) {
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		return // the copy will say why
	}
	for _, entry := range entries {
		finished, _, unfinished := strings.Cut(entry.Name(), store.Unfinished)
		if !unfinished || backupTime(finished).IsZero() {
			continue
		}
		if info, err := entry.Info(); err == nil && now.Sub(info.ModTime()) > abandonedAfter {
			_ = os.Remove(filepath.Join(s.Dir, entry.Name())) // the next one tries again
		}
	}
}
