-- Organizations is global: its rooms are organisations, not accounts and regions. Times are epoch seconds.

CREATE TABLE IF NOT EXISTS organizations_organizations (
    id         TEXT NOT NULL PRIMARY KEY,
    root       TEXT NOT NULL,
    management TEXT NOT NULL UNIQUE,
    email      TEXT NOT NULL,
    features   TEXT NOT NULL
) WITHOUT ROWID;

-- Members, the management account among them; an account is in one organisation at most.
CREATE TABLE IF NOT EXISTS organizations_accounts (
    id           TEXT NOT NULL PRIMARY KEY,
    organization TEXT NOT NULL,
    parent       TEXT NOT NULL,
    name         TEXT NOT NULL,
    email        TEXT NOT NULL,
    state        TEXT NOT NULL,
    method       TEXT NOT NULL,
    joined       REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS organizations_accounts_under ON organizations_accounts (organization, parent, id);
CREATE INDEX IF NOT EXISTS organizations_accounts_by_email ON organizations_accounts (email COLLATE NOCASE);

CREATE TABLE IF NOT EXISTS organizations_units (
    id           TEXT NOT NULL PRIMARY KEY,
    organization TEXT NOT NULL,
    parent       TEXT NOT NULL,
    name         TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS organizations_units_under ON organizations_units (organization, parent, id);

CREATE TABLE IF NOT EXISTS organizations_policies (
    id           TEXT NOT NULL PRIMARY KEY,
    organization TEXT NOT NULL,
    type         TEXT NOT NULL,
    name         TEXT NOT NULL,
    description  TEXT NOT NULL,
    content      TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS organizations_policies_of ON organizations_policies (organization, type, id);

-- A policy of AWS's own is attached in many organisations.
CREATE TABLE IF NOT EXISTS organizations_attachments (
    organization TEXT NOT NULL,
    target       TEXT NOT NULL,
    policy       TEXT NOT NULL,
    type         TEXT NOT NULL,
    PRIMARY KEY (organization, target, policy)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS organizations_attachments_of ON organizations_attachments (organization, policy, target);

-- The kinds of policies that are in force.
CREATE TABLE IF NOT EXISTS organizations_policy_types (
    organization TEXT NOT NULL,
    type         TEXT NOT NULL,
    PRIMARY KEY (organization, type)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS organizations_requests (
    id           TEXT NOT NULL PRIMARY KEY,
    organization TEXT NOT NULL,
    account      TEXT NOT NULL,
    name         TEXT NOT NULL,
    email        TEXT NOT NULL,
    role         TEXT NOT NULL,
    tags         TEXT NOT NULL,
    state        TEXT NOT NULL,
    failure      TEXT NOT NULL,
    requested    REAL NOT NULL,
    completed    REAL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS organizations_requests_of ON organizations_requests (organization, id);

CREATE TABLE IF NOT EXISTS organizations_handshakes (
    id           TEXT NOT NULL PRIMARY KEY,
    organization TEXT NOT NULL,
    account      TEXT NOT NULL,
    notes        TEXT NOT NULL,
    tags         TEXT NOT NULL,
    state        TEXT NOT NULL,
    requested    REAL NOT NULL,
    expires      REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS organizations_handshakes_of ON organizations_handshakes (organization, id);
CREATE INDEX IF NOT EXISTS organizations_handshakes_to ON organizations_handshakes (account, id);
