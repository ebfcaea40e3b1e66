"""Groups of users."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cognito_idp import errors, people, resources
from cloudarium.services.cognito_idp.lookup import page, pool_of
from cloudarium.services.cognito_idp.operations.admin import shown as shown_user
from cloudarium.services.cognito_idp.records import users
from cloudarium.services.cognito_idp.records.pools import Pool
from cloudarium.services.cognito_idp.records.users import Group

Data = dict[str, Any]
_PAGE = 60
_MOST = 10_000
_CHANGEABLE = ("Description", "RoleArn", "Precedence")


def _shown(group: Group) -> Data:
    return {"GroupName": group.name, "UserPoolId": group.pool, **group.data}


def _named(call: Call, pool: Pool) -> Group:
    group = users.find_group(call.store, pool.id, call.input["GroupName"])
    if group is None:
        raise errors.NotFound.group()
    return group


def _paged(call: Call, items: list[Any], names: list[str]) -> tuple[list[Any], Data]:
    chosen, token = page(items, names, call.input.get("Limit") or _PAGE, call.input.get("NextToken"))
    return chosen, {"NextToken": token} if token else {}


@operation("CreateGroup", on=resources.pool)
def create_group(call: Call) -> Data:
    """Make a group."""
    pool = pool_of(call)
    if users.find_group(call.store, pool.id, call.input["GroupName"]) is not None:
        raise errors.GroupExists
    if len(users.groups(call.store, pool.id)) >= _MOST:
        raise errors.LimitExceeded("The maximum number of groups has been reached.")
    data = {name: call.input[name] for name in _CHANGEABLE if call.input.get(name) is not None}
    group = Group(pool.id, call.input["GroupName"], {**data, "CreationDate": call.now, "LastModifiedDate": call.now})
    users.put_group(call.store, group)
    return {"Group": _shown(group)}


@operation("GetGroup", on=resources.pool)
def get_group(call: Call) -> Data:
    """A group."""
    return {"Group": _shown(_named(call, pool_of(call)))}


@operation("UpdateGroup", on=resources.pool)
def update_group(call: Call) -> Data:
    """Change what is named of a group."""
    group = _named(call, pool_of(call))
    data = {name: call.input[name] for name in _CHANGEABLE if call.input.get(name) is not None}
    changed = group._replace(data={**group.data, **data, "LastModifiedDate": call.now})
    users.put_group(call.store, changed)
    return {"Group": _shown(changed)}


@operation("DeleteGroup", on=resources.pool)
def delete_group(call: Call) -> Data:
    """Delete a group; its users stay."""
    users.remove_group(call.store, _named(call, pool_of(call)))
    return {}


@operation("ListGroups", on=resources.pool)
def list_groups(call: Call) -> Data:
    """The groups of a pool."""
    found = users.groups(call.store, pool_of(call).id)
    chosen, token = _paged(call, found, [group.name for group in found])
    return {"Groups": [_shown(group) for group in chosen], **token}


@operation("AdminAddUserToGroup", on=resources.pool)
def admin_add_user_to_group(call: Call) -> Data:
    """Put a user into a group; twice is once."""
    pool = pool_of(call)
    users.join(call.store, _named(call, pool), people.named(call, pool))
    return {}


@operation("AdminRemoveUserFromGroup", on=resources.pool)
def admin_remove_user_from_group(call: Call) -> Data:
    """Take a user out of a group."""
    pool = pool_of(call)
    users.leave(call.store, _named(call, pool), people.named(call, pool))
    return {}


@operation("AdminListGroupsForUser", on=resources.pool)
def admin_list_groups_for_user(call: Call) -> Data:
    """The groups of a user."""
    found = users.groups_of(call.store, people.named(call, pool_of(call)))
    chosen, token = _paged(call, found, [group.name for group in found])
    return {"Groups": [_shown(group) for group in chosen], **token}


@operation("ListUsersInGroup", on=resources.pool)
def list_users_in_group(call: Call) -> Data:
    """The users in a group."""
    found = users.members(call.store, _named(call, pool_of(call)))
    chosen, token = _paged(call, found, [user.key for user in found])
    return {"Users": [shown_user(user) for user in chosen], **token}
