"""Log groups: create, describe, delete, retention, deletion protection."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.logs import errors, records, resources, rules
from cloudarium.services.logs.operations import keys
from cloudarium.services.logs.records import Group, filters, protections
from cloudarium.shared import paging, tags
from cloudarium.shared.errors import NotBuilt

_PAGE = 50
_LISTED_AT_ONCE = 1000
_CLASSES = ("STANDARD", "INFREQUENT_ACCESS")


def milliseconds(call: Call) -> int:
    """The time of the call as this service counts it."""
    return int(call.now * 1000)


def named_group(call: Call, name: str) -> Group:
    """The group of that name in the caller's account and region. Raises GroupNotFound."""
    rules.check_length(name)
    group = records.find_group(call.store, call.account, call.region, name)
    if group is None:
        raise errors.GroupNotFound
    return group


def identified_group(call: Call) -> Group:
    """The group that `logGroupName` or `logGroupIdentifier` (a name or an ARN) names; exactly one must be there."""
    name, identifier = call.input.get("logGroupName"), call.input.get("logGroupIdentifier")
    if name is not None and identifier is not None:
        raise errors.Invalid("LogGroup name and LogGroup ARN are mutually exclusive parameters.")
    if name is None and identifier is None:
        raise errors.InvalidParameter("Either LogGroup name or LogGroup identifier must be provided.")
    scope, wanted = resources.group_of(name if name is not None else identifier, call.scope)
    if scope != call.scope:
        raise errors.GroupNotFound
    return named_group(call, wanted)


def schedule_expiry(call: Call, group: Group, retention: int | None, oldest: int | None) -> None:
    """Set or take back the timer that deletes events, for the group's oldest event."""
    key = str(group.id)
    if retention is None or oldest is None:
        call.not_later("ExpireLogEvents", key)
        records.set_expires(call.store, group, None)
        return
    due = oldest + retention * rules.DAY + 1
    call.later("ExpireLogEvents", {"GroupId": group.id}, due=due / 1000, key=key)
    records.set_expires(call.store, group, due)


def page_key(call: Call) -> str:
    """The name behind which a page begins; raises InvalidParameter for a token that is none."""
    token = call.input.get("nextToken")
    if token is None:
        return ""
    try:
        key = paging.decode(token)
    except ValueError:
        key = None
    if not isinstance(key, str):
        raise errors.InvalidParameter("The specified nextToken is invalid.")
    return key


@operation("CreateLogGroup", on=resources.new_group)
def create_log_group(call: Call) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """Make a log group, under a key of KMS if one is named."""
    return _create_under_key(call) if call.input.get("kmsKeyId") else _create(call)


async def _create_under_key(call: Call) -> dict[str, Any]:
    _check_new(call)
    name = call.input["logGroupName"]
    key = await keys.new_key(call, name, call.input["kmsKeyId"])
    with call.transaction():
        _create(call)
        records.set_key(call.store, named_group(call, name), key)
    return {}


def _check_new(call: Call) -> None:
    name = call.input["logGroupName"]
    rules.check_length(name)
    rules.check_group_name(name)
    log_class = call.input.get("logGroupClass", "STANDARD")
    if log_class not in _CLASSES:
        raise NotBuilt(f"logs:CreateLogGroup logGroupClass {log_class}")
    given = call.input.get("tags") or {}
    wrong = tags.problem(given)
    if wrong:
        raise errors.InvalidParameter(wrong)
    if records.find_group(call.store, call.account, call.region, name) is not None:
        raise errors.GroupExists


def _create(call: Call) -> dict[str, Any]:
    _check_new(call)
    name, given = call.input["logGroupName"], call.input.get("tags") or {}
    protected = bool(call.input.get("deletionProtectionEnabled"))
    log_class = call.input.get("logGroupClass", "STANDARD")
    records.add_group(call.store, call.account, call.region, name, log_class, milliseconds(call), protected)
    if given:
        call.tags.put(resources.group_arn(call.scope, name), given)
    return {}


@operation("DeleteLogGroup", on=resources.group)
def delete_log_group(call: Call) -> dict[str, Any]:
    """Delete a log group with its streams and events, unless it is protected."""
    group = named_group(call, call.input["logGroupName"])
    if group.protected:
        raise errors.DeletionProtected
    records.remove_group(call.store, group)
    filters.remove_filters(call.store, group)
    call.tags.drop(resources.group_arn(call.scope, group.name))
    call.not_later("ExpireLogEvents", str(group.id))
    if group.next_event > 1:
        call.later("DropLogEvents", {"GroupId": group.id})
    return {}


@operation("AssociateKmsKey", on=resources.group)
async def associate_kms_key(call: Call) -> dict[str, Any]:
    """Put a group under a key, if the key's policy lets CloudWatch Logs use it for this group."""
    key = await keys.new_key(call, _associated(call).name, call.input["kmsKeyId"])
    with call.transaction():
        records.set_key(call.store, _associated(call), key)
    return {}


@operation("DisassociateKmsKey", on=resources.group)
def disassociate_kms_key(call: Call) -> dict[str, Any]:
    """Take a group from its key."""
    records.set_key(call.store, _associated(call), None)
    return {}


def _associated(call: Call) -> Group:
    name, identifier = call.input.get("logGroupName"), call.input.get("resourceIdentifier") or ""
    if (name is None) is (not identifier):
        raise errors.InvalidParameter("Exactly one of logGroupName and resourceIdentifier must be provided.")
    if name is not None:
        return named_group(call, name)
    if ":query-result" in identifier:
        raise NotBuilt(f"logs:{call.operation_name} of query results")
    scope, name = resources.group_of(identifier.removesuffix(":*"), call.scope)
    if scope != call.scope:
        raise errors.GroupNotFound
    return named_group(call, name)


@operation("PutLogGroupDeletionProtection", on=resources.group)
def put_log_group_deletion_protection(call: Call) -> dict[str, Any]:
    """Turn a group's deletion protection on or off."""
    records.set_protected(call.store, identified_group(call), call.input["deletionProtectionEnabled"])
    return {}


@operation("PutRetentionPolicy", on=resources.group)
def put_retention_policy(call: Call) -> dict[str, Any]:
    """Keep the group's events for a number of days that AWS offers."""
    days = call.input["retentionInDays"]
    rules.check_retention(days)
    group = named_group(call, call.input["logGroupName"])
    records.set_retention(call.store, group, days)
    schedule_expiry(call, group, days, records.oldest_event(call.store, group))
    return {}


@operation("DeleteRetentionPolicy", on=resources.group)
def delete_retention_policy(call: Call) -> dict[str, Any]:
    """Keep the group's events for ever."""
    group = named_group(call, call.input["logGroupName"])
    records.set_retention(call.store, group, None)
    schedule_expiry(call, group, None, None)
    return {}


@operation("DescribeLogGroups", on=resources.all_groups)
def describe_log_groups(call: Call) -> dict[str, Any]:
    """List groups by name, narrowed by prefix, part, class or the names themselves."""
    for member in ("includeLinkedAccounts", "accountIdentifiers"):
        if call.input.get(member):
            raise NotBuilt(f"logs:DescribeLogGroups {member}")
    identifiers = call.input.get("logGroupIdentifiers")
    prefix, part = call.input.get("logGroupNamePrefix"), call.input.get("logGroupNamePattern")
    if prefix and part:
        raise errors.InvalidParameter(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
        )
    if identifiers:
        if prefix or part or call.input.get("logGroupClass") or call.input.get("limit"):
            raise errors.InvalidParameter("LogGroup identifiers cannot be combined with other filters.")
        return {"logGroups": _identified(call, identifiers)}
    limit = call.input.get("limit", _PAGE)
    found = records.groups(
        call.store,
        call.account,
        call.region,
        after=page_key(call),
        limit=limit + 1,
        prefix=prefix or "",
        part=part or "",
        classes=_classes(call.input.get("logGroupClass")),
    )
    described = _described(call, found[:limit])
    for each in described if part else ():  # a search by part is answered from an index that knows less
        del each["storedBytes"], each["deletionProtectionEnabled"]
    answer: dict[str, Any] = {"logGroups": described}
    if len(found) > limit:
        answer["nextToken"] = paging.encode(found[limit - 1].name)
    return answer


@operation("ListLogGroups", on=resources.all_groups, refuses=("dataSources", "fieldIndexNames", "logGroupTags"))
def list_log_groups(call: Call) -> dict[str, Any]:
    """List groups in short, narrowed by class or by a pattern: parts, or beginnings after a ^, between bars."""
    for member in ("includeLinkedAccounts", "accountIdentifiers"):
        if call.input.get(member):
            raise NotBuilt(f"logs:ListLogGroups {member}")
    limit = call.input.get("limit", _PAGE)
    found: list[Group] = []
    after = page_key(call)
    while len(found) <= limit:
        some = records.groups(
            call.store,
            call.account,
            call.region,
            after=after,
            limit=_LISTED_AT_ONCE,
            prefix="",
            part="",
            classes=_classes(call.input.get("logGroupClass")),
        )
        found += [group for group in some if rules.name_fits(group.name, call.input.get("logGroupNamePattern"))]
        if len(some) < _LISTED_AT_ONCE:
            break
        after = some[-1].name
    shown = [
        {
            "logGroupName": group.name,
            "logGroupArn": resources.group_arn(call.scope, group.name),
            "logGroupClass": group.log_class,
        }
        for group in found[:limit]
    ]
    more = {"nextToken": paging.encode(found[limit - 1].name)} if len(found) > limit else {}
    return {"logGroups": shown, **more}


def _classes(wanted: str | None) -> tuple[str, ...]:
    """AWS answers either of the two cheaper classes with both."""
    if wanted in ("INFREQUENT_ACCESS", "ESSENTIALS"):
        return ("INFREQUENT_ACCESS", "ESSENTIALS")
    return () if wanted is None else (wanted,)


def _identified(call: Call, identifiers: list[str]) -> list[dict[str, Any]]:
    named = [resources.group_of(text, call.scope) for text in identifiers]
    names = {name for scope, name in named if scope == call.scope}
    found = [records.find_group(call.store, call.account, call.region, name) for name in sorted(names)]
    return _described(call, [group for group in found if group is not None])


def _described(call: Call, groups: list[Group]) -> list[dict[str, Any]]:
    """Groups as AWS shows them; what stands in other tables is looked up for all of them at once."""
    ids = [group.id for group in groups]
    counts, keyed = filters.metric_filter_counts(call.store, ids), records.keys_of(call.store, ids)
    policies, inherited = (
        protections.group_policies(call.store, ids),
        protections.account_policies(call.store, call.scope),
    )
    described = []
    for group in groups:
        bare = resources.group_arn(call.scope, group.name)
        shown: dict[str, Any] = {
            "logGroupName": group.name,
            "creationTime": group.created,
            "metricFilterCount": counts.get(group.id, 0),
            "arn": f"{bare}:*",
            "storedBytes": group.stored_bytes,
            "logGroupClass": group.log_class,
            "logGroupArn": bare,
            "deletionProtectionEnabled": bool(group.protected),
        }
        if group.retention is not None:
            shown["retentionInDays"] = group.retention
        if group.id in keyed:
            shown["kmsKeyId"] = keyed[group.id]
        if group.id in policies:
            shown["dataProtectionStatus"] = "DELETED" if policies[group.id].document is None else "ACTIVATED"
        if inherited:
            shown["inheritedProperties"] = ["ACCOUNT_DATA_PROTECTION"]
        described.append(shown)
    return described
