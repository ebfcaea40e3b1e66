-- What belongs to the cloud itself. Each room's own tables are in its schema.sql.

CREATE TABLE IF NOT EXISTS meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- How many bytes each kind of telemetry takes; counted when there is no row.
CREATE TABLE IF NOT EXISTS volumes (
    kind  TEXT PRIMARY KEY,
    bytes INTEGER NOT NULL
) WITHOUT ROWID;

-- Events that must still reach someone, and timers: a row lives here until it is delivered.
CREATE TABLE IF NOT EXISTS outbox (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    due      REAL NOT NULL,
    service  TEXT NOT NULL,
    kind     TEXT NOT NULL,
    account  TEXT NOT NULL,
    region   TEXT NOT NULL,
    key      TEXT,
    payload  BLOB NOT NULL,
    trace    TEXT NOT NULL DEFAULT '',
    attempts INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS outbox_due ON outbox (due, id);
CREATE INDEX IF NOT EXISTS outbox_kind ON outbox (service, kind, due, id);
CREATE UNIQUE INDEX IF NOT EXISTS outbox_key ON outbox (service, kind, account, region, key) WHERE key IS NOT NULL;

CREATE TABLE IF NOT EXISTS tags (
    arn   TEXT NOT NULL,
    key   TEXT NOT NULL,
    value TEXT NOT NULL,
    place INTEGER NOT NULL,
    PRIMARY KEY (arn, key)
) WITHOUT ROWID;

-- Content of objects, code and the like. Small content is in `data`; else the file of this number holds it. Numbers
-- grow, so that new content is written side by side.
CREATE TABLE IF NOT EXISTS blobs (
    number INTEGER PRIMARY KEY,
    size   INTEGER NOT NULL,
    uses   INTEGER NOT NULL,
    data   BLOB
);

-- One row per call: CloudTrail's shape, and the source of why, traces and cost. What many calls share is their kind.
CREATE TABLE IF NOT EXISTS journal (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    kind       INTEGER NOT NULL,
    request_id TEXT NOT NULL,
    parent     TEXT NOT NULL,
    trace      TEXT NOT NULL,
    started    REAL NOT NULL,
    micros     INTEGER NOT NULL,
    status     INTEGER NOT NULL,
    bytes_in   INTEGER NOT NULL,
    bytes_out  INTEGER NOT NULL,
    decision   BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS journal_failed ON journal (number) WHERE status >= 400;
CREATE INDEX IF NOT EXISTS journal_failed_trace ON journal (trace) WHERE status >= 400;
CREATE INDEX IF NOT EXISTS journal_request ON journal (request_id);
CREATE INDEX IF NOT EXISTS journal_kind ON journal (kind, number);

-- What was asked for at a door: few entries have a row. `owner` is the id of the API, the domain or the like.
CREATE TABLE IF NOT EXISTS journal_doors (
    entry      INTEGER PRIMARY KEY,
    method     TEXT NOT NULL,
    path       TEXT NOT NULL,
    route      TEXT NOT NULL,
    owner      TEXT NOT NULL,
    owner_name TEXT NOT NULL
);

-- `last` is the last entry of the journal of this kind.
CREATE TABLE IF NOT EXISTS journal_kinds (
    id         INTEGER PRIMARY KEY,
    account    TEXT NOT NULL,
    region     TEXT NOT NULL,
    service    TEXT NOT NULL,
    operation  TEXT NOT NULL,
    principal  TEXT NOT NULL,
    access_key TEXT NOT NULL,
    error      TEXT NOT NULL,
    signed     INTEGER NOT NULL,
    source     TEXT NOT NULL,
    agent      TEXT NOT NULL,
    last       INTEGER NOT NULL,
    UNIQUE (principal, access_key, operation, service, account, region, error, signed, source, agent)
);
CREATE INDEX IF NOT EXISTS journal_kinds_key ON journal_kinds (access_key) WHERE access_key <> '';
CREATE INDEX IF NOT EXISTS journal_kinds_last ON journal_kinds (last);

-- What decisions rested on: who asked and by which policies, and their texts, each once. `last` is the last entry of the
-- journal that speaks of it.
CREATE TABLE IF NOT EXISTS journal_grounds (
    digest TEXT PRIMARY KEY,
    shown  BLOB NOT NULL,
    last   INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS journal_grounds_last ON journal_grounds (last);

CREATE TABLE IF NOT EXISTS journal_texts (
    digest TEXT PRIMARY KEY,
    text   TEXT NOT NULL,
    last   INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS journal_texts_last ON journal_texts (last);

-- One row per run of a function, which need not come from a call: a queue's batch, an event's second try. `root` is the
-- trace's id; `service`, `function` and `invocation` are the ids that the run's parts have as segments; times in
-- microseconds.
CREATE TABLE IF NOT EXISTS journal_runs (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    account    TEXT NOT NULL,
    region     TEXT NOT NULL,
    arn        TEXT NOT NULL,
    version    TEXT NOT NULL,
    request_id TEXT NOT NULL,
    root       TEXT NOT NULL,
    parent     TEXT NOT NULL,
    service    TEXT NOT NULL,
    function   TEXT NOT NULL,
    invocation TEXT NOT NULL,
    sampled    INTEGER NOT NULL,
    traced     INTEGER NOT NULL,
    taken      REAL NOT NULL,
    attempt    INTEGER NOT NULL,
    started    REAL NOT NULL,
    micros     INTEGER NOT NULL,
    init       INTEGER NOT NULL,
    duration   INTEGER NOT NULL,
    overhead   INTEGER NOT NULL,
    error      TEXT NOT NULL,
    message    TEXT NOT NULL,
    log_group  TEXT NOT NULL,
    log_stream TEXT NOT NULL,
    links      TEXT NOT NULL,
    source     TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS journal_runs_root ON journal_runs (root);
CREATE INDEX IF NOT EXISTS journal_runs_request ON journal_runs (request_id);
