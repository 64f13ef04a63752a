-- name: Devices :many
SELECT hive_pk, device_id, name, device_type, vram_gb, compute_capability FROM devices ORDER BY hive_pk, position;

-- name: DeleteDevices :exec
DELETE FROM devices WHERE hive_pk = ?;

-- name: AddDevice :exec
INSERT INTO devices (
    hive_pk, position, device_id, name, device_type, vram_gb, compute_capability, recorded_epoch, recorded_ms
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: ConfirmDevices :exec
UPDATE devices SET recorded_epoch = @epoch, recorded_ms = @at_ms WHERE hive_pk = @hive_pk;
