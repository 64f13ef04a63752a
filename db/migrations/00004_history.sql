-- The history in three tiers: every heartbeat, and what a hive did in each
-- minute and in each hour. All three grow at their end only, in the order of
-- time, and are deleted from their beginning.

-- +goose Up
DROP VIEW audit_heartbeats;
DROP VIEW audit_hives;
-- NULL while heartbeats arrive: then the newest row tells. Written when the
-- hive falls silent, stops or is forgotten, so that whoever looks for its last
-- heartbeats begins there; '' when there never was one.
ALTER TABLE hives ADD COLUMN last_beat_at TEXT;
UPDATE hives SET last_beat_at =
    coalesce((SELECT max(b.received_at) FROM heartbeats b WHERE b.hive_pk = hives.pk), '');

DROP INDEX heartbeats_by_hive;
ALTER TABLE heartbeats RENAME TO old_heartbeats;
ALTER TABLE heartbeat_workers RENAME TO old_workers;
ALTER TABLE heartbeat_gpus RENAME TO old_gpus;
ALTER TABLE names RENAME TO old_names;

-- What the samples of GPUs and workers are of, as JSON: ["GPU-0",24564] (id,
-- VRAM in MiB) or ["llm","8080","llama-3.2-1b",24564] (group, instance, model,
-- VRAM in MiB), with the pid after it for heartbeats. Numbered anew in each
-- scope: a day for heartbeats and minutes, a month for hours. A sample has the
-- number, or the JSON itself.
CREATE TABLE names (
    scope TEXT NOT NULL, -- '2026-11-21' or '2026-11'
    n     INTEGER NOT NULL,
    name  TEXT NOT NULL,
    PRIMARY KEY (scope, n)
) STRICT, WITHOUT ROWID;

-- Every accepted heartbeat. The time is text, and the key, so that an auditor's
-- ORDER BY received_at and comparisons with a time written out need no index.
-- gpus and workers are the inside of a JSON list of lists, one for each:
-- name, util_pct, vram_used_mb, temp_c, power_w; and
-- name, cpu_pct, rss_mb, io_r_mb_s, io_w_mb_s, uptime_s, gpu_util_pct, vram_mb.
CREATE TABLE heartbeats (
    received_at  TEXT NOT NULL,
    n            INTEGER NOT NULL, -- tells those of one millisecond apart
    hive_pk      INTEGER NOT NULL,
    epoch        INTEGER NOT NULL,
    skew_ms      INTEGER NOT NULL, -- when it was sent, by the hive's clock, less received_at
    next_ms      INTEGER,          -- when the next was expected: NULL after a second, 0 never (a planned stop)
    cpu_pct_x100 INTEGER,          -- NULL: the heartbeat had no node
    ram_used_mb  INTEGER,
    ram_total_mb INTEGER,
    gpus         TEXT NOT NULL,
    workers      TEXT NOT NULL,
    PRIMARY KEY (received_at, n)
) STRICT, WITHOUT ROWID;

-- One row for each hive and minute in which the queen had met it. Means are
-- over the heartbeats that told the figure. gpus and workers as above:
-- name, then the mean and the maximum of util_pct, vram_used_mb, temp_c, power_w,
-- then the number of heartbeats where it is not that of the node; and
-- name, heartbeats, then the mean and the maximum of cpu_pct, rss_mb, gpu_util_pct, vram_mb.
CREATE TABLE minutes (
    start             INTEGER NOT NULL, -- minutes since 1970-01-01
    hive_pk           INTEGER NOT NULL,
    heartbeats        INTEGER NOT NULL,
    missed            INTEGER NOT NULL, -- expected and not received, while the queen ran
    healthy_s         INTEGER NOT NULL,
    degraded_s        INTEGER NOT NULL,
    down_s            INTEGER NOT NULL,
    stopped_s         INTEGER NOT NULL,
    nodes             INTEGER NOT NULL, -- heartbeats with a node
    cpu_pct_x100_mean INTEGER,
    cpu_pct_x100_max  INTEGER,
    ram_used_mb_mean  INTEGER,
    ram_used_mb_max   INTEGER,
    ram_total_mb      INTEGER,          -- the largest
    gpus              TEXT NOT NULL,
    workers           TEXT NOT NULL,
    PRIMARY KEY (start, hive_pk)
) STRICT, WITHOUT ROWID;

CREATE TABLE hours (
    start             INTEGER NOT NULL, -- hours since 1970-01-01; the rest as in minutes
    hive_pk           INTEGER NOT NULL,
    heartbeats        INTEGER NOT NULL,
    missed            INTEGER NOT NULL,
    healthy_s         INTEGER NOT NULL,
    degraded_s        INTEGER NOT NULL,
    down_s            INTEGER NOT NULL,
    stopped_s         INTEGER NOT NULL,
    nodes             INTEGER NOT NULL,
    cpu_pct_x100_mean INTEGER,
    cpu_pct_x100_max  INTEGER,
    ram_used_mb_mean  INTEGER,
    ram_used_mb_max   INTEGER,
    ram_total_mb      INTEGER,
    gpus              TEXT NOT NULL,
    workers           TEXT NOT NULL,
    PRIMARY KEY (start, hive_pk)
) STRICT, WITHOUT ROWID;

-- What each tier holds, by minute (raw and minute) or hour. A block of minutes
-- or hours is here when all its rows are: what is missing after a crash is
-- made again from the tier below. The last block that was deleted is here
-- without rows.
CREATE TABLE history_blocks (
    tier  TEXT NOT NULL CHECK (tier IN ('raw', 'minute', 'hour')),
    at    TEXT NOT NULL,    -- its beginning
    start INTEGER NOT NULL, -- the same, in minutes or hours since 1970-01-01
    rows  INTEGER NOT NULL,
    bytes INTEGER NOT NULL, -- of the file, by estimate
    PRIMARY KEY (tier, at)
) STRICT, WITHOUT ROWID;

INSERT INTO heartbeats (
    received_at, n, hive_pk, epoch, skew_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers)
SELECT b.received_at,
       row_number() OVER (PARTITION BY b.received_at ORDER BY b.id) - 1,
       b.hive_pk,
       b.epoch,
       b.sent_ms - b.received_ms,
       b.cpu_pct_x100,
       b.ram_used_mb,
       b.ram_total_mb,
       coalesce((SELECT group_concat(substr(s.sample, 2, length(s.sample) - 2), '],[')
                 FROM (SELECT json_array(json_array((SELECT n.name FROM old_names n WHERE n.pk = g.gpu_name), g.vram_total_mb),
                                         g.util_pct_x100 / 100.0, g.vram_used_mb, g.temp_c_x10 / 10.0,
                                         g.power_mw / 1000.0) AS sample
                       FROM old_gpus g WHERE g.heartbeat_id = b.id ORDER BY g.position) s), ''),
       coalesce((SELECT group_concat(substr(s.sample, 2, length(s.sample) - 2), '],[')
                 FROM (SELECT json_array(json_array((SELECT n.name FROM old_names n WHERE n.pk = w.group_name),
                                                    (SELECT n.name FROM old_names n WHERE n.pk = w.instance_name),
                                                    (SELECT n.name FROM old_names n WHERE n.pk = w.model_name),
                                                    w.total_vram_mb, w.pid),
                                         w.cpu_pct_x100 / 100.0, w.rss_mb, w.io_r_kb_s / 1000.0, w.io_w_kb_s / 1000.0,
                                         w.uptime_s, w.gpu_util_pct_x100 / 100.0, w.vram_mb) AS sample
                       FROM old_workers w WHERE w.heartbeat_id = b.id ORDER BY w.position) s), '')
FROM old_heartbeats b
ORDER BY b.received_at, b.id;

DROP TABLE old_gpus;
DROP TABLE old_workers;
DROP TABLE old_heartbeats;
DROP TABLE old_names;

CREATE VIEW audit_heartbeats AS
SELECT h.hive_id,
       b.epoch,
       b.received_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', (CAST(strftime('%s', b.received_at) AS INTEGER) * 1000
           + CAST(substr(b.received_at, 21, 3) AS INTEGER) + b.skew_ms) / 1000.0, 'unixepoch') AS sent_at,
       CASE WHEN b.workers = '' THEN '[]' ELSE
           (SELECT json_group_array(json_object(
                       'pid', json_extract(w.name, '$[4]'),
                       'group', json_extract(w.name, '$[0]'),
                       'instance', json_extract(w.name, '$[1]'),
                       'cpu_pct', json_extract(w.sample, '$[1]'),
                       'rss_mb', json_extract(w.sample, '$[2]'),
                       'io_r_mb_s', json_extract(w.sample, '$[3]'),
                       'io_w_mb_s', json_extract(w.sample, '$[4]'),
                       'uptime_s', json_extract(w.sample, '$[5]'),
                       'gpu_util_pct', json_extract(w.sample, '$[6]'),
                       'vram_mb', json_extract(w.sample, '$[7]'),
                       'total_vram_mb', json_extract(w.name, '$[3]'),
                       'model', json_extract(w.name, '$[2]')))
            FROM (SELECT e.value AS sample,
                         CASE json_type(e.value, '$[0]') WHEN 'array' THEN json_extract(e.value, '$[0]') ELSE
                             (SELECT n.name FROM names n
                              WHERE n.scope = substr(b.received_at, 1, 10) AND n.n = json_extract(e.value, '$[0]')) END AS name
                  FROM json_each('[[' || b.workers || ']]') e) w) END AS workers,
       CASE WHEN b.cpu_pct_x100 IS NOT NULL THEN json_object(
           'cpu_pct', b.cpu_pct_x100 / 100.0,
           'ram_used_mb', b.ram_used_mb,
           'ram_total_mb', b.ram_total_mb,
           'gpus', json(CASE WHEN b.gpus = '' THEN '[]' ELSE
               (SELECT json_group_array(json_object(
                           'id', json_extract(g.name, '$[0]'),
                           'util_pct', json_extract(g.sample, '$[1]'),
                           'vram_used_mb', json_extract(g.sample, '$[2]'),
                           'vram_total_mb', json_extract(g.name, '$[1]'),
                           'temp_c', json_extract(g.sample, '$[3]'),
                           'power_w', json_extract(g.sample, '$[4]')))
                FROM (SELECT e.value AS sample,
                             CASE json_type(e.value, '$[0]') WHEN 'array' THEN json_extract(e.value, '$[0]') ELSE
                                 (SELECT n.name FROM names n
                                  WHERE n.scope = substr(b.received_at, 1, 10) AND n.n = json_extract(e.value, '$[0]')) END AS name
                      FROM json_each('[[' || b.gpus || ']]') e) g) END)) END AS node
FROM heartbeats b
JOIN hives h ON h.pk = b.hive_pk AND b.received_at <= coalesce(h.last_beat_at, '9999');

CREATE VIEW audit_hives AS
SELECT h.hive_id,
       nullif(h.instance_id, '') AS instance_id,
       nullif(h.alias, '') AS alias,
       h.hostname,
       h.port,
       h.version,
       h.registered_epoch,
       strftime('%Y-%m-%dT%H:%M:%fZ', h.first_seen_ms / 1000.0, 'unixepoch') AS first_seen_at,
       nullif(max(coalesce(strftime('%Y-%m-%dT%H:%M:%fZ', nullif(h.pulled_ms, 0) / 1000.0, 'unixepoch'), ''),
                  coalesce(h.last_beat_at, l.at,
                           (SELECT b.received_at FROM heartbeats b WHERE b.hive_pk = h.pk ORDER BY b.received_at DESC LIMIT 1),
                           '')), '') AS last_seen_at,
       h.address,
       (SELECT json_group_array(a.alias) FROM hive_aliases a WHERE a.hive_pk = h.pk) AS aliases,
       h.operational_status
FROM hives h
LEFT JOIN (SELECT b.hive_pk, max(b.received_at) AS at
           FROM heartbeats b
           WHERE b.received_at >= strftime('%Y-%m-%dT%H:%M:%fZ', (SELECT max(received_at) FROM heartbeats), '-60 seconds')
           GROUP BY b.hive_pk) l ON l.hive_pk = h.pk
WHERE h.forgotten_ms IS NULL;

CREATE VIEW audit_minutes AS
SELECT h.hive_id,
       k.at,
       m.heartbeats,
       m.missed,
       m.healthy_s AS seconds_healthy,
       m.degraded_s AS seconds_degraded,
       m.down_s AS seconds_down,
       m.stopped_s AS seconds_stopped,
       m.cpu_pct_x100_mean / 100.0 AS cpu_pct_mean,
       m.cpu_pct_x100_max / 100.0 AS cpu_pct_max,
       m.ram_used_mb_mean,
       m.ram_used_mb_max,
       m.ram_total_mb,
       CASE WHEN m.gpus = '' THEN '[]' ELSE
           (SELECT json_group_array(json_object(
                       'id', json_extract(g.name, '$[0]'),
                       'vram_total_mb', json_extract(g.name, '$[1]'),
                       'util_pct_mean', json_extract(g.sample, '$[1]'), 'util_pct_max', json_extract(g.sample, '$[2]'),
                       'vram_used_mb_mean', json_extract(g.sample, '$[3]'), 'vram_used_mb_max', json_extract(g.sample, '$[4]'),
                       'temp_c_mean', json_extract(g.sample, '$[5]'), 'temp_c_max', json_extract(g.sample, '$[6]'),
                       'power_w_mean', json_extract(g.sample, '$[7]'), 'power_w_max', json_extract(g.sample, '$[8]')))
            FROM (SELECT e.value AS sample,
                         CASE json_type(e.value, '$[0]') WHEN 'array' THEN json_extract(e.value, '$[0]') ELSE
                             (SELECT n.name FROM names n
                              WHERE n.scope = substr(k.at, 1, 10) AND n.n = json_extract(e.value, '$[0]')) END AS name
                  FROM json_each('[[' || m.gpus || ']]') e) g) END AS gpus,
       CASE WHEN m.workers = '' THEN '[]' ELSE
           (SELECT json_group_array(json_object(
                       'group', json_extract(w.name, '$[0]'),
                       'instance', json_extract(w.name, '$[1]'),
                       'model', json_extract(w.name, '$[2]'),
                       'total_vram_mb', json_extract(w.name, '$[3]'),
                       'heartbeats', json_extract(w.sample, '$[1]'),
                       'cpu_pct_mean', json_extract(w.sample, '$[2]'), 'cpu_pct_max', json_extract(w.sample, '$[3]'),
                       'rss_mb_mean', json_extract(w.sample, '$[4]'), 'rss_mb_max', json_extract(w.sample, '$[5]'),
                       'gpu_util_pct_mean', json_extract(w.sample, '$[6]'), 'gpu_util_pct_max', json_extract(w.sample, '$[7]'),
                       'vram_mb_mean', json_extract(w.sample, '$[8]'), 'vram_mb_max', json_extract(w.sample, '$[9]')))
            FROM (SELECT e.value AS sample,
                         CASE json_type(e.value, '$[0]') WHEN 'array' THEN json_extract(e.value, '$[0]') ELSE
                             (SELECT n.name FROM names n
                              WHERE n.scope = substr(k.at, 1, 10) AND n.n = json_extract(e.value, '$[0]')) END AS name
                  FROM json_each('[[' || m.workers || ']]') e) w) END AS workers
FROM history_blocks k
JOIN minutes m ON m.start = k.start
JOIN hives h ON h.pk = m.hive_pk
WHERE k.tier = 'minute';

CREATE VIEW audit_hours AS
SELECT h.hive_id,
       k.at,
       m.heartbeats,
       m.missed,
       m.healthy_s AS seconds_healthy,
       m.degraded_s AS seconds_degraded,
       m.down_s AS seconds_down,
       m.stopped_s AS seconds_stopped,
       m.cpu_pct_x100_mean / 100.0 AS cpu_pct_mean,
       m.cpu_pct_x100_max / 100.0 AS cpu_pct_max,
       m.ram_used_mb_mean,
       m.ram_used_mb_max,
       m.ram_total_mb,
       CASE WHEN m.gpus = '' THEN '[]' ELSE
           (SELECT json_group_array(json_object(
                       'id', json_extract(g.name, '$[0]'),
                       'vram_total_mb', json_extract(g.name, '$[1]'),
                       'util_pct_mean', json_extract(g.sample, '$[1]'), 'util_pct_max', json_extract(g.sample, '$[2]'),
                       'vram_used_mb_mean', json_extract(g.sample, '$[3]'), 'vram_used_mb_max', json_extract(g.sample, '$[4]'),
                       'temp_c_mean', json_extract(g.sample, '$[5]'), 'temp_c_max', json_extract(g.sample, '$[6]'),
                       'power_w_mean', json_extract(g.sample, '$[7]'), 'power_w_max', json_extract(g.sample, '$[8]')))
            FROM (SELECT e.value AS sample,
                         CASE json_type(e.value, '$[0]') WHEN 'array' THEN json_extract(e.value, '$[0]') ELSE
                             (SELECT n.name FROM names n
                              WHERE n.scope = substr(k.at, 1, 7) AND n.n = json_extract(e.value, '$[0]')) END AS name
                  FROM json_each('[[' || m.gpus || ']]') e) g) END AS gpus,
       CASE WHEN m.workers = '' THEN '[]' ELSE
           (SELECT json_group_array(json_object(
                       'group', json_extract(w.name, '$[0]'),
                       'instance', json_extract(w.name, '$[1]'),
                       'model', json_extract(w.name, '$[2]'),
                       'total_vram_mb', json_extract(w.name, '$[3]'),
                       'heartbeats', json_extract(w.sample, '$[1]'),
                       'cpu_pct_mean', json_extract(w.sample, '$[2]'), 'cpu_pct_max', json_extract(w.sample, '$[3]'),
                       'rss_mb_mean', json_extract(w.sample, '$[4]'), 'rss_mb_max', json_extract(w.sample, '$[5]'),
                       'gpu_util_pct_mean', json_extract(w.sample, '$[6]'), 'gpu_util_pct_max', json_extract(w.sample, '$[7]'),
                       'vram_mb_mean', json_extract(w.sample, '$[8]'), 'vram_mb_max', json_extract(w.sample, '$[9]')))
            FROM (SELECT e.value AS sample,
                         CASE json_type(e.value, '$[0]') WHEN 'array' THEN json_extract(e.value, '$[0]') ELSE
                             (SELECT n.name FROM names n
                              WHERE n.scope = substr(k.at, 1, 7) AND n.n = json_extract(e.value, '$[0]')) END AS name
                  FROM json_each('[[' || m.workers || ']]') e) w) END AS workers
FROM history_blocks k
JOIN hours m ON m.start = k.start
JOIN hives h ON h.pk = m.hive_pk
WHERE k.tier = 'hour';

-- Seconds by day: of the hours that are complete, then of the minutes since.
-- Unknown is what is left of the time since the hive was first seen: the queen
-- did not run, or had not met it yet. One hive's rows are found by their keys.
CREATE VIEW audit_uptime AS
SELECT h.hive_id,
       substr(k.at, 1, 10) AS day,
       sum(coalesce(o.healthy_s, m.healthy_s)) AS seconds_healthy,
       sum(coalesce(o.degraded_s, m.degraded_s)) AS seconds_degraded,
       sum(coalesce(o.down_s, m.down_s)) AS seconds_down,
       max(0, CAST(round((min(julianday(substr(k.at, 1, 10), '+1 day'), julianday('now'))
                          - max(julianday(substr(k.at, 1, 10)), 2440587.5 + h.first_seen_ms / 86400000.0)) * 86400) AS INTEGER)
              - sum(coalesce(o.healthy_s + o.degraded_s + o.down_s + o.stopped_s,
                             m.healthy_s + m.degraded_s + m.down_s + m.stopped_s))) AS seconds_unknown,
       sum(coalesce(o.heartbeats, m.heartbeats)) AS heartbeats_received,
       sum(coalesce(o.heartbeats + o.missed, m.heartbeats + m.missed)) AS heartbeats_expected,
       sum(coalesce(o.stopped_s, m.stopped_s)) AS seconds_stopped
FROM history_blocks k
CROSS JOIN hives h -- in this order
LEFT JOIN hours o ON k.tier = 'hour' AND o.start = k.start AND o.hive_pk = h.pk
LEFT JOIN minutes m ON k.tier = 'minute' AND m.start = k.start AND m.hive_pk = h.pk
WHERE k.tier IN ('hour', 'minute')
  AND (o.start IS NOT NULL OR m.start IS NOT NULL)
  AND (k.tier = 'hour' OR (
      k.at >= (SELECT coalesce(min(b.at), '') FROM history_blocks b WHERE b.tier = 'hour')
      AND NOT EXISTS (SELECT 1 FROM history_blocks b
                      WHERE b.tier = 'hour' AND b.at = substr(k.at, 1, 14) || '00:00.000Z')))
GROUP BY h.hive_id, substr(k.at, 1, 10);

-- +goose Down
SELECT 'there is no way back: restore the copy made before the upgrade' FROM no_such_table;
