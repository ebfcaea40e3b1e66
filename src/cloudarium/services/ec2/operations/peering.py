"""VPC peering: two VPCs, also of other accounts and regions, whose routes may lead to each other.

A connection is kept at both sides, as each of them sees it.
"""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.services.ec2 import errors, lookup
from cloudarium.services.ec2.kinds import PEERING, ROUTE_TABLE, VPC
from cloudarium.services.ec2.operations.trying import Data, operation
from cloudarium.services.ec2.resources import accepted, touching
from cloudarium.services.ec2.rules.filters import member
from cloudarium.shared.scope import Scope
from cloudarium.vpc import records

WEEK, SHOWN = 7 * 86_400.0, 7_200.0  # how long one waits to be accepted, and how long one that has ended is shown
SIDES = ("RequesterVpcInfo", "AccepterVpcInfo")
OPTIONS = {
    "AllowDnsResolutionFromRemoteVpc": False,
    "AllowEgressFromLocalClassicLinkToRemoteVpc": False,
    "AllowEgressFromLocalVpcToRemoteClassicLink": False,
}
READERS = {
    "accepter-vpc-info.cidr-block": member("AccepterVpcInfo", "CidrBlock"),
    "accepter-vpc-info.owner-id": member("AccepterVpcInfo", "OwnerId"),
    "accepter-vpc-info.vpc-id": member("AccepterVpcInfo", "VpcId"),
    "expiration-time": member("ExpirationTime"),
    "requester-vpc-info.cidr-block": member("RequesterVpcInfo", "CidrBlock"),
    "requester-vpc-info.owner-id": member("RequesterVpcInfo", "OwnerId"),
    "requester-vpc-info.vpc-id": member("RequesterVpcInfo", "VpcId"),
    "status-code": member("Status", "Code"),
    "status-message": member("Status", "Message"),
    "vpc-peering-connection-id": member("VpcPeeringConnectionId"),
}


def place(info: Data) -> Scope:
    """Whose side of a connection this is."""
    return Scope(info["OwnerId"], info["Region"])


def keep(call: Call, data: Data) -> None:
    """Keep a connection, new or changed, at both sides."""
    for side in dict.fromkeys(place(data[name]) for name in SIDES):
        records.put(call.store, side, PEERING.record, data["VpcPeeringConnectionId"], data)


def _info(scope: Scope, vpc: str, data: Data | None) -> Data:
    named: Data = {"OwnerId": scope.account, "VpcId": vpc, "Region": scope.region}
    if data is None:
        return named
    held = [{"CidrBlock": one["CidrBlock"]} for one in data["CidrBlockAssociationSet"]]
    return {**named, "CidrBlock": data["CidrBlock"], "CidrBlockSet": held, "PeeringOptions": dict(OPTIONS)}


@operation(
    "CreateVpcPeeringConnection",
    on=touching((VPC, "VpcId"), makes=PEERING),
    refuses=("RequesterPeeringConnectionOptions",),
)
def create_vpc_peering_connection(call: Call) -> Data:
    """Ask for a connection; whoever owns the other VPC has a week to accept it."""
    own = lookup.named(call, VPC)
    if not call.input.get("PeerVpcId"):
        raise errors.Missing("peerVpcId")
    there = Scope(call.input.get("PeerOwnerId") or call.account, call.input.get("PeerRegion") or call.region)
    lookup.check_id(VPC, call.input["PeerVpcId"])
    other = records.find(call.store, there, VPC.record, call.input["PeerVpcId"])
    if other is None and there.account == call.account:
        raise errors.NotFound(VPC, call.input["PeerVpcId"])
    _no_other(call, own["VpcId"], call.input["PeerVpcId"])
    data: Data = {
        "VpcPeeringConnectionId": lookup.new_id(PEERING),
        "RequesterVpcInfo": _info(call.scope, own["VpcId"], own),
        "AccepterVpcInfo": _info(there, call.input["PeerVpcId"], None),
        "ExpirationTime": call.now + WEEK,
        "Status": {"Code": "pending-acceptance", "Message": f"Pending Acceptance by {there.account}"},
    }
    due = call.now + WEEK
    if other is None or other["VpcId"] == own["VpcId"] or _overlap(own, other):
        text = "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range"
        data["Status"] = {"Code": "failed", "Message": text}
        due = call.now + SHOWN
    lookup.made(call, PEERING, data)
    if data["Status"]["Code"] != "failed":
        keep(call, data)
    call.later("AgePeering", {"VpcPeeringConnectionId": data["VpcPeeringConnectionId"]}, due=due)
    first = {"Code": "initiating-request", "Message": f"Initiating Request to {there.account}"}
    return {"VpcPeeringConnection": {**lookup.shown(call, PEERING, data), "Status": first}}


def _overlap(one: Data, other: Data) -> bool:
    blocks = [[IPv4Network(each["CidrBlock"]) for each in of["CidrBlockAssociationSet"]] for of in (one, other)]
    return any(mine.overlaps(theirs) for mine in blocks[0] for theirs in blocks[1])


def _no_other(call: Call, own: str, peer: str) -> None:
    for one in records.every(call.store, call.scope, PEERING.record):
        both = {one[side]["VpcId"] for side in SIDES}
        if both == {own, peer} and one["Status"]["Code"] in ("active", "pending-acceptance"):
            message = f"VPC peering connection {one['VpcPeeringConnectionId']} already exists between these VPCs."
            raise errors.Conflict(message, code="VpcPeeringConnectionAlreadyExists")


@operation("DescribeVpcPeeringConnections")
def describe_vpc_peering_connections(call: Call) -> Data:
    """The connections of the account's VPCs in this region, with those that others ask for."""
    return lookup.described(call, PEERING, READERS)


def _pending(call: Call, verb: str) -> Data:
    """The connection that a call decides about: at the other side, and not decided yet."""
    data = lookup.named(call, PEERING)
    id, there = data["VpcPeeringConnectionId"], place(data["AccepterVpcInfo"])
    if there.region != call.region:
        message = (
            f"Incorrect region ({call.region}) specified for this request.VPC peering connection {id} must be {verb} "
            f"in region {there.region}"
        )
        raise errors.Conflict(message, code="OperationNotPermitted")
    if there.account != call.account:
        message = f"User {call.account} cannot decide about peering {id}"
        raise errors.Conflict(message, code="OperationNotPermitted")
    if data["Status"]["Code"] != "pending-acceptance":
        message = f"Invalid state transition for {id}, attempted to transition from {data['Status']['Code']} to "
        raise errors.Conflict(message + ("active" if verb == "accepted" else "rejected"), code="InvalidStateTransition")
    return data


@operation("AcceptVpcPeeringConnection", on=accepted)
def accept_vpc_peering_connection(call: Call) -> Data:
    """Accept a connection that another VPC's owner asks for."""
    data = _pending(call, "accepted")
    there, id = place(data["AccepterVpcInfo"]), data["AccepterVpcInfo"]["VpcId"]
    vpc = records.find(call.store, there, VPC.record, id)
    if vpc is None:
        raise errors.NotFound(VPC, id)
    data["AccepterVpcInfo"] = _info(there, id, vpc)
    data["Status"] = {"Code": "active", "Message": "Active"}
    data.pop("ExpirationTime", None)
    keep(call, data)
    _turn_routes(call, data, "active")
    return {"VpcPeeringConnection": lookup.shown(call, PEERING, data)}


@operation("RejectVpcPeeringConnection", on=touching((PEERING, "VpcPeeringConnectionId")))
def reject_vpc_peering_connection(call: Call) -> Data:
    """Reject a connection that another VPC's owner asks for."""
    data = _pending(call, "accepted or rejected")
    _end(call, data, {"Code": "rejected", "Message": "Inactive"})
    return {"Return": True}


@operation("DeleteVpcPeeringConnection", on=touching((PEERING, "VpcPeeringConnectionId")))
def delete_vpc_peering_connection(call: Call) -> Data:
    """End a connection; routes that lead over it become black holes."""
    data = lookup.named(call, PEERING)
    id, state = data["VpcPeeringConnectionId"], data["Status"]["Code"]
    if state not in ("active", "pending-acceptance"):
        message = f"Invalid state transition for {id}, attempted to transition from {state} to deleted"
        raise errors.Conflict(message, code="InvalidStateTransition")
    _end(call, data, {"Code": "deleted", "Message": f"Deleted by {call.account}"})
    return {"Return": True}


def _end(call: Call, data: Data, status: Data) -> None:
    data["Status"] = status
    data.pop("ExpirationTime", None)
    keep(call, data)
    _turn_routes(call, data, "blackhole")
    due = call.now + SHOWN
    call.later("AgePeering", {"VpcPeeringConnectionId": data["VpcPeeringConnectionId"]}, due=due)


def _turn_routes(call: Call, data: Data, state: str) -> None:
    """Have the routes over a connection lead on, or into nothing."""
    id = data["VpcPeeringConnectionId"]
    for side in SIDES:
        info = data[side]
        for table in records.within(call.store, place(info), info["VpcId"], ROUTE_TABLE.record):
            for route in table["Routes"]:
                if route.get("VpcPeeringConnectionId") == id:
                    route["State"] = state
            records.put(call.store, place(info), ROUTE_TABLE.record, table["RouteTableId"], table, info["VpcId"])


@operation(
    "ModifyVpcPeeringConnectionOptions",
    on=touching((PEERING, "VpcPeeringConnectionId")),
)
def modify_vpc_peering_connection_options(call: Call) -> Data:
    """Say whether names of one side's hosts resolve to private addresses at the other."""
    data = lookup.named(call, PEERING)
    if data["Status"]["Code"] != "active":
        id = data["VpcPeeringConnectionId"]
        raise errors.Conflict(f"Peering {id} is not active", code="OperationNotPermitted")
    found: Data = {}
    for name, side in (("RequesterPeeringConnectionOptions", SIDES[0]), ("AccepterPeeringConnectionOptions", SIDES[1])):
        asked = call.input.get(name)
        if asked is None:
            continue
        if place(data[side]) != call.scope:
            message = "The options of the other side can only be changed by its owner, in its region."
            raise errors.Conflict(message, code="OperationNotPermitted")
        data[side]["PeeringOptions"].update(_options(asked))
        found[name] = {"AllowDnsResolutionFromRemoteVpc": data[side]["PeeringOptions"][next(iter(OPTIONS))], **asked}
    if not found:
        raise errors.Missing("accepterPeeringConnectionOptions or requesterPeeringConnectionOptions")
    keep(call, data)
    return found


def _options(asked: dict[str, Any]) -> dict[str, bool]:
    unknown = set(asked) - set(OPTIONS)
    if unknown:
        raise errors.Unsupported(f"This cloud has no peering option {min(unknown)}.")
    if any(asked.get(name) for name in OPTIONS if "ClassicLink" in name):
        raise errors.Unsupported("EC2-Classic is gone.")
    return {name: bool(value) for name, value in asked.items()}
