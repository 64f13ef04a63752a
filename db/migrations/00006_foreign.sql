-- How much of a GPU's memory is held by processes that are no workers of the
-- hive: foreign_vram_mb. No row changes, and one of a GPU of which nobody else
-- holds anything is as long as it was: its name says that the figure is told,
-- ["GPU-0",24564,true], and a sample has it only if it is not 0:
-- after power_w in heartbeats; after the number of heartbeats, which then is
-- there always, in minutes and hours: its mean and its maximum, then the number
-- of heartbeats that told it where that is another.
-- In the views it is left out of a GPU that does not tell it: json_patch takes
-- away what is null in its second argument.

-- +goose Up
PRAGMA user_version = 6;
DROP VIEW audit_heartbeats;
DROP VIEW audit_minutes;
DROP VIEW audit_hours;

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
               (SELECT json_group_array(json_patch(json_object(
                           'id', json_extract(g.name, '$[0]'),
                           'util_pct', json_extract(g.sample, '$[1]'),
                           'vram_used_mb', json_extract(g.sample, '$[2]'),
                           'vram_total_mb', json_extract(g.name, '$[1]'),
                           'temp_c', json_extract(g.sample, '$[3]'),
                           'power_w', json_extract(g.sample, '$[4]')), json_object(
                           'foreign_vram_mb', CASE WHEN json_extract(g.name, '$[2]') THEN coalesce(json_extract(g.sample, '$[5]'), 0) END)))
                FROM (SELECT e.value AS sample,
                             CASE json_type(e.value, '$[0]') WHEN 'array' THEN json_extract(e.value, '$[0]') ELSE
                                 (SELECT n.name FROM names n
                                  WHERE n.scope = substr(b.received_at, 1, 10) AND n.n = json_extract(e.value, '$[0]')) END AS name
                      FROM json_each('[[' || b.gpus || ']]') e) g) END)) END AS node
FROM heartbeats b
JOIN hives h ON h.pk = b.hive_pk AND b.received_at <= coalesce(h.last_beat_at, '9999');

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
           (SELECT json_group_array(json_patch(json_object(
                       'id', json_extract(g.name, '$[0]'),
                       'vram_total_mb', json_extract(g.name, '$[1]'),
                       'util_pct_mean', json_extract(g.sample, '$[1]'), 'util_pct_max', json_extract(g.sample, '$[2]'),
                       'vram_used_mb_mean', json_extract(g.sample, '$[3]'), 'vram_used_mb_max', json_extract(g.sample, '$[4]'),
                       'temp_c_mean', json_extract(g.sample, '$[5]'), 'temp_c_max', json_extract(g.sample, '$[6]'),
                       'power_w_mean', json_extract(g.sample, '$[7]'), 'power_w_max', json_extract(g.sample, '$[8]')), json_object(
                       'foreign_vram_mb_mean', CASE WHEN json_extract(g.name, '$[2]') THEN coalesce(json_extract(g.sample, '$[10]'), 0) END,
                       'foreign_vram_mb_max', CASE WHEN json_extract(g.name, '$[2]') THEN coalesce(json_extract(g.sample, '$[11]'), 0) END)))
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
           (SELECT json_group_array(json_patch(json_object(
                       'id', json_extract(g.name, '$[0]'),
                       'vram_total_mb', json_extract(g.name, '$[1]'),
                       'util_pct_mean', json_extract(g.sample, '$[1]'), 'util_pct_max', json_extract(g.sample, '$[2]'),
                       'vram_used_mb_mean', json_extract(g.sample, '$[3]'), 'vram_used_mb_max', json_extract(g.sample, '$[4]'),
                       'temp_c_mean', json_extract(g.sample, '$[5]'), 'temp_c_max', json_extract(g.sample, '$[6]'),
                       'power_w_mean', json_extract(g.sample, '$[7]'), 'power_w_max', json_extract(g.sample, '$[8]')), json_object(
                       'foreign_vram_mb_mean', CASE WHEN json_extract(g.name, '$[2]') THEN coalesce(json_extract(g.sample, '$[10]'), 0) END,
                       'foreign_vram_mb_max', CASE WHEN json_extract(g.name, '$[2]') THEN coalesce(json_extract(g.sample, '$[11]'), 0) END)))
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

-- +goose Down
SELECT 'there is no way back: restore the copy made before the upgrade' FROM no_such_table;
