package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"

	_ "modernc.org/sqlite" // the "sqlite" driver
)

// readers is the size of the pool of read connections, all opened in advance:
// sockets must not starve SQLite of file descriptors later.
const readers = 4

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
