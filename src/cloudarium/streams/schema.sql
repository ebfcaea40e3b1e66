-- Streams outlive their end by a day, and their table.
CREATE TABLE IF NOT EXISTS dynamodb_streams (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    table_name TEXT NOT NULL,
    label TEXT NOT NULL,
    view_type TEXT NOT NULL,
    key_schema BLOB NOT NULL,
    created REAL NOT NULL,
    ended REAL,
    UNIQUE (account, region, table_name, label)
);

CREATE TABLE IF NOT EXISTS dynamodb_stream_records (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    stream_id INTEGER NOT NULL,
    created REAL NOT NULL,
    record BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS dynamodb_stream_records_by_stream ON dynamodb_stream_records (stream_id, sequence);

-- Resource policies of streams.
CREATE TABLE IF NOT EXISTS dynamodb_stream_policies (
    stream_id INTEGER PRIMARY KEY,
    policy TEXT NOT NULL,
    revision TEXT NOT NULL
);
