-- name: LastEpoch :one
SELECT CAST(coalesce(max(epoch), 0) AS INTEGER) FROM epochs;

-- name: UnfinishedEpochs :many
SELECT epoch, started_ms FROM epochs WHERE stopped_ms IS NULL ORDER BY epoch;

-- name: LastSignOfLife :one
SELECT CAST(max(
    coalesce((SELECT CASE WHEN e.epoch = @epoch THEN e.at_ms END FROM events e ORDER BY e.id DESC LIMIT 1), 0),
    coalesce((SELECT CASE WHEN b.epoch = @epoch THEN CAST(strftime('%s', b.received_at) AS INTEGER) * 1000
        + CAST(substr(b.received_at, 21, 3) AS INTEGER) END FROM heartbeats b ORDER BY b.received_at DESC LIMIT 1), 0)
) AS INTEGER);

-- name: EpochEnds :many
SELECT epoch, stopped_ms FROM epochs;

-- name: StartEpoch :exec
INSERT INTO epochs (epoch, started_ms, version, schema_version) VALUES (?, ?, ?, ?);

-- name: StopEpoch :exec
UPDATE epochs SET stopped_ms = ?, stop_reason = ? WHERE epoch = ?;
