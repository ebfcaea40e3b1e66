"""Identity pools."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cognito_identity import errors, lookup, records, resources, rules
from cloudarium.services.cognito_identity.records import Pool
from cloudarium.shared import ids, paging, tags

Data = dict[str, Any]
_SETTINGS = (
    "IdentityPoolName", "AllowUnauthenticatedIdentities", "AllowClassicFlow", "DeveloperProviderName",
    "OpenIdConnectProviderARNs", "CognitoIdentityProviders",
)  # fmt: skip


def _shown(call: Call, pool: Pool) -> Data:
    found: Data = {name: pool.data[name] for name in _SETTINGS if name in pool.data}
    given = call.tags.of(resources.pool_arn(pool.scope, pool.id))
    return {"IdentityPoolId": pool.id, **found, "IdentityPoolTags": given}


def _check_tags(given: dict[str, str]) -> None:
    wrong = tags.problem(given)
    if wrong:
        raise errors.Invalid(wrong)


@operation("CreateIdentityPool", on=resources.new_pool)
def create_identity_pool(call: Call) -> Data:
    """Make a pool."""
    data = rules.pool(call.input)
    wanted = call.input.get("IdentityPoolTags") or {}
    _check_tags(wanted)
    if len(records.pools(call.store, call.scope)) >= rules.POOLS:
        raise errors.LimitExceeded("The number of identity pools of the account is at its limit.")
    pool = Pool(call.scope, f"{call.region}:{ids.uuid()}", data)
    records.put_pool(call.store, pool)
    call.tags.put(resources.pool_arn(pool.scope, pool.id), wanted)
    return _shown(call, pool)


@operation("DescribeIdentityPool", on=resources.pool)
def describe_identity_pool(call: Call) -> Data:
    """A pool with its settings."""
    return _shown(call, lookup.pool_of(call))


@operation("UpdateIdentityPool", on=resources.changed_pool)
def update_identity_pool(call: Call) -> Data:
    """Change a pool's settings; those that are not named go. The developer's provider keeps its name."""
    pool = lookup.pool_of(call)
    data = rules.pool(call.input)
    before, after = pool.data.get("DeveloperProviderName"), data.get("DeveloperProviderName")
    if before and after and before != after:
        raise errors.Invalid("The developer provider name of an identity pool cannot be changed.")
    if before:
        data["DeveloperProviderName"] = before
    wanted = call.input.get("IdentityPoolTags") or {}
    _check_tags(wanted)
    kept = {name: value for name, value in pool.data.items() if name not in _SETTINGS}
    pool = pool._replace(data={**kept, **data})
    records.put_pool(call.store, pool)
    call.tags.put(resources.pool_arn(pool.scope, pool.id), wanted)
    return _shown(call, pool)


@operation("DeleteIdentityPool", on=resources.pool)
def delete_identity_pool(call: Call) -> Data:
    """Delete a pool with all its identities; credentials that were handed out live on until they end."""
    pool = lookup.pool_of(call)
    records.remove_pool(call.store, pool)
    call.tags.drop(resources.pool_arn(pool.scope, pool.id))
    return {}


@operation("ListIdentityPools")
def list_identity_pools(call: Call) -> Data:
    """The pools of the account in the region."""
    last, most = lookup.after(call), call.input["MaxResults"]
    found = [pool for pool in records.pools(call.store, call.scope) if pool.id > last]
    listed = [{"IdentityPoolId": pool.id, "IdentityPoolName": pool.data["IdentityPoolName"]} for pool in found[:most]]
    more = {"NextToken": paging.encode(listed[-1]["IdentityPoolId"])} if len(found) > most else {}
    return {"IdentityPools": listed, **more}
