"""DHCP options: what the hosts of a VPC are told about names and times."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.services.ec2 import errors, lookup
from cloudarium.services.ec2.kinds import DHCP_OPTIONS, VPC
from cloudarium.services.ec2.operations.trying import Data, operation
from cloudarium.services.ec2.resources import touching
from cloudarium.services.ec2.rules.filters import member
from cloudarium.vpc import records

MOST_SERVERS = 4
READERS = {
    "dhcp-options-id": member("DhcpOptionsId"),
    "key": member("DhcpConfigurations", "Key"),
    "owner-id": member("OwnerId"),
    "value": member("DhcpConfigurations", "Values", "Value"),
}
_ADDRESSES = ("domain-name-servers", "ntp-servers", "netbios-name-servers")
_OTHERS = ("domain-name", "netbios-node-type", "ipv6-address-preferred-lease-time")


@operation("CreateDhcpOptions", on=touching(makes=DHCP_OPTIONS))
def create_dhcp_options(call: Call) -> Data:
    """Make a set of options; a VPC has them once they are associated."""
    given = call.input.get("DhcpConfigurations") or []
    if not given:
        raise errors.Missing("dhcpConfigurations")
    data = {
        "DhcpOptionsId": lookup.new_id(DHCP_OPTIONS),
        "OwnerId": call.account,
        "DhcpConfigurations": [_option(each) for each in given],
    }
    return {"DhcpOptions": lookup.made(call, DHCP_OPTIONS, data)}


def _option(given: dict[str, Any]) -> Data:
    key, values = given.get("Key") or "", given.get("Values") or []
    if key not in (*_ADDRESSES, *_OTHERS):
        raise errors.Invalid.value(key, "name", "Unknown DHCP option")
    if not values:
        raise errors.Invalid.value("", "value", f"DHCP option {key} must have at least one value.")
    if key in _ADDRESSES:
        _check_servers(key, values)
    if key == "netbios-node-type" and values[0] not in ("1", "2", "4", "8"):
        raise errors.Invalid.value(values[0], "value", "Invalid NetBIOS node type.")
    return {"Key": key, "Values": [{"Value": value} for value in values]}


def _check_servers(key: str, values: list[str]) -> None:
    if len(values) > MOST_SERVERS:
        raise errors.Invalid.value(",".join(values), "value", f"Too many servers for DHCP option {key}")
    for value in values:
        if key == "domain-name-servers" and value in ("AmazonProvidedDNS", "AmazonProvidedDns"):
            continue
        try:
            IPv4Address(value)
        except AddressValueError as error:
            raise errors.Invalid.value(value, "value", "Invalid IP address.") from error


@operation("DescribeDhcpOptions")
def describe_dhcp_options(call: Call) -> Data:
    """The account's sets of DHCP options in this region, AWS's own among them, which every VPC begins with."""
    return lookup.described(call, DHCP_OPTIONS, READERS)


@operation("AssociateDhcpOptions", on=touching((DHCP_OPTIONS, "DhcpOptionsId"), (VPC, "VpcId")))
def associate_dhcp_options(call: Call) -> Data:
    """Have a VPC use other options, or, by the name `default`, none."""
    wanted = call.input.get("DhcpOptionsId")
    id = wanted if wanted == "default" else lookup.named(call, DHCP_OPTIONS)["DhcpOptionsId"]
    lookup.keep(call, VPC, {**lookup.named(call, VPC), "DhcpOptionsId": id})
    return {}


@operation("DeleteDhcpOptions", on=touching((DHCP_OPTIONS, "DhcpOptionsId")))
def delete_dhcp_options(call: Call) -> Data:
    """Delete a set of options that no VPC uses."""
    id = lookup.named(call, DHCP_OPTIONS)["DhcpOptionsId"]
    if any(one["DhcpOptionsId"] == id for one in records.every(call.store, call.scope, VPC.record)):
        raise errors.InUse(f"The dhcpOptions '{id}' has dependencies and cannot be deleted.")
    lookup.forget(call, DHCP_OPTIONS, id)
    return {}
