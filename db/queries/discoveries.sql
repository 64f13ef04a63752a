-- name: AddDiscovery :exec
INSERT INTO discoveries (
    epoch, attempted_ms, alias, hostname, port, source, outcome, hive_id, error, error_text
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: Discoveries :many
SELECT * FROM discoveries ORDER BY id DESC LIMIT ?;

-- name: PruneDiscoveries :exec
DELETE FROM discoveries WHERE attempted_ms < ?;
