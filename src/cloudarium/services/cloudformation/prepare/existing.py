"""Parameters of AWS's own types: what they name must be there, as far as the caller may see it.

Source: "AWS-specific parameter types" of the CloudFormation User Guide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from cloudarium.gateway.call import Call
from cloudarium.services.cloudformation.errors import ValidationError
from cloudarium.services.cloudformation.prepare.sources import VIA
from cloudarium.services.cloudformation.template import parameters
from cloudarium.shared.errors import AwsError

_LIST = re.compile(r"List<(.+)>\Z")


class _Kind(NamedTuple):
    """Which call lists the things of a type, and where in its answer they and their names are."""

    operation: str
    listed: str
    member: str


# The types of things that this cloud has.
_KINDS = {
    "AWS::EC2::AvailabilityZone::Name": _Kind("DescribeAvailabilityZones", "AvailabilityZones", "ZoneName"),
    "AWS::EC2::SecurityGroup::GroupName": _Kind("DescribeSecurityGroups", "SecurityGroups", "GroupName"),
    "AWS::EC2::SecurityGroup::Id": _Kind("DescribeSecurityGroups", "SecurityGroups", "GroupId"),
    "AWS::EC2::Subnet::Id": _Kind("DescribeSubnets", "Subnets", "SubnetId"),
    "AWS::EC2::VPC::Id": _Kind("DescribeVpcs", "Vpcs", "VpcId"),
}


async def check(call: Call, section: Mapping[str, Any], raw: Mapping[str, str], looked_up: Mapping[str, str]) -> None:
    """Raise ValidationError for a parameter that names a network, group or zone that is not there."""
    there: dict[_Kind, set[str]] = {}
    for name, value in {**raw, **looked_up}.items():
        type = parameters.ssm_type(section[name]) or section[name]["Type"]
        match = _LIST.match(type)
        kind = _KINDS.get(match.group(1) if match else type)
        if kind is None:
            continue
        if kind not in there:
            there[kind] = await _names(call, kind)
        for each in value.split(",") if match else [value]:
            if each.strip() not in there[kind]:
                message = f"parameter value {each.strip()} for parameter name {name} does not exist"
                raise ValidationError(f"Parameter validation failed: {message}")


async def _names(call: Call, kind: _Kind) -> set[str]:
    try:
        answer = await call.send("ec2", kind.operation, {}, context=VIA)
    except AwsError as error:
        raise ValidationError(f"Parameter validation failed: {error.message}") from error
    return {str(one[kind.member]) for one in answer[kind.listed]}
