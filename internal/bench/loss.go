package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// acknowledged reads the list of what the swarm got a 200 for: "hive_id sent_at".
func acknowledged(file string) (lines []string, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	scan := bufio.NewScanner(f)
	for scan.Scan() {
		lines = append(lines, scan.Text())
	}
	return lines, scan.Err()
}

// stored counts the same of a state file whose queen has ended, as an auditor
// reads it.
func stored(ctx context.Context, state string) (count map[string]int, err error) {
	db, err := openState(state)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, "SELECT hive_id || ' ' || sent_at FROM audit_heartbeats")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	count = map[string]int{}
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, err
		}
		count[line]++
	}
	return count, rows.Err()
}

// lost returns the acknowledged heartbeats that are stored less often than they
// were acknowledged. It uses up the count.
func lost(acked []string, count map[string]int) (missing []string) {
	for _, line := range acked {
		if count[line]--; count[line] < 0 {
			missing = append(missing, line)
		}
	}
	return missing
}

// loss compares what was acknowledged with what is stored. Then it removes one
// acknowledged heartbeat from the file: a comparison that does not miss exactly
// that one proves nothing.
func loss(ctx context.Context, ackedFile, state string) (missing []string, acked int, err error) {
	list, err := acknowledged(ackedFile)
	if err != nil {
		return nil, 0, err
	}
	if len(list) == 0 {
		return nil, 0, errors.New("nothing was acknowledged, so nothing can have been lost")
	}
	count, err := stored(ctx, state)
	if err != nil {
		return nil, 0, err
	}
	missing = lost(list, count)
	if len(missing) > 0 {
		return missing, len(list), nil
	}
	victim := list[len(list)/2]
	if err := removeHeartbeat(ctx, state, victim); err != nil {
		return nil, 0, err
	}
	if count, err = stored(ctx, state); err != nil {
		return nil, 0, err
	}
	if found := lost(list, count); len(found) != 1 || found[0] != victim {
		return nil, 0, fmt.Errorf("the comparison cannot be trusted: one heartbeat was removed (%s), it misses %d", victim, len(found))
	}
	return nil, len(list), nil
}

// removeHeartbeat deletes one row that is such a line.
func removeHeartbeat(ctx context.Context, state, line string) (err error) {
	id, text, _ := strings.Cut(line, " ")
	sent, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return err
	}
	db, err := openState(state)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.ExecContext(ctx, `
		DELETE FROM heartbeats
		WHERE (received_at, n) = (
			SELECT b.received_at, b.n FROM heartbeats b JOIN hives h ON h.pk = b.hive_pk
			WHERE h.hive_id = ? AND CAST(strftime('%s', b.received_at) AS INTEGER) * 1000
			    + CAST(substr(b.received_at, 21, 3) AS INTEGER) + b.skew_ms = ? LIMIT 1)`, id, sent.UnixMilli())
	return err
}
