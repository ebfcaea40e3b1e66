"""Route tables, their routes, and for which subnets they hold."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.services.ec2 import errors, lookup, making
from cloudarium.services.ec2.kinds import (
    INTERFACE,
    INTERNET_GATEWAY,
    NAT_GATEWAY,
    PEERING,
    PREFIX_LIST,
    ROUTE_TABLE,
    SUBNET,
    VPC,
)
from cloudarium.services.ec2.operations import nat
from cloudarium.services.ec2.operations.trying import Data, operation
from cloudarium.services.ec2.resources import association_of, touching
from cloudarium.services.ec2.rules import blocks
from cloudarium.services.ec2.rules.filters import member
from cloudarium.vpc import records

MOST_ROUTES = 500
READERS = {
    "route-table-id": member("RouteTableId"),
    "vpc-id": member("VpcId"),
    "owner-id": member("OwnerId"),
    "association.main": member("Associations", "Main"),
    "association.route-table-association-id": member("Associations", "RouteTableAssociationId"),
    "association.route-table-id": member("Associations", "RouteTableId"),
    "association.subnet-id": member("Associations", "SubnetId"),
    "association.gateway-id": member("Associations", "GatewayId"),
    "route.destination-cidr-block": member("Routes", "DestinationCidrBlock"),
    "route.destination-prefix-list-id": member("Routes", "DestinationPrefixListId"),
    "route.gateway-id": member("Routes", "GatewayId"),
    "route.nat-gateway-id": member("Routes", "NatGatewayId"),
    "route.carrier-gateway-id": member("Routes", "CarrierGatewayId"),
    "route.core-network-arn": member("Routes", "CoreNetworkArn"),
    "route.destination-ipv6-cidr-block": member("Routes", "DestinationIpv6CidrBlock"),
    "route.egress-only-internet-gateway-id": member("Routes", "EgressOnlyInternetGatewayId"),
    "route.instance-id": member("Routes", "InstanceId"),
    "route.local-gateway-id": member("Routes", "LocalGatewayId"),
    "route.network-interface-id": member("Routes", "NetworkInterfaceId"),
    "route.transit-gateway-id": member("Routes", "TransitGatewayId"),
    "route.vpc-peering-connection-id": member("Routes", "VpcPeeringConnectionId"),
    "route.origin": member("Routes", "Origin"),
    "route.state": member("Routes", "State"),
}
_UNBUILT = (
    "DestinationIpv6CidrBlock", "VpcEndpointId", "TransitGatewayId", "LocalGatewayId", "CarrierGatewayId",
    "CoreNetworkArn", "OdbNetworkArn", "EgressOnlyInternetGatewayId", "InstanceId",
)  # fmt: skip
_TARGETS = {
    "GatewayId": INTERNET_GATEWAY,
    "NatGatewayId": NAT_GATEWAY,
    "NetworkInterfaceId": INTERFACE,
    "VpcPeeringConnectionId": PEERING,
}
_DESTINATIONS = ("DestinationCidrBlock", "DestinationPrefixListId")


@operation("CreateRouteTable", on=touching((VPC, "VpcId"), makes=ROUTE_TABLE))
def create_route_table(call: Call) -> Data:
    """Make a route table that leads to its VPC's own blocks."""
    data = making.route_table(call, lookup.named(call, VPC))
    return {"RouteTable": lookup.made(call, ROUTE_TABLE, data)}


@operation("DescribeRouteTables")
def describe_route_tables(call: Call) -> Data:
    """The account's route tables in this region."""
    return lookup.described(call, ROUTE_TABLE, READERS)


@operation("DeleteRouteTable", on=touching((ROUTE_TABLE, "RouteTableId")))
def delete_route_table(call: Call) -> Data:
    """Delete a route table that holds for nothing."""
    data = lookup.named(call, ROUTE_TABLE)
    if data["Associations"]:
        raise errors.InUse(f"The routeTable '{data['RouteTableId']}' has dependencies and cannot be deleted.")
    lookup.forget(call, ROUTE_TABLE, data["RouteTableId"])
    return {}


# ---- routes ---------------------------------------------------------------------------------------------------------


@operation("CreateRoute", on=touching((ROUTE_TABLE, "RouteTableId")), refuses=_UNBUILT)
def create_route(call: Call) -> Data:
    """Add a route to a table."""
    table = lookup.named(call, ROUTE_TABLE)
    where = _destination(call)
    target = _target(call, table)
    for one in table["Routes"]:
        if _leads_to(one, where):
            name = next(iter(where.values()))
            if one.get("GatewayId") == "local":
                raise errors.Invalid(
                    f"The destination CIDR block {name} is equal to or more specific than one of this VPC's CIDR "
                    "blocks. This route can target only an interface or an instance."
                )
            if {name: one.get(name) for name in target} == target:
                return {"Return": True}
            raise errors.Conflict(f"The route identified by {name} already exists.", code="RouteAlreadyExists")
    if sum(_weight(call, one) for one in (*table["Routes"], where)) > MOST_ROUTES:
        raise errors.LimitExceeded("RouteLimitExceeded", "The maximum number of routes has been reached.")
    table["Routes"].append({**where, **target, "Origin": "CreateRoute", "State": _state(call, target)})
    lookup.keep(call, ROUTE_TABLE, table)
    return {"Return": True}


def _weight(call: Call, route: Data) -> int:
    """As how many routes one counts: as one, but a prefix list of the account's own as all that may be in it."""
    id = route.get("DestinationPrefixListId")
    found = records.find(call.store, call.scope, PREFIX_LIST.record, id) if id else None
    return int(found.get("MaxEntries", 1)) if found is not None else 1


def _destination(call: Call) -> Data:
    """Where a route leads: to a block of addresses or to those of a prefix list."""
    given = {name: call.input[name] for name in _DESTINATIONS if call.input.get(name)}
    if not given:
        raise errors.Missing("destinationCidrBlock")
    if len(given) > 1:
        raise errors.Combination("Only one of destinationCidrBlock and destinationPrefixListId may be specified.")
    if "DestinationPrefixListId" in given:
        return {"DestinationPrefixListId": lookup.named(call, PREFIX_LIST, "DestinationPrefixListId")["PrefixListId"]}
    return {"DestinationCidrBlock": str(blocks.parse(given["DestinationCidrBlock"], "destinationCidrBlock"))}


def _leads_to(route: Data, where: Data) -> bool:
    return all(route.get(name) == value for name, value in where.items())


def _target(call: Call, table: Data) -> Data:
    given = {name: call.input[name] for name in _TARGETS if call.input.get(name)}
    if len(given) != 1:
        names = "gatewayId, natGatewayId, networkInterfaceId, vpcPeeringConnectionId"
        raise errors.Missing(names) if not given else errors.Combination(f"Only one of {names} may be specified.")
    name, id = next(iter(given.items()))
    if name == "GatewayId" and id.startswith(("vgw-", "vpce-")):
        raise errors.Unsupported(f"A route of this cloud leads to no gateway of the kind of {id}.")
    found = lookup.find(call, _TARGETS[name], id)
    if name == "VpcPeeringConnectionId":
        _check_peering(found, table)
        return {name: id}
    if name == "GatewayId" and all(one["VpcId"] != table["VpcId"] for one in found["Attachments"]):
        message = f"route table {table['RouteTableId']} and network gateway {id} belong to different networks"
        raise errors.Invalid(message)
    if name != "GatewayId" and found["VpcId"] != table["VpcId"]:
        raise errors.Invalid(f"route table {table['RouteTableId']} and interface {id} belong to different networks")
    if name == "NatGatewayId" and found["State"] in nat.GONE:
        raise errors.NotFound(NAT_GATEWAY, id)
    return {name: id}


def _state(call: Call, target: Data) -> str:
    """What a new route is like: one over a peering connection waits for that to be accepted."""
    id = target.get("VpcPeeringConnectionId", "")
    peering = records.find(call.store, call.scope, PEERING.record, id) if id else None
    return "active" if peering is None or peering["Status"]["Code"] == "active" else "blackhole"


def _check_peering(found: Data, table: Data) -> None:
    id = found["VpcPeeringConnectionId"]
    if table["VpcId"] not in (found["RequesterVpcInfo"]["VpcId"], found["AccepterVpcInfo"]["VpcId"]):
        message = f"route table {table['RouteTableId']} and peering connection {id} belong to different networks"
        raise errors.Invalid(message)
    if found["Status"]["Code"] not in ("active", "pending-acceptance"):
        raise errors.Conflict(f"VpcPeeringConnection {id} is not active", code="InvalidStateTransition")


@operation("ReplaceRoute", on=touching((ROUTE_TABLE, "RouteTableId")), refuses=(*_UNBUILT, "LocalTarget"))
def replace_route(call: Call) -> Data:
    """Have a route lead elsewhere."""
    table = lookup.named(call, ROUTE_TABLE)
    old = _route(call, table)
    if old.get("GatewayId", "").startswith("vpce-"):
        raise errors.Invalid(f"cannot replace the route of gateway endpoint {old['GatewayId']}; modify the endpoint")
    target = _target(call, table)
    new = {**_destination(call), **target, "Origin": "CreateRoute", "State": _state(call, target)}
    table["Routes"][table["Routes"].index(old)] = new
    lookup.keep(call, ROUTE_TABLE, table)
    return {}


@operation(
    "DeleteRoute",
    on=touching((ROUTE_TABLE, "RouteTableId")),
    refuses=("DestinationIpv6CidrBlock",),
)
def delete_route(call: Call) -> Data:
    """Take a route out of a table; the local ones stay."""
    table = lookup.named(call, ROUTE_TABLE)
    old = _route(call, table)
    if old.get("GatewayId") == "local":
        block, id = old["DestinationCidrBlock"], table["RouteTableId"]
        raise errors.Invalid(f"cannot remove local route {block} in route table {id}")
    table["Routes"].remove(old)
    lookup.keep(call, ROUTE_TABLE, table)
    return {}


def _route(call: Call, table: Data) -> Data:
    where = _destination(call)
    for one in table["Routes"]:
        if _leads_to(one, where):
            return one
    name = "destination-cidr-block" if "DestinationCidrBlock" in where else "destination-prefix-list-id"
    message = f"no route with {name} {next(iter(where.values()))} in route table {table['RouteTableId']}"
    raise errors.Conflict(message, code="InvalidRoute.NotFound")


# ---- associations ---------------------------------------------------------------------------------------------------


@operation(
    "AssociateRouteTable",
    on=touching((ROUTE_TABLE, "RouteTableId"), (SUBNET, "SubnetId")),
    refuses=("GatewayId", "PublicIpv4Pool"),
)
def associate_route_table(call: Call) -> Data:
    """Have a route table hold for a subnet."""
    table, subnet = lookup.named(call, ROUTE_TABLE), lookup.named(call, SUBNET)
    if table["VpcId"] != subnet["VpcId"]:
        ids = f"route table {table['RouteTableId']} and subnet {subnet['SubnetId']}"
        raise errors.Invalid(f"{ids} belong to different networks")
    for one in records.within(call.store, call.scope, table["VpcId"], ROUTE_TABLE.record):
        held = next((each for each in one["Associations"] if each.get("SubnetId") == subnet["SubnetId"]), None)
        if held is not None:
            if one["RouteTableId"] == table["RouteTableId"]:
                return _associated(held)
            which = f"the specified association for route table {table['RouteTableId']}"
            message = f"{which} conflicts with an existing association"
            raise errors.Conflict(message, code="Resource.AlreadyAssociated")
    new = making.table_association(table, subnet["SubnetId"])
    table["Associations"].append(new)
    lookup.keep(call, ROUTE_TABLE, table)
    return _associated(new)


def _associated(association: Data) -> Data:
    return {"AssociationId": association["RouteTableAssociationId"], "AssociationState": {"State": "associated"}}


def _association(call: Call) -> tuple[Data, Data]:
    """The table and the association that a call names."""
    id = call.input.get("AssociationId") or ""
    for table in records.every(call.store, call.scope, ROUTE_TABLE.record):
        for one in table["Associations"]:
            if one["RouteTableAssociationId"] == id:
                return table, one
    message = f"The association ID '{id}' does not exist"
    raise errors.Conflict(message, code="InvalidAssociationID.NotFound")


@operation("DisassociateRouteTable", on=association_of(ROUTE_TABLE, "RouteTableAssociationId"))
def disassociate_route_table(call: Call) -> Data:
    """Have the main table hold for a subnet again."""
    table, association = _association(call)
    if association["Main"]:
        message = f"cannot disassociate the main route table association {association['RouteTableAssociationId']}"
        raise errors.Invalid(message)
    table["Associations"].remove(association)
    lookup.keep(call, ROUTE_TABLE, table)
    return {}


@operation("ReplaceRouteTableAssociation", on=association_of(ROUTE_TABLE, "RouteTableAssociationId", new=True))
def replace_route_table_association(call: Call) -> Data:
    """Have another table hold for a subnet, or be a VPC's main one."""
    old, association = _association(call)
    table = lookup.named(call, ROUTE_TABLE)
    if table["VpcId"] != old["VpcId"]:
        raise errors.Invalid(f"route table {table['RouteTableId']} belongs to another network")
    if table["RouteTableId"] == old["RouteTableId"]:
        id = association["RouteTableAssociationId"]
        return {"NewAssociationId": id, "AssociationState": {"State": "associated"}}
    old["Associations"].remove(association)
    lookup.keep(call, ROUTE_TABLE, old)
    table = lookup.find(call, ROUTE_TABLE, table["RouteTableId"])
    new = making.table_association(table, association.get("SubnetId", ""), association["Main"])
    table["Associations"].append(new)
    lookup.keep(call, ROUTE_TABLE, table)
    return {"NewAssociationId": new["RouteTableAssociationId"], "AssociationState": {"State": "associated"}}
