-- Tables: what CreateTable and UpdateTable decided, as one JSON definition. Ids are never reused.
CREATE TABLE IF NOT EXISTS dynamodb_tables (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    definition BLOB NOT NULL,
    UNIQUE (account, region, name)
);

-- Items by their encoded keys (rules/keys.py). `hash` starts with four bytes of a checksum, so that a scan meets the
-- partitions in an order of no meaning, as on AWS, and segments of a parallel scan are ranges.
CREATE TABLE IF NOT EXISTS dynamodb_items (
    table_id INTEGER NOT NULL,
    hash BLOB NOT NULL,
    range BLOB NOT NULL,
    size INTEGER NOT NULL,
    item BLOB NOT NULL,
    PRIMARY KEY (table_id, hash, range)
) WITHOUT ROWID;

-- One row per item per secondary index that holds it: the index's key, then the item's.
CREATE TABLE IF NOT EXISTS dynamodb_index_entries (
    table_id INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    hash BLOB NOT NULL,
    range BLOB NOT NULL,
    base_hash BLOB NOT NULL,
    base_range BLOB NOT NULL,
    PRIMARY KEY (table_id, slot, hash, range, base_hash, base_range)
) WITHOUT ROWID;

-- How much a table (slot 0) and each of its indexes hold.
CREATE TABLE IF NOT EXISTS dynamodb_counts (
    table_id INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    items INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (table_id, slot)
) WITHOUT ROWID;

-- When items of tables with a TimeToLive are due to go.
CREATE TABLE IF NOT EXISTS dynamodb_expiries (
    table_id INTEGER NOT NULL,
    due REAL NOT NULL,
    hash BLOB NOT NULL,
    range BLOB NOT NULL,
    PRIMARY KEY (table_id, due, hash, range)
) WITHOUT ROWID;

-- Tokens of TransactWriteItems, for ten minutes.
CREATE TABLE IF NOT EXISTS dynamodb_tokens (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    token TEXT NOT NULL,
    digest BLOB NOT NULL,
    response BLOB NOT NULL,
    expires REAL NOT NULL,
    PRIMARY KEY (account, region, token)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS dynamodb_tokens_by_expiry ON dynamodb_tokens (expires);

-- What items were before each change, for point-in-time recovery: a table as of a moment is what it is now, without
-- the changes since. `volume` adds up what is kept, so that it is known without counting.
CREATE TABLE IF NOT EXISTS dynamodb_changes (
    table_id INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    at REAL NOT NULL,
    volume INTEGER NOT NULL,
    hash BLOB NOT NULL,
    range BLOB NOT NULL,
    size INTEGER,
    item BLOB,
    PRIMARY KEY (table_id, sequence)
) WITHOUT ROWID;

-- Backups of tables, with the definition that the table had. Those of kind RESTORE are copies that a table under way is
-- restored from, and are shown to nobody.
CREATE TABLE IF NOT EXISTS dynamodb_backups (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    table_name TEXT NOT NULL,
    mark TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    created REAL NOT NULL,
    expires REAL,
    definition BLOB NOT NULL,
    items INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    UNIQUE (account, region, mark)
);
CREATE TABLE IF NOT EXISTS dynamodb_backup_items (
    backup_id INTEGER NOT NULL,
    hash BLOB NOT NULL,
    range BLOB NOT NULL,
    size INTEGER NOT NULL,
    item BLOB NOT NULL,
    PRIMARY KEY (backup_id, hash, range)
) WITHOUT ROWID;
