"""Receipt rules of a set: what they point to is tried before they are kept."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.mail.desk import Desk
from cloudarium.services.ses import errors, receipts, resources, rules, setup

Data = dict[str, Any]


def _normal(desk: Desk, given: Data) -> Data:
    try:
        return rules.normal(given)
    except rules.BadRule as error:
        raise desk.invalid(str(error)) from error


@operation("CreateReceiptRule", on=resources.passed_roles)
async def create_receipt_rule(call: Call) -> Data:
    """Make a rule, behind the one that is named or in front of all."""
    desk, name, after = resources.desk(call), call.input["RuleSetName"], call.input.get("After")
    new = _normal(desk, call.input["Rule"])
    _with(desk, name, new, after)
    await setup.try_out(call, name, new)
    with call.transaction():
        found, kept = _with(desk, name, new, after)
        desk.put(receipts.SETS, name, {**found, "Rules": kept})
    return {}


def _with(desk: Desk, name: str, new: Data, after: str | None) -> tuple[Data, list[Data]]:
    """(the set, its rules with a new one). Raises when it cannot have that."""
    found = receipts.find(desk, name)
    if any(each["Name"] == new["Name"] for each in found["Rules"]):
        raise errors.exists("Rule", new["Name"])
    if len(found["Rules"]) >= rules.MOST_RULES:
        raise desk.error(desk.codes.limit, f"A receipt rule set can have at most {rules.MOST_RULES} rules.")
    return found, receipts.placed(found["Rules"], new, after)


@operation("UpdateReceiptRule", on=resources.passed_roles)
async def update_receipt_rule(call: Call) -> Data:
    """Put another rule in the place of the one of that name."""
    desk, name = resources.desk(call), call.input["RuleSetName"]
    new = _normal(desk, call.input["Rule"])
    receipts.rule(desk, name, new["Name"])
    await setup.try_out(call, name, new)
    with call.transaction():
        receipts.rule(desk, name, new["Name"])
        found = receipts.find(desk, name)
        kept = [new if each["Name"] == new["Name"] else each for each in found["Rules"]]
        desk.put(receipts.SETS, name, {**found, "Rules": kept})
    return {}


@operation("DescribeReceiptRule")
def describe_receipt_rule(call: Call) -> Data:
    """A rule."""
    return {"Rule": receipts.rule(resources.desk(call), call.input["RuleSetName"], call.input["RuleName"])}


@operation("DeleteReceiptRule")
def delete_receipt_rule(call: Call) -> Data:
    """Delete a rule; one that is not there is no error."""
    desk, name = resources.desk(call), call.input["RuleSetName"]
    found = receipts.find(desk, name)
    kept = [each for each in found["Rules"] if each["Name"] != call.input["RuleName"]]
    desk.put(receipts.SETS, name, {**found, "Rules": kept})
    return {}


@operation("SetReceiptRulePosition")
def set_receipt_rule_position(call: Call) -> Data:
    """Move a rule behind another one, or in front of all."""
    desk, name = resources.desk(call), call.input["RuleSetName"]
    moved = receipts.rule(desk, name, call.input["RuleName"])
    found = receipts.find(desk, name)
    others = [each for each in found["Rules"] if each["Name"] != moved["Name"]]
    desk.put(receipts.SETS, name, {**found, "Rules": receipts.placed(others, moved, call.input.get("After"))})
    return {}
