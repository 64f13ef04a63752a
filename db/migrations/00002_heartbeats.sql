-- Every accepted heartbeat is one row, with a row for each worker and GPU it
-- tells of. Figures are integers: percentages times 100, rates in 10^3 bytes/s,
-- degrees times 10, milliwatts, sizes in MiB. NULL: the driver did not tell.
-- These tables carry no foreign keys: they grow by rows per second, their keys
-- come from the one writer, and the rows they refer to are never deleted.

-- +goose Up
CREATE TABLE names (
    pk   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE -- of groups, instances, models and GPUs
) STRICT;

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
-- On the text, so that an auditor's ORDER BY received_at and comparisons with
-- a time written out use it.
CREATE INDEX heartbeats_by_hive ON heartbeats (hive_pk, received_at);

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

-- +goose Down
DROP TABLE heartbeat_gpus;
DROP TABLE heartbeat_workers;
DROP TABLE heartbeats;
DROP TABLE names;
