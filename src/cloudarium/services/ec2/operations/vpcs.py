"""VPCs, their blocks and attributes."""

from __future__ import annotations

from ipaddress import IPv4Network

from cloudarium.gateway.call import Call
from cloudarium.services.ec2 import defaults, errors, lookup, making
from cloudarium.services.ec2.kinds import (
    ACL,
    ENDPOINT,
    GROUP,
    INTERFACE,
    INTERNET_GATEWAY,
    NAT_GATEWAY,
    PEERING,
    ROUTE_TABLE,
    RULE,
    SUBNET,
    VPC,
)
from cloudarium.services.ec2.operations.nat import GONE
from cloudarium.services.ec2.operations.trying import Data, operation
from cloudarium.services.ec2.resources import touching, vpc_of_block
from cloudarium.services.ec2.rules import blocks
from cloudarium.services.ec2.rules.filters import member
from cloudarium.vpc import records

MOST = 100  # as far as AWS raises it on request: docs/decisions.md
MOST_BLOCKS = 5
READERS = {
    "vpc-id": member("VpcId"),
    "cidr": member("CidrBlock"),
    "cidr-block": member("CidrBlock"),
    "cidr-block-association.association-id": member("CidrBlockAssociationSet", "AssociationId"),
    "cidr-block-association.cidr-block": member("CidrBlockAssociationSet", "CidrBlock"),
    "cidr-block-association.state": member("CidrBlockAssociationSet", "CidrBlockState", "State"),
    "dhcp-options-id": member("DhcpOptionsId"),
    "is-default": member("IsDefault"),
    "isDefault": member("IsDefault"),
    "ipv6-cidr-block-association.association-id": member("Ipv6CidrBlockAssociationSet", "AssociationId"),
    "ipv6-cidr-block-association.ipv6-cidr-block": member("Ipv6CidrBlockAssociationSet", "Ipv6CidrBlock"),
    "ipv6-cidr-block-association.state": member("Ipv6CidrBlockAssociationSet", "Ipv6CidrBlockState", "State"),
    "ipv6-cidr-block-association.ipv6-pool": member("Ipv6CidrBlockAssociationSet", "Ipv6Pool"),
    "owner-id": member("OwnerId"),
    "state": member("State"),
}
_ATTRIBUTES = {
    "enableDnsSupport": "EnableDnsSupport",
    "enableDnsHostnames": "EnableDnsHostnames",
    "enableNetworkAddressUsageMetrics": "EnableNetworkAddressUsageMetrics",
}


@operation(
    "CreateVpc",
    on=touching(makes=VPC),
    refuses=(
        "AmazonProvidedIpv6CidrBlock", "Ipv6Pool", "Ipv6CidrBlock", "Ipv4IpamPoolId", "Ipv4NetmaskLength",
        "Ipv6IpamPoolId", "Ipv6NetmaskLength", "Ipv6CidrBlockNetworkBorderGroup", "VpcEncryptionControl",
    ),
)  # fmt: skip
def create_vpc(call: Call) -> Data:
    """Make a VPC with its main route table, its network ACL and its default security group."""
    given = call.input.get("CidrBlock")
    if not given:
        raise errors.Missing("cidrBlock")
    block = blocks.of_vpc(given)
    tenancy = lookup.one_of(call, "InstanceTenancy", "default", "dedicated")
    tags = lookup.tags_for(call, VPC)
    if len(records.every(call.store, call.scope, VPC.record)) >= MOST:
        raise errors.LimitExceeded("VpcLimitExceeded", "The maximum number of VPCs has been reached.")
    data = making.vpc(call, str(block), tenancy, defaults.dhcp_options(call))
    lookup.tag(call, VPC, data["VpcId"], tags)
    return {"Vpc": {**lookup.shown(call, VPC, data), "State": "pending", "Ipv6CidrBlockAssociationSet": []}}


@operation("CreateDefaultVpc")
def create_default_vpc(call: Call) -> Data:
    """Make the default VPC again after it was deleted."""
    if any(one["IsDefault"] for one in records.every(call.store, call.scope, VPC.record)):
        message = "A Default VPC already exists for this account in this region."
        raise errors.Conflict(message, code="DefaultVpcAlreadyExists")
    return {"Vpc": lookup.shown(call, VPC, defaults.make(call))}


@operation("DescribeVpcs")
def describe_vpcs(call: Call) -> Data:
    """The account's VPCs in this region."""
    return lookup.described(call, VPC, READERS)


@operation("DeleteVpc", on=touching((VPC, "VpcId")))
def delete_vpc(call: Call) -> Data:
    """Delete a VPC with what it was made with. Raises DependencyViolation while there is more in it."""
    data = lookup.named(call, VPC)
    id = data["VpcId"]
    if _is_used(call, id):
        raise errors.InUse(f"The vpc '{id}' has dependencies and cannot be deleted.")
    for group in records.within(call.store, call.scope, id, GROUP.record):
        for rule in records.within(call.store, call.scope, group["GroupId"], RULE.record):
            lookup.forget(call, RULE, rule["SecurityGroupRuleId"])
        lookup.forget(call, GROUP, group["GroupId"])
    for kind in (ROUTE_TABLE, ACL):
        for one in records.within(call.store, call.scope, id, kind.record):
            lookup.forget(call, kind, one[kind.id])
    lookup.forget(call, VPC, id)
    return {}


def _is_used(call: Call, id: str) -> bool:
    for kind in (SUBNET, INTERFACE, ENDPOINT):
        if records.within(call.store, call.scope, id, kind.record):
            return True
    gateways = records.every(call.store, call.scope, INTERNET_GATEWAY.record)
    if any(each["VpcId"] == id for one in gateways for each in one["Attachments"]):
        return True
    peerings = records.every(call.store, call.scope, PEERING.record)
    if any(
        id in (one["RequesterVpcInfo"]["VpcId"], one["AccepterVpcInfo"]["VpcId"])
        for one in peerings
        if one["Status"]["Code"] == "active"
    ):
        return True
    alive = [one for one in records.within(call.store, call.scope, id, NAT_GATEWAY.record) if one["State"] not in GONE]
    groups = [one for one in records.within(call.store, call.scope, id, GROUP.record) if one["GroupName"] != "default"]
    tables = [
        one
        for one in records.within(call.store, call.scope, id, ROUTE_TABLE.record)
        if not any(each["Main"] for each in one["Associations"])
    ]
    acls = [one for one in records.within(call.store, call.scope, id, ACL.record) if not one["IsDefault"]]
    return bool(alive or groups or tables or acls)


@operation("DescribeVpcAttribute", on=touching((VPC, "VpcId")))
def describe_vpc_attribute(call: Call) -> Data:
    """One attribute of a VPC."""
    data = lookup.named(call, VPC)
    name = _ATTRIBUTES.get(call.input["Attribute"], "")
    if not name:
        raise errors.Invalid.value(call.input["Attribute"], "attribute", "Unknown attribute.")
    return {"VpcId": data["VpcId"], name: {"Value": data["_Attributes"][name]}}


@operation("ModifyVpcAttribute", on=touching((VPC, "VpcId")))
def modify_vpc_attribute(call: Call) -> Data:
    """Change one attribute of a VPC."""
    data = lookup.named(call, VPC)
    given = {name: call.input[name] for name in _ATTRIBUTES.values() if call.input.get(name) is not None}
    if len(given) != 1:
        raise errors.Combination(
            "Fields for multiple attribute types specified" if given else "No attributes specified."
        )
    for name, value in given.items():
        data["_Attributes"][name] = bool(value.get("Value"))
    lookup.keep(call, VPC, data)
    return {}


@operation("ModifyVpcTenancy", on=touching((VPC, "VpcId")))
def modify_vpc_tenancy(call: Call) -> Data:
    """Have a VPC's instances no longer run on hardware of their own; there is no way back."""
    data, tenancy = lookup.named(call, VPC), call.input.get("InstanceTenancy")
    if tenancy != "default":
        message = f"The tenancy value {tenancy} is not supported."
        raise errors.Conflict(message, code="UnsupportedTenancy")
    lookup.keep(call, VPC, {**data, "InstanceTenancy": tenancy})
    return {"ReturnValue": True}


@operation(
    "AssociateVpcCidrBlock",
    on=touching((VPC, "VpcId")),
    refuses=(
        "Ipv6CidrBlockNetworkBorderGroup", "Ipv6Pool", "Ipv6CidrBlock", "Ipv4IpamPoolId",
        "Ipv4NetmaskLength", "Ipv6IpamPoolId", "Ipv6NetmaskLength", "AmazonProvidedIpv6CidrBlock",
    ),
)  # fmt: skip
def associate_vpc_cidr_block(call: Call) -> Data:
    """Give a VPC a further block of addresses."""
    data = lookup.named(call, VPC)
    if not call.input.get("CidrBlock"):
        raise errors.Missing("cidrBlock")
    block = blocks.of_vpc(call.input["CidrBlock"])
    held = data["CidrBlockAssociationSet"]
    if any(block.overlaps(IPv4Network(one["CidrBlock"])) for one in held):
        raise errors.Conflict(f"The CIDR '{block}' conflicts with one of the VPC's own.", code="InvalidVpc.Range")
    if len(held) >= MOST_BLOCKS:
        raise errors.LimitExceeded(
            "CidrLimitExceeded",
            f"This network {data['VpcId']} has met its maximum number of allowed CIDRs: {MOST_BLOCKS}",
        )
    new = making.association(str(block))
    held.append(new)
    lookup.keep(call, VPC, data)
    for table in records.within(call.store, call.scope, data["VpcId"], ROUTE_TABLE.record):
        local = {"GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"}
        table["Routes"].append({"DestinationCidrBlock": str(block), **local})
        lookup.keep(call, ROUTE_TABLE, table)
    return {"VpcId": data["VpcId"], "CidrBlockAssociation": {**new, "CidrBlockState": {"State": "associating"}}}


@operation("DisassociateVpcCidrBlock", on=vpc_of_block)
def disassociate_vpc_cidr_block(call: Call) -> Data:
    """Take a further block of addresses from a VPC."""
    id = call.input["AssociationId"]
    for data in records.every(call.store, call.scope, VPC.record):
        found = next((one for one in data["CidrBlockAssociationSet"] if one["AssociationId"] == id), None)
        if found is not None:
            break
    else:
        message = f"The vpc CIDR block with association ID {id} does not exist"
        raise errors.Conflict(message, code="InvalidVpcCidrBlockAssociationID.NotFound")
    if found["CidrBlock"] == data["CidrBlock"]:
        which = f"The vpc CIDR block with association ID {id} may not be disassociated."
        message = f"{which} It is the primary IPv4 CIDR block of the VPC"
        raise errors.Conflict(message, code="OperationNotPermitted")
    block = IPv4Network(found["CidrBlock"])
    subnets = records.within(call.store, call.scope, data["VpcId"], SUBNET.record)
    if any(IPv4Network(one["CidrBlock"]).subnet_of(block) for one in subnets):
        raise errors.InUse(f"The CIDR block '{block}' has dependencies and cannot be disassociated.")
    data["CidrBlockAssociationSet"].remove(found)
    lookup.keep(call, VPC, data)
    for table in records.within(call.store, call.scope, data["VpcId"], ROUTE_TABLE.record):
        table["Routes"] = [one for one in table["Routes"] if one.get("DestinationCidrBlock") != str(block)]
        lookup.keep(call, ROUTE_TABLE, table)
    return {"VpcId": data["VpcId"], "CidrBlockAssociation": {**found, "CidrBlockState": {"State": "disassociating"}}}
