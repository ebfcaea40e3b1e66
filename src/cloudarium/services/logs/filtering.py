"""The filters of a group, compiled, and what they make of the events that come in.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import orjson

from cloudarium.services.logs.patterns import Predicate, compile_pattern
from cloudarium.services.logs.patterns.comparisons import number
from cloudarium.services.logs.patterns.extraction import selector
from cloudarium.services.logs.protection import Protection, policy_of
from cloudarium.services.logs.records import filters, protections
from cloudarium.services.logs.records.filters import MetricFilter, Subscription
from cloudarium.services.logs.records.groups import Group, find_group, scope_of
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

Read = Callable[[str], str | None]
_LONGEST_DIMENSION = 1024


class Metric(NamedTuple):
    """A metric filter, ready to be applied."""

    name: str
    matches: Predicate | None
    namespace: str
    metric: str
    value: float | None
    read: Read | None
    dimensions: tuple[tuple[str, Read], ...]
    unit: str
    default: float | None

    def value_of(self, message: str) -> float | None:
        """The value that a matching event has, None when it has no number there."""
        if self.read is None:
            return self.value
        found = self.read(message)
        return None if found is None else number(found)

    def dimensions_of(self, message: str) -> tuple[tuple[str, str], ...] | None:
        """The dimensions of an event's value by their names; None when one of them is missing."""
        found = [(name, read(message)) for name, read in self.dimensions]
        if any(not value or len(value) > _LONGEST_DIMENSION for _, value in found):
            return None
        return tuple((name, value) for name, value in found if value)


class Filters(NamedTuple):
    """All filters of a group, and what is to be masked in its events."""

    metrics: tuple[Metric, ...]
    subscriptions: tuple[tuple[Subscription, Predicate | None], ...]
    protection: Protection | None = None


_NONE = Filters((), ())


def filters_of(store: Store, group_id: int) -> Filters:
    """The filters of a group, compiled once."""
    known = filters.known(store)
    found: Filters | None = known.get(group_id)
    if found is None:
        metrics = tuple(map(_metric, filters.metric_filters(store, group_id)))
        others = [(each, compile_pattern(each.pattern)) for each in filters.subscriptions(store, group_id)]
        protection = _protection(store, group_id)
        wanted = metrics or others or protection
        found = known[group_id] = Filters(metrics, tuple(others), protection) if wanted else _NONE
    return found


def _protection(store: Store, group_id: int) -> Protection | None:
    """What the policies of the group and of its account ask for."""
    own = protections.group_policy(store, group_id)
    documents = [] if own is None or own.document is None else [own.document]
    documents += [each.document for each in protections.account_policies(store, scope_of(store, group_id))]
    return Protection(tuple(map(policy_of, documents))) if documents else None


def group_with_filters(store: Store, scope: Scope, name: str) -> tuple[Group, Filters] | None:
    """A group by its name, for its id and name alone, and its filters: remembered, for each batch of events asks."""
    known = filters.known(store)
    found: tuple[Group, Filters] | None = known.get((scope, name))
    if found is None:
        group = find_group(store, scope.account, scope.region, name)
        if group is not None:
            found = known[scope, name] = (group, filters_of(store, group.id))
    return found


def _metric(made: MetricFilter) -> Metric:
    given: dict[str, Any] = orjson.loads(made.transformation)
    value = given["metricValue"]
    dimensions = sorted((given.get("dimensions") or {}).items())
    return Metric(
        made.name,
        compile_pattern(made.pattern),
        given["metricNamespace"],
        given["metricName"],
        number(value),
        selector(made.pattern, value) if value.startswith("$") else None,
        tuple((name, selector(made.pattern, each)) for name, each in dimensions),
        given.get("unit", "None"),
        given.get("defaultValue"),
    )


def matching(matches: Predicate | None, messages: Sequence[str]) -> list[int]:
    """Which messages, by their places, a pattern matches."""
    return [at for at, message in enumerate(messages) if matches is None or matches(message)]
