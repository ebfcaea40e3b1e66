-- A topic's attributes are JSON texts as they were given; times are epoch seconds.

CREATE TABLE IF NOT EXISTS sns_topics (
    account  TEXT NOT NULL,
    region   TEXT NOT NULL,
    name     TEXT NOT NULL,
    created  REAL NOT NULL,
    sequence INTEGER NOT NULL DEFAULT 0,   -- messages of a FIFO topic so far
    deleted  INTEGER NOT NULL DEFAULT 0,   -- subscriptions that were deleted
    data     TEXT NOT NULL,
    PRIMARY KEY (account, region, name)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS sns_subscriptions (
    place     INTEGER PRIMARY KEY AUTOINCREMENT,
    arn       TEXT NOT NULL UNIQUE,
    topic     TEXT NOT NULL,               -- the topic's ARN
    owner     TEXT NOT NULL,               -- the account that subscribed
    region    TEXT NOT NULL,
    protocol  TEXT NOT NULL,
    endpoint  TEXT NOT NULL,
    confirmed INTEGER NOT NULL,
    token     TEXT,
    data      TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS sns_subscriptions_by_topic ON sns_subscriptions (topic, place);
CREATE INDEX IF NOT EXISTS sns_subscriptions_by_owner ON sns_subscriptions (owner, region, place);
CREATE INDEX IF NOT EXISTS sns_subscriptions_by_token ON sns_subscriptions (token);

-- What a FIFO topic saw in the last five minutes.
CREATE TABLE IF NOT EXISTS sns_seen (
    topic    TEXT NOT NULL,
    key      TEXT NOT NULL,
    expires  REAL NOT NULL,
    message  TEXT NOT NULL,
    sequence TEXT NOT NULL,
    PRIMARY KEY (topic, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sns_seen_by_time ON sns_seen (topic, expires);

-- What a FIFO topic's subscription has still to get, in this order.
CREATE TABLE IF NOT EXISTS sns_ordered (
    place        INTEGER PRIMARY KEY AUTOINCREMENT,
    subscription TEXT NOT NULL,
    message      TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS sns_ordered_by_subscription ON sns_ordered (subscription, place);

-- Settings of an account's SMS, its sandbox numbers, who opted out, and what can be restored, by kind and name.
CREATE TABLE IF NOT EXISTS sns_kept (
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    kind    TEXT NOT NULL,
    name    TEXT NOT NULL,
    data    TEXT NOT NULL,
    PRIMARY KEY (account, region, kind, name)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS sns_kept_by_name ON sns_kept (kind, name);

-- The box in which text messages land.
CREATE TABLE IF NOT EXISTS sns_sms (
    place   INTEGER PRIMARY KEY AUTOINCREMENT,
    id      TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    phone   TEXT NOT NULL,
    sent    REAL NOT NULL,
    data    TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS sns_sms_by_phone ON sns_sms (phone, place);

-- The keys by which this cloud signs its messages, with their certificates; the newest is used.
CREATE TABLE IF NOT EXISTS sns_signing (
    id          TEXT PRIMARY KEY,
    made        REAL NOT NULL,             -- by the machine's clock, by which receivers judge certificates
    key         BLOB NOT NULL,
    certificate BLOB NOT NULL
) WITHOUT ROWID;
