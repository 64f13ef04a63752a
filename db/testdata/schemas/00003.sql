-- A state file of schema version 3. Never edited once it was released.
PRAGMA application_id = 1919051109;
PRAGMA user_version = 0;
BEGIN;
CREATE TABLE devices (
    hive_pk            INTEGER NOT NULL REFERENCES hives (pk),
    position           INTEGER NOT NULL,
    device_id          TEXT NOT NULL,
    name               TEXT NOT NULL,
    device_type        TEXT NOT NULL,
    vram_gb            INTEGER,
    compute_capability TEXT,
    recorded_epoch     INTEGER NOT NULL,
    recorded_ms        INTEGER NOT NULL,
    PRIMARY KEY (hive_pk, position)
) STRICT, WITHOUT ROWID;
INSERT INTO devices (hive_pk, position, device_id, name, device_type, vram_gb, compute_capability, recorded_epoch, recorded_ms) VALUES (1, 0, 'GPU-0', 'NVIDIA GeForce RTX 4090', 'gpu', 24, '8.9', 3, 1772602100123);
INSERT INTO devices (hive_pk, position, device_id, name, device_type, vram_gb, compute_capability, recorded_epoch, recorded_ms) VALUES (1, 1, 'CPU-0', 'CPU (16 cores)', 'cpu', NULL, NULL, 3, 1772602100123);
INSERT INTO devices (hive_pk, position, device_id, name, device_type, vram_gb, compute_capability, recorded_epoch, recorded_ms) VALUES (4, 0, 'GPU-''0', '', 'gpu', 0, '', 1, 1772600004000);
CREATE TABLE discoveries (
    id           INTEGER PRIMARY KEY,
    epoch        INTEGER NOT NULL,
    attempted_ms INTEGER NOT NULL,
    alias        TEXT NOT NULL,
    hostname     TEXT NOT NULL,
    port         INTEGER NOT NULL,
    source       TEXT NOT NULL CHECK (source IN ('ssh', 'state', 'localhost')),
    outcome      TEXT NOT NULL CHECK (outcome IN ('registered', 'failed', 'skipped')),
    hive_id      TEXT, -- of the hive that answered
    error        TEXT, -- the class of the failure, or the reason why it was skipped
    error_text   TEXT
) STRICT;
INSERT INTO discoveries (id, epoch, attempted_ms, alias, hostname, port, source, outcome, hive_id, error, error_text) VALUES (1, 1, 1772600001500, 'pc', '192.168.1.100', 7835, 'ssh', 'registered', 'gaming-pc', NULL, NULL);
INSERT INTO discoveries (id, epoch, attempted_ms, alias, hostname, port, source, outcome, hive_id, error, error_text) VALUES (2, 1, 1772600001500, 'git''hub', 'github.com', 7835, 'ssh', 'skipped', NULL, 'user git', NULL);
INSERT INTO discoveries (id, epoch, attempted_ms, alias, hostname, port, source, outcome, hive_id, error, error_text) VALUES (3, 2, 1772601100500, 'localhost', 'localhost', 7835, 'localhost', 'failed', NULL, 'refused', 'dial tcp 127.0.0.1:7835: connect: connection refused');
INSERT INTO discoveries (id, epoch, attempted_ms, alias, hostname, port, source, outcome, hive_id, error, error_text) VALUES (7, 3, 1772602100500, 'old.2025', '10.0.0.2', 7840, 'state', 'failed', NULL, 'http_500', 'two
lines');
CREATE TABLE epochs (
    epoch          INTEGER PRIMARY KEY,
    started_ms     INTEGER NOT NULL,
    stopped_ms     INTEGER, -- of a crash: the last sign of life
    stop_reason    TEXT CHECK (stop_reason IN ('clean', 'crash')),
    version        TEXT NOT NULL,
    schema_version INTEGER NOT NULL
) STRICT;
INSERT INTO epochs (epoch, started_ms, stopped_ms, stop_reason, version, schema_version) VALUES (1, 1772600000000, 1772601000000, 'clean', '0.1.0', 1);
INSERT INTO epochs (epoch, started_ms, stopped_ms, stop_reason, version, schema_version) VALUES (2, 1772601100000, 1772602000500, 'crash', '0.1.0-rc1+''x''', 1);
INSERT INTO epochs (epoch, started_ms, stopped_ms, stop_reason, version, schema_version) VALUES (3, 1772602100000, NULL, NULL, '0.1.0', 1);
CREATE TABLE events (
    id      INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice: readers go on from the last they saw
    at_ms   INTEGER NOT NULL,
    epoch   INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    hive_id TEXT,
    detail  TEXT NOT NULL CHECK (json_valid(detail))
) STRICT;
INSERT INTO events (id, at_ms, epoch, kind, hive_id, detail) VALUES (1, 1772600000000, 1, 'queen.started', NULL, '{"version":"0.1.0"}');
INSERT INTO events (id, at_ms, epoch, kind, hive_id, detail) VALUES (2, 1772600001000, 1, 'hive.registered', 'gaming-pc', '{"by":"push"}');
INSERT INTO events (id, at_ms, epoch, kind, hive_id, detail) VALUES (3, 1772600002000, 1, 'hive.degraded', 'old.2025', '{"reason":"fan; '');DROP TABLE hives;--","ü":["🐝",null,1.5]}');
INSERT INTO events (id, at_ms, epoch, kind, hive_id, detail) VALUES (5, 1772601100000, 2, 'queen.crashed', NULL, '{"epoch":2}');
INSERT INTO events (id, at_ms, epoch, kind, hive_id, detail) VALUES (6, 1772601200000, 2, 'hive.forgotten', 'forgotten', '{}');
CREATE TABLE goose_db_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO goose_db_version (id, version_id, is_applied, tstamp) VALUES (1, 0, 1, '2026-01-01 00:00:00');
INSERT INTO goose_db_version (id, version_id, is_applied, tstamp) VALUES (2, 1, 1, '2026-01-01 00:00:00');
INSERT INTO goose_db_version (id, version_id, is_applied, tstamp) VALUES (3, 2, 1, '2026-01-01 00:00:00');
INSERT INTO goose_db_version (id, version_id, is_applied, tstamp) VALUES (4, 3, 1, '2026-01-01 00:00:00');
CREATE TABLE heartbeat_gpus (
    heartbeat_id  INTEGER NOT NULL,
    position      INTEGER NOT NULL,
    gpu_name      INTEGER NOT NULL, -- names.pk
    util_pct_x100 INTEGER,
    vram_used_mb  INTEGER,
    vram_total_mb INTEGER,
    temp_c_x10    INTEGER,
    power_mw      INTEGER,
    PRIMARY KEY (heartbeat_id, position)
) STRICT, WITHOUT ROWID;
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (2, 0, 5, 318, 16718, NULL, NULL, 431189);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (2, 1, 6, 2624, 18175, 24564, 724, 366498);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (3, 0, 8, 9866, 862, 24564, -7, 333966);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (3, 1, 8, 1529, 16034, NULL, 30, 19908);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (4, 0, 7, NULL, NULL, 24564, 21, NULL);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (4, 1, 5, NULL, 12937, 24564, 673, NULL);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (5, 0, 1, 2079, 11699, 24564, 681, 446494);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (6, 0, 4, 298, 21867, 24564, 332, 69047);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (6, 1, 2, NULL, 10933, 24564, 723, 31703);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (7, 0, 5, 6418, NULL, 24564, 443, 115830);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (10, 0, 8, 4333, 700, 24564, -97, 366107);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (10, 1, 4, 8457, 8609, NULL, 401, 90253);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (11, 0, 3, 5855, 12644, NULL, 775, NULL);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (12, 0, 7, 7162, 15563, 24564, 297, 149022);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (20, 0, 8, 7256, 542, 24564, NULL, NULL);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (20, 1, 7, 7029, 5450, 24564, 361, 433187);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (21, 0, 6, 8386, NULL, 24564, -107, 61686);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (22, 0, 8, 3054, NULL, NULL, NULL, 45796);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (28, 0, 2, 3945, 15552, 24564, 148, NULL);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (33, 0, 3, 7007, NULL, NULL, NULL, 308995);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (37, 0, 6, 976, NULL, 24564, 120, 354722);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (37, 1, 6, 7037, 24459, 24564, 191, 443596);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (38, 0, 3, 6000, 11867, 24564, 402, 303688);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (38, 1, 7, 1020, 247, NULL, 89, 424124);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (39, 0, 6, 3152, NULL, 24564, NULL, NULL);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (40, 0, 8, 9752, NULL, 24564, 708, 210958);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (43, 0, 2, NULL, 19564, 24564, NULL, NULL);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (43, 1, 5, NULL, 179, 24564, 181, NULL);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (46, 0, 6, 1071, 15714, NULL, NULL, 162930);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (47, 0, 1, 963, 16354, 24564, NULL, 410205);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (48, 0, 3, NULL, NULL, 24564, -173, 224636);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (48, 1, 6, NULL, 22141, 24564, NULL, 210313);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (49, 0, 6, 8730, NULL, 24564, -189, 299151);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (49, 1, 7, 3418, 23288, 24564, NULL, 188312);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (51, 0, 1, NULL, 10539, 24564, 321, 432207);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (52, 0, 6, 4619, NULL, 24564, -192, 376571);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (52, 1, 6, 6510, 562, 24564, 334, 426149);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (53, 0, 2, 8721, 2033, 24564, 179, NULL);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (59, 0, 3, NULL, 7819, NULL, 262, 331715);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (59, 1, 5, NULL, 13491, 24564, 224, 218432);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (60, 0, 3, 771, 11789, NULL, 633, NULL);
INSERT INTO heartbeat_gpus (heartbeat_id, position, gpu_name, util_pct_x100, vram_used_mb, vram_total_mb, temp_c_x10, power_mw) VALUES (60, 1, 1, NULL, NULL, 24564, 519, NULL);
CREATE TABLE heartbeat_workers (
    heartbeat_id      INTEGER NOT NULL,
    position          INTEGER NOT NULL,
    pid               INTEGER NOT NULL,
    group_name        INTEGER NOT NULL, -- names.pk
    instance_name     INTEGER NOT NULL, -- names.pk
    model_name        INTEGER,          -- names.pk
    cpu_pct_x100      INTEGER NOT NULL,
    rss_mb            INTEGER NOT NULL,
    io_r_kb_s         INTEGER NOT NULL,
    io_w_kb_s         INTEGER NOT NULL,
    uptime_s          INTEGER NOT NULL,
    gpu_util_pct_x100 INTEGER NOT NULL,
    vram_mb           INTEGER NOT NULL,
    total_vram_mb     INTEGER NOT NULL,
    PRIMARY KEY (heartbeat_id, position)
) STRICT, WITHOUT ROWID;
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (1, 0, 52178, 7, 1, 7, 51576, 49927, 3658, 5, 848584613, 4229, 23553, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (1, 1, 7283, 3, 5, 5, 12919, 39140, 49, 1, 107748072, 2808, 6582, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (1, 2, 80151, 4, 7, 1, 26854, 27199, 2830, 5, 300400421, 1699, 13507, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (2, 0, 1945, 7, 7, 4, 33602, 87767, 286, 6, 247253714, 9352, 3143, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (2, 1, 38623, 2, 5, 1, 40812, 62752, 1576, 0, 673376545, 4457, 2382, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (2, 2, 72663, 7, 5, 2, 37613, 24487, 870, 4, 304748574, 5082, 14239, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (3, 0, 77117, 8, 5, 2, 73255, 4162, 1536, 0, 85792850, 8261, 18052, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (3, 1, 6915, 5, 6, 5, 10527, 40943, 2952, 3, 505745386, 525, 1788, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (4, 0, 34685, 8, 8, NULL, 16596, 58859, 1685, 4, 383559001, 622, 5894, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (4, 1, 83242, 2, 5, 8, 34940, 82055, 1419, 2, 719475860, 3878, 17205, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (4, 2, 42805, 6, 1, 8, 72890, 27941, 4007, 5, 514565336, 4658, 14334, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (5, 0, 72224, 6, 2, 4, 29106, 11673, 2193, 4, 118184617, 9573, 21676, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (6, 0, 98009, 2, 1, 4, 47375, 71652, 4218, 3, 283789605, 357, 5871, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (6, 1, 92435, 5, 8, 5, 41540, 73571, 1593, 1, 248030215, 4280, 9312, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (7, 0, 30466, 8, 5, 7, 38514, 77013, 1943, 0, 108746092, 6175, 8670, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (7, 1, 45361, 3, 8, 5, 63842, 21249, 1310, 1, 413070228, 6222, 9921, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (7, 2, 2886, 3, 1, 2, 90844, 71548, 952, 2, 176521338, 6869, 13893, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (8, 0, 15111, 5, 2, 3, 87625, 10904, 1298, 4, 931340229, 8899, 19699, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (8, 1, 68314, 6, 8, 3, 52180, 40282, 4462, 1, 883245956, 4734, 22552, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (8, 2, 78563, 1, 1, 6, 26273, 13175, 4345, 2, 812284311, 6224, 35, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (9, 0, 11368, 4, 2, 1, 82743, 82213, 2161, 2, 364555902, 558, 14539, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (9, 1, 14668, 7, 5, 6, 23501, 3463, 2891, 4, 218583803, 398, 3240, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (9, 2, 92625, 3, 3, 7, 32685, 45083, 1785, 6, 17638488, 4467, 10786, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (10, 0, 33245, 2, 8, 2, 25979, 50886, 4619, 2, 835947142, 2564, 18000, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (10, 1, 81413, 5, 1, 6, 72187, 63598, 4383, 1, 970919959, 9819, 5011, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (11, 0, 96862, 4, 3, 3, 50602, 14544, 2331, 0, 2191140, 6835, 5535, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (12, 0, 4785, 5, 2, 5, 49119, 88081, 3828, 0, 956952431, 3954, 3599, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (12, 1, 96209, 3, 5, 7, 77583, 23892, 2975, 3, 703388641, 5436, 15978, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (15, 0, 48078, 7, 4, 6, 9206, 80359, 375, 0, 887268692, 3022, 13655, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (15, 1, 21585, 2, 1, NULL, 64107, 5950, 3321, 4, 111233327, 9451, 17359, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (17, 0, 41696, 2, 6, 6, 19402, 50486, 4213, 6, 865482215, 9119, 16180, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (17, 1, 94599, 7, 8, 3, 93926, 16885, 1965, 3, 12714257, 2745, 10257, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (17, 2, 70464, 3, 3, 7, 84905, 73142, 2990, 5, 569450065, 3672, 15895, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (21, 0, 23136, 3, 2, 6, 52086, 20748, 4955, 2, 1018905071, 2611, 22971, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (22, 0, 18275, 8, 8, 7, 42565, 32631, 4959, 0, 138258891, 6397, 1886, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (22, 1, 76711, 1, 5, 5, 39644, 54921, 3500, 2, 388481731, 3528, 1108, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (23, 0, 82436, 2, 5, 6, 2108, 46564, 353, 0, 3833165, 3327, 5298, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (24, 0, 13429, 3, 3, 5, 51147, 41019, 1494, 0, 199259869, 9659, 23887, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (24, 1, 3884, 5, 7, 6, 87733, 65019, 851, 1, 191778151, 320, 3769, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (24, 2, 93875, 1, 1, NULL, 68287, 6303, 3928, 2, 736809218, 7304, 15788, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (25, 0, 7691, 5, 8, 8, 20733, 54441, 4489, 0, 143176877, 341, 6539, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (25, 1, 82631, 5, 6, 6, 27714, 28709, 2159, 1, 230016375, 6746, 18970, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (25, 2, 84001, 3, 4, 3, 83560, 75469, 4645, 2, 53744835, 7899, 8165, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (27, 0, 3462, 6, 1, 1, 52568, 61853, 2083, 1, 771645375, 993, 14185, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (27, 1, 373, 2, 7, 6, 38247, 17796, 513, 6, 118275978, 6293, 4842, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (27, 2, 36322, 6, 6, NULL, 64735, 36515, 1310, 0, 673391295, 8389, 1074, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (28, 0, 51099, 6, 6, 7, 28575, 64309, 4044, 0, 313090442, 7639, 2016, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (29, 0, 74005, 4, 6, NULL, 16397, 69679, 3306, 3, 106470067, 8276, 16541, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (30, 0, 39627, 8, 7, 3, 97421, 62066, 2291, 2, 661814232, 3133, 164, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (31, 0, 20407, 7, 3, 2, 9411, 77798, 4758, 6, 1049534930, 1492, 19348, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (31, 1, 47065, 8, 4, 5, 451, 52509, 4029, 6, 42896764, 636, 16116, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (32, 0, 54756, 1, 4, 3, 61883, 38500, 2488, 5, 210388126, 956, 17577, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (32, 1, 48443, 7, 2, NULL, 58233, 80088, 4869, 6, 464454164, 5017, 12252, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (32, 2, 80067, 6, 4, 4, 810, 36832, 1930, 1, 1063091879, 5680, 19469, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (34, 0, 91448, 3, 1, NULL, 97979, 63882, 2457, 1, 576556425, 9955, 9021, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (34, 1, 87991, 4, 2, 8, 10058, 38722, 882, 0, 751544606, 2655, 19008, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (34, 2, 63467, 2, 3, 8, 85389, 83624, 171, 5, 902344581, 9809, 24353, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (35, 0, 20112, 7, 2, 3, 83862, 62659, 1728, 4, 837930943, 2685, 3843, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (36, 0, 42228, 3, 7, 2, 22435, 77056, 1070, 5, 459494295, 5323, 23054, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (37, 0, 24255, 7, 1, NULL, 47817, 15114, 2761, 1, 47513986, 3633, 14098, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (37, 1, 79233, 4, 7, NULL, 80243, 30795, 3095, 0, 527688847, 8830, 23993, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (37, 2, 35481, 6, 7, 1, 47324, 80702, 4338, 1, 793227216, 3583, 20084, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (38, 0, 60430, 2, 6, NULL, 90067, 10067, 2968, 4, 193695293, 1649, 474, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (39, 0, 6486, 3, 3, 6, 95544, 61049, 1338, 2, 964053708, 9589, 8419, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (40, 0, 56813, 4, 4, NULL, 83758, 68916, 3839, 5, 218377559, 1741, 10693, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (40, 1, 4232, 3, 6, NULL, 46722, 64327, 924, 5, 537388859, 6225, 13552, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (42, 0, 87227, 7, 6, 8, 56377, 45924, 1884, 2, 837461282, 8843, 15252, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (42, 1, 48336, 6, 3, 8, 74951, 10599, 2291, 0, 510945345, 2241, 6802, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (43, 0, 17511, 3, 1, 8, 7969, 6109, 1869, 3, 819601126, 328, 10992, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (43, 1, 71502, 6, 3, 6, 37612, 43867, 3246, 2, 558370103, 9916, 3206, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (43, 2, 67099, 5, 5, NULL, 15448, 60597, 2085, 3, 1004011064, 4015, 9528, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (44, 0, 64311, 6, 3, 7, 57070, 13526, 4476, 5, 243032798, 8773, 13511, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (45, 0, 67986, 6, 7, 8, 50414, 50622, 3710, 5, 562751236, 3832, 1324, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (45, 1, 37054, 3, 3, NULL, 22520, 67900, 2855, 5, 470439228, 2482, 10019, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (45, 2, 59558, 4, 2, NULL, 51158, 297, 1496, 5, 780322762, 7239, 3301, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (48, 0, 95684, 2, 4, 3, 77104, 27385, 325, 4, 227222783, 6113, 24384, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (48, 1, 52308, 8, 4, 3, 37347, 14814, 4955, 2, 1047377761, 2892, 11178, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (50, 0, 29654, 5, 5, 7, 74340, 71788, 3330, 5, 532206058, 6880, 6856, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (51, 0, 87345, 4, 2, 2, 89970, 50662, 317, 5, 120641288, 4044, 19351, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (52, 0, 68743, 7, 3, NULL, 38038, 17434, 4147, 4, 683066083, 3455, 2523, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (53, 0, 35724, 5, 2, 7, 94982, 68815, 1135, 6, 304489414, 2812, 618, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (53, 1, 43356, 5, 3, 4, 21697, 31230, 2827, 5, 388607410, 322, 2403, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (54, 0, 79160, 5, 8, 8, 91071, 19284, 3178, 2, 464296755, 1174, 11061, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (54, 1, 79021, 2, 1, 5, 41990, 75119, 4215, 2, 858753908, 2240, 8784, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (55, 0, 10069, 4, 8, 3, 70307, 15215, 3902, 0, 40481937, 921, 24293, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (55, 1, 95277, 3, 3, 3, 61483, 24972, 1826, 6, 802669123, 2522, 10482, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (56, 0, 20566, 2, 6, NULL, 45039, 78251, 3896, 6, 439889384, 5463, 5233, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (57, 0, 10142, 1, 6, NULL, 69528, 80773, 941, 1, 970430452, 2415, 20176, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (57, 1, 1329, 5, 2, 6, 45330, 46078, 3760, 4, 899073292, 443, 13889, 24564);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (58, 0, 45627, 8, 1, NULL, 90774, 26937, 2655, 5, 49661759, 5371, 3492, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (58, 1, 27114, 4, 8, 5, 74226, 40215, 1279, 3, 512366215, 5340, 5955, 0);
INSERT INTO heartbeat_workers (heartbeat_id, position, pid, group_name, instance_name, model_name, cpu_pct_x100, rss_mb, io_r_kb_s, io_w_kb_s, uptime_s, gpu_util_pct_x100, vram_mb, total_vram_mb) VALUES (60, 0, 72131, 6, 8, NULL, 7266, 9336, 3664, 1, 203229062, 8474, 9518, 24564);
CREATE TABLE heartbeats (
    id           INTEGER PRIMARY KEY, -- in the order of arrival
    hive_pk      INTEGER NOT NULL,
    epoch        INTEGER NOT NULL,
    received_ms  INTEGER NOT NULL,
    sent_ms      INTEGER NOT NULL, -- by the hive's clock
    cpu_pct_x100 INTEGER,          -- NULL: the heartbeat had no node
    ram_used_mb  INTEGER,
    ram_total_mb INTEGER,
    received_at  TEXT NOT NULL GENERATED ALWAYS AS
        (strftime('%Y-%m-%dT%H:%M:%fZ', received_ms / 1000.0, 'unixepoch')) VIRTUAL
) STRICT;
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (1, 4, 3, 1772602101846, 1772602101991, 6112, 31156, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (2, 4, 3, 1772602102226, 1772602104060, 1258, 12182, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (3, 1, 3, 1772602103282, 1772602102234, 4812, 1569, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (4, 1, 3, 1772602104181, 1772602102279, 1822, 30673, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (5, 1, 3, 1772602104573, 1772602105893, 737, 22653, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (6, 1, 3, 1772602104628, 1772602105952, 6814, 51973, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (7, 4, 3, 1772602105794, 1772602105668, 5032, 28963, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (8, 1, 3, 1772602105889, 1772602107190, NULL, NULL, NULL);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (9, 2, 3, 1772602106736, 1772602106146, NULL, NULL, NULL);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (10, 2, 3, 1772602107234, 1772602108957, 8724, 28877, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (11, 2, 3, 1772602107282, 1772602106336, 3601, 62966, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (12, 2, 3, 1772602108630, 1772602107423, 3979, 4298, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (13, 4, 3, 1772602108630, 1772602107020, NULL, NULL, NULL);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (14, 4, 3, 1772602108630, 1772602107045, NULL, NULL, NULL);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (15, 4, 3, 1772602108630, 1772602107286, NULL, NULL, NULL);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (16, 2, 3, 1772602108630, 1772602109111, NULL, NULL, NULL);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (17, 1, 3, 1772602109104, 1772602110818, 5841, 21484, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (18, 2, 3, 1772602109104, 1772602108744, NULL, NULL, NULL);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (19, 1, 3, 1772602109710, 1772602109103, 873, 49402, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (20, 1, 3, 1772602111396, 1772602113109, 3512, 56577, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (21, 1, 3, 1772602111444, 1772602113052, 8733, 12328, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (22, 1, 3, 1772602111444, 1772602111319, 9920, 4872, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (23, 1, 3, 1772602112810, 1772602111048, NULL, NULL, NULL);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (24, 1, 3, 1772602113664, 1772602115578, NULL, NULL, NULL);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (25, 2, 3, 1772602114386, 1772602113681, NULL, NULL, NULL);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (26, 1, 3, 1772602114610, 1772602114053, 7574, 59045, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (27, 4, 3, 1772602114610, 1772602116175, NULL, NULL, NULL);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (28, 2, 3, 1772602114813, 1772602113585, 1580, 36950, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (29, 1, 3, 1772602114993, 1772602113440, 7687, 54572, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (30, 1, 3, 1772602114993, 1772602113153, 8736, 33749, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (31, 2, 3, 1772602115991, 1772602114873, 7258, 13452, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (32, 4, 3, 1772602116825, 1772602115554, NULL, NULL, NULL);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (33, 4, 3, 1772602117522, 1772602116727, 7009, 33090, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (34, 1, 3, 1772602118044, 1772602117973, NULL, NULL, NULL);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (35, 1, 3, 1772602118044, 1772602118004, 1697, 52498, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (36, 4, 3, 1772602118080, 1772602118044, NULL, NULL, NULL);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (37, 4, 3, 1772602118300, 1772602117872, 4659, 55925, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (38, 1, 3, 1772602119532, 1772602120016, 8940, 12479, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (39, 4, 3, 1772602119532, 1772602120638, 2337, 47597, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (40, 1, 3, 1772602120143, 1772602119840, 6770, 35663, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (41, 1, 3, 1772602120143, 1772602120944, NULL, NULL, NULL);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (42, 2, 3, 1772602120143, 1772602120538, NULL, NULL, NULL);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (43, 4, 3, 1772602120143, 1772602119434, 7771, 51690, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (44, 1, 3, 1772602120424, 1772602120164, 7486, 15563, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (45, 1, 3, 1772602121286, 1772602120052, NULL, NULL, NULL);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (46, 4, 3, 1772602122044, 1772602123337, 2140, 42871, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (47, 1, 3, 1772602122044, 1772602121419, 5706, 17461, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (48, 1, 3, 1772602122044, 1772602120452, 2508, 37372, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (49, 1, 3, 1772602122228, 1772602120582, 1891, 44146, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (50, 1, 3, 1772602122924, 1772602121137, 4225, 18974, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (51, 4, 3, 1772602123167, 1772602124427, 4243, 41745, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (52, 1, 3, 1772602123167, 1772602123692, 1491, 62610, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (53, 2, 3, 1772602123865, 1772602122783, 7425, 33852, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (54, 2, 3, 1772602124741, 1772602124850, 3422, 64099, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (55, 1, 3, 1772602126295, 1772602125516, NULL, NULL, NULL);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (56, 1, 3, 1772602127759, 1772602126604, NULL, NULL, NULL);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (57, 2, 3, 1772602127759, 1772602127851, NULL, NULL, NULL);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (58, 4, 3, 1772602129217, 1772602129538, NULL, NULL, NULL);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (59, 4, 3, 1772602129217, 1772602131189, 2066, 20244, 65536);
INSERT INTO heartbeats (id, hive_pk, epoch, received_ms, sent_ms, cpu_pct_x100, ram_used_mb, ram_total_mb) VALUES (60, 4, 3, 1772602129217, 1772602130956, 7840, 12471, 65536);
CREATE TABLE hive_aliases (
    hive_pk  INTEGER NOT NULL REFERENCES hives (pk),
    position INTEGER NOT NULL,
    alias    TEXT NOT NULL,
    PRIMARY KEY (hive_pk, position)
) STRICT, WITHOUT ROWID;
INSERT INTO hive_aliases (hive_pk, position, alias) VALUES (1, 0, 'pc');
INSERT INTO hive_aliases (hive_pk, position, alias) VALUES (1, 1, 'it''s "odd"');
INSERT INTO hive_aliases (hive_pk, position, alias) VALUES (4, 0, 'back\slash');
INSERT INTO hive_aliases (hive_pk, position, alias) VALUES (4, 1, '<b>&amp;');
CREATE TABLE hives (
    pk                 INTEGER PRIMARY KEY,
    hive_id            TEXT NOT NULL UNIQUE,
    id_from_alias      INTEGER NOT NULL, -- 1: its answer had no id, the SSH alias stands in
    instance_id        TEXT NOT NULL,    -- '' for hives that send none
    alias              TEXT NOT NULL,    -- '' until a pull found it
    hostname           TEXT NOT NULL,    -- what it says of itself
    address            TEXT NOT NULL,    -- where it is probed
    port               INTEGER NOT NULL,
    pulled             INTEGER NOT NULL, -- 1: it answered a pull there; 0: taken from its heartbeat
    peer_ip            TEXT NOT NULL,    -- where its last message came from
    version            TEXT NOT NULL,
    operational_status TEXT NOT NULL,
    health_status      TEXT NOT NULL,
    health_reason      TEXT NOT NULL,
    registered_epoch   INTEGER NOT NULL, -- 0: forgotten
    first_seen_ms      INTEGER NOT NULL,
    pulled_ms          INTEGER NOT NULL, -- last answered pull; 0: none
    forgotten_ms       INTEGER           -- kept as a row, because the history refers to it
) STRICT;
INSERT INTO hives (pk, hive_id, id_from_alias, instance_id, alias, hostname, address, port, pulled, peer_ip, version, operational_status, health_status, health_reason, registered_epoch, first_seen_ms, pulled_ms, forgotten_ms) VALUES (1, 'gaming-pc', 0, '0199a1b2-0000-7000-8000-000000000001', 'pc', 'gaming-pc.lan', '192.168.1.100', 7835, 1, '192.168.1.100', '0.1.0', 'ready', 'healthy', '', 3, 1772600001000, 1772602100123, NULL);
INSERT INTO hives (pk, hive_id, id_from_alias, instance_id, alias, hostname, address, port, pulled, peer_ip, version, operational_status, health_status, health_reason, registered_epoch, first_seen_ms, pulled_ms, forgotten_ms) VALUES (2, 'old.2025', 1, '', 'old.2025', '', '10.0.0.2', 7840, 0, '10.0.0.2', '', 'busy', 'degraded', 'fan; '');DROP TABLE hives;--', 3, 1772600002000, 0, NULL);
INSERT INTO hives (pk, hive_id, id_from_alias, instance_id, alias, hostname, address, port, pulled, peer_ip, version, operational_status, health_status, health_reason, registered_epoch, first_seen_ms, pulled_ms, forgotten_ms) VALUES (3, 'never', 0, '', '', 'a "quoted", name],[', 'fe80::1%eth0', 7835, 0, 'fe80::1', '1', 'starting', 'unhealthy', 'ünïcode 🐝', 0, 1772600003000, 0, NULL);
INSERT INTO hives (pk, hive_id, id_from_alias, instance_id, alias, hostname, address, port, pulled, peer_ip, version, operational_status, health_status, health_reason, registered_epoch, first_seen_ms, pulled_ms, forgotten_ms) VALUES (4, 'forgotten', 0, '', 'back\slash', 'line
break', '10.0.0.4', 7835, 1, '', '1', 'stopped', 'healthy', '', 0, 1772600004000, 1772600005000, 1772601000000);
CREATE TABLE meta (
    key   TEXT PRIMARY KEY, -- 'queen_id': made once with the file
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta (key, value) VALUES ('queen_id', '0199a1b2-c3d4-7e5f-8a6b-0123456789ab');
CREATE TABLE names (
    pk   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE -- of groups, instances, models and GPUs
) STRICT;
INSERT INTO names (pk, name) VALUES (1, 'llm');
INSERT INTO names (pk, name) VALUES (2, '8080');
INSERT INTO names (pk, name) VALUES (3, 'a "quoted", name],[');
INSERT INTO names (pk, name) VALUES (4, 'GPU-0');
INSERT INTO names (pk, name) VALUES (5, 'ünïcode 🐝');
INSERT INTO names (pk, name) VALUES (6, '');
INSERT INTO names (pk, name) VALUES (7, 'back\slash');
INSERT INTO names (pk, name) VALUES (8, '<tag>');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence (name, seq) VALUES ('events', 9);
INSERT INTO sqlite_sequence (name, seq) VALUES ('goose_db_version', 4);
CREATE INDEX discoveries_by_time ON discoveries (attempted_ms);
CREATE INDEX events_by_hive ON events (hive_id, id) WHERE hive_id IS NOT NULL;
CREATE INDEX events_by_kind ON events (kind, id);
CREATE INDEX heartbeats_by_hive ON heartbeats (hive_pk, received_at);
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
CREATE VIEW audit_epochs AS
SELECT epoch,
       strftime('%Y-%m-%dT%H:%M:%fZ', started_ms / 1000.0, 'unixepoch') AS started_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', stopped_ms / 1000.0, 'unixepoch') AS stopped_at,
       stop_reason,
       version,
       schema_version
FROM epochs;
CREATE VIEW audit_events AS
SELECT id,
       strftime('%Y-%m-%dT%H:%M:%fZ', at_ms / 1000.0, 'unixepoch') AS at,
       epoch,
       kind,
       hive_id,
       detail
FROM events;
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
COMMIT;
