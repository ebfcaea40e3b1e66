-- Buses, archives, replays, connections and API destinations, by `kind`; `data` is JSON with AWS's own member names.
CREATE TABLE IF NOT EXISTS events_resources (
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    kind    TEXT NOT NULL,
    name    TEXT NOT NULL,
    data    BLOB NOT NULL,
    PRIMARY KEY (account, region, kind, name)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS events_rules (
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    bus     TEXT NOT NULL,
    name    TEXT NOT NULL,
    data    BLOB NOT NULL,
    PRIMARY KEY (account, region, bus, name)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS events_targets (
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    bus     TEXT NOT NULL,
    rule    TEXT NOT NULL,
    id      TEXT NOT NULL,
    arn     TEXT NOT NULL,
    data    BLOB NOT NULL,
    PRIMARY KEY (account, region, bus, rule, id)
) WITHOUT ROWID;

-- What archives hold, in the order in which it came; `expires` is NULL for what is kept for good.
CREATE TABLE IF NOT EXISTS events_archived (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    archive TEXT NOT NULL,
    time    REAL NOT NULL,
    expires REAL,
    size    INTEGER NOT NULL,
    event   TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS events_archived_by_time ON events_archived (account, region, archive, time, id);
CREATE INDEX IF NOT EXISTS events_archived_by_expiry ON events_archived (account, region, archive, expires);
