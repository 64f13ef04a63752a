package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/pressly/goose/v3"
	"golang.org/x/sys/unix"
	_ "modernc.org/sqlite" // the "sqlite" driver

	"rbee/db"
	"rbee/internal/lockfile"
	"rbee/internal/store/internal/dbsqlc"
)

// applicationID marks a SQLite file as a queen's ("rbee" in ASCII).
const applicationID = 0x72626565

// readers is the size of the pool of read connections, all opened in advance:
// sockets must not starve SQLite of file descriptors later.
const readers = 4

// registryTables are checked for damage before the store is used; the others,
// and the views, only have to be there.
var (
	registryTables = []string{"meta", "epochs", "hives", "hive_aliases", "devices"}
	otherTables    = []string{"discoveries", "events", "names", "heartbeats", "minutes", "hours", "history_blocks"}
	views          = []string{
		"audit_epochs", "audit_hives", "audit_devices", "audit_heartbeats", "audit_minutes", "audit_hours",
		"audit_uptime", "audit_discoveries", "audit_events",
	}
)

// Open opens or makes the state file at path, takes its lock (path + ".lock"),
// brings its schema up to date and starts the writer. The caller closes it.
func Open(ctx context.Context, path string, log *slog.Logger) (_ *Store, err error) {
	if path, err = realPath(path); err != nil {
		return nil, err
	}
	lock, err := lockfile.Take(path + ".lock")
	var held *lockfile.HeldError
	switch {
	case errors.As(err, &held):
		return nil, fmt.Errorf("%w: %w; stop that queen or give this one another --state", ErrLocked, err)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	s := &Store{path: path, log: log, lock: lock}
	defer func() {
		if err != nil {
			_ = s.closeFiles() // the first error says more
		}
	}()
	if err := prepareFile(ctx, path); err != nil {
		return nil, err
	}
	if err := s.connect(ctx); err != nil {
		return nil, s.classify(err)
	}
	if err := s.migrate(ctx); err != nil {
		return nil, s.classify(err)
	}
	if err := s.check(ctx); err != nil {
		return nil, s.classify(err)
	}
	if err := s.identify(ctx); err != nil {
		return nil, s.classify(err)
	}
	if err := s.start(ctx); err != nil {
		return nil, s.classify(err)
	}
	return s, nil
}

// realPath makes the file's directory if need be and returns the one name under
// which every queen knows the file: its lock lies beside it.
func realPath(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("%w: make its directory: %w; name another with --state", ErrUnavailable, err)
	}
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		dir, err := filepath.EvalSymlinks(filepath.Dir(path))
		if err != nil {
			return "", fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		return filepath.Join(dir, filepath.Base(path)), nil
	}
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", fmt.Errorf("%w: %w; name another with --state", ErrUnavailable, err)
	}
	var stat unix.Stat_t
	if err := unix.Stat(target, &stat); err == nil && stat.Nlink > 1 && stat.Mode&unix.S_IFMT == unix.S_IFREG {
		return "", fmt.Errorf("%w: %s has %d names (hard links), so that another queen could use it under another one; "+
			"remove them, or name a copy with --state", ErrRefused, target, stat.Nlink)
	}
	return target, nil
}

// prepareFile looks at the file before SQLite does, never after, and makes a
// missing one with the mode that its -wal and -shm will inherit.
func prepareFile(ctx context.Context, path string) error {
	header, err := readHeader(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && len(header) == 0:
		return makeFile(ctx, path)
	case err != nil:
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	case len(header) < 100 || !strings.HasPrefix(string(header), "SQLite format 3\x00"):
		return fmt.Errorf("%w: %s is not a SQLite database; name another file with --state", ErrRefused, path)
	}
	if id := binary.BigEndian.Uint32(header[68:72]); id != applicationID {
		return fmt.Errorf("%w: %s belongs to another program (application_id %#x, not %#x); "+
			"name another file with --state", ErrRefused, path, id, uint32(applicationID))
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if _, err := os.Stat(path + "-journal"); err == nil {
		return markFile(ctx, path) // a queen was killed in markFile, and SQLite may undo it
	}
	return nil
}

func readHeader(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file; name another with --state", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, 100))
}

// makeFile creates the file, unless one stood there before.
func makeFile(ctx context.Context, path string) error {
	if was, err := os.ReadFile(path + ".id"); err == nil {
		setAside(path) // or it would be played into the backup that is restored
		return fmt.Errorf("%w: %s has vanished or is empty, but state %s stood there; restore a backup, "+
			"or remove %s.id to begin anew", ErrRefused, path, strings.TrimSpace(string(was)), path)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return markFile(ctx, path)
}

// setAside renames the log and the index of a file that is gone, so that SQLite
// does not take them for those of the next file at this path.
func setAside(path string) {
	now := time.Now().UTC().Format("20060102T150405.000000")
	for _, suffix := range []string{"-wal", "-shm"} {
		_ = os.Rename(path+suffix, path+suffix+".orphan-"+now) // often there is none
	}
}

// markFile marks the file as ours before it turns to WAL mode: the mark then
// stands in the file itself, whatever becomes of the WAL.
func markFile(ctx context.Context, path string) error {
	conn, err := sql.Open("sqlite", dsn(path, "synchronous(FULL)"))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	_, err = conn.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID))
	if err = errors.Join(err, conn.Close()); err != nil {
		return fmt.Errorf("%w: make %s: %w", ErrUnavailable, path, err)
	}
	return nil
}

// dsn names the file for the driver. Pragmas belong here: executed by hand they
// would reach one connection of a pool.
func dsn(path string, pragmas ...string) string {
	q := url.Values{"_pragma": pragmas, "_txlock": {"immediate"}}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// connect opens the connections of the writer, the checkpointer and the readers.
func (s *Store) connect(ctx context.Context) error {
	pragmas := []string{
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
		"trusted_schema(0)", "journal_size_limit(4194304)", "wal_autocheckpoint(0)",
	}
	var err error
	if s.writeDB, err = sql.Open("sqlite", dsn(s.path, pragmas...)); err != nil {
		return err
	}
	s.writeDB.SetMaxOpenConns(1)
	if err := s.writeDB.PingContext(ctx); err != nil {
		return err
	}
	if s.wal.db, err = sql.Open("sqlite", dsn(s.path, append(pragmas, "query_only(1)", "cache_size(-64)")...)); err != nil {
		return err
	}
	s.wal.db.SetMaxOpenConns(1)
	if err := s.wal.db.PingContext(ctx); err != nil {
		return err
	}
	if s.readDB, err = sql.Open("sqlite", dsn(s.path, append(pragmas, "query_only(1)", "cache_size(-8192)")...)); err != nil {
		return err
	}
	s.readDB.SetMaxOpenConns(readers)
	s.readDB.SetMaxIdleConns(readers)
	conns := make([]*sql.Conn, 0, readers)
	for range readers {
		conn, cerr := s.readDB.Conn(ctx)
		if cerr != nil {
			err = cerr
			break
		}
		conns = append(conns, conn)
	}
	for _, conn := range conns {
		_ = conn.Close() // back into the pool
	}
	return err
}

// migrate brings the schema up to date and refuses one from the future.
func (s *Store) migrate(ctx context.Context) error {
	files, err := fs.Sub(db.Migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, s.writeDB, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	sources := provider.ListSources()
	newest := sources[len(sources)-1].Version
	if s.migratedFrom, err = s.schemaVersion(ctx); err != nil {
		return err
	}
	if s.migratedFrom > newest {
		return fmt.Errorf("%w: %s has schema version %d, this program knows up to %d; use a newer queen-rbee",
			ErrRefused, s.path, s.migratedFrom, newest)
	}
	s.SchemaVersion = newest
	if s.migratedFrom == newest {
		return nil
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate from schema version %d to %d: %w", s.migratedFrom, newest, err)
	}
	return nil
}

// schemaVersion reads goose's table without making it; 0 when there is none.
func (s *Store) schemaVersion(ctx context.Context) (int64, error) {
	var tables int
	err := s.writeDB.QueryRowContext(ctx,
		"SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?", goose.DefaultTablename).Scan(&tables)
	if err != nil || tables == 0 {
		return 0, err
	}
	var version sql.NullInt64
	err = s.writeDB.QueryRowContext(ctx,
		"SELECT max(version_id) FROM "+goose.DefaultTablename+" WHERE is_applied").Scan(&version)
	return version.Int64, err
}

// check looks for tables and views that are gone, and for damage.
func (s *Store) check(ctx context.Context) error {
	for _, name := range slices.Concat(registryTables, otherTables, views) {
		var found int
		err := s.writeDB.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE name = ?", name).Scan(&found)
		if err != nil {
			return fmt.Errorf("look for %s: %w", name, err)
		}
		if found == 0 {
			return fmt.Errorf("%w: %s is missing from %s; %s", ErrRefused, name, s.path, s.remedy())
		}
	}
	return s.checkRegistry(ctx, s.writeDB)
}

// checkRegistry looks for page damage in the tables the queen cannot do without.
func (s *Store) checkRegistry(ctx context.Context, conn *sql.DB) error {
	for _, table := range registryTables {
		var finding string
		if err := conn.QueryRowContext(ctx, "PRAGMA quick_check("+table+")").Scan(&finding); err != nil {
			return fmt.Errorf("check table %s: %w", table, err)
		}
		if finding != "ok" {
			return fmt.Errorf("%w: table %s of %s is damaged (%s); %s", ErrRefused, table, s.path, finding, s.remedy())
		}
	}
	return nil
}

// identify reads the queen's id, or makes one for a file that no queen has run
// on, and notes it in path + ".id", so that a state file that vanishes later is
// missed.
func (s *Store) identify(ctx context.Context) error {
	q := dbsqlc.New(s.writeDB)
	id, err := q.Meta(ctx, "queen_id")
	if errors.Is(err, sql.ErrNoRows) {
		id, err = s.makeID(ctx, q)
	}
	if err != nil {
		return fmt.Errorf("queen_id: %w", err)
	}
	s.QueenID = id
	if err := os.WriteFile(s.path+".id", []byte(id+"\n"), 0o600); err != nil {
		return fmt.Errorf("note the queen's id: %w", err)
	}
	return nil
}

// makeID makes the queen's id. A file without one that has seen an epoch has
// lost it; one that has not was left by a queen killed while she made it.
func (s *Store) makeID(ctx context.Context, q *dbsqlc.Queries) (string, error) {
	last, err := q.LastEpoch(ctx)
	if err != nil {
		return "", err
	}
	if last != 0 {
		return "", fmt.Errorf("%w: %s has lost it; %s", ErrRefused, s.path, s.remedy())
	}
	id, err := uuid.NewV7()
	if err != nil {
		return "", err
	}
	return id.String(), q.SetMeta(ctx, dbsqlc.SetMetaParams{Key: "queen_id", Value: id.String()})
}
