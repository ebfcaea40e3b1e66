"""Connections: how API destinations authorize requests; what is secret lies in Secrets Manager."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.events import errors, resources, sealing, secrets
from cloudarium.services.events.operations import lookup
from cloudarium.services.events.records import named
from cloudarium.services.events.records.named import Named
from cloudarium.services.events.rules import authorization
from cloudarium.shared import ids

Data = dict[str, Any]
_TIMES = ("CreationTime", "LastModifiedTime", "LastAuthorizedTime")
_PRIVATE = ("InvocationConnectivityParameters",)
_OAUTH = "OAUTH_CLIENT_CREDENTIALS"
_NOTHING = (
    "Failed to update the connection(s). At least one of the following is required: Description, KmsKeyIdentifier, "
    "AuthorizationType with BasicAuthParameters, ApiKeyAuthParameters, or OAuthParameters."
)


def find(call: Call, wanted: str) -> Named:
    """The connection that a call names. Raises NotFound in AWS's words for what was wanted of it."""
    found = named.find(call.store, call.scope, "connection", call.input["Name"])
    if found is None:
        raise errors.NotFound.connection(call.input["Name"], wanted)
    return found


def _answer(connection: Named, *members: str) -> Data:
    said = ("ConnectionState", *(members or ("CreationTime", "LastModifiedTime", "LastAuthorizedTime")))
    shown = {name: connection.data[name] for name in said if name in connection.data}
    return {"ConnectionArn": resources.thing_arn(connection), **shown}


@operation("CreateConnection", on=resources.connection, refuses=_PRIVATE)
async def create_connection(call: Call) -> Data:
    """Make a connection, and a secret with its credentials; OAuth's are tried after the answer."""
    given = call.input
    _check_new(call)
    authorization.check(given["AuthorizationType"], given["AuthParameters"])
    key = given.get(sealing.MEMBER)
    if key:
        await sealing.check_for_connection(call, key)
    id = ids.uuid()
    secret = await secrets.create(call, given["Name"], given["AuthParameters"], key)
    data = {
        "id": id,
        "AuthorizationType": given["AuthorizationType"],
        "AuthParameters": authorization.shown(given["AuthParameters"]),
        "SecretArn": secret,
        **_times(call, given["AuthorizationType"]),
        **{name: given[name] for name in ("Description", sealing.MEMBER) if given.get(name)},
    }
    with call.transaction():
        _check_new(call)
        connection = _authorizing(call, Named(call.scope, "connection", given["Name"], data))
        named.put(call.store, connection)
    return _answer(connection, "CreationTime", "LastModifiedTime")


def _check_new(call: Call) -> None:
    if named.find(call.store, call.scope, "connection", call.input["Name"]) is not None:
        raise errors.Exists(f"Connection {call.input['Name']} already exists.")


def _times(call: Call, kind: str) -> Data:
    authorized = 0.0 if kind == _OAUTH else call.now  # AWS shows 1970 until the first token came
    return {"CreationTime": call.now, "LastModifiedTime": call.now, "LastAuthorizedTime": authorized}


def _authorizing(call: Call, connection: Named) -> Named:
    """The connection in the state in which new credentials leave it; OAuth's are tried by the outbox."""
    data = {name: value for name, value in connection.data.items() if name != "StateReason"}
    if data["AuthorizationType"] != _OAUTH:
        return connection._replace(data={**data, "ConnectionState": "AUTHORIZED"})
    call.later("Authorize", {"Name": connection.name, "id": data["id"]}, key=connection.name)
    return connection._replace(data={**data, "ConnectionState": "AUTHORIZING"})


@operation("UpdateConnection", on=resources.connection, refuses=_PRIVATE)
async def update_connection(call: Call) -> Data:
    """Change a connection; new parameters take the place of those of the same kind."""
    given = call.input
    found = find(call, "update")
    if not any(given.get(name) is not None for name in ("Description", "KmsKeyIdentifier", "AuthorizationType")):
        raise errors.Invalid(_NOTHING)
    kind = given.get("AuthorizationType") or found.data["AuthorizationType"]
    parameters = given.get("AuthParameters")
    data = dict(found.data)
    if given.get(sealing.MEMBER) is not None:
        await _rekey(call, data, given[sealing.MEMBER])
    if parameters is not None or kind != data["AuthorizationType"]:
        merged = await secrets.merged(call, data, kind, parameters or {})
        authorization.check(kind, merged)
        data["SecretArn"] = await secrets.replace(call, found._replace(data=data), merged)
        data.update({"AuthorizationType": kind, "AuthParameters": authorization.shown(merged)})
    with call.transaction():
        find(call, "update")
        if given.get("Description") is not None:
            data["Description"] = given["Description"]
        data["LastModifiedTime"] = call.now
        changed = found._replace(data=data)
        if parameters is not None:
            authorized = data["LastAuthorizedTime"] if kind == _OAUTH else call.now
            changed = _authorizing(call, changed._replace(data={**data, "LastAuthorizedTime": authorized}))
        named.put(call.store, changed)
    return _answer(changed)


async def _rekey(call: Call, data: Data, key: str) -> None:
    """Have the secret of a connection be kept under another key; "" stands for Secrets Manager's own."""
    if key:
        await sealing.check_for_connection(call, key)
    if "SecretArn" in data:
        await secrets.rekey(call, data["SecretArn"], key)
    data.pop(sealing.MEMBER, None)
    data.update({sealing.MEMBER: key} if key else {})


@operation("DeauthorizeConnection", on=resources.connection)
async def deauthorize_connection(call: Call) -> Data:
    """Forget a connection's credentials."""
    found = find(call, "deauthorize")
    await secrets.forget(call, found)
    with call.transaction():
        find(call, "deauthorize")
        data = {name: value for name, value in found.data.items() if name != "SecretArn"}
        changed = found._replace(data={**data, "ConnectionState": "DEAUTHORIZED", "LastModifiedTime": call.now})
        named.put(call.store, changed)
        call.not_later("Authorize", found.name)
    return {**_answer(changed), "ConnectionState": "DEAUTHORIZING"}


@operation("DeleteConnection", on=resources.connection)
async def delete_connection(call: Call) -> Data:
    """Delete a connection with its secret."""
    found = find(call, "delete")
    await secrets.forget(call, found)
    with call.transaction():
        named.remove(call.store, find(call, "delete"))
        call.not_later("Authorize", found.name)
    return {**_answer(found), "ConnectionState": "DELETING"}


def _shown(connection: Named) -> Data:
    members = ("ConnectionState", "StateReason", "AuthorizationType", *_TIMES)
    said = {name: connection.data[name] for name in members if name in connection.data}
    return {"ConnectionArn": resources.thing_arn(connection), "Name": connection.name, **said}


@operation("DescribeConnection", on=resources.connection)
def describe_connection(call: Call) -> Data:
    """All of a connection but what is secret."""
    found = find(call, "describe")
    more: Data = {
        name: found.data[name]
        for name in ("Description", "SecretArn", "AuthParameters", sealing.MEMBER)
        if name in found.data
    }
    return {**_shown(found), **more}


@operation("ListConnections")
def list_connections(call: Call) -> Data:
    """The connections of the account, by name."""
    state = call.input.get("ConnectionState")
    found = [
        each
        for each in named.every(call.store, call.scope, "connection", call.input.get("NamePrefix") or "")
        if state in (None, each.data["ConnectionState"])
    ]
    return lookup.page(call, "Connections", found, lambda each: each.name, _shown)
