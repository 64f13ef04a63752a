-- name: Heartbeats :many
SELECT epoch, received_at, CAST(sent_at AS TEXT) AS sent_at, CAST(workers AS TEXT) AS workers, CAST(coalesce(node, 'null') AS TEXT) AS node
FROM audit_heartbeats
WHERE hive_id = @hive_id AND received_at >= @from_at AND received_at <= @to_at
ORDER BY received_at DESC LIMIT @most;

-- name: LastHeartbeatID :one
SELECT CAST(coalesce(max(id), 0) AS INTEGER) FROM heartbeats;

-- name: AddName :exec
INSERT INTO names (name) VALUES (?) ON CONFLICT (name) DO NOTHING;

-- name: NameKey :one
SELECT pk FROM names WHERE name = ?;
