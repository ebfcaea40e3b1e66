"""Regions, availability zones, and what the account may have."""

from __future__ import annotations

import botocore.session

from cloudarium.gateway.call import Call
from cloudarium.services.ec2 import errors
from cloudarium.services.ec2.interfaces import MOST_GROUPS
from cloudarium.services.ec2.operations.addresses import MOST as MOST_ADDRESSES
from cloudarium.services.ec2.operations.groups import default_vpc
from cloudarium.services.ec2.operations.trying import Data, operation
from cloudarium.services.ec2.rules import filters
from cloudarium.services.ec2.rules.filters import member
from cloudarium.shared.zones import zones

# Regions that every account has without asking for them.
# Source: "AWS Regions" of the AWS Account Management Reference Guide
_ALWAYS = frozenset(
    (
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "ca-central-1",
        "eu-central-1",
        "eu-north-1",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-west-1",
        "us-west-2",
    )
)
_ATTRIBUTES = (
    "vpc-max-security-groups-per-interface", "max-instances", "supported-platforms", "default-vpc", "max-elastic-ips",
    "vpc-max-elastic-ips",
)  # fmt: skip


@operation("DescribeRegions")
def describe_regions(call: Call) -> Data:
    """The regions of AWS; those that an account would have to ask for only with `AllRegions`."""
    readers = {
        "region-name": member("RegionName"),
        "endpoint": member("Endpoint"),
        "opt-in-status": member("OptInStatus"),
    }
    asked, names = call.input.get("Filters") or [], call.input.get("RegionNames") or []
    filters.check(asked, readers)
    every = [_region(name) for name in sorted(botocore.session.get_session().get_available_regions("ec2"))]
    known = {one["RegionName"] for one in every}
    wrong = [name for name in names if name not in known]
    if wrong:
        raise errors.Invalid(f"Invalid region names: [{', '.join(wrong)}]")
    wanted = [
        one
        for one in every
        if (one["RegionName"] in names if names else call.input.get("AllRegions") or one["RegionName"] in _ALWAYS)
    ]
    return {"Regions": [one for one in wanted if filters.matches(one, asked, readers, "")]}


def _region(name: str) -> Data:
    status = "opt-in-not-required" if name in _ALWAYS else "not-opted-in"
    return {"RegionName": name, "Endpoint": f"ec2.{name}.amazonaws.com", "OptInStatus": status}


@operation(
    "DescribeAvailabilityZones",
    ignores={"AllAvailabilityZones": "a region of this cloud has no zones that one has to ask for"},
)
def describe_availability_zones(call: Call) -> Data:
    """The zones of this region."""
    readers = {
        "zone-name": member("ZoneName"),
        "zone-id": member("ZoneId"),
        "zone-type": member("ZoneType"),
        "group-long-name": member("GroupLongName"),
        "group-name": member("GroupName"),
        "message": member("Messages", "Message"),
        "parent-zone-id": member("ParentZoneId"),
        "parent-zone-name": member("ParentZoneName"),
        "region-name": member("RegionName"),
        "state": member("State"),
        "opt-in-status": member("OptInStatus"),
    }
    asked = call.input.get("Filters") or []
    filters.check(asked, readers)
    names, ids = call.input.get("ZoneNames") or [], call.input.get("ZoneIds") or []
    known = [name for pair in zones(call.region) for name in pair]
    wrong = [name for name in (*names, *ids) if name not in known]
    if wrong:
        raise errors.Invalid(f"Invalid availability zone: [{', '.join(wrong)}]")
    every = [
        {
            "ZoneName": name,
            "ZoneId": id,
            "RegionName": call.region,
            "GroupName": f"{call.region}-zg-1",
            "NetworkBorderGroup": call.region,
            "OptInStatus": "opt-in-not-required",
            "State": "available",
            "ZoneType": "availability-zone",
            "Messages": [],
        }
        for name, id in zones(call.region)
    ]
    picked = [one for one in every if not (names or ids) or one["ZoneName"] in names or one["ZoneId"] in ids]
    return {"AvailabilityZones": [one for one in picked if filters.matches(one, asked, readers, "")]}


@operation("DescribeAccountAttributes")
def describe_account_attributes(call: Call) -> Data:
    """What the account may have in this region, and its default VPC."""
    try:
        default = default_vpc(call)
    except errors.Conflict:
        default = "none"
    addresses, groups = str(MOST_ADDRESSES), str(MOST_GROUPS)
    values = (groups, "20", "VPC", default, addresses, addresses)
    every = {name: [value] for name, value in zip(_ATTRIBUTES, values, strict=True)}
    names = call.input.get("AttributeNames") or list(every)
    for name in names:
        if name not in every:
            raise errors.Invalid.value(name, "attributeName", "Unknown attribute.")
    return {
        "AccountAttributes": [
            {"AttributeName": name, "AttributeValues": [{"AttributeValue": value} for value in every[name]]}
            for name in names
        ]
    }
