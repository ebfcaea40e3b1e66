"""Receipt rule sets: made, copied, chosen, listed."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.mail import listing, records
from cloudarium.mail.arrivals import ACTIVE
from cloudarium.services.ses import errors, receipts, resources

Data = dict[str, Any]
_PAGE = 100


@operation("CreateReceiptRuleSet")
def create_receipt_rule_set(call: Call) -> Data:
    """Make an empty rule set."""
    receipts.add(resources.desk(call), call.input["RuleSetName"], [])
    return {}


@operation("CloneReceiptRuleSet")
def clone_receipt_rule_set(call: Call) -> Data:
    """Make a rule set with the rules of another one."""
    desk = resources.desk(call)
    original = receipts.find(desk, call.input["OriginalRuleSetName"])
    receipts.add(desk, call.input["RuleSetName"], original["Rules"])
    return {}


@operation("DeleteReceiptRuleSet")
def delete_receipt_rule_set(call: Call) -> Data:
    """Delete a rule set with its rules; the one in use cannot be, and one that is not there is no error."""
    desk, name = resources.desk(call), call.input["RuleSetName"]
    if receipts.active(desk.store, desk.scope) == name:
        raise errors.in_use(name)
    records.remove(desk.store, desk.scope, receipts.SETS, name)
    return {}


def _shown(name: str, data: Data) -> Data:
    return {"Name": name, "CreatedTimestamp": data["Created"]}


@operation("DescribeReceiptRuleSet")
def describe_receipt_rule_set(call: Call) -> Data:
    """A rule set with its rules in their order."""
    name = call.input["RuleSetName"]
    found = receipts.find(resources.desk(call), name)
    return {"Metadata": _shown(name, found), "Rules": found["Rules"]}


@operation("ListReceiptRuleSets")
def list_receipt_rule_sets(call: Call) -> Data:
    """The rule sets, a page at a time."""
    desk = resources.desk(call)
    found = records.every(desk.store, desk.scope, receipts.SETS, listing.after(desk, call.input.get("NextToken")))
    page, token = listing.page(found, _PAGE)
    return {"RuleSets": [_shown(name, data) for name, data in page], "NextToken": token}


@operation("SetActiveReceiptRuleSet")
def set_active_receipt_rule_set(call: Call) -> Data:
    """Put a rule set in use, or, without a name, none: then no mail is received."""
    desk, name = resources.desk(call), call.input.get("RuleSetName")
    if name is None:
        records.remove(desk.store, desk.scope, ACTIVE, "")
    else:
        receipts.find(desk, name)
        desk.put(ACTIVE, "", {"Name": name})
    return {}


@operation("DescribeActiveReceiptRuleSet")
def describe_active_receipt_rule_set(call: Call) -> Data:
    """The rule set in use; nothing when there is none."""
    desk = resources.desk(call)
    name = receipts.active(desk.store, desk.scope)
    if name is None:
        return {}
    found = receipts.find(desk, name)
    return {"Metadata": _shown(name, found), "Rules": found["Rules"]}


@operation("ReorderReceiptRuleSet")
def reorder_receipt_rule_set(call: Call) -> Data:
    """Put all rules of a set into another order."""
    desk, name, names = resources.desk(call), call.input["RuleSetName"], call.input["RuleNames"]
    found = receipts.find(desk, name)
    known = {each["Name"]: each for each in found["Rules"]}
    for each in names:
        if each not in known:
            raise errors.no_rule(each)
    if len(names) != len(known) or len(set(names)) != len(names):
        raise desk.invalid("RuleNames must have every rule of the rule set once.")
    desk.put(receipts.SETS, name, {**found, "Rules": [known[each] for each in names]})
    return {}
