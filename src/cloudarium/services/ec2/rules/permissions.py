"""Rules of security groups: from what a call gives to single ones, and back to the lists that groups show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from cloudarium.services.ec2 import errors
from cloudarium.vpc.records import Data

DESCRIPTION = re.compile(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{0,255}")
_NAMES = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}
_WITH_PORTS = ("tcp", "udp", "icmp", "icmpv6")
# Which member of an IpPermission has whom, the member of each that names him, and what a rule calls it.
_PEERS = (
    ("IpRanges", "CidrIp", "CidrIpv4"),
    ("Ipv6Ranges", "CidrIpv6", "CidrIpv6"),
    ("PrefixListIds", "PrefixListId", "PrefixListId"),
)


def split(permissions: Iterable[Mapping[str, Any]], account: str) -> list[Data]:
    """The single rules that permissions stand for, one for each peer. Raises for what is no rule."""
    found = []
    for permission in permissions:
        what = _traffic(permission)
        peers = [*_addresses(permission), *_groups(permission, account)]
        found += [{**what, **peer} for peer in peers]
    if not found:
        raise errors.Invalid("Invalid value 'null' for cidrIp, groupId or prefixListId.", code="InvalidParameterValue")
    return found


def _traffic(permission: Mapping[str, Any]) -> Data:
    protocol = str(permission.get("IpProtocol") or "")
    if not protocol:
        must = "VPC security group rules must specify protocols explicitly."
        raise errors.Invalid(f"Invalid value 'null' for protocol. {must}")
    protocol = _NAMES.get(protocol.lower(), protocol.lower())
    if protocol not in _WITH_PORTS and protocol != "-1" and not (protocol.isdecimal() and int(protocol) <= 255):
        raise errors.Invalid.value(protocol, "IP protocol", "Unknown protocol.")
    first, last = permission.get("FromPort"), permission.get("ToPort")
    if protocol not in _WITH_PORTS:  # for any other protocol ports are taken and mean nothing
        return {"IpProtocol": protocol, "FromPort": -1, "ToPort": -1}
    if first is None or last is None:
        with_ports = "TCP/UDP" if protocol in ("tcp", "udp") else "ICMP"
        raise errors.Invalid(f"Invalid value 'Must specify both from and to ports with {with_ports}.' for portRange.")
    lowest = 0 if protocol in ("tcp", "udp") else -1
    for port in (first, last):
        if not lowest <= port <= 65535:
            raise errors.Invalid(f"Invalid value '{port}' for portRange. Must be between {lowest} and 65535.")
    if lowest == 0 and first > last:
        raise errors.Invalid(f"Invalid TCP/UDP port range ({first}:{last})")
    return {"IpProtocol": protocol, "FromPort": first, "ToPort": last}


def _addresses(permission: Mapping[str, Any]) -> Iterable[Data]:
    for member, name, kept in _PEERS:
        for each in permission.get(member) or []:
            value = each.get(name)
            if not value:
                raise errors.Missing(name[0].lower() + name[1:])
            rule = {kept: value if kept == "PrefixListId" else _block(value, kept)}
            yield {**rule, **_note(each)}


def _note(given: Mapping[str, Any]) -> Data:
    text = given.get("Description")
    if not text:
        return {}
    if not DESCRIPTION.fullmatch(text):
        raise errors.Invalid(
            "Invalid rule description. Valid descriptions are strings less than 256 characters from the following set: "
            " a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
        )
    return {"Description": text}


def _block(text: str, kept: str) -> str:
    kind = IPv4Network if kept == "CidrIpv4" else IPv6Network
    try:
        if "/" not in text:
            raise ValueError(text)
        return str(kind(text, strict=False))
    except ValueError as error:
        raise errors.Invalid(f"CIDR block {text} is malformed", code="InvalidParameterValue") from error


def _groups(permission: Mapping[str, Any], account: str) -> Iterable[Data]:
    for pair in permission.get("UserIdGroupPairs") or []:
        if not pair.get("GroupId") and not pair.get("GroupName"):
            raise errors.Missing("groupId")
        named = {
            "GroupId": pair.get("GroupId"),
            "GroupName": pair.get("GroupName"),
            "UserId": pair.get("UserId") or account,
        }
        rule: Data = {"ReferencedGroupInfo": {name: value for name, value in named.items() if value}}
        yield {**rule, **_note(pair)}


def same(one: Data, other: Data) -> bool:
    """Do two rules say the same? Their descriptions do not count."""
    names = ("IpProtocol", "FromPort", "ToPort", "CidrIpv4", "CidrIpv6", "PrefixListId")
    peers = [rule.get("ReferencedGroupInfo", {}).get("GroupId") for rule in (one, other)]
    return peers[0] == peers[1] and all(one.get(name) == other.get(name) for name in names)


def text(rule: Data) -> str:
    """A rule as EC2's error messages write it."""
    named = rule.get("ReferencedGroupInfo")
    peer = named["GroupId"] if named else rule.get("CidrIpv4") or rule.get("CidrIpv6") or rule.get("PrefixListId")
    if rule["IpProtocol"] == "-1":
        return f"peer: {peer}, ALL, ALLOW"
    ports = f", from port: {rule['FromPort']}, to port: {rule['ToPort']}" if rule["FromPort"] >= 0 else ""
    return f"peer: {peer}, {rule['IpProtocol'].upper()}{ports}, ALLOW"


def joined(rules: Iterable[Data]) -> list[Data]:
    """Rules as a group is shown with them: those about the same traffic together."""
    found: dict[tuple[Any, ...], Data] = {}
    for rule in rules:
        key = (rule["IpProtocol"], rule["FromPort"], rule["ToPort"])
        permission = found.setdefault(
            key, {"IpProtocol": key[0], "UserIdGroupPairs": [], "IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": []}
        )
        if key[0] != "-1" and (key[0] in _WITH_PORTS):
            permission |= {"FromPort": key[1], "ToPort": key[2]}
        note = {"Description": rule["Description"]} if "Description" in rule else {}
        if "ReferencedGroupInfo" in rule:
            peer = rule["ReferencedGroupInfo"]
            permission["UserIdGroupPairs"].append({**peer, **note})
        for member, name, kept in _PEERS:
            if kept in rule:
                permission[member].append({name: rule[kept], **note})
    return list(found.values())
