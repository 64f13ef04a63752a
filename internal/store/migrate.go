package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/pressly/goose/v3"

	"rbee/db"
)

func migrationsOn(conn *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(db.Migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, conn, files, goose.WithDisableGlobalRegistry(true))
}

// newestSchema is the version that this program's migrations lead to.
var newestSchema = sync.OnceValue(func() (newest int64) {
	names, _ := fs.Glob(db.Migrations, "migrations/*.sql") // the pattern is a good one
	for _, name := range names {
		if version, err := goose.NumericComponent(filepath.Base(name)); err == nil {
			newest = max(newest, version)
		}
	}
	return newest
})

// newer refuses a file of a newer program, and names the copy with which this
// one could go on.
func newer(ctx context.Context, path string, version int64) error {
	back := "no copy that this program could use lies beside it"
	if name := copyFor(ctx, path); name != "" {
		back = fmt.Sprintf("to go back, put %s in its place, which was made before the upgrade", name)
	}
	return fmt.Errorf("%w: %s has schema version %d, this program knows up to %d; use a queen-rbee that knows version %d; %s",
		ErrRefused, path, version, newestSchema(), version, back)
}

// migrate brings the schema up to date; a new file is made this way as well. From
// version 5 on each migration also sets user_version, so that the version is read
// from the header without opening the file.
func (s *Store) migrate(ctx context.Context) (err error) {
	s.SchemaVersion = newestSchema()
	if s.migratedFrom, err = schemaVersion(ctx, s.writeDB); err != nil {
		return err
	}
	if s.migratedFrom >= s.SchemaVersion {
		return nil // inspect refuses a newer one
	}
	migrations, err := migrationsOn(s.writeDB)
	if err != nil {
		return err
	}
	if _, err := migrations.Up(ctx); err != nil {
		s.dropCopy(ctx)
		return fmt.Errorf("migrate from schema version %d to %d: %w", s.migratedFrom, s.SchemaVersion, err)
	}
	var busy, frames, moved int // a reader may keep the log from being folded in: it is then later
	return s.writeDB.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved)
}

// dropCopy removes the copy made for a migration that changed nothing.
func (s *Store) dropCopy(ctx context.Context) {
	if version, err := schemaVersion(ctx, s.writeDB); err == nil && version == s.migratedFrom && s.copied != "" {
		if err := os.Remove(s.copied); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.log.Warn("The copy made before a failed upgrade could not be removed", "copy", s.copied, "error", err)
		}
	}
}
