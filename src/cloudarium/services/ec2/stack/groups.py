"""Security groups and their rules of stacks."""

from __future__ import annotations

from typing import Any, ClassVar

from cloudarium.services.ec2.stack.parts import Data, once, picked, retag, tags
from cloudarium.shared.stacks import Resource, ResourceType, resource_type

_PEERS = (
    "CidrIp",
    "CidrIpv6",
    "SourceSecurityGroupId",
    "SourceSecurityGroupName",
    "SourceSecurityGroupOwnerId",
    "SourcePrefixListId",
)
_EGRESS_PEERS = ("CidrIp", "CidrIpv6", "DestinationSecurityGroupId", "DestinationPrefixListId")
EVERYTHING = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def permission(rule: Data) -> Data:
    """A rule as the API takes it."""
    note = {"Description": rule["Description"]} if rule.get("Description") else {}
    made: Data = {"IpProtocol": str(rule["IpProtocol"])}
    for name in ("FromPort", "ToPort"):
        if rule.get(name) is not None:
            made[name] = int(rule[name])
    if rule.get("CidrIp"):
        made["IpRanges"] = [{"CidrIp": rule["CidrIp"], **note}]
    if rule.get("CidrIpv6"):
        made["Ipv6Ranges"] = [{"CidrIpv6": rule["CidrIpv6"], **note}]
    list_id = rule.get("SourcePrefixListId") or rule.get("DestinationPrefixListId")
    if list_id:
        made["PrefixListIds"] = [{"PrefixListId": list_id, **note}]
    group = rule.get("SourceSecurityGroupId") or rule.get("DestinationSecurityGroupId")
    by_name, owner = rule.get("SourceSecurityGroupName"), rule.get("SourceSecurityGroupOwnerId")
    if group or by_name:
        pair = {"GroupId": group, "GroupName": None if group else by_name, "UserId": owner}
        made["UserIdGroupPairs"] = [{**{key: value for key, value in pair.items() if value}, **note}]
    return made


@resource_type("AWS::EC2::SecurityGroup")
class SecurityGroup(ResourceType):
    """A security group with the rules that the template gives in it; `Ref` gives its name where no VPC is named."""

    properties = ("GroupDescription", "GroupName", "VpcId", "SecurityGroupIngress", "SecurityGroupEgress", "Tags")
    required = ("GroupDescription",)
    replaces = ("GroupDescription", "GroupName", "VpcId")
    attributes = ("GroupId", "Id", "VpcId")
    physical_name = "GroupName"
    tags = "Tags"

    async def create(self, r: Resource) -> None:
        """Make it with its rules; rules of its own for what goes out take the place of the one that lets all out."""
        name = r.properties.get("GroupName") or r.name(255)
        given = {"GroupName": name, "Description": r.properties["GroupDescription"], **picked(r, "VpcId")}
        id = (await once(r, "CreateSecurityGroup", {**given, **tags(r, "security-group")}))["GroupId"]
        found = await r.send("ec2", "DescribeSecurityGroups", {"GroupIds": [id]})
        r.id = id if r.properties.get("VpcId") else name
        r.attributes = {"GroupId": id, "Id": id, "VpcId": found["SecurityGroups"][0]["VpcId"]}
        await self._change(r, "Ingress", [], r.properties.get("SecurityGroupIngress") or [])
        if r.properties.get("SecurityGroupEgress"):
            await self._revoke(r, "Egress", [EVERYTHING])
            await self._change(r, "Egress", [], r.properties["SecurityGroupEgress"])

    async def update(self, r: Resource) -> None:
        """Change rules and tags."""
        for way in ("Ingress", "Egress"):
            name = f"SecurityGroup{way}"
            old, new = r.old_properties.get(name) or [], r.properties.get(name) or []
            if way == "Egress" and bool(old) != bool(new):
                if new:
                    await self._revoke(r, way, [EVERYTHING])
                else:
                    await r.send(
                        "ec2",
                        "AuthorizeSecurityGroupEgress",
                        {"GroupId": r.attributes["GroupId"], "IpPermissions": [EVERYTHING]},
                    )
            await self._change(r, way, old, new)
        await retag(r, r.attributes["GroupId"])

    async def _change(self, r: Resource, way: str, old: list[Data], new: list[Data]) -> None:
        before, after = ([permission(rule) for rule in rules] for rules in (old, new))
        await self._revoke(r, way, [one for one in before if one not in after])
        add = [one for one in after if one not in before]
        if add:
            there = ("InvalidPermission.Duplicate",) if r.repeated else ()
            await r.send(
                "ec2",
                f"AuthorizeSecurityGroup{way}",
                {"GroupId": r.attributes["GroupId"], "IpPermissions": add},
                gone=there,
            )

    async def _revoke(self, r: Resource, way: str, permissions: list[Data]) -> None:
        if permissions:
            given = {"GroupId": r.attributes["GroupId"], "IpPermissions": permissions}
            await r.send("ec2", f"RevokeSecurityGroup{way}", given, gone=("InvalidPermission.NotFound",))

    async def delete(self, r: Resource) -> None:
        """Delete it."""
        await r.send(
            "ec2", "DeleteSecurityGroup", {"GroupId": r.attributes["GroupId"]}, gone=("InvalidGroup.NotFound",)
        )


class _Rule(ResourceType):
    """A rule of a security group that stands for itself."""

    way: ClassVar[str] = ""
    attributes = ("Id",)

    async def create(self, r: Resource) -> None:
        """Authorise it."""
        given: dict[str, Any] = {**picked(r, "GroupId", "GroupName"), "IpPermissions": [permission(r.properties)]}
        made = await once(r, f"AuthorizeSecurityGroup{self.way}", given)
        r.id = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
        r.attributes = {"Id": r.id}

    async def update(self, r: Resource) -> None:
        """Change its description, which is all that can be."""
        change = {"SecurityGroupRuleId": r.id, "Description": r.properties.get("Description") or ""}
        given = {**picked(r, "GroupId", "GroupName"), "SecurityGroupRuleDescriptions": [change]}
        await r.send("ec2", f"UpdateSecurityGroupRuleDescriptions{self.way}", given)

    async def delete(self, r: Resource) -> None:
        """Revoke it."""
        given = {**picked(r, "GroupId", "GroupName"), "SecurityGroupRuleIds": [r.id]}
        gone = ("InvalidSecurityGroupRuleId.NotFound", "InvalidGroup.NotFound")
        await r.send("ec2", f"RevokeSecurityGroup{self.way}", given, gone=gone)


@resource_type("AWS::EC2::SecurityGroupIngress")
class SecurityGroupIngress(_Rule):
    """A rule that lets something in."""

    way = "Ingress"
    properties = ("GroupId", "GroupName", "IpProtocol", "FromPort", "ToPort", "Description", *_PEERS)
    required = ("IpProtocol",)
    replaces = ("GroupId", "GroupName", "IpProtocol", "FromPort", "ToPort", *_PEERS)


@resource_type("AWS::EC2::SecurityGroupEgress")
class SecurityGroupEgress(_Rule):
    """A rule that lets something out."""

    way = "Egress"
    properties = ("GroupId", "IpProtocol", "FromPort", "ToPort", "Description", *_EGRESS_PEERS)
    required = ("GroupId", "IpProtocol")
    replaces = ("GroupId", "IpProtocol", "FromPort", "ToPort", *_EGRESS_PEERS)
