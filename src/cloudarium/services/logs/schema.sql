-- Ids are never used twice (AUTOINCREMENT): events of a deleted group or stream go in the background.

CREATE TABLE IF NOT EXISTS logs_groups (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    account      TEXT NOT NULL,
    region       TEXT NOT NULL,
    name         TEXT NOT NULL,
    class        TEXT NOT NULL,
    created      INTEGER NOT NULL,            -- epoch milliseconds, as all times here
    retention    INTEGER,                     -- days
    protected    INTEGER NOT NULL DEFAULT 0,
    stored_bytes INTEGER NOT NULL DEFAULT 0,
    next_event   INTEGER NOT NULL DEFAULT 1,
    expires      INTEGER,                     -- when the expiry timer of the group is due
    UNIQUE (account, region, name)
);

CREATE TABLE IF NOT EXISTS logs_streams (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    group_id       INTEGER NOT NULL,
    name           TEXT NOT NULL,
    created        INTEGER NOT NULL,
    first_event    INTEGER,
    last_event     INTEGER NOT NULL DEFAULT 0,  -- 0: no event yet
    last_ingestion INTEGER,
    stored_bytes   INTEGER NOT NULL DEFAULT 0,
    UNIQUE (group_id, name)
);
CREATE INDEX IF NOT EXISTS logs_streams_by_time ON logs_streams (group_id, last_event, name);

-- Clustered by group and time: a search over the whole group reads one range, a stream reads its index.
CREATE TABLE IF NOT EXISTS logs_events (
    group_id  INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    id        INTEGER NOT NULL,
    stream_id INTEGER NOT NULL,
    ingested  INTEGER NOT NULL,
    message   TEXT NOT NULL,
    PRIMARY KEY (group_id, timestamp, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS logs_events_by_stream ON logs_events (stream_id, timestamp, id);

-- What others see of an event in which a data protection policy found something.
CREATE TABLE IF NOT EXISTS logs_masks (
    group_id  INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    id        INTEGER NOT NULL,
    message   TEXT NOT NULL,
    PRIMARY KEY (group_id, timestamp, id)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS logs_data_protection (
    group_id INTEGER PRIMARY KEY,
    document TEXT,                      -- NULL: deleted
    updated  INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS logs_account_protection (
    account  TEXT NOT NULL,
    region   TEXT NOT NULL,
    name     TEXT NOT NULL,
    document TEXT NOT NULL,
    updated  INTEGER NOT NULL,
    PRIMARY KEY (account, region, name)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS logs_resource_policies (
    account  TEXT NOT NULL,
    region   TEXT NOT NULL,
    name     TEXT NOT NULL,
    document TEXT NOT NULL,
    updated  INTEGER NOT NULL,
    PRIMARY KEY (account, region, name)
) WITHOUT ROWID;

-- Groups under a key of KMS: its ARN, and the data key that KMS opens for CloudWatch Logs.
CREATE TABLE IF NOT EXISTS logs_keys (
    group_id INTEGER PRIMARY KEY,
    key      TEXT NOT NULL,
    sealed   BLOB NOT NULL
);

-- Queries of Logs Insights, and what they found: pages of rows as compressed JSON.
CREATE TABLE IF NOT EXISTS logs_queries (
    id       TEXT PRIMARY KEY,
    account  TEXT NOT NULL,
    region   TEXT NOT NULL,
    text     TEXT NOT NULL,
    groups   TEXT NOT NULL,             -- JSON: ids and names
    first    INTEGER NOT NULL,
    last     INTEGER NOT NULL,
    most     INTEGER,
    created  INTEGER NOT NULL,
    status   TEXT NOT NULL,
    scanned  INTEGER NOT NULL DEFAULT 0,
    matched  INTEGER NOT NULL DEFAULT 0,
    bytes    INTEGER NOT NULL DEFAULT 0,
    problem  TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS logs_queries_by_time ON logs_queries (account, region, created, id);

CREATE TABLE IF NOT EXISTS logs_query_results (
    query TEXT NOT NULL,
    page  INTEGER NOT NULL,
    rows  INTEGER NOT NULL,
    data  BLOB NOT NULL,
    PRIMARY KEY (query, page)
);

CREATE TABLE IF NOT EXISTS logs_query_definitions (
    account    TEXT NOT NULL,
    region     TEXT NOT NULL,
    id         TEXT NOT NULL,
    name       TEXT NOT NULL,
    text       TEXT NOT NULL,
    groups     TEXT NOT NULL,           -- JSON: names
    parameters TEXT NOT NULL,           -- JSON
    modified   INTEGER NOT NULL,
    PRIMARY KEY (account, region, id)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS logs_metric_filters (
    group_id       INTEGER NOT NULL,
    name           TEXT NOT NULL,
    pattern        TEXT NOT NULL,
    transformation TEXT NOT NULL,       -- JSON
    created        INTEGER NOT NULL,
    PRIMARY KEY (group_id, name)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS logs_subscription_filters (
    group_id     INTEGER NOT NULL,
    name         TEXT NOT NULL,
    pattern      TEXT NOT NULL,
    destination  TEXT NOT NULL,
    distribution TEXT NOT NULL,
    created      INTEGER NOT NULL,
    PRIMARY KEY (group_id, name)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS logs_exports (
    id        TEXT PRIMARY KEY,
    account   TEXT NOT NULL,
    region    TEXT NOT NULL,
    name      TEXT,
    group_id  INTEGER NOT NULL,
    grouped   TEXT NOT NULL,            -- the group's name
    streams   TEXT NOT NULL,            -- how the names of the streams begin
    first     INTEGER NOT NULL,
    last      INTEGER NOT NULL,
    bucket    TEXT NOT NULL,
    prefix    TEXT NOT NULL,
    status    TEXT NOT NULL,
    message   TEXT NOT NULL DEFAULT '',
    created   INTEGER NOT NULL,
    completed INTEGER
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS logs_exports_by_time ON logs_exports (account, region, created, id);
