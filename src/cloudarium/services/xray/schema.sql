CREATE TABLE IF NOT EXISTS xray_groups (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    suffix TEXT NOT NULL,
    filter TEXT NOT NULL,
    insights INTEGER NOT NULL,
    notifications INTEGER NOT NULL,
    PRIMARY KEY (account, region, name)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS xray_rules (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    rule BLOB NOT NULL,
    created REAL NOT NULL,
    modified REAL NOT NULL,
    PRIMARY KEY (account, region, name)
) WITHOUT ROWID;

-- What clients reported of a rule last: `seen` is the cloud's time, `said` the client's.
CREATE TABLE IF NOT EXISTS xray_reports (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    rule TEXT NOT NULL,
    client TEXT NOT NULL,
    seen REAL NOT NULL,
    said REAL NOT NULL,
    requests INTEGER NOT NULL,
    sampled INTEGER NOT NULL,
    borrowed INTEGER NOT NULL,
    PRIMARY KEY (account, region, rule, client)
) WITHOUT ROWID;

-- One value of an account in a region: encryption, indexing.
CREATE TABLE IF NOT EXISTS xray_settings (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (account, region, name)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS xray_policies (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    document TEXT NOT NULL,
    revision INTEGER NOT NULL,
    updated REAL NOT NULL,
    PRIMARY KEY (account, region, name)
) WITHOUT ROWID;
