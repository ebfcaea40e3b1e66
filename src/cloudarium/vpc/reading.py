"""From what is kept to the facts that decide: remembered until something in a VPC changes."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network

from cloudarium.shared.scope import Scope
from cloudarium.store import Store
from cloudarium.vpc import records
from cloudarium.vpc.facts import (
    Entry,
    Facts,
    Interface,
    NetworkAcl,
    Permission,
    Route,
    SecurityGroup,
    ServiceEndpoint,
    Subnet,
)
from cloudarium.vpc.records import Data

_NUMBERS = {"tcp": "6", "udp": "17", "icmp": "1", "icmpv6": "58"}
_TARGETS = ("GatewayId", "NatGatewayId", "NetworkInterfaceId", "VpcPeeringConnectionId", "TransitGatewayId")


def facts(store: Store, scope: Scope) -> Facts:
    """Everything that decides about traffic in the VPCs of an account in a region."""
    known = store.known(records.TOPIC)
    found = known.get(scope)
    if found is None:
        found = known[scope] = _read(store, scope)
    assert isinstance(found, Facts)
    return found


def interface(data: Data) -> Interface:
    """A network interface as it decides."""
    groups = frozenset(group["GroupId"] for group in data["Groups"])
    return Interface(data["VpcId"], data["SubnetId"], IPv4Address(data["PrivateIpAddress"]), groups)


def _read(store: Store, scope: Scope) -> Facts:
    acls = records.every(store, scope, records.ACL)
    tables = records.every(store, scope, records.ROUTE_TABLE)
    subnets = [_subnet(data, acls, tables) for data in records.every(store, scope, records.SUBNET)]
    groups = [_group(store, scope, data) for data in records.every(store, scope, records.GROUP)]
    endpoints = [_endpoint(store, scope, data) for data in records.every(store, scope, records.ENDPOINT)]
    return Facts({one.id: one for one in groups}, {one.id: one for one in subnets}, tuple(endpoints))


def _group(store: Store, scope: Scope, data: Data) -> SecurityGroup:
    rules = records.within(store, scope, data["GroupId"], records.RULE)
    ingress = tuple(_permission(rule) for rule in rules if not rule["IsEgress"])
    egress = tuple(_permission(rule) for rule in rules if rule["IsEgress"])
    return SecurityGroup(data["GroupId"], data["VpcId"], ingress, egress)


def _permission(rule: Data) -> Permission:
    networks = (IPv4Network(rule["CidrIpv4"]),) if "CidrIpv4" in rule else ()
    named = rule.get("ReferencedGroupInfo")
    groups = frozenset([named["GroupId"]]) if named else frozenset[str]()
    protocol = str(_NUMBERS.get(rule["IpProtocol"], rule["IpProtocol"]))
    return Permission(protocol, rule.get("FromPort", -1), rule.get("ToPort", -1), networks, groups)


def _subnet(data: Data, acls: Iterable[Data], tables: Iterable[Data]) -> Subnet:
    id, vpc = data["SubnetId"], data["VpcId"]
    acl = next(one for one in acls if any(each["SubnetId"] == id for each in one["Associations"]))
    those = [table for table in tables if table["VpcId"] == vpc]
    table = next((one for one in those if any(each.get("SubnetId") == id for each in one["Associations"])), None)
    table = table or next(one for one in those if any(each["Main"] for each in one["Associations"]))
    routes = tuple(_route(route) for route in table["Routes"] if "DestinationCidrBlock" in route)
    through_endpoints = tuple(_endpoint_route(route) for route in table["Routes"] if "DestinationPrefixListId" in route)
    return Subnet(id, vpc, IPv4Network(data["CidrBlock"]), _acl(acl), routes + through_endpoints)


def _route(route: Data) -> Route:
    target = next((route[name] for name in _TARGETS if route.get(name)), "")
    return Route(IPv4Network(route["DestinationCidrBlock"]), target, route["State"] == "active")


def _endpoint_route(route: Data) -> Route:
    """A route through a gateway endpoint, to AWS's list of the service's addresses, which no other packet goes to."""
    return Route(IPv4Network("203.0.113.0/32"), route["GatewayId"], route["State"] == "active")


def _acl(data: Data) -> NetworkAcl:
    entries = sorted(data["Entries"], key=lambda entry: entry["RuleNumber"])
    those = [(entry["Egress"], _entry(entry)) for entry in entries if "CidrBlock" in entry]
    return NetworkAcl(
        data["NetworkAclId"],
        tuple(entry for egress, entry in those if not egress),
        tuple(entry for egress, entry in those if egress),
    )


def _entry(entry: Data) -> Entry:
    ports = entry.get("PortRange") or {"From": 0, "To": 65535}
    allow = entry["RuleAction"] == "allow"
    network = IPv4Network(entry["CidrBlock"])
    return Entry(entry["RuleNumber"], allow, entry["Protocol"], network, ports["From"], ports["To"])


def _endpoint(store: Store, scope: Scope, data: Data) -> ServiceEndpoint:
    found = [records.find(store, scope, records.INTERFACE, id) for id in data.get("NetworkInterfaceIds", ())]
    interfaces = tuple(interface(one) for one in found if one is not None)
    service = data["ServiceName"].rpartition(".")[2]
    return ServiceEndpoint(data["VpcEndpointId"], data["VpcId"], service, data["VpcEndpointType"], interfaces)
