-- name: NamesOfScope :many
SELECT n, name FROM names WHERE scope = ?;

-- name: NameOf :one
SELECT name FROM names WHERE scope = ? AND n = ?;

-- name: AddName :exec
INSERT INTO names (scope, n, name) VALUES (?, ?, ?);

-- name: NextScope :one
SELECT CAST(coalesce(min(scope), '') AS TEXT) FROM names WHERE scope > ?;

-- name: DeleteNames :execrows
DELETE FROM names WHERE names.scope = @scope AND names.n IN (
    SELECT m.n FROM names m WHERE m.scope = @scope ORDER BY m.n LIMIT @most);

-- name: Blocks :many
SELECT tier, start, rows, bytes FROM history_blocks ORDER BY tier, at;

-- name: AddToBlock :exec
INSERT INTO history_blocks (tier, at, start, rows, bytes) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (tier, at) DO UPDATE SET rows = rows + excluded.rows, bytes = bytes + excluded.bytes;

-- name: SetBlock :exec
INSERT INTO history_blocks (tier, at, start, rows, bytes) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (tier, at) DO UPDATE SET rows = excluded.rows, bytes = excluded.bytes;

-- name: DeleteBlocks :exec
DELETE FROM history_blocks WHERE tier = @tier AND at >= @first AND at <= @last;

-- name: Minutes :many
SELECT m.* FROM history_blocks k
JOIN minutes m ON m.id = ((k.start / 10) << 36) + (CAST(@hive_pk AS INTEGER) << 4) + k.start % 10
WHERE k.tier = 'minute' AND k.at >= @from_at AND k.at < @to_at ORDER BY k.at;

-- name: Hours :many
SELECT m.* FROM history_blocks k
JOIN hours m ON m.id = ((k.start / 10) << 36) + (CAST(@hive_pk AS INTEGER) << 4) + k.start % 10
WHERE k.tier = 'hour' AND k.at >= @from_at AND k.at < @to_at ORDER BY k.at;

-- name: MinutesOfAll :many
SELECT * FROM minutes WHERE id > @after_id AND id <= @last_id ORDER BY id LIMIT @most;

-- name: CountMinutes :one
SELECT count(*) AS hives, CAST(coalesce(sum(nodes > 0), 0) AS INTEGER) AS nodes,
       CAST(coalesce(sum(length(gpus) + length(workers)), 0) AS INTEGER) AS text_bytes
FROM minutes WHERE id >= @first_id AND id <= @last_id AND start = @start;

-- name: CountHours :one
SELECT count(*) AS hives, CAST(coalesce(sum(nodes > 0), 0) AS INTEGER) AS nodes,
       CAST(coalesce(sum(length(gpus) + length(workers)), 0) AS INTEGER) AS text_bytes
FROM hours WHERE id >= @first_id AND id <= @last_id AND start = @start;

-- name: MinuteAt :one
SELECT id FROM minutes WHERE id <= @last_id ORDER BY id LIMIT 1 OFFSET @place;

-- name: DeleteMinutes :execrows
DELETE FROM minutes WHERE id <= @last_id;

-- name: HourAt :one
SELECT id FROM hours WHERE id <= @last_id ORDER BY id LIMIT 1 OFFSET @place;

-- name: DeleteHours :execrows
DELETE FROM hours WHERE id <= @last_id;
