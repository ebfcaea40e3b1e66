-- Lambda: functions, their versions ($LATEST among them), aliases, layers, resource policies, asynchronous settings.

CREATE TABLE IF NOT EXISTS lambda_functions (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    next_version INTEGER NOT NULL DEFAULT 1,
    reserved INTEGER,
    PRIMARY KEY (account, region, name)
) WITHOUT ROWID;

-- `place` is the version's number, 0 for $LATEST; `config` the configuration in AWS's own member names.
CREATE TABLE IF NOT EXISTS lambda_versions (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    place INTEGER NOT NULL,
    config TEXT NOT NULL,
    blob TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    revision TEXT NOT NULL,
    modified REAL NOT NULL,
    PRIMARY KEY (account, region, name, place)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS lambda_aliases (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    alias TEXT NOT NULL,
    version TEXT NOT NULL,
    description TEXT NOT NULL,
    weights TEXT NOT NULL,
    revision TEXT NOT NULL,
    PRIMARY KEY (account, region, name, alias)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS lambda_layers (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    next_version INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (account, region, name)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS lambda_layer_versions (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    number INTEGER NOT NULL,
    info TEXT NOT NULL,
    blob TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    unzipped INTEGER NOT NULL,
    created REAL NOT NULL,
    PRIMARY KEY (account, region, name, number)
) WITHOUT ROWID;

-- One resource policy per ARN that can have one: function, version, alias, layer version.
CREATE TABLE IF NOT EXISTS lambda_policies (
    arn TEXT NOT NULL PRIMARY KEY,
    statements TEXT NOT NULL,
    revision TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS lambda_invoke_configs (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    qualifier TEXT NOT NULL,
    config TEXT NOT NULL,
    modified REAL NOT NULL,
    PRIMARY KEY (account, region, name, qualifier)
) WITHOUT ROWID;

-- Network interfaces in VPCs, shared by functions with the same subnet and groups (a sorted JSON list).
CREATE TABLE IF NOT EXISTS lambda_interfaces (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    subnet TEXT NOT NULL,
    groups TEXT NOT NULL,
    id TEXT NOT NULL,
    address TEXT NOT NULL,
    vpc TEXT NOT NULL,
    role TEXT NOT NULL,
    PRIMARY KEY (account, region, subnet, groups)
) WITHOUT ROWID;

-- Event source mappings; `data` is the mapping in AWS's own member names, `name` and `qualifier` its function.
CREATE TABLE IF NOT EXISTS lambda_event_sources (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    uuid TEXT NOT NULL,
    name TEXT NOT NULL,
    qualifier TEXT NOT NULL,
    source TEXT NOT NULL,
    state TEXT NOT NULL,
    data TEXT NOT NULL,
    modified REAL NOT NULL,
    PRIMARY KEY (account, region, uuid)
) WITHOUT ROWID;

-- How far a mapping has read each shard of its stream.
CREATE TABLE IF NOT EXISTS lambda_event_positions (
    uuid TEXT NOT NULL,
    shard TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (uuid, shard)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS lambda_urls (
    id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    qualifier TEXT NOT NULL,
    data TEXT NOT NULL,
    created REAL NOT NULL,
    modified REAL NOT NULL,
    UNIQUE (account, region, name, qualifier)
) WITHOUT ROWID;

-- Provisioned concurrency of a version or alias; `status` and `ready` as AWS tells them.
CREATE TABLE IF NOT EXISTS lambda_provisioned (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    qualifier TEXT NOT NULL,
    wanted INTEGER NOT NULL,
    ready INTEGER NOT NULL,
    status TEXT NOT NULL,
    reason TEXT NOT NULL,
    modified REAL NOT NULL,
    PRIMARY KEY (account, region, name, qualifier)
) WITHOUT ROWID;

-- Functions in which recursive loops are allowed.
CREATE TABLE IF NOT EXISTS lambda_recursion (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (account, region, name)
) WITHOUT ROWID;

-- Code signing configurations, in AWS's own member names.
CREATE TABLE IF NOT EXISTS lambda_signing (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    id TEXT NOT NULL,
    data TEXT NOT NULL,
    modified REAL NOT NULL,
    PRIMARY KEY (account, region, id)
) WITHOUT ROWID;

-- Which function's packages are checked against which configuration.
CREATE TABLE IF NOT EXISTS lambda_signed (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    config TEXT NOT NULL,
    PRIMARY KEY (account, region, name)
) WITHOUT ROWID;
