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

// migrate brings the schema up to date. A new file is made this way as well.
func (s *Store) migrate(ctx context.Context) (err error) {
	s.SchemaVersion = newestSchema()
	if s.migratedFrom, err = schemaVersion(ctx, s.writeDB); err != nil {
		return err
	}
	if s.migratedFrom < s.SchemaVersion {
		migrations, err := migrationsOn(s.writeDB)
		if err != nil {
			return err
		}
		if _, err := migrations.Up(ctx); err != nil {
			s.dropCopy(ctx)
			return fmt.Errorf("migrate from schema version %d to %d: %w", s.migratedFrom, s.SchemaVersion, err)
		}
	}
	if err := s.markVersion(ctx); err != nil || s.migratedFrom == s.SchemaVersion {
		return err
	}
	var busy, frames, moved int // a reader may keep the log from being folded in: it is then later
	return s.writeDB.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved)
}

// markVersion notes the schema's version in the header as well, where it is read
// without opening the file. From version 5 on migrations do so themselves.
func (s *Store) markVersion(ctx context.Context) error {
	var marked int64
	if err := s.writeDB.QueryRowContext(ctx, "PRAGMA user_version").Scan(&marked); err != nil || marked == s.SchemaVersion {
		return err
	}
	_, err := s.writeDB.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", s.SchemaVersion))
	return err
}

// dropCopy removes the copy made for a migration that changed nothing.
func (s *Store) dropCopy(ctx context.Context) {
	if version, err := schemaVersion(ctx, s.writeDB); err == nil && version == s.migratedFrom && s.copied != "" {
		if err := os.Remove(s.copied); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.log.Warn("The copy made before a failed upgrade could not be removed", "copy", s.copied, "error", err)
		}
	}
}
