"""Making what comes along with a VPC: its main route table, its default ACL and security group."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.services.ec2 import lookup
from cloudarium.services.ec2.kinds import ACL, GROUP, ROUTE_TABLE, RULE, SUBNET, VPC
from cloudarium.services.ec2.rules import blocks
from cloudarium.shared import arn, ids
from cloudarium.shared.zones import zone_id
from cloudarium.vpc import records
from cloudarium.vpc.records import Data

ANYWHERE = "0.0.0.0/0"
LAST_RULE = 32767  # EC2's number for the `*` entry of a network ACL


def vpc(call: Call, block: str, tenancy: str, dhcp_options: str, default: bool = False) -> Data:
    """A new VPC with what every VPC has."""
    data: Data = {
        "VpcId": lookup.new_id(VPC),
        "OwnerId": call.account,
        "State": "available",
        "CidrBlock": block,
        "CidrBlockAssociationSet": [association(block)],
        "InstanceTenancy": tenancy,
        "DhcpOptionsId": dhcp_options,
        "IsDefault": default,
        "_Attributes": {
            "EnableDnsSupport": True,
            "EnableDnsHostnames": default,
            "EnableNetworkAddressUsageMetrics": False,
        },
    }
    lookup.keep(call, VPC, data)
    main = route_table(call, data)
    main["Associations"] = [table_association(main, main=True)]
    lookup.keep(call, ROUTE_TABLE, main)
    lookup.keep(call, ACL, acl(call, data, default=True))
    _default_group(call, data)
    return data


def association(block: str) -> Data:
    """How a VPC holds a block of addresses."""
    return {
        "AssociationId": f"vpc-cidr-assoc-0{ids.hex(16)}",
        "CidrBlock": block,
        "CidrBlockState": {"State": "associated"},
    }


def route_table(call: Call, of: Data) -> Data:
    """A new route table of a VPC: it leads to the VPC's own blocks."""
    local = [
        {
            "DestinationCidrBlock": one["CidrBlock"],
            "GatewayId": "local",
            "Origin": "CreateRouteTable",
            "State": "active",
        }
        for one in of["CidrBlockAssociationSet"]
    ]
    return {
        "RouteTableId": lookup.new_id(ROUTE_TABLE),
        "VpcId": of["VpcId"],
        "OwnerId": call.account,
        "Associations": [],
        "PropagatingVgws": [],
        "Routes": local,
    }


def table_association(table: Data, subnet: str = "", main: bool = False) -> Data:
    """How a route table holds for a subnet, or for all that have none of their own."""
    data: Data = {
        "Main": main,
        "RouteTableAssociationId": f"rtbassoc-0{ids.hex(16)}",
        "RouteTableId": table["RouteTableId"],
        "AssociationState": {"State": "associated"},
    }
    return {**data, "SubnetId": subnet} if subnet else data


def acl(call: Call, of: Data, default: bool = False) -> Data:
    """A new network ACL of a VPC; the VPC's own lets everything through, any other nothing."""
    entries = [entry(LAST_RULE, egress, "deny") for egress in (True, False)]
    if default:
        entries += [entry(100, egress, "allow") for egress in (True, False)]
    return {
        "NetworkAclId": lookup.new_id(ACL),
        "VpcId": of["VpcId"],
        "OwnerId": call.account,
        "IsDefault": default,
        "Associations": [],
        "Entries": sorted(entries, key=entry_order),
    }


def entry_order(one: Data) -> tuple[bool, int]:
    """How EC2 lists the entries of a network ACL: those for what goes out first, by their numbers."""
    return not one["Egress"], one["RuleNumber"]


def entry(number: int, egress: bool, action: str) -> Data:
    """An entry about all traffic."""
    return {"RuleNumber": number, "Egress": egress, "RuleAction": action, "Protocol": "-1", "CidrBlock": ANYWHERE}


def acl_association(of: Data, subnet: str) -> Data:
    """How a network ACL holds for a subnet."""
    return {
        "NetworkAclAssociationId": f"aclassoc-0{ids.hex(16)}",
        "NetworkAclId": of["NetworkAclId"],
        "SubnetId": subnet,
    }


def group(call: Call, name: str, description: str, vpc: str) -> Data:
    """A new security group, kept with the one rule that every new one has: everything may go out."""
    id = lookup.new_id(GROUP)
    data = {
        "GroupId": id,
        "GroupName": name,
        "Description": description,
        "VpcId": vpc,
        "OwnerId": call.account,
        "SecurityGroupArn": lookup.arn_of(call.scope, GROUP, id),
    }
    lookup.keep(call, GROUP, data)
    rule(call, data, True, {"IpProtocol": "-1", "FromPort": -1, "ToPort": -1, "CidrIpv4": ANYWHERE})
    return data


def _default_group(call: Call, of: Data) -> None:
    data = group(call, "default", "default VPC security group", of["VpcId"])
    peer = {"GroupId": data["GroupId"], "UserId": call.account}
    rule(call, data, False, {"IpProtocol": "-1", "FromPort": -1, "ToPort": -1, "ReferencedGroupInfo": peer})


def rule(call: Call, of: Data, egress: bool, what: Data) -> Data:
    """A new rule of a security group, kept."""
    id = lookup.new_id(RULE)
    there = records.within(call.store, call.scope, of["GroupId"], RULE.record)
    data = {
        "SecurityGroupRuleId": id,
        "_Number": max((one["_Number"] for one in there), default=0) + 1,  # groups show their rules as they came
        "GroupId": of["GroupId"],
        "GroupOwnerId": of["OwnerId"],
        "IsEgress": egress,
        **what,
        "SecurityGroupRuleArn": lookup.arn_of(call.scope, RULE, id),
    }
    lookup.keep(call, RULE, data, parent=of["GroupId"])
    return data


def subnet(call: Call, of: Data, block: str, zone: str, default: bool = False) -> Data:
    """A new subnet of a VPC; the VPC's own network ACL holds for it."""
    id = lookup.new_id(SUBNET)
    data: Data = {
        "SubnetId": id,
        "SubnetArn": arn.make("ec2", call.scope, f"subnet/{id}"),
        "VpcId": of["VpcId"],
        "OwnerId": call.account,
        "State": "available",
        "CidrBlock": block,
        "AvailabilityZone": zone,
        "AvailabilityZoneId": zone_id(call.region, zone),
        "AvailableIpAddressCount": blocks.room(blocks.parse(block), 0),
        "DefaultForAz": default,
        "MapPublicIpOnLaunch": default,
        "MapCustomerOwnedIpOnLaunch": False,
        "AssignIpv6AddressOnCreation": False,
        "Ipv6CidrBlockAssociationSet": [],
        "EnableDns64": False,
        "Ipv6Native": False,
        "PrivateDnsNameOptionsOnLaunch": {
            "HostnameType": "ip-name",
            "EnableResourceNameDnsARecord": False,
            "EnableResourceNameDnsAAAARecord": False,
        },
    }
    lookup.keep(call, SUBNET, data)
    acls = records.within(call.store, call.scope, of["VpcId"], ACL.record)
    own = next(one for one in acls if one["IsDefault"])
    own["Associations"].append(acl_association(own, id))
    lookup.keep(call, ACL, own)
    return data
