CREATE TABLE IF NOT EXISTS cloudformation_stacks (
    account   TEXT NOT NULL,
    region    TEXT NOT NULL,
    arn       TEXT NOT NULL PRIMARY KEY,
    name      TEXT NOT NULL,
    status    TEXT NOT NULL,
    reason    TEXT,
    created   REAL NOT NULL,
    updated   REAL,
    deleted   REAL,
    parent    TEXT,             -- the stack that this one is nested in
    detail    TEXT NOT NULL,    -- JSON: what was asked for, and the outputs
    template  TEXT NOT NULL,    -- as it was given
    processed TEXT NOT NULL     -- JSON: after the transforms
);
CREATE UNIQUE INDEX IF NOT EXISTS cloudformation_stacks_live
    ON cloudformation_stacks (account, region, name) WHERE deleted IS NULL;
CREATE INDEX IF NOT EXISTS cloudformation_stacks_scope ON cloudformation_stacks (account, region, created);

-- One physical resource of a stack. A replacement has the next generation; the one that leaves is not current.
CREATE TABLE IF NOT EXISTS cloudformation_resources (
    stack      TEXT NOT NULL,
    logical    TEXT NOT NULL,
    generation INTEGER NOT NULL,
    current    INTEGER NOT NULL,
    type       TEXT NOT NULL,
    physical   TEXT NOT NULL,
    status     TEXT NOT NULL,
    reason     TEXT,
    changed    REAL NOT NULL,
    detail     TEXT NOT NULL,   -- JSON: properties, attributes, tags, what it needs, how it leaves
    PRIMARY KEY (stack, logical, generation)
) WITHOUT ROWID;

-- The work under way on a stack: at most one, with its phase and its steps.
CREATE TABLE IF NOT EXISTS cloudformation_operations (
    stack  TEXT NOT NULL PRIMARY KEY,
    kind   TEXT NOT NULL,       -- create, update, delete
    phase  TEXT NOT NULL,       -- apply, cleanup, undo, tidy, remove
    cancelled TEXT NOT NULL DEFAULT '',  -- what is to happen instead: rollback, delete
    detail TEXT NOT NULL        -- JSON: who, as which role, the state aimed at, what failed
);
CREATE TABLE IF NOT EXISTS cloudformation_steps (
    stack      TEXT NOT NULL,
    logical    TEXT NOT NULL,
    generation INTEGER NOT NULL,
    action     TEXT NOT NULL,   -- create, update, replace, revert, delete
    state      TEXT NOT NULL,   -- ready, running, waiting, done, failed
    at         REAL,            -- when a waiting step is to be looked at again
    needs      TEXT NOT NULL,   -- JSON: the steps [logical, generation] before it
    PRIMARY KEY (stack, logical, generation)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS cloudformation_events (
    sequence INTEGER PRIMARY KEY,
    stack    TEXT NOT NULL,
    detail   TEXT NOT NULL      -- JSON in the API's members
);
CREATE INDEX IF NOT EXISTS cloudformation_events_stack ON cloudformation_events (stack, sequence);

CREATE TABLE IF NOT EXISTS cloudformation_change_sets (
    account   TEXT NOT NULL,
    region    TEXT NOT NULL,
    arn       TEXT NOT NULL PRIMARY KEY,
    name      TEXT NOT NULL,
    stack     TEXT NOT NULL,
    created   REAL NOT NULL,
    status    TEXT NOT NULL,
    reason    TEXT,
    execution TEXT NOT NULL,
    detail    TEXT NOT NULL     -- JSON: what was asked for and the changes found
);
CREATE INDEX IF NOT EXISTS cloudformation_change_sets_stack ON cloudformation_change_sets (stack, created);

CREATE TABLE IF NOT EXISTS cloudformation_exports (
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    name    TEXT NOT NULL,
    value   TEXT NOT NULL,
    stack   TEXT NOT NULL,
    PRIMARY KEY (account, region, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cloudformation_imports (
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    name    TEXT NOT NULL,
    stack   TEXT NOT NULL,
    PRIMARY KEY (account, region, name, stack)
) WITHOUT ROWID;

-- A signal that a wait condition or a custom resource waits for, sent to the door by its secret key.
CREATE TABLE IF NOT EXISTS cloudformation_signals (
    key       TEXT NOT NULL,
    unique_id TEXT NOT NULL,
    stack     TEXT NOT NULL,
    logical   TEXT NOT NULL,
    body      TEXT NOT NULL,
    PRIMARY KEY (key, unique_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cloudformation_signal_keys (
    key     TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    stack   TEXT NOT NULL,
    logical TEXT NOT NULL,
    kind    TEXT NOT NULL       -- wait, custom
) WITHOUT ROWID;
