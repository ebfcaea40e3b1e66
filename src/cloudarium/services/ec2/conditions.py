"""EC2's condition keys: what a request says, and what each resource says of itself."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.services.ec2 import kinds
from cloudarium.shared import arn
from cloudarium.shared.scope import Scope
from cloudarium.vpc import records
from cloudarium.vpc.records import Data

# The keys that repeat a member of a resource, by its kind.
_OWN = {
    records.VPC: {"ec2:VpcID": "VpcId", "ec2:Tenancy": "InstanceTenancy"},
    records.SUBNET: {
        "ec2:SubnetID": "SubnetId",
        "ec2:AvailabilityZone": "AvailabilityZone",
        "ec2:AvailabilityZoneId": "AvailabilityZoneId",
    },
    records.GROUP: {"ec2:SecurityGroupID": "GroupId"},
    records.ROUTE_TABLE: {"ec2:RouteTableID": "RouteTableId"},
    records.ACL: {"ec2:NetworkAclID": "NetworkAclId"},
    records.INTERFACE: {"ec2:NetworkInterfaceID": "NetworkInterfaceId", "ec2:AvailabilityZone": "AvailabilityZone"},
    records.INTERNET_GATEWAY: {"ec2:InternetGatewayID": "InternetGatewayId"},
    records.ADDRESS: {
        "ec2:AllocationId": "AllocationId",
        "ec2:Domain": "Domain",
        "ec2:PublicIpAddress": "PublicIp",
    },
    records.ENDPOINT: {"ec2:VpceServiceName": "ServiceName", "ec2:VpceServiceRegion": "ServiceRegion"},
    records.DHCP_OPTIONS: {"ec2:DhcpOptionsID": "DhcpOptionsId"},
    records.PEERING: {"ec2:VpcPeeringConnectionID": "VpcPeeringConnectionId"},
}
_NOT_ATTRIBUTES = ("DryRun", "TagSpecifications")


def conditions(call: Call) -> dict[str, Any]:
    """What is said of every resource that a call is about: the region, and what it makes or changes."""
    found: dict[str, Any] = {"ec2:Region": call.region}
    name = call.operation_name
    if name.startswith("Modify") and name not in ("ModifySecurityGroupRules",):
        found.update(_attributes(call))
    if name == "CreateVpcEndpoint":
        found["ec2:VpceServiceOwner"] = "amazon"
        for key, member in (("ec2:VpceServiceName", "ServiceName"), ("ec2:VpceServiceRegion", "ServiceRegion")):
            if isinstance(call.input.get(member), str):
                found[key] = call.input[member]
        found.setdefault("ec2:VpceServiceRegion", call.region)
    return found


def _attributes(call: Call) -> dict[str, Any]:
    """The attributes that a call sets: their names, and their values where those are plain."""
    found: dict[str, Any] = {}
    for name, value in call.input.items():
        if name.endswith(("Id", "Ids")) or name in _NOT_ATTRIBUTES or value is None:
            continue
        found["ec2:Attribute"] = [*found.get("ec2:Attribute", ()), name]
        plain = value.get("Value") if isinstance(value, dict) else value
        if isinstance(plain, (str, int)):
            found[f"ec2:Attribute/{name}"] = str(plain).lower() if isinstance(plain, bool) else str(plain)
    return found


def resource_conditions(call: Call, resource: str) -> dict[str, Any]:
    """What one resource says of itself; of one that is being made, what the call says of it."""
    named = arn.parse(resource)
    if named is None:
        return {}
    kind, _, id = named.resource.partition("/")
    scope = Scope(named.account, named.region)
    if id == "*":
        return _of_new(call, kind)
    data = records.find(call.store, scope, kind, id)
    if data is None:
        return {}
    found: dict[str, Any] = {key: data[member] for key, member in _OWN.get(kind, {}).items() if data.get(member)}
    if kind != records.VPC and data.get("VpcId"):
        found["ec2:Vpc"] = _arn(scope, records.VPC, data["VpcId"])
    if kind == records.INTERFACE:
        found["ec2:Subnet"] = _arn(scope, records.SUBNET, data["SubnetId"])
        found["ec2:AssociatePublicIpAddress"] = str("Association" in data).lower()
    if kind == records.ENDPOINT:
        found["ec2:VpceServiceOwner"] = "amazon"
    if kind == records.PEERING:
        found.update(_of_peers(data))
    return found


def _of_new(call: Call, kind: str) -> dict[str, Any]:
    """What is known of a thing before it is there: where it will lie."""
    given, scope = call.input, call.scope
    found: dict[str, Any] = {}
    if kind == records.PEERING:
        owner = Scope(given.get("PeerOwnerId") or call.account, given.get("PeerRegion") or call.region)
        for key, place, vpc in (
            ("ec2:RequesterVpc", scope, given.get("VpcId")),
            ("ec2:AccepterVpc", owner, given.get("PeerVpcId")),
        ):
            if isinstance(vpc, str):
                found[key] = _arn(place, records.VPC, vpc)
        return found
    vpc = given.get("VpcId")
    subnet = given.get(kinds.SUBNET.id)
    if isinstance(subnet, str):
        data = records.find(call.store, scope, records.SUBNET, subnet)
        if data is not None:
            vpc = data["VpcId"]
            found["ec2:Subnet"] = _arn(scope, records.SUBNET, subnet)
            found["ec2:AvailabilityZone"] = data["AvailabilityZone"]
    for key, member in (("ec2:AvailabilityZone", "AvailabilityZone"), ("ec2:Tenancy", "InstanceTenancy")):
        if isinstance(given.get(member), str):
            found[key] = given[member]
    if isinstance(vpc, str) and kind != records.VPC:
        found["ec2:Vpc"] = _arn(scope, records.VPC, vpc)
    return found


def _of_peers(data: Data) -> dict[str, Any]:
    found = {}
    for key, side in (("ec2:RequesterVpc", "RequesterVpcInfo"), ("ec2:AccepterVpc", "AccepterVpcInfo")):
        info = data[side]
        found[key] = _arn(Scope(info["OwnerId"], info["Region"]), records.VPC, info["VpcId"])
    return found


def _arn(scope: Scope, kind: str, id: str) -> str:
    return arn.make("ec2", scope, f"{kind}/{id}")
