-- A state file of schema version 6, made by make schema-dump. Never edited once it was released.
PRAGMA application_id = 1919051109;
PRAGMA user_version = 6;
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
INSERT INTO discoveries (id, epoch, attempted_ms, alias, hostname, port, source, outcome, hive_id, error, error_text) VALUES (8, 4, 1772600767089, 'it''s "odd"', '10.0.0.9', 7835, 'ssh', 'failed', NULL, 'refused', NULL);
INSERT INTO discoveries (id, epoch, attempted_ms, alias, hostname, port, source, outcome, hive_id, error, error_text) VALUES (9, 5, 1772600767089, 'it''s "odd"', '10.0.0.9', 7835, 'ssh', 'failed', NULL, 'refused', NULL);
INSERT INTO discoveries (id, epoch, attempted_ms, alias, hostname, port, source, outcome, hive_id, error, error_text) VALUES (10, 6, 1772600767089, 'it''s "odd"', '10.0.0.9', 7835, 'ssh', 'failed', NULL, 'refused', NULL);
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
INSERT INTO epochs (epoch, started_ms, stopped_ms, stop_reason, version, schema_version) VALUES (3, 1772602100000, 1772602129217, 'crash', '0.1.0', 1);
INSERT INTO epochs (epoch, started_ms, stopped_ms, stop_reason, version, schema_version) VALUES (4, 1772611080000, 1772611240000, 'clean', '1', 4);
INSERT INTO epochs (epoch, started_ms, stopped_ms, stop_reason, version, schema_version) VALUES (5, 1772611080000, 1772611240000, 'clean', '1', 5);
INSERT INTO epochs (epoch, started_ms, stopped_ms, stop_reason, version, schema_version) VALUES (6, 1772611080000, 1772611240000, 'clean', '1', 6);
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
INSERT INTO events (id, at_ms, epoch, kind, hive_id, detail) VALUES (10, 1772611080000, 4, 'queen.crashed', NULL, '{"epoch":3,"last_sign_of_life":"2026-03-04T05:28:49.217Z"}');
INSERT INTO events (id, at_ms, epoch, kind, hive_id, detail) VALUES (11, 1772611080000, 4, 'state.migrated', NULL, '{"from":3,"to":4}');
INSERT INTO events (id, at_ms, epoch, kind, hive_id, detail) VALUES (12, 1772611080000, 4, 'queen.started', NULL, '{"version":"1"}');
INSERT INTO events (id, at_ms, epoch, kind, hive_id, detail) VALUES (13, 1772600767089, 4, 'hive.down', 'ha', '{"why":"ünïcode ''\"\\ 🐝"}');
INSERT INTO events (id, at_ms, epoch, kind, hive_id, detail) VALUES (14, 1772611240000, 4, 'queen.stopped', NULL, '{}');
INSERT INTO events (id, at_ms, epoch, kind, hive_id, detail) VALUES (15, 1772611080000, 5, 'state.migrated', NULL, '{"from":4,"to":5}');
INSERT INTO events (id, at_ms, epoch, kind, hive_id, detail) VALUES (16, 1772611080000, 5, 'queen.started', NULL, '{"version":"1"}');
INSERT INTO events (id, at_ms, epoch, kind, hive_id, detail) VALUES (17, 1772600767089, 5, 'hive.down', 'ha', '{"why":"ünïcode ''\"\\ 🐝"}');
INSERT INTO events (id, at_ms, epoch, kind, hive_id, detail) VALUES (18, 1772611240000, 5, 'queen.stopped', NULL, '{}');
INSERT INTO events (id, at_ms, epoch, kind, hive_id, detail) VALUES (19, 1772611080000, 6, 'state.migrated', NULL, '{"from":5,"to":6}');
INSERT INTO events (id, at_ms, epoch, kind, hive_id, detail) VALUES (20, 1772611080000, 6, 'queen.started', NULL, '{"version":"1"}');
INSERT INTO events (id, at_ms, epoch, kind, hive_id, detail) VALUES (21, 1772600767089, 6, 'hive.down', 'ha', '{"why":"ünïcode ''\"\\ 🐝"}');
INSERT INTO events (id, at_ms, epoch, kind, hive_id, detail) VALUES (22, 1772611240000, 6, 'queen.stopped', NULL, '{}');
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
INSERT INTO goose_db_version (id, version_id, is_applied, tstamp) VALUES (5, 4, 1, '2026-01-01 00:00:00');
INSERT INTO goose_db_version (id, version_id, is_applied, tstamp) VALUES (6, 5, 1, '2026-01-01 00:00:00');
INSERT INTO goose_db_version (id, version_id, is_applied, tstamp) VALUES (7, 6, 1, '2026-01-01 00:00:00');
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
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:21.846Z', 0, 4, 3, 145, NULL, 6112, 31156, 65536, '', '["back\\slash","llm","back\\slash",24564,52178],515.76,49927,3.658,0.005,848584613,42.29,23553],[["a \"quoted\", name],[","ünïcode 🐝","ünïcode 🐝",0,7283],129.19,39140,0.049,0.001,107748072,28.08,6582],[["GPU-0","back\\slash","llm",24564,80151],268.54,27199,2.83,0.005,300400421,16.99,13507');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:22.226Z', 0, 4, 3, 1834, NULL, 1258, 12182, 65536, '["ünïcode 🐝",null],3.18,16718,null,431.189],[["",24564],26.24,18175,72.4,366.498', '["back\\slash","back\\slash","GPU-0",0,1945],336.02,87767,0.286,0.006,247253714,93.52,3143],[["8080","ünïcode 🐝","llm",0,38623],408.12,62752,1.576,0.0,673376545,44.57,2382],[["back\\slash","ünïcode 🐝","8080",24564,72663],376.13,24487,0.87,0.004,304748574,50.82,14239');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:23.282Z', 0, 1, 3, -1048, NULL, 4812, 1569, 65536, '["<tag>",24564],98.66,862,-0.7,333.966],[["<tag>",null],15.29,16034,3.0,19.908', '["<tag>","ünïcode 🐝","8080",24564,77117],732.55,4162,1.536,0.0,85792850,82.61,18052],[["ünïcode 🐝","","ünïcode 🐝",0,6915],105.27,40943,2.952,0.003,505745386,5.25,1788');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:24.181Z', 0, 1, 3, -1902, NULL, 1822, 30673, 65536, '["back\\slash",24564],null,null,2.1,null],[["ünïcode 🐝",24564],null,12937,67.3,null', '["<tag>","<tag>",null,0,34685],165.96,58859,1.685,0.004,383559001,6.22,5894],[["8080","ünïcode 🐝","<tag>",0,83242],349.4,82055,1.419,0.002,719475860,38.78,17205],[["","llm","<tag>",0,42805],728.9,27941,4.007,0.005,514565336,46.58,14334');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:24.573Z', 0, 1, 3, 1320, NULL, 737, 22653, 65536, '["llm",24564],20.79,11699,68.1,446.494', '["","8080","GPU-0",0,72224],291.06,11673,2.193,0.004,118184617,95.73,21676');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:24.628Z', 0, 1, 3, 1324, NULL, 6814, 51973, 65536, '["GPU-0",24564],2.98,21867,33.2,69.047],[["8080",24564],null,10933,72.3,31.703', '["8080","llm","GPU-0",0,98009],473.75,71652,4.218,0.003,283789605,3.57,5871],[["ünïcode 🐝","<tag>","ünïcode 🐝",24564,92435],415.4,73571,1.593,0.001,248030215,42.8,9312');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:25.794Z', 0, 4, 3, -126, NULL, 5032, 28963, 65536, '["ünïcode 🐝",24564],64.18,null,44.3,115.83', '["<tag>","ünïcode 🐝","back\\slash",0,30466],385.14,77013,1.943,0.0,108746092,61.75,8670],[["a \"quoted\", name],[","<tag>","ünïcode 🐝",0,45361],638.42,21249,1.31,0.001,413070228,62.22,9921],[["a \"quoted\", name],[","llm","8080",24564,2886],908.44,71548,0.952,0.002,176521338,68.69,13893');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:25.889Z', 0, 1, 3, 1301, NULL, NULL, NULL, NULL, '', '["ünïcode 🐝","8080","a \"quoted\", name],[",0,15111],876.25,10904,1.298,0.004,931340229,88.99,19699],[["","<tag>","a \"quoted\", name],[",0,68314],521.8,40282,4.462,0.001,883245956,47.34,22552],[["llm","llm","",24564,78563],262.73,13175,4.345,0.002,812284311,62.24,35');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:26.736Z', 0, 2, 3, -590, NULL, NULL, NULL, NULL, '', '["GPU-0","8080","llm",0,11368],827.43,82213,2.161,0.002,364555902,5.58,14539],[["back\\slash","ünïcode 🐝","",0,14668],235.01,3463,2.891,0.004,218583803,3.98,3240],[["a \"quoted\", name],[","a \"quoted\", name],[","back\\slash",0,92625],326.85,45083,1.785,0.006,17638488,44.67,10786');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:27.234Z', 0, 2, 3, 1723, NULL, 8724, 28877, 65536, '["<tag>",24564],43.33,700,-9.7,366.107],[["GPU-0",null],84.57,8609,40.1,90.253', '["8080","<tag>","8080",24564,33245],259.79,50886,4.619,0.002,835947142,25.64,18000],[["ünïcode 🐝","llm","",0,81413],721.87,63598,4.383,0.001,970919959,98.19,5011');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:27.282Z', 0, 2, 3, -946, NULL, 3601, 62966, 65536, '["a \"quoted\", name],[",null],58.55,12644,77.5,null', '["GPU-0","a \"quoted\", name],[","a \"quoted\", name],[",0,96862],506.02,14544,2.331,0.0,2191140,68.35,5535');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:28.630Z', 0, 2, 3, -1207, NULL, 3979, 4298, 65536, '["back\\slash",24564],71.62,15563,29.7,149.022', '["ünïcode 🐝","8080","ünïcode 🐝",24564,4785],491.19,88081,3.828,0.0,956952431,39.54,3599],[["a \"quoted\", name],[","ünïcode 🐝","back\\slash",0,96209],775.83,23892,2.975,0.003,703388641,54.36,15978');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:28.630Z', 1, 4, 3, -1610, NULL, NULL, NULL, NULL, '', '');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:28.630Z', 2, 4, 3, -1585, NULL, NULL, NULL, NULL, '', '');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:28.630Z', 3, 4, 3, -1344, NULL, NULL, NULL, NULL, '', '["back\\slash","GPU-0","",0,48078],92.06,80359,0.375,0.0,887268692,30.22,13655],[["8080","llm",null,24564,21585],641.07,5950,3.321,0.004,111233327,94.51,17359');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:28.630Z', 4, 2, 3, 481, NULL, NULL, NULL, NULL, '', '');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:29.104Z', 0, 1, 3, 1714, NULL, 5841, 21484, 65536, '', '["8080","","",0,41696],194.02,50486,4.213,0.006,865482215,91.19,16180],[["back\\slash","<tag>","a \"quoted\", name],[",0,94599],939.26,16885,1.965,0.003,12714257,27.45,10257],[["a \"quoted\", name],[","a \"quoted\", name],[","back\\slash",0,70464],849.05,73142,2.99,0.005,569450065,36.72,15895');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:29.104Z', 1, 2, 3, -360, NULL, NULL, NULL, NULL, '', '');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:29.710Z', 0, 1, 3, -607, NULL, 873, 49402, 65536, '', '');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:31.396Z', 0, 1, 3, 1713, NULL, 3512, 56577, 65536, '["<tag>",24564],72.56,542,null,null],[["back\\slash",24564],70.29,5450,36.1,433.187', '');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:31.444Z', 0, 1, 3, 1608, NULL, 8733, 12328, 65536, '["",24564],83.86,null,-10.7,61.686', '["a \"quoted\", name],[","8080","",0,23136],520.86,20748,4.955,0.002,1018905071,26.11,22971');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:31.444Z', 1, 1, 3, -125, NULL, 9920, 4872, 65536, '["<tag>",null],30.54,null,null,45.796', '["<tag>","<tag>","back\\slash",0,18275],425.65,32631,4.959,0.0,138258891,63.97,1886],[["llm","ünïcode 🐝","ünïcode 🐝",24564,76711],396.44,54921,3.5,0.002,388481731,35.28,1108');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:32.810Z', 0, 1, 3, -1762, NULL, NULL, NULL, NULL, '', '["8080","ünïcode 🐝","",24564,82436],21.08,46564,0.353,0.0,3833165,33.27,5298');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:33.664Z', 0, 1, 3, 1914, NULL, NULL, NULL, NULL, '', '["a \"quoted\", name],[","a \"quoted\", name],[","ünïcode 🐝",24564,13429],511.47,41019,1.494,0.0,199259869,96.59,23887],[["ünïcode 🐝","back\\slash","",24564,3884],877.33,65019,0.851,0.001,191778151,3.2,3769],[["llm","llm",null,0,93875],682.87,6303,3.928,0.002,736809218,73.04,15788');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:34.386Z', 0, 2, 3, -705, NULL, NULL, NULL, NULL, '', '["ünïcode 🐝","<tag>","<tag>",24564,7691],207.33,54441,4.489,0.0,143176877,3.41,6539],[["ünïcode 🐝","","",24564,82631],277.14,28709,2.159,0.001,230016375,67.46,18970],[["a \"quoted\", name],[","GPU-0","a \"quoted\", name],[",24564,84001],835.6,75469,4.645,0.002,53744835,78.99,8165');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:34.610Z', 0, 1, 3, -557, NULL, 7574, 59045, 65536, '', '');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:34.610Z', 1, 4, 3, 1565, NULL, NULL, NULL, NULL, '', '["","llm","llm",0,3462],525.68,61853,2.083,0.001,771645375,9.93,14185],[["8080","back\\slash","",0,373],382.47,17796,0.513,0.006,118275978,62.93,4842],[["","",null,0,36322],647.35,36515,1.31,0.0,673391295,83.89,1074');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:34.813Z', 0, 2, 3, -1228, NULL, 1580, 36950, 65536, '["8080",24564],39.45,15552,14.8,null', '["","","back\\slash",0,51099],285.75,64309,4.044,0.0,313090442,76.39,2016');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:34.993Z', 0, 1, 3, -1553, NULL, 7687, 54572, 65536, '', '["GPU-0","",null,0,74005],163.97,69679,3.306,0.003,106470067,82.76,16541');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:34.993Z', 1, 1, 3, -1840, NULL, 8736, 33749, 65536, '', '["<tag>","back\\slash","a \"quoted\", name],[",24564,39627],974.21,62066,2.291,0.002,661814232,31.33,164');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:35.991Z', 0, 2, 3, -1118, NULL, 7258, 13452, 65536, '', '["back\\slash","a \"quoted\", name],[","8080",24564,20407],94.11,77798,4.758,0.006,1049534930,14.92,19348],[["<tag>","GPU-0","ünïcode 🐝",0,47065],4.51,52509,4.029,0.006,42896764,6.36,16116');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:36.825Z', 0, 4, 3, -1271, NULL, NULL, NULL, NULL, '', '["llm","GPU-0","a \"quoted\", name],[",0,54756],618.83,38500,2.488,0.005,210388126,9.56,17577],[["back\\slash","8080",null,0,48443],582.33,80088,4.869,0.006,464454164,50.17,12252],[["","GPU-0","GPU-0",24564,80067],8.1,36832,1.93,0.001,1063091879,56.8,19469');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:37.522Z', 0, 4, 3, -795, NULL, 7009, 33090, 65536, '["a \"quoted\", name],[",null],70.07,null,null,308.995', '');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:38.044Z', 0, 1, 3, -71, NULL, NULL, NULL, NULL, '', '["a \"quoted\", name],[","llm",null,24564,91448],979.79,63882,2.457,0.001,576556425,99.55,9021],[["GPU-0","8080","<tag>",0,87991],100.58,38722,0.882,0.0,751544606,26.55,19008],[["8080","a \"quoted\", name],[","<tag>",24564,63467],853.89,83624,0.171,0.005,902344581,98.09,24353');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:38.044Z', 1, 1, 3, -40, NULL, 1697, 52498, 65536, '', '["back\\slash","8080","a \"quoted\", name],[",0,20112],838.62,62659,1.728,0.004,837930943,26.85,3843');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:38.080Z', 0, 4, 3, -36, NULL, NULL, NULL, NULL, '', '["a \"quoted\", name],[","back\\slash","8080",24564,42228],224.35,77056,1.07,0.005,459494295,53.23,23054');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:38.300Z', 0, 4, 3, -428, NULL, 4659, 55925, 65536, '["",24564],9.76,null,12.0,354.722],[["",24564],70.37,24459,19.1,443.596', '["back\\slash","llm",null,0,24255],478.17,15114,2.761,0.001,47513986,36.33,14098],[["GPU-0","back\\slash",null,24564,79233],802.43,30795,3.095,0.0,527688847,88.3,23993],[["","back\\slash","llm",24564,35481],473.24,80702,4.338,0.001,793227216,35.83,20084');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:39.532Z', 0, 1, 3, 484, NULL, 8940, 12479, 65536, '["a \"quoted\", name],[",24564],60.0,11867,40.2,303.688],[["back\\slash",null],10.2,247,8.9,424.124', '["8080","",null,24564,60430],900.67,10067,2.968,0.004,193695293,16.49,474');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:39.532Z', 1, 4, 3, 1106, NULL, 2337, 47597, 65536, '["",24564],31.52,null,null,null', '["a \"quoted\", name],[","a \"quoted\", name],[","",24564,6486],955.44,61049,1.338,0.002,964053708,95.89,8419');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:40.143Z', 0, 1, 3, -303, NULL, 6770, 35663, 65536, '["<tag>",24564],97.52,null,70.8,210.958', '["GPU-0","GPU-0",null,0,56813],837.58,68916,3.839,0.005,218377559,17.41,10693],[["a \"quoted\", name],[","",null,24564,4232],467.22,64327,0.924,0.005,537388859,62.25,13552');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:40.143Z', 1, 1, 3, 801, NULL, NULL, NULL, NULL, '', '');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:40.143Z', 2, 2, 3, 395, NULL, NULL, NULL, NULL, '', '["back\\slash","","<tag>",24564,87227],563.77,45924,1.884,0.002,837461282,88.43,15252],[["","a \"quoted\", name],[","<tag>",24564,48336],749.51,10599,2.291,0.0,510945345,22.41,6802');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:40.143Z', 3, 4, 3, -709, NULL, 7771, 51690, 65536, '["8080",24564],null,19564,null,null],[["ünïcode 🐝",24564],null,179,18.1,null', '["a \"quoted\", name],[","llm","<tag>",0,17511],79.69,6109,1.869,0.003,819601126,3.28,10992],[["","a \"quoted\", name],[","",24564,71502],376.12,43867,3.246,0.002,558370103,99.16,3206],[["ünïcode 🐝","ünïcode 🐝",null,24564,67099],154.48,60597,2.085,0.003,1004011064,40.15,9528');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:40.424Z', 0, 1, 3, -260, NULL, 7486, 15563, 65536, '', '["","a \"quoted\", name],[","back\\slash",0,64311],570.7,13526,4.476,0.005,243032798,87.73,13511');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:41.286Z', 0, 1, 3, -1234, NULL, NULL, NULL, NULL, '', '["","back\\slash","<tag>",0,67986],504.14,50622,3.71,0.005,562751236,38.32,1324],[["a \"quoted\", name],[","a \"quoted\", name],[",null,0,37054],225.2,67900,2.855,0.005,470439228,24.82,10019],[["GPU-0","8080",null,24564,59558],511.58,297,1.496,0.005,780322762,72.39,3301');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:42.044Z', 0, 4, 3, 1293, NULL, 2140, 42871, 65536, '["",null],10.71,15714,null,162.93', '');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:42.044Z', 1, 1, 3, -625, NULL, 5706, 17461, 65536, '["llm",24564],9.63,16354,null,410.205', '');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:42.044Z', 2, 1, 3, -1592, NULL, 2508, 37372, 65536, '["a \"quoted\", name],[",24564],null,null,-17.3,224.636],[["",24564],null,22141,null,210.313', '["8080","GPU-0","a \"quoted\", name],[",24564,95684],771.04,27385,0.325,0.004,227222783,61.13,24384],[["<tag>","GPU-0","a \"quoted\", name],[",0,52308],373.47,14814,4.955,0.002,1047377761,28.92,11178');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:42.228Z', 0, 1, 3, -1646, NULL, 1891, 44146, 65536, '["",24564],87.3,null,-18.9,299.151],[["back\\slash",24564],34.18,23288,null,188.312', '');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:42.924Z', 0, 1, 3, -1787, NULL, 4225, 18974, 65536, '', '["ünïcode 🐝","ünïcode 🐝","back\\slash",0,29654],743.4,71788,3.33,0.005,532206058,68.8,6856');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:43.167Z', 0, 4, 3, 1260, NULL, 4243, 41745, 65536, '["llm",24564],null,10539,32.1,432.207', '["GPU-0","8080","8080",0,87345],899.7,50662,0.317,0.005,120641288,40.44,19351');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:43.167Z', 1, 1, 3, 525, NULL, 1491, 62610, 65536, '["",24564],46.19,null,-19.2,376.571],[["",24564],65.1,562,33.4,426.149', '["back\\slash","a \"quoted\", name],[",null,24564,68743],380.38,17434,4.147,0.004,683066083,34.55,2523');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:43.865Z', 0, 2, 3, -1082, NULL, 7425, 33852, 65536, '["8080",24564],87.21,2033,17.9,null', '["ünïcode 🐝","8080","back\\slash",0,35724],949.82,68815,1.135,0.006,304489414,28.12,618],[["ünïcode 🐝","a \"quoted\", name],[","GPU-0",24564,43356],216.97,31230,2.827,0.005,388607410,3.22,2403');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:44.741Z', 0, 2, 3, 109, NULL, 3422, 64099, 65536, '', '["ünïcode 🐝","<tag>","<tag>",0,79160],910.71,19284,3.178,0.002,464296755,11.74,11061],[["8080","llm","ünïcode 🐝",0,79021],419.9,75119,4.215,0.002,858753908,22.4,8784');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:46.295Z', 0, 1, 3, -779, NULL, NULL, NULL, NULL, '', '["GPU-0","<tag>","a \"quoted\", name],[",0,10069],703.07,15215,3.902,0.0,40481937,9.21,24293],[["a \"quoted\", name],[","a \"quoted\", name],[","a \"quoted\", name],[",0,95277],614.83,24972,1.826,0.006,802669123,25.22,10482');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:47.759Z', 0, 1, 3, -1155, NULL, NULL, NULL, NULL, '', '["8080","",null,24564,20566],450.39,78251,3.896,0.006,439889384,54.63,5233');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:47.759Z', 1, 2, 3, 92, NULL, NULL, NULL, NULL, '', '["llm","",null,0,10142],695.28,80773,0.941,0.001,970430452,24.15,20176],[["ünïcode 🐝","8080","",24564,1329],453.3,46078,3.76,0.004,899073292,4.43,13889');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:49.217Z', 0, 4, 3, 321, NULL, NULL, NULL, NULL, '', '["<tag>","llm",null,0,45627],907.74,26937,2.655,0.005,49661759,53.71,3492],[["GPU-0","<tag>","ünïcode 🐝",0,27114],742.26,40215,1.279,0.003,512366215,53.4,5955');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:49.217Z', 1, 4, 3, 1972, NULL, 2066, 20244, 65536, '["a \"quoted\", name],[",null],null,7819,26.2,331.715],[["ünïcode 🐝",24564],null,13491,22.4,218.432', '');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T05:28:49.217Z', 2, 4, 3, 1739, NULL, 7840, 12471, 65536, '["a \"quoted\", name],[",null],7.71,11789,63.3,null],[["llm",24564],null,null,51.9,null', '["","<tag>",null,24564,72131],72.66,9336,3.664,0.001,203229062,84.74,9518');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:00.500Z', 0, 5, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:00.500Z', 1, 5, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:00.500Z', 2, 5, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:00.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:00.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:00.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:05.500Z', 0, 5, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:05.500Z', 1, 5, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:05.500Z', 2, 5, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:05.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:05.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:05.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:10.500Z', 0, 5, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:10.500Z', 1, 5, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:10.500Z', 2, 5, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:10.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:10.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:10.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:15.500Z', 0, 5, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:15.500Z', 1, 5, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:15.500Z', 2, 5, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:15.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:15.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:15.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:20.500Z', 0, 5, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:20.500Z', 1, 5, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:20.500Z', 2, 5, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:20.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:20.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:20.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:25.500Z', 0, 5, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:25.500Z', 1, 5, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:25.500Z', 2, 5, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:25.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:25.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:25.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:30.500Z', 0, 5, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:30.500Z', 1, 5, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:30.500Z', 2, 5, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:30.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:30.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:30.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:35.500Z', 0, 5, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:35.500Z', 1, 5, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:35.500Z', 2, 5, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:35.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:35.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:35.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:40.500Z', 0, 5, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:40.500Z', 1, 5, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:40.500Z', 2, 5, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:40.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:40.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:40.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:45.500Z', 0, 5, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:45.500Z', 1, 5, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:45.500Z', 2, 5, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:45.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:45.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:45.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:50.500Z', 0, 5, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:50.500Z', 1, 5, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:50.500Z', 2, 5, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:50.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:50.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:50.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:55.500Z', 0, 5, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:55.500Z', 1, 5, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:55.500Z', 2, 5, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:55.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:55.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:58:55.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:00.500Z', 0, 5, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:00.500Z', 1, 5, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:00.500Z', 2, 5, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:00.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:00.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:00.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:05.500Z', 0, 5, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:05.500Z', 1, 5, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:05.500Z', 2, 5, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:05.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:05.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:05.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:10.500Z', 0, 5, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:10.500Z', 1, 5, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:10.500Z', 2, 5, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:10.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:10.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:10.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:15.500Z', 0, 5, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:15.500Z', 1, 5, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:15.500Z', 2, 5, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:15.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:15.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:15.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:20.500Z', 0, 5, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:20.500Z', 1, 5, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:20.500Z', 2, 5, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:20.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:20.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:20.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:25.500Z', 0, 5, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:25.500Z', 1, 5, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:25.500Z', 2, 5, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:25.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:25.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:25.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:30.500Z', 0, 5, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:30.500Z', 1, 5, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:30.500Z', 2, 5, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:30.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:30.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:30.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:35.500Z', 0, 5, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:35.500Z', 1, 5, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:35.500Z', 2, 5, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:35.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:35.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:35.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:40.500Z', 0, 5, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:40.500Z', 1, 5, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:40.500Z', 2, 5, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:40.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:40.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:40.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:45.500Z', 0, 5, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:45.500Z', 1, 5, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:45.500Z', 2, 5, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:45.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:45.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:45.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:50.500Z', 0, 5, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:50.500Z', 1, 5, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:50.500Z', 2, 5, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:50.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:50.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:50.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:55.500Z', 0, 5, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:55.500Z', 1, 5, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:55.500Z', 2, 5, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:55.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:55.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T07:59:55.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:00.500Z', 0, 5, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:00.500Z', 1, 5, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:00.500Z', 2, 5, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:00.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:00.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:00.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:05.500Z', 0, 5, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:05.500Z', 1, 5, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:05.500Z', 2, 5, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:05.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:05.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:05.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:10.500Z', 0, 5, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:10.500Z', 1, 5, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:10.500Z', 2, 5, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:10.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:10.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:10.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:15.500Z', 0, 5, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:15.500Z', 1, 5, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:15.500Z', 2, 5, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:15.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:15.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:15.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:20.500Z', 0, 5, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:20.500Z', 1, 5, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:20.500Z', 2, 5, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:20.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:20.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:20.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:25.500Z', 0, 5, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:25.500Z', 1, 5, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:25.500Z', 2, 5, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:25.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:25.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:25.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:30.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:30.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:30.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:35.501Z', 0, 6, 4, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:35.501Z', 1, 6, 5, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
INSERT INTO heartbeats (received_at, n, hive_pk, epoch, skew_ms, next_ms, cpu_pct_x100, ram_used_mb, ram_total_mb, gpus, workers) VALUES ('2026-03-04T08:00:35.501Z', 2, 6, 6, 0, 5000, 3720, 12345, 65536, '0,64,8123,66.5,210.25],[1,null,null,null,null],[109,null,null,null,null,512],[110,null,null,null,null', '2,122,9821,12.3,0.1,432,64,7900],[3,0,0,0,0,0,0,0');
CREATE TABLE history_blocks (
    tier  TEXT NOT NULL CHECK (tier IN ('raw', 'minute', 'hour')),
    at    TEXT NOT NULL,    -- its beginning
    start INTEGER NOT NULL, -- the same, in minutes or hours since 1970-01-01
    rows  INTEGER NOT NULL,
    bytes INTEGER NOT NULL, -- of the file, by estimate
    PRIMARY KEY (tier, at)
) STRICT, WITHOUT ROWID;
INSERT INTO history_blocks (tier, at, start, rows, bytes) VALUES ('hour', '2026-03-04T05:00:00.000Z', 492389, 3, 7356);
INSERT INTO history_blocks (tier, at, start, rows, bytes) VALUES ('hour', '2026-03-04T07:00:00.000Z', 492391, 2, 814);
INSERT INTO history_blocks (tier, at, start, rows, bytes) VALUES ('minute', '2026-03-04T05:28:00.000Z', 29543368, 3, 7364);
INSERT INTO history_blocks (tier, at, start, rows, bytes) VALUES ('minute', '2026-03-04T07:58:00.000Z', 29543518, 2, 809);
INSERT INTO history_blocks (tier, at, start, rows, bytes) VALUES ('minute', '2026-03-04T07:59:00.000Z', 29543519, 2, 809);
INSERT INTO history_blocks (tier, at, start, rows, bytes) VALUES ('raw', '2026-03-04T05:28:00.000Z', 29543368, 60, 14225);
INSERT INTO history_blocks (tier, at, start, rows, bytes) VALUES ('raw', '2026-03-04T07:58:00.000Z', 29543518, 72, 12768);
INSERT INTO history_blocks (tier, at, start, rows, bytes) VALUES ('raw', '2026-03-04T07:59:00.000Z', 29543519, 72, 12768);
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
, last_beat_at TEXT) STRICT;
INSERT INTO hives (pk, hive_id, id_from_alias, instance_id, alias, hostname, address, port, pulled, peer_ip, version, operational_status, health_status, health_reason, registered_epoch, first_seen_ms, pulled_ms, forgotten_ms, last_beat_at) VALUES (1, 'gaming-pc', 0, '0199a1b2-0000-7000-8000-000000000001', 'pc', 'gaming-pc.lan', '192.168.1.100', 7835, 1, '192.168.1.100', '0.1.0', 'ready', 'healthy', '', 3, 1772600001000, 1772602100123, NULL, '2026-03-04T05:28:47.759Z');
INSERT INTO hives (pk, hive_id, id_from_alias, instance_id, alias, hostname, address, port, pulled, peer_ip, version, operational_status, health_status, health_reason, registered_epoch, first_seen_ms, pulled_ms, forgotten_ms, last_beat_at) VALUES (2, 'old.2025', 1, '', 'old.2025', '', '10.0.0.2', 7840, 0, '10.0.0.2', '', 'busy', 'degraded', 'fan; '');DROP TABLE hives;--', 3, 1772600002000, 0, NULL, '2026-03-04T05:28:47.759Z');
INSERT INTO hives (pk, hive_id, id_from_alias, instance_id, alias, hostname, address, port, pulled, peer_ip, version, operational_status, health_status, health_reason, registered_epoch, first_seen_ms, pulled_ms, forgotten_ms, last_beat_at) VALUES (3, 'never', 0, '', '', 'a "quoted", name],[', 'fe80::1%eth0', 7835, 0, 'fe80::1', '1', 'starting', 'unhealthy', 'ünïcode 🐝', 0, 1772600003000, 0, NULL, '');
INSERT INTO hives (pk, hive_id, id_from_alias, instance_id, alias, hostname, address, port, pulled, peer_ip, version, operational_status, health_status, health_reason, registered_epoch, first_seen_ms, pulled_ms, forgotten_ms, last_beat_at) VALUES (4, 'forgotten', 0, '', 'back\slash', 'line
break', '10.0.0.4', 7835, 1, '', '1', 'stopped', 'healthy', '', 0, 1772600004000, 1772600005000, 1772601000000, '2026-03-04T05:28:49.217Z');
INSERT INTO hives (pk, hive_id, id_from_alias, instance_id, alias, hostname, address, port, pulled, peer_ip, version, operational_status, health_status, health_reason, registered_epoch, first_seen_ms, pulled_ms, forgotten_ms, last_beat_at) VALUES (5, 'ha', 0, '', '', 'ha', '10.0.0.1', 7835, 0, '10.0.0.1', '', 'ready', 'healthy', '', 1, 1772611080000, 0, NULL, '2026-03-04T08:00:25.500Z');
INSERT INTO hives (pk, hive_id, id_from_alias, instance_id, alias, hostname, address, port, pulled, peer_ip, version, operational_status, health_status, health_reason, registered_epoch, first_seen_ms, pulled_ms, forgotten_ms, last_beat_at) VALUES (6, 'hb', 0, '', '', 'hb', '10.0.0.1', 7835, 0, '10.0.0.1', '', 'ready', 'healthy', '', 1, 1772611080000, 0, NULL, '2026-03-04T08:00:35.501Z');
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
INSERT INTO hours (id, heartbeats, missed, healthy_s, degraded_s, down_s, stopped_s, nodes, cpu_pct_x100_mean, cpu_pct_x100_max, ram_used_mb_mean, ram_used_mb_max, ram_total_mb, gpus, workers) VALUES (3383609595527193, 29, 6, 24, 2, 0, 0, 21, 5132, 9920, 33127, 62610, 65536, '0,89.58,98.66,702,862,35.05,70.8,272.47,333.97,3],[1,22.91,30.54,16034,16034,3,3,32.85,45.8,2],[2,52.23,70.29,14369,23288,19.1,36.1,310.75,433.19,2],[3,null,null,12937,12937,67.3,67.3,null,null,1],[4,15.21,20.79,14026,16354,68.1,68.1,428.35,446.49,2],[5,2.98,2.98,21867,21867,33.2,33.2,69.05,69.05,1],[6,null,null,10933,10933,72.3,72.3,31.7,31.7,1],[7,70.61,87.3,11352,22141,-3.85,33.4,274.77,426.15,5],[8,60,60,11867,11867,11.45,40.2,264.16,303.69,2],[9,10.2,10.2,247,247,8.9,8.9,424.12,424.12,1', '10,1,732.55,732.55,4162,4162,82.61,82.61,18052,18052],[11,1,105.27,105.27,40943,40943,5.25,5.25,1788,1788],[12,1,165.96,165.96,58859,58859,6.22,6.22,5894,5894],[13,1,349.4,349.4,82055,82055,38.78,38.78,17205,17205],[14,1,728.9,728.9,27941,27941,46.58,46.58,14334,14334],[15,1,291.06,291.06,11673,11673,95.73,95.73,21676,21676],[16,1,473.75,473.75,71652,71652,3.57,3.57,5871,5871],[17,1,415.4,415.4,73571,73571,42.8,42.8,9312,9312],[18,1,876.25,876.25,10904,10904,88.99,88.99,19699,19699],[19,1,521.8,521.8,40282,40282,47.34,47.34,22552,22552],[20,1,262.73,262.73,13175,13175,62.24,62.24,35,35],[21,1,194.02,194.02,50486,50486,91.19,91.19,16180,16180],[22,1,939.26,939.26,16885,16885,27.45,27.45,10257,10257],[23,1,849.05,849.05,73142,73142,36.72,36.72,15895,15895],[24,1,520.86,520.86,20748,20748,26.11,26.11,22971,22971],[25,1,425.65,425.65,32631,32631,63.97,63.97,1886,1886],[26,1,396.44,396.44,54921,54921,35.28,35.28,1108,1108],[27,1,21.08,21.08,46564,46564,33.27,33.27,5298,5298],[28,1,511.47,511.47,41019,41019,96.59,96.59,23887,23887],[29,1,877.33,877.33,65019,65019,3.2,3.2,3769,3769],[30,1,682.87,682.87,6303,6303,73.04,73.04,15788,15788],[31,1,163.97,163.97,69679,69679,82.76,82.76,16541,16541],[32,1,974.21,974.21,62066,62066,31.33,31.33,164,164],[33,1,979.79,979.79,63882,63882,99.55,99.55,9021,9021],[34,1,100.58,100.58,38722,38722,26.55,26.55,19008,19008],[35,1,853.89,853.89,83624,83624,98.09,98.09,24353,24353],[36,1,838.62,838.62,62659,62659,26.85,26.85,3843,3843],[37,2,675.53,900.67,44159,78251,35.56,54.63,2854,5233],[38,1,837.58,837.58,68916,68916,17.41,17.41,10693,10693],[39,1,467.22,467.22,64327,64327,62.25,62.25,13552,13552],[40,1,570.7,570.7,13526,13526,87.73,87.73,13511,13511],[41,1,504.14,504.14,50622,50622,38.32,38.32,1324,1324],[42,1,225.2,225.2,67900,67900,24.82,24.82,10019,10019],[43,1,511.58,511.58,297,297,72.39,72.39,3301,3301],[44,1,771.04,771.04,27385,27385,61.13,61.13,24384,24384],[45,1,373.47,373.47,14814,14814,28.92,28.92,11178,11178],[46,1,743.4,743.4,71788,71788,68.8,68.8,6856,6856],[47,1,380.38,380.38,17434,17434,34.55,34.55,2523,2523],[48,1,703.07,703.07,15215,15215,9.21,9.21,24293,24293],[49,1,614.83,614.83,24972,24972,25.22,25.22,10482,10482');
INSERT INTO hours (id, heartbeats, missed, healthy_s, degraded_s, down_s, stopped_s, nodes, cpu_pct_x100_mean, cpu_pct_x100_max, ram_used_mb_mean, ram_used_mb_max, ram_total_mb, gpus, workers) VALUES (3383609595527209, 13, 11, 19, 4, 0, 0, 7, 5141, 8724, 34928, 64099, 65536, '0,43.33,43.33,700,700,-9.7,-9.7,366.11,366.11,1],[50,84.57,84.57,8609,8609,40.1,40.1,90.25,90.25,1],[51,58.55,58.55,12644,12644,77.5,77.5,null,null,1],[2,71.62,71.62,15563,15563,29.7,29.7,149.02,149.02,1],[6,63.33,87.21,8792,15552,16.35,17.9,null,null,2', '52,1,827.43,827.43,82213,82213,5.58,5.58,14539,14539],[53,1,235.01,235.01,3463,3463,3.98,3.98,3240,3240],[23,1,326.85,326.85,45083,45083,44.67,44.67,10786,10786],[54,1,259.79,259.79,50886,50886,25.64,25.64,18000,18000],[55,1,721.87,721.87,63598,63598,98.19,98.19,5011,5011],[56,1,506.02,506.02,14544,14544,68.35,68.35,5535,5535],[57,1,491.19,491.19,88081,88081,39.54,39.54,3599,3599],[58,1,775.83,775.83,23892,23892,54.36,54.36,15978,15978],[59,1,207.33,207.33,54441,54441,3.41,3.41,6539,6539],[60,1,277.14,277.14,28709,28709,67.46,67.46,18970,18970],[61,1,835.6,835.6,75469,75469,78.99,78.99,8165,8165],[62,1,285.75,285.75,64309,64309,76.39,76.39,2016,2016],[63,1,94.11,94.11,77798,77798,14.92,14.92,19348,19348],[64,1,4.51,4.51,52509,52509,6.36,6.36,16116,16116],[65,1,563.77,563.77,45924,45924,88.43,88.43,15252,15252],[66,1,749.51,749.51,10599,10599,22.41,22.41,6802,6802],[67,1,949.82,949.82,68815,68815,28.12,28.12,618,618],[68,1,216.97,216.97,31230,31230,3.22,3.22,2403,2403],[69,1,910.71,910.71,19284,19284,11.74,11.74,11061,11061],[70,1,419.9,419.9,75119,75119,22.4,22.4,8784,8784],[71,1,695.28,695.28,80773,80773,24.15,24.15,20176,20176],[72,1,453.3,453.3,46078,46078,4.43,4.43,13889,13889');
INSERT INTO hours (id, heartbeats, missed, healthy_s, degraded_s, down_s, stopped_s, nodes, cpu_pct_x100_mean, cpu_pct_x100_max, ram_used_mb_mean, ram_used_mb_max, ram_total_mb, gpus, workers) VALUES (3383609595527241, 18, 16, 22, 6, 0, 0, 11, 4588, 7840, 34358, 55925, 65536, '73,3.18,3.18,16718,16718,null,null,431.19,431.19,1],[7,34.47,70.37,21317,24459,34.5,72.4,388.27,443.6,4],[3,64.18,64.18,6835,13491,28.27,44.3,167.13,218.43,3],[51,38.89,70.07,9804,11789,44.75,63.3,320.36,331.72,2],[6,null,null,19564,19564,null,null,null,null,1],[74,10.71,10.71,15714,15714,null,null,162.93,162.93,1],[4,null,null,10539,10539,42,51.9,432.21,432.21,2', '75,1,515.76,515.76,49927,49927,42.29,42.29,23553,23553],[76,1,129.19,129.19,39140,39140,28.08,28.08,6582,6582],[77,1,268.54,268.54,27199,27199,16.99,16.99,13507,13507],[78,1,336.02,336.02,87767,87767,93.52,93.52,3143,3143],[79,1,408.12,408.12,62752,62752,44.57,44.57,2382,2382],[80,1,376.13,376.13,24487,24487,50.82,50.82,14239,14239],[81,1,385.14,385.14,77013,77013,61.75,61.75,8670,8670],[82,1,638.42,638.42,21249,21249,62.22,62.22,9921,9921],[83,1,908.44,908.44,71548,71548,68.69,68.69,13893,13893],[84,1,92.06,92.06,80359,80359,30.22,30.22,13655,13655],[85,1,641.07,641.07,5950,5950,94.51,94.51,17359,17359],[86,1,525.68,525.68,61853,61853,9.93,9.93,14185,14185],[87,1,382.47,382.47,17796,17796,62.93,62.93,4842,4842],[88,1,647.35,647.35,36515,36515,83.89,83.89,1074,1074],[89,1,618.83,618.83,38500,38500,9.56,9.56,17577,17577],[90,1,582.33,582.33,80088,80088,50.17,50.17,12252,12252],[91,1,8.1,8.1,36832,36832,56.8,56.8,19469,19469],[92,1,224.35,224.35,77056,77056,53.23,53.23,23054,23054],[93,1,478.17,478.17,15114,15114,36.33,36.33,14098,14098],[94,1,802.43,802.43,30795,30795,88.3,88.3,23993,23993],[95,1,473.24,473.24,80702,80702,35.83,35.83,20084,20084],[96,1,955.44,955.44,61049,61049,95.89,95.89,8419,8419],[97,1,79.69,79.69,6109,6109,3.28,3.28,10992,10992],[98,1,376.12,376.12,43867,43867,99.16,99.16,3206,3206],[99,1,154.48,154.48,60597,60597,40.15,40.15,9528,9528],[100,1,899.7,899.7,50662,50662,40.44,40.44,19351,19351],[101,1,907.74,907.74,26937,26937,53.71,53.71,3492,3492],[102,1,742.26,742.26,40215,40215,53.4,53.4,5955,5955],[103,1,72.66,72.66,9336,9336,84.74,84.74,9518,9518');
INSERT INTO hours (id, heartbeats, missed, healthy_s, degraded_s, down_s, stopped_s, nodes, cpu_pct_x100_mean, cpu_pct_x100_max, ram_used_mb_mean, ram_used_mb_max, ram_total_mb, gpus, workers) VALUES (3383678315003985, 72, 0, 119, 0, 0, 0, 72, 3720, 3720, 12345, 12345, 65536, '5,64,64,8123,8123,66.5,66.5,210.25,210.25],[104,null,null,null,null,null,null,null,null,0],[107,null,null,null,null,null,null,null,null,0,512,512,24],[108,null,null,null,null,null,null,null,null,0,0,0,24', '105,72,122,122,9821,9821,64,64,7900,7900],[106,72,0,0,0,0,0,0,0,0');
INSERT INTO hours (id, heartbeats, missed, healthy_s, degraded_s, down_s, stopped_s, nodes, cpu_pct_x100_mean, cpu_pct_x100_max, ram_used_mb_mean, ram_used_mb_max, ram_total_mb, gpus, workers) VALUES (3383678315004001, 72, 0, 119, 0, 0, 0, 72, 3720, 3720, 12345, 12345, 65536, '5,64,64,8123,8123,66.5,66.5,210.25,210.25],[104,null,null,null,null,null,null,null,null,0],[107,null,null,null,null,null,null,null,null,0,512,512,24],[108,null,null,null,null,null,null,null,null,0,0,0,24', '105,72,122,122,9821,9821,64,64,7900,7900],[106,72,0,0,0,0,0,0,0,0');
CREATE TABLE meta (
    key   TEXT PRIMARY KEY, -- 'queen_id': made once with the file
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta (key, value) VALUES ('queen_id', '0199a1b2-c3d4-7e5f-8a6b-0123456789ab');
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
INSERT INTO minutes (id, heartbeats, missed, healthy_s, degraded_s, down_s, stopped_s, nodes, cpu_pct_x100_mean, cpu_pct_x100_max, ram_used_mb_mean, ram_used_mb_max, ram_total_mb, gpus, workers) VALUES (203020424022327320, 29, 6, 24, 2, 0, 0, 21, 5132, 9920, 33127, 62610, 65536, '4,89.58,98.66,702,862,35.05,70.8,272.47,333.97,3],[5,22.91,30.54,16034,16034,3,3,32.85,45.8,2],[6,52.23,70.29,14369,23288,19.1,36.1,310.75,433.19,2],[7,null,null,12937,12937,67.3,67.3,null,null,1],[8,15.21,20.79,14026,16354,68.1,68.1,428.35,446.49,2],[0,2.98,2.98,21867,21867,33.2,33.2,69.05,69.05,1],[9,null,null,10933,10933,72.3,72.3,31.7,31.7,1],[10,70.61,87.3,11352,22141,-3.85,33.4,274.77,426.15,5],[11,60,60,11867,11867,11.45,40.2,264.16,303.69,2],[12,10.2,10.2,247,247,8.9,8.9,424.12,424.12,1', '13,1,732.55,732.55,4162,4162,82.61,82.61,18052,18052],[14,1,105.27,105.27,40943,40943,5.25,5.25,1788,1788],[15,1,165.96,165.96,58859,58859,6.22,6.22,5894,5894],[16,1,349.4,349.4,82055,82055,38.78,38.78,17205,17205],[17,1,728.9,728.9,27941,27941,46.58,46.58,14334,14334],[18,1,291.06,291.06,11673,11673,95.73,95.73,21676,21676],[19,1,473.75,473.75,71652,71652,3.57,3.57,5871,5871],[20,1,415.4,415.4,73571,73571,42.8,42.8,9312,9312],[21,1,876.25,876.25,10904,10904,88.99,88.99,19699,19699],[22,1,521.8,521.8,40282,40282,47.34,47.34,22552,22552],[23,1,262.73,262.73,13175,13175,62.24,62.24,35,35],[24,1,194.02,194.02,50486,50486,91.19,91.19,16180,16180],[25,1,939.26,939.26,16885,16885,27.45,27.45,10257,10257],[26,1,849.05,849.05,73142,73142,36.72,36.72,15895,15895],[27,1,520.86,520.86,20748,20748,26.11,26.11,22971,22971],[28,1,425.65,425.65,32631,32631,63.97,63.97,1886,1886],[29,1,396.44,396.44,54921,54921,35.28,35.28,1108,1108],[30,1,21.08,21.08,46564,46564,33.27,33.27,5298,5298],[31,1,511.47,511.47,41019,41019,96.59,96.59,23887,23887],[32,1,877.33,877.33,65019,65019,3.2,3.2,3769,3769],[33,1,682.87,682.87,6303,6303,73.04,73.04,15788,15788],[34,1,163.97,163.97,69679,69679,82.76,82.76,16541,16541],[35,1,974.21,974.21,62066,62066,31.33,31.33,164,164],[36,1,979.79,979.79,63882,63882,99.55,99.55,9021,9021],[37,1,100.58,100.58,38722,38722,26.55,26.55,19008,19008],[38,1,853.89,853.89,83624,83624,98.09,98.09,24353,24353],[39,1,838.62,838.62,62659,62659,26.85,26.85,3843,3843],[40,2,675.53,900.67,44159,78251,35.56,54.63,2854,5233],[41,1,837.58,837.58,68916,68916,17.41,17.41,10693,10693],[42,1,467.22,467.22,64327,64327,62.25,62.25,13552,13552],[43,1,570.7,570.7,13526,13526,87.73,87.73,13511,13511],[44,1,504.14,504.14,50622,50622,38.32,38.32,1324,1324],[45,1,225.2,225.2,67900,67900,24.82,24.82,10019,10019],[46,1,511.58,511.58,297,297,72.39,72.39,3301,3301],[47,1,771.04,771.04,27385,27385,61.13,61.13,24384,24384],[48,1,373.47,373.47,14814,14814,28.92,28.92,11178,11178],[49,1,743.4,743.4,71788,71788,68.8,68.8,6856,6856],[50,1,380.38,380.38,17434,17434,34.55,34.55,2523,2523],[51,1,703.07,703.07,15215,15215,9.21,9.21,24293,24293],[52,1,614.83,614.83,24972,24972,25.22,25.22,10482,10482');
INSERT INTO minutes (id, heartbeats, missed, healthy_s, degraded_s, down_s, stopped_s, nodes, cpu_pct_x100_mean, cpu_pct_x100_max, ram_used_mb_mean, ram_used_mb_max, ram_total_mb, gpus, workers) VALUES (203020424022327336, 13, 11, 19, 4, 0, 0, 7, 5141, 8724, 34928, 64099, 65536, '4,43.33,43.33,700,700,-9.7,-9.7,366.11,366.11,1],[53,84.57,84.57,8609,8609,40.1,40.1,90.25,90.25,1],[54,58.55,58.55,12644,12644,77.5,77.5,null,null,1],[6,71.62,71.62,15563,15563,29.7,29.7,149.02,149.02,1],[9,63.33,87.21,8792,15552,16.35,17.9,null,null,2', '55,1,827.43,827.43,82213,82213,5.58,5.58,14539,14539],[56,1,235.01,235.01,3463,3463,3.98,3.98,3240,3240],[26,1,326.85,326.85,45083,45083,44.67,44.67,10786,10786],[57,1,259.79,259.79,50886,50886,25.64,25.64,18000,18000],[58,1,721.87,721.87,63598,63598,98.19,98.19,5011,5011],[59,1,506.02,506.02,14544,14544,68.35,68.35,5535,5535],[60,1,491.19,491.19,88081,88081,39.54,39.54,3599,3599],[61,1,775.83,775.83,23892,23892,54.36,54.36,15978,15978],[62,1,207.33,207.33,54441,54441,3.41,3.41,6539,6539],[63,1,277.14,277.14,28709,28709,67.46,67.46,18970,18970],[64,1,835.6,835.6,75469,75469,78.99,78.99,8165,8165],[65,1,285.75,285.75,64309,64309,76.39,76.39,2016,2016],[66,1,94.11,94.11,77798,77798,14.92,14.92,19348,19348],[67,1,4.51,4.51,52509,52509,6.36,6.36,16116,16116],[68,1,563.77,563.77,45924,45924,88.43,88.43,15252,15252],[69,1,749.51,749.51,10599,10599,22.41,22.41,6802,6802],[70,1,949.82,949.82,68815,68815,28.12,28.12,618,618],[71,1,216.97,216.97,31230,31230,3.22,3.22,2403,2403],[72,1,910.71,910.71,19284,19284,11.74,11.74,11061,11061],[73,1,419.9,419.9,75119,75119,22.4,22.4,8784,8784],[74,1,695.28,695.28,80773,80773,24.15,24.15,20176,20176],[75,1,453.3,453.3,46078,46078,4.43,4.43,13889,13889');
INSERT INTO minutes (id, heartbeats, missed, healthy_s, degraded_s, down_s, stopped_s, nodes, cpu_pct_x100_mean, cpu_pct_x100_max, ram_used_mb_mean, ram_used_mb_max, ram_total_mb, gpus, workers) VALUES (203020424022327368, 18, 16, 22, 6, 0, 0, 11, 4588, 7840, 34358, 55925, 65536, '76,3.18,3.18,16718,16718,null,null,431.19,431.19,1],[10,34.47,70.37,21317,24459,34.5,72.4,388.27,443.6,4],[7,64.18,64.18,6835,13491,28.27,44.3,167.13,218.43,3],[54,38.89,70.07,9804,11789,44.75,63.3,320.36,331.72,2],[9,null,null,19564,19564,null,null,null,null,1],[77,10.71,10.71,15714,15714,null,null,162.93,162.93,1],[8,null,null,10539,10539,42,51.9,432.21,432.21,2', '78,1,515.76,515.76,49927,49927,42.29,42.29,23553,23553],[79,1,129.19,129.19,39140,39140,28.08,28.08,6582,6582],[80,1,268.54,268.54,27199,27199,16.99,16.99,13507,13507],[81,1,336.02,336.02,87767,87767,93.52,93.52,3143,3143],[82,1,408.12,408.12,62752,62752,44.57,44.57,2382,2382],[83,1,376.13,376.13,24487,24487,50.82,50.82,14239,14239],[84,1,385.14,385.14,77013,77013,61.75,61.75,8670,8670],[85,1,638.42,638.42,21249,21249,62.22,62.22,9921,9921],[86,1,908.44,908.44,71548,71548,68.69,68.69,13893,13893],[87,1,92.06,92.06,80359,80359,30.22,30.22,13655,13655],[88,1,641.07,641.07,5950,5950,94.51,94.51,17359,17359],[89,1,525.68,525.68,61853,61853,9.93,9.93,14185,14185],[90,1,382.47,382.47,17796,17796,62.93,62.93,4842,4842],[91,1,647.35,647.35,36515,36515,83.89,83.89,1074,1074],[92,1,618.83,618.83,38500,38500,9.56,9.56,17577,17577],[93,1,582.33,582.33,80088,80088,50.17,50.17,12252,12252],[94,1,8.1,8.1,36832,36832,56.8,56.8,19469,19469],[95,1,224.35,224.35,77056,77056,53.23,53.23,23054,23054],[96,1,478.17,478.17,15114,15114,36.33,36.33,14098,14098],[97,1,802.43,802.43,30795,30795,88.3,88.3,23993,23993],[98,1,473.24,473.24,80702,80702,35.83,35.83,20084,20084],[99,1,955.44,955.44,61049,61049,95.89,95.89,8419,8419],[100,1,79.69,79.69,6109,6109,3.28,3.28,10992,10992],[101,1,376.12,376.12,43867,43867,99.16,99.16,3206,3206],[102,1,154.48,154.48,60597,60597,40.15,40.15,9528,9528],[103,1,899.7,899.7,50662,50662,40.44,40.44,19351,19351],[104,1,907.74,907.74,26937,26937,53.71,53.71,3492,3492],[105,1,742.26,742.26,40215,40215,53.4,53.4,5955,5955],[106,1,72.66,72.66,9336,9336,84.74,84.74,9518,9518');
INSERT INTO minutes (id, heartbeats, missed, healthy_s, degraded_s, down_s, stopped_s, nodes, cpu_pct_x100_mean, cpu_pct_x100_max, ram_used_mb_mean, ram_used_mb_max, ram_total_mb, gpus, workers) VALUES (203021454814478424, 36, 0, 59, 0, 0, 0, 36, 3720, 3720, 12345, 12345, 65536, '0,64,64,8123,8123,66.5,66.5,210.25,210.25],[1,null,null,null,null,null,null,null,null,0],[109,null,null,null,null,null,null,null,null,0,512,512,12],[110,null,null,null,null,null,null,null,null,0,0,0,12', '107,36,122,122,9821,9821,64,64,7900,7900],[108,36,0,0,0,0,0,0,0,0');
INSERT INTO minutes (id, heartbeats, missed, healthy_s, degraded_s, down_s, stopped_s, nodes, cpu_pct_x100_mean, cpu_pct_x100_max, ram_used_mb_mean, ram_used_mb_max, ram_total_mb, gpus, workers) VALUES (203021454814478425, 36, 0, 60, 0, 0, 0, 36, 3720, 3720, 12345, 12345, 65536, '0,64,64,8123,8123,66.5,66.5,210.25,210.25],[1,null,null,null,null,null,null,null,null,0],[109,null,null,null,null,null,null,null,null,0,512,512,12],[110,null,null,null,null,null,null,null,null,0,0,0,12', '107,36,122,122,9821,9821,64,64,7900,7900],[108,36,0,0,0,0,0,0,0,0');
INSERT INTO minutes (id, heartbeats, missed, healthy_s, degraded_s, down_s, stopped_s, nodes, cpu_pct_x100_mean, cpu_pct_x100_max, ram_used_mb_mean, ram_used_mb_max, ram_total_mb, gpus, workers) VALUES (203021454814478440, 36, 0, 59, 0, 0, 0, 36, 3720, 3720, 12345, 12345, 65536, '0,64,64,8123,8123,66.5,66.5,210.25,210.25],[1,null,null,null,null,null,null,null,null,0],[109,null,null,null,null,null,null,null,null,0,512,512,12],[110,null,null,null,null,null,null,null,null,0,0,0,12', '107,36,122,122,9821,9821,64,64,7900,7900],[108,36,0,0,0,0,0,0,0,0');
INSERT INTO minutes (id, heartbeats, missed, healthy_s, degraded_s, down_s, stopped_s, nodes, cpu_pct_x100_mean, cpu_pct_x100_max, ram_used_mb_mean, ram_used_mb_max, ram_total_mb, gpus, workers) VALUES (203021454814478441, 36, 0, 60, 0, 0, 0, 36, 3720, 3720, 12345, 12345, 65536, '0,64,64,8123,8123,66.5,66.5,210.25,210.25],[1,null,null,null,null,null,null,null,null,0],[109,null,null,null,null,null,null,null,null,0,512,512,12],[110,null,null,null,null,null,null,null,null,0,0,0,12', '107,36,122,122,9821,9821,64,64,7900,7900],[108,36,0,0,0,0,0,0,0,0');
CREATE TABLE names (
    scope TEXT NOT NULL, -- '2026-11-21' or '2026-11'
    n     INTEGER NOT NULL,
    name  TEXT NOT NULL,
    PRIMARY KEY (scope, n)
) STRICT, WITHOUT ROWID;
INSERT INTO names (scope, n, name) VALUES ('2026-03', 0, '["\u003ctag\u003e",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 1, '["\u003ctag\u003e",null]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 2, '["back\\slash",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 3, '["ünïcode 🐝",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 4, '["llm",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 5, '["GPU-0",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 6, '["8080",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 7, '["",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 8, '["a \"quoted\", name],[",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 9, '["back\\slash",null]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 10, '["\u003ctag\u003e","ünïcode 🐝","8080",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 11, '["ünïcode 🐝","","ünïcode 🐝",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 12, '["\u003ctag\u003e","\u003ctag\u003e",null,0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 13, '["8080","ünïcode 🐝","\u003ctag\u003e",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 14, '["","llm","\u003ctag\u003e",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 15, '["","8080","GPU-0",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 16, '["8080","llm","GPU-0",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 17, '["ünïcode 🐝","\u003ctag\u003e","ünïcode 🐝",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 18, '["ünïcode 🐝","8080","a \"quoted\", name],[",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 19, '["","\u003ctag\u003e","a \"quoted\", name],[",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 20, '["llm","llm","",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 21, '["8080","","",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 22, '["back\\slash","\u003ctag\u003e","a \"quoted\", name],[",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 23, '["a \"quoted\", name],[","a \"quoted\", name],[","back\\slash",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 24, '["a \"quoted\", name],[","8080","",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 25, '["\u003ctag\u003e","\u003ctag\u003e","back\\slash",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 26, '["llm","ünïcode 🐝","ünïcode 🐝",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 27, '["8080","ünïcode 🐝","",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 28, '["a \"quoted\", name],[","a \"quoted\", name],[","ünïcode 🐝",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 29, '["ünïcode 🐝","back\\slash","",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 30, '["llm","llm",null,0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 31, '["GPU-0","",null,0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 32, '["\u003ctag\u003e","back\\slash","a \"quoted\", name],[",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 33, '["a \"quoted\", name],[","llm",null,24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 34, '["GPU-0","8080","\u003ctag\u003e",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 35, '["8080","a \"quoted\", name],[","\u003ctag\u003e",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 36, '["back\\slash","8080","a \"quoted\", name],[",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 37, '["8080","",null,24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 38, '["GPU-0","GPU-0",null,0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 39, '["a \"quoted\", name],[","",null,24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 40, '["","a \"quoted\", name],[","back\\slash",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 41, '["","back\\slash","\u003ctag\u003e",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 42, '["a \"quoted\", name],[","a \"quoted\", name],[",null,0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 43, '["GPU-0","8080",null,24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 44, '["8080","GPU-0","a \"quoted\", name],[",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 45, '["\u003ctag\u003e","GPU-0","a \"quoted\", name],[",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 46, '["ünïcode 🐝","ünïcode 🐝","back\\slash",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 47, '["back\\slash","a \"quoted\", name],[",null,24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 48, '["GPU-0","\u003ctag\u003e","a \"quoted\", name],[",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 49, '["a \"quoted\", name],[","a \"quoted\", name],[","a \"quoted\", name],[",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 50, '["GPU-0",null]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 51, '["a \"quoted\", name],[",null]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 52, '["GPU-0","8080","llm",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 53, '["back\\slash","ünïcode 🐝","",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 54, '["8080","\u003ctag\u003e","8080",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 55, '["ünïcode 🐝","llm","",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 56, '["GPU-0","a \"quoted\", name],[","a \"quoted\", name],[",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 57, '["ünïcode 🐝","8080","ünïcode 🐝",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 58, '["a \"quoted\", name],[","ünïcode 🐝","back\\slash",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 59, '["ünïcode 🐝","\u003ctag\u003e","\u003ctag\u003e",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 60, '["ünïcode 🐝","","",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 61, '["a \"quoted\", name],[","GPU-0","a \"quoted\", name],[",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 62, '["","","back\\slash",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 63, '["back\\slash","a \"quoted\", name],[","8080",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 64, '["\u003ctag\u003e","GPU-0","ünïcode 🐝",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 65, '["back\\slash","","\u003ctag\u003e",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 66, '["","a \"quoted\", name],[","\u003ctag\u003e",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 67, '["ünïcode 🐝","8080","back\\slash",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 68, '["ünïcode 🐝","a \"quoted\", name],[","GPU-0",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 69, '["ünïcode 🐝","\u003ctag\u003e","\u003ctag\u003e",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 70, '["8080","llm","ünïcode 🐝",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 71, '["llm","",null,0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 72, '["ünïcode 🐝","8080","",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 73, '["ünïcode 🐝",null]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 74, '["",null]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 75, '["back\\slash","llm","back\\slash",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 76, '["a \"quoted\", name],[","ünïcode 🐝","ünïcode 🐝",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 77, '["GPU-0","back\\slash","llm",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 78, '["back\\slash","back\\slash","GPU-0",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 79, '["8080","ünïcode 🐝","llm",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 80, '["back\\slash","ünïcode 🐝","8080",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 81, '["\u003ctag\u003e","ünïcode 🐝","back\\slash",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 82, '["a \"quoted\", name],[","\u003ctag\u003e","ünïcode 🐝",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 83, '["a \"quoted\", name],[","llm","8080",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 84, '["back\\slash","GPU-0","",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 85, '["8080","llm",null,24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 86, '["","llm","llm",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 87, '["8080","back\\slash","",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 88, '["","",null,0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 89, '["llm","GPU-0","a \"quoted\", name],[",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 90, '["back\\slash","8080",null,0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 91, '["","GPU-0","GPU-0",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 92, '["a \"quoted\", name],[","back\\slash","8080",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 93, '["back\\slash","llm",null,0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 94, '["GPU-0","back\\slash",null,24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 95, '["","back\\slash","llm",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 96, '["a \"quoted\", name],[","a \"quoted\", name],[","",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 97, '["a \"quoted\", name],[","llm","\u003ctag\u003e",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 98, '["","a \"quoted\", name],[","",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 99, '["ünïcode 🐝","ünïcode 🐝",null,24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 100, '["GPU-0","8080","8080",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 101, '["\u003ctag\u003e","llm",null,0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 102, '["GPU-0","\u003ctag\u003e","ünïcode 🐝",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 103, '["","\u003ctag\u003e",null,24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 104, '["GPU-1",null]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 105, '["llm","8080","llama-3.2-1b",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 106, '["llm","8081",null,0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 107, '["GPU-2",null,true]');
INSERT INTO names (scope, n, name) VALUES ('2026-03', 108, '["GPU-3",null,true]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 0, '["GPU-0",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 1, '["GPU-1",null]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 2, '["llm","8080","llama-3.2-1b",24564,1234]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 3, '["llm","8081",null,0,7]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 4, '["\u003ctag\u003e",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 5, '["\u003ctag\u003e",null]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 6, '["back\\slash",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 7, '["ünïcode 🐝",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 8, '["llm",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 9, '["8080",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 10, '["",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 11, '["a \"quoted\", name],[",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 12, '["back\\slash",null]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 13, '["\u003ctag\u003e","ünïcode 🐝","8080",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 14, '["ünïcode 🐝","","ünïcode 🐝",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 15, '["\u003ctag\u003e","\u003ctag\u003e",null,0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 16, '["8080","ünïcode 🐝","\u003ctag\u003e",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 17, '["","llm","\u003ctag\u003e",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 18, '["","8080","GPU-0",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 19, '["8080","llm","GPU-0",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 20, '["ünïcode 🐝","\u003ctag\u003e","ünïcode 🐝",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 21, '["ünïcode 🐝","8080","a \"quoted\", name],[",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 22, '["","\u003ctag\u003e","a \"quoted\", name],[",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 23, '["llm","llm","",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 24, '["8080","","",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 25, '["back\\slash","\u003ctag\u003e","a \"quoted\", name],[",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 26, '["a \"quoted\", name],[","a \"quoted\", name],[","back\\slash",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 27, '["a \"quoted\", name],[","8080","",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 28, '["\u003ctag\u003e","\u003ctag\u003e","back\\slash",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 29, '["llm","ünïcode 🐝","ünïcode 🐝",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 30, '["8080","ünïcode 🐝","",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 31, '["a \"quoted\", name],[","a \"quoted\", name],[","ünïcode 🐝",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 32, '["ünïcode 🐝","back\\slash","",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 33, '["llm","llm",null,0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 34, '["GPU-0","",null,0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 35, '["\u003ctag\u003e","back\\slash","a \"quoted\", name],[",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 36, '["a \"quoted\", name],[","llm",null,24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 37, '["GPU-0","8080","\u003ctag\u003e",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 38, '["8080","a \"quoted\", name],[","\u003ctag\u003e",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 39, '["back\\slash","8080","a \"quoted\", name],[",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 40, '["8080","",null,24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 41, '["GPU-0","GPU-0",null,0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 42, '["a \"quoted\", name],[","",null,24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 43, '["","a \"quoted\", name],[","back\\slash",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 44, '["","back\\slash","\u003ctag\u003e",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 45, '["a \"quoted\", name],[","a \"quoted\", name],[",null,0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 46, '["GPU-0","8080",null,24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 47, '["8080","GPU-0","a \"quoted\", name],[",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 48, '["\u003ctag\u003e","GPU-0","a \"quoted\", name],[",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 49, '["ünïcode 🐝","ünïcode 🐝","back\\slash",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 50, '["back\\slash","a \"quoted\", name],[",null,24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 51, '["GPU-0","\u003ctag\u003e","a \"quoted\", name],[",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 52, '["a \"quoted\", name],[","a \"quoted\", name],[","a \"quoted\", name],[",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 53, '["GPU-0",null]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 54, '["a \"quoted\", name],[",null]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 55, '["GPU-0","8080","llm",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 56, '["back\\slash","ünïcode 🐝","",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 57, '["8080","\u003ctag\u003e","8080",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 58, '["ünïcode 🐝","llm","",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 59, '["GPU-0","a \"quoted\", name],[","a \"quoted\", name],[",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 60, '["ünïcode 🐝","8080","ünïcode 🐝",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 61, '["a \"quoted\", name],[","ünïcode 🐝","back\\slash",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 62, '["ünïcode 🐝","\u003ctag\u003e","\u003ctag\u003e",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 63, '["ünïcode 🐝","","",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 64, '["a \"quoted\", name],[","GPU-0","a \"quoted\", name],[",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 65, '["","","back\\slash",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 66, '["back\\slash","a \"quoted\", name],[","8080",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 67, '["\u003ctag\u003e","GPU-0","ünïcode 🐝",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 68, '["back\\slash","","\u003ctag\u003e",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 69, '["","a \"quoted\", name],[","\u003ctag\u003e",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 70, '["ünïcode 🐝","8080","back\\slash",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 71, '["ünïcode 🐝","a \"quoted\", name],[","GPU-0",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 72, '["ünïcode 🐝","\u003ctag\u003e","\u003ctag\u003e",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 73, '["8080","llm","ünïcode 🐝",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 74, '["llm","",null,0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 75, '["ünïcode 🐝","8080","",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 76, '["ünïcode 🐝",null]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 77, '["",null]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 78, '["back\\slash","llm","back\\slash",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 79, '["a \"quoted\", name],[","ünïcode 🐝","ünïcode 🐝",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 80, '["GPU-0","back\\slash","llm",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 81, '["back\\slash","back\\slash","GPU-0",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 82, '["8080","ünïcode 🐝","llm",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 83, '["back\\slash","ünïcode 🐝","8080",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 84, '["\u003ctag\u003e","ünïcode 🐝","back\\slash",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 85, '["a \"quoted\", name],[","\u003ctag\u003e","ünïcode 🐝",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 86, '["a \"quoted\", name],[","llm","8080",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 87, '["back\\slash","GPU-0","",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 88, '["8080","llm",null,24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 89, '["","llm","llm",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 90, '["8080","back\\slash","",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 91, '["","",null,0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 92, '["llm","GPU-0","a \"quoted\", name],[",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 93, '["back\\slash","8080",null,0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 94, '["","GPU-0","GPU-0",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 95, '["a \"quoted\", name],[","back\\slash","8080",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 96, '["back\\slash","llm",null,0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 97, '["GPU-0","back\\slash",null,24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 98, '["","back\\slash","llm",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 99, '["a \"quoted\", name],[","a \"quoted\", name],[","",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 100, '["a \"quoted\", name],[","llm","\u003ctag\u003e",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 101, '["","a \"quoted\", name],[","",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 102, '["ünïcode 🐝","ünïcode 🐝",null,24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 103, '["GPU-0","8080","8080",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 104, '["\u003ctag\u003e","llm",null,0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 105, '["GPU-0","\u003ctag\u003e","ünïcode 🐝",0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 106, '["","\u003ctag\u003e",null,24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 107, '["llm","8080","llama-3.2-1b",24564]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 108, '["llm","8081",null,0]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 109, '["GPU-2",null,true]');
INSERT INTO names (scope, n, name) VALUES ('2026-03-04', 110, '["GPU-3",null,true]');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence (name, seq) VALUES ('events', 22);
INSERT INTO sqlite_sequence (name, seq) VALUES ('goose_db_version', 7);
CREATE INDEX discoveries_by_time ON discoveries (attempted_ms);
CREATE INDEX events_by_hive ON events (hive_id, id) WHERE hive_id IS NOT NULL;
CREATE INDEX events_by_kind ON events (kind, id);
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
COMMIT;
