"""Taking data in: into the points of metrics, with word to the alarms that watch them."""

from __future__ import annotations

from collections.abc import Iterable

from cloudarium.services.cloudwatch import ageing, watching
from cloudarium.services.cloudwatch.records import metrics, points
from cloudarium.services.cloudwatch.records.points import Point
from cloudarium.services.cloudwatch.rules.data import Datum
from cloudarium.shared.scope import Scope
from cloudarium.store import Store


def take(store: Store, scope: Scope, namespace: str, data: Iterable[Datum], now: float) -> None:
    """Add data to the metrics of a namespace, within a transaction."""
    finest = 60
    for each in data:
        time = int(each.time // each.resolution * each.resolution)
        metric = metrics.heard(store, scope, namespace, each.name, each.dimensions, time)
        points.add(store, metric, Point(time, each.resolution, each.unit, each.sample))
        watching.heard(store, scope, (namespace, each.name, each.dimensions), now)
        finest = min(finest, each.resolution)
    ageing.plan(store, finest, now)
