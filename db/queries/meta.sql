-- name: Meta :one
SELECT value FROM meta WHERE key = ?;

-- name: SetMeta :exec
INSERT INTO meta (key, value) VALUES (?, ?);

-- name: TouchMeta :exec
UPDATE meta SET value = value WHERE key = 'queen_id';

-- name: DeleteMeta :exec
DELETE FROM meta WHERE key = ?;
