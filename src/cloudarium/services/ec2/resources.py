"""What each call touches, by ARN, and EC2's condition keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import Need
from cloudarium.services.ec2 import kinds
from cloudarium.services.ec2.kinds import Kind
from cloudarium.shared import arn
from cloudarium.vpc import records

TAG_KEYS = ("ec2:ResourceTag",)
Needs = list[str | Need]


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
            elif given is not None or makes is None:
                needs.append(_arn(call, kind, given))
        if makes is not None and call.input.get("TagSpecifications"):
            needs.append(Need("ec2:CreateTags", _arn(call, makes, "*"), {"ec2:CreateAction": call.operation_name}))
        return needs

    return on


def tagged(call: Call) -> Needs:
    """The things that a tagging call names."""
    given = call.input.get("Resources")
    found = [id for id in given if isinstance(id, str)] if isinstance(given, list) else []
    needs: Needs = []
    for id in found:
        kind = kinds.of_id(id)
        needs.append(_arn(call, kind, id) if kind is not None else arn.make("ec2", call.scope, f"*/{id}"))
    return needs


def rules_of(call: Call) -> Needs:
    """The security group whose rules a call changes, and the rules that it makes or names."""
    needs: Needs = [_group(call)]
    if call.input.get("TagSpecifications"):
        made = _arn(call, kinds.RULE, "*")
        needs.append(Need("ec2:CreateTags", made, {"ec2:CreateAction": call.operation_name}))
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


def conditions(call: Call) -> dict[str, Any]:
    """EC2's own condition keys: the region, and the VPC of what is named."""
    found: dict[str, Any] = {"ec2:Region": call.region}
    vpc = call.input.get("VpcId")
    for kind in (kinds.SUBNET, kinds.GROUP, kinds.ROUTE_TABLE, kinds.ACL, kinds.INTERFACE, kinds.ENDPOINT):
        id = call.input.get(kind.id)
        if isinstance(id, str) and not vpc:
            data = records.find(call.store, call.scope, kind.record, id)
            vpc = data["VpcId"] if data is not None else None
    if isinstance(vpc, str):
        found["ec2:Vpc"] = arn.make("ec2", call.scope, f"vpc/{vpc}")
        found["ec2:VpcID"] = vpc
    return found
