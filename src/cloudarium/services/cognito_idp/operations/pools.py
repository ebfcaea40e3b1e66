"""User pools."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cognito_idp import errors, keys, resources, triggers
from cloudarium.services.cognito_idp.lookup import page, pool_of
from cloudarium.services.cognito_idp.records import oauth, pools
from cloudarium.services.cognito_idp.records.pools import Pool
from cloudarium.services.cognito_idp.rules import attributes
from cloudarium.services.cognito_idp.rules import pools as rules
from cloudarium.shared import ids, tags
from cloudarium.shared.errors import AwsError

Data = dict[str, Any]
_REFUSED = (
    "DeviceConfiguration", "DcrConfiguration", "KeyConfiguration", "IssuerConfiguration",
    "AcrConfiguration",
)  # fmt: skip
_MOST = 1000


def shown(call: Call, pool: Pool) -> Data:
    """A pool as DescribeUserPool answers it."""
    arn = resources.pool_arn(pool.scope, pool.id)
    found = {**rules.shown(pool.data), "Id": pool.id, "Arn": arn}
    found["EstimatedNumberOfUsers"] = pools.count_users(call.store, pool.id)
    domain = oauth.domain_of(call.store, pool.id)
    if domain is not None:
        found["Domain"] = domain.name
    found["UserPoolTags"] = call.tags.of(arn)
    return found


def _check_tags(given: dict[str, str]) -> None:
    wrong = tags.problem(given)
    if wrong:
        raise errors.Invalid(wrong)


@operation("CreateUserPool", on=resources.new_pool, refuses=_REFUSED)
async def create_user_pool(call: Call) -> Data:
    """Make a pool with its two signing keys."""
    given = call.input
    # These members reach the pool by name: Policies DeletionProtection LambdaConfig and all of rules.CHANGEABLE.
    data = {"Name": given["PoolName"], **rules.new(given), "CreationDate": call.now, "LastModifiedDate": call.now}
    _check_tags(given.get("UserPoolTags") or {})
    made = await keys.make()
    pool = Pool(call.scope, f"{call.region}_{ids.token(9).replace('-', 'x').replace('_', 'y')}", data)
    await _grant_key(call, pool, {})
    with call.transaction():
        if len(pools.listed(call.store, call.scope)) >= _MOST:
            raise errors.LimitExceeded("The maximum number of user pools has been reached.")
        pools.put(call.store, pool)
        for key in made:
            pools.add_key(call.store, pool.id, key)
        call.tags.put(resources.pool_arn(pool.scope, pool.id), given.get("UserPoolTags") or {})
        return {"UserPool": shown(call, pool)}


async def _grant_key(call: Call, pool: Pool, before: Data) -> None:
    """Let Cognito encrypt for the pool's sender functions: a grant on the key, made as the caller, as AWS does."""
    key = pool.data["LambdaConfig"].get("KMSKeyID")
    if not key or before.get("LambdaConfig", {}).get("KMSKeyID") == key:
        return
    given = {
        "KeyId": key,
        "GranteeServicePrincipal": triggers.COGNITO.name,
        "Operations": ["GenerateDataKey", "Encrypt"],
        "Constraints": {"EncryptionContextSubset": {"userpool-id": pool.id}},
    }
    via = {"kms:ViaService": f"cognito-idp.{call.region}.amazonaws.com"}
    try:
        await call.send("kms", "CreateGrant", given, context=via)
    except AwsError as error:
        if (error.status or 400) >= 500:
            raise
        raise errors.Invalid(f"Cannot use the KMS key {key}: {error.message or error.code}") from error


@operation("DescribeUserPool", on=resources.pool)
def describe_user_pool(call: Call) -> Data:
    """A pool with all its settings."""
    return {"UserPool": shown(call, pool_of(call))}


@operation("UpdateUserPool", on=resources.changed_pool, refuses=_REFUSED)
async def update_user_pool(call: Call) -> Data:
    """Change a pool's settings; those that are not named go back to their defaults."""
    pool = pool_of(call)
    given = call.input
    fresh = rules.changed(pool.data, given)
    kept = {name: value for name, value in pool.data.items() if name not in rules.CHANGEABLE}
    name = given.get("PoolName") or pool.data["Name"]
    changed = pool._replace(data={**kept, **fresh, "Name": name, "LastModifiedDate": call.now})
    _check_tags(given.get("UserPoolTags") or {})
    await _grant_key(call, changed, pool.data)
    with call.transaction():
        pools.put(call.store, changed)
        call.tags.put(resources.pool_arn(pool.scope, pool.id), given.get("UserPoolTags") or {})
    return {}


@operation("DeleteUserPool", on=resources.pool)
def delete_user_pool(call: Call) -> Data:
    """Delete a pool with its clients and users, unless it is protected."""
    pool = pool_of(call)
    if oauth.domain_of(call.store, pool.id) is not None:
        raise errors.Invalid("User pool cannot be deleted. It has a domain configured that should be deleted first.")
    if pool.data["DeletionProtection"] == "ACTIVE":
        raise errors.Invalid(
            "The user pool cannot be deleted because deletion protection is activated. Deletion protection must be "
            "inactivated first."
        )
    pools.remove(call.store, pool)
    call.tags.drop(resources.pool_arn(pool.scope, pool.id))
    return {}


@operation("ListUserPools")
def list_user_pools(call: Call) -> Data:
    """The pools of the account in the region."""
    found = pools.listed(call.store, call.scope)
    limit = call.input["MaxResults"]
    chosen, token = page(found, [pool.id for pool in found], limit, call.input.get("NextToken"))
    members = ("Name", "LambdaConfig", "LastModifiedDate", "CreationDate")
    listed = [{"Id": pool.id, **{name: pool.data[name] for name in members}} for pool in chosen]
    return {"UserPools": listed, **({"NextToken": token} if token else {})}


@operation("AddCustomAttributes", on=resources.pool)
def add_custom_attributes(call: Call) -> Data:
    """Add custom attributes to a pool."""
    pool = pool_of(call)
    schema = attributes.add_custom(pool.data["SchemaAttributes"], call.input["CustomAttributes"])
    pools.put(call.store, pool._replace(data={**pool.data, "SchemaAttributes": schema, "LastModifiedDate": call.now}))
    return {}
