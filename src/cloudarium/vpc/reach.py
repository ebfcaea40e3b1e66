"""May one network interface connect to another? Security groups, network ACLs and routes, asked in the packets' order.

Sources: "Control traffic to your AWS resources using security groups", "Control subnet traffic with network access
control lists" and "Configure route tables" of the Amazon VPC User Guide. Security groups remember a connection, so its
answers need no rule; network ACLs do not, so theirs need one for the ports that clients take.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network
from typing import NamedTuple

from cloudarium.shared.passage import Passage
from cloudarium.vpc.facts import Entry, Facts, Interface, NatGateway, Permission, Route, ServiceEndpoint, Subnet

EPHEMERAL = (32768, 60999)  # the ports that Linux, and so Lambda, connects from
HTTPS = 443
INTERNET = IPv4Address("198.51.100.1")  # stands for any address outside (RFC 5737)
EVERYWHERE = IPv4Network("0.0.0.0/0")


class Verdict(NamedTuple):
    """Whether a connection comes about, and in a few words what lets it or does not.

    `by` is the endpoint or the NAT gateway that it leads over, where it leads to a service of AWS.
    """

    allowed: bool
    reason: str
    by: str = ""


def reach(facts: Facts, source: Interface, target: Interface, port: int) -> Verdict:
    """May `source` open a TCP connection to `port` of `target`?"""
    if source.vpc != target.vpc and not (_peered(facts, source, target) and _peered(facts, target, source)):
        return Verdict(False, f"it is in {target.vpc}, and no route leads there from {source.vpc} and back")
    if not _lets(facts, source.groups, "egress", port, target.address, target.groups):
        return Verdict(False, f"{_groups(source)} has no outbound rule for TCP {port} to {_named(target)}")
    problem = _between_subnets(facts, source, target, port) if source.subnet != target.subnet else ""
    if problem:
        return Verdict(False, problem)
    if not _lets(facts, target.groups, "ingress", port, source.address, source.groups):
        return Verdict(False, f"{_groups(target)} has no inbound rule for TCP {port} from {_named(source)}")
    return Verdict(True, f"{_groups(target)} lets TCP {port} in from {_named(source)}")


def reach_service(facts: Facts, source: Interface, service: str) -> Verdict:
    """May `source` call the API of a service of AWS: through an endpoint in its VPC, or over a NAT gateway?"""
    subnet = facts.subnets.get(source.subnet)
    if subnet is None:
        return Verdict(False, f"subnet {source.subnet} does not exist")
    problem = f"{source.vpc} has no endpoint for {service}"
    for endpoint in facts.endpoints:
        if endpoint.vpc == source.vpc and endpoint.service == service:
            verdict = _by_endpoint(facts, source, subnet, endpoint)
            if verdict.allowed:
                return verdict
            problem = verdict.reason
    route = _route(subnet.routes, INTERNET)
    nat = facts.nats.get(route.target) if route is not None else None
    if nat is None:
        # A function's interface has no public address, so an internet gateway alone takes it nowhere.
        return Verdict(False, f"{problem}, and no route of {subnet.id} leads to a NAT gateway")
    address = facts.services.get(service, INTERNET)
    if not _lets(facts, source.groups, "egress", HTTPS, address, frozenset()):
        return Verdict(False, f"{_groups(source)} has no outbound rule for TCP {HTTPS} to the internet")
    if not _passes_out(subnet, address, HTTPS):
        return Verdict(False, f"{subnet.acl.id} of {subnet.id} does not let TCP {HTTPS} out to the internet and back")
    problem = _beyond(facts, source, nat, address)
    return Verdict(False, problem) if problem else Verdict(True, f"{nat.id} leads to the internet", nat.id)


def passage(facts: Facts, source: Interface, by: str) -> Passage:
    """How a call comes to a service of AWS that `source` reaches over this endpoint or NAT gateway."""
    endpoint = next((one for one in facts.endpoints if one.id == by), None)
    if endpoint is None:
        return Passage({"aws:SourceIp": str(facts.nats[by].public)})
    keys = {
        "aws:SourceVpc": endpoint.vpc,
        "aws:SourceVpce": endpoint.id,
        "aws:VpcSourceIp": str(source.address),
    }
    return Passage(keys, endpoint.id, endpoint.policy)


def _beyond(facts: Facts, source: Interface, nat: NatGateway, address: IPv4Address) -> str:
    """What keeps a NAT gateway from the internet: the routes and the ACL of its own subnet; empty when nothing."""
    subnet = facts.subnets.get(nat.subnet)
    route = _route(subnet.routes, INTERNET) if subnet is not None else None
    if subnet is None or route is None or not route.target.startswith("igw-"):
        return f"{nat.id} is in {nat.subnet}, and no route from there leads to an internet gateway"
    if subnet.id == source.subnet:
        return ""
    acl = subnet.acl
    near = _allows(acl.ingress, source.address, HTTPS, HTTPS) and _allows(acl.egress, source.address, *EPHEMERAL)
    if near and _passes_out(subnet, address, HTTPS):
        return ""
    return f"{acl.id} of {subnet.id}, where {nat.id} is, does not let TCP {HTTPS} through to the internet and back"


def _peered(facts: Facts, source: Interface, target: Interface) -> bool:
    """Does a route of the source's subnet lead to the target over a peering connection of their VPCs?"""
    subnet = facts.subnets.get(source.subnet)
    route = _route(subnet.routes, target.address) if subnet is not None else None
    return route is not None and facts.peerings.get(route.target) == {source.vpc, target.vpc}


def _by_endpoint(facts: Facts, source: Interface, subnet: Subnet, endpoint: ServiceEndpoint) -> Verdict:
    if endpoint.kind == "Gateway":
        if not any(route.target == endpoint.id and route.active for route in subnet.routes):
            return Verdict(False, f"{endpoint.id} is in no route of {subnet.id}")
        address = facts.services.get(endpoint.service, INTERNET)
        if not _lets(facts, source.groups, "egress", HTTPS, address, frozenset()):
            return Verdict(False, f"{_groups(source)} has no outbound rule for TCP {HTTPS} to {endpoint.service}")
        if not _passes_out(subnet, address, HTTPS):
            problem = f"{subnet.acl.id} of {subnet.id} does not let TCP {HTTPS} out to {endpoint.service} and back"
            return Verdict(False, problem)
        return Verdict(True, f"{endpoint.id} leads to {endpoint.service}", endpoint.id)
    verdict = Verdict(False, f"{endpoint.id} has no network interface")
    for interface in endpoint.interfaces:
        verdict = reach(facts, source, interface, HTTPS)
        if verdict.allowed:
            return Verdict(True, f"{endpoint.id} leads to {endpoint.service}", endpoint.id)
    return verdict


def _lets(facts: Facts, ids: Iterable[str], way: str, port: int, address: IPv4Address, groups: frozenset[str]) -> bool:
    """Has any of these security groups a rule that lets TCP through? Every rule of every group counts."""
    for id in ids:
        group = facts.groups.get(id)
        rules: tuple[Permission, ...] = getattr(group, way) if group is not None else ()
        if any(rule.covers(port) and rule.names(address, groups) for rule in rules):
            return True
    return False


def _between_subnets(facts: Facts, source: Interface, target: Interface, port: int) -> str:
    """What the network ACLs of the two subnets have against it; empty when nothing."""
    near, far = facts.subnets.get(source.subnet), facts.subnets.get(target.subnet)
    if near is None or far is None:
        return f"subnet {source.subnet if near is None else target.subnet} does not exist"
    if not _passes_out(near, target.address, port):
        return f"{near.acl.id} of {near.id} does not let TCP {port} out to {target.address} and its answers in"
    there = _allows(far.acl.ingress, source.address, port, port)
    if not there or not _allows(far.acl.egress, source.address, *EPHEMERAL):
        return f"{far.acl.id} of {far.id} does not let TCP {port} in from {source.address} and its answers out"
    return ""


def _passes_out(subnet: Subnet, address: IPv4Address, port: int) -> bool:
    acl = subnet.acl
    return _allows(acl.egress, address, port, port) and _allows(acl.ingress, address, *EPHEMERAL)


def _allows(entries: Iterable[Entry], address: IPv4Address, first: int, last: int) -> bool:
    """The first entry that speaks of the packet decides; none denies, as the `*` entry of every ACL does."""
    return next((entry.allow for entry in entries if entry.covers(address, first, last)), False)


def _route(routes: Iterable[Route], address: IPv4Address) -> Route | None:
    """The most specific route that works."""
    fitting = [route for route in routes if address in route.network and route.active]
    return max(fitting, key=lambda route: route.network.prefixlen, default=None)


def _groups(interface: Interface) -> str:
    return "security group " + ", ".join(sorted(interface.groups)) if interface.groups else "no security group"


def _named(interface: Interface) -> str:
    groups = ", ".join(sorted(interface.groups))
    return f"{interface.address} ({groups})" if groups else str(interface.address)
