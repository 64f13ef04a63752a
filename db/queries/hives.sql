-- name: Hives :many
SELECT * FROM hives ORDER BY pk;

-- name: SaveHive :one
INSERT INTO hives (
    hive_id, id_from_alias, instance_id, alias, hostname, address, port, pulled, peer_ip, version,
    operational_status, health_status, health_reason, registered_epoch, first_seen_ms, pulled_ms, forgotten_ms,
    last_beat_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (hive_id) DO UPDATE SET
    id_from_alias = excluded.id_from_alias, instance_id = excluded.instance_id, alias = excluded.alias,
    hostname = excluded.hostname, address = excluded.address, port = excluded.port, pulled = excluded.pulled,
    peer_ip = excluded.peer_ip, version = excluded.version, operational_status = excluded.operational_status,
    health_status = excluded.health_status, health_reason = excluded.health_reason,
    registered_epoch = excluded.registered_epoch, pulled_ms = excluded.pulled_ms,
    forgotten_ms = excluded.forgotten_ms, last_beat_at = excluded.last_beat_at
RETURNING pk;

-- name: RenameHive :exec
UPDATE hives SET hive_id = ? WHERE pk = ?;

-- name: Aliases :many
SELECT hive_pk, alias FROM hive_aliases ORDER BY hive_pk, position;

-- name: DeleteAliases :exec
DELETE FROM hive_aliases WHERE hive_pk = ?;

-- name: AddAlias :exec
INSERT INTO hive_aliases (hive_pk, position, alias) VALUES (?, ?, ?);

-- name: SetLastBeat :exec
UPDATE hives SET last_beat_at = ? WHERE pk = ?;

-- name: HiveKey :one
SELECT pk, last_beat_at FROM hives WHERE hive_id = ?;

-- name: OpenHives :many
SELECT pk FROM hives WHERE last_beat_at IS NULL;
