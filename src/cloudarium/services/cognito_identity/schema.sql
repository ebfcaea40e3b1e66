-- `data` is JSON with AWS's own member names everywhere. A pool's id, and an identity's, is unique in the whole cloud:
-- whoever asks for credentials signs nothing and names no account.
CREATE TABLE IF NOT EXISTS cognito_identity_pools (
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    id      TEXT NOT NULL,
    data    BLOB NOT NULL,
    PRIMARY KEY (account, region, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS cognito_identity_pools_by_id ON cognito_identity_pools (id);

-- `disabled`: all its logins were unlinked, so that nobody can prove any more to be it.
CREATE TABLE IF NOT EXISTS cognito_identity_identities (
    pool     TEXT NOT NULL,
    id       TEXT NOT NULL,
    created  REAL NOT NULL,
    modified REAL NOT NULL,
    disabled INTEGER NOT NULL,
    PRIMARY KEY (pool, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS cognito_identity_identities_by_id ON cognito_identity_identities (id);

-- Who an identity is elsewhere: a subject of a provider, or a user of the developer's own.
CREATE TABLE IF NOT EXISTS cognito_identity_logins (
    pool     TEXT NOT NULL,
    provider TEXT NOT NULL,
    subject  TEXT NOT NULL,
    identity TEXT NOT NULL,
    PRIMARY KEY (pool, provider, subject)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS cognito_identity_logins_by_identity ON cognito_identity_logins (pool, identity);

-- The key that signs the tokens of all pools; `key` is the private half, PEM.
CREATE TABLE IF NOT EXISTS cognito_identity_keys (
    kid TEXT NOT NULL PRIMARY KEY,
    key BLOB NOT NULL
) WITHOUT ROWID;
