-- `data` is JSON with AWS's own member names: what Get… answers.

CREATE TABLE IF NOT EXISTS apigatewayv2_apis (
    id      TEXT PRIMARY KEY,   -- unique in the whole cloud: the door knows nothing but the id
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    data    BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS apigatewayv2_apis_by_scope ON apigatewayv2_apis (account, region, id);

-- Integrations, routes, authorizers, stages and deployments.
CREATE TABLE IF NOT EXISTS apigatewayv2_parts (
    api_id TEXT NOT NULL,
    kind   TEXT NOT NULL,
    id     TEXT NOT NULL,
    data   BLOB NOT NULL,
    PRIMARY KEY (api_id, kind, id)
) WITHOUT ROWID;

-- What a deployment froze: a stage without automatic deployment serves this.
CREATE TABLE IF NOT EXISTS apigatewayv2_snapshots (
    api_id        TEXT NOT NULL,
    deployment_id TEXT NOT NULL,
    data          BLOB NOT NULL,
    PRIMARY KEY (api_id, deployment_id)
) WITHOUT ROWID;
