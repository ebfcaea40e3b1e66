"""The identities of a pool, as its administrator sees them."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cognito_identity import lookup, records, resources
from cloudarium.services.cognito_identity.records import Identity
from cloudarium.shared import paging

Data = dict[str, Any]


def _shown(call: Call, identity: Identity) -> Data:
    providers = list(dict.fromkeys(login.provider for login in records.logins(call.store, identity)))
    times = {"CreationDate": identity.created, "LastModifiedDate": identity.modified}
    return {"IdentityId": identity.id, **({"Logins": providers} if providers else {}), **times}


@operation("DescribeIdentity")
def describe_identity(call: Call) -> Data:
    """An identity with the providers of its logins."""
    return _shown(call, lookup.identity_of(call))


@operation("ListIdentities", on=resources.pool)
def list_identities(call: Call) -> Data:
    """The identities of a pool."""
    pool, most = lookup.pool_of(call), call.input["MaxResults"]
    disabled = not call.input.get("HideDisabled")
    found = records.identities(call.store, pool.id, lookup.after(call), most + 1, disabled)
    listed = [_shown(call, identity) for identity in found[:most]]
    more = {"NextToken": paging.encode(listed[-1]["IdentityId"])} if len(found) > most else {}
    return {"IdentityPoolId": pool.id, "Identities": listed, **more}


@operation("DeleteIdentities")
def delete_identities(call: Call) -> Data:
    """Delete identities; those of another account are told as not done."""
    left = []
    for id in call.input["IdentityIdsToDelete"]:
        identity = records.find_identity(call.store, id)
        pool = records.find_pool(call.store, identity.pool) if identity is not None else None
        if identity is None or pool is None:
            continue
        if pool.scope == call.scope:
            records.remove_identity(call.store, identity)
        else:
            left.append({"IdentityId": id, "ErrorCode": "AccessDenied"})
    return {"UnprocessedIdentityIds": left}
