package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"rbee/internal/wire"
)

// job has a hive do something, and returns all that the stream says of it.
func job(ctx context.Context, client *http.Client, url, body string) (string, error) {
	raw, err := fetch(ctx, client, http.MethodPost, url+wire.PathJobs, body)
	if err != nil {
		return "", err
	}
	var ack wire.JobAck
	if err := json.Unmarshal(raw, &ack); err != nil {
		return "", fmt.Errorf("read the answer to a job: %w", err)
	}
	said, err := fetch(ctx, client, http.MethodGet, url+ack.SSEURL, "")
	return string(said), err
}

func fetch(ctx context.Context, client *http.Client, method, url, body string) (_ []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	raw, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %s", method, url, resp.Status, raw)
	}
	return raw, err
}

// beats are what a queen has of a hive.
type beats struct {
	count   int
	gap     time.Duration // the longest between two of them
	workers int           // in the heartbeat with the fewest
}

// beatsOf reads the heartbeats of a hive and a time from a state file whose queen has ended.
func beatsOf(ctx context.Context, state, hive string, from, to time.Time) (b beats, err error) {
	db, err := openState(state)
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, `SELECT received_at, json_array_length(workers) FROM audit_heartbeats
		WHERE hive_id = ? AND received_at >= ? AND received_at < ? ORDER BY received_at`, hive, text(from), text(to))
	if err != nil {
		return b, err
	}
	defer rows.Close()
	last := from
	for rows.Next() {
		var received string
		var workers int
		if err := rows.Scan(&received, &workers); err != nil {
			return b, err
		}
		at, err := time.Parse(time.RFC3339, received)
		if err != nil {
			return b, err
		}
		if b.count == 0 || workers < b.workers {
			b.workers = workers
		}
		b.count++
		b.gap, last = max(b.gap, at.Sub(last)), at
	}
	b.gap = max(b.gap, to.Sub(last))
	return b, rows.Err()
}

// text writes a time as the state file does.
func text(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
