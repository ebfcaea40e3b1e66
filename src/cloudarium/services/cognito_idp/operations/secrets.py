"""The secrets of an app client while they are rotated: two hold at the same time."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cognito_idp import errors, resources
from cloudarium.services.cognito_idp.lookup import client_of, pool_of
from cloudarium.services.cognito_idp.records import pools
from cloudarium.services.cognito_idp.records.pools import Client
from cloudarium.shared import ids

Data = dict[str, Any]
_MOST = 2


def _described(client: Client) -> list[Data]:
    """The secrets of a client; the one that it was made with has the time of that."""
    kept: list[Data] = client.data.get("_secrets") or []
    if kept or client.secret is None:
        return kept
    made = client.data["CreationDate"]
    id = f"{client.id}--{int(made * 1000)}"
    return [{"ClientSecretId": id, "ClientSecretValue": client.secret, "ClientSecretCreateDate": made}]


def _keep(call: Call, client: Client, secrets: list[Data]) -> None:
    """Keep the secrets of a client; DescribeUserPoolClient shows the oldest."""
    first = secrets[0]["ClientSecretValue"]
    data = {**client.data, "_secrets": secrets, "ClientSecret": first, "LastModifiedDate": call.now}
    pools.put_client(call.store, client._replace(data=data))


@operation("AddUserPoolClientSecret", on=resources.pool)
def add_user_pool_client_secret(call: Call) -> Data:
    """Add a second secret to a client, of one's own or a new one; the first one holds on."""
    client = client_of(call, pool_of(call))
    present = _described(client)
    if not present:
        raise errors.Invalid("The app client does not have a client secret.")
    if len(present) >= _MOST:
        raise errors.LimitExceeded(f"An app client can have at most {_MOST} client secrets.")
    given = call.input.get("ClientSecret")
    if any(one["ClientSecretValue"] == given for one in present):
        raise errors.Invalid("The app client has this client secret already.")
    id = f"{client.id}--{int(call.now * 1000)}"
    if any(one["ClientSecretId"] == id for one in present):  # made at the same moment
        id = f"{client.id}--{int(call.now * 1000) + 1}"
    made = {"ClientSecretId": id, "ClientSecretCreateDate": call.now}
    value = given or ids.lower(52)
    _keep(call, client, [*present, {**made, "ClientSecretValue": value}])
    return {"ClientSecretDescriptor": made if given else {**made, "ClientSecretValue": value}}


@operation("ListUserPoolClientSecrets", on=resources.pool)
def list_user_pool_client_secrets(call: Call) -> Data:
    """The secrets of a client, without their values."""
    if call.input.get("NextToken"):  # there is but one page
        raise errors.Invalid("Invalid token")
    found = _described(client_of(call, pool_of(call)))
    members = ("ClientSecretId", "ClientSecretCreateDate")
    return {"ClientSecrets": [{name: one[name] for name in members} for one in found]}


@operation("DeleteUserPoolClientSecret", on=resources.pool)
def delete_user_pool_client_secret(call: Call) -> Data:
    """Take a secret away; the last one stays."""
    client = client_of(call, pool_of(call))
    present, id = _described(client), call.input["ClientSecretId"]
    left = [one for one in present if one["ClientSecretId"] != id]
    if len(left) == len(present):
        raise errors.NotFound(f"Client secret {id} does not exist.")
    if not left:
        raise errors.Invalid("The last client secret of an app client cannot be deleted.")
    _keep(call, client, left)
    return {}
