"""NAT gateways."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.services.ec2 import errors, interfaces, lookup
from cloudarium.services.ec2.kinds import ADDRESS, INTERFACE, INTERNET_GATEWAY, NAT_GATEWAY, ROUTE_TABLE, SUBNET
from cloudarium.services.ec2.operations import addresses
from cloudarium.services.ec2.operations.trying import Data, operation
from cloudarium.services.ec2.resources import touching
from cloudarium.services.ec2.rules.filters import member
from cloudarium.vpc import records

SHOWN = 3600.0
GONE = ("deleted", "failed")
READERS = {
    "nat-gateway-id": member("NatGatewayId"),
    "state": member("State"),
    "subnet-id": member("SubnetId"),
    "vpc-id": member("VpcId"),
}


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
    public = lookup.one_of(call, "ConnectivityType", "public", "private") == "public"
    address = _address(call) if public else None
    problem = _problem(call, address, subnet["VpcId"]) if address is not None else {}
    data: Data = {
        "NatGatewayId": lookup.new_id(NAT_GATEWAY),
        "SubnetId": subnet["SubnetId"],
        "VpcId": subnet["VpcId"],
        "State": "failed" if problem else "available",
        **problem,
        "CreateTime": call.now,
        "ConnectivityType": "public" if public else "private",
        "AvailabilityMode": "zonal",
        **({"_Token": token} if token else {}),
    }
    if problem:
        data["NatGatewayAddresses"] = [{"AllocationId": call.input["AllocationId"], "IsPrimary": True}]
        _forget_later(call, data["NatGatewayId"])
    else:
        data["NatGatewayAddresses"] = [_place(call, subnet, address, data["NatGatewayId"])]
    shown = {**lookup.made(call, NAT_GATEWAY, data), "State": "pending"}
    shown = {name: value for name, value in shown.items() if name not in problem}
    return {"NatGateway": shown, **({"ClientToken": token} if token else {})}


def _made_before(call: Call, token: str | None) -> Data | None:
    """The answer to the same request sent again."""
    for one in records.every(call.store, call.scope, NAT_GATEWAY.record) if token else ():
        if one.get("_Token") == token:
            return {"NatGateway": lookup.shown(call, NAT_GATEWAY, one), "ClientToken": token}
    return None


def _address(call: Call) -> Data:
    if not call.input.get("AllocationId"):
        raise errors.Missing("AllocationId")
    return lookup.named(call, ADDRESS)


def _problem(call: Call, address: Data, vpc: str) -> Data:
    """Why a gateway to the internet fails, which EC2 finds out only after it has answered.

    Source: "Troubleshoot NAT gateways" of the Amazon VPC User Guide.
    """
    if "AssociationId" in address:
        message = f"Elastic IP address [{address['AllocationId']}] is already associated"
        return {"FailureCode": "Resource.AlreadyAssociated", "FailureMessage": message}
    gateways = records.every(call.store, call.scope, INTERNET_GATEWAY.record)
    if all(one["VpcId"] != vpc for each in gateways for one in each["Attachments"]):
        message = f"Network {vpc} has no Internet gateway attached"
        return {"FailureCode": "Gateway.NotAttached", "FailureMessage": message}
    return {}


def _place(call: Call, subnet: Data, address: Data | None, id: str) -> Data:
    """Give a gateway its interface; how it has its address."""
    asked = call.input.get("PrivateIpAddress") or ""
    text = f"Interface for NAT Gateway {id}"
    interface = interfaces.make(call, subnet, [], "nat_gateway", text, asked, "amazon-aws")
    interface["Status"] = "in-use"
    lookup.keep(call, INTERFACE, interface)
    return _associate(call, interface, address)


def _associate(call: Call, interface: Data, address: Data | None) -> Data:
    """How a NAT gateway has its address; the elastic one is taken by it."""
    own = {"NetworkInterfaceId": interface["NetworkInterfaceId"], "PrivateIp": interface["PrivateIpAddress"]}
    data: Data = {**own, "IsPrimary": True, "Status": "succeeded"}
    if address is None:
        return data
    association = addresses.associate(call, address, interface)
    public = {"AllocationId": address["AllocationId"], "PublicIp": address["PublicIp"]}
    return {**data, **public, "AssociationId": association}


@operation("DescribeNatGateways")
def describe_nat_gateways(call: Call) -> Data:
    """The account's NAT gateways in this region."""
    asked = call.input.get("Filter") or []  # this operation alone calls it so
    return lookup.described(call, NAT_GATEWAY, READERS, asked=asked)


@operation("DeleteNatGateway", on=touching((NAT_GATEWAY, "NatGatewayId")))
def delete_nat_gateway(call: Call) -> Data:
    """Delete a NAT gateway; it is shown as deleted for an hour, and routes to it become black holes."""
    data = lookup.named(call, NAT_GATEWAY)
    id = data["NatGatewayId"]
    if data["State"] == "deleted":
        raise errors.NotFound(NAT_GATEWAY, id)
    for one in data["NatGatewayAddresses"] if data["State"] != "failed" else ():
        if "AllocationId" in one:
            addresses.release(call, lookup.find(call, ADDRESS, one["AllocationId"]))
        lookup.forget(call, INTERFACE, one["NetworkInterfaceId"])
    for table in records.within(call.store, call.scope, data["VpcId"], ROUTE_TABLE.record):
        for route in table["Routes"]:
            if route.get("NatGatewayId") == id:
                route["State"] = "blackhole"
        lookup.keep(call, ROUTE_TABLE, table)
    lookup.keep(call, NAT_GATEWAY, {**data, "State": "deleted", "DeleteTime": call.now})
    _forget_later(call, id)
    return {"NatGatewayId": id}


def _forget_later(call: Call, id: str) -> None:
    """Forget a gateway that is no more in an hour."""
    call.later("ForgetNatGateway", {"NatGatewayId": id}, due=call.now + SHOWN, key=id)
