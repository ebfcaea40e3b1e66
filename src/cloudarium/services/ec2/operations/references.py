"""Which security groups there are for a VPC, and which groups speak of which."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.services.ec2 import lookup
from cloudarium.services.ec2.kinds import GROUP, PEERING, RULE, VPC
from cloudarium.services.ec2.operations.trying import Data, operation
from cloudarium.services.ec2.resources import touching
from cloudarium.services.ec2.rules.filters import member
from cloudarium.vpc import records

READERS = {
    "group-id": member("GroupId"),
    "description": member("Description"),
    "group-name": member("GroupName"),
    "owner-id": member("OwnerId"),
    "primary-vpc-id": member("PrimaryVpcId"),
}


@operation("GetSecurityGroupsForVpc", on=touching((VPC, "VpcId")))
def get_security_groups_for_vpc(call: Call) -> Data:
    """The security groups that interfaces in a VPC may be in."""
    vpc = lookup.named(call, VPC)["VpcId"]
    every = [
        {
            **{name: one[name] for name in ("Description", "GroupName", "OwnerId", "GroupId")},
            "Tags": one.get("Tags", []),
            "PrimaryVpcId": vpc,
        }
        for one in lookup.every(call, GROUP)
        if one["VpcId"] == vpc
    ]
    found = lookup.described(call, GROUP, READERS, every)
    return {"SecurityGroupForVpcs": found.pop(GROUP.listed), **found}


def _references(call: Call) -> list[tuple[str, Data]]:
    """The rules of this region that speak of a group of another VPC, each with its group's VPC."""
    groups = {one["GroupId"]: one for one in records.every(call.store, call.scope, GROUP.record)}
    found = []
    for rule in records.every(call.store, call.scope, RULE.record):
        if "PeeringStatus" in rule.get("ReferencedGroupInfo", {}):
            found.append((str(groups[rule["GroupId"]]["VpcId"]), rule))
    return found


@operation("DescribeSecurityGroupReferences", on=touching((GROUP, "GroupId")))
def describe_security_group_references(call: Call) -> Data:
    """The VPCs at the other side of a peering connection whose groups speak of these groups."""
    wanted = call.input["GroupId"]
    for id in wanted:
        lookup.find(call, GROUP, id)
    found: dict[tuple[str, str], Data] = {}
    for vpc, rule in _references(call):
        info = rule["ReferencedGroupInfo"]
        if info["GroupId"] in wanted:
            one = {
                "GroupId": info["GroupId"],
                "ReferencingVpcId": vpc,
                "VpcPeeringConnectionId": info["VpcPeeringConnectionId"],
            }
            found[info["GroupId"], vpc] = one
    return {"SecurityGroupReferenceSet": list(found.values())}


@operation("DescribeStaleSecurityGroups", on=lambda call: "*")
def describe_stale_security_groups(call: Call) -> Data:
    """The groups of a VPC with rules about groups that peering leads to no more."""
    vpc = lookup.named(call, VPC)["VpcId"]
    alive = {
        one["VpcPeeringConnectionId"]
        for one in records.every(call.store, call.scope, PEERING.record)
        if one["Status"]["Code"] == "active"
    }
    stale: dict[str, Data] = {}
    for own, rule in _references(call):
        info = rule["ReferencedGroupInfo"]
        gone = records.find(call.store, call.scope, GROUP.record, info["GroupId"]) is None
        if own != vpc or (info["VpcPeeringConnectionId"] in alive and not gone):
            continue
        group = lookup.find(call, GROUP, rule["GroupId"])
        shown = stale.setdefault(
            group["GroupId"],
            {
                **{name: group[name] for name in ("GroupId", "GroupName", "Description", "VpcId")},
                "StaleIpPermissions": [],
                "StaleIpPermissionsEgress": [],
            },
        )
        member = "StaleIpPermissionsEgress" if rule["IsEgress"] else "StaleIpPermissions"
        shown[member].append(_stale(rule))
    return lookup.page(call, "StaleSecurityGroupSet", list(stale.values()), "GroupId")


def _stale(rule: Data) -> Data:
    info = rule["ReferencedGroupInfo"]
    ports = {name: rule[name] for name in ("FromPort", "ToPort") if rule["IpProtocol"] != "-1"}
    return {
        **ports,
        "IpProtocol": rule["IpProtocol"],
        "IpRanges": [],
        "PrefixListIds": [],
        "UserIdGroupPairs": [{name: info[name] for name in info}],
    }
