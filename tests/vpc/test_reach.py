"""Who reaches whom in a VPC: security groups, network ACLs, routes and endpoints, by cases of the User Guide."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from cloudarium.vpc.facts import (
    ALL,
    TCP,
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
from cloudarium.vpc.reach import passage, reach, reach_service

ANYWHERE = IPv4Network("0.0.0.0/0")
EVERYTHING = (Permission(ALL, -1, -1, (ANYWHERE,)),)
OPEN_ACL = NetworkAcl("acl-open", (Entry(100, True, ALL, ANYWHERE),), (Entry(100, True, ALL, ANYWHERE),))
LOCAL = Route(IPv4Network("10.0.0.0/16"), "local")
NEAR = Subnet("subnet-near", "vpc-1", IPv4Network("10.0.1.0/24"), OPEN_ACL, (LOCAL,))
FAR = Subnet("subnet-far", "vpc-1", IPv4Network("10.0.2.0/24"), OPEN_ACL, (LOCAL,))
FUNCTION = Interface("vpc-1", "subnet-near", IPv4Address("10.0.1.5"), frozenset({"sg-function"}))
CACHE = Interface("vpc-1", "subnet-far", IPv4Address("10.0.2.9"), frozenset({"sg-cache"}))
OUTWARD = Subnet("subnet-public", "vpc-1", IPv4Network("10.0.0.0/24"), OPEN_ACL, (LOCAL, Route(ANYWHERE, "igw-1")))
NAT = NatGateway("nat-1", "subnet-public", IPv4Address("10.0.0.4"), IPv4Address("203.0.113.1"))
FROM_FUNCTION = Permission(TCP, 6379, 6379, groups=frozenset({"sg-function"}))


def facts(
    ingress: tuple[Permission, ...] = (FROM_FUNCTION,),
    egress: tuple[Permission, ...] = EVERYTHING,
    near: Subnet = NEAR,
    far: Subnet = FAR,
    endpoints: tuple[ServiceEndpoint, ...] = (),
) -> Facts:
    groups = [SecurityGroup("sg-function", "vpc-1", (), egress), SecurityGroup("sg-cache", "vpc-1", ingress)]
    subnets = {one.id: one for one in (near, far, OUTWARD)}
    return Facts({one.id: one for one in groups}, subnets, endpoints, nats={NAT.id: NAT})


def acl(*entries: Entry, way: str) -> NetworkAcl:
    return replace(OPEN_ACL, ingress=entries) if way == "ingress" else replace(OPEN_ACL, egress=entries)


def entry(number: int, allow: bool, first: int, last: int, network: str = "0.0.0.0/0", protocol: str = TCP) -> Entry:
    return Entry(number, allow, protocol, IPv4Network(network), first, last)


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        (FROM_FUNCTION, True),
        (Permission(TCP, 6379, 6379, (IPv4Network("10.0.1.0/24"),)), True),
        (Permission(TCP, 6000, 7000, (IPv4Network("10.0.1.5/32"),)), True),
        (Permission(ALL, -1, -1, (ANYWHERE,)), True),
        (Permission(TCP, -1, -1, (ANYWHERE,)), True),
        (Permission(TCP, 6380, 6380, (ANYWHERE,)), False),
        (Permission("17", 6379, 6379, (ANYWHERE,)), False),
        (Permission(TCP, 6379, 6379, (IPv4Network("10.0.2.0/24"),)), False),
        (Permission(TCP, 6379, 6379, groups=frozenset({"sg-cache"})), False),
    ],
)
def test_inbound_rules_of_the_target(rule: Permission, allowed: bool) -> None:
    verdict = reach(facts((rule,)), FUNCTION, CACHE, 6379)
    assert verdict.allowed is allowed
    if not allowed:
        assert verdict.reason == (
            "security group sg-cache has no inbound rule for TCP 6379 from 10.0.1.5 (sg-function)"
        )


def test_a_group_lets_nothing_in_by_itself_and_rules_of_all_groups_count() -> None:
    assert not reach(facts(()), FUNCTION, CACHE, 6379).allowed
    both = replace(CACHE, groups=frozenset({"sg-cache", "sg-none"}))
    assert reach(facts(), FUNCTION, both, 6379).allowed
    assert not reach(facts(), FUNCTION, replace(CACHE, groups=frozenset()), 6379).allowed


def test_outbound_rules_of_the_source() -> None:
    to_cache = Permission(TCP, 6379, 6379, groups=frozenset({"sg-cache"}))
    assert reach(facts(egress=(to_cache,)), FUNCTION, CACHE, 6379).allowed
    verdict = reach(facts(egress=()), FUNCTION, CACHE, 6379)
    assert verdict[:2] == (False, "security group sg-function has no outbound rule for TCP 6379 to 10.0.2.9 (sg-cache)")


def test_another_vpc_is_not_reached() -> None:
    verdict = reach(facts(), replace(FUNCTION, vpc="vpc-2"), CACHE, 6379)
    assert verdict[:2] == (False, "it is in vpc-1, and no route leads there from vpc-2 and back")


@pytest.mark.parametrize(
    ("near", "far", "allowed"),
    [
        (acl(way="egress"), OPEN_ACL, False),
        (acl(entry(100, True, 6379, 6379), way="egress"), OPEN_ACL, True),
        (acl(entry(90, False, 6379, 6379), entry(100, True, 0, 65535), way="egress"), OPEN_ACL, False),
        (acl(entry(100, True, 0, 65535), entry(110, False, 6379, 6379), way="egress"), OPEN_ACL, True),
        (acl(entry(100, True, 6379, 6379), way="ingress"), OPEN_ACL, False),  # the answers do not come back in
        (acl(entry(100, True, 1024, 65535), way="ingress"), OPEN_ACL, True),
        (OPEN_ACL, acl(entry(100, True, 6379, 6379, "10.0.1.0/24"), way="ingress"), True),
        (OPEN_ACL, acl(entry(100, True, 6379, 6379, "10.0.3.0/24"), way="ingress"), False),
        (OPEN_ACL, acl(entry(100, True, 6379, 6379), way="egress"), False),
        (OPEN_ACL, acl(entry(100, True, 1024, 65535), way="egress"), True),
    ],
)
def test_network_acls_stand_between_subnets_and_remember_nothing(
    near: NetworkAcl, far: NetworkAcl, allowed: bool
) -> None:
    known = facts(near=replace(NEAR, acl=near), far=replace(FAR, acl=far))
    assert reach(known, FUNCTION, CACHE, 6379).allowed is allowed


def test_network_acls_do_not_stand_within_a_subnet() -> None:
    closed = replace(NEAR, acl=NetworkAcl("acl-closed"))
    assert reach(facts(near=closed), FUNCTION, replace(CACHE, subnet="subnet-near"), 6379).allowed
    assert not reach(facts(near=closed), FUNCTION, CACHE, 6379).allowed


def test_services_are_reached_over_a_nat_gateway_and_not_over_an_internet_gateway() -> None:
    def known(target: str, active: bool = True) -> Facts:
        return facts(near=replace(NEAR, routes=(LOCAL, Route(ANYWHERE, target, active))))

    assert reach_service(known("nat-1"), FUNCTION, "sqs") == (True, "nat-1 leads to the internet", "nat-1")
    assert passage(known("nat-1"), FUNCTION, "nat-1").keys == {"aws:SourceIp": "203.0.113.1"}
    # nat-2 is a private one: it has no address that the internet knows.
    for wrong in (known("igw-1"), known("nat-2"), known("nat-1", active=False), facts()):
        verdict = reach_service(wrong, FUNCTION, "sqs")
        assert verdict == (
            False,
            "vpc-1 has no endpoint for sqs, and no route of subnet-near leads to a NAT gateway",
            "",
        )


@pytest.mark.parametrize(
    ("public", "words"),
    [
        (replace(OUTWARD, routes=(LOCAL,)), "nat-1 is in subnet-public, and no route from there leads to an internet"),
        (replace(OUTWARD, routes=(LOCAL, Route(ANYWHERE, "igw-1", False))), "no route from there leads"),
        (replace(OUTWARD, routes=(LOCAL, Route(ANYWHERE, "nat-1"))), "no route from there leads"),
        (
            replace(OUTWARD, acl=acl(entry(1, True, 443, 443, "10.0.9.0/24"), way="ingress")),
            "acl-open of subnet-public",
        ),
        (replace(OUTWARD, acl=acl(entry(1, True, 443, 443), way="egress")), "where nat-1 is, does not let TCP 443"),
        (OUTWARD, ""),
    ],
)
def test_a_nat_gateway_is_in_a_subnet_that_leads_outward(public: Subnet, words: str) -> None:
    known = facts(near=replace(NEAR, routes=(LOCAL, Route(ANYWHERE, "nat-1"))))
    verdict = reach_service(replace(known, subnets={**known.subnets, public.id: public}), FUNCTION, "sqs")
    assert verdict.allowed is not bool(words) and words in verdict.reason


def test_how_a_call_comes_through_an_endpoint() -> None:
    endpoint = ServiceEndpoint("vpce-1", "vpc-1", "sqs", "Interface", (CACHE,), '{"Statement": []}')
    https = Permission(TCP, 443, 443, groups=frozenset({"sg-function"}))
    known = facts((https,), endpoints=(endpoint,))
    verdict = reach_service(known, FUNCTION, "sqs")
    assert verdict.by == "vpce-1"
    way = passage(known, FUNCTION, verdict.by)
    assert way.keys == {"aws:SourceVpc": "vpc-1", "aws:SourceVpce": "vpce-1", "aws:VpcSourceIp": "10.0.1.5"}
    assert (way.endpoint, way.policy) == ("vpce-1", '{"Statement": []}')


def test_the_most_specific_route_counts() -> None:
    routes = (LOCAL, Route(ANYWHERE, "nat-1"), Route(IPv4Network("198.51.100.0/24"), "igw-1"))
    assert not reach_service(facts(near=replace(NEAR, routes=routes)), FUNCTION, "sqs").allowed


def test_a_gateway_endpoint_serves_subnets_whose_routes_name_it() -> None:
    endpoint = ServiceEndpoint("vpce-1", "vpc-1", "dynamodb", "Gateway")
    routed = replace(NEAR, routes=(LOCAL, Route(IPv4Network("203.0.113.0/24"), "vpce-1")))
    assert reach_service(facts(near=routed, endpoints=(endpoint,)), FUNCTION, "dynamodb").allowed
    assert not reach_service(facts(near=routed, endpoints=(endpoint,)), FUNCTION, "s3").allowed
    assert not reach_service(facts(endpoints=(endpoint,)), FUNCTION, "dynamodb").allowed


def test_an_interface_endpoint_has_security_groups_of_its_own() -> None:
    endpoint = ServiceEndpoint("vpce-1", "vpc-1", "secretsmanager", "Interface", (CACHE,))
    https = Permission(TCP, 443, 443, groups=frozenset({"sg-function"}))
    assert reach_service(facts((https,), endpoints=(endpoint,)), FUNCTION, "secretsmanager").allowed
    verdict = reach_service(facts(endpoints=(endpoint,)), FUNCTION, "secretsmanager")
    assert not verdict.allowed
    assert "sg-cache has no inbound rule for TCP 443" in verdict.reason


# ---- peering ---------------------------------------------------------------------------------------------------------

PEER = Subnet("subnet-peer", "vpc-2", IPv4Network("10.9.1.0/24"), OPEN_ACL)
THERE = Interface("vpc-2", "subnet-peer", IPv4Address("10.9.1.9"), frozenset({"sg-cache"}))
OUT, BACK = Route(IPv4Network("10.9.0.0/16"), "pcx-1"), Route(IPv4Network("10.0.0.0/16"), "pcx-1")
PEERED = {"pcx-1": frozenset({"vpc-1", "vpc-2"})}


@pytest.mark.parametrize(
    ("out", "back", "peerings", "allowed"),
    [
        ((OUT,), (BACK,), PEERED, True),
        ((), (BACK,), PEERED, False),
        ((OUT,), (), PEERED, False),
        ((OUT,), (BACK,), {}, False),
        ((OUT,), (BACK,), {"pcx-1": frozenset({"vpc-1", "vpc-3"})}, False),
        ((replace(OUT, active=False),), (BACK,), PEERED, False),
        ((Route(IPv4Network("10.9.1.0/24"), "nat-1"), OUT), (BACK,), PEERED, False),
    ],
)
def test_a_peer_is_reached_by_routes_of_both_sides(
    out: tuple[Route, ...], back: tuple[Route, ...], peerings: dict[str, frozenset[str]], allowed: bool
) -> None:
    known = facts(near=replace(NEAR, routes=out), far=replace(PEER, routes=back))
    assert reach(replace(known, peerings=peerings), FUNCTION, THERE, 6379).allowed is allowed


def test_rules_about_a_services_prefix_list_decide_about_its_endpoint() -> None:
    address = IPv4Address("192.0.2.1")
    endpoint = ServiceEndpoint("vpce-1", "vpc-1", "s3", "Gateway")
    led = replace(NEAR, routes=(LOCAL, Route(IPv4Network("192.0.2.1/32"), "vpce-1")))
    only = (Permission(TCP, 443, 443, (IPv4Network("192.0.2.1/32"),)),)
    other = (Permission(TCP, 443, 443, (IPv4Network("192.0.2.2/32"),)),)
    for egress, allowed in ((only, True), (other, False), (EVERYTHING, True)):
        known = replace(facts(egress=egress, near=led, endpoints=(endpoint,)), services={"s3": address})
        assert reach_service(known, FUNCTION, "s3").allowed is allowed
    shut = replace(led, acl=acl(entry(1, True, 443, 443, "192.0.2.2/32"), way="egress"))
    known = replace(facts(near=shut, endpoints=(endpoint,)), services={"s3": address})
    assert reach_service(known, FUNCTION, "s3").reason.startswith(f"{shut.acl.id} of subnet-near does not let TCP 443")
