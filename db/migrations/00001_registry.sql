-- What the queen knows of herself and of her hives. Times are unix
-- milliseconds, UTC, by the queen's clock unless a column says otherwise.

-- +goose Up
CREATE TABLE meta (
    key   TEXT PRIMARY KEY, -- 'queen_id': made once with the file
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE epochs (
    epoch          INTEGER PRIMARY KEY,
    started_ms     INTEGER NOT NULL,
    stopped_ms     INTEGER, -- of a crash: the last sign of life
    stop_reason    TEXT CHECK (stop_reason IN ('clean', 'crash')),
    version        TEXT NOT NULL,
    schema_version INTEGER NOT NULL
) STRICT;

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

CREATE TABLE hive_aliases (
    hive_pk  INTEGER NOT NULL REFERENCES hives (pk),
    position INTEGER NOT NULL,
    alias    TEXT NOT NULL,
    PRIMARY KEY (hive_pk, position)
) STRICT, WITHOUT ROWID;

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
CREATE INDEX discoveries_by_time ON discoveries (attempted_ms);

CREATE TABLE events (
    id      INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice: readers go on from the last they saw
    at_ms   INTEGER NOT NULL,
    epoch   INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    hive_id TEXT,
    detail  TEXT NOT NULL CHECK (json_valid(detail))
) STRICT;
CREATE INDEX events_by_hive ON events (hive_id, id) WHERE hive_id IS NOT NULL;
CREATE INDEX events_by_kind ON events (kind, id);

-- +goose Down
DROP TABLE events;
DROP TABLE discoveries;
DROP TABLE devices;
DROP TABLE hive_aliases;
DROP TABLE hives;
DROP TABLE epochs;
DROP TABLE meta;
