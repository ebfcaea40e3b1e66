-- IAM is global: its rooms are accounts, not regions.

-- Users, groups, roles and instance profiles: they share names, paths and ids.
CREATE TABLE IF NOT EXISTS iam_entities (
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    id TEXT NOT NULL,
    created REAL NOT NULL,
    boundary TEXT NOT NULL DEFAULT '',
    trust TEXT NOT NULL DEFAULT '',
    description TEXT,
    max_session INTEGER NOT NULL DEFAULT 3600,
    PRIMARY KEY (account, kind, name)
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS iam_entities_caseless ON iam_entities (account, kind, name COLLATE NOCASE);

-- Users in groups and roles in instance profiles.
CREATE TABLE IF NOT EXISTS iam_members (
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    container TEXT NOT NULL,
    member TEXT NOT NULL,
    PRIMARY KEY (account, kind, container, member)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS iam_members_of ON iam_members (account, kind, member);

CREATE TABLE IF NOT EXISTS iam_policies (
    arn TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    id TEXT NOT NULL,
    description TEXT,
    created REAL NOT NULL,
    updated REAL NOT NULL,
    default_version INTEGER NOT NULL,
    last_version INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS iam_policies_caseless ON iam_policies (account, name COLLATE NOCASE);

CREATE TABLE IF NOT EXISTS iam_policy_versions (
    arn TEXT NOT NULL,
    version INTEGER NOT NULL,
    document TEXT NOT NULL,
    created REAL NOT NULL,
    PRIMARY KEY (arn, version)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS iam_attachments (
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    arn TEXT NOT NULL,
    PRIMARY KEY (account, kind, name, arn)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS iam_attachments_of ON iam_attachments (account, arn);
CREATE INDEX IF NOT EXISTS iam_boundaries_of ON iam_entities (account, boundary) WHERE boundary <> '';

CREATE TABLE IF NOT EXISTS iam_inline_policies (
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    policy TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (account, kind, name, policy)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS iam_access_keys (
    id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    user TEXT NOT NULL,
    secret TEXT NOT NULL,
    status TEXT NOT NULL,
    created REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS iam_access_keys_of ON iam_access_keys (account, user);

CREATE TABLE IF NOT EXISTS iam_login_profiles (
    account TEXT NOT NULL,
    user TEXT NOT NULL,
    password TEXT NOT NULL,
    previous TEXT NOT NULL,
    reset_required INTEGER NOT NULL,
    created REAL NOT NULL,
    PRIMARY KEY (account, user)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS iam_accounts (
    account TEXT NOT NULL PRIMARY KEY,
    alias TEXT UNIQUE,
    password_policy TEXT
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS iam_oidc_providers (
    account TEXT NOT NULL,
    url TEXT NOT NULL,                -- without https://, as in the ARN
    clients TEXT NOT NULL,
    thumbprints TEXT NOT NULL,
    created REAL NOT NULL,
    PRIMARY KEY (account, url)
) WITHOUT ROWID;
