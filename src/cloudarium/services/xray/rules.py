"""Sampling rules: what one can say, and how its reservoir is shared among those who apply it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cloudarium.services.xray import errors, resources
from cloudarium.services.xray.records import Report, Rule
from cloudarium.shared.errors import NotBuilt
from cloudarium.shared.scope import Scope

INTERVAL = 10  # seconds after which a client asks again
REMEMBERED = 20.0  # seconds for which a client that asked has its share of reservoirs
_LAST_PRIORITY = 10_000  # the default rule's
_MEMBERS = (
    "ResourceARN", "Priority", "FixedRate", "ReservoirSize", "ServiceName", "ServiceType", "Host", "HTTPMethod",
    "URLPath", "Attributes",
)  # fmt: skip
_OF_DEFAULT = ("FixedRate", "ReservoirSize")


def default(scope: Scope) -> Rule:
    """The rule that fits what no other fits, as every account has it."""
    data = {
        "RuleName": resources.DEFAULT, "RuleARN": resources.rule_arn(scope, resources.DEFAULT),
        "ResourceARN": "*", "Priority": _LAST_PRIORITY, "FixedRate": 0.05, "ReservoirSize": 1, "ServiceName": "*",
        "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "URLPath": "*", "Version": 1, "Attributes": {},
    }  # fmt: skip
    return Rule(resources.DEFAULT, data, 0.0, 0.0)


def made(given: Mapping[str, Any], arn: str) -> dict[str, Any]:
    """A new rule's members. Raises Invalid."""
    if given.get("SamplingRateBoost") is not None:
        raise NotBuilt("xray sampling rate boosts (SamplingRateBoost)")
    if given["Version"] != 1:
        raise errors.Invalid("The version of a sampling rule must be 1")
    own = {name: given[name] for name in _MEMBERS if name in given}
    return {"RuleName": given["RuleName"], "RuleARN": arn, "Attributes": {}, **own, "Version": 1}


def updated(rule: Mapping[str, Any], given: Mapping[str, Any], is_default: bool) -> dict[str, Any]:
    """A rule with the members that an update says. Raises Invalid."""
    if given.get("SamplingRateBoost") is not None:
        raise NotBuilt("xray sampling rate boosts (SamplingRateBoost)")
    new = {name: given[name] for name in _MEMBERS if given.get(name) is not None}
    if is_default and new.keys() - set(_OF_DEFAULT):
        raise errors.Invalid("Invalid update request for default sampling rule")
    for name, low, high in (("Priority", 1, 9999), ("FixedRate", 0, 1), ("ReservoirSize", 0, 1 << 31)):
        if name in new and not low <= new[name] <= high:
            raise errors.Invalid(f"{name} is out of range")
    return {**rule, **new}


def target(rule: Rule, client: str, active: Iterable[Report], now: float) -> dict[str, Any]:
    """What a client may do by a rule until it asks again: its share of the reservoir, and the rate beyond it."""
    clients = sorted({one.client for one in active if one.rule == rule.name} | {client})
    size = int(rule.rule["ReservoirSize"])
    share, left = divmod(size, len(clients))
    return {
        "RuleName": rule.name,
        "FixedRate": rule.rule["FixedRate"],
        "ReservoirQuota": share + (clients.index(client) < left),
        "ReservoirQuotaTTL": now + INTERVAL,
        "Interval": INTERVAL,
    }
