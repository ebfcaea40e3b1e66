-- `data` is JSON with AWS's own member names, and what AWS does not tell in names of lower case.
CREATE TABLE IF NOT EXISTS scheduler_groups (
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    name    TEXT NOT NULL,
    data    BLOB NOT NULL,
    PRIMARY KEY (account, region, name)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS scheduler_schedules (
    account    TEXT NOT NULL,
    region     TEXT NOT NULL,
    group_name TEXT NOT NULL,
    name       TEXT NOT NULL,
    data       BLOB NOT NULL,
    PRIMARY KEY (account, region, group_name, name)
) WITHOUT ROWID;
