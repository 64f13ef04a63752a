-- name: Heartbeats :many
SELECT received_at, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers
FROM heartbeats
WHERE hive_pk = @hive_pk AND received_at >= @from_at AND received_at < @to_at
ORDER BY received_at DESC, n DESC LIMIT @most;

-- name: HeartbeatsOfAll :many
SELECT received_at, n, hive_pk, epoch, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers
FROM heartbeats
WHERE (received_at, n) > (CAST(@after_at AS TEXT), CAST(@after_n AS INTEGER)) AND received_at < @to_at
ORDER BY received_at, n LIMIT @most;

-- name: NewestHeartbeat :one
SELECT received_at, n FROM heartbeats ORDER BY received_at DESC, n DESC LIMIT 1;

-- name: LastOfMillisecond :one
SELECT CAST(coalesce(max(n), -1) AS INTEGER) FROM heartbeats WHERE received_at = ?;

-- name: LastBeats :many
SELECT hive_pk, CAST(max(received_at) AS TEXT) AS last_at FROM heartbeats WHERE received_at >= ? GROUP BY hive_pk;

-- name: CountHeartbeats :many
SELECT CAST(substr(received_at, 1, 16) AS TEXT) AS minute, count(*) AS beats,
       CAST(sum(length(gpus) + length(workers)) AS INTEGER) AS text_bytes
FROM heartbeats
WHERE received_at >= ? GROUP BY 1 ORDER BY 1;

-- name: HeartbeatAt :one
SELECT received_at, n FROM heartbeats WHERE received_at < @before ORDER BY received_at, n LIMIT 1 OFFSET @place;

-- name: DeleteHeartbeats :execrows
DELETE FROM heartbeats WHERE (received_at, n) <= (CAST(@last_at AS TEXT), CAST(@last_n AS INTEGER));

-- name: LastBeatWithin :one
SELECT received_at FROM heartbeats
WHERE hive_pk = @hive_pk AND received_at >= @from_at AND received_at < @to_at ORDER BY received_at DESC LIMIT 1;
