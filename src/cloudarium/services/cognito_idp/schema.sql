-- `data` is JSON with AWS's own member names everywhere. A pool's id is unique in the whole cloud: what belongs to it
-- is found by it alone, for those who sign in name no account.
CREATE TABLE IF NOT EXISTS cognito_idp_pools (
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    id      TEXT NOT NULL,
    data    BLOB NOT NULL,
    PRIMARY KEY (account, region, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS cognito_idp_pools_by_id ON cognito_idp_pools (id);

-- `key` is the private half, PEM; `use` is the kind of token that it signs.
CREATE TABLE IF NOT EXISTS cognito_idp_keys (
    pool TEXT NOT NULL,
    use  TEXT NOT NULL,
    kid  TEXT NOT NULL,
    key  BLOB NOT NULL,
    PRIMARY KEY (pool, use)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS cognito_idp_clients (
    pool TEXT NOT NULL,
    id   TEXT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (pool, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS cognito_idp_clients_by_id ON cognito_idp_clients (id);

-- `key` is the name by which two users are the same: folded where the pool does not tell upper from lower case.
CREATE TABLE IF NOT EXISTS cognito_idp_users (
    pool     TEXT NOT NULL,
    key      TEXT NOT NULL,
    username TEXT NOT NULL,
    sub      TEXT NOT NULL,
    status   TEXT NOT NULL,
    enabled  INTEGER NOT NULL,
    created  REAL NOT NULL,
    modified REAL NOT NULL,
    data     BLOB NOT NULL,
    PRIMARY KEY (pool, key)
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS cognito_idp_users_by_sub ON cognito_idp_users (pool, sub);

-- Other names by which a user may sign in.
CREATE TABLE IF NOT EXISTS cognito_idp_aliases (
    pool  TEXT NOT NULL,
    kind  TEXT NOT NULL,
    value TEXT NOT NULL,
    user  TEXT NOT NULL,
    PRIMARY KEY (pool, kind, value)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS cognito_idp_groups (
    pool TEXT NOT NULL,
    name TEXT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (pool, name)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS cognito_idp_members (
    pool TEXT NOT NULL,
    name TEXT NOT NULL,
    user TEXT NOT NULL,
    PRIMARY KEY (pool, name, user)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS cognito_idp_members_by_user ON cognito_idp_members (pool, user);

-- Codes that were sent, and how many wrong ones came instead.
CREATE TABLE IF NOT EXISTS cognito_idp_codes (
    pool    TEXT NOT NULL,
    user    TEXT NOT NULL,
    purpose TEXT NOT NULL,
    code    TEXT NOT NULL,
    expires REAL NOT NULL,
    PRIMARY KEY (pool, user, purpose)
) WITHOUT ROWID;

-- How often something was tried: wrong passwords, wrong codes, codes asked for.
CREATE TABLE IF NOT EXISTS cognito_idp_attempts (
    pool   TEXT NOT NULL,
    user   TEXT NOT NULL,
    kind   TEXT NOT NULL,
    count  INTEGER NOT NULL,
    latest REAL NOT NULL,
    PRIMARY KEY (pool, user, kind)
) WITHOUT ROWID;

-- Sign-ins under way, by a digest of the session that the client was given.
CREATE TABLE IF NOT EXISTS cognito_idp_sessions (
    pool    TEXT NOT NULL,
    id      TEXT NOT NULL,
    expires REAL NOT NULL,
    data    BLOB NOT NULL,
    PRIMARY KEY (pool, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS cognito_idp_sessions_by_id ON cognito_idp_sessions (id);

-- Refresh tokens by their digests; `origin` is the sign-in that they and the tokens made with them come from.
CREATE TABLE IF NOT EXISTS cognito_idp_refresh (
    pool    TEXT NOT NULL,
    id      TEXT NOT NULL,
    origin  TEXT NOT NULL,
    user    TEXT NOT NULL,
    expires REAL NOT NULL,
    data    BLOB NOT NULL,
    PRIMARY KEY (pool, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS cognito_idp_refresh_by_user ON cognito_idp_refresh (pool, user);

-- Sign-ins whose tokens were taken back, until the last of those would have expired.
CREATE TABLE IF NOT EXISTS cognito_idp_revoked (
    pool    TEXT NOT NULL,
    origin  TEXT NOT NULL,
    expires REAL NOT NULL,
    PRIMARY KEY (pool, origin)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS cognito_idp_servers (
    pool TEXT NOT NULL,
    id   TEXT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (pool, id)
) WITHOUT ROWID;

-- Names of sign-in pages; one is somebody's in the whole cloud.
CREATE TABLE IF NOT EXISTS cognito_idp_domains (
    name TEXT NOT NULL PRIMARY KEY,
    pool TEXT NOT NULL,
    data BLOB NOT NULL
) WITHOUT ROWID;

-- Outside identity providers by whom people may sign in.
CREATE TABLE IF NOT EXISTS cognito_idp_providers (
    pool TEXT NOT NULL,
    name TEXT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (pool, name)
) WITHOUT ROWID;

-- Whoever has this value of an attribute at a provider (Cognito_Subject: its subject) is that user.
CREATE TABLE IF NOT EXISTS cognito_idp_links (
    pool      TEXT NOT NULL,
    provider  TEXT NOT NULL,
    attribute TEXT NOT NULL,
    value     TEXT NOT NULL,
    user      TEXT NOT NULL,
    PRIMARY KEY (pool, provider, attribute, value)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS cognito_idp_links_by_user ON cognito_idp_links (pool, user);

-- Jobs that import users. `content` is the file that came to the job's URL, `key` what that URL proves.
CREATE TABLE IF NOT EXISTS cognito_idp_imports (
    pool    TEXT NOT NULL,
    id      TEXT NOT NULL,
    created REAL NOT NULL,
    key     TEXT NOT NULL,
    data    BLOB NOT NULL,
    content BLOB,
    PRIMARY KEY (pool, id)
) WITHOUT ROWID;

-- What pools and clients have beside, by its kind: branding, customization, delivery, terms.
CREATE TABLE IF NOT EXISTS cognito_idp_settings (
    pool TEXT NOT NULL,
    kind TEXT NOT NULL,
    id   TEXT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (pool, kind, id)
) WITHOUT ROWID;
