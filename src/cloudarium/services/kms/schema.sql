-- `data` is JSON with AWS's own member names; `policy` is the key policy as it was given.
CREATE TABLE IF NOT EXISTS kms_keys (
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    id      TEXT NOT NULL,
    data    BLOB NOT NULL,
    policy  TEXT NOT NULL,
    PRIMARY KEY (account, region, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS kms_keys_by_id ON kms_keys (id, region);

-- The versions of a key's material, each sealed under the master key of the data folder; NULL: it was deleted.
CREATE TABLE IF NOT EXISTS kms_materials (
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    key     TEXT NOT NULL,
    number  INTEGER NOT NULL,
    id      TEXT NOT NULL,
    sealed  BLOB,
    made    REAL NOT NULL,
    data    BLOB NOT NULL,
    PRIMARY KEY (account, region, key, number)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS kms_aliases (
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    name    TEXT NOT NULL,
    key     TEXT NOT NULL,
    made    REAL NOT NULL,
    changed REAL NOT NULL,
    PRIMARY KEY (account, region, name)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS kms_aliases_by_key ON kms_aliases (account, region, key);

CREATE TABLE IF NOT EXISTS kms_grants (
    account  TEXT NOT NULL,
    region   TEXT NOT NULL,
    key      TEXT NOT NULL,
    id       TEXT NOT NULL,
    grantee  TEXT NOT NULL,
    retiring TEXT NOT NULL,
    data     BLOB NOT NULL,
    PRIMARY KEY (account, region, key, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS kms_grants_by_retiring ON kms_grants (retiring, region, id);
CREATE INDEX IF NOT EXISTS kms_grants_by_grantee ON kms_grants (account, region, key, grantee);
