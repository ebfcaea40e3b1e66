"""Prefix lists: blocks of addresses under one id, the account's own and those of AWS's services."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.services.ec2 import errors, lookup
from cloudarium.services.ec2.kinds import PREFIX_LIST, ROUTE_TABLE, RULE
from cloudarium.services.ec2.operations.trying import Data, operation
from cloudarium.services.ec2.resources import touching
from cloudarium.services.ec2.rules.filters import member
from cloudarium.shared import paging
from cloudarium.vpc import records

# The services with gateway endpoints, and the address that stands for each here: nobody's on the internet (RFC 5737).
BY_GATEWAY = {"s3": "192.0.2.1/32", "dynamodb": "192.0.2.2/32"}
MOST_ENTRIES = 1000
MOST_CHANGES = 100  # in one call
READERS = {
    "owner-id": member("OwnerId"),
    "prefix-list-id": member("PrefixListId"),
    "prefix-list-name": member("PrefixListName"),
}


def of_service(call: Call, service_name: str) -> Data:
    """AWS's list of a service's addresses in this region."""
    for one in records.every(call.store, call.scope, PREFIX_LIST.record):
        if one["PrefixListName"] == service_name and one["OwnerId"] == "AWS":
            return one
    id = lookup.new_id(PREFIX_LIST)
    data = {
        "PrefixListId": id,
        "PrefixListArn": f"arn:aws:ec2:{call.region}:aws:prefix-list/{id}",
        "PrefixListName": service_name,
        "AddressFamily": "IPv4",
        "State": "create-complete",
        "OwnerId": "AWS",
        "_Entries": [{"Cidr": BY_GATEWAY[service_name.rpartition(".")[2]]}],
    }
    lookup.keep(call, PREFIX_LIST, data)
    return data


def _of_services(call: Call) -> list[Data]:
    return [of_service(call, f"com.amazonaws.{call.region}.{service}") for service in BY_GATEWAY]


@operation("DescribePrefixLists")
def describe_prefix_lists(call: Call) -> Data:
    """AWS's lists of the addresses of services that have gateway endpoints."""
    every = [
        {
            "PrefixListId": one["PrefixListId"],
            "PrefixListName": one["PrefixListName"],
            "Cidrs": [entry["Cidr"] for entry in one["_Entries"]],
        }
        for one in sorted(_of_services(call), key=lambda one: str(one["PrefixListId"]))
    ]
    return lookup.described(call, PREFIX_LIST, READERS, every)


@operation("DescribeManagedPrefixLists")
def describe_managed_prefix_lists(call: Call) -> Data:
    """The account's own lists and AWS's."""
    _of_services(call)
    return lookup.described(call, PREFIX_LIST, READERS)


@operation("CreateManagedPrefixList", on=touching(makes=PREFIX_LIST))
def create_managed_prefix_list(call: Call) -> Data:
    """Make a list with its first entries."""
    token = call.input.get("ClientToken")
    for one in records.every(call.store, call.scope, PREFIX_LIST.record) if token else ():
        if one.get("_Token") == token:
            return {"PrefixList": lookup.shown(call, PREFIX_LIST, one)}
    family, most = call.input["AddressFamily"], call.input["MaxEntries"]
    if family not in ("IPv4", "IPv6"):
        raise errors.Invalid.value(family, "AddressFamily", "Valid values are: IPv4, IPv6.")
    _check_name(call.input["PrefixListName"])
    _check_most(most)
    entries = _added([], call.input.get("Entries") or [], family)
    _check_room(entries, most)
    id = lookup.new_id(PREFIX_LIST)
    data = {
        "PrefixListId": id,
        "PrefixListArn": lookup.arn_of(call.scope, PREFIX_LIST, id),
        "PrefixListName": call.input["PrefixListName"],
        "AddressFamily": family,
        "State": "create-complete",
        "MaxEntries": most,
        "Version": 1,
        "OwnerId": call.account,
        "_Entries": entries,
        "_Versions": {"1": entries},
        **({"_Token": token} if token else {}),
    }
    shown = lookup.made(call, PREFIX_LIST, data)
    return {"PrefixList": {**shown, "State": "create-in-progress"}}


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= 255 or name.startswith("com.amazonaws"):
        raise errors.Invalid.value(
            name, "PrefixListName", "It must have up to 255 characters and not start with com.amazonaws."
        )


def _check_most(most: int) -> None:
    if not 1 <= most <= MOST_ENTRIES:
        raise errors.Invalid.value(most, "MaxEntries", f"Must be between 1 and {MOST_ENTRIES}.")


def _check_room(entries: list[Data], most: int) -> None:
    if len(entries) > most:
        message = f"You've reached the maximum number of entries for the prefix list: {most}."
        raise errors.LimitExceeded("PrefixListMaxEntriesExceeded", message)


def _added(there: list[Data], new: Iterable[Mapping[str, Any]], family: str) -> list[Data]:
    """Entries with further ones; one that is there already only gets its new description."""
    found = {one["Cidr"]: one for one in there}
    for each in new:
        cidr = _cidr(each.get("Cidr") or "", family)
        note = each.get("Description")
        found[cidr] = {"Cidr": cidr, **({"Description": note} if note else {})}
    return list(found.values())


def _cidr(text: str, family: str) -> str:
    kind = IPv4Network if family == "IPv4" else IPv6Network
    try:
        if "/" not in text:
            raise ValueError(text)
        return str(kind(text, strict=False))
    except ValueError as error:
        raise errors.Invalid.value(text, "Cidr", f"The CIDR is not a valid {family} block.") from error


def _own(call: Call) -> Data:
    """The account's list that a call names, which AWS's lists are not."""
    data = lookup.named(call, PREFIX_LIST)
    if data["OwnerId"] != call.account:
        message = f"You do not have permission to modify the prefix list {data['PrefixListId']}."
        raise errors.Conflict(message, code="OperationNotPermitted")
    return data


@operation(
    "ModifyManagedPrefixList",
    on=touching((PREFIX_LIST, "PrefixListId")),
    refuses=("IpamPrefixListResolverSyncEnabled",),
)
def modify_managed_prefix_list(call: Call) -> Data:
    """Change a list: its entries, which makes a new version of it, or else its name or size."""
    data, given = _own(call), call.input
    add, remove = given.get("AddEntries") or [], given.get("RemoveEntries") or []
    if (add or remove) and given.get("MaxEntries") is not None:
        raise errors.Combination("You cannot modify the entries and the maximum number of entries in one request.")
    if len(add) > MOST_CHANGES or len(remove) > MOST_CHANGES:
        raise errors.LimitExceeded("RequestLimitExceeded", f"At most {MOST_CHANGES} entries can be changed at once.")
    if given.get("CurrentVersion") is not None and given["CurrentVersion"] != data["Version"]:
        message = "The prefix list has the incorrect version number."
        raise errors.Conflict(message, code="PrefixListVersionMismatch")
    if add or remove:
        _change_entries(data, add, remove)
    if given.get("PrefixListName") is not None:
        _check_name(given["PrefixListName"])
        data["PrefixListName"] = given["PrefixListName"]
    if given.get("MaxEntries") is not None:
        _check_most(given["MaxEntries"])
        _check_room(data["_Entries"], given["MaxEntries"])
        data["MaxEntries"] = given["MaxEntries"]
    data["State"] = "modify-complete"
    lookup.keep(call, PREFIX_LIST, data)
    return {"PrefixList": {**lookup.shown(call, PREFIX_LIST, data), "State": "modify-in-progress"}}


def _change_entries(data: Data, add: list[Any], remove: list[Any]) -> None:
    gone = {_cidr(each.get("Cidr") or "", data["AddressFamily"]) for each in remove}
    missing = gone - {one["Cidr"] for one in data["_Entries"]}
    if missing:
        message = f"The CIDR {min(missing)} does not exist in the prefix list."
        raise errors.Conflict(message, code="InvalidPrefixListModification")
    kept = [one for one in data["_Entries"] if one["Cidr"] not in gone]
    data["_Entries"] = _added(kept, add, data["AddressFamily"])
    _check_room(data["_Entries"], data["MaxEntries"])
    data["Version"] += 1
    data["_Versions"][str(data["Version"])] = data["_Entries"]


@operation("RestoreManagedPrefixListVersion", on=touching((PREFIX_LIST, "PrefixListId")))
def restore_managed_prefix_list_version(call: Call) -> Data:
    """Have the entries of an earlier version again, as a new version."""
    data = _own(call)
    if call.input["CurrentVersion"] != data["Version"]:
        message = "The prefix list has the incorrect version number."
        raise errors.Conflict(message, code="PrefixListVersionMismatch")
    old = data["_Versions"].get(str(call.input["PreviousVersion"]))
    if old is None:
        message = f"The version {call.input['PreviousVersion']} of the prefix list does not exist."
        raise errors.Conflict(message, code="PrefixListVersionNotFound")
    data.update(_Entries=old, Version=data["Version"] + 1, State="restore-complete")
    data["_Versions"][str(data["Version"])] = old
    lookup.keep(call, PREFIX_LIST, data)
    return {"PrefixList": {**lookup.shown(call, PREFIX_LIST, data), "State": "restore-in-progress"}}


@operation("GetManagedPrefixListEntries", on=touching((PREFIX_LIST, "PrefixListId")))
def get_managed_prefix_list_entries(call: Call) -> Data:
    """The entries of a list, of its present version unless another is named."""
    data, version = lookup.named(call, PREFIX_LIST), call.input.get("TargetVersion")
    entries = data["_Entries"]
    if version is not None:
        if str(version) not in data.get("_Versions", {}):
            message = f"The version {version} of the prefix list does not exist."
            raise errors.Conflict(message, code="PrefixListVersionNotFound")
        entries = data["_Versions"][str(version)]
    return _paged(call, "Entries", entries, "Cidr")


@operation("GetManagedPrefixListAssociations", on=touching((PREFIX_LIST, "PrefixListId")))
def get_managed_prefix_list_associations(call: Call) -> Data:
    """The security groups and route tables that name a list."""
    id = lookup.named(call, PREFIX_LIST)["PrefixListId"]
    found = sorted(_users(call, id))
    every = [{"ResourceId": user, "ResourceOwner": call.account} for user in found]
    return _paged(call, "PrefixListAssociations", every, "ResourceId")


def _users(call: Call, id: str) -> set[str]:
    rules = records.every(call.store, call.scope, RULE.record)
    tables = records.every(call.store, call.scope, ROUTE_TABLE.record)
    groups = {str(one["GroupId"]) for one in rules if one.get("PrefixListId") == id}
    return groups | {
        str(one["RouteTableId"])
        for one in tables
        if any(route.get("DestinationPrefixListId") == id for route in one["Routes"])
    }


def _paged(call: Call, name: str, every: list[Data], key: str) -> Data:
    most, after = lookup.size(call, 1, 255) or 100, call.input.get("NextToken")
    start = 0
    if after:
        try:
            last = paging.decode(after)
            start = next(place for place, one in enumerate(every, 1) if one[key] == last)
        except (ValueError, StopIteration) as error:
            raise errors.Invalid("Unable to parse pagination token", code="InvalidPaginationToken") from error
    page = every[start : start + most]
    more = {"NextToken": paging.encode(page[-1][key])} if start + len(page) < len(every) else {}
    return {name: page, **more}


@operation("DeleteManagedPrefixList", on=touching((PREFIX_LIST, "PrefixListId")))
def delete_managed_prefix_list(call: Call) -> Data:
    """Delete a list that no rule and no route names; of one in use its state says later that it could not be done."""
    data = _own(call)
    id = data["PrefixListId"]
    shown = lookup.shown(call, PREFIX_LIST, data)
    if _users(call, id):
        text = f"The prefix list {id} is in use and cannot be deleted."
        lookup.keep(call, PREFIX_LIST, {**data, "State": "delete-failed", "StateMessage": text})
    else:
        lookup.forget(call, PREFIX_LIST, id)
    return {"PrefixList": {**shown, "State": "delete-in-progress"}}
