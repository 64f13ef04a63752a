package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// copiesKept is how many of the copies made before migrations are kept.
const copiesKept = 3

// copyStamp is the time in the name of a copy: names sort by it.
const copyStamp = "20060102T150405Z"

var copyName = regexp.MustCompile(`\.before-[0-9]+-([0-9]{8}T[0-9]{6}Z)$`)

// copyBefore copies a file that is about to be migrated. It reads only: if there
// is no room for the copy, nothing has happened.
func (s *Store) copyBefore(ctx context.Context, version int64) (err error) {
	conn, err := openReadOnly(s.path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	at := time.Now().UTC()
	name := func() string { return fmt.Sprintf("%s.before-%d-%s", s.path, newestSchema(), at.Format(copyStamp)) }
	for _, err := os.Lstat(name()); err == nil; _, err = os.Lstat(name()) {
		at = at.Add(time.Second)
	}
	unfinished, _ := filepath.Glob(globLiteral(s.path) + ".before-*" + copyUnfinished + "*") // the pattern is a good one
	for _, left := range unfinished {
		_ = os.Remove(left) // of a queen that was killed
	}
	s.log.Info("Copying the state file before its schema is upgraded", "from", version, "to", newestSchema(), "copy", name())
	began, told := time.Now(), time.Now()
	err = copyTo(ctx, conn, name(), func(written, total int64) {
		if now := time.Now(); now.Sub(told) >= time.Second {
			told = now
			s.log.Info("Still copying the state file", "written", mib(written), "of_about", mib(total))
		}
	})
	if err != nil {
		return err
	}
	s.copied = name()
	s.log.Info("State file copied", "copy", s.copied, "took", time.Since(began).Round(time.Millisecond).String())
	copies := copiesOf(s.path)
	for _, old := range copies[:max(0, len(copies)-copiesKept)] {
		if err := os.Remove(old); err != nil {
			s.log.Warn("An old copy could not be removed", "copy", old, "error", err)
		}
	}
	return nil
}

// copiesOf lists the copies of a file that were made before migrations, oldest
// first.
func copiesOf(path string) []string {
	copies, _ := filepath.Glob(globLiteral(path) + ".before-*") // the pattern is a good one
	copies = slices.DeleteFunc(copies, func(name string) bool { return copyName.FindString(name) == "" })
	stamp := func(name string) string { return copyName.FindStringSubmatch(name)[1] }
	slices.SortFunc(copies, func(a, b string) int { return strings.Compare(stamp(a), stamp(b)) })
	return copies
}

// globLiteral is a pattern that matches path only.
func globLiteral(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// copyFor is the newest copy that this program can use; "" if there is none.
func copyFor(ctx context.Context, path string) string {
	for _, name := range slices.Backward(copiesOf(path)) {
		conn, err := openReadOnly(name)
		if err != nil {
			continue
		}
		version, err := schemaVersion(ctx, conn)
		if err = errors.Join(err, conn.Close()); err == nil && version > 0 && version <= newestSchema() {
			return name
		}
	}
	return ""
}
