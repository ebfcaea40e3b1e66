"""Caches in VPCs: ElastiCache asks EC2 for subnets and groups, and makes network interfaces, in the account's name.

On AWS a service-linked role of ElastiCache's own does so; whoever makes a cache needs no permission of EC2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from cloudarium.gateway.call import Call
from cloudarium.policy.principal import Principal
from cloudarium.services.elasticache import errors
from cloudarium.shared.errors import AwsError

Data = dict[str, Any]
MOST_GROUPS = 5


class Place(NamedTuple):
    """Where in a VPC the nodes of a cache are: its subnets, in which they take turns, and security groups."""

    vpc: str
    subnets: tuple[tuple[str, str], ...]  # subnet, availability zone
    groups: tuple[str, ...]

    def subnet(self, number: int, zone: str = "") -> tuple[str, str]:
        """The subnet of the node with this number: in the zone that is asked for. Raises Invalid."""
        those = [one for one in self.subnets if not zone or one[1] == zone]
        if not those:
            raise errors.Invalid(f"{zone} is not a valid availability zone.")
        return those[number % len(those)]


async def ask(call: Call, operation: str, given: Mapping[str, Any], service: str = "ec2") -> Data:
    """Send a call to EC2, or to another service, as ElastiCache itself."""
    return await call.send(service, operation, given, as_=Principal.root(call.account))


async def subnets(call: Call, ids: Sequence[str]) -> list[Data]:
    """The subnets with these ids, all of one VPC. Raises InvalidSubnet."""
    try:
        found = (await ask(call, "DescribeSubnets", {"SubnetIds": list(ids)}))["Subnets"]
    except AwsError as error:
        raise errors.InvalidSubnet(f"Some input subnets in :{list(ids)} are invalid.") from error
    if len({one["VpcId"] for one in found}) > 1:
        raise errors.InvalidSubnet("All subnets must belong to the same VPC.")
    order = {id: number for number, id in enumerate(ids)}
    return sorted(found, key=lambda one: order[one["SubnetId"]])


async def default_subnets(call: Call) -> list[Data]:
    """The subnets of the default VPC. Raises InvalidNetwork where there is none."""
    wanted = {"Filters": [{"Name": "default-for-az", "Values": ["true"]}]}
    found: list[Data] = (await ask(call, "DescribeSubnets", wanted))["Subnets"]
    if not found:
        raise errors.InvalidNetwork("There is no default VPC with subnets; name a CacheSubnetGroup.")
    return sorted(found, key=lambda one: str(one["AvailabilityZone"]))


async def groups(call: Call, ids: Sequence[str], vpc: str) -> tuple[str, ...]:
    """The security groups of a cache in a VPC; its default one when none is named. Raises Invalid."""
    if len(ids) > MOST_GROUPS:
        raise errors.Invalid(f"A cache can have {MOST_GROUPS} security groups at most.")
    if not ids:
        wanted = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
        found = (await ask(call, "DescribeSecurityGroups", {"Filters": wanted}))["SecurityGroups"]
        return tuple(one["GroupId"] for one in found)
    try:
        found = (await ask(call, "DescribeSecurityGroups", {"GroupIds": list(ids)}))["SecurityGroups"]
    except AwsError as error:
        raise errors.Invalid(f"Some security groups are invalid: {error.message}") from error
    if any(one["VpcId"] != vpc for one in found):
        raise errors.Invalid(f"Some security groups are not of {vpc}, the VPC of the cache's subnets.")
    return tuple(dict.fromkeys(ids))


async def interface(call: Call, subnet: str, members: Iterable[str], name: str) -> Data:
    """Make the network interface of a node. Raises InvalidNetwork."""
    given = {"SubnetId": subnet, "Groups": list(members), "Description": f"ElastiCache {name}"}
    try:
        made: Data = (await ask(call, "CreateNetworkInterface", given))["NetworkInterface"]
    except AwsError as error:
        raise errors.InvalidNetwork(f"No network interface could be made: {error.message}") from error
    return made


async def regroup(call: Call, ids: Iterable[str], members: Sequence[str]) -> None:
    """Put network interfaces into other security groups."""
    for id in ids:
        await ask(call, "ModifyNetworkInterfaceAttribute", {"NetworkInterfaceId": id, "Groups": list(members)})


async def release(call: Call, ids: Iterable[str]) -> None:
    """Delete network interfaces; one that is gone already is no error."""
    for id in ids:
        try:
            await ask(call, "DeleteNetworkInterface", {"NetworkInterfaceId": id})
        except AwsError as error:
            if "NotFound" not in error.code:
                raise
