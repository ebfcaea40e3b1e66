"""Policies of parameters: Expiration, ExpirationNotification, NoChangeNotification. Pure decisions.

Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-policies.html
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from cloudarium.services.ssm import errors

Data = dict[str, Any]
_MOST = 10
_UNITS = {"Days": 86_400.0, "Hours": 3_600.0}
_SPANS = {"ExpirationNotification": "Before", "NoChangeNotification": "After"}


class Policies(NamedTuple):
    """A parameter's policies as Get… shows them, when it expires, and when which notice is due: (moment, number)."""

    shown: list[Data]
    expires: float | None
    notices: list[tuple[float, int]]


def read(text: str) -> list[Data]:
    """The policies in a PutParameter. Raises for what AWS does not take."""
    try:
        given = orjson.loads(text) if text else []
    except ValueError:
        given = None
    if not isinstance(given, list) or not all(isinstance(policy, dict) for policy in given):
        raise errors.Invalid("Invalid policies input: a JSON array of policies is expected.")
    if len(given) > _MOST:
        raise errors.InvalidPolicy("PoliciesLimitExceededException", f"A parameter can have at most {_MOST} policies.")
    for policy in given:
        kind = policy.get("Type")
        if kind != "Expiration" and kind not in _SPANS:
            raise errors.InvalidPolicy("InvalidPolicyTypeException", f"The policy type {kind!r} is not supported.")
    kinds = [policy["Type"] for policy in given]
    if kinds.count("Expiration") > 1:
        raise errors.InvalidPolicy("IncompatiblePolicyException", "A parameter can have one Expiration policy.")
    if "ExpirationNotification" in kinds and "Expiration" not in kinds:
        raise errors.InvalidPolicy(
            "IncompatiblePolicyException", "An ExpirationNotification policy needs an Expiration policy beside it."
        )
    return given


def of(given: Sequence[Data], now: float) -> Policies:
    """What the policies come to for a version that is made now. Raises for wrong attributes."""
    expires = next((_expiration(policy, now) for policy in given if policy["Type"] == "Expiration"), None)
    shown, notices = [], []
    for number, policy in enumerate(given):
        shown.append({
            "PolicyText": orjson.dumps(policy).decode(), "PolicyType": policy["Type"], "PolicyStatus": "Pending",
        })  # fmt: skip
        if policy["Type"] == "NoChangeNotification":
            notices.append((now + _span(policy), number))
        elif policy["Type"] == "ExpirationNotification":
            assert expires is not None
            notices.append((expires - _span(policy), number))
    return Policies(shown, expires, [(due, number) for due, number in notices if due > now])


def _attribute(policy: Data, name: str) -> Any:
    attributes = policy.get("Attributes")
    if policy.get("Version") != "1.0" or not isinstance(attributes, dict) or not isinstance(attributes.get(name), str):
        raise errors.InvalidPolicy(
            "InvalidPolicyAttributeException", f"A policy of the type {policy['Type']} needs the attribute {name}."
        )
    return attributes[name]


def _span(policy: Data) -> float:
    amount, unit = _attribute(policy, _SPANS[policy["Type"]]), _attribute(policy, "Unit")
    if unit not in _UNITS or not amount.isascii() or not amount.isdecimal() or not 0 < int(amount[:9]) < 100_000:
        raise errors.InvalidPolicy(
            "InvalidPolicyAttributeException", f"{amount!r} {unit!r} is no number of Days or Hours."
        )
    return int(amount[:9]) * _UNITS[unit]


def _expiration(policy: Data, now: float) -> float:
    text = _attribute(policy, "Timestamp")
    try:
        moment = datetime.fromisoformat(text)
        expires = moment.timestamp()
    except (ValueError, OverflowError, OSError):
        moment, expires = None, 0.0
    if moment is None or moment.tzinfo is None:
        raise errors.InvalidPolicy(
            "InvalidPolicyAttributeException", f"The timestamp {text!r} is not ISO 8601 with a zone."
        )
    if expires <= now:
        raise errors.InvalidPolicy("InvalidPolicyAttributeException", f"The timestamp {text!r} is in the past.")
    return expires
