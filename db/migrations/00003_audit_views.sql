-- The contract with auditors: names and columns stay, columns may be added at
-- the end. They use nothing that sqlite3 3.37 does not know, since one unknown
-- construct in one view makes the whole file unreadable to that program.

-- +goose Up
CREATE VIEW audit_epochs AS
SELECT epoch,
       strftime('%Y-%m-%dT%H:%M:%fZ', started_ms / 1000.0, 'unixepoch') AS started_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', stopped_ms / 1000.0, 'unixepoch') AS stopped_at,
       stop_reason,
       version,
       schema_version
FROM epochs;

CREATE VIEW audit_hives AS
SELECT h.hive_id,
       nullif(h.instance_id, '') AS instance_id,
       nullif(h.alias, '') AS alias,
       h.hostname,
       h.port,
       h.version,
       h.registered_epoch,
       strftime('%Y-%m-%dT%H:%M:%fZ', h.first_seen_ms / 1000.0, 'unixepoch') AS first_seen_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', max(h.pulled_ms, coalesce(
           (SELECT b.received_ms FROM heartbeats b WHERE b.hive_pk = h.pk ORDER BY b.received_at DESC LIMIT 1),
           0)) / 1000.0, 'unixepoch') AS last_seen_at,
       h.address,
       (SELECT json_group_array(a.alias) FROM hive_aliases a WHERE a.hive_pk = h.pk) AS aliases,
       h.operational_status
FROM hives h
WHERE h.forgotten_ms IS NULL;

CREATE VIEW audit_devices AS
SELECT h.hive_id,
       d.device_id,
       d.name,
       d.device_type,
       d.vram_gb,
       d.compute_capability,
       d.recorded_epoch,
       strftime('%Y-%m-%dT%H:%M:%fZ', d.recorded_ms / 1000.0, 'unixepoch') AS recorded_at
FROM devices d
JOIN hives h ON h.pk = d.hive_pk
WHERE h.forgotten_ms IS NULL;

CREATE VIEW audit_heartbeats AS
SELECT h.hive_id,
       b.epoch,
       b.received_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', b.sent_ms / 1000.0, 'unixepoch') AS sent_at,
       (SELECT json_group_array(json_object(
                   'pid', w.pid,
                   'group', (SELECT n.name FROM names n WHERE n.pk = w.group_name),
                   'instance', (SELECT n.name FROM names n WHERE n.pk = w.instance_name),
                   'cpu_pct', w.cpu_pct_x100 / 100.0,
                   'rss_mb', w.rss_mb,
                   'io_r_mb_s', w.io_r_kb_s / 1000.0,
                   'io_w_mb_s', w.io_w_kb_s / 1000.0,
                   'uptime_s', w.uptime_s,
                   'gpu_util_pct', w.gpu_util_pct_x100 / 100.0,
                   'vram_mb', w.vram_mb,
                   'total_vram_mb', w.total_vram_mb,
                   'model', (SELECT n.name FROM names n WHERE n.pk = w.model_name)))
        FROM heartbeat_workers w WHERE w.heartbeat_id = b.id) AS workers,
       CASE WHEN b.cpu_pct_x100 IS NOT NULL THEN json_object(
           'cpu_pct', b.cpu_pct_x100 / 100.0,
           'ram_used_mb', b.ram_used_mb,
           'ram_total_mb', b.ram_total_mb,
           'gpus', json((SELECT json_group_array(json_object(
                               'id', (SELECT n.name FROM names n WHERE n.pk = g.gpu_name),
                               'util_pct', g.util_pct_x100 / 100.0,
                               'vram_used_mb', g.vram_used_mb,
                               'vram_total_mb', g.vram_total_mb,
                               'temp_c', g.temp_c_x10 / 10.0,
                               'power_w', g.power_mw / 1000.0))
                    FROM heartbeat_gpus g WHERE g.heartbeat_id = b.id))) END AS node
FROM heartbeats b
JOIN hives h ON h.pk = b.hive_pk;

CREATE VIEW audit_discoveries AS
SELECT alias,
       hostname,
       port,
       source,
       outcome,
       hive_id,
       error,
       strftime('%Y-%m-%dT%H:%M:%fZ', attempted_ms / 1000.0, 'unixepoch') AS attempted_at,
       epoch,
       error_text
FROM discoveries;

CREATE VIEW audit_events AS
SELECT id,
       strftime('%Y-%m-%dT%H:%M:%fZ', at_ms / 1000.0, 'unixepoch') AS at,
       epoch,
       kind,
       hive_id,
       detail
FROM events;

-- +goose Down
DROP VIEW audit_events;
DROP VIEW audit_discoveries;
DROP VIEW audit_heartbeats;
DROP VIEW audit_devices;
DROP VIEW audit_hives;
DROP VIEW audit_epochs;
