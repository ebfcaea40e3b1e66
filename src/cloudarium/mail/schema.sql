-- The mail box. `raw` names the blob with the mail as it went out; `data` is JSON: envelope, status, tags.
CREATE TABLE IF NOT EXISTS ses_mails (
    number     INTEGER PRIMARY KEY,
    account    TEXT NOT NULL,
    region     TEXT NOT NULL,
    message_id TEXT NOT NULL UNIQUE,
    sent       REAL NOT NULL,
    source     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    recipients BLOB NOT NULL,
    raw        TEXT NOT NULL,
    data       BLOB NOT NULL
);

-- Identities, templates, configuration sets, suppressed addresses and the account's state: `data` is JSON.
CREATE TABLE IF NOT EXISTS ses_resources (
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    kind    TEXT NOT NULL,
    name    TEXT NOT NULL,
    data    BLOB NOT NULL,
    PRIMARY KEY (account, region, kind, name)
) WITHOUT ROWID;

-- What quotas and statistics count: one row for each message that was accepted or rejected.
CREATE TABLE IF NOT EXISTS ses_sends (
    account    TEXT NOT NULL,
    region     TEXT NOT NULL,
    sent       REAL NOT NULL,
    recipients INTEGER NOT NULL,
    bounces    INTEGER NOT NULL,
    complaints INTEGER NOT NULL,
    rejects    INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS ses_sends_by_time ON ses_sends (account, region, sent);
