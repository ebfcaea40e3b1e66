"""Functions in a VPC: what they name must be there, and they get network interfaces.

As on AWS, functions with the same subnet and security groups share an interface, which Lambda makes in the name of the
execution role, and lets go of when the last of them is gone: at once here, since a stack's subnets go next.
Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.policy.principal import Principal
from cloudarium.services.lambda_ import errors, records, running
from cloudarium.services.lambda_.resources import FunctionName, function_arn
from cloudarium.shared import ids
from cloudarium.shared.errors import AwsError, NotBuilt

log = logging.getLogger("cloudarium")
Data = dict[str, Any]
MOST_SUBNETS, MOST_GROUPS = 16, 5
LINGER_SECONDS = 1200.0  # after so long an interface that was forgotten is looked for: its function was never made
AGAIN_SECONDS = 60.0


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


def check(call: Call, config: Mapping[str, Any]) -> None:
    """Raise when an interface that was found for a configuration has been let go of meanwhile."""
    vpc = config.get("VpcConfig") or {}
    groups = sorted(set(vpc.get("SecurityGroupIds", ())))
    if any(records.interface(call.store, call.scope, one, groups) is None for one in vpc.get("SubnetIds", ())):
        raise errors.Conflict("The network interfaces of the function's VPC are going. Please try again.")


Used = set[tuple[str, tuple[str, ...]]]  # subnets, each with the security groups of those who use it


def used(call: Call) -> Used:
    """What the functions of the account use now."""
    found = records.attached(call.store, call.scope)
    return {(subnet, tuple(sorted(set(one["SecurityGroupIds"])))) for one in found for subnet in one["SubnetIds"]}


async def release(call: Call, before: Used | None = None, role: str = "") -> None:
    """Let go of the interfaces that no function uses any more, as the role that made each, or `role` if that is gone.

    `before` is what was used until now; without it, all are looked at, those of functions that are being made too. An
    interface is forgotten first, so that no new function comes to rely on it.
    """
    for one in records.interfaces(call.store, call.scope):
        place = (one.subnet, tuple(one.groups))
        if before is not None and place not in before:
            continue
        with call.transaction():
            if place in used(call):
                continue
            records.remove_interface(call.store, one)
            left = {"Id": one.id, "Roles": [one.role, role]}
            call.later("ReleaseInterfaces", left, due=call.now + AGAIN_SECONDS, key=one.id, service="lambda")
        await let_go(call, one.id, (one.role, role))
        with call.transaction():
            call.not_later("ReleaseInterfaces", one.id)


async def let_go(call: Call, id: str, roles: Sequence[str]) -> None:
    """Delete an interface; AWS, too, leaves it where the role is gone or may not."""
    arn = function_arn(call.scope, "network-interfaces")
    sessions = [await running.role_session(call.cloud, arn, role, call.scope) for role in dict.fromkeys(roles) if role]
    for acting in (one for one in sessions if one is not None):
        try:
            await call.send("ec2", "DeleteNetworkInterface", {"NetworkInterfaceId": id}, as_=acting)
            return
        except AwsError as error:
            log.info("network interface %s stays: %s", id, error.message)


def release_later(call: Call) -> None:
    """Have the interfaces looked through that no function may use any more; part of the present transaction."""
    if records.interfaces(call.store, call.scope):
        call.later("ReleaseInterfaces", {}, due=call.now + LINGER_SECONDS, key="interfaces", service="lambda")
