"""App clients: who may ask a pool for tokens, and how."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cognito_idp import errors, resources
from cloudarium.services.cognito_idp.lookup import client_of, page, pool_of
from cloudarium.services.cognito_idp.records import federation, oauth, pools
from cloudarium.services.cognito_idp.records.pools import Client
from cloudarium.services.cognito_idp.rules import clients as rules
from cloudarium.shared import ids

Data = dict[str, Any]
_MOST = 1000
_PAGE = 60


def _shown(client: Client) -> Data:
    data = {name: value for name, value in client.data.items() if not name.startswith("_")}
    return {"UserPoolId": client.pool, "ClientId": client.id, **data}


def _scopes(call: Call, pool: str) -> dict[str, set[str]]:
    """The scopes of a pool's own resource servers."""
    found = oauth.servers(call.store, pool)
    return {server.id: {scope["ScopeName"] for scope in server.data.get("Scopes", ())} for server in found}


def _check_providers(call: Call, pool: str, data: Data) -> None:
    rules.check_providers(pool, data, {each.name for each in federation.providers(call.store, pool)})


@operation("CreateUserPoolClient", on=resources.pool, refuses=("AnalyticsConfiguration",))
def create_user_pool_client(call: Call) -> Data:
    """Make an app client, on request with a secret."""
    pool = pool_of(call)
    if len(pools.clients(call.store, pool.id)) >= _MOST:
        raise errors.LimitExceeded("The maximum number of clients has been reached.")
    data = rules.settings(pool.data, call.input, _scopes(call, pool.id))
    _check_providers(call, pool.id, data)
    secret = call.input.get("ClientSecret")
    if secret and call.input.get("GenerateSecret"):
        raise errors.Invalid("ClientSecret cannot be given when GenerateSecret is true.")
    if secret or call.input.get("GenerateSecret"):
        data["ClientSecret"] = secret or ids.lower(52)
    client = Client(pool.id, ids.lower(26), {**data, "CreationDate": call.now, "LastModifiedDate": call.now})
    pools.put_client(call.store, client)
    return {"UserPoolClient": _shown(client)}


@operation("DescribeUserPoolClient", on=resources.pool)
def describe_user_pool_client(call: Call) -> Data:
    """A client with all its settings and its secret."""
    return {"UserPoolClient": _shown(client_of(call, pool_of(call)))}


@operation("UpdateUserPoolClient", on=resources.pool, refuses=("AnalyticsConfiguration",))
def update_user_pool_client(call: Call) -> Data:
    """Change a client's settings; those that are not named go back to their defaults."""
    pool = pool_of(call)
    client = client_of(call, pool)
    given = {"ClientName": client.data["ClientName"], **call.input}
    kept = {name: value for name, value in client.data.items() if name in ("ClientSecret", "CreationDate", "_secrets")}
    data = {**kept, **rules.settings(pool.data, given, _scopes(call, pool.id)), "LastModifiedDate": call.now}
    _check_providers(call, pool.id, data)
    pools.put_client(call.store, client._replace(data=data))
    return {"UserPoolClient": _shown(client._replace(data=data))}


@operation("DeleteUserPoolClient", on=resources.pool)
def delete_user_pool_client(call: Call) -> Data:
    """Delete a client."""
    pools.remove_client(call.store, client_of(call, pool_of(call)))
    return {}


@operation("ListUserPoolClients", on=resources.pool, refuses=("ClientType",))
def list_user_pool_clients(call: Call) -> Data:
    """The clients of a pool."""
    found = pools.clients(call.store, pool_of(call).id)
    limit = call.input.get("MaxResults") or _PAGE
    chosen, token = page(found, [client.id for client in found], limit, call.input.get("NextToken"))
    listed = [
        {"ClientId": client.id, "UserPoolId": client.pool, "ClientName": client.data["ClientName"]} for client in chosen
    ]
    return {"UserPoolClients": listed, **({"NextToken": token} if token else {})}
