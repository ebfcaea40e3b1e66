"""Elastic addresses, and the NAT gateways that use them."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.services.ec2 import errors, interfaces, lookup
from cloudarium.services.ec2.kinds import ADDRESS, INTERFACE, INTERNET_GATEWAY, NAT_GATEWAY, ROUTE_TABLE, SUBNET
from cloudarium.services.ec2.operations.trying import Data, operation
from cloudarium.services.ec2.resources import touching
from cloudarium.services.ec2.rules.filters import member
from cloudarium.shared import ids
from cloudarium.vpc import records

MOST_ADDRESSES = 5
ADDRESS_READERS = {
    "allocation-id": member("AllocationId"),
    "association-id": member("AssociationId"),
    "domain": member("Domain"),
    "network-interface-id": member("NetworkInterfaceId"),
    "private-ip-address": member("PrivateIpAddress"),
    "public-ip": member("PublicIp"),
    "network-interface-owner-id": member("NetworkInterfaceOwnerId"),
    "network-border-group": member("NetworkBorderGroup"),
}
GATEWAY_READERS = {
    "nat-gateway-id": member("NatGatewayId"),
    "state": member("State"),
    "subnet-id": member("SubnetId"),
    "vpc-id": member("VpcId"),
}


@operation(
    "AllocateAddress",
    on=touching(makes=ADDRESS),
    refuses=("PublicIpv4Pool", "NetworkBorderGroup", "CustomerOwnedIpv4Pool", "Address", "IpamPoolId"),
)
def allocate_address(call: Call) -> Data:
    """Take an elastic address."""
    there = records.every(call.store, call.scope, ADDRESS.record)
    if len(there) >= MOST_ADDRESSES:
        raise errors.LimitExceeded("AddressLimitExceeded", "The maximum number of addresses has been reached.")
    taken = {one["PublicIp"] for one in there}
    # Documentation's own addresses (RFC 5737): nobody's on the internet.
    free = next(address for number in range(1, 255) if (address := f"203.0.113.{number}") not in taken)
    data = {
        "AllocationId": lookup.new_id(ADDRESS),
        "PublicIp": free,
        "PublicIpv4Pool": "amazon",
        "Domain": "vpc",
        "NetworkBorderGroup": call.region,
    }
    shown = lookup.made(call, ADDRESS, data)
    return {name: value for name, value in shown.items() if name != "Tags"}


@operation("DescribeAddresses")
def describe_addresses(call: Call) -> Data:
    """The account's elastic addresses in this region."""
    every = lookup.every(call, ADDRESS)
    wanted = call.input.get("PublicIps") or []
    for address in wanted:
        if all(one["PublicIp"] != address for one in every):
            message = f"Address '{address}' not found."
            raise errors.Conflict(message, code="InvalidAddress.NotFound")
    picked = [one for one in every if not wanted or one["PublicIp"] in wanted]
    return lookup.described(call, ADDRESS, ADDRESS_READERS, picked)


@operation("ReleaseAddress", on=touching((ADDRESS, "AllocationId")), refuses=("NetworkBorderGroup",))
def release_address(call: Call) -> Data:
    """Give an elastic address back that nothing uses."""
    if not call.input.get("AllocationId") and call.input.get("PublicIp"):
        raise errors.Combination("You must specify an allocation id when releasing a VPC elastic IP address")
    data = lookup.named(call, ADDRESS)
    if "AssociationId" in data:
        raise errors.Conflict(f"The address {data['PublicIp']} is in use.", code="InvalidIPAddress.InUse")
    lookup.forget(call, ADDRESS, data["AllocationId"])
    return {}


# ---- NAT gateways ---------------------------------------------------------------------------------------------------


@operation(
    "CreateNatGateway",
    on=touching((SUBNET, "SubnetId"), (ADDRESS, "AllocationId"), makes=NAT_GATEWAY),
    refuses=(
        "SecondaryAllocationIds", "SecondaryPrivateIpAddresses", "SecondaryPrivateIpAddressCount", "AvailabilityMode",
        "AvailabilityZoneAddresses", "VpcId",
    ),
)  # fmt: skip
def create_nat_gateway(call: Call) -> Data:
    """Make a NAT gateway in a subnet; one to the internet needs an elastic address and a VPC with a gateway there."""
    token = call.input.get("ClientToken")
    repeated = _made_before(call, token)
    if repeated is not None:
        return repeated
    subnet = lookup.named(call, SUBNET)
    public = (call.input.get("ConnectivityType") or "public") == "public"
    address = _address(call, subnet["VpcId"]) if public else None
    data: Data = {
        "NatGatewayId": lookup.new_id(NAT_GATEWAY),
        "SubnetId": subnet["SubnetId"],
        "VpcId": subnet["VpcId"],
        "State": "available",
        "CreateTime": call.now,
        "ConnectivityType": "public" if public else "private",
        "AvailabilityMode": "zonal",
        **({"_Token": token} if token else {}),
    }
    text = f"Interface for NAT Gateway {data['NatGatewayId']}"
    asked = call.input.get("PrivateIpAddress") or ""
    interface = interfaces.make(call, subnet, [], "nat_gateway", text, asked, "amazon-aws")
    data["NatGatewayAddresses"] = [_associate(call, interface, address)]
    lookup.keep(call, INTERFACE, {**interface, "Status": "in-use"})
    shown = lookup.made(call, NAT_GATEWAY, data)
    return {"NatGateway": {**shown, "State": "pending"}, **({"ClientToken": token} if token else {})}


def _made_before(call: Call, token: str | None) -> Data | None:
    """The answer to the same request sent again."""
    for one in records.every(call.store, call.scope, NAT_GATEWAY.record) if token else ():
        if one.get("_Token") == token:
            return {"NatGateway": lookup.shown(call, NAT_GATEWAY, one), "ClientToken": token}
    return None


def _address(call: Call, vpc: str) -> Data:
    if not call.input.get("AllocationId"):
        raise errors.Missing("AllocationId")
    address = lookup.named(call, ADDRESS)
    if "AssociationId" in address:
        message = f"Elastic IP address [{address['AllocationId']}] is already associated"
        raise errors.Conflict(message, code="Resource.AlreadyAssociated")
    gateways = records.every(call.store, call.scope, INTERNET_GATEWAY.record)
    if all(one["VpcId"] != vpc for each in gateways for one in each["Attachments"]):
        message = f"Network {vpc} has no Internet gateway attached"
        raise errors.Conflict(message, code="Gateway.NotAttached")
    return address


def _associate(call: Call, interface: Data, address: Data | None) -> Data:
    """How a NAT gateway has its address; the elastic one is taken by it."""
    own = {"NetworkInterfaceId": interface["NetworkInterfaceId"], "PrivateIp": interface["PrivateIpAddress"]}
    data: Data = {**own, "IsPrimary": True, "Status": "succeeded"}
    if address is None:
        return data
    association = f"eipassoc-0{ids.hex(16)}"
    lookup.keep(
        call,
        ADDRESS,
        {
            **address,
            "AssociationId": association,
            "NetworkInterfaceId": own["NetworkInterfaceId"],
            "NetworkInterfaceOwnerId": call.account,
            "PrivateIpAddress": own["PrivateIp"],
            "_VpcId": interface["VpcId"],
        },
    )
    return {
        **data, "AllocationId": address["AllocationId"], "PublicIp": address["PublicIp"], "AssociationId": association
    }  # fmt: skip


@operation("DescribeNatGateways")
def describe_nat_gateways(call: Call) -> Data:
    """The account's NAT gateways in this region."""
    named = call.input
    if named.get("Filter"):  # this operation alone calls it so
        named["Filters"] = named["Filter"]
    return lookup.described(call, NAT_GATEWAY, GATEWAY_READERS)


@operation("DeleteNatGateway", on=touching((NAT_GATEWAY, "NatGatewayId")))
def delete_nat_gateway(call: Call) -> Data:
    """Delete a NAT gateway; it is shown as deleted for an hour, and routes to it become black holes."""
    data = lookup.named(call, NAT_GATEWAY)
    id = data["NatGatewayId"]
    if data["State"] == "deleted":
        raise errors.NotFound(NAT_GATEWAY, id)
    for one in data["NatGatewayAddresses"]:
        lookup.forget(call, INTERFACE, one["NetworkInterfaceId"])
        if "AllocationId" in one:
            _let_go(call, one["AllocationId"])
    for table in records.within(call.store, call.scope, data["VpcId"], ROUTE_TABLE.record):
        for route in table["Routes"]:
            if route.get("NatGatewayId") == id:
                route["State"] = "blackhole"
        lookup.keep(call, ROUTE_TABLE, table)
    lookup.keep(call, NAT_GATEWAY, {**data, "State": "deleted", "DeleteTime": call.now})
    call.later("ForgetNatGateway", {"NatGatewayId": id}, due=call.now + 3600, key=id)
    return {"NatGatewayId": id}


def _let_go(call: Call, allocation: str) -> None:
    address = lookup.find(call, ADDRESS, allocation)
    for name in ("AssociationId", "NetworkInterfaceId", "NetworkInterfaceOwnerId", "PrivateIpAddress", "_VpcId"):
        address.pop(name, None)
    lookup.keep(call, ADDRESS, address)
