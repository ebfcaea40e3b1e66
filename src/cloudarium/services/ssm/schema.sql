CREATE TABLE IF NOT EXISTS ssm_parameters (
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    name    TEXT NOT NULL,
    latest  INTEGER NOT NULL,
    tier    TEXT NOT NULL,
    PRIMARY KEY (account, region, name)
) WITHOUT ROWID;

-- `value` is text, or for a SecureString the sealed bytes; `data` is JSON with AWS's own member names.
CREATE TABLE IF NOT EXISTS ssm_versions (
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    name    TEXT NOT NULL,
    version INTEGER NOT NULL,
    value   BLOB NOT NULL,
    labels  BLOB NOT NULL,
    data    BLOB NOT NULL,
    PRIMARY KEY (account, region, name, version)
) WITHOUT ROWID;
