"""Sampling rules, and what clients learn of them: how much of a rule's reservoir each may use."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.xray import errors, records, resources, rules
from cloudarium.services.xray.operations import tagging
from cloudarium.services.xray.records import Report, Rule
from cloudarium.shared import paging

_MOST = 25  # rules of an account in a region; a quota of AWS's
_MOST_STATISTICS = 25  # documents of one GetSamplingTargets
_PAGE = 50
_SUMMARIZED = 10 * 60.0  # reports that old are summarized no more


def _find(call: Call, name: str) -> Rule | None:
    found = records.find_rule(call.store, call.scope, name)
    return rules.default(call.scope) if found is None and name == resources.DEFAULT else found


def _named(call: Call, given: dict[str, Any]) -> Rule:
    """The rule that is named by name or ARN. Raises Invalid."""
    name, arn = given.get("RuleName"), given.get("RuleARN")
    if (name is None) == (arn is None):
        raise errors.Invalid("Exactly one of RuleName and RuleARN must be provided")
    wanted = name if name is not None else resources.name_in(arn, "sampling-rule", call.scope)
    found = _find(call, wanted or "")
    if found is None:
        raise errors.Invalid("Sampling rule does not exist.")
    return found


def _shown(rule: Rule) -> dict[str, Any]:
    return {"SamplingRule": rule.rule, "CreatedAt": rule.created, "ModifiedAt": rule.modified}


@operation("CreateSamplingRule", on=resources.rule)
def create_sampling_rule(call: Call) -> dict[str, Any]:
    """Make a sampling rule."""
    given = call.input["SamplingRule"]
    name = given.get("RuleName")
    if not name or given.get("RuleARN"):
        raise errors.Invalid("A RuleName, and no RuleARN, must be provided")
    if _find(call, name) is not None:
        raise errors.Invalid("Sampling rule already exists.")
    data = rules.made(given, resources.rule_arn(call.scope, name))
    if len(records.rules(call.store, call.scope)) >= _MOST:
        raise errors.TooManyRules
    made = Rule(name, data, call.now, call.now)
    records.put_rule(call.store, call.scope, made)
    tagging.put_new(call, resources.rule_arn(call.scope, name))
    return {"SamplingRuleRecord": _shown(made)}


@operation("UpdateSamplingRule", on=resources.rule)
def update_sampling_rule(call: Call) -> dict[str, Any]:
    """Change a sampling rule; of the default one only its rate and reservoir."""
    given = call.input["SamplingRuleUpdate"]
    rule = _named(call, given)
    data = rules.updated(rule.rule, given, rule.name == resources.DEFAULT)
    made = rule._replace(rule=data, modified=call.now)
    records.put_rule(call.store, call.scope, made)
    return {"SamplingRuleRecord": _shown(made)}


@operation("DeleteSamplingRule", on=resources.rule)
def delete_sampling_rule(call: Call) -> dict[str, Any]:
    """Delete a sampling rule; the default one stays."""
    given: dict[str, Any] = {name: call.input[name] for name in ("RuleName", "RuleARN") if name in call.input}
    rule = _named(call, given)
    if rule.name == resources.DEFAULT:
        raise errors.Invalid("Default rule cannot be deleted.")
    records.remove_rule(call.store, call.scope, rule.name)
    call.tags.drop(resources.rule_arn(call.scope, rule.name))
    return {"SamplingRuleRecord": _shown(rule)}


def _all(call: Call) -> list[Rule]:
    found = records.rules(call.store, call.scope)
    if all(rule.name != resources.DEFAULT for rule in found):
        found.append(rules.default(call.scope))
    return found


@operation("GetSamplingRules")
def get_sampling_rules(call: Call) -> dict[str, Any]:
    """All sampling rules, the default one among them."""
    found = sorted(_all(call), key=lambda rule: rule.name)
    after = tagging.page_key(call)
    page = [rule for rule in found if rule.name > after]
    more = {"NextToken": paging.encode(page[_PAGE - 1].name)} if len(page) > _PAGE else {}
    return {"SamplingRuleRecords": [_shown(rule) for rule in page[:_PAGE]], **more}


@operation("GetSamplingTargets", refuses=("SamplingBoostStatisticsDocuments",))
def get_sampling_targets(call: Call) -> dict[str, Any]:
    """Take what a client saw of each rule, and say how many requests of it he may sample each second for now."""
    given = call.input["SamplingStatisticsDocuments"]
    if len(given) > _MOST_STATISTICS:
        raise errors.Invalid(f"At most {_MOST_STATISTICS} statistics documents can be sent at once")
    known = {rule.name: rule for rule in _all(call)}
    unknown = []
    for one in given:
        rule = known.get(one["RuleName"])
        if rule is None:
            said = {"RuleName": one["RuleName"], "ErrorCode": "400", "Message": "Unknown rule"}
            unknown.append(said)
            continue
        records.put_report(call.store, call.scope, _report(call, one))
    active = records.reports(call.store, call.scope, call.now - rules.REMEMBERED)
    targets = [rules.target(known[one["RuleName"]], one["ClientID"], active, call.now) for one in given
               if one["RuleName"] in known]  # fmt: skip
    return {
        "SamplingTargetDocuments": targets,
        "LastRuleModification": max(rule.modified for rule in known.values()),
        "UnprocessedStatistics": unknown,
    }


def _report(call: Call, given: dict[str, Any]) -> Report:
    counts = (given["RequestCount"], given["SampledCount"], given.get("BorrowCount", 0))
    return Report(given["RuleName"], given["ClientID"], call.now, float(given["Timestamp"]), *counts)


@operation("GetSamplingStatisticSummaries")
def get_sampling_statistic_summaries(call: Call) -> dict[str, Any]:
    """What clients said of each rule of late, taken together."""
    sums: dict[str, dict[str, Any]] = {}
    for one in records.reports(call.store, call.scope, call.now - _SUMMARIZED):
        made = sums.setdefault(
            one.rule,
            {"RuleName": one.rule, "Timestamp": 0.0, "RequestCount": 0, "BorrowCount": 0, "SampledCount": 0},
        )
        made["Timestamp"] = max(made["Timestamp"], one.seen - one.seen % 60)
        made["RequestCount"] += one.requests
        made["BorrowCount"] += one.borrowed
        made["SampledCount"] += one.sampled
    after = tagging.page_key(call)
    page = [made for name, made in sorted(sums.items()) if name > after]
    more = {"NextToken": paging.encode(page[_PAGE - 1]["RuleName"])} if len(page) > _PAGE else {}
    return {"SamplingStatisticSummaries": page[:_PAGE], **more}
