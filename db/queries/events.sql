-- name: AddEvent :one
INSERT INTO events (at_ms, epoch, kind, hive_id, detail) VALUES (?, ?, ?, ?, ?) RETURNING id;

-- name: EventsAfter :many
SELECT * FROM events
WHERE id > @after
  AND (CAST(@hive AS TEXT) = '' OR hive_id = @hive)
  AND (CAST(@kind AS TEXT) = '' OR kind = @kind)
ORDER BY id LIMIT @most;

-- name: EventsBefore :many
SELECT * FROM events
WHERE id < @before
  AND (CAST(@hive AS TEXT) = '' OR hive_id = @hive)
  AND (CAST(@kind AS TEXT) = '' OR kind = @kind)
ORDER BY id DESC LIMIT @most;

-- name: DeleteEvents :execrows
DELETE FROM events WHERE events.at_ms < @before AND events.id IN (SELECT e.id FROM events e ORDER BY e.id LIMIT @most);
