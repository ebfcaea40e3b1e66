"""Metrics: which there are, and when they were last heard of."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.services.cloudwatch.rules.data import Dimensions
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

_KNOWN = "cloudwatch metrics"  # the store's topic; nothing but a rollback or a removal makes what is known untrue
_NEWER = 300  # seconds by which `last` may be behind: it tells what was active within three hours


class Metric(NamedTuple):
    """A metric of an account and region."""

    id: int
    namespace: str
    name: str
    dimensions: Dimensions


def _metric(row: tuple[Any, ...]) -> Metric:
    return Metric(row[0], row[1], row[2], tuple((name, value) for name, value in orjson.loads(row[3])))


def _text(dimensions: Dimensions) -> str:
    return orjson.dumps(dimensions).decode()


def heard(store: Store, scope: Scope, namespace: str, name: str, dimensions: Dimensions, time: int) -> int:
    """The id of a metric of which there is data of `time`; a new one is made."""
    known = store.known(_KNOWN)
    place = (scope, namespace, name, dimensions)
    found = known.get(place)
    if found is None:
        sql = (
            "SELECT id, last FROM cloudwatch_metrics"
            " WHERE account = ? AND region = ? AND namespace = ? AND name = ? AND dimensions = ?"
        )
        found = store.one(sql, (*scope, namespace, name, _text(dimensions)))
    if found is None:
        store.run(
            "INSERT INTO cloudwatch_metrics (account, region, namespace, name, dimensions, last)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (*scope, namespace, name, _text(dimensions), time),
        )
        found = (store.last_id, time)
    elif time > found[1] + _NEWER:
        store.run("UPDATE cloudwatch_metrics SET last = ? WHERE id = ?", (time, found[0]))
        found = (found[0], time)
    known[place] = found
    number: int = found[0]
    return number


def find(store: Store, scope: Scope, namespace: str, name: str, dimensions: Dimensions) -> int | None:
    """The id of a metric, None when nothing was ever put for it."""
    row = store.one(
        "SELECT id FROM cloudwatch_metrics"
        " WHERE account = ? AND region = ? AND namespace = ? AND name = ? AND dimensions = ?",
        (*scope, namespace, name, _text(dimensions)),
    )
    return row and row[0]


def listed(
    store: Store,
    scope: Scope,
    *,
    namespace: str | None = None,
    name: str | None = None,
    since: float = 0,
    after: int = 0,
    limit: int = 10_000,
) -> list[Metric]:
    """Metrics by id, beyond `after`: of a namespace, of a name, with data since a time."""
    sql = "SELECT id, namespace, name, dimensions FROM cloudwatch_metrics WHERE account = ? AND region = ? AND id > ?"
    params: list[Any] = [*scope, after]
    if namespace is not None:
        sql += " AND namespace = ?"
        params.append(namespace)
    if name is not None:
        sql += " AND name = ?"
        params.append(name)
    rows = store.all(f"{sql} AND last >= ? ORDER BY id LIMIT ?", (*params, since, limit))
    return [_metric(row) for row in rows]


def forget_without_points(store: Store, before: float) -> None:
    """Drop metrics of which all data is gone."""
    gone = store.run(
        "DELETE FROM cloudwatch_metrics WHERE last < ?"
        " AND NOT EXISTS (SELECT 1 FROM cloudwatch_points WHERE metric = cloudwatch_metrics.id)",
        (before,),
    )
    if gone:
        store.changed(_KNOWN)
