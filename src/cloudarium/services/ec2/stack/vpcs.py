"""VPCs and subnets of stacks."""

from __future__ import annotations

from cloudarium.services.ec2.stack.parts import flag, once, picked, retag, tags
from cloudarium.shared.stacks import Resource, ResourceType, resource_type


@resource_type("AWS::EC2::VPC")
class Vpc(ResourceType):
    """A VPC."""

    properties = ("CidrBlock", "EnableDnsHostnames", "EnableDnsSupport", "InstanceTenancy", "Tags")
    refuses = ("Ipv4IpamPoolId", "Ipv4NetmaskLength")
    required = ("CidrBlock",)
    replaces = ("CidrBlock", "InstanceTenancy")
    attributes = (
        "VpcId",
        "CidrBlock",
        "CidrBlockAssociations",
        "DefaultNetworkAcl",
        "DefaultSecurityGroup",
        "Ipv6CidrBlocks",
    )
    tags = "Tags"

    async def create(self, r: Resource) -> None:
        """Make it, and find what it came with."""
        given = {**picked(r, "CidrBlock", "InstanceTenancy"), **tags(r, "vpc")}
        made = (await once(r, "CreateVpc", given))["Vpc"]
        r.id = made["VpcId"]
        own = [{"Name": "vpc-id", "Values": [r.id]}]
        acls = await r.send("ec2", "DescribeNetworkAcls", {"Filters": [*own, {"Name": "default", "Values": ["true"]}]})
        named = [*own, {"Name": "group-name", "Values": ["default"]}]
        groups = await r.send("ec2", "DescribeSecurityGroups", {"Filters": named})
        r.attributes = {
            "VpcId": r.id,
            "CidrBlock": made["CidrBlock"],
            "CidrBlockAssociations": [one["AssociationId"] for one in made["CidrBlockAssociationSet"]],
            "DefaultNetworkAcl": acls["NetworkAcls"][0]["NetworkAclId"],
            "DefaultSecurityGroup": groups["SecurityGroups"][0]["GroupId"],
            "Ipv6CidrBlocks": [],
        }
        await self._names(r)

    async def _names(self, r: Resource) -> None:
        for name, default in (("EnableDnsSupport", True), ("EnableDnsHostnames", False)):
            value = flag(r.properties[name]) if r.properties.get(name) is not None else default
            if value is not default or r.changed(name):
                await r.send("ec2", "ModifyVpcAttribute", {"VpcId": r.id, name: {"Value": value}})

    async def update(self, r: Resource) -> None:
        """Change names and tags."""
        await self._names(r)
        await retag(r)

    async def delete(self, r: Resource) -> None:
        """Delete it."""
        await r.send("ec2", "DeleteVpc", {"VpcId": r.id}, gone=("InvalidVpcID.NotFound",))


@resource_type("AWS::EC2::VPCCidrBlock")
class VpcCidrBlock(ResourceType):
    """A further block of addresses of a VPC."""

    properties = ("VpcId", "CidrBlock")
    refuses = (
        "AmazonProvidedIpv6CidrBlock", "Ipv4IpamPoolId", "Ipv4NetmaskLength", "Ipv6CidrBlock", "Ipv6IpamPoolId",
        "Ipv6NetmaskLength", "Ipv6Pool", "Ipv6CidrBlockNetworkBorderGroup",
    )  # fmt: skip
    required = ("VpcId", "CidrBlock")
    replaces = ("VpcId", "CidrBlock")
    attributes = ("Id", "VpcId")

    async def create(self, r: Resource) -> None:
        """Associate it."""
        made = await once(r, "AssociateVpcCidrBlock", picked(r, "VpcId", "CidrBlock"))
        r.id = made["CidrBlockAssociation"]["AssociationId"]
        r.attributes = {"Id": r.id, "VpcId": r.properties["VpcId"]}

    async def delete(self, r: Resource) -> None:
        """Take it away."""
        gone = ("InvalidVpcCidrBlockAssociationID.NotFound",)
        await r.send("ec2", "DisassociateVpcCidrBlock", {"AssociationId": r.id}, gone=gone)


@resource_type("AWS::EC2::Subnet")
class Subnet(ResourceType):
    """A subnet."""

    properties = (
        "VpcId", "CidrBlock", "AvailabilityZone", "AvailabilityZoneId", "MapPublicIpOnLaunch", "Tags",
        "PrivateDnsNameOptionsOnLaunch",
    )  # fmt: skip
    refuses = (
        "AssignIpv6AddressOnCreation", "EnableDns64", "EnableLniAtDeviceIndex", "Ipv4IpamPoolId", "Ipv4NetmaskLength",
        "Ipv6CidrBlock", "Ipv6IpamPoolId", "Ipv6Native", "Ipv6NetmaskLength", "OutpostArn",
    )  # fmt: skip
    required = ("VpcId", "CidrBlock")
    replaces = ("VpcId", "CidrBlock", "AvailabilityZone", "AvailabilityZoneId")
    attributes = (
        "SubnetId",
        "AvailabilityZone",
        "AvailabilityZoneId",
        "VpcId",
        "CidrBlock",
        "NetworkAclAssociationId",
        "Ipv6CidrBlocks",
        "OutpostArn",
    )
    tags = "Tags"

    async def create(self, r: Resource) -> None:
        """Make it."""
        given = picked(r, "VpcId", "CidrBlock", "AvailabilityZone", "AvailabilityZoneId")
        made = (await once(r, "CreateSubnet", {**given, **tags(r, "subnet")}))["Subnet"]
        r.id, r.arn = made["SubnetId"], made["SubnetArn"]
        wanted = [{"Name": "association.subnet-id", "Values": [r.id]}]
        acls = (await r.send("ec2", "DescribeNetworkAcls", {"Filters": wanted}))["NetworkAcls"]
        association = next(one for one in acls[0]["Associations"] if one["SubnetId"] == r.id)
        r.attributes = {
            **{
                name: made[name]
                for name in ("SubnetId", "AvailabilityZone", "AvailabilityZoneId", "VpcId", "CidrBlock")
            },
            "NetworkAclAssociationId": association["NetworkAclAssociationId"],
            "Ipv6CidrBlocks": [],
            "OutpostArn": "",
        }
        await self._modify(r)

    async def _modify(self, r: Resource) -> None:
        given = r.properties
        if given.get("MapPublicIpOnLaunch") is not None or r.changed("MapPublicIpOnLaunch"):
            value = {"Value": flag(given.get("MapPublicIpOnLaunch"))}
            await r.send("ec2", "ModifySubnetAttribute", {"SubnetId": r.id, "MapPublicIpOnLaunch": value})
        options = given.get("PrivateDnsNameOptionsOnLaunch") or {}
        if options.get("HostnameType"):
            change = {"SubnetId": r.id, "PrivateDnsHostnameTypeOnLaunch": options["HostnameType"]}
            await r.send("ec2", "ModifySubnetAttribute", change)
        for name in ("EnableResourceNameDnsARecord", "EnableResourceNameDnsAAAARecord"):
            if options.get(name) is not None:
                change = {"SubnetId": r.id, f"{name}OnLaunch": {"Value": flag(options[name])}}
                await r.send("ec2", "ModifySubnetAttribute", change)

    async def update(self, r: Resource) -> None:
        """Change attributes and tags."""
        await self._modify(r)
        await retag(r)

    async def delete(self, r: Resource) -> None:
        """Delete it."""
        await r.send("ec2", "DeleteSubnet", {"SubnetId": r.id}, gone=("InvalidSubnetID.NotFound",))
