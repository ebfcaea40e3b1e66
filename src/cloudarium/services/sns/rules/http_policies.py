"""Delivery policies: how often and when a web server is asked again.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from cloudarium.services.sns import errors

Data = dict[str, Any]
FUNCTIONS = ("linear", "arithmetic", "geometric", "exponential")
CONTENT_TYPE = "text/plain; charset=UTF-8"

_RETRIES: Data = {
    "minDelayTarget": 20, "maxDelayTarget": 20, "numRetries": 3, "numMaxDelayRetries": 0, "numNoDelayRetries": 0,
    "numMinDelayRetries": 0, "backoffFunction": "linear",
}  # fmt: skip
_LONGEST = 3600  # seconds; the policy of a web server takes no longer than an hour
_MOST_RETRIES = 100
_TYPES = (
    "application/json", "text/plain", "text/csv", "text/xml", "text/html", "text/css", "text/javascript",
    "application/atom+xml", "application/octet-stream", "application/soap+xml", "application/x-www-form-urlencoded",
    "application/xhtml+xml", "application/xml", "application/x-soap", "application/vnd.oai.openapi",
)  # fmt: skip


# ---- Checks ----------------------------------------------------------------------------------------------------------


def check_topic(text: str, place: str) -> None:
    """Raise InvalidParameter when this is no delivery policy of a topic."""
    given = _object(text, place)
    http = given.get("http")
    if set(given) - {"http"} or not isinstance(http, dict):
        raise _wrong(place, "failed to parse JSON.")
    known = {"defaultHealthyRetryPolicy", "disableSubscriptionOverrides", "defaultThrottlePolicy",
             "defaultSicklyRetryPolicy", "defaultRequestPolicy"}  # fmt: skip
    if set(http) - known:
        raise _wrong(place, f"unknown field {sorted(set(http) - known)[0][:100]}")
    _check_parts(http, place, "default{}")
    overrides = http.get("disableSubscriptionOverrides")
    if overrides is not None and not isinstance(overrides, bool):
        raise _wrong(place, "http.disableSubscriptionOverrides must be true or false")


def check_subscription(text: str, place: str) -> None:
    """Raise InvalidParameter when this is no delivery policy of a subscription."""
    given = _object(text, place)
    known = {"healthyRetryPolicy", "sicklyRetryPolicy", "throttlePolicy", "requestPolicy", "guaranteed"}
    if set(given) - known:
        raise _wrong(place, f"unknown field {sorted(set(given) - known)[0][:100]}")
    _check_parts(given, place, "{}")


def _check_parts(given: Data, place: str, form: str) -> None:
    def part(name: str) -> Data | None:
        name = form.format(name if form == "{}" else name[0].upper() + name[1:])
        found = given.get(name)
        if found is not None and not isinstance(found, dict):
            raise _wrong(place, f"{name} must be an object")
        return found

    retries, throttle, request = part("healthyRetryPolicy"), part("throttlePolicy"), part("requestPolicy")
    if retries is not None:
        _check_retries(retries, place)
    rate = (throttle or {}).get("maxReceivesPerSecond")
    if rate is not None and (not _whole(rate) or rate < 1):
        raise _wrong(place, "throttlePolicy.maxReceivesPerSecond must be greater than or equal to 1")
    kind = (request or {}).get("headerContentType")
    if kind is not None and (not isinstance(kind, str) or kind.partition(";")[0].strip() not in _TYPES):
        raise _wrong(place, "requestPolicy.headerContentType is not supported")
    if kind is not None and not (kind.isascii() and kind.isprintable()):
        raise _wrong(place, "requestPolicy.headerContentType is not supported")


def _check_retries(given: Data, place: str) -> None:
    if set(given) - set(_RETRIES):
        raise _wrong(place, f"unknown field {sorted(set(given) - set(_RETRIES))[0][:100]}")
    function = given.get("backoffFunction")
    if function is not None and function not in FUNCTIONS:
        raise _wrong(place, "backoffFunction must be one of linear, arithmetic, geometric, exponential")
    for name in set(given) - {"backoffFunction"}:
        if given[name] is not None and (not _whole(given[name]) or given[name] < 0):
            raise _wrong(place, f"healthyRetryPolicy.{name} must be greater than or equal to 0")
    full = _full(given)
    if not 1 <= full["minDelayTarget"] <= full["maxDelayTarget"]:
        raise _wrong(place, "healthyRetryPolicy.minDelayTarget must be between 1 and maxDelayTarget")
    if full["maxDelayTarget"] > _LONGEST:
        raise _wrong(place, f"healthyRetryPolicy.maxDelayTarget must be less than or equal to {_LONGEST}")
    if full["numRetries"] > _MOST_RETRIES:
        raise _wrong(place, f"healthyRetryPolicy.numRetries must be less than or equal to {_MOST_RETRIES}")
    phases = full["numNoDelayRetries"] + full["numMinDelayRetries"] + full["numMaxDelayRetries"]
    if phases > full["numRetries"]:
        raise _wrong(place, "healthyRetryPolicy.numRetries must be greater than or equal to the sum of all phases")
    if sum(pauses(full)) > _LONGEST:
        raise _wrong(place, f"total retry time must not be more than {_LONGEST} seconds")


def _wrong(place: str, what: str) -> errors.InvalidParameter:
    return errors.InvalidParameter(f"{place}DeliveryPolicy: {what}")


def _object(text: str, place: str) -> Data:
    try:
        given = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise _wrong(place, "failed to parse JSON.") from None
    if not isinstance(given, dict):
        raise _wrong(place, "failed to parse JSON.")
    return given


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31


# ---- As they are read ------------------------------------------------------------------------------------------------


def kept_topic(text: str) -> str:
    """A topic's policy as it is shown: what is null is gone."""
    http = {name: value for name, value in orjson.loads(text)["http"].items() if value is not None}
    return orjson.dumps({"http": {"disableSubscriptionOverrides": False, **http}}).decode()


def effective_topic(text: str | None) -> str:
    """What holds for a topic's subscriptions that say nothing themselves."""
    http = orjson.loads(text)["http"] if text else {}
    shown: Data = {
        "defaultHealthyRetryPolicy": _full(http.get("defaultHealthyRetryPolicy")),
        "disableSubscriptionOverrides": bool(http.get("disableSubscriptionOverrides")),
        "defaultRequestPolicy": {"headerContentType": CONTENT_TYPE, **(http.get("defaultRequestPolicy") or {})},
    }
    if http.get("defaultThrottlePolicy"):
        shown["defaultThrottlePolicy"] = http["defaultThrottlePolicy"]
    return orjson.dumps({"http": shown}).decode()


def shown_subscription(text: str) -> str:
    """A subscription's policy as it is shown."""
    given = orjson.loads(text)
    names = ("healthyRetryPolicy", "sicklyRetryPolicy", "throttlePolicy", "requestPolicy")
    shown = {name: given.get(name) for name in names}
    if shown["healthyRetryPolicy"] is not None:
        shown["healthyRetryPolicy"] = _full(shown["healthyRetryPolicy"])
    return orjson.dumps({**shown, "guaranteed": bool(given.get("guaranteed"))}).decode()


def effective(own: str | None, topic: str | None) -> Data:
    """What holds for a subscription: its own policy, unless its topic does not let it, over the topic's."""
    http = orjson.loads(topic)["http"] if topic else {}
    given = orjson.loads(own) if own and not http.get("disableSubscriptionOverrides") else {}
    request = given.get("requestPolicy") or http.get("defaultRequestPolicy") or {}
    return {
        "healthyRetryPolicy": _full(given.get("healthyRetryPolicy") or http.get("defaultHealthyRetryPolicy")),
        "sicklyRetryPolicy": given.get("sicklyRetryPolicy"),
        "throttlePolicy": given.get("throttlePolicy") or http.get("defaultThrottlePolicy"),
        "requestPolicy": {"headerContentType": CONTENT_TYPE, **request},
        "guaranteed": bool(given.get("guaranteed")),
    }


def _full(given: Mapping[str, Any] | None) -> Data:
    return {**_RETRIES, **{name: value for name, value in (given or {}).items() if value is not None}}


# ---- Pauses ----------------------------------------------------------------------------------------------------------


def pauses(retries: Data) -> list[float]:
    """The seconds before each of the retries: at once, at the shortest, growing, at the longest."""
    low, high = float(retries["minDelayTarget"]), float(retries["maxDelayTarget"])
    none, least, most = (retries[f"num{phase}DelayRetries"] for phase in ("No", "Min", "Max"))
    growing = retries["numRetries"] - none - least - most
    steps = [_step(retries["backoffFunction"], low, high, place, growing) for place in range(growing)]
    return [0.0] * none + [low] * least + steps + [high] * most


def _step(function: str, low: float, high: float, place: int, count: int) -> float:
    """The pause of the back-off phase at a place: it goes from the shortest to the longest, the faster the later."""
    if count == 1 or low == high:
        return low
    part = place / (count - 1)
    if function == "linear":
        return low + (high - low) * part
    if function == "arithmetic":  # each difference is larger than the one before by the same amount
        return low + (high - low) * place * (place + 1) / (count * (count - 1))
    if function == "geometric":  # each pause is the one before times the same factor
        return float(low * (high / low) ** part)
    grown: float = (2.0**place - 1) / (2.0 ** (count - 1) - 1)  # each difference is twice the one before
    return low + (high - low) * grown


_SERVICES = [0.0] * 3 + [1.0] * 2 + [1.0, 2.0, 4.0, 8.0, 16.0, 20.0, 20.0, 20.0, 20.0, 20.0]
_SERVICES_LATER, _MOST_SERVICES = 20.0, 100_015


def service_pause(attempts: int) -> float | None:
    """The pause before the next try of a queue or function, after so many; None when it is given up (23 days)."""
    if attempts >= _MOST_SERVICES:
        return None
    return _SERVICES[attempts] if attempts < len(_SERVICES) else _SERVICES_LATER
