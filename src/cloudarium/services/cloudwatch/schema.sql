-- `dimensions` is JSON, [[name, value], …] by name; `last` is the newest time of its data.
CREATE TABLE IF NOT EXISTS cloudwatch_metrics (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    account    TEXT NOT NULL,
    region     TEXT NOT NULL,
    namespace  TEXT NOT NULL,
    name       TEXT NOT NULL,
    dimensions TEXT NOT NULL,
    last       INTEGER NOT NULL,
    UNIQUE (account, region, namespace, name, dimensions)
);

-- One row holds all that was put for one second, minute, five minutes or hour; `spread` is JSON, [value, count, …], NULL
-- where it is not known or where all values are equal.
CREATE TABLE IF NOT EXISTS cloudwatch_points (
    metric     INTEGER NOT NULL,
    time       INTEGER NOT NULL,
    resolution INTEGER NOT NULL,            -- seconds
    unit       TEXT NOT NULL,
    count      REAL NOT NULL,
    sum        REAL NOT NULL,
    low        REAL NOT NULL,
    high       REAL NOT NULL,
    spread     BLOB,
    PRIMARY KEY (metric, time, resolution, unit)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS cloudwatch_points_by_age ON cloudwatch_points (resolution, time);

-- `data` is JSON with AWS's own member names; `due` is when the alarm will be looked at, NULL while nothing can change.
CREATE TABLE IF NOT EXISTS cloudwatch_alarms (
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    name    TEXT NOT NULL,
    kind    TEXT NOT NULL,                  -- MetricAlarm, CompositeAlarm
    due     REAL,
    data    BLOB NOT NULL,
    PRIMARY KEY (account, region, name)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS cloudwatch_history (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    alarm   TEXT NOT NULL,
    time    REAL NOT NULL,
    kind    TEXT NOT NULL,                  -- ConfigurationUpdate, StateUpdate, Action
    data    BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS cloudwatch_history_by_time ON cloudwatch_history (account, region, time, id);
CREATE INDEX IF NOT EXISTS cloudwatch_history_by_alarm ON cloudwatch_history (account, region, alarm, time, id);

-- Dashboards are global: an account's, in no region.
CREATE TABLE IF NOT EXISTS cloudwatch_dashboards (
    account  TEXT NOT NULL,
    name     TEXT NOT NULL,
    modified REAL NOT NULL,
    body     TEXT NOT NULL,
    PRIMARY KEY (account, name)
) WITHOUT ROWID;

-- `place` is JSON that says of what a detector is; `data` is JSON with AWS's own member names.
CREATE TABLE IF NOT EXISTS cloudwatch_detectors (
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    place   TEXT NOT NULL,
    id      TEXT NOT NULL,
    made    REAL NOT NULL,
    data    BLOB NOT NULL,
    PRIMARY KEY (account, region, place)
) WITHOUT ROWID;
