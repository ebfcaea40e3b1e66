"""Who can subscribe, and what a subscription can be set to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson

from cloudarium.mail import addresses
from cloudarium.services.sns import errors
from cloudarium.services.sns.rules import filters, http_policies
from cloudarium.shared import arn as arns
from cloudarium.shared.errors import NotBuilt

CONFIRMED_AT_ONCE = frozenset(("sqs", "lambda", "sms"))
TOKEN_LIFE = 2 * 86400.0  # seconds in which a subscription can be confirmed
_NOT_BUILT = {"application": "sns mobile push (the protocol application)", "firehose": "sns to Firehose"}
_PHONE = re.compile(r"\+?[0-9]+([ ./-][0-9]+)*", re.ASCII)
_PASSWORD = re.compile(r"(?<=//)([^/:@]*):[^/@]*@")
_ATTRIBUTES = ("DeliveryPolicy", "FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy")
_REFUSED = {"ReplayPolicy": "sns message replay (ReplayPolicy)",
            "SubscriptionRoleArn": "sns to Firehose (SubscriptionRoleArn)"}  # fmt: skip


# ---- Endpoints -------------------------------------------------------------------------------------------------------


def check_endpoint(protocol: str, endpoint: str, fifo: bool) -> None:
    """Raise InvalidParameter for an endpoint that the protocol does not reach, or a protocol that SNS has not."""
    if protocol in _NOT_BUILT:
        raise NotBuilt(_NOT_BUILT[protocol])
    check = _CHECKS.get(protocol)
    if check is None:
        what = f"Amazon SNS does not support this protocol string: {protocol[:100]}"
        raise errors.InvalidParameter(what)
    if not endpoint:
        raise errors.InvalidParameter("Endpoint")
    check(protocol, endpoint)
    if protocol == "sqs" and endpoint.endswith(".fifo") and not fifo:
        raise errors.InvalidParameter(
            "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"
        )
    if protocol != "sqs" and fifo:
        raise errors.InvalidParameter("Invalid parameter: Endpoint Reason: Please use FIFO SQS queue")


def _check_queue(protocol: str, endpoint: str) -> None:
    found = arns.parse(endpoint)
    if found is None or found.service != "sqs" or not found.region or not found.account:
        raise errors.InvalidParameter("SQS endpoint ARN")


def _check_function(protocol: str, endpoint: str) -> None:
    found = arns.parse(endpoint)
    if found is None or found.service != "lambda" or not found.resource.startswith("function:"):
        raise errors.InvalidParameter("Lambda endpoint ARN")


def _check_url(protocol: str, endpoint: str) -> None:
    if not endpoint.lower().startswith(f"{protocol}://"):
        raise errors.InvalidParameter("Endpoint must match the specified protocol")
    host = re.match(r"https?://([^/?#\s]+)", endpoint, re.IGNORECASE)
    try:
        urlsplit(endpoint).port  # noqa: B018 - it is read for its error
    except ValueError:
        host = None
    if host is None or not endpoint.isascii() or not endpoint.isprintable() or " " in endpoint or len(endpoint) > 2048:
        raise errors.InvalidParameter("Endpoint")


def _check_email(protocol: str, endpoint: str) -> None:
    try:
        fine = addresses.read(endpoint).email == endpoint
    except addresses.NoAddress:
        fine = False
    if not fine:
        raise errors.InvalidParameter("Email address")


def _check_sms(protocol: str, endpoint: str) -> None:
    if not is_phone(endpoint):
        raise errors.InvalidParameter(f"Invalid SMS endpoint: {endpoint[:100]}", bare=True)


_CHECKS = {
    "sqs": _check_queue, "lambda": _check_function, "http": _check_url, "https": _check_url, "email": _check_email,
    "email-json": _check_email, "sms": _check_sms,
}  # fmt: skip


def is_phone(text: str) -> bool:
    """Whether a text is a telephone number, with single separators between its digits."""
    return _PHONE.fullmatch(text) is not None and 1 <= sum(letter.isdigit() for letter in text) <= 20


def masked(endpoint: str) -> str:
    """An endpoint as it is shown: a password in a web server's address is not."""
    return _PASSWORD.sub(r"\1:****@", endpoint)


def account_of(endpoint: str) -> str:
    """Whose a queue or function is; nobody's for any other endpoint."""
    found = arns.parse(endpoint)
    return found.account if found is not None else ""


# ---- Attributes ------------------------------------------------------------------------------------------------------


def new_attributes(given: Mapping[str, str], fifo: bool, endpoint: str) -> dict[str, str]:
    """The attributes of a new subscription as they are kept. Raises InvalidParameter."""
    kept: dict[str, str] = {}
    place = "Attributes Reason: "
    for name in given:
        if name not in _ATTRIBUTES and name not in _REFUSED:
            raise errors.InvalidParameter(f"{place}Unknown attribute: {name[:100]}")
    if "FilterPolicyScope" in given:  # it says how the policy is read
        kept["FilterPolicyScope"] = check_scope(given["FilterPolicyScope"], place)
    for name, value in given.items():
        if name != "FilterPolicyScope":
            change(kept, name, value, fifo, endpoint, place)
    return kept


def change(kept: dict[str, str], name: str, value: str | None, fifo: bool, endpoint: str, place: str = "") -> None:
    """Set one attribute, or take it back. Raises InvalidParameter."""
    if name in _REFUSED:
        raise NotBuilt(_REFUSED[name])
    if name not in _ATTRIBUTES:
        raise errors.InvalidParameter("AttributeName")
    if name == "RawMessageDelivery":
        kept[name] = _truth(name, value or "", place)
    elif name == "FilterPolicyScope":
        _change_scope(kept, value or "", place)
    elif not value or (name in ("FilterPolicy", "RedrivePolicy") and value.strip() == "{}"):
        kept.pop(name, None)
    else:
        _check(kept, name, value, fifo, endpoint, place)
        kept[name] = value


def _check(kept: dict[str, str], name: str, value: str, fifo: bool, endpoint: str, place: str) -> None:
    if name == "FilterPolicy":
        filters.check(value, kept.get("FilterPolicyScope", filters.ATTRIBUTES), place)
    elif name == "DeliveryPolicy":
        http_policies.check_subscription(value, place)
    else:
        dead_letter_target(value, fifo, endpoint, place)


def _change_scope(kept: dict[str, str], value: str, place: str) -> None:
    scope = check_scope(value, place)
    if kept.get("FilterPolicy"):
        filters.check(kept["FilterPolicy"], scope, place)
    kept["FilterPolicyScope"] = scope


def check_scope(value: str, place: str) -> str:
    """The scope of a filter policy. Raises InvalidParameter."""
    if value not in (filters.ATTRIBUTES, filters.BODY):
        raise errors.InvalidParameter(
            f"{place}FilterPolicyScope: Invalid value [{value[:200]}]. Please use either MessageBody or"
            " MessageAttributes"
        )
    return value


def _truth(name: str, value: str, place: str) -> str:
    if value.lower() not in ("true", "false"):
        raise errors.InvalidParameter(f"{place}{name}: Invalid value [{value[:200]}]. Must be true or false.")
    return value.lower()


def dead_letter_target(text: str, fifo: bool, endpoint: str, place: str = "") -> str:
    """The ARN of the queue that a redrive policy names. Raises InvalidParameter."""
    try:
        given = orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        raise errors.InvalidParameter(f"{place}RedrivePolicy: {filters.unparsed(text)}") from None
    target = given.get("deadLetterTargetArn") if isinstance(given, dict) else None
    found = arns.parse(target)
    if found is None or found.service != "sqs":
        raise errors.InvalidParameter(f"{place}RedrivePolicy: deadLetterTargetArn is an invalid arn")
    if fifo and endpoint.endswith(".fifo") and not found.resource.endswith(".fifo"):
        what = "must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic."
        raise errors.InvalidParameter(f"{place}RedrivePolicy: {what}")
    if not fifo and found.resource.endswith(".fifo"):
        raise errors.InvalidParameter(f"{place}RedrivePolicy: must use a standard queue as DLQ for a standard topic.")
    return str(target)


_DEFAULTS = {"RawMessageDelivery": "false", "FilterPolicyScope": filters.ATTRIBUTES}


def differs(given: Mapping[str, str], kept: Mapping[str, str]) -> bool:
    """Whether a subscription that is there is set otherwise than a call to make it asks for."""
    return any(value != kept.get(name, _DEFAULTS.get(name)) for name, value in given.items())


def shown(kept: Mapping[str, str], protocol: str, topic: Mapping[str, Any]) -> dict[str, str]:
    """The attributes that were set, as they are read."""
    found = {"RawMessageDelivery": "false"}
    found.update({name: kept[name] for name in ("RawMessageDelivery", "RedrivePolicy") if name in kept})
    if "FilterPolicy" in kept:
        found["FilterPolicy"] = kept["FilterPolicy"]
        found["FilterPolicyScope"] = kept.get("FilterPolicyScope", filters.ATTRIBUTES)
    if "DeliveryPolicy" in kept:
        found["DeliveryPolicy"] = http_policies.shown_subscription(kept["DeliveryPolicy"])
        policy = http_policies.effective(kept["DeliveryPolicy"], topic.get("DeliveryPolicy"))
        found["EffectiveDeliveryPolicy"] = orjson.dumps(policy).decode()
    return found
