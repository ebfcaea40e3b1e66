"""DHCP options, prefix lists and what elastic addresses are given to, of stacks."""

from __future__ import annotations

from typing import Any

from cloudarium.services.ec2.stack.parts import Data, once, picked, retag, tags
from cloudarium.shared.stacks import Resource, ResourceFailed, ResourceType, resource_type


@resource_type("AWS::EC2::DHCPOptions")
class DhcpOptions(ResourceType):
    """A set of DHCP options."""

    _OPTIONS = (
        ("DomainName", "domain-name"),
        ("DomainNameServers", "domain-name-servers"),
        ("NtpServers", "ntp-servers"),
        ("NetbiosNameServers", "netbios-name-servers"),
        ("NetbiosNodeType", "netbios-node-type"),
        ("Ipv6AddressPreferredLeaseTime", "ipv6-address-preferred-lease-time"),
    )
    properties = (*(name for name, _ in _OPTIONS), "Tags")
    replaces = tuple(name for name, _ in _OPTIONS)
    attributes = ("DhcpOptionsId",)
    tags = "Tags"

    async def create(self, r: Resource) -> None:
        """Make it."""
        given = []
        for name, key in self._OPTIONS:
            value = r.properties.get(name)
            if value is not None:
                values = value if isinstance(value, list) else [value]
                given.append({"Key": key, "Values": [str(each) for each in values]})
        made = await once(r, "CreateDhcpOptions", {"DhcpConfigurations": given, **tags(r, "dhcp-options")})
        r.id = made["DhcpOptions"]["DhcpOptionsId"]
        r.attributes = {"DhcpOptionsId": r.id}

    async def update(self, r: Resource) -> None:
        """Change its tags."""
        await retag(r)

    async def delete(self, r: Resource) -> None:
        """Delete it."""
        await r.send("ec2", "DeleteDhcpOptions", {"DhcpOptionsId": r.id}, gone=("InvalidDhcpOptionID.NotFound",))


@resource_type("AWS::EC2::VPCDHCPOptionsAssociation")
class VpcDhcpOptionsAssociation(ResourceType):
    """Which options a VPC has; deleted, it has AWS's own again."""

    properties = ("DhcpOptionsId", "VpcId")
    required = ("DhcpOptionsId", "VpcId")
    replaces = ("VpcId",)

    async def create(self, r: Resource) -> None:
        """Associate them."""
        await r.send("ec2", "AssociateDhcpOptions", picked(r, "DhcpOptionsId", "VpcId"))
        r.id = f"{r.properties['DhcpOptionsId']}|{r.properties['VpcId']}"

    async def update(self, r: Resource) -> None:
        """Associate others."""
        await r.send("ec2", "AssociateDhcpOptions", picked(r, "DhcpOptionsId", "VpcId"))

    async def delete(self, r: Resource) -> None:
        """Have AWS's own options again."""
        given = {"DhcpOptionsId": "default", **picked(r, "VpcId")}
        await r.send("ec2", "AssociateDhcpOptions", given, gone=("InvalidVpcID.NotFound",))


@resource_type("AWS::EC2::PrefixList")
class PrefixList(ResourceType):
    """A prefix list with its entries."""

    properties = ("PrefixListName", "AddressFamily", "MaxEntries", "Entries", "Tags")
    required = ("PrefixListName", "AddressFamily")
    replaces = ("AddressFamily",)
    attributes = ("Arn", "OwnerId", "PrefixListId", "Version")
    tags = "Tags"

    async def create(self, r: Resource) -> None:
        """Make it."""
        entries = r.properties.get("Entries") or []
        given: dict[str, Any] = {
            **picked(r, "PrefixListName", "AddressFamily"),
            "MaxEntries": int(r.properties.get("MaxEntries") or max(len(entries), 1)),
            "Entries": entries,
            **tags(r, "prefix-list"),
        }
        self._show(r, (await once(r, "CreateManagedPrefixList", given))["PrefixList"])

    def _show(self, r: Resource, made: Data) -> None:
        r.id, r.arn = made["PrefixListId"], made["PrefixListArn"]
        r.attributes = {
            "Arn": r.arn,
            "OwnerId": made["OwnerId"],
            "PrefixListId": r.id,
            "Version": str(made["Version"]),
        }

    async def update(self, r: Resource) -> None:
        """Change its size, name, entries and tags."""
        named = {"PrefixListId": r.id}
        if r.changed("MaxEntries") and r.properties.get("MaxEntries"):
            await r.send("ec2", "ModifyManagedPrefixList", {**named, "MaxEntries": int(r.properties["MaxEntries"])})
        there = (await r.send("ec2", "GetManagedPrefixListEntries", named))["Entries"]
        wanted = r.properties.get("Entries") or []
        blocks = [one["Cidr"] for one in wanted]
        change: dict[str, Any] = {
            "AddEntries": [one for one in wanted if one not in there],
            "RemoveEntries": [{"Cidr": one["Cidr"]} for one in there if one["Cidr"] not in blocks],
        }
        change = {name: value for name, value in change.items() if value}
        if r.changed("PrefixListName"):
            change["PrefixListName"] = r.properties["PrefixListName"]
        if change:
            current = (await r.send("ec2", "DescribeManagedPrefixLists", {"PrefixListIds": [r.id]}))["PrefixLists"][0]
            if len(change) > 1 or "PrefixListName" not in change:
                change["CurrentVersion"] = current["Version"]
            self._show(r, (await r.send("ec2", "ModifyManagedPrefixList", {**named, **change}))["PrefixList"])
        await retag(r)

    async def delete(self, r: Resource) -> None:
        """Delete it."""
        gone = ("InvalidPrefixListID.NotFound",)
        await r.send("ec2", "DeleteManagedPrefixList", {"PrefixListId": r.id}, gone=gone)
        left = await r.send("ec2", "DescribeManagedPrefixLists", {"PrefixListIds": [r.id]}, gone=gone)
        if left:
            raise ResourceFailed(left["PrefixLists"][0]["StateMessage"], "NotStabilized")


@resource_type("AWS::EC2::EIPAssociation")
class EipAssociation(ResourceType):
    """Which interface has an elastic address."""

    properties = ("AllocationId", "NetworkInterfaceId", "PrivateIpAddress")
    refuses = ("EIP", "InstanceId")
    required = ("AllocationId", "NetworkInterfaceId")
    replaces = properties
    attributes = ("Id",)

    async def create(self, r: Resource) -> None:
        """Associate them."""
        made = await r.send("ec2", "AssociateAddress", picked(r, *self.properties))
        r.id = made["AssociationId"]
        r.attributes = {"Id": r.id}

    async def delete(self, r: Resource) -> None:
        """Take the address away."""
        gone = ("InvalidAssociationID.NotFound",)
        await r.send("ec2", "DisassociateAddress", {"AssociationId": r.id}, gone=gone)


@resource_type("AWS::EC2::VPCPeeringConnection")
class VpcPeeringConnection(ResourceType):
    """A peering connection, accepted at once where both VPCs are the account's own."""

    properties = ("VpcId", "PeerVpcId", "PeerOwnerId", "PeerRegion", "Tags")
    refuses = ("AssumeRoleRegion", "PeerRoleArn")
    required = ("VpcId", "PeerVpcId")
    replaces = ("VpcId", "PeerVpcId", "PeerOwnerId", "PeerRegion")
    attributes = ("Id",)
    tags = "Tags"

    async def create(self, r: Resource) -> None:
        """Ask for it, and accept it."""
        given = {**picked(r, "VpcId", "PeerVpcId", "PeerOwnerId", "PeerRegion"), **tags(r, "vpc-peering-connection")}
        made = (await once(r, "CreateVpcPeeringConnection", given))["VpcPeeringConnection"]
        r.id = made["VpcPeeringConnectionId"]
        r.attributes = {"Id": r.id}
        there = made["AccepterVpcInfo"]
        if (there["OwnerId"], there["Region"]) == r.scope:
            done = ("InvalidStateTransition",) if r.repeated else ()
            await r.send("ec2", "AcceptVpcPeeringConnection", {"VpcPeeringConnectionId": r.id}, gone=done)

    async def update(self, r: Resource) -> None:
        """Change its tags."""
        await retag(r)

    async def delete(self, r: Resource) -> None:
        """End it."""
        gone = ("InvalidVpcPeeringConnectionID.NotFound", "InvalidStateTransition")
        await r.send("ec2", "DeleteVpcPeeringConnection", {"VpcPeeringConnectionId": r.id}, gone=gone)
