"""What each call touches, by ARN; EC2's condition keys are in `conditions`, its denials end in AWS's words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from cloudarium.gateway import denials
from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import Need
from cloudarium.services.ec2 import kinds
from cloudarium.services.ec2.conditions import conditions as conditions
from cloudarium.services.ec2.conditions import resource_conditions as resource_conditions
from cloudarium.services.ec2.kinds import Kind
from cloudarium.shared import arn
from cloudarium.vpc import records

TAG_KEYS = ("ec2:ResourceTag",)
Needs = list[str | Need]


def denial(call: Call, message: str) -> str:
    """A denial as EC2 words it, with all its reasons in a form that only `sts:DecodeAuthorizationMessage` reads."""
    sealed = denials.encoded(call, call.decisions[-1])
    start = f"You are not authorized to perform this operation. {message}"
    return f"{start}. Encoded authorization failure message: {sealed}"


def request_tags(call: Call) -> object:
    """The tags that a call gives new things, or the keys that it takes away."""
    if call.operation_name == "DeleteTags":
        return [tag["Key"] for tag in _mappings(call.input.get("Tags")) if isinstance(tag.get("Key"), str)]
    return _new_tags(call)


def _new_tags(call: Call) -> list[dict[str, Any]]:
    """The tags for new things, but for those by which AWS's own services mark what they make."""
    every = [tag for each in _mappings(call.input.get("TagSpecifications")) for tag in _mappings(each.get("Tags"))]
    return [tag for tag in every if call.request is not None or not str(tag.get("Key")).startswith("aws:")]


def _mappings(given: object) -> Iterator[dict[str, Any]]:
    yield from (each for each in given if isinstance(each, dict)) if isinstance(given, list) else ()


def _arn(call: Call, kind: Kind, id: object) -> str:
    return arn.make("ec2", call.scope, f"{kind.record}/{id if isinstance(id, str) and id else '*'}")


def touching(*what: tuple[Kind, str], makes: Kind | None = None) -> Callable[[Call], Needs]:
    """What a call touches that names things of these kinds by these members; `makes` is the kind of what it makes.

    To tag a new thing on the way needs the permission to tag, with `ec2:CreateAction` in its context.
    """

    def on(call: Call) -> Needs:
        needs: Needs = [_arn(call, makes, "*")] if makes is not None else []
        for kind, member in what:
            given = call.input.get(member)
            if isinstance(given, list):
                needs += [_arn(call, kind, id) for id in given]
            elif given is not None:
                needs.append(_arn(call, kind, given))
        if not needs and what:
            needs.append(_arn(call, what[0][0], "*"))
        return needs + _tagging(call, makes)

    return on


def _tagging(call: Call, makes: Kind | None) -> Needs:
    given = call.input.get("TagSpecifications")
    if makes is None or not given or (call.request is None and not _new_tags(call)):
        return []
    return [Need("ec2:CreateTags", _arn(call, makes, "*"), {"ec2:CreateAction": call.operation_name})]


def tagged(call: Call) -> Needs:
    """The things that a tagging call names."""
    given = call.input.get("Resources")
    needs: Needs = []
    for id in (id for id in given if isinstance(id, str)) if isinstance(given, list) else ():
        kind = kinds.of_id(id)
        needs.append(_arn(call, kind, id) if kind is not None else arn.make("ec2", call.scope, f"*/{id}"))
    return needs or [arn.make("ec2", call.scope, "*/*")]


def rules_of(call: Call) -> Needs:
    """The security group whose rules a call makes, changes or takes away."""
    return [_group(call), *_tagging(call, kinds.RULE)]


def changed_rules(call: Call) -> Needs:
    """The security group, the rules that a call changes in it, and the prefix lists that they shall name."""
    needs: Needs = [_group(call)]
    for each in _mappings(call.input.get("SecurityGroupRules")):
        needs.append(_arn(call, kinds.RULE, each.get("SecurityGroupRuleId")))
        rule = each.get("SecurityGroupRule")
        if isinstance(rule, dict) and rule.get("PrefixListId"):
            needs.append(_arn(call, kinds.PREFIX_LIST, rule["PrefixListId"]))
    return needs


def _group(call: Call) -> str:
    id, name = call.input.get("GroupId"), call.input.get("GroupName")
    if not id and isinstance(name, str):
        default = {
            data["VpcId"] for data in records.every(call.store, call.scope, records.VPC) if data.get("IsDefault")
        }
        for data in records.every(call.store, call.scope, records.GROUP):
            if data["GroupName"] == name and data["VpcId"] in default:
                id = data["GroupId"]
    return _arn(call, kinds.GROUP, id)


def association_of(kind: Kind, id: str, new: bool = False) -> Callable[[Call], Needs]:
    """The thing and the subnet that an association (its id is in `AssociationId`) brings together.

    `id` is the member of an association with its id. `new`: the call names another thing to take its place.
    """

    def on(call: Call) -> Needs:
        wanted = call.input.get("AssociationId")
        needs: Needs = [_arn(call, kind, call.input.get(kind.id))] if new else []
        for data in records.every(call.store, call.scope, kind.record):
            for one in data["Associations"]:
                if one[id] == wanted:
                    needs += [] if new else [_arn(call, kind, data[kind.id])]
                    needs += [_arn(call, kinds.SUBNET, one["SubnetId"])] if one.get("SubnetId") else []
                    return needs
        return needs or [_arn(call, kind, "*")]

    return on


def vpc_of_block(call: Call) -> str:
    """The VPC that holds a block of addresses by the association that a call names."""
    wanted = call.input.get("AssociationId")
    for data in records.every(call.store, call.scope, records.VPC):
        if any(one["AssociationId"] == wanted for one in data["CidrBlockAssociationSet"]):
            return _arn(call, kinds.VPC, data["VpcId"])
    return _arn(call, kinds.VPC, "*")


def address_of(call: Call) -> Needs:
    """The elastic address that a call names, whichever way, and the interface that has it or shall have it."""
    given = call.input
    interface = given.get("NetworkInterfaceId")
    for data in records.every(call.store, call.scope, records.ADDRESS):
        names = (data["AllocationId"], data["PublicIp"], data.get("AssociationId", ""))
        asked = (given.get("AllocationId"), given.get("PublicIp"), given.get("AssociationId"))
        if any(name == wanted for name, wanted in zip(names, asked, strict=True)):
            needs: Needs = [_arn(call, kinds.ADDRESS, data["AllocationId"])]
            held = data.get("NetworkInterfaceId") if given.get("AssociationId") else None
            return needs + ([_arn(call, kinds.INTERFACE, interface or held)] if interface or held else [])
    return [_arn(call, kinds.ADDRESS, given.get("AllocationId"))]


def accepted(call: Call) -> Needs:
    """The peering connection that a call accepts, and the VPC that it leads to."""
    id = call.input.get("VpcPeeringConnectionId")
    needs: Needs = [_arn(call, kinds.PEERING, id)]
    data = records.find(call.store, call.scope, records.PEERING, id) if isinstance(id, str) else None
    return [*needs, _arn(call, kinds.VPC, data["AccepterVpcInfo"]["VpcId"])] if data is not None else needs
