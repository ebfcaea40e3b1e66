"""Internet gateways."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.services.ec2 import errors, lookup
from cloudarium.services.ec2.kinds import ADDRESS, INTERNET_GATEWAY, ROUTE_TABLE, VPC
from cloudarium.services.ec2.operations.trying import Data, operation
from cloudarium.services.ec2.resources import touching
from cloudarium.services.ec2.rules.filters import member
from cloudarium.vpc import records

MOST = 100  # one for each VPC, whose quota it follows
READERS = {
    "internet-gateway-id": member("InternetGatewayId"),
    "attachment.vpc-id": member("Attachments", "VpcId"),
    "attachment.state": member("Attachments", "State"),
    "owner-id": member("OwnerId"),
}


@operation("CreateInternetGateway", on=touching(makes=INTERNET_GATEWAY))
def create_internet_gateway(call: Call) -> Data:
    """Make an internet gateway, attached to nothing."""
    if len(records.every(call.store, call.scope, INTERNET_GATEWAY.record)) >= MOST:
        message = "The maximum number of internet gateways has been reached."
        raise errors.LimitExceeded("InternetGatewayLimitExceeded", message)
    data = {"InternetGatewayId": lookup.new_id(INTERNET_GATEWAY), "OwnerId": call.account, "Attachments": []}
    return {"InternetGateway": lookup.made(call, INTERNET_GATEWAY, data)}


@operation("DescribeInternetGateways")
def describe_internet_gateways(call: Call) -> Data:
    """The account's internet gateways in this region."""
    return lookup.described(call, INTERNET_GATEWAY, READERS)


@operation("AttachInternetGateway", on=touching((INTERNET_GATEWAY, "InternetGatewayId"), (VPC, "VpcId")))
def attach_internet_gateway(call: Call) -> Data:
    """Attach a gateway to a VPC that has none."""
    data, vpc = lookup.named(call, INTERNET_GATEWAY), lookup.named(call, VPC)["VpcId"]
    id = data["InternetGatewayId"]
    if data["Attachments"]:
        message = f"resource {id} is already attached to network {data['Attachments'][0]['VpcId']}"
        raise errors.Conflict(message, code="Resource.AlreadyAssociated")
    if any(one["VpcId"] == vpc for each in lookup.every(call, INTERNET_GATEWAY) for one in each["Attachments"]):
        message = f"Network {vpc} already has an internet gateway attached"
        raise errors.Conflict(message, code="InvalidParameterValue")
    lookup.keep(call, INTERNET_GATEWAY, {**data, "Attachments": [{"State": "available", "VpcId": vpc}]})
    _turn_routes(call, vpc, id, "active")
    return {}


@operation("DetachInternetGateway", on=touching((INTERNET_GATEWAY, "InternetGatewayId"), (VPC, "VpcId")))
def detach_internet_gateway(call: Call) -> Data:
    """Detach a gateway; routes to it become black holes."""
    data, vpc = lookup.named(call, INTERNET_GATEWAY), lookup.named(call, VPC)["VpcId"]
    id = data["InternetGatewayId"]
    if all(one["VpcId"] != vpc for one in data["Attachments"]):
        message = f"resource {id} is not attached to network {vpc}"
        raise errors.Conflict(message, code="Gateway.NotAttached")
    if any(one.get("_VpcId") == vpc for one in records.every(call.store, call.scope, ADDRESS.record)):
        raise errors.InUse(
            f"Network {vpc} has some mapped public address(es). Please unmap those public address(es) before "
            "detaching the gateway."
        )
    lookup.keep(call, INTERNET_GATEWAY, {**data, "Attachments": []})
    _turn_routes(call, vpc, id, "blackhole")
    return {}


def _turn_routes(call: Call, vpc: str, gateway: str, state: str) -> None:
    for table in records.within(call.store, call.scope, vpc, ROUTE_TABLE.record):
        for route in table["Routes"]:
            if route.get("GatewayId") == gateway:
                route["State"] = state
        lookup.keep(call, ROUTE_TABLE, table)


@operation("DeleteInternetGateway", on=touching((INTERNET_GATEWAY, "InternetGatewayId")))
def delete_internet_gateway(call: Call) -> Data:
    """Delete a gateway that is attached to nothing."""
    data = lookup.named(call, INTERNET_GATEWAY)
    id = data["InternetGatewayId"]
    if data["Attachments"]:
        raise errors.InUse(f"The internetGateway '{id}' has dependencies and cannot be deleted.")
    lookup.forget(call, INTERNET_GATEWAY, id)
    return {}
