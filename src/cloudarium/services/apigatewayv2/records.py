"""What API Gateway v2 keeps: APIs, their parts, and the snapshots that deployments froze."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.shared.scope import Scope
from cloudarium.store import Store

Data = dict[str, Any]
KINDS = {  # the part's kind → the member that holds its id
    "integration": "IntegrationId",
    "route": "RouteId",
    "authorizer": "AuthorizerId",
    "stage": "StageName",
    "deployment": "DeploymentId",
}


class Owned(NamedTuple):
    """An API and whose it is."""

    scope: Scope
    data: Data


def topic(api_id: str) -> str:
    """The version topic of an API: what serves it looks again when this changes."""
    return f"apigatewayv2:{api_id}"


def find_api(store: Store, scope: Scope, api_id: str) -> Data | None:
    """An API of this account and region."""
    sql = "SELECT data FROM apigatewayv2_apis WHERE id = ? AND account = ? AND region = ?"
    row = store.one(sql, (api_id, scope.account, scope.region))
    return row and orjson.loads(row[0])


def owned_api(store: Store, api_id: str) -> Owned | None:
    """An API of any account, and whose it is: how a request at the door finds its home."""
    row = store.one("SELECT account, region, data FROM apigatewayv2_apis WHERE id = ?", (api_id,))
    return row and Owned(Scope(row[0], row[1]), orjson.loads(row[2]))


def apis(store: Store, scope: Scope, after: str, limit: int) -> list[Data]:
    """The APIs of an account and region, by id, behind `after`."""
    sql = "SELECT data FROM apigatewayv2_apis WHERE account = ? AND region = ? AND id > ? ORDER BY id LIMIT ?"
    return [orjson.loads(row[0]) for row in store.all(sql, (*scope, after, limit))]


def put_api(store: Store, scope: Scope, data: Data) -> None:
    """Add an API or replace what is known of it."""
    store.run(
        "INSERT OR REPLACE INTO apigatewayv2_apis VALUES (?, ?, ?, ?)", (data["ApiId"], *scope, orjson.dumps(data))
    )
    store.changed(topic(data["ApiId"]))


def remove_api(store: Store, api_id: str) -> None:
    """Delete an API with all its parts."""
    store.run("DELETE FROM apigatewayv2_snapshots WHERE api_id = ?", (api_id,))
    store.run("DELETE FROM apigatewayv2_parts WHERE api_id = ?", (api_id,))
    store.run("DELETE FROM apigatewayv2_apis WHERE id = ?", (api_id,))
    store.changed(topic(api_id))


def find_part(store: Store, api_id: str, kind: str, id: str) -> Data | None:
    """One integration, route, authorizer, stage or deployment."""
    sql = "SELECT data FROM apigatewayv2_parts WHERE api_id = ? AND kind = ? AND id = ?"
    row = store.one(sql, (api_id, kind, id))
    return row and orjson.loads(row[0])


def parts(store: Store, api_id: str, kind: str, after: str = "", limit: int = -1) -> list[Data]:
    """The parts of one kind, by id, behind `after`; all of them without a limit."""
    sql = "SELECT data FROM apigatewayv2_parts WHERE api_id = ? AND kind = ? AND id > ? ORDER BY id LIMIT ?"
    return [orjson.loads(row[0]) for row in store.all(sql, (api_id, kind, after, limit))]


def put_part(store: Store, api_id: str, kind: str, data: Data) -> None:
    """Add a part or replace it."""
    store.run(
        "INSERT OR REPLACE INTO apigatewayv2_parts VALUES (?, ?, ?, ?)",
        (api_id, kind, data[KINDS[kind]], orjson.dumps(data)),
    )
    store.changed(topic(api_id))


def remove_part(store: Store, api_id: str, kind: str, id: str) -> None:
    """Delete a part."""
    store.run("DELETE FROM apigatewayv2_parts WHERE api_id = ? AND kind = ? AND id = ?", (api_id, kind, id))
    if kind == "deployment":
        store.run("DELETE FROM apigatewayv2_snapshots WHERE api_id = ? AND deployment_id = ?", (api_id, id))
    store.changed(topic(api_id))


def remove_parts(store: Store, api_id: str, kind: str) -> None:
    """Delete all parts of one kind."""
    store.run("DELETE FROM apigatewayv2_parts WHERE api_id = ? AND kind = ?", (api_id, kind))
    store.changed(topic(api_id))


def live(store: Store, api_id: str, api: Data) -> Data:
    """What the API is defined as now, in the form of a snapshot."""
    return {
        "Api": {key: api[key] for key in ("CorsConfiguration", "DisableExecuteApiEndpoint") if key in api},
        "Routes": parts(store, api_id, "route"),
        "Integrations": parts(store, api_id, "integration"),
        "Authorizers": parts(store, api_id, "authorizer"),
    }


def snapshot(store: Store, api_id: str, deployment_id: str) -> Data | None:
    """What a deployment froze; None for one that follows the live definition."""
    sql = "SELECT data FROM apigatewayv2_snapshots WHERE api_id = ? AND deployment_id = ?"
    row = store.one(sql, (api_id, deployment_id))
    return row and orjson.loads(row[0])


def put_snapshot(store: Store, api_id: str, deployment_id: str, data: Data) -> None:
    """Freeze a definition under a deployment."""
    store.run(
        "INSERT OR REPLACE INTO apigatewayv2_snapshots VALUES (?, ?, ?)", (api_id, deployment_id, orjson.dumps(data))
    )
