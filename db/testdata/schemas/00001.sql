-- A state file of schema version 1. Never edited once it was released.
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
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence (name, seq) VALUES ('events', 9);
INSERT INTO sqlite_sequence (name, seq) VALUES ('goose_db_version', 2);
CREATE INDEX discoveries_by_time ON discoveries (attempted_ms);
CREATE INDEX events_by_hive ON events (hive_id, id) WHERE hive_id IS NOT NULL;
CREATE INDEX events_by_kind ON events (kind, id);
COMMIT;
