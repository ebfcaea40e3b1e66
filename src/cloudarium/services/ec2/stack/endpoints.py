"""VPC endpoints and network interfaces of stacks."""

from __future__ import annotations

import json
from typing import Any

from cloudarium.services.ec2.stack.parts import flag, once, picked, retag, tags
from cloudarium.shared.stacks import Resource, ResourceType, resource_type


@resource_type("AWS::EC2::VPCEndpoint")
class VpcEndpoint(ResourceType):
    """A VPC endpoint."""

    properties = (
        "VpcId", "ServiceName", "VpcEndpointType", "RouteTableIds", "SubnetIds", "SecurityGroupIds",
        "PrivateDnsEnabled", "PolicyDocument", "Tags",
    )  # fmt: skip
    refuses = (
        "DnsOptions",
        "IpAddressType",
        "ResourceConfigurationArn",
        "ServiceNetworkArn",
        "ServiceRegion",
    )
    required = ("VpcId", "ServiceName")
    replaces = ("VpcId", "ServiceName", "VpcEndpointType")
    attributes = ("Id", "CreationTimestamp", "DnsEntries", "NetworkInterfaceIds")
    tags = "Tags"

    async def create(self, r: Resource) -> None:
        """Make it."""
        given: dict[str, Any] = {
            **picked(r, "VpcId", "ServiceName", "VpcEndpointType", "RouteTableIds", "SubnetIds", "SecurityGroupIds"),
            **tags(r, "vpc-endpoint"),
            "ClientToken": r.token[:64],
        }
        if r.properties.get("PrivateDnsEnabled") is not None:
            given["PrivateDnsEnabled"] = flag(r.properties["PrivateDnsEnabled"])
        elif r.properties.get("VpcEndpointType") == "Interface":
            given["PrivateDnsEnabled"] = False  # the API's default is true, the resource type's is not
        given |= _policy(r)
        made = (await once(r, "CreateVpcEndpoint", given))["VpcEndpoint"]
        r.id = made["VpcEndpointId"]
        r.attributes = {
            "Id": r.id,
            "CreationTimestamp": str(made["CreationTimestamp"]),
            "DnsEntries": [f"{one['HostedZoneId']}:{one['DnsName']}" for one in made["DnsEntries"]],
            "NetworkInterfaceIds": made["NetworkInterfaceIds"],
        }

    async def update(self, r: Resource) -> None:
        """Change where it is reached from."""
        change: dict[str, Any] = {"VpcEndpointId": r.id}
        for name, member in (
            ("RouteTableIds", "RouteTableIds"),
            ("SubnetIds", "SubnetIds"),
            ("SecurityGroupIds", "SecurityGroupIds"),
        ):
            old, new = r.old_properties.get(name) or [], r.properties.get(name) or []
            for what, ids in (
                ("Add", [one for one in new if one not in old]),
                ("Remove", [one for one in old if one not in new]),
            ):
                if ids:
                    change[f"{what}{member}"] = ids
        if r.changed("PrivateDnsEnabled"):
            change["PrivateDnsEnabled"] = flag(r.properties.get("PrivateDnsEnabled"))
        if r.changed("PolicyDocument"):
            change |= _policy(r) or {"ResetPolicy": True}
        if len(change) > 1:
            await r.send("ec2", "ModifyVpcEndpoint", change)
        await retag(r)

    async def delete(self, r: Resource) -> None:
        """Delete it."""
        await r.send("ec2", "DeleteVpcEndpoints", {"VpcEndpointIds": [r.id]})


def _policy(r: Resource) -> dict[str, Any]:
    """The policy that the template gives an endpoint, as a text."""
    given = r.properties.get("PolicyDocument")
    return {"PolicyDocument": given if isinstance(given, str) else json.dumps(given)} if given else {}


@resource_type("AWS::EC2::NetworkInterface")
class NetworkInterface(ResourceType):
    """A network interface."""

    properties = (
        "SubnetId", "GroupSet", "Description", "PrivateIpAddress", "PrivateIpAddresses", "InterfaceType",
        "SecondaryPrivateIpAddressCount", "SourceDestCheck", "Tags",
    )  # fmt: skip
    refuses = (
        "ConnectionTrackingSpecification", "EnablePrimaryIpv6", "Ipv4PrefixCount", "Ipv4Prefixes", "Ipv6AddressCount",
        "Ipv6Addresses", "Ipv6PrefixCount", "Ipv6Prefixes",
        "PublicIpDnsHostnameTypeSpecification",
    )  # fmt: skip
    required = ("SubnetId",)
    # AWS's type changes the further addresses in place; here they are the interface's for good.
    replaces = (
        "SubnetId", "PrivateIpAddress", "PrivateIpAddresses", "SecondaryPrivateIpAddressCount", "InterfaceType",
    )  # fmt: skip
    attributes = ("Id", "PrimaryPrivateIpAddress", "SecondaryPrivateIpAddresses", "VpcId", "PrimaryIpv6Address")
    tags = "Tags"

    async def create(self, r: Resource) -> None:
        """Make it."""
        given = picked(r, "SubnetId", "Description", "PrivateIpAddress", "InterfaceType")
        if r.properties.get("GroupSet"):
            given["Groups"] = r.properties["GroupSet"]
        given["PrivateIpAddresses"] = [
            {**one, "Primary": flag(one.get("Primary", False))} for one in r.properties.get("PrivateIpAddresses") or []
        ]
        if r.properties.get("SecondaryPrivateIpAddressCount"):
            given["SecondaryPrivateIpAddressCount"] = int(r.properties["SecondaryPrivateIpAddressCount"])
        made = (await once(r, "CreateNetworkInterface", {**given, **tags(r, "network-interface")}))["NetworkInterface"]
        r.id = made["NetworkInterfaceId"]
        r.attributes = {
            "Id": r.id,
            "PrimaryPrivateIpAddress": made["PrivateIpAddress"],
            "SecondaryPrivateIpAddresses": [
                one["PrivateIpAddress"] for one in made["PrivateIpAddresses"] if not one["Primary"]
            ],
            "VpcId": made["VpcId"],
            "PrimaryIpv6Address": "",
        }
        if r.properties.get("SourceDestCheck") is not None:
            await self._modify(r, "SourceDestCheck", {"Value": flag(r.properties["SourceDestCheck"])})

    async def _modify(self, r: Resource, name: str, value: Any) -> None:
        await r.send("ec2", "ModifyNetworkInterfaceAttribute", {"NetworkInterfaceId": r.id, name: value})

    async def update(self, r: Resource) -> None:
        """Change its description, groups and check."""
        if r.changed("Description"):
            await self._modify(r, "Description", {"Value": r.properties.get("Description") or ""})
        if r.changed("GroupSet"):
            await self._modify(r, "Groups", r.properties.get("GroupSet") or [])
        if r.changed("SourceDestCheck"):
            await self._modify(r, "SourceDestCheck", {"Value": flag(r.properties.get("SourceDestCheck", True))})
        await retag(r)

    async def delete(self, r: Resource) -> None:
        """Delete it."""
        gone = ("InvalidNetworkInterfaceID.NotFound",)
        await r.send("ec2", "DeleteNetworkInterface", {"NetworkInterfaceId": r.id}, gone=gone)
