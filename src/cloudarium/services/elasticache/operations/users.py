"""Users: who may come into a cache, how they prove who they are, and what they may do there."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.services.elasticache import errors, lookup, records
from cloudarium.services.elasticache.answering import operation
from cloudarium.services.elasticache.records import USER, USER_GROUP, Data
from cloudarium.services.elasticache.resources import touching
from cloudarium.services.elasticache.rules import access, engines, names
from cloudarium.shared.errors import NotBuilt

DEFAULT = "default"
MOST = 1000
_FILTERS = {"user-id": "UserId", "user-group-id": "UserGroupIds", "authentication-mode": "Authentication"}


def ensure_default(call: Call) -> None:
    """Make the user that every account has: named default, without a password."""
    if records.find(call.store, call.scope, USER, DEFAULT) is None:
        data = _data(call, DEFAULT, DEFAULT, "redis", "on ~* +@all", "no-password", [])
        lookup.keep(call, USER, DEFAULT, data)


def _data(call: Call, id: str, name: str, engine: str, text: str, type: str, digests: list[str]) -> Data:
    return {
        "UserId": id,
        "UserName": name,
        "Status": "active",
        "Engine": engine,
        "MinimumEngineVersion": ("7.2" if engine == "valkey" else "7.0" if type == "iam" else "6.0"),
        "AccessString": text,
        "UserGroupIds": [],
        "Authentication": {"Type": type, **({"PasswordCount": len(digests)} if type == "password" else {})},
        "ARN": lookup.arn_of(call.scope, USER, id),
        "_Digests": digests,
    }


@operation("CreateUser", on=touching(USER))
def create_user(call: Call) -> Data:
    """Make a user, for user groups."""
    id = names.identifier(call.input["UserId"], "UserId", 40)
    name, engine = call.input["UserName"], engines.engine(call.input["Engine"])
    type, digests = _authentication(call)
    text = access.access_string(call.input["AccessString"])
    if type == "iam" and name.lower() != id:
        raise errors.Invalid("For IAM authentication, the user name and user id should be the same.")
    if any(character.isspace() for character in name) or len(name) > 128:
        raise errors.Invalid("User name must not contain spaces and have at most 128 characters.")
    ensure_default(call)
    lookup.refuse_existing(call, USER, id)
    if len(records.every(call.store, call.scope, USER)) >= MOST:
        raise errors.QuotaExceeded("UserQuotaExceededFault", f"There may be at most {MOST} users.")
    tags = lookup.wanted_tags(call)
    data = _data(call, id, name, engine, text, type, digests)
    lookup.keep(call, USER, id, data)
    lookup.tag(call, USER, id, tags)
    return data


def _authentication(call: Call) -> tuple[str, list[str]]:
    mode = call.input.get("AuthenticationMode") or {}
    passwords = call.input.get("Passwords") or []
    return access.authentication(
        mode.get("Type"), mode.get("Passwords") or [], passwords, call.input.get("NoPasswordRequired")
    )


@operation("ModifyUser", on=touching(USER))
def modify_user(call: Call) -> Data:
    """Change what a user may do, or how he proves who he is; caches follow at once."""
    ensure_default(call)
    data = lookup.find(call, USER, call.input["UserId"])
    if data["UserId"] == DEFAULT:
        raise errors.State(USER, "The default user cannot be modified.")
    text, more = call.input.get("AccessString"), call.input.get("AppendAccessString")
    if text and more:
        raise errors.Combination("AccessString and AppendAccessString cannot be specified together.")
    if text or more:
        data["AccessString"] = access.access_string(text or f"{data['AccessString']} {more}")
    if call.input.get("Engine"):
        wanted = engines.engine(call.input["Engine"])
        if data["Engine"] == "valkey" and wanted == "redis":
            raise errors.Invalid("A user of the engine valkey cannot become one of redis.")
        data["Engine"] = wanted
    asked = ("AuthenticationMode", "Passwords", "NoPasswordRequired")
    if any(call.input.get(name) for name in asked):
        type, digests = _authentication(call)
        if type == "iam" and data["UserName"].lower() != data["UserId"]:
            raise errors.Invalid("For IAM authentication, the user name and user id should be the same.")
        text = data["AccessString"]
        new = _data(call, data["UserId"], data["UserName"], data["Engine"], text, type, digests)
        data = {**new, "UserGroupIds": data["UserGroupIds"]}
    lookup.keep(call, USER, data["UserId"], data)
    for group in data["UserGroupIds"]:
        follow(call, group)
    return {**data, "Status": "modifying"} if data["UserGroupIds"] else data


def follow(call: Call, group: str) -> None:
    """Have the caches of a user group take on what its users may do now."""
    found = records.find(call.store, call.scope, USER_GROUP, group)
    if found is None:
        return
    for kind, members in ((records.GROUP, found["ReplicationGroups"]), (records.SERVERLESS, found["ServerlessCaches"])):
        for id in members:
            call.later("Change", {"Kind": kind, "Id": id}, key=f"{kind}/{id}")


@operation("DeleteUser", on=touching(USER))
def delete_user(call: Call) -> Data:
    """Delete a user; the groups that he is in lose him."""
    ensure_default(call)
    data = lookup.find(call, USER, call.input["UserId"])
    if data["UserId"] == DEFAULT:
        raise errors.Invalid("The default user cannot be deleted.")
    for id in data["UserGroupIds"]:
        group = lookup.find(call, USER_GROUP, id)
        if data["UserName"] == DEFAULT:
            raise errors.DefaultUserInUse("The default user is associated with a user group, and cannot be deleted.")
        group["UserIds"] = [one for one in group["UserIds"] if one != data["UserId"]]
        lookup.keep(call, USER_GROUP, id, group)
        follow(call, id)
    lookup.forget(call, USER, data["UserId"])
    return {**data, "Status": "deleting"}


@operation("DescribeUsers", on=touching(USER))
def describe_users(call: Call) -> Data:
    """The account's users, or one of them; filters pick by id, group or the way in which they prove who they are."""
    ensure_default(call)
    found = records.every(call.store, call.scope, USER)
    if call.input.get("UserId"):
        found = [lookup.find(call, USER, call.input["UserId"])]
    if call.input.get("Engine"):
        wanted = engines.engine(call.input["Engine"])
        found = [one for one in found if one["Engine"] == wanted]
    for asked in call.input.get("Filters") or []:
        found = [one for one in found if _matches(one, asked["Name"], asked["Values"])]
    return lookup.page(call, "Users", found, lambda one: one["UserId"])


def _matches(data: Data, name: str, values: list[str]) -> bool:
    if name not in _FILTERS:
        raise NotBuilt(f"elasticache:DescribeUsers with a filter by {name[:40]}")
    value = data[_FILTERS[name]]
    if name == "authentication-mode":
        return value["Type"] in values
    return bool(set(values) & set(value if isinstance(value, list) else [value]))
