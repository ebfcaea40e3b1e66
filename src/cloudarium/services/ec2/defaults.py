"""The network that every account has in every region before it makes one: the default VPC."""

from __future__ import annotations

from ipaddress import IPv4Network

from cloudarium.gateway.call import Call
from cloudarium.services.ec2 import lookup, making
from cloudarium.services.ec2.kinds import DHCP_OPTIONS, INTERNET_GATEWAY, ROUTE_TABLE
from cloudarium.shared.zones import zones
from cloudarium.vpc import records
from cloudarium.vpc.records import Data

BLOCK = "172.31.0.0/16"
_MARK = ("account", "default-vpc")


def ensure(call: Call) -> None:
    """Make the default VPC when this account is first seen in this region; one that was deleted stays deleted."""
    known = call.store.known(records.TOPIC)
    mark = ("default", call.scope)
    if mark in known:
        return
    if records.find(call.store, call.scope, *_MARK) is None:
        records.put(call.store, call.scope, *_MARK, {"MadeAt": call.now})
        make(call)
    call.store.known(records.TOPIC)[mark] = True


def make(call: Call) -> Data:
    """A default VPC: a public subnet in each zone and an internet gateway."""
    data = making.vpc(call, BLOCK, "default", dhcp_options(call), default=True)
    for (zone, _), block in zip(zones(call.region), IPv4Network(BLOCK).subnets(new_prefix=20), strict=False):
        making.subnet(call, data, str(block), zone, default=True)
    gateway = {
        "InternetGatewayId": lookup.new_id(INTERNET_GATEWAY),
        "OwnerId": call.account,
        "Attachments": [{"State": "available", "VpcId": data["VpcId"]}],
    }
    lookup.keep(call, INTERNET_GATEWAY, gateway)
    main = records.within(call.store, call.scope, data["VpcId"], ROUTE_TABLE.record)[0]
    main["Routes"].append(
        {
            "DestinationCidrBlock": making.ANYWHERE,
            "GatewayId": gateway["InternetGatewayId"],
            "Origin": "CreateRoute",
            "State": "active",
        }
    )
    lookup.keep(call, ROUTE_TABLE, main)
    return data


def dhcp_options(call: Call) -> str:
    """The id of the account's own DHCP options in this region, which VPCs begin with."""
    for one in records.every(call.store, call.scope, DHCP_OPTIONS.record):
        if one.get("_IsDefault"):
            return str(one["DhcpOptionsId"])
    name = "ec2.internal" if call.region == "us-east-1" else f"{call.region}.compute.internal"
    data = {
        "DhcpOptionsId": lookup.new_id(DHCP_OPTIONS),
        "OwnerId": call.account,
        "_IsDefault": True,
        "DhcpConfigurations": [
            {"Key": "domain-name", "Values": [{"Value": name}]},
            {"Key": "domain-name-servers", "Values": [{"Value": "AmazonProvidedDNS"}]},
        ],
    }
    lookup.keep(call, DHCP_OPTIONS, data)
    return str(data["DhcpOptionsId"])
