"""What Lambda tells CloudWatch of functions.

Extensions do not run here, so that nothing is told of how long they take.
Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

from __future__ import annotations

from cloudarium.cloud import Cloud
from cloudarium.runtime import InvocationResult
from cloudarium.runtime.provisions import Provision
from cloudarium.services.lambda_ import records
from cloudarium.services.lambda_.records import LATEST, Version, provisioned
from cloudarium.services.lambda_.records.urls import FunctionUrl
from cloudarium.shared.scope import Scope

_NAMESPACE = "AWS/Lambda"
_RUNNING = "lambda running"


def began(cloud: Cloud, version: Version, unreserved: int, shares: bool) -> None:
    """Count an invocation that begins among those that run; `unreserved` of them share what nobody has reserved.

    Whether this one `shares` it or not, it tells how much of the account's concurrency is claimed.
    """
    scope, running = version.scope, _running(cloud)
    for place, own in (((*scope, version.name), (("FunctionName", version.name),)), ((*scope, ""), ())):
        running[place] = running.get(place, 0) + 1
        _add(cloud, scope, "ConcurrentExecutions", own, float(running[place]), "Count")
    if shares:
        _add(cloud, scope, "UnreservedConcurrentExecutions", (), float(unreserved), "Count")
    allocated = records.reserved_elsewhere(cloud.store, scope, "") + provisioned.not_reserved(cloud.store, scope)
    _add(cloud, scope, "ClaimedAccountConcurrency", (), float(unreserved + allocated), "Count")


def _running(cloud: Cloud) -> dict[tuple[str, ...], int]:
    """How many invocations run, by account, region and function; without a function: of all."""
    found: dict[tuple[str, ...], int] = cloud.keep.setdefault(_RUNNING, {})
    return found


def ended(
    cloud: Cloud, version: Version, qualifier: str, result: InvocationResult | None, held: Provision | None = None
) -> None:
    """Count an invocation that has ended: what became of it, and how long it took; `held` is what was provisioned."""
    running = _running(cloud)
    for place in ((*version.scope, version.name), (*version.scope, "")):
        running[place] = max(running.get(place, 1) - 1, 0)
    if result is None:
        return
    for own in _dimensions(version, qualifier):
        _add(cloud, version.scope, "Invocations", own, 1.0, "Count")
        _add(cloud, version.scope, "Errors", own, 1.0 if result.error else 0.0, "Count")
        _add(cloud, version.scope, "Duration", own, round(result.duration, 2), "Milliseconds")
        _add(cloud, version.scope, "Throttles", own, 0.0, "Count")
        if held is not None and own:
            _count_provisioned(cloud, version.scope, own, result, held)


def _count_provisioned(
    cloud: Cloud, scope: Scope, own: tuple[tuple[str, str], ...], result: InvocationResult, held: Provision
) -> None:
    name = "ProvisionedConcurrencyInvocations"
    _add(cloud, scope, name if result.provisioned else "ProvisionedConcurrencySpilloverInvocations", own, 1.0, "Count")
    busy = min(held.busy + (1 if result.provisioned else 0), held.wanted)  # this one has just ended
    _add(cloud, scope, "ProvisionedConcurrentExecutions", own, float(busy), "Count")
    _add(cloud, scope, "ProvisionedConcurrencyUtilization", own, busy / max(held.wanted, 1), "Count")


def visited(cloud: Cloud, one: FunctionUrl, status: int, took: float) -> None:
    """Count a request at a function's URL, and how many milliseconds it took.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/urls-monitoring.html
    """
    qualifier = one.qualifier or LATEST
    whole = (("FunctionName", one.name),)
    own: list[tuple[tuple[str, str], ...]] = [whole, (*whole, ("Resource", f"{one.name}:{qualifier}"))]
    if qualifier == LATEST:
        own.append((("ExecutedVersion", LATEST), *own[-1]))
    for each in own:
        _add(cloud, one.scope, "UrlRequestCount", each, 1.0, "Count")
        _add(cloud, one.scope, "Url4xxCount", each, 1.0 if 400 <= status < 500 else 0.0, "Count")
        _add(cloud, one.scope, "Url5xxCount", each, 1.0 if status >= 500 else 0.0, "Count")
        _add(cloud, one.scope, "UrlRequestLatency", each, round(took, 2), "Milliseconds")


def recursive(cloud: Cloud, version: Version, qualifier: str) -> None:
    """Count an invocation that was dropped because it is part of a loop."""
    for own in _dimensions(version, qualifier):
        _add(cloud, version.scope, "RecursiveInvocationsDropped", own, 1.0, "Count")


def aged(cloud: Cloud, version: Version, qualifier: str, seconds: float) -> None:
    """Count how old a stream's last record in an event is when the function gets it."""
    for own in _dimensions(version, qualifier):
        _add(cloud, version.scope, "IteratorAge", own, round(max(seconds, 0.0) * 1000), "Milliseconds")


def not_delivered(cloud: Cloud, scope: Scope, name: str) -> None:
    """Count an event that did not reach its destination."""
    for own in ((("FunctionName", name),), (("FunctionName", name), ("Resource", name)), ()):
        _add(cloud, scope, "DestinationDeliveryFailures", own, 1.0, "Count")


def mapped(cloud: Cloud, scope: Scope, uuid: str, name: str, count: int) -> None:
    """Count events of an event source mapping, which asks for that by its MetricsConfig."""
    _add(cloud, scope, name, (("EventSourceMappingUUID", uuid),), float(count), "Count")


def waited(cloud: Cloud, version: Version, qualifier: str, seconds: float) -> None:
    """Count how long an asynchronous event has waited for the function that gets it now."""
    for own in _dimensions(version, qualifier):
        _add(cloud, version.scope, "AsyncEventAge", own, round(max(seconds, 0.0) * 1000), "Milliseconds")


def asynchronous(cloud: Cloud, version: Version, qualifier: str, name: str) -> None:
    """Count an asynchronous event by AWS's name for what became of it."""
    for own in _dimensions(version, qualifier):
        _add(cloud, version.scope, name, own, 1.0, "Count")


def throttled(cloud: Cloud, version: Version, qualifier: str) -> None:
    """Count an invocation that was refused for want of room."""
    for own in _dimensions(version, qualifier):
        _add(cloud, version.scope, "Throttles", own, 1.0, "Count")


def _dimensions(version: Version, qualifier: str) -> list[tuple[tuple[str, str], ...]]:
    """By function, for all functions, and by version or alias where one was asked for."""
    name = version.name
    found: list[tuple[tuple[str, str], ...]] = [(("FunctionName", name),), ()]
    if qualifier:
        found.append((("FunctionName", name), ("Resource", f"{name}:{qualifier}")))
        if not qualifier.isdecimal() and qualifier != LATEST:
            found.append((("ExecutedVersion", version.number), *found[-1]))
    else:
        found.append((("FunctionName", name), ("Resource", name)))
    return found


def _add(
    cloud: Cloud, scope: Scope, name: str, dimensions: tuple[tuple[str, str], ...], value: float, unit: str
) -> None:
    cloud.meter.add(cloud.clock.now(), scope, _NAMESPACE, name, dimensions, value, unit)
