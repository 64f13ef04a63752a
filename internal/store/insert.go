package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
	"strings"
)

// rows describes a statement that inserts many rows.
type rows struct {
	verb    string
	into    string
	columns int
}

// stmtKey names a kept statement.
type stmtKey struct {
	into string
	rows int
}

// stmt is a statement of the driver: the writer's connection is its own, and
// what package sql does for shared ones would cost as much as the insert.
type stmt interface {
	driver.StmtExecContext
	Close() error
}

// maxRows is how many rows one statement inserts; more makes it no faster.
const maxRows = 32

// values are the arguments of an insert, row after row: int64, string or nil.
type values []driver.NamedValue

func (v *values) add(row ...any) {
	for _, value := range row {
		*v = append(*v, driver.NamedValue{Value: value})
	}
}

// insert writes the values, r.columns to a row, with statements kept for each
// number of rows.
func (s *Store) insert(r rows, v values) error {
	for len(v) > 0 {
		n := min(len(v)/r.columns, maxRows)
		stmt, err := s.prepared(r, n)
		if err != nil {
			return err
		}
		args := v[:n*r.columns]
		for i := range args {
			args[i].Ordinal = i + 1
		}
		if _, err := stmt.ExecContext(background, args); err != nil {
			return fmt.Errorf("insert into %s: %w", r.into, err)
		}
		v = v[len(args):]
	}
	return nil
}

func (s *Store) prepared(r rows, n int) (stmt, error) {
	key := stmtKey{into: r.into, rows: n}
	if stmt := s.stmts[key]; stmt != nil {
		return stmt, nil
	}
	row := "(" + strings.Repeat("?,", r.columns-1) + "?)"
	text := r.verb + " " + r.into + " VALUES " + strings.Repeat(row+",", n-1) + row
	stmt, err := s.prepare(background, text)
	if err != nil {
		return nil, fmt.Errorf("prepare insert into %s: %w", r.into, err)
	}
	s.stmts[key] = stmt
	return stmt, nil
}

// prepare makes a statement on the writer's connection. Whoever asks closes it
// before the connection.
func (s *Store) prepare(ctx context.Context, text string) (prepared stmt, err error) {
	err = s.conn.Raw(func(conn any) error {
		made, err := conn.(driver.ConnPrepareContext).PrepareContext(ctx, text) //nolint:forcetypeassert // the driver's are
		if err != nil {
			return err
		}
		var ok bool
		if prepared, ok = made.(stmt); !ok {
			return errors.Join(errors.New("the SQLite driver has no ExecContext"), made.Close())
		}
		return nil
	})
	return prepared, err
}

func scale(v, by float64) int64 { return int64(math.Round(v * by)) }
