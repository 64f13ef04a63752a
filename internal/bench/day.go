package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"rbee/internal/wire"
)

// rawMinutes is how much of the day is there as single heartbeats: they lie in
// front of what the queen writes, and nothing that is measured reads them.
const rawMinutes = 10

// eventsEach is how many events the day brought each hive.
const eventsEach = 20

// fill gives every hive of a state file a day of history that ends with the
// present minute: minutes, hours, the last heartbeats, events. What single rows
// say is taken from the newest heartbeat of each hive, and varied. The file's
// queen has ended, and its hives have beaten for less than a minute.
func fill(ctx context.Context, state string) (err error) {
	db, err := openState(state)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, fillTemplate); err != nil {
		return fmt.Errorf("take over what hives say: %w", err)
	}
	var newest string
	if err := tx.QueryRowContext(ctx, "SELECT max(received_at) FROM one").Scan(&newest); err != nil {
		return fmt.Errorf("look for a heartbeat to take over: %w", err)
	}
	at, err := time.Parse("2006-01-02T15:04:05.000Z", newest)
	if err != nil {
		return err
	}
	minute := at.Unix() / 60
	p := []any{
		sql.Named("minute", minute), sql.Named("hour", minute/60), sql.Named("scope", newest[:len("2006-01-02")]),
		sql.Named("raw", rawMinutes), sql.Named("events", eventsEach),
		sql.Named("degraded", wire.EventHiveDegraded), sql.Named("recovered", wire.EventHiveRecovered),
	}
	for _, step := range []struct{ what, statement string }{
		{"names", fillNames},
		{"minutes", fmt.Sprintf(fillRollups, "minutes", 60, "minute", 24*60)},
		{"hours", fmt.Sprintf(fillRollups, "hours", 3600, "hour", 24)},
		{"heartbeats", fillRaw},
		{"blocks", fillBlocks},
		{"events", fillEvents},
	} {
		if _, err := tx.ExecContext(ctx, step.statement, p...); err != nil {
			return fmt.Errorf("fill in %s: %w", step.what, err)
		}
	}
	return tx.Commit()
}

const (
	// The newest heartbeat of each hive, and how its samples name their GPU and
	// their worker.
	fillTemplate = `
		CREATE TEMP TABLE one AS
		SELECT b.*, max(b.received_at),
		       substr(b.gpus, 1, instr(b.gpus, ',') - 1) AS gpu, substr(b.workers, 1, instr(b.workers, ',') - 1) AS worker
		FROM heartbeats b GROUP BY b.hive_pk;
		DELETE FROM heartbeats; DELETE FROM minutes; DELETE FROM hours; DELETE FROM history_blocks;`

	// The names have the same numbers in all scopes that the day touches.
	fillNames = `
		INSERT OR IGNORE INTO names (scope, n, name)
		SELECT s.scope, n.n, n.name
		FROM (SELECT date((@minute - 1440) * 60, 'unixepoch') AS scope
		      UNION SELECT strftime('%Y-%m', (@minute - 1440) * 60, 'unixepoch')
		      UNION SELECT strftime('%Y-%m', @minute * 60, 'unixepoch')) s
		JOIN names n ON n.scope = @scope`

	// Table, seconds, the parameter with the present, how many.
	fillRollups = `
		INSERT INTO %[1]s
		SELECT ((t.start / 10) << 36) + (o.hive_pk << 4) + t.start %% 10, %[2]d, 0, %[2]d, 0, 0, 0, %[2]d, o.cpu_pct_x100 / 2, o.cpu_pct_x100,
		       o.ram_used_mb - abs(random() %% 1000), o.ram_used_mb, o.ram_total_mb,
		       printf('%%s,%%.2f,%%d,%%d,%%d,%%.2f,%%d,%%.2f,%%d', o.gpu, abs(random() %% 9000) / 100.0, 90 + abs(random() %% 10),
		              12000 + abs(random() %% 1000), 13000, 50 + abs(random() %% 2000) / 100.0, 71, 200 + abs(random() %% 9999) / 100.0, 350),
		       printf('%%s,%[2]d,%%.2f,%%d,%%d,%%d,%%.2f,%%d,%%d,%%d', o.worker, abs(random() %% 9000) / 100.0, 90 + abs(random() %% 10),
		              14000 + abs(random() %% 1000), 15000, abs(random() %% 9000) / 100.0, 95, 12000 + abs(random() %% 1000), 13000)
		FROM (WITH RECURSIVE r(start) AS (SELECT @%[3]s - %[4]d UNION ALL SELECT start + 1 FROM r WHERE start + 1 < @%[3]s) SELECT start FROM r) t
		CROSS JOIN one o`

	fillRaw = `
		INSERT INTO heartbeats
		SELECT strftime('%Y-%m-%dT%H:%M:%S', t.second, 'unixepoch') || printf('.%03dZ', o.hive_pk % 1000), o.hive_pk / 1000,
		       o.hive_pk, o.epoch, o.skew_ms, NULL, o.cpu_pct_x100, o.ram_used_mb, o.ram_total_mb, o.gpus, o.workers
		FROM (WITH RECURSIVE r(second) AS (SELECT (@minute - @raw) * 60 UNION ALL SELECT second + 1 FROM r WHERE second + 1 < @minute * 60)
		      SELECT second FROM r) t
		CROSS JOIN one o`

	fillBlocks = `
		INSERT INTO history_blocks (tier, at, start, rows, bytes)
		SELECT 'minute', strftime('%Y-%m-%dT%H:%M:%fZ', start * 60, 'unixepoch'), start, count(*), sum(length(gpus) + length(workers) + 44) * 10 / 9
		FROM minutes GROUP BY start
		UNION ALL
		SELECT 'hour', strftime('%Y-%m-%dT%H:%M:%fZ', start * 3600, 'unixepoch'), start, count(*), sum(length(gpus) + length(workers) + 44) * 10 / 9
		FROM hours GROUP BY start
		UNION ALL
		SELECT 'raw', substr(received_at, 1, 16) || ':00.000Z', CAST(strftime('%s', substr(received_at, 1, 16)) AS INTEGER) / 60, count(*),
		       sum(length(gpus) + length(workers) + 66) * 10 / 9
		FROM heartbeats GROUP BY substr(received_at, 1, 16)`

	fillEvents = `
		INSERT INTO events (at_ms, epoch, kind, hive_id, detail)
		SELECT (@minute - 1440) * 60000 + t.n * 86400000 / @events, o.epoch, iif(t.n % 2, @recovered, @degraded), h.hive_id,
		       '{"last_seen":"2026-01-01T00:00:00.000Z","silent_ms":3200}'
		FROM (WITH RECURSIVE r(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM r WHERE n + 1 < @events) SELECT n FROM r) t
		CROSS JOIN one o JOIN hives h ON h.pk = o.hive_pk`
)
