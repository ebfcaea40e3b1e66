"""Functions in a VPC: what they name must be there, and they get network interfaces.

As on AWS, functions with the same subnet and security groups share an interface, which Lambda makes in the name of the
execution role, and lets go of some time after the last of them is gone.
Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.policy.principal import Principal
from cloudarium.services.lambda_ import errors, records, running
from cloudarium.services.lambda_.resources import FunctionName
from cloudarium.shared import ids
from cloudarium.shared.errors import AwsError, NotBuilt

Data = dict[str, Any]
MOST_SUBNETS, MOST_GROUPS = 16, 5
LINGER_SECONDS = 1200.0  # for so long an interface that no function uses any more may stay


async def attach(call: Call, name: FunctionName, config: Mapping[str, Any]) -> Data:
    """The configuration with the VpcConfig that the call asks for, its interfaces made; raises what Lambda answers."""
    asked = call.input.get("VpcConfig")
    if asked is None:
        return {**config}
    if asked.get("Ipv6AllowedForDualStack"):
        raise NotBuilt(f"lambda:{call.operation_name} with VpcConfig.Ipv6AllowedForDualStack")
    subnets, groups = asked.get("SubnetIds") or [], asked.get("SecurityGroupIds") or []
    if bool(subnets) != bool(groups):
        raise errors.InvalidParameter("SubnetIds and SecurityIds must coexist or be both empty list.")
    others = {member: value for member, value in config.items() if member != "VpcConfig"}
    if not subnets:
        return others
    vpc = await _vpc(call, subnets, groups)
    await _interfaces(call, name, config["Role"], subnets, sorted(set(groups)))
    shown = {"SubnetIds": subnets, "SecurityGroupIds": groups, "VpcId": vpc, "Ipv6AllowedForDualStack": False}
    return {**others, "VpcConfig": shown}


async def _vpc(call: Call, subnets: Sequence[str], groups: Sequence[str]) -> str:
    """The VPC of these subnets and groups, looked up in the name of whoever configures the function."""
    for given, most, what in ((subnets, MOST_SUBNETS, "subnets"), (groups, MOST_GROUPS, "security groups")):
        if len(given) > most:
            raise errors.InvalidParameter(f"A function can be connected to {most} {what} at most.")
    found = await _ask(call, "DescribeSubnets", {"SubnetIds": subnets}, call.principal)
    those = await _ask(call, "DescribeSecurityGroups", {"GroupIds": groups}, call.principal)
    vpcs = {one["VpcId"] for one in (*found["Subnets"], *those["SecurityGroups"])}
    if len(vpcs) > 1:
        raise errors.InvalidParameter("All subnets and security groups of a function must be of one VPC.")
    return str(vpcs.pop())


async def _ask(call: Call, operation: str, given: Mapping[str, Any], principal: Principal) -> Data:
    try:
        return await call.send("ec2", operation, given, as_=principal)
    except AwsError as error:
        if error.code in ("UnauthorizedOperation", "AccessDenied"):
            raise errors.InvalidParameter(
                "Your access has been denied by EC2, please make sure your request credentials have permission to "
                f"{operation}. EC2 Error Code: UnauthorizedOperation. EC2 Error Message: {error.message}"
            ) from error
        raise errors.InvalidParameter(
            f"Error occurred while {operation}. EC2 Error Code: {error.code}. EC2 Error Message: {error.message}"
        ) from error


async def _interfaces(call: Call, name: FunctionName, role: str, subnets: Sequence[str], groups: list[str]) -> None:
    """Make the interfaces that are missing, as the execution role."""
    arn = name._replace(qualifier="").arn
    missing = [one for one in subnets if records.interface(call.store, name.scope, one, groups) is None]
    acting = await running.role_session(call.cloud, arn, role, name.scope)
    if acting is None:
        raise errors.InvalidParameter(running.NOT_ASSUMABLE)
    for subnet in missing:
        text = f"AWS Lambda VPC ENI-{name.name}-{ids.uuid()}"
        given = {"SubnetId": subnet, "Groups": groups, "Description": text}
        made = await _as_role(call, "CreateNetworkInterface", given, acting)
        new = made["NetworkInterface"]
        with call.transaction():
            found = records.NetworkInterface(
                name.scope, subnet, groups, new["NetworkInterfaceId"], new["PrivateIpAddress"], new["VpcId"], role
            )
            records.add_interface(call.store, found)
            release_later(call)  # unless a function comes to use it
    await _as_role(call, "DescribeNetworkInterfaces", {}, acting)


async def _as_role(call: Call, operation: str, given: Mapping[str, Any], role: Principal) -> Data:
    try:
        return await call.send("ec2", operation, given, as_=role)
    except AwsError as error:
        if error.code in ("UnauthorizedOperation", "AccessDenied"):
            raise errors.InvalidParameter(
                f"The provided execution role does not have permissions to call {operation} on EC2"
            ) from error
        raise errors.InvalidParameter(
            f"Error occurred while {operation}. EC2 Error Code: {error.code}. EC2 Error Message: {error.message}"
        ) from error


def carry(call: Call, config: Mapping[str, Any], vpc: Data | None) -> Data:
    """A configuration with the VpcConfig that was attached; the interfaces of the one before may go."""
    release_later(call)
    kept = {member: value for member, value in config.items() if member != "VpcConfig"}
    return {**kept, "VpcConfig": vpc} if vpc is not None else kept


def release_later(call: Call) -> None:
    """Have the interfaces looked through that no function may use any more; part of the present transaction."""
    if records.interfaces(call.store, call.scope):
        call.later("ReleaseInterfaces", {}, due=call.now + LINGER_SECONDS, key="interfaces", service="lambda")
