-- Everything that ElastiCache keeps, by what it is: caches, users, groups, snapshots. `data` is JSON with AWS's own
-- member names; names that begin with _ are ours. Of passwords and tokens only SHA-256 digests are kept.
CREATE TABLE IF NOT EXISTS elasticache_resources (
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    kind    TEXT NOT NULL,
    id      TEXT NOT NULL,
    data    BLOB NOT NULL,
    PRIMARY KEY (account, region, kind, id)
) WITHOUT ROWID;

-- Where caches listen on this machine: one place belongs to one cache, in whichever account and region it is.
CREATE TABLE IF NOT EXISTS elasticache_addresses (
    address TEXT NOT NULL,
    port    INTEGER NOT NULL,
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    owner   TEXT NOT NULL,   -- kind/id
    PRIMARY KEY (address, port)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS elasticache_addresses_by_owner ON elasticache_addresses (account, region, owner);

-- What happened, for DescribeEvents: kept for fourteen days.
CREATE TABLE IF NOT EXISTS elasticache_events (
    place       INTEGER PRIMARY KEY AUTOINCREMENT,
    account     TEXT NOT NULL,
    region      TEXT NOT NULL,
    at          REAL NOT NULL,
    source_type TEXT NOT NULL,
    source      TEXT NOT NULL,
    message     TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS elasticache_events_by_time ON elasticache_events (account, region, at);
