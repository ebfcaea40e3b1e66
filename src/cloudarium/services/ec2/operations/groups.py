"""Security groups."""

from __future__ import annotations

import re

from cloudarium.gateway.call import Call
from cloudarium.services.ec2 import errors, lookup, making
from cloudarium.services.ec2.kinds import GROUP, INTERFACE, RULE, VPC
from cloudarium.services.ec2.operations.trying import Data, operation
from cloudarium.services.ec2.resources import rules_of, touching
from cloudarium.services.ec2.rules import permissions
from cloudarium.services.ec2.rules.filters import Reader, member
from cloudarium.vpc import records

MOST = 2500
_NAME = re.compile(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}")


def _of_rules(egress: bool) -> dict[str, Reader]:
    """The filters about a group's rules in one direction."""
    start, permission = (
        ("egress.ip-permission", "IpPermissionsEgress") if egress else ("ip-permission", "IpPermissions")
    )
    return {
        f"{start}.cidr": member(permission, "IpRanges", "CidrIp"),
        f"{start}.from-port": member(permission, "FromPort"),
        f"{start}.to-port": member(permission, "ToPort"),
        f"{start}.protocol": member(permission, "IpProtocol"),
        f"{start}.group-id": member(permission, "UserIdGroupPairs", "GroupId"),
        f"{start}.group-name": member(permission, "UserIdGroupPairs", "GroupName"),
        f"{start}.user-id": member(permission, "UserIdGroupPairs", "UserId"),
        f"{start}.ipv6-cidr": member(permission, "Ipv6Ranges", "CidrIpv6"),
        f"{start}.prefix-list-id": member(permission, "PrefixListIds", "PrefixListId"),
    }


READERS = {
    "group-id": member("GroupId"),
    "group-name": member("GroupName"),
    "description": member("Description"),
    "owner-id": member("OwnerId"),
    "vpc-id": member("VpcId"),
    **_of_rules(False),
    **_of_rules(True),
}


@operation("CreateSecurityGroup", on=touching((VPC, "VpcId"), makes=GROUP))
def create_security_group(call: Call) -> Data:
    """Make a security group, in the default VPC unless another is named: nothing comes in, everything goes out."""
    name, description = call.input.get("GroupName"), call.input.get("Description")
    if not description:
        raise errors.Missing("GroupDescription")
    if not name:
        raise errors.Missing("GroupName")
    _check_text(name, "GroupName")
    _check_text(description, "GroupDescription")
    vpc = _vpc(call)
    if name == "default":
        raise errors.Conflict("Cannot use reserved security group name: default", code="InvalidParameterValue")
    if name.startswith("sg-"):
        raise errors.Invalid.value(name, "GroupName", "Group names may not be in the format sg-*.")
    groups = records.within(call.store, call.scope, vpc, GROUP.record)
    if any(one["GroupName"] == name for one in groups):
        message = f"The security group '{name}' already exists for VPC '{vpc}'"
        raise errors.Conflict(message, code="InvalidGroup.Duplicate")
    tags = lookup.tags_for(call, GROUP)
    if len(records.every(call.store, call.scope, GROUP.record)) >= MOST:
        raise errors.LimitExceeded(
            "SecurityGroupLimitExceeded", "The maximum number of security groups has been reached."
        )
    data = making.group(call, name, description, vpc)
    lookup.tag(call, GROUP, data["GroupId"], tags)
    shown = {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]} if tags else {}
    return {"GroupId": data["GroupId"], "SecurityGroupArn": data["SecurityGroupArn"], **shown}


def _check_text(text: str, name: str) -> None:
    if not _NAME.fullmatch(text):
        raise errors.Invalid.value(
            text, name, "Character sets beyond ASCII are not supported." if not text.isascii() else
            "Only a-z, A-Z, 0-9, spaces, and ._-:/()#,@[]+=&;{}!$* are allowed.",
        )  # fmt: skip


def _vpc(call: Call) -> str:
    if call.input.get("VpcId"):
        return str(lookup.named(call, VPC)["VpcId"])
    return default_vpc(call)


def default_vpc(call: Call) -> str:
    """The id of the default VPC. Raises VPCIdNotSpecified when there is none."""
    for one in records.every(call.store, call.scope, VPC.record):
        if one["IsDefault"]:
            return str(one["VpcId"])
    raise errors.Conflict("No default VPC for this user", code="VPCIdNotSpecified")


def shown(call: Call, data: Data) -> Data:
    """A group with its rules as EC2 lists them in it."""
    rules = records.within(call.store, call.scope, data["GroupId"], RULE.record)
    rules.sort(key=lambda rule: int(rule["_Number"]))
    return {
        **data,
        "IpPermissions": permissions.joined(rule for rule in rules if not rule["IsEgress"]),
        "IpPermissionsEgress": permissions.joined(rule for rule in rules if rule["IsEgress"]),
    }


@operation("DescribeSecurityGroups")
def describe_security_groups(call: Call) -> Data:
    """The account's security groups in this region; by name only those of the default VPC are picked."""
    every = [shown(call, data) for data in lookup.every(call, GROUP)]
    names = call.input.get("GroupNames") or []
    if names:
        vpc = default_vpc(call)
        own = {data["GroupName"]: data for data in every if data["VpcId"] == vpc}
        for name in names:
            if name not in own:
                message = f"The security group '{name}' does not exist in default VPC '{vpc}'"
                raise errors.Conflict(message, code="InvalidGroup.NotFound")
        every = [own[name] for name in dict.fromkeys(names)]
    return lookup.described(call, GROUP, READERS, every)


@operation("DeleteSecurityGroup", on=rules_of)
def delete_security_group(call: Call) -> Data:
    """Delete a security group that nothing is in and no other group's rule speaks of."""
    data = the_group(call)
    id = data["GroupId"]
    if data["GroupName"] == "default":
        message = f'the specified group: "{id}" name: "default" cannot be deleted by a user'
        raise errors.Conflict(message, code="CannotDelete")
    used = any(
        group["GroupId"] == id
        for one in records.within(call.store, call.scope, data["VpcId"], INTERFACE.record)
        for group in one["Groups"]
    )
    named = any(
        rule.get("ReferencedGroupInfo", {}).get("GroupId") == id and rule["GroupId"] != id
        for rule in records.every(call.store, call.scope, RULE.record)
    )
    if used or named:
        raise errors.InUse(f"resource {id} has a dependent object")
    for rule in records.within(call.store, call.scope, id, RULE.record):
        lookup.forget(call, RULE, rule["SecurityGroupRuleId"])
    lookup.forget(call, GROUP, id)
    return {"Return": True, "GroupId": id}


def the_group(call: Call) -> Data:
    """The group that a call names: by its id, or by its name in the default VPC."""
    if call.input.get("GroupId"):
        return lookup.named(call, GROUP)
    name = call.input.get("GroupName")
    if not name:
        raise errors.Missing("GroupId")
    vpc = default_vpc(call)
    for one in records.within(call.store, call.scope, vpc, GROUP.record):
        if one["GroupName"] == name:
            return one
    message = f"The security group '{name}' does not exist in default VPC '{vpc}'"
    raise errors.Conflict(message, code="InvalidGroup.NotFound")
