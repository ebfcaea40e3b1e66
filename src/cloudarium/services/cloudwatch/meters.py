"""What the rooms measure becomes metrics."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from cloudarium.cloud import Cloud
from cloudarium.gateway.meters import Counted
from cloudarium.services.cloudwatch import gauging, ingest, watching
from cloudarium.services.cloudwatch.rules import samples
from cloudarium.services.cloudwatch.rules.data import Datum
from cloudarium.shared.scope import Scope
from cloudarium.store import Store


def watches(store: Store, scope: Scope, namespace: str) -> bool:
    """Whether an alarm of an account looks at metrics of a namespace."""
    return watching.looks_at(store, scope, namespace)


def take(cloud: Cloud, counted: Sequence[tuple[Counted, dict[float, float]]]) -> None:
    """Add what was counted to the metrics of its accounts, within a transaction."""
    now = cloud.clock.now()
    in_order = sorted(counted, key=lambda each: each[0][:2])
    for (scope, namespace), group in itertools.groupby(in_order, key=lambda each: each[0][:2]):
        data = [
            Datum(one.name, one.dimensions, one.unit, float(one.minute), 60, samples.of(values))
            for one, values in group
        ]
        ingest.take(cloud.store, scope, namespace, data, now)


def plan_gauges(cloud: Cloud) -> None:
    """Have the rooms' gauges read at midnight, within a transaction."""
    gauging.plan(cloud)
