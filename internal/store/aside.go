package store

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"rbee/internal/wire"
)

// tierTable is where a tier has its rows: a table that is sorted by two columns.
type tierTable struct {
	name, at, n string
	bounds      func(start int64) (from, to any) // of what lies together with a block, in the first column
}

var tierTables = map[wire.Tier]tierTable{
	wire.TierRaw: {"heartbeats", "received_at", "n", func(start int64) (from, to any) {
		return startText(wire.TierRaw, start), startText(wire.TierRaw, start+1)
	}},
	wire.TierMinute: {"minutes", "id", "hive_pk", tenBounds},
	wire.TierHour:   {"hours", "id", "hive_pk", tenBounds},
}

func tenBounds(start int64) (from, to any) { return firstID(start), firstID(start + together) }

// columnsOf lists the columns of a table, but those that are computed.
func columnsOf(ctx context.Context, conn database, table string) (columns string, err error) {
	err = conn.QueryRowContext(ctx, "SELECT group_concat(name, ', ') FROM pragma_table_info('"+table+"')").Scan(&columns)
	return columns, err
}

// historyError is damage in the history. It is the fault of the write that met
// it, and of no other; the registry would be everybody's.
type historyError struct {
	tier wire.Tier
	text string
}

func (e *historyError) Error() string {
	return fmt.Sprintf("table %s is damaged: %s", tierTables[e.tier].name, e.text)
}

// ofHistory makes a historyError of damage that a tier's table was met with.
func ofHistory(tier wire.Tier, err error) error {
	if !damaged(err) {
		return err
	}
	return &historyError{tier, err.Error()} // without the cause, which would end the writer
}

// asideKey is where meta has the name under which a table was set aside, until
// what can be read of it was copied back.
func asideKey(tier wire.Tier) string { return "aside." + tierTables[tier].name }

// asideName is what setTableAside calls a table.
var asideName = regexp.MustCompile(`^damaged_[a-z]+_[0-9]{8}T[0-9]{6}$`)

// setTableAside gives a damaged table another name and puts an empty one in its
// place: none of its pages is written to, and rows can be added again. The newest
// row, which tells what keys are taken, is copied at once if it can be read: end.
// It must run in a transaction, which damage would spoil.
func setTableAside(ctx context.Context, conn database, tier wire.Tier, end bool) error {
	table := tierTables[tier]
	aside := fmt.Sprintf("damaged_%s_%s", table.name, time.Now().UTC().Format("20060102T150405"))
	var text string
	err := conn.QueryRowContext(ctx, "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?", table.name).Scan(&text)
	if err != nil {
		return err
	}
	defer func() { _, _ = conn.ExecContext(ctx, "PRAGMA legacy_alter_table = 0") }()
	for _, statement := range []string{
		"PRAGMA legacy_alter_table = 1", // the views go on to mean the new one
		"ALTER TABLE " + table.name + " RENAME TO " + aside,
		text,
		fmt.Sprintf("INSERT OR REPLACE INTO meta (key, value) VALUES ('%s', '%s')", asideKey(tier), aside),
	} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("set table %s aside: %w", table.name, err)
		}
	}
	if !end {
		return nil
	}
	columns, err := columnsOf(ctx, conn, table.name)
	if err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, fmt.Sprintf("INSERT INTO %s (%s) SELECT %[2]s FROM %[3]s ORDER BY %[4]s DESC, %[5]s DESC LIMIT 1",
		table.name, columns, aside, table.at, table.n))
	return err
}

// forgetTable takes a table out of the schema and leaves its pages as they are,
// unused. To drop it would be to follow what is damaged in them.
func forgetTable(ctx context.Context, conn database, name string) error {
	var version int64
	if err := conn.QueryRowContext(ctx, "PRAGMA schema_version").Scan(&version); err != nil {
		return err
	}
	defer func() { _, _ = conn.ExecContext(ctx, "PRAGMA writable_schema = 0") }() // if something fails
	for _, statement := range []string{
		"PRAGMA writable_schema = 1",
		"DELETE FROM sqlite_schema WHERE tbl_name = '" + name + "'",
		fmt.Sprintf("PRAGMA schema_version = %d", version+1), // so that others read it anew
		"PRAGMA writable_schema = RESET",
	} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("forget table %s: %w", name, err)
		}
	}
	return nil
}

// endOf reads the newest row of a tier.
func endOf(ctx context.Context, conn database, tier wire.Tier) error {
	table := tierTables[tier]
	var text string
	err := conn.QueryRowContext(ctx, fmt.Sprintf("SELECT coalesce((SELECT gpus || workers FROM %s ORDER BY %s DESC, %s DESC LIMIT 1), '')",
		table.name, table.at, table.n)).Scan(&text)
	return err
}

// setAsideRunning does so while the writer runs.
func (s *Store) setAsideRunning(ctx context.Context, tier wire.Tier, why error) error {
	s.log.Error("The history is damaged; what can be read of it is copied, what is damaged is set aside",
		"table", tierTables[tier].name, "error", why)
	end := endOf(ctx, s.readDB, tier) == nil
	err := s.Write(ctx, func(tx *Tx) error {
		if _, err := tx.queries(); err != nil {
			return err
		}
		return ofHistory(tier, setTableAside(background, s.conn, tier, end))
	})
	select {
	case s.mend <- struct{}{}:
	default: // it is told already
	}
	return err
}

// despiteDamage runs what writes to the history. If it meets damage, the table
// is set aside and it runs once more.
func (s *Store) despiteDamage(ctx context.Context, write func() error) error {
	for range len(tierTables) {
		err := write()
		var damage *historyError
		if !errors.As(err, &damage) {
			return err
		}
		if err := s.setAsideRunning(ctx, damage.tier, err); err != nil {
			return err
		}
	}
	return write()
}

// checkEnds looks, before the writer starts, at the end of each tier, where it
// will write; a table that is damaged there is set aside.
func (s *Store) checkEnds(ctx context.Context) error {
	conn, err := s.writeDB.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	for _, tier := range tiersUp {
		err := readEnd(ctx, conn, tier)
		if !damaged(err) {
			if err != nil {
				return err
			}
			continue
		}
		s.log.Error("The history is damaged at its end; it goes on in a new table", "table", tierTables[tier].name, "error", err)
		end := endOf(ctx, conn, tier) == nil
		if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
			return err
		}
		err = setTableAside(ctx, conn, tier, end)
		if err == nil {
			_, err = conn.ExecContext(ctx, "COMMIT")
		}
		if err != nil {
			_, _ = conn.ExecContext(ctx, "ROLLBACK") // the first error says more
			return err
		}
	}
	return nil
}

// readEnd reads the last rows of a tier; of the heartbeats all that came after
// the last minute that is written down, since they are counted.
func readEnd(ctx context.Context, conn database, tier wire.Tier) error {
	table := tierTables[tier]
	var read int64
	err := conn.QueryRowContext(ctx, fmt.Sprintf(`SELECT coalesce(sum(length(gpus) + length(workers)), 0)
		FROM (SELECT * FROM %s ORDER BY %s DESC, %s DESC LIMIT 100)`, table.name, table.at, table.n)).Scan(&read)
	if err != nil || tier != wire.TierRaw {
		return err
	}
	return conn.QueryRowContext(ctx, `SELECT coalesce(sum(length(gpus) + length(workers)), 0) FROM heartbeats
		WHERE received_at >= (SELECT coalesce(max(at), '') FROM history_blocks WHERE tier = 'raw')`).Scan(&read)
}
