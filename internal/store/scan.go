package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	"rbee/internal/store/internal/dbsqlc"
	"rbee/internal/wire"
)

// rollupsText are the queries for the rows of one hive in a span of a tier.
var rollupsText = map[wire.Tier]string{wire.TierMinute: dbsqlc.MinutesText, wire.TierHour: dbsqlc.HoursText}

// rollupsOf reads the rows of a hive in a tier, oldest first, from one text of a
// time to before another. It asks the driver itself: a page of the history is
// some thousand rows of many columns, and what package sql does for each of
// them costs as much as finding the row.
func (s *Store) rollupsOf(ctx context.Context, tier wire.Tier, pk int64, from, to string) (found []dbsqlc.Minute, err error) {
	conn, err := s.readDB.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	err = conn.Raw(func(c any) (err error) {
		args := []driver.NamedValue{{Ordinal: 1, Value: pk}, {Ordinal: 2, Value: from}, {Ordinal: 3, Value: to}}
		rows, err := c.(driver.QueryerContext).QueryContext(ctx, rollupsText[tier], args) //nolint:forcetypeassert // the driver's are
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		values := make([]driver.Value, len(rows.Columns()))
		for {
			switch err := rows.Next(values); {
			case errors.Is(err, io.EOF):
				return nil
			case err != nil:
				return err
			case ctx.Err() != nil:
				return ctx.Err()
			}
			row, err := minuteOf(values)
			if err != nil {
				return err
			}
			found = append(found, row)
		}
	})
	return found, err
}

// minuteOf takes over the columns of a row.
func minuteOf(values []driver.Value) (m dbsqlc.Minute, err error) {
	for i, into := range [...]*int64{
		&m.ID, &m.Start, &m.HivePK, &m.Heartbeats, &m.Missed, &m.HealthyS, &m.DegradedS, &m.DownS, &m.StoppedS, &m.Nodes,
	} {
		v, ok := values[i].(int64)
		if !ok {
			return m, fmt.Errorf("column %d: %w", i, errShape)
		}
		*into = v
	}
	const nullable, texts = 10, 15
	known := new([texts - nullable]int64)
	for i, into := range [...]**int64{&m.CPUPctX100Mean, &m.CPUPctX100Max, &m.RAMUsedMBMean, &m.RAMUsedMBMax, &m.RAMTotalMB} {
		if v, ok := values[nullable+i].(int64); ok {
			known[i], *into = v, &known[i]
		}
	}
	for i, into := range [...]*string{&m.Gpus, &m.Workers} {
		v, ok := values[texts+i].(string)
		if !ok {
			return m, fmt.Errorf("column %d: %w", texts+i, errShape)
		}
		*into = v
	}
	return m, nil
}
