-- Bucket names are global: no two accounts share one. `configuration` is JSON by kind of configuration.
CREATE TABLE IF NOT EXISTS s3_buckets (
    name TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    created REAL NOT NULL,
    versioning TEXT,                    -- NULL: never enabled; Enabled; Suspended
    policy TEXT,
    configuration TEXT NOT NULL
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS s3_buckets_by_account ON s3_buckets (account, name);

-- Every version of every object, the newest of a key first: `age` counts down from -1.
CREATE TABLE IF NOT EXISTS s3_objects (
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    age INTEGER NOT NULL,
    version TEXT NOT NULL,              -- the version id, or null
    marker INTEGER NOT NULL,            -- 1: a delete marker
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,                 -- without quotes
    modified REAL NOT NULL,
    class TEXT NOT NULL,
    algorithm TEXT NOT NULL,            -- of the checksum; empty on delete markers
    checksum_type TEXT NOT NULL,
    checksum TEXT NOT NULL,
    blob TEXT,                          -- NULL: the content is the parts of `upload`, or a delete marker
    upload TEXT,
    headers TEXT,                       -- JSON: the system headers by member name
    metadata TEXT,                      -- JSON: the user's metadata
    tags TEXT,                          -- JSON
    PRIMARY KEY (bucket, key, age)
) WITHOUT ROWID;

-- Multipart uploads under way.
CREATE TABLE IF NOT EXISTS s3_uploads (
    id TEXT NOT NULL PRIMARY KEY,
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    initiated REAL NOT NULL,
    initiator TEXT NOT NULL,            -- JSON
    algorithm TEXT,                     -- NULL: the client asked for none
    checksum_type TEXT,
    class TEXT NOT NULL,
    headers TEXT NOT NULL,
    metadata TEXT NOT NULL,
    tags TEXT NOT NULL,
    touched INTEGER NOT NULL DEFAULT 0  -- 1: the key was deleted since the upload began
) WITHOUT ROWID;

CREATE UNIQUE INDEX IF NOT EXISTS s3_uploads_by_key ON s3_uploads (bucket, key, initiated, id);

-- The parts of uploads under way, and after completion the content of multipart objects.
CREATE TABLE IF NOT EXISTS s3_parts (
    upload TEXT NOT NULL,
    number INTEGER NOT NULL,
    blob TEXT NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    modified REAL NOT NULL,
    algorithm TEXT NOT NULL,
    checksum TEXT NOT NULL,
    PRIMARY KEY (upload, number)
) WITHOUT ROWID;
