-- name: NamesOfScope :many
SELECT n, name FROM names WHERE scope = ?;

-- name: NameOf :one
SELECT name FROM names WHERE scope = ? AND n = ?;

-- name: AddName :exec
INSERT INTO names (scope, n, name) VALUES (?, ?, ?);

-- name: OldestDayOfNames :one
SELECT CAST(coalesce(min(scope), '') AS TEXT) FROM names WHERE length(scope) = 10;

-- name: OldestMonthOfNames :one
SELECT CAST(coalesce(min(scope), '') AS TEXT) FROM names WHERE length(scope) = 7;

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
DELETE FROM history_blocks WHERE tier = ? AND at <= ?;

-- name: Minutes :many
SELECT m.* FROM history_blocks k JOIN minutes m ON m.start = k.start AND m.hive_pk = @hive_pk
WHERE k.tier = 'minute' AND k.at >= @from_at AND k.at < @to_at ORDER BY k.at;

-- name: Hours :many
SELECT m.* FROM history_blocks k JOIN hours m ON m.start = k.start AND m.hive_pk = @hive_pk
WHERE k.tier = 'hour' AND k.at >= @from_at AND k.at < @to_at ORDER BY k.at;

-- name: MinutesOfAll :many
SELECT * FROM minutes
WHERE (start, hive_pk) > (@after_start, @after_hive) AND start <= @last_start ORDER BY start, hive_pk LIMIT @most;

-- name: DeleteMinutes :execrows
DELETE FROM minutes WHERE minutes.start = @start AND minutes.hive_pk IN (
    SELECT m.hive_pk FROM minutes m WHERE m.start = @start ORDER BY m.hive_pk LIMIT @most);

-- name: DeleteHours :execrows
DELETE FROM hours WHERE hours.start = @start AND hours.hive_pk IN (
    SELECT m.hive_pk FROM hours m WHERE m.start = @start ORDER BY m.hive_pk LIMIT @most);
