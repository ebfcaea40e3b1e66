"""Rules: which events of a bus, or which moments, concern which targets."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.events import errors, resources, timing
from cloudarium.services.events.operations import lookup
from cloudarium.services.events.records import rules
from cloudarium.services.events.records.managed import Rule
from cloudarium.shared import tags
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
_MOST = 300
_SAID = ("EventPattern", "ScheduleExpression", "State", "Description", "RoleArn")


@operation("PutRule", on=resources.rule_to_put)
def put_rule(call: Call) -> Data:
    """Make a rule, or put it in the place of the one of this name; its targets stay. Tags count for a new one only."""
    given = call.input
    if not given.get("EventPattern") and not given.get("ScheduleExpression"):
        raise errors.Invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.")
    if given.get("EventPattern"):
        lookup.pattern(given["EventPattern"])
    on = lookup.bus(call)
    if given.get("ScheduleExpression"):
        if on.name != resources.DEFAULT:
            raise errors.Invalid("ScheduleExpression is supported only on the default event bus.")
        if not timing.is_schedule(given["ScheduleExpression"]):
            raise errors.Invalid.parameter("ScheduleExpression")
    if given.get("State") == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS":
        raise NotBuilt("events rules on CloudTrail's management events")
    before = rules.find(call.store, on.scope, on.name, given["Name"])
    if before is not None and before.managed:
        raise errors.ManagedRule.changed(before.name)
    if before is None and rules.count(call.store, on.scope, on.name) >= _MOST:
        raise errors.LimitExceeded
    data = {"State": "ENABLED", **{name: given[name] for name in _SAID if given.get(name)}}
    data["CreatedBy"] = before.data["CreatedBy"] if before is not None else call.principal.account
    rule = Rule(on.scope, on.name, given["Name"], data)
    arn = resources.rule_arn(*rule[:3])
    if before is None:
        new = tags.from_list(given.get("Tags"))
        wrong = tags.problem(new)
        if wrong:
            raise errors.Invalid(wrong)
        call.tags.put(arn, new)
    rules.put(call.store, rule)
    if before is None or _timing(before) != _timing(rule):
        timing.plan(call, rule, call.now)
    return {"RuleArn": arn}


def _timing(rule: Rule) -> tuple[Any, Any]:
    return rule.data.get("ScheduleExpression"), rule.data["State"]


def _shown(rule: Rule) -> Data:
    said = {name: rule.data[name] for name in (*_SAID, "ManagedBy") if name in rule.data}
    return {"Name": rule.name, "Arn": resources.rule_arn(*rule[:3]), "EventBusName": rule.bus, **said}


@operation("DescribeRule", on=resources.rule)
def describe_rule(call: Call) -> Data:
    """All of a rule but its targets."""
    found = lookup.rule(call, call.input["Name"])
    return {**_shown(found), "CreatedBy": found.data["CreatedBy"]}


@operation("ListRules")
def list_rules(call: Call) -> Data:
    """The rules of a bus, by name."""
    on, prefix = lookup.bus(call), call.input.get("NamePrefix") or ""
    found = [rule for rule in rules.of_bus(call.store, on.scope, on.name) if rule.name.startswith(prefix)]
    return lookup.page(call, "Rules", found, lambda rule: rule.name, _shown)


@operation("ListRuleNamesByTarget")
def list_rule_names_by_target(call: Call) -> Data:
    """The names of the rules of a bus that have this target."""
    on = lookup.bus(call)
    found = rules.names_with_target(call.store, on.scope, on.name, call.input["TargetArn"])
    return lookup.page(call, "RuleNames", found, str, str)


@operation("EnableRule", on=resources.rule)
def enable_rule(call: Call) -> Data:
    """Have a rule match, and its schedule run, from now on."""
    return _turn(call, "ENABLED")


@operation("DisableRule", on=resources.rule)
def disable_rule(call: Call) -> Data:
    """Have a rule match nothing."""
    return _turn(call, "DISABLED")


def _turn(call: Call, state: str) -> Data:
    found = lookup.rule(call, call.input["Name"])
    if found.managed:
        raise errors.ManagedRule.changed(found.name)
    if found.data["State"] != state:
        changed = found._replace(data={**found.data, "State": state})
        rules.put(call.store, changed)
        timing.plan(call, changed, call.now)
    return {}


@operation("DeleteRule", on=resources.rule)
def delete_rule(call: Call) -> Data:
    """Delete a rule without targets, one of EventBridge's own by force; one that is not there is no error."""
    on = lookup.bus(call)
    found = rules.find(call.store, on.scope, on.name, call.input["Name"])
    if found is None:
        return {}
    if found.managed and not call.input.get("Force"):
        raise errors.ManagedRule.unforced(found.name)
    if rules.targets(call.store, found):
        raise errors.Invalid("Rule can't be deleted since it has targets.")
    rules.remove(call.store, found)
    timing.forget(call, found)
    call.tags.drop(resources.rule_arn(*found[:3]))
    return {}
