"""Gateways, elastic addresses, route tables and routes of stacks."""

from __future__ import annotations

from cloudarium.services.ec2.stack.parts import once, picked, retag, tags
from cloudarium.shared.stacks import Resource, ResourceFailed, ResourceType, resource_type


@resource_type("AWS::EC2::InternetGateway")
class InternetGateway(ResourceType):
    """An internet gateway."""

    properties = ("Tags",)
    attributes = ("InternetGatewayId",)
    tags = "Tags"

    async def create(self, r: Resource) -> None:
        """Make it."""
        made = await once(r, "CreateInternetGateway", tags(r, "internet-gateway"))
        r.id = made["InternetGateway"]["InternetGatewayId"]
        r.attributes = {"InternetGatewayId": r.id}

    async def update(self, r: Resource) -> None:
        """Change its tags."""
        await retag(r)

    async def delete(self, r: Resource) -> None:
        """Delete it."""
        gone = ("InvalidInternetGatewayID.NotFound",)
        await r.send("ec2", "DeleteInternetGateway", {"InternetGatewayId": r.id}, gone=gone)


@resource_type("AWS::EC2::VPCGatewayAttachment")
class VpcGatewayAttachment(ResourceType):
    """An internet gateway in its VPC."""

    properties = ("VpcId", "InternetGatewayId")
    refuses = ("VpnGatewayId",)
    required = ("VpcId", "InternetGatewayId")
    replaces = ("VpcId",)
    attributes = ("AttachmentType", "VpcId")

    async def create(self, r: Resource) -> None:
        """Attach it."""
        await once(r, "AttachInternetGateway", picked(r, "VpcId", "InternetGatewayId"))
        r.id = f"IGW|{r.properties['VpcId']}"
        r.attributes = {"AttachmentType": "IGW", "VpcId": r.properties["VpcId"]}

    async def update(self, r: Resource) -> None:
        """Attach another in its place."""
        old = {name: r.old_properties[name] for name in ("VpcId", "InternetGatewayId")}
        await r.send("ec2", "DetachInternetGateway", old, gone=("Gateway.NotAttached",))
        there = ("Resource.AlreadyAssociated",) if r.repeated else ()
        await r.send("ec2", "AttachInternetGateway", picked(r, "VpcId", "InternetGatewayId"), gone=there)

    async def delete(self, r: Resource) -> None:
        """Detach it."""
        gone = ("Gateway.NotAttached", "InvalidInternetGatewayID.NotFound", "InvalidVpcID.NotFound")
        await r.send("ec2", "DetachInternetGateway", picked(r, "VpcId", "InternetGatewayId"), gone=gone)


@resource_type("AWS::EC2::EIP")
class Eip(ResourceType):
    """An elastic address; `Ref` gives the address itself."""

    properties = ("Domain", "Tags")
    refuses = ("Address", "InstanceId", "IpamPoolId", "NetworkBorderGroup", "PublicIpv4Pool", "TransferAddress")
    replaces = ("Domain",)
    attributes = ("AllocationId", "PublicIp")
    tags = "Tags"

    async def create(self, r: Resource) -> None:
        """Take one."""
        made = await once(r, "AllocateAddress", {"Domain": "vpc", **tags(r, "elastic-ip")})
        r.id = made["PublicIp"]
        r.attributes = {"AllocationId": made["AllocationId"], "PublicIp": made["PublicIp"]}

    async def update(self, r: Resource) -> None:
        """Change its tags."""
        await retag(r, r.attributes["AllocationId"])

    async def delete(self, r: Resource) -> None:
        """Give it back."""
        gone = ("InvalidAllocationID.NotFound",)
        await r.send("ec2", "ReleaseAddress", {"AllocationId": r.attributes["AllocationId"]}, gone=gone)


@resource_type("AWS::EC2::NatGateway")
class NatGateway(ResourceType):
    """A NAT gateway."""

    properties = ("SubnetId", "AllocationId", "ConnectivityType", "PrivateIpAddress", "Tags")
    refuses = (
        "AvailabilityMode", "AvailabilityZoneAddresses", "MaxDrainDurationSeconds", "SecondaryAllocationIds",
        "SecondaryPrivateIpAddressCount", "SecondaryPrivateIpAddresses", "VpcId",
    )  # fmt: skip
    required = ("SubnetId",)
    replaces = ("SubnetId", "AllocationId", "ConnectivityType", "PrivateIpAddress")
    attributes = ("NatGatewayId", "EniId")
    tags = "Tags"

    async def create(self, r: Resource) -> None:
        """Make it."""
        given = picked(r, "SubnetId", "AllocationId", "ConnectivityType", "PrivateIpAddress")
        made = (await once(r, "CreateNatGateway", {**given, **tags(r, "natgateway")}))["NatGateway"]
        r.id = made["NatGatewayId"]
        (there,) = (await r.send("ec2", "DescribeNatGateways", {"NatGatewayIds": [r.id]}))["NatGateways"]
        if there["State"] == "failed":
            text = f"Detailed failure message: {there['FailureMessage']}"
            raise ResourceFailed(
                f"NatGateway {r.id} is in state failed and hence failed to stabilize. {text}", "NotStabilized"
            )
        r.attributes = {"NatGatewayId": r.id, "EniId": there["NatGatewayAddresses"][0]["NetworkInterfaceId"]}

    async def update(self, r: Resource) -> None:
        """Change its tags."""
        await retag(r)

    async def delete(self, r: Resource) -> None:
        """Delete it."""
        await r.send("ec2", "DeleteNatGateway", {"NatGatewayId": r.id}, gone=("NatGatewayNotFound",))


@resource_type("AWS::EC2::RouteTable")
class RouteTable(ResourceType):
    """A route table."""

    properties = ("VpcId", "Tags")
    required = ("VpcId",)
    replaces = ("VpcId",)
    attributes = ("RouteTableId",)
    tags = "Tags"

    async def create(self, r: Resource) -> None:
        """Make it."""
        made = await once(r, "CreateRouteTable", {**picked(r, "VpcId"), **tags(r, "route-table")})
        r.id = made["RouteTable"]["RouteTableId"]
        r.attributes = {"RouteTableId": r.id}

    async def update(self, r: Resource) -> None:
        """Change its tags."""
        await retag(r)

    async def delete(self, r: Resource) -> None:
        """Delete it."""
        gone = ("InvalidRouteTableID.NotFound",)
        await r.send("ec2", "DeleteRouteTable", {"RouteTableId": r.id}, gone=gone)


@resource_type("AWS::EC2::Route")
class Route(ResourceType):
    """A route of a table."""

    properties = (
        "RouteTableId", "DestinationCidrBlock", "DestinationPrefixListId", "GatewayId", "NatGatewayId",
        "NetworkInterfaceId", "VpcPeeringConnectionId",
    )  # fmt: skip
    refuses = (
        "CarrierGatewayId", "CoreNetworkArn", "DestinationIpv6CidrBlock", "EgressOnlyInternetGatewayId", "InstanceId",
        "LocalGatewayId", "TransitGatewayId", "VpcEndpointId",
    )  # fmt: skip
    required = ("RouteTableId",)
    replaces = ("RouteTableId", "DestinationCidrBlock", "DestinationPrefixListId")
    attributes = ("CidrBlock",)

    async def create(self, r: Resource) -> None:
        """Add it."""
        await once(r, "CreateRoute", picked(r, *self.properties))
        where = r.properties.get("DestinationCidrBlock") or r.properties.get("DestinationPrefixListId")
        r.id = f"{r.properties['RouteTableId']}|{where}"
        r.attributes = {"CidrBlock": r.properties.get("DestinationCidrBlock") or ""}

    async def update(self, r: Resource) -> None:
        """Have it lead elsewhere."""
        await r.send("ec2", "ReplaceRoute", picked(r, *self.properties))

    async def delete(self, r: Resource) -> None:
        """Take it out of the table."""
        gone = ("InvalidRoute.NotFound", "InvalidRouteTableID.NotFound")
        await r.send("ec2", "DeleteRoute", picked(r, *self.replaces), gone=gone)


@resource_type("AWS::EC2::SubnetRouteTableAssociation")
class SubnetRouteTableAssociation(ResourceType):
    """For which subnet a route table holds."""

    properties = ("RouteTableId", "SubnetId")
    required = ("RouteTableId", "SubnetId")
    replaces = ("SubnetId",)
    attributes = ("Id",)

    async def create(self, r: Resource) -> None:
        """Associate them."""
        made = await r.send("ec2", "AssociateRouteTable", picked(r, "RouteTableId", "SubnetId"))
        r.id = made["AssociationId"]
        r.attributes = {"Id": r.id}

    async def update(self, r: Resource) -> None:
        """Have another table hold."""
        given = {"AssociationId": r.id, "RouteTableId": r.properties["RouteTableId"]}
        made = await r.send("ec2", "ReplaceRouteTableAssociation", given)
        r.id = made["NewAssociationId"]
        r.attributes = {"Id": r.id}

    async def delete(self, r: Resource) -> None:
        """Have the main table hold again."""
        gone = ("InvalidAssociationID.NotFound",)
        await r.send("ec2", "DisassociateRouteTable", {"AssociationId": r.id}, gone=gone)
