-- Traces: `named` is the time in the trace's id, `received` when something of it came last, `bytes` the size of its
-- documents. What is older than thirty days is deleted.
CREATE TABLE IF NOT EXISTS traces (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    id TEXT NOT NULL,
    named REAL NOT NULL,
    received REAL NOT NULL,
    ended REAL NOT NULL,
    revision INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    cut INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account, region, id)
);
CREATE INDEX IF NOT EXISTS traces_named ON traces (account, region, named);
CREATE INDEX IF NOT EXISTS traces_received ON traces (account, region, received);
CREATE INDEX IF NOT EXISTS traces_ended ON traces (account, region, ended);
CREATE INDEX IF NOT EXISTS traces_id ON traces (id);

CREATE TABLE IF NOT EXISTS trace_segments (
    trace INTEGER NOT NULL,
    id TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (trace, id)
) WITHOUT ROWID;
