-- Temporary credentials; `principal` is who they make, as JSON. They stay a while after they expire, so that whoever
-- still uses them hears "expired", not "unknown".
CREATE TABLE IF NOT EXISTS sts_sessions (
    access_key TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    secret TEXT NOT NULL,
    token TEXT NOT NULL,
    expires REAL NOT NULL,
    principal TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sts_sessions_expiry ON sts_sessions (expires);
