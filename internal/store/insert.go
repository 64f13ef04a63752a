package store

import (
	"database/sql"
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

// maxRows is how many rows one statement inserts; more makes it no faster.
const maxRows = 32

// insert writes the values, r.columns to a row, with statements kept for each
// number of rows.
func (s *Store) insert(r rows, values []any) error {
	for len(values) > 0 {
		n := min(len(values)/r.columns, maxRows)
		stmt, err := s.prepared(r, n) //nolint:sqlclosecheck // kept; the writer closes it at its end
		if err != nil {
			return err
		}
		if _, err := stmt.ExecContext(background, values[:n*r.columns]...); err != nil {
			return fmt.Errorf("insert into %s: %w", r.into, err)
		}
		values = values[n*r.columns:]
	}
	return nil
}

func (s *Store) prepared(r rows, n int) (*sql.Stmt, error) {
	key := stmtKey{into: r.into, rows: n}
	if stmt := s.stmts[key]; stmt != nil {
		return stmt, nil
	}
	row := "(" + strings.Repeat("?,", r.columns-1) + "?)"
	//nolint:gosec // all parts are constants of this package
	text := r.verb + " " + r.into + " VALUES " + strings.Repeat(row+",", n-1) + row
	stmt, err := s.conn.PrepareContext(background, text)
	if err != nil {
		return nil, fmt.Errorf("prepare insert into %s: %w", r.into, err)
	}
	s.stmts[key] = stmt
	return stmt, nil
}

func scale(v, by float64) int64 { return int64(math.Round(v * by)) }
