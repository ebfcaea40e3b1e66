"""Metric filters and subscription filters of log groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from cloudarium.services.logs.records.groups import Group
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

FILTERS = "logs filters"  # the store's topic for the filters of all groups


class MetricFilter(NamedTuple):
    """A metric filter; `transformation` is JSON as AWS's shape has it."""

    name: str
    pattern: str
    transformation: str
    created: int


class Subscription(NamedTuple):
    """A subscription filter."""

    name: str
    pattern: str
    destination: str
    distribution: str
    created: int


_METRIC = "name, pattern, transformation, created"
_SUBSCRIPTION = "name, pattern, destination, distribution, created"


def metric_filters(store: Store, group_id: int) -> list[MetricFilter]:
    """The metric filters of a group, by name."""
    sql = f"SELECT {_METRIC} FROM logs_metric_filters WHERE group_id = ? ORDER BY name"
    return store.all(sql, (group_id,), MetricFilter)


def metric_filter_counts(store: Store, groups: Sequence[int]) -> dict[int, int]:
    """How many metric filters groups have, those that have any."""
    marks = ", ".join("?" * len(groups))
    sql = f"SELECT group_id, count(*) FROM logs_metric_filters WHERE group_id IN ({marks}) GROUP BY group_id"
    return dict(store.all(sql, groups))


def put_metric_filter(store: Store, group: Group, made: MetricFilter) -> None:
    """Keep a metric filter in place of the one of that name, which leaves it its time."""
    store.run(
        f"INSERT INTO logs_metric_filters (group_id, {_METRIC}) VALUES (?, ?, ?, ?, ?) ON CONFLICT (group_id, name)"
        " DO UPDATE SET pattern = excluded.pattern, transformation = excluded.transformation",
        (group.id, *made),
    )
    store.changed(FILTERS)


def remove_metric_filter(store: Store, group: Group, name: str) -> bool:
    """Forget a metric filter; whether there was one."""
    store.changed(FILTERS)
    return bool(store.run("DELETE FROM logs_metric_filters WHERE group_id = ? AND name = ?", (group.id, name)))


def all_metric_filters(
    store: Store, scope: Scope, prefix: str, after: tuple[str, str], limit: int
) -> list[tuple[str, MetricFilter]]:
    """Metric filters of all groups with their groups' names, by filter and group."""
    rows = store.all(
        "SELECT g.name, f.name, f.pattern, f.transformation, f.created FROM logs_groups g"
        " JOIN logs_metric_filters f ON f.group_id = g.id WHERE g.account = ? AND g.region = ?"
        " AND f.name >= ? AND f.name < ? AND (f.name, g.name) > (?, ?) ORDER BY f.name, g.name LIMIT ?",
        (*scope, prefix, prefix + "\U0010ffff", *after, limit),
    )
    return [(row[0], MetricFilter(*row[1:])) for row in rows]


def subscriptions(store: Store, group_id: int) -> list[Subscription]:
    """The subscription filters of a group, by name."""
    sql = f"SELECT {_SUBSCRIPTION} FROM logs_subscription_filters WHERE group_id = ? ORDER BY name"
    return store.all(sql, (group_id,), Subscription)


def put_subscription(store: Store, group: Group, made: Subscription) -> None:
    """Keep a subscription filter in place of the one of that name, which leaves it its time."""
    store.run(
        f"INSERT INTO logs_subscription_filters (group_id, {_SUBSCRIPTION}) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (group_id, name) DO UPDATE SET pattern = excluded.pattern,"
        " destination = excluded.destination, distribution = excluded.distribution",
        (group.id, *made),
    )
    store.changed(FILTERS)


def remove_subscription(store: Store, group: Group, name: str) -> bool:
    """Forget a subscription filter; whether there was one."""
    store.changed(FILTERS)
    return bool(store.run("DELETE FROM logs_subscription_filters WHERE group_id = ? AND name = ?", (group.id, name)))


def remove_filters(store: Store, group: Group) -> None:
    """Forget all filters of a group that goes, and its data protection policy."""
    store.run("DELETE FROM logs_data_protection WHERE group_id = ?", (group.id,))
    store.run("DELETE FROM logs_metric_filters WHERE group_id = ?", (group.id,))
    store.run("DELETE FROM logs_subscription_filters WHERE group_id = ?", (group.id,))
    store.changed(FILTERS)


def known(store: Store) -> dict[Any, Any]:
    """What is remembered of groups' filters until one changes."""
    return store.known(FILTERS)
