package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/pressly/goose/v3"
)

// found is what stands at the path of a state file.
type found struct {
	stands  bool  // false: nothing, and nothing ever did
	version int64 // of its schema; 0: a queen was killed while she made it
}

// inspect looks at the file, changing nothing: what it refuses stays as it is,
// byte for byte. Only what SQLite has to undo first is undone.
func inspect(ctx context.Context, path string) (f found, err error) {
	h, err := readHeader(path)
	switch {
	case errors.Is(err, errLog):
		return f, lost("%s-wal is damaged: %w; restore a backup in the place of both, "+
			"or move %[1]s-wal and %[1]s-shm away to go on without that, or begin anew with --new-state", path, err)
	case errors.Is(err, errShort):
		return f, lost("%s is damaged: %w; %s", path, err, remedy(path))
	case err != nil:
		return f, fmt.Errorf("%w: %w", ErrUnavailable, err)
	case len(h) == 0:
		return f, missing(path)
	}
	if err := h.judge(path); err != nil {
		return f, err
	}
	if version := int64(h.userVersion()); version > newestSchema() {
		return f, newer(ctx, path, version)
	}
	f.stands = true
	if _, err := os.Stat(path + "-journal"); err == nil {
		if err := markFile(ctx, path); err != nil { // a queen was killed in it
			return f, err
		}
	}
	conn, err := openReadOnly(path)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if f.version, err = schemaVersion(ctx, conn); err == nil && f.version > newestSchema() {
		return f, newer(ctx, path, f.version)
	}
	if err == nil {
		err = checkRegistry(ctx, conn, path)
	}
	if err == nil && f.version == newestSchema() {
		_, err = checkSchema(ctx, conn, path)
	}
	if damaged(err) {
		err = lost("%s is damaged: %w; %s", path, err, remedy(path))
	}
	return f, err
}

// openReadOnly opens the file so that SQLite writes neither to it nor to its
// log. Without a log there is nothing but the file to look at, and none is made.
func openReadOnly(path string) (*sql.DB, error) {
	name := dsn(path, "busy_timeout(5000)", "trusted_schema(0)") + "&mode=ro"
	if log, err := os.Stat(path + "-wal"); errors.Is(err, fs.ErrNotExist) || (err == nil && log.Size() == 0) {
		name += "&immutable=1"
	}
	conn, err := sql.Open("sqlite", name)
	if err == nil {
		conn.SetMaxOpenConns(1)
	}
	return conn, err
}

// schemaVersion reads goose's table without making it; 0 when there is none.
func schemaVersion(ctx context.Context, conn database) (int64, error) {
	var tables int
	err := conn.QueryRowContext(ctx,
		"SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?", goose.DefaultTablename).Scan(&tables)
	if err != nil || tables == 0 {
		return 0, err
	}
	var version sql.NullInt64
	err = conn.QueryRowContext(ctx,
		"SELECT max(version_id) FROM "+goose.DefaultTablename+" WHERE is_applied").Scan(&version)
	return version.Int64, err
}

// registryTables are what the queen cannot do without. The rest of the history
// is looked at while she runs.
var registryTables = []string{"meta", "epochs", "hives", "hive_aliases", "devices", "history_blocks"}

// checkRegistry looks for page damage in those of the registry's tables that the
// file has.
func checkRegistry(ctx context.Context, conn database, path string) error {
	for _, table := range registryTables {
		var tables int
		err := conn.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?", table).Scan(&tables)
		if err == nil && tables == 0 {
			continue // the schema tells whether it should be there
		}
		var finding string
		if err == nil {
			err = conn.QueryRowContext(ctx, "PRAGMA quick_check("+table+")").Scan(&finding)
		}
		if err != nil {
			return fmt.Errorf("check table %s: %w", table, err)
		}
		if finding != "ok" {
			return lost("table %s of %s is damaged (%s); %s", table, path, finding, remedy(path))
		}
	}
	return nil
}
