-- A queue; `data` is JSON: Attributes as they were set, Created, Modified, Purged. `dead` is the ARN of its dead-letter
-- queue.
CREATE TABLE IF NOT EXISTS sqs_queues (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    name    TEXT NOT NULL,
    shelf   INTEGER NOT NULL,
    data    TEXT NOT NULL,
    dead    TEXT,
    UNIQUE (account, region, name)
);

CREATE INDEX IF NOT EXISTS sqs_queues_dead ON sqs_queues (dead) WHERE dead IS NOT NULL;

-- A name that was a queue's some seconds ago.
CREATE TABLE IF NOT EXISTS sqs_deleted (
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    name    TEXT NOT NULL,
    at      REAL NOT NULL,
    PRIMARY KEY (account, region, name)
) WITHOUT ROWID;

-- Where a queue's messages stand. To purge a queue is to give it a new shelf; the old one is cleared bit by bit.
-- Messages and the turns of groups have had numbers up to `last` at most.
CREATE TABLE IF NOT EXISTS sqs_shelves (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    last INTEGER NOT NULL
);

-- A message: it can be received from `visible` on. `key` is the shelf and the message's number on it, `lane` the message
-- group in a FIFO queue, `received` how often it was received, first at `first` and last at `taken`. One that came with
-- an earlier `sent` than its neighbours is `old`. A large body is in sqs_bodies. `data` is JSON: what else was sent.
CREATE TABLE IF NOT EXISTS sqs_messages (
    key      INTEGER PRIMARY KEY,
    shelf    INTEGER NOT NULL,
    visible  REAL NOT NULL,
    received INTEGER NOT NULL,
    first    REAL,
    taken    REAL,
    sent     REAL NOT NULL,
    old      INTEGER,
    lane     TEXT,
    id       TEXT NOT NULL,
    data     BLOB NOT NULL,
    body     BLOB
);
CREATE INDEX IF NOT EXISTS sqs_messages_visible ON sqs_messages (shelf, visible);
CREATE INDEX IF NOT EXISTS sqs_messages_old ON sqs_messages (shelf, sent) WHERE old IS NOT NULL;
CREATE INDEX IF NOT EXISTS sqs_messages_lane ON sqs_messages (shelf, lane, key) WHERE lane IS NOT NULL;

CREATE TABLE IF NOT EXISTS sqs_bodies (
    key  INTEGER PRIMARY KEY,
    body BLOB NOT NULL
);

-- A message group of a FIFO queue that has messages: its first one can be received from `ready` on; groups take turns.
CREATE TABLE IF NOT EXISTS sqs_groups (
    shelf INTEGER NOT NULL,
    lane  TEXT NOT NULL,
    turn  INTEGER NOT NULL,
    ready REAL NOT NULL,
    PRIMARY KEY (shelf, lane)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sqs_groups_turn ON sqs_groups (shelf, turn);
CREATE INDEX IF NOT EXISTS sqs_groups_ready ON sqs_groups (shelf, ready);

-- A deduplication id of a FIFO queue, until its interval is over; `part` is the group where ids count by group.
CREATE TABLE IF NOT EXISTS sqs_deduplications (
    shelf   INTEGER NOT NULL,
    part    TEXT NOT NULL,
    id      TEXT NOT NULL,
    until   REAL NOT NULL,
    message TEXT NOT NULL,
    seq     INTEGER NOT NULL,
    PRIMARY KEY (shelf, part, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sqs_deduplications_until ON sqs_deduplications (shelf, until);

-- What a ReceiveRequestAttemptId got; `messages` is JSON: pairs of seq and receive count.
CREATE TABLE IF NOT EXISTS sqs_attempts (
    shelf    INTEGER NOT NULL,
    id       TEXT NOT NULL,
    until    REAL NOT NULL,
    messages BLOB NOT NULL,
    PRIMARY KEY (shelf, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sqs_attempts_until ON sqs_attempts (shelf, until);

-- A message move task of a dead-letter queue; `data` is JSON with AWS's member names.
CREATE TABLE IF NOT EXISTS sqs_tasks (
    id    TEXT PRIMARY KEY,
    queue INTEGER NOT NULL,
    place INTEGER NOT NULL,
    data  BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sqs_tasks_queue ON sqs_tasks (queue, place);
