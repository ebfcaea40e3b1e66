"""User groups: the users of a cache."""

from __future__ import annotations

from collections.abc import Iterable

from cloudarium.gateway.call import Call
from cloudarium.services.elasticache import errors, lookup, records
from cloudarium.services.elasticache.answering import operation
from cloudarium.services.elasticache.operations import users
from cloudarium.services.elasticache.records import USER, USER_GROUP, Data
from cloudarium.services.elasticache.resources import touching
from cloudarium.services.elasticache.rules import engines, names

MOST_USERS = 100
MOST = 100


@operation("CreateUserGroup", on=touching(USER_GROUP, UserIds=USER))
def create_user_group(call: Call) -> Data:
    """Make a user group; one of Redis OSS needs a user named default."""
    id, engine = names.identifier(call.input["UserGroupId"], "UserGroupId", 40), engines.engine(call.input["Engine"])
    users.ensure_default(call)
    lookup.refuse_existing(call, USER_GROUP, id)
    if len(records.every(call.store, call.scope, USER_GROUP)) >= MOST:
        raise errors.QuotaExceeded("UserGroupQuotaExceededFault", f"There may be at most {MOST} user groups.")
    members = list(dict.fromkeys(one.lower() for one in call.input.get("UserIds") or []))
    check(call, engine, members)
    tags = lookup.wanted_tags(call)
    data = {
        "UserGroupId": id,
        "Status": "active",
        "Engine": engine,
        "UserIds": members,
        "MinimumEngineVersion": "7.2" if engine == "valkey" else "6.0",
        "ReplicationGroups": [],
        "ServerlessCaches": [],
        "ARN": lookup.arn_of(call.scope, USER_GROUP, id),
    }
    lookup.keep(call, USER_GROUP, id, data)
    _belong(call, id, members, [])
    lookup.tag(call, USER_GROUP, id, tags)
    return {**data, "Status": "creating"}


def check(call: Call, engine: str, members: list[str]) -> None:
    """Raise unless these can be the users of one group."""
    found = [lookup.find(call, USER, id) for id in members]
    if len(members) > MOST_USERS:
        raise errors.QuotaExceeded("UserQuotaExceededFault", f"A user group has at most {MOST_USERS} users.")
    shown = [one["UserName"] for one in found]
    if len(set(shown)) < len(shown):
        twice = next(name for name in shown if shown.count(name) > 1)
        raise errors.DuplicateUserName(f"User group cannot have more than one user with name {twice}.")
    if engine == "redis" and users.DEFAULT not in shown:
        raise errors.DefaultUserRequired("User group needs to contain a user with the user name default.")
    if engine == "redis" and any(one["Engine"] == "valkey" for one in found):
        raise errors.Invalid("Users of the engine valkey cannot be in a user group of redis.")


def _belong(call: Call, group: str, added: Iterable[str], removed: Iterable[str]) -> None:
    for id in (*added, *removed):
        user = lookup.find(call, USER, id)
        others = [one for one in user["UserGroupIds"] if one != group]
        user["UserGroupIds"] = sorted([*others, group]) if id in added else others
        lookup.keep(call, USER, id, user)


@operation("ModifyUserGroup", on=touching(USER_GROUP, UserIdsToAdd=USER, UserIdsToRemove=USER))
def modify_user_group(call: Call) -> Data:
    """Add users to a group and take others out; its caches follow at once."""
    data = lookup.find(call, USER_GROUP, call.input["UserGroupId"])
    added = [one.lower() for one in call.input.get("UserIdsToAdd") or []]
    removed = [one.lower() for one in call.input.get("UserIdsToRemove") or []]
    if call.input.get("Engine"):
        wanted = engines.engine(call.input["Engine"])
        if data["Engine"] == "valkey" and wanted == "redis":
            raise errors.Invalid("A user group of the engine valkey cannot become one of redis.")
        data["Engine"] = wanted
    if not added and not removed and not call.input.get("Engine"):
        raise errors.Combination("At least one of UserIdsToAdd, UserIdsToRemove and Engine must be specified.")
    for id in added:
        if id in data["UserIds"]:
            raise errors.Invalid(f"User {id} is already a member of the user group {data['UserGroupId']}.")
    for id in removed:
        lookup.find(call, USER, id)
        if id not in data["UserIds"]:
            raise errors.Invalid(f"User {id} is not a member of the user group {data['UserGroupId']}.")
    members = [one for one in data["UserIds"] if one not in removed] + added
    check(call, data["Engine"], members)
    data["UserIds"] = members
    lookup.keep(call, USER_GROUP, data["UserGroupId"], data)
    _belong(call, data["UserGroupId"], added, removed)
    users.follow(call, data["UserGroupId"])
    return {**data, "Status": "modifying"}


@operation("DeleteUserGroup", on=touching(USER_GROUP))
def delete_user_group(call: Call) -> Data:
    """Delete a user group that no cache uses."""
    data = lookup.find(call, USER_GROUP, call.input["UserGroupId"])
    id = data["UserGroupId"]
    if data["ReplicationGroups"] or data["ServerlessCaches"]:
        raise errors.State(USER_GROUP, f"User group {id} is associated with a cache and cannot be deleted.")
    _belong(call, id, (), data["UserIds"])
    lookup.forget(call, USER_GROUP, id)
    return {**data, "Status": "deleting"}


@operation("DescribeUserGroups", on=touching(USER_GROUP))
def describe_user_groups(call: Call) -> Data:
    """The account's user groups, or one of them."""
    found = records.every(call.store, call.scope, USER_GROUP)
    if call.input.get("UserGroupId"):
        found = [lookup.find(call, USER_GROUP, call.input["UserGroupId"])]
    return lookup.page(call, "UserGroups", found, lambda one: one["UserGroupId"])


def bind(call: Call, group: str, kind: str, cache: str) -> None:
    """Note that a cache has the users of a group. Raises NotFound."""
    data = lookup.find(call, USER_GROUP, group)
    member = "ReplicationGroups" if kind == records.GROUP else "ServerlessCaches"
    data[member] = sorted({*data[member], cache})
    lookup.keep(call, USER_GROUP, group, data)


def unbind(call: Call, group: str, kind: str, cache: str) -> None:
    """Note that a cache has them no more."""
    data = records.find(call.store, call.scope, USER_GROUP, group)
    if data is not None:
        member = "ReplicationGroups" if kind == records.GROUP else "ServerlessCaches"
        data[member] = [one for one in data[member] if one != cache]
        lookup.keep(call, USER_GROUP, group, data)
