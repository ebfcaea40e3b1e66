"""From what is kept to the facts that decide: remembered until something in a VPC changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network

from cloudarium.shared.scope import Scope
from cloudarium.store import Store
from cloudarium.vpc import records
from cloudarium.vpc.facts import (
    Entry,
    Facts,
    Interface,
    NatGateway,
    NetworkAcl,
    Permission,
    Route,
    SecurityGroup,
    ServiceEndpoint,
    Subnet,
)
from cloudarium.vpc.records import Data

Blocks = tuple[IPv4Network, ...]
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
    lists = {one["PrefixListId"]: one for one in records.every(store, scope, records.PREFIX_LIST)}
    blocks = {id: _blocks(one) for id, one in lists.items()}
    acls = records.every(store, scope, records.ACL)
    tables = records.every(store, scope, records.ROUTE_TABLE)
    subnets = [_subnet(data, acls, tables, blocks) for data in records.every(store, scope, records.SUBNET)]
    groups = [_group(store, scope, data, blocks) for data in records.every(store, scope, records.GROUP)]
    endpoints = [_endpoint(store, scope, data) for data in records.every(store, scope, records.ENDPOINT)]
    peerings = {
        one["VpcPeeringConnectionId"]: frozenset([one["RequesterVpcInfo"]["VpcId"], one["AccepterVpcInfo"]["VpcId"]])
        for one in records.every(store, scope, records.PEERING)
        if one["Status"]["Code"] == "active"
    }
    services = {
        one["PrefixListName"].rpartition(".")[2]: blocks[id][0].network_address
        for id, one in lists.items()
        if one["OwnerId"] == "AWS"
    }
    nats = {
        one["NatGatewayId"]: _nat(one) for one in records.every(store, scope, records.NAT_GATEWAY) if _is_public(one)
    }
    by_id = {one.id: one for one in groups}, {one.id: one for one in subnets}
    return Facts(*by_id, tuple(endpoints), peerings, services, nats)


def _is_public(data: Data) -> bool:
    return bool(data["State"] == "available" and data["ConnectivityType"] == "public")


def _nat(data: Data) -> NatGateway:
    held = data["NatGatewayAddresses"][0]
    own, public = IPv4Address(held["PrivateIp"]), IPv4Address(held["PublicIp"])
    return NatGateway(data["NatGatewayId"], data["SubnetId"], own, public)


def _blocks(data: Data) -> Blocks:
    """The blocks of a prefix list; those of IPv6 lead nowhere here."""
    return tuple(IPv4Network(one["Cidr"]) for one in data["_Entries"]) if data["AddressFamily"] == "IPv4" else ()


def _group(store: Store, scope: Scope, data: Data, blocks: Mapping[str, Blocks]) -> SecurityGroup:
    rules = records.within(store, scope, data["GroupId"], records.RULE)
    ingress = tuple(_permission(rule, blocks) for rule in rules if not rule["IsEgress"])
    egress = tuple(_permission(rule, blocks) for rule in rules if rule["IsEgress"])
    return SecurityGroup(data["GroupId"], data["VpcId"], ingress, egress)


def _permission(rule: Data, blocks: Mapping[str, Blocks]) -> Permission:
    networks = (IPv4Network(rule["CidrIpv4"]),) if "CidrIpv4" in rule else blocks.get(rule.get("PrefixListId", ""), ())
    named = rule.get("ReferencedGroupInfo")
    groups = frozenset([named["GroupId"]]) if named else frozenset[str]()
    protocol = str(_NUMBERS.get(rule["IpProtocol"], rule["IpProtocol"]))
    return Permission(protocol, rule.get("FromPort", -1), rule.get("ToPort", -1), networks, groups)


def _subnet(data: Data, acls: Iterable[Data], tables: Iterable[Data], blocks: Mapping[str, Blocks]) -> Subnet:
    id, vpc = data["SubnetId"], data["VpcId"]
    acl = next(one for one in acls if any(each["SubnetId"] == id for each in one["Associations"]))
    those = [table for table in tables if table["VpcId"] == vpc]
    table = next((one for one in those if any(each.get("SubnetId") == id for each in one["Associations"])), None)
    table = table or next(one for one in those if any(each["Main"] for each in one["Associations"]))
    routes = tuple(one for route in table["Routes"] for one in _routes(route, blocks))
    return Subnet(id, vpc, IPv4Network(data["CidrBlock"]), _acl(acl), routes)


def _routes(route: Data, blocks: Mapping[str, Blocks]) -> Iterator[Route]:
    """A route, or those to every block of a prefix list."""
    target = next((route[name] for name in _TARGETS if route.get(name)), "")
    there = (IPv4Network(route["DestinationCidrBlock"]),) if "DestinationCidrBlock" in route else ()
    for network in there or blocks.get(route.get("DestinationPrefixListId", ""), ()):
        yield Route(network, target, route["State"] == "active")


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
    policy = data.get("_Policy", "")
    return ServiceEndpoint(data["VpcEndpointId"], data["VpcId"], service, data["VpcEndpointType"], interfaces, policy)
