"""Subnet groups: in which subnets of a VPC the nodes of caches may be."""

from __future__ import annotations

from collections.abc import Sequence

from cloudarium.gateway.call import Call
from cloudarium.services.elasticache import errors, lookup, network, records
from cloudarium.services.elasticache.answering import operation
from cloudarium.services.elasticache.network import Place
from cloudarium.services.elasticache.records import CLUSTER, SUBNETS, Data
from cloudarium.services.elasticache.resources import touching
from cloudarium.services.elasticache.rules import names

DEFAULT = "default"
MOST = 150
MOST_SUBNETS = 20


def _data(call: Call, name: str, text: str, found: Sequence[Data]) -> Data:
    if len(found) > MOST_SUBNETS:
        raise errors.QuotaExceeded(
            "CacheSubnetQuotaExceededFault", f"A subnet group has at most {MOST_SUBNETS} subnets."
        )
    subnets = [
        {
            "SubnetIdentifier": one["SubnetId"],
            "SubnetAvailabilityZone": {"Name": one["AvailabilityZone"]},
            "SupportedNetworkTypes": ["ipv4"],
        }
        for one in found
    ]
    return {
        "CacheSubnetGroupName": name,
        "CacheSubnetGroupDescription": text,
        "VpcId": found[0]["VpcId"],
        "Subnets": subnets,
        "ARN": lookup.arn_of(call.scope, SUBNETS, name),
        "SupportedNetworkTypes": ["ipv4"],
    }


@operation("CreateCacheSubnetGroup", on=touching(SUBNETS))
async def create_cache_subnet_group(call: Call) -> Data:
    """Make a subnet group of subnets of one VPC."""
    name = names.group_name(call.input["CacheSubnetGroupName"], "CacheSubnetGroupName")
    if name == DEFAULT:
        raise errors.Invalid("CacheSubnetGroupName 'default' is reserved.")
    lookup.refuse_existing(call, SUBNETS, name)
    if len(records.every(call.store, call.scope, SUBNETS)) >= MOST:
        raise errors.QuotaExceeded("CacheSubnetGroupQuotaExceededFault", f"There may be at most {MOST} subnet groups.")
    tags, ids = lookup.wanted_tags(call), list(dict.fromkeys(call.input["SubnetIds"]))
    if not ids:
        raise errors.InvalidSubnet("A subnet group needs at least one subnet.")
    data = _data(call, name, call.input["CacheSubnetGroupDescription"], await network.subnets(call, ids))
    with call.transaction():
        lookup.refuse_existing(call, SUBNETS, name)
        lookup.keep(call, SUBNETS, name, data)
        lookup.tag(call, SUBNETS, name, tags)
    return {"CacheSubnetGroup": data}


@operation("ModifyCacheSubnetGroup", on=touching(SUBNETS))
async def modify_cache_subnet_group(call: Call) -> Data:
    """Change the description or the subnets of a group; subnets that caches are in stay."""
    data = lookup.find(call, SUBNETS, call.input["CacheSubnetGroupName"])
    name, ids = data["CacheSubnetGroupName"], list(dict.fromkeys(call.input.get("SubnetIds") or []))
    text = call.input.get("CacheSubnetGroupDescription") or data["CacheSubnetGroupDescription"]
    new = {**data, "CacheSubnetGroupDescription": text}
    if ids:
        found = await network.subnets(call, ids)
        if found[0]["VpcId"] != data["VpcId"]:
            raise errors.InvalidSubnet(f"The new subnets are not in the same VPC as the subnet group: {data['VpcId']}.")
        for cluster in _members(call, name):
            if cluster["_Subnet"] not in ids:
                raise errors.SubnetInUse(f"The subnet ID: {cluster['_Subnet']} is in use.")
        new = _data(call, name, text, found)
    with call.transaction():
        lookup.find(call, SUBNETS, name)
        lookup.keep(call, SUBNETS, name, new)
    return {"CacheSubnetGroup": new}


def _members(call: Call, name: str) -> list[Data]:
    found = records.every(call.store, call.scope, CLUSTER)
    return [one for one in found if one["CacheSubnetGroupName"] == name]


@operation("DeleteCacheSubnetGroup", on=touching(SUBNETS))
def delete_cache_subnet_group(call: Call) -> Data:
    """Delete a subnet group that no cache is in."""
    data = lookup.find(call, SUBNETS, call.input["CacheSubnetGroupName"])
    name = data["CacheSubnetGroupName"]
    if name == DEFAULT:
        raise errors.SubnetGroupInUse("The default subnet group cannot be deleted.")
    if _members(call, name):
        raise errors.SubnetGroupInUse(f"Cache subnet group {name} is currently in use by a cache cluster.")
    lookup.forget(call, SUBNETS, name)
    return {}


@operation("DescribeCacheSubnetGroups", on=touching(SUBNETS))
def describe_cache_subnet_groups(call: Call) -> Data:
    """The account's subnet groups, or one of them."""
    found = records.every(call.store, call.scope, SUBNETS)
    if call.input.get("CacheSubnetGroupName"):
        found = [lookup.find(call, SUBNETS, call.input["CacheSubnetGroupName"])]
    return lookup.page(call, "CacheSubnetGroups", found, lambda one: one["CacheSubnetGroupName"])


async def place(call: Call, name: str | None, security_groups: Sequence[str]) -> tuple[str, Place]:
    """The name of a cache's subnet group and where that puts it; without one, into the default VPC. Raises NotFound."""
    if name and name.lower() != DEFAULT:
        data = lookup.find(call, SUBNETS, name)
    else:
        data = await _default(call)
    subnets = tuple((one["SubnetIdentifier"], one["SubnetAvailabilityZone"]["Name"]) for one in data["Subnets"])
    members = await network.groups(call, security_groups, data["VpcId"])
    return data["CacheSubnetGroupName"], Place(data["VpcId"], subnets, members)


async def _default(call: Call) -> Data:
    found = records.find(call.store, call.scope, SUBNETS, DEFAULT)
    if found is None:
        found = _data(call, DEFAULT, "Default CacheSubnetGroup", await network.default_subnets(call))
        with call.transaction():
            lookup.keep(call, SUBNETS, DEFAULT, found)
    return found
