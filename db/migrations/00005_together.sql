-- Minutes and hours in a new order. In that of time, each minute of a hive lay on
-- a page of its own, and a day of it on 1,440; now ten of them lie together.

-- +goose Up
PRAGMA user_version = 5;
DROP VIEW audit_uptime;
DROP VIEW audit_hours;
DROP VIEW audit_minutes;
ALTER TABLE minutes RENAME TO old_minutes;
ALTER TABLE hours RENAME TO old_hours;

-- The id has the tens of minutes, then the hive, then the minute within the ten:
-- (start / 10) << 36 | hive_pk << 4 | start % 10. So tables still grow at their
-- end and are deleted from their beginning, ten minutes at a time.
-- gpus and workers are the inside of a JSON list of lists, one for each:
-- name, then the mean and the maximum of util_pct, vram_used_mb, temp_c, power_w,
-- then the number of heartbeats where it is not that of the node; and
-- name, heartbeats, then the mean and the maximum of cpu_pct, rss_mb, gpu_util_pct, vram_mb.
CREATE TABLE minutes (
    id                INTEGER PRIMARY KEY,
    start             INTEGER NOT NULL GENERATED ALWAYS AS ((id >> 36) * 10 + (id & 15)) VIRTUAL, -- minutes since 1970-01-01
    hive_pk           INTEGER NOT NULL GENERATED ALWAYS AS ((id >> 4) & 4294967295) VIRTUAL,
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
    workers           TEXT NOT NULL
) STRICT;

CREATE TABLE hours (
    id                INTEGER PRIMARY KEY,
    start             INTEGER NOT NULL GENERATED ALWAYS AS ((id >> 36) * 10 + (id & 15)) VIRTUAL, -- hours since 1970-01-01; the rest as in minutes
    hive_pk           INTEGER NOT NULL GENERATED ALWAYS AS ((id >> 4) & 4294967295) VIRTUAL,
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
    workers           TEXT NOT NULL
) STRICT;

INSERT INTO minutes (id, heartbeats, missed, healthy_s, degraded_s, down_s, stopped_s, nodes, cpu_pct_x100_mean,
    cpu_pct_x100_max, ram_used_mb_mean, ram_used_mb_max, ram_total_mb, gpus, workers)
SELECT ((start / 10) << 36) + (hive_pk << 4) + start % 10, heartbeats, missed, healthy_s, degraded_s, down_s, stopped_s, nodes, cpu_pct_x100_mean,
       cpu_pct_x100_max, ram_used_mb_mean, ram_used_mb_max, ram_total_mb, gpus, workers
FROM old_minutes ORDER BY 1;
INSERT INTO hours (id, heartbeats, missed, healthy_s, degraded_s, down_s, stopped_s, nodes, cpu_pct_x100_mean,
    cpu_pct_x100_max, ram_used_mb_mean, ram_used_mb_max, ram_total_mb, gpus, workers)
SELECT ((start / 10) << 36) + (hive_pk << 4) + start % 10, heartbeats, missed, healthy_s, degraded_s, down_s, stopped_s, nodes, cpu_pct_x100_mean,
       cpu_pct_x100_max, ram_used_mb_mean, ram_used_mb_max, ram_total_mb, gpus, workers
FROM old_hours ORDER BY 1;

DROP TABLE old_minutes;
DROP TABLE old_hours;

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
JOIN hives h
JOIN minutes m ON m.id = ((k.start / 10) << 36) + (h.pk << 4) + k.start % 10
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
JOIN hives h
JOIN hours m ON m.id = ((k.start / 10) << 36) + (h.pk << 4) + k.start % 10
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
LEFT JOIN hours o ON k.tier = 'hour' AND o.id = ((k.start / 10) << 36) + (h.pk << 4) + k.start % 10
LEFT JOIN minutes m ON k.tier = 'minute' AND m.id = ((k.start / 10) << 36) + (h.pk << 4) + k.start % 10
WHERE k.tier IN ('hour', 'minute')
  AND (o.id IS NOT NULL OR m.id IS NOT NULL)
  AND (k.tier = 'hour' OR (
      k.at >= (SELECT coalesce(min(b.at), '') FROM history_blocks b WHERE b.tier = 'hour')
      AND NOT EXISTS (SELECT 1 FROM history_blocks b
                      WHERE b.tier = 'hour' AND b.at = substr(k.at, 1, 14) || '00:00.000Z')))
GROUP BY h.hive_id, substr(k.at, 1, 10);

-- +goose Down
SELECT 'there is no way back: restore the copy made before the upgrade' FROM no_such_table;
