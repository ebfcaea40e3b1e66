"""From what EC2 keeps to what decides."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

from cloudarium.cloud import Cloud
from cloudarium.gateway.call import Call
from cloudarium.gateway.http import HttpRequest
from cloudarium.policy.principal import Principal
from cloudarium.vpc import records
from cloudarium.vpc.facts import Facts
from cloudarium.vpc.reading import facts, interface

Do = Callable[..., Any]


def within(tmp_path: Path, test: Callable[[Cloud, Do], Any]) -> None:
    """Run a test in a cloud of its own; `do(operation, …)` calls EC2 as root."""

    async def main() -> None:
        cloud = Cloud(tmp_path / "cloud")

        async def do(operation: str, **given: Any) -> dict[str, Any]:
            request = HttpRequest(method="POST", path="/", query="", headers={}, peer="127.0.0.1", scheme="http")
            root = Principal.root(cloud.home.account)
            return await cloud.send(Call(cloud, request), "ec2", operation, given, root, None, cloud.home)

        try:
            await test(cloud, do)
        finally:
            await cloud.stop()

    asyncio.run(main())


def test_what_is_kept_of_a_network_is_what_decides(tmp_path: Path) -> None:
    async def test(cloud: Cloud, do: Do) -> None:
        vpc = (await do("CreateVpc", CidrBlock="10.0.0.0/16"))["Vpc"]["VpcId"]
        subnet = (await do("CreateSubnet", VpcId=vpc, CidrBlock="10.0.1.0/24"))["Subnet"]["SubnetId"]
        group = (await do("CreateSecurityGroup", GroupName="g", Description="d", VpcId=vpc))["GroupId"]
        entries = [{"Cidr": "10.7.0.0/16"}, {"Cidr": "10.8.0.0/16"}]
        made = await do(
            "CreateManagedPrefixList", PrefixListName="l", AddressFamily="IPv4", MaxEntries=5, Entries=entries
        )
        listed = made["PrefixList"]["PrefixListId"]
        rule = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 9}
        await do(
            "AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[
                {**rule, "PrefixListIds": [{"PrefixListId": listed}]},
                {**rule, "UserIdGroupPairs": [{"GroupId": group}]},
                {**rule, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]},
            ],
        )  # fmt: skip
        known = facts(cloud.store, cloud.home)
        rules = known.groups[group].ingress
        assert {one.networks for one in rules} == {(IPv4Network("10.7.0.0/16"), IPv4Network("10.8.0.0/16")), ()}
        assert {one.groups for one in rules} == {frozenset(), frozenset([group])}
        assert all((one.protocol, one.first, one.last) == ("6", 1, 9) for one in rules)
        assert [one.protocol for one in known.groups[group].egress] == ["-1"]

        # Subnets without a table or ACL of their own have the VPC's.
        there = known.subnets[subnet]
        assert [(one.network, one.target) for one in there.routes] == [(IPv4Network("10.0.0.0/16"), "local")]
        assert [(one.number, one.allow) for one in there.acl.ingress] == [(100, True), (32767, False)]
        table = (await do("CreateRouteTable", VpcId=vpc))["RouteTable"]["RouteTableId"]
        await do("AssociateRouteTable", RouteTableId=table, SubnetId=subnet)
        card = (await do("CreateNetworkInterface", SubnetId=subnet, Groups=[group]))["NetworkInterface"]
        await do("CreateRoute", RouteTableId=table, DestinationPrefixListId=listed,
                 NetworkInterfaceId=card["NetworkInterfaceId"])  # fmt: skip
        routes = facts(cloud.store, cloud.home).subnets[subnet].routes
        assert {str(one.network) for one in routes} == {"10.0.0.0/16", "10.7.0.0/16", "10.8.0.0/16"}
        data = records.find(cloud.store, cloud.home, records.INTERFACE, card["NetworkInterfaceId"])
        assert data is not None
        shown = interface(data)
        assert (shown.vpc, shown.subnet, shown.address, shown.groups) == (
            vpc, subnet, IPv4Address(card["PrivateIpAddress"]), frozenset([group]),
        )  # fmt: skip

    within(tmp_path, test)


def test_facts_are_remembered_until_something_changes(tmp_path: Path) -> None:
    async def test(cloud: Cloud, do: Do) -> None:
        await do("DescribeVpcs")
        first: Facts = facts(cloud.store, cloud.home)
        assert facts(cloud.store, cloud.home) is first
        vpc = (await do("CreateVpc", CidrBlock="10.0.0.0/16"))["Vpc"]["VpcId"]
        await do("CreateVpcEndpoint", VpcId=vpc, ServiceName="com.amazonaws.us-east-1.dynamodb")
        known = facts(cloud.store, cloud.home)
        assert known is not first
        assert [(one.service, one.kind) for one in known.endpoints] == [("dynamodb", "Gateway")]
        assert known.services == {"dynamodb": IPv4Address("192.0.2.2")}

    within(tmp_path, test)


def test_peering_counts_once_it_is_active(tmp_path: Path) -> None:
    async def test(cloud: Cloud, do: Do) -> None:
        one, other = [(await do("CreateVpc", CidrBlock=f"10.{n}.0.0/16"))["Vpc"]["VpcId"] for n in (1, 2)]
        made = await do("CreateVpcPeeringConnection", VpcId=one, PeerVpcId=other)
        id = made["VpcPeeringConnection"]["VpcPeeringConnectionId"]
        assert facts(cloud.store, cloud.home).peerings == {}
        await do("AcceptVpcPeeringConnection", VpcPeeringConnectionId=id)
        assert facts(cloud.store, cloud.home).peerings == {id: frozenset([one, other])}
        await do("DeleteVpcPeeringConnection", VpcPeeringConnectionId=id)
        assert facts(cloud.store, cloud.home).peerings == {}

    within(tmp_path, test)
