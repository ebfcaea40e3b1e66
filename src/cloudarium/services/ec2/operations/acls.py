"""Network ACLs and their entries."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.services.ec2 import errors, lookup, making
from cloudarium.services.ec2.kinds import ACL, VPC
from cloudarium.services.ec2.operations.trying import Data, operation
from cloudarium.services.ec2.resources import association_of, touching
from cloudarium.services.ec2.rules import blocks
from cloudarium.services.ec2.rules.filters import member
from cloudarium.vpc import records

HIGHEST = 32766
MOST = 20  # in one direction
_PROTOCOLS = {"tcp": "6", "udp": "17", "icmp": "1", "icmpv6": "58", "all": "-1"}
READERS = {
    "network-acl-id": member("NetworkAclId"),
    "vpc-id": member("VpcId"),
    "owner-id": member("OwnerId"),
    "default": member("IsDefault"),
    "association.association-id": member("Associations", "NetworkAclAssociationId"),
    "association.network-acl-id": member("Associations", "NetworkAclId"),
    "association.subnet-id": member("Associations", "SubnetId"),
    "entry.cidr": member("Entries", "CidrBlock"),
    "entry.icmp.code": member("Entries", "IcmpTypeCode", "Code"),
    "entry.icmp.type": member("Entries", "IcmpTypeCode", "Type"),
    "entry.ipv6-cidr": member("Entries", "Ipv6CidrBlock"),
    "entry.egress": member("Entries", "Egress"),
    "entry.port-range.from": member("Entries", "PortRange", "From"),
    "entry.port-range.to": member("Entries", "PortRange", "To"),
    "entry.protocol": member("Entries", "Protocol"),
    "entry.rule-action": member("Entries", "RuleAction"),
    "entry.rule-number": member("Entries", "RuleNumber"),
}


@operation("CreateNetworkAcl", on=touching((VPC, "VpcId"), makes=ACL))
def create_network_acl(call: Call) -> Data:
    """Make a network ACL that lets nothing through."""
    data = making.acl(call, lookup.named(call, VPC))
    return {"NetworkAcl": lookup.made(call, ACL, data)}


@operation("DescribeNetworkAcls")
def describe_network_acls(call: Call) -> Data:
    """The account's network ACLs in this region."""
    return lookup.described(call, ACL, READERS)


@operation("DeleteNetworkAcl", on=touching((ACL, "NetworkAclId")))
def delete_network_acl(call: Call) -> Data:
    """Delete a network ACL that holds for nothing."""
    data = lookup.named(call, ACL)
    id = data["NetworkAclId"]
    if data["IsDefault"]:
        raise errors.Invalid(f"cannot delete default network ACL {id}")
    if data["Associations"]:
        raise errors.InUse(f"The networkAcl '{id}' has dependencies and cannot be deleted.")
    lookup.forget(call, ACL, id)
    return {}


# ---- entries --------------------------------------------------------------------------------------------------------


@operation("CreateNetworkAclEntry", on=touching((ACL, "NetworkAclId")), refuses=("Ipv6CidrBlock",))
def create_network_acl_entry(call: Call) -> Data:
    """Add a numbered entry."""
    data, new = lookup.named(call, ACL), _entry(call.input)
    if _find(data, new["RuleNumber"], new["Egress"]) is not None:
        message = f"The network acl entry identified by {new['RuleNumber']} already exists."
        raise errors.Conflict(message, code="NetworkAclEntryAlreadyExists")
    if sum(one["Egress"] is new["Egress"] for one in data["Entries"]) > MOST:
        raise errors.LimitExceeded(
            "NetworkAclEntryLimitExceeded", "The maximum number of network acl entries has been reached."
        )
    data["Entries"].append(new)
    _keep(call, data)
    return {}


@operation("ReplaceNetworkAclEntry", on=touching((ACL, "NetworkAclId")), refuses=("Ipv6CidrBlock",))
def replace_network_acl_entry(call: Call) -> Data:
    """Change a numbered entry."""
    data, new = lookup.named(call, ACL), _entry(call.input)
    data["Entries"].remove(_existing(data, new["RuleNumber"], new["Egress"]))
    data["Entries"].append(new)
    _keep(call, data)
    return {}


@operation("DeleteNetworkAclEntry", on=touching((ACL, "NetworkAclId")))
def delete_network_acl_entry(call: Call) -> Data:
    """Take a numbered entry away."""
    data = lookup.named(call, ACL)
    number = call.input["RuleNumber"]
    _check_number(number)
    data["Entries"].remove(_existing(data, number, call.input["Egress"]))
    _keep(call, data)
    return {}


def _entry(given: dict[str, Any]) -> Data:
    _check_number(given["RuleNumber"])
    if not given.get("CidrBlock"):
        raise errors.Missing("cidrBlock")
    protocol = _PROTOCOLS.get(given["Protocol"].lower(), given["Protocol"])
    if protocol != "-1" and not (protocol.isdecimal() and int(protocol) <= 255):
        raise errors.Invalid.value(given["Protocol"], "protocol", "Unknown protocol.")
    action = given["RuleAction"].lower()
    if action not in ("allow", "deny"):
        raise errors.Invalid.value(given["RuleAction"], "ruleAction", "Allowed values are: allow, deny")
    data: Data = {
        "RuleNumber": given["RuleNumber"],
        "Egress": given["Egress"],
        "RuleAction": action,
        "Protocol": protocol,
        "CidrBlock": str(blocks.parse(given["CidrBlock"])),
    }
    if protocol in ("6", "17"):
        ports = given.get("PortRange") or {}
        if ports.get("From") is None or ports.get("To") is None:
            raise errors.Missing("portRange.from" if ports.get("From") is None else "portRange.to")
        if not 0 <= ports["From"] <= ports["To"] <= 65535:
            raise errors.Invalid(f"Invalid TCP/UDP port range ({ports['From']}:{ports['To']})")
        data["PortRange"] = {"From": ports["From"], "To": ports["To"]}
    if protocol in ("1", "58"):
        type_code = given.get("IcmpTypeCode")
        if not type_code:
            raise errors.Missing("icmpTypeCode.code")
        data["IcmpTypeCode"] = {"Type": type_code.get("Type", -1), "Code": type_code.get("Code", -1)}
    return data


def _check_number(number: int) -> None:
    if not 1 <= number <= HIGHEST:
        raise errors.Invalid.value(number, "ruleNumber", f"Must be between 1 and {HIGHEST}.")


def _find(data: Data, number: int, egress: bool) -> Data | None:
    return next((one for one in data["Entries"] if one["RuleNumber"] == number and one["Egress"] is egress), None)


def _existing(data: Data, number: int, egress: bool) -> Data:
    found = _find(data, number, egress)
    if found is None:
        way = "egress" if egress else "ingress"
        message = (
            f"The {way} network acl entry identified by rule number {number} does not exist in {data['NetworkAclId']}."
        )
        raise errors.Conflict(message, code="InvalidNetworkAclEntry.NotFound")
    return found


def _keep(call: Call, data: Data) -> None:
    data["Entries"].sort(key=making.entry_order)
    lookup.keep(call, ACL, data)


# ---- associations ---------------------------------------------------------------------------------------------------


@operation("ReplaceNetworkAclAssociation", on=association_of(ACL, "NetworkAclAssociationId", new=True))
def replace_network_acl_association(call: Call) -> Data:
    """Have another network ACL hold for a subnet."""
    id = call.input["AssociationId"]
    for old in records.every(call.store, call.scope, ACL.record):
        association = next((one for one in old["Associations"] if one["NetworkAclAssociationId"] == id), None)
        if association is not None:
            break
    else:
        message = f"The association ID '{id}' does not exist"
        raise errors.Conflict(message, code="InvalidAssociationID.NotFound")
    if lookup.named(call, ACL)["VpcId"] != old["VpcId"]:
        raise errors.Invalid(f"network acl {call.input['NetworkAclId']} belongs to another network")
    old["Associations"].remove(association)
    lookup.keep(call, ACL, old)
    data = lookup.named(call, ACL)
    new = making.acl_association(data, association["SubnetId"])
    data["Associations"].append(new)
    lookup.keep(call, ACL, data)
    return {"NewAssociationId": new["NetworkAclAssociationId"]}
