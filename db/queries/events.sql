-- name: AddEvent :one
INSERT INTO events (at_ms, epoch, kind, hive_id, detail) VALUES (?, ?, ?, ?, ?) RETURNING id;

-- name: EventsAfter :many
SELECT * FROM events
WHERE id > @after
  AND (CAST(@hive AS TEXT) = '' OR hive_id = @hive)
  AND (CAST(@kind AS TEXT) = '' OR kind = @kind)
ORDER BY id LIMIT @most;

-- name: LastEvents :many
SELECT * FROM events
WHERE (CAST(@hive AS TEXT) = '' OR hive_id = @hive)
  AND (CAST(@kind AS TEXT) = '' OR kind = @kind)
ORDER BY id DESC LIMIT @most;
