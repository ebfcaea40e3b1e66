-- `data` is JSON with AWS's own member names; `deleted` is when the secret goes for good, NULL for one that stays.
CREATE TABLE IF NOT EXISTS secretsmanager_secrets (
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    name    TEXT NOT NULL,
    suffix  TEXT NOT NULL,
    deleted REAL,
    policy  TEXT,
    data    BLOB NOT NULL,
    PRIMARY KEY (account, region, name)
) WITHOUT ROWID;

-- `value` is the content as vault.py sealed it, NULL for a version that a rotation has only begun.
CREATE TABLE IF NOT EXISTS secretsmanager_versions (
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    name    TEXT NOT NULL,
    id      TEXT NOT NULL,
    place   INTEGER NOT NULL,
    value   BLOB,
    stages  BLOB NOT NULL,
    data    BLOB NOT NULL,
    PRIMARY KEY (account, region, name, id)
) WITHOUT ROWID;

-- A rotation under way: which version it makes, the step that comes next, and how often it has failed.
CREATE TABLE IF NOT EXISTS secretsmanager_rotations (
    account  TEXT NOT NULL,
    region   TEXT NOT NULL,
    name     TEXT NOT NULL,
    version  TEXT NOT NULL,
    step     TEXT NOT NULL,
    failures INTEGER NOT NULL,
    trial    INTEGER NOT NULL,
    PRIMARY KEY (account, region, name)
) WITHOUT ROWID;
