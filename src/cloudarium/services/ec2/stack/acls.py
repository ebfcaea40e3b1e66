"""Network ACLs of stacks."""

from __future__ import annotations

from typing import Any

from cloudarium.services.ec2.stack.parts import flag, once, picked, retag, tags
from cloudarium.shared.stacks import Resource, ResourceType, resource_type


@resource_type("AWS::EC2::NetworkAcl")
class NetworkAcl(ResourceType):
    """A network ACL."""

    properties = ("VpcId", "Tags")
    required = ("VpcId",)
    replaces = ("VpcId",)
    attributes = ("Id",)
    tags = "Tags"

    async def create(self, r: Resource) -> None:
        """Make it."""
        made = await once(r, "CreateNetworkAcl", {**picked(r, "VpcId"), **tags(r, "network-acl")})
        r.id = made["NetworkAcl"]["NetworkAclId"]
        r.attributes = {"Id": r.id}

    async def update(self, r: Resource) -> None:
        """Change its tags."""
        await retag(r)

    async def delete(self, r: Resource) -> None:
        """Delete it."""
        await r.send("ec2", "DeleteNetworkAcl", {"NetworkAclId": r.id}, gone=("InvalidNetworkAclID.NotFound",))


@resource_type("AWS::EC2::NetworkAclEntry")
class NetworkAclEntry(ResourceType):
    """A numbered entry of a network ACL."""

    properties = ("NetworkAclId", "RuleNumber", "Egress", "Protocol", "RuleAction", "CidrBlock", "PortRange", "Icmp")
    refuses = ("Ipv6CidrBlock",)
    required = ("NetworkAclId", "RuleNumber", "Protocol", "RuleAction")
    replaces = ("NetworkAclId", "RuleNumber", "Egress")
    attributes = ("Id",)

    def _entry(self, r: Resource) -> dict[str, Any]:
        given = r.properties
        entry: dict[str, Any] = {
            "NetworkAclId": given["NetworkAclId"],
            "RuleNumber": int(given["RuleNumber"]),
            "Egress": flag(given.get("Egress")),
            "Protocol": str(given["Protocol"]),
            "RuleAction": given["RuleAction"],
            **picked(r, "CidrBlock"),
        }
        for name, member, parts in (
            ("PortRange", "PortRange", ("From", "To")),
            ("Icmp", "IcmpTypeCode", ("Code", "Type")),
        ):
            if given.get(name):
                entry[member] = {part: int(given[name][part]) for part in parts if part in given[name]}
        return entry

    async def create(self, r: Resource) -> None:
        """Add it."""
        await once(r, "CreateNetworkAclEntry", self._entry(r))
        r.id = f"{r.properties['NetworkAclId']}|{r.properties['RuleNumber']}|{flag(r.properties.get('Egress'))}".lower()
        r.attributes = {"Id": r.id}

    async def update(self, r: Resource) -> None:
        """Change it."""
        await r.send("ec2", "ReplaceNetworkAclEntry", self._entry(r))

    async def delete(self, r: Resource) -> None:
        """Take it away."""
        named = {
            name: value for name, value in self._entry(r).items() if name in ("NetworkAclId", "RuleNumber", "Egress")
        }
        gone = ("InvalidNetworkAclEntry.NotFound", "InvalidNetworkAclID.NotFound")
        await r.send("ec2", "DeleteNetworkAclEntry", named, gone=gone)


@resource_type("AWS::EC2::SubnetNetworkAclAssociation")
class SubnetNetworkAclAssociation(ResourceType):
    """For which subnet a network ACL holds; deleted, the VPC's own holds again."""

    properties = ("NetworkAclId", "SubnetId")
    required = ("NetworkAclId", "SubnetId")
    replaces = ("SubnetId",)
    attributes = ("AssociationId",)

    async def _associate(self, r: Resource, acl: str) -> None:
        wanted = [{"Name": "association.subnet-id", "Values": [r.properties["SubnetId"]]}]
        found = (await r.send("ec2", "DescribeNetworkAcls", {"Filters": wanted}))["NetworkAcls"]
        held = [one for each in found for one in each["Associations"] if one["SubnetId"] == r.properties["SubnetId"]]
        if not held:
            return
        given = {"AssociationId": held[0]["NetworkAclAssociationId"], "NetworkAclId": acl}
        r.id = (await r.send("ec2", "ReplaceNetworkAclAssociation", given))["NewAssociationId"]
        r.attributes = {"AssociationId": r.id}

    async def create(self, r: Resource) -> None:
        """Have it hold."""
        await self._associate(r, r.properties["NetworkAclId"])

    async def update(self, r: Resource) -> None:
        """Have another hold."""
        await self._associate(r, r.properties["NetworkAclId"])

    async def delete(self, r: Resource) -> None:
        """Have the VPC's own hold again."""
        gone = ("InvalidSubnetID.NotFound",)
        subnets = await r.send("ec2", "DescribeSubnets", {"SubnetIds": [r.properties["SubnetId"]]}, gone=gone)
        if not subnets:
            return
        own = [
            {"Name": "vpc-id", "Values": [subnets["Subnets"][0]["VpcId"]]},
            {"Name": "default", "Values": ["true"]},
        ]
        default = (await r.send("ec2", "DescribeNetworkAcls", {"Filters": own}))["NetworkAcls"][0]
        await self._associate(r, default["NetworkAclId"])
