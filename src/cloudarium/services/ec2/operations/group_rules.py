"""Rules of security groups: authorised, revoked, changed, described."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.services.ec2 import errors, lookup, making
from cloudarium.services.ec2.kinds import GROUP, PEERING, PREFIX_LIST, RULE
from cloudarium.services.ec2.operations import peering
from cloudarium.services.ec2.operations.groups import the_group
from cloudarium.services.ec2.operations.trying import Data, operation
from cloudarium.services.ec2.resources import changed_rules, rules_of
from cloudarium.services.ec2.rules import permissions
from cloudarium.services.ec2.rules.filters import member
from cloudarium.vpc import records

MOST = 60  # in one direction
READERS = {
    "group-id": member("GroupId"),
    "security-group-rule-id": member("SecurityGroupRuleId"),
    "is-egress": member("IsEgress"),
}


@operation("AuthorizeSecurityGroupIngress", on=rules_of)
def authorize_security_group_ingress(call: Call) -> Data:
    """Let something in."""
    return _authorize(call, egress=False)


@operation("AuthorizeSecurityGroupEgress", on=rules_of)
def authorize_security_group_egress(call: Call) -> Data:
    """Let something out."""
    return _authorize(call, egress=True)


def _authorize(call: Call, egress: bool) -> Data:
    group = the_group(call)
    new = [_resolved(call, group, rule) for rule in permissions.split(_given(call), call.account)]
    tags = lookup.tags_for(call, RULE)
    there = _rules(call, group, egress)
    for number, rule in enumerate(new):
        if any(permissions.same(rule, other) for other in (*there, *new[:number])):
            message = f'the specified rule "{permissions.text(rule)}" already exists'
            raise errors.Conflict(message, code="InvalidPermission.Duplicate")
    if sum(_weight(call, rule) for rule in (*there, *new)) > MOST:
        raise errors.LimitExceeded(
            "RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached."
        )
    made = [making.rule(call, group, egress, rule) for rule in new]
    for rule in made:
        lookup.tag(call, RULE, rule["SecurityGroupRuleId"], tags)
    return {"Return": True, "SecurityGroupRules": [_shown(call, rule) for rule in made]}


def _weight(call: Call, rule: Data) -> int:
    """As how many rules one counts: as one, but a prefix list as all that may be in it."""
    if "PrefixListId" not in rule:
        return 1
    found = records.find(call.store, call.scope, PREFIX_LIST.record, rule["PrefixListId"])
    return int(found.get("MaxEntries", len(found["_Entries"]))) if found is not None else 1


def _given(call: Call) -> list[dict[str, Any]]:
    """The permissions of a call: as a list, or the one that its own members describe."""
    given = call.input
    listed = given.get("IpPermissions")
    plain = {name: given[name] for name in ("IpProtocol", "FromPort", "ToPort") if given.get(name) is not None}
    if listed:
        if plain or given.get("CidrIp"):
            raise errors.Combination("The parameter ipPermissions cannot be used with the parameter cidrIp")
        return list(listed)
    if given.get("SourceSecurityGroupName"):
        owner = given.get("SourceSecurityGroupOwnerId")
        pair = {"GroupName": given["SourceSecurityGroupName"], **({"UserId": owner} if owner else {})}
        everything = plain or {"IpProtocol": "-1"}
        return [{**everything, "UserIdGroupPairs": [pair]}]
    if not plain and not given.get("CidrIp"):
        raise errors.Missing("ipPermissions")
    return [{**plain, "IpRanges": [{"CidrIp": given["CidrIp"]}] if given.get("CidrIp") else []}]


def _resolved(call: Call, group: Data, rule: Data) -> Data:
    """A rule whose peer group is known to be there, by its id."""
    peer = rule.get("ReferencedGroupInfo")
    if "PrefixListId" in rule:
        lookup.find(call, PREFIX_LIST, rule["PrefixListId"])
    if peer is None:
        return rule
    if "GroupId" in peer:
        return {**rule, "ReferencedGroupInfo": _peer(call, group, peer)}
    same = records.within(call.store, call.scope, group["VpcId"], GROUP.record)
    found = next((one for one in same if one["GroupName"] == peer["GroupName"]), None)
    if found is None:
        message = f"The security group '{peer['GroupName']}' does not exist"
        raise errors.Conflict(message, code="InvalidGroup.NotFound")
    return {**rule, "ReferencedGroupInfo": {"GroupId": found["GroupId"], "UserId": call.account}}


def _peer(call: Call, group: Data, peer: Data) -> Data:
    """Another group of the same VPC, or one of a VPC that a peering connection of this region leads to."""
    id = peer["GroupId"]
    lookup.check_id(GROUP, id)
    own = records.find(call.store, call.scope, GROUP.record, id)
    if own is not None and own["VpcId"] == group["VpcId"]:
        return {"GroupId": id, "UserId": call.account}
    for one in records.every(call.store, call.scope, PEERING.record):
        sides = [one[name] for name in peering.SIDES]
        far = next((side for side in sides if side["VpcId"] != group["VpcId"]), sides[0])
        if one["Status"]["Code"] != "active" or all(side["VpcId"] != group["VpcId"] for side in sides):
            continue
        there = records.find(call.store, peering.place(far), GROUP.record, id) if far["Region"] == call.region else None
        if there is not None and there["VpcId"] == far["VpcId"]:
            return {
                "GroupId": id,
                "UserId": far["OwnerId"],
                "VpcId": far["VpcId"],
                "VpcPeeringConnectionId": one["VpcPeeringConnectionId"],
                "PeeringStatus": "active",
            }
    if own is not None:
        message = "You have specified two resources that belong to different networks."
        raise errors.Conflict(message, code="InvalidGroup.NotFound")
    raise errors.NotFound(GROUP, id)


def _rules(call: Call, group: Data, egress: bool) -> list[Data]:
    found = records.within(call.store, call.scope, group["GroupId"], RULE.record)
    return [rule for rule in found if rule["IsEgress"] is egress]


def _shown(call: Call, rule: Data) -> Data:
    return lookup.shown(call, RULE, rule)


@operation("RevokeSecurityGroupIngress", on=rules_of)
def revoke_security_group_ingress(call: Call) -> Data:
    """Let something in no more."""
    return _revoke(call, egress=False)


@operation("RevokeSecurityGroupEgress", on=rules_of)
def revoke_security_group_egress(call: Call) -> Data:
    """Let something out no more."""
    return _revoke(call, egress=True)


def _revoke(call: Call, egress: bool) -> Data:
    group = the_group(call)
    there = _rules(call, group, egress)
    if call.input.get("SecurityGroupRuleIds"):
        wanted = [_by_id(there, id) for id in call.input["SecurityGroupRuleIds"]]
    else:
        wanted = [_existing(call, group, there, rule) for rule in permissions.split(_given(call), call.account)]
    for rule in wanted:
        lookup.forget(call, RULE, rule["SecurityGroupRuleId"])
    return {"Return": True, "RevokedSecurityGroupRules": [_revoked(rule) for rule in wanted]}


def _existing(call: Call, group: Data, there: list[Data], rule: Data) -> Data:
    """The rule of a group that says this. Its peer may be gone by now."""
    found = next((other for other in there if permissions.same(rule, other)), None)
    if found is None:
        asked = _resolved(call, group, rule)
        found = next((other for other in there if permissions.same(asked, other)), None)
    if found is None:
        message = "The specified rule does not exist in this security group."
        raise errors.Conflict(message, code="InvalidPermission.NotFound")
    return found


def _by_id(rules: list[Data], id: str) -> Data:
    lookup.check_id(RULE, id)
    for rule in rules:
        if rule["SecurityGroupRuleId"] == id:
            return rule
    raise errors.NotFound(RULE, id)


def _revoked(rule: Data) -> Data:
    others = ("GroupOwnerId", "SecurityGroupRuleArn", "ReferencedGroupInfo")
    shown = {name: value for name, value in rule.items() if name not in others and name[0] != "_"}
    peer = rule.get("ReferencedGroupInfo")
    return {**shown, "ReferencedGroupId": peer["GroupId"]} if peer else shown


@operation("DescribeSecurityGroupRules")
def describe_security_group_rules(call: Call) -> Data:
    """The rules of the account's security groups, each by itself."""
    for each in call.input.get("Filters") or []:
        for id in each.get("Values") or [] if each.get("Name") == "group-id" else ():
            if not id.startswith(f"{GROUP.prefix}-"):  # this filter alone looks at what ids look like
                raise errors.Invalid(f"The security group ID '{id}' is malformed", code=GROUP.malformed)
    return lookup.described(call, RULE, READERS)


@operation("ModifySecurityGroupRules", on=changed_rules)
def modify_security_group_rules(call: Call) -> Data:
    """Change what rules say; their direction and their kind of peer stay."""
    group = lookup.named(call, GROUP)
    there = records.within(call.store, call.scope, group["GroupId"], RULE.record)
    for change in call.input.get("SecurityGroupRules") or []:
        old = _by_id(there, change.get("SecurityGroupRuleId") or "")
        asked = change.get("SecurityGroupRule") or {}
        new = _resolved(call, group, permissions.split([_as_permission(asked)], call.account)[0])
        kept = {
            name: old[name]
            for name in (
                "SecurityGroupRuleId",
                "GroupId",
                "GroupOwnerId",
                "IsEgress",
                "SecurityGroupRuleArn",
                "_Number",
            )
        }
        lookup.keep(call, RULE, {**kept, **new}, parent=group["GroupId"])
    return {"Return": True}


def _as_permission(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule as a permission. Raises in the words that EC2 has for this operation alone."""
    ports, kind = [rule.get("FromPort"), rule.get("ToPort")], str(rule.get("IpProtocol")).lower()
    if None in ports and kind in ("tcp", "udp", "6", "17"):
        raise errors.Invalid("Invalid value for portRange. Must specify both from and to ports with TCP/UDP.")
    peers = [name for name in ("CidrIpv4", "CidrIpv6", "PrefixListId", "ReferencedGroupId") if rule.get(name)]
    named = "cidrIp, cidrIpv6, prefixListId, or referencedGroupId"
    if len(peers) > 1:
        raise errors.Combination(f"Only one of {named} can be specified")
    if rule.get("IpProtocol") and not peers:
        raise errors.Conflict(f"The request must contain exactly one of: {named}", code="MissingParameter")
    note = {"Description": rule["Description"]} if rule.get("Description") else {}
    permission = {name: rule.get(name) for name in ("IpProtocol", "FromPort", "ToPort")}
    if rule.get("CidrIpv4"):
        permission["IpRanges"] = [{"CidrIp": rule["CidrIpv4"], **note}]
    if rule.get("CidrIpv6"):
        permission["Ipv6Ranges"] = [{"CidrIpv6": rule["CidrIpv6"], **note}]
    if rule.get("PrefixListId"):
        permission["PrefixListIds"] = [{"PrefixListId": rule["PrefixListId"], **note}]
    if rule.get("ReferencedGroupId"):
        permission["UserIdGroupPairs"] = [{"GroupId": rule["ReferencedGroupId"], **note}]
    return permission


@operation("UpdateSecurityGroupRuleDescriptionsIngress", on=rules_of)
def update_security_group_rule_descriptions_ingress(call: Call) -> Data:
    """Change the descriptions of rules that let something in."""
    return _describe(call, egress=False)


@operation("UpdateSecurityGroupRuleDescriptionsEgress", on=rules_of)
def update_security_group_rule_descriptions_egress(call: Call) -> Data:
    """Change the descriptions of rules that let something out."""
    return _describe(call, egress=True)


def _describe(call: Call, egress: bool) -> Data:
    group = the_group(call)
    there = _rules(call, group, egress)
    changes: list[tuple[Data, str | None]] = []
    for each in call.input.get("SecurityGroupRuleDescriptions") or []:
        changes.append((_by_id(there, each.get("SecurityGroupRuleId") or ""), each.get("Description")))
    for rule in permissions.split(call.input["IpPermissions"], call.account) if call.input.get("IpPermissions") else []:
        changes.append((_existing(call, group, there, rule), rule.get("Description")))
    if not changes:
        raise errors.Missing("ipPermissions")
    for rule, text in changes:
        new = {name: value for name, value in rule.items() if name != "Description"}
        lookup.keep(call, RULE, {**new, "Description": text} if text else new, parent=group["GroupId"])
    return {"Return": True}
