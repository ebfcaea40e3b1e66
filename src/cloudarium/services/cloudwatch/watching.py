"""Which alarms watch which metrics: data that arrives wakes its alarms, and nothing else does.

An alarm that nothing happens to has no timer. Data plans the next moment at which it is looked at; it plans further
ones itself as long as what it sees still moves through its periods.
"""

from __future__ import annotations

from typing import Any

from cloudarium.services.cloudwatch.metric_math.outside import NAME as LAMBDA
from cloudarium.services.cloudwatch.records import alarms
from cloudarium.services.cloudwatch.records.alarms import Alarm
from cloudarium.services.cloudwatch.rules import data
from cloudarium.services.cloudwatch.series import Key
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

KIND = "Evaluate"
_KNOWN = alarms.TOPIC
ANY = ""  # the name under which a namespace's watchers stand: their queries search for metrics


def heard(store: Store, scope: Scope, key: Key, now: float) -> None:
    """Plan a look for the alarms that watch a metric of which there is new data."""
    watchers = _watchers(store, scope)
    if not watchers:
        return
    for name in (*watchers.get(key, ()), *watchers.get((key[0], ANY, ()), ()), *watchers.get((ANY, ANY, ()), ())):
        plan(store, scope, name, now)


def looks_at(store: Store, scope: Scope, namespace: str) -> bool:
    """Whether any alarm watches a metric of a namespace."""
    return any(key[0] in (namespace, ANY) for key in _watchers(store, scope))


def plan(store: Store, scope: Scope, name: str, now: float) -> None:
    """Have an alarm looked at when its next period of evaluation ends, unless it will be before."""
    known = store.known(_KNOWN)
    found = known.get((scope, name))
    if found is None:
        alarm = alarms.find(store, scope, name)
        if alarm is None or alarm.kind != "MetricAlarm":
            return
        found = known[scope, name] = [step(alarm.data), alarm.due]
    wanted = (now // found[0] + 1) * found[0]
    if found[1] is None or found[1] <= now or found[1] > wanted:
        look_at(store, scope, name, wanted)


def look_at(store: Store, scope: Scope, name: str, due: float | None) -> None:
    """Have an alarm looked at when `due`, or not until there is data for it."""
    known = store.known(_KNOWN)
    if (scope, name) in known:
        known[scope, name][1] = due
    alarms.set_due(store, scope, name, due)
    if due is None:
        store.outbox.cancel("cloudwatch", KIND, scope, name)
    else:
        store.outbox.put("cloudwatch", KIND, scope, {}, due, name)


def step(alarm: dict[str, Any]) -> int:
    """How often an alarm is looked at while something moves, in seconds.

    Source: "Using Amazon CloudWatch alarms", evaluating an alarm; alarms over more than a day once an hour.
    """
    period = alarms.period(alarm)
    if period < 60:
        return 10
    return 3600 if period * alarm["EvaluationPeriods"] > 86_400 else 60


def moment(alarm: dict[str, Any], now: float) -> int:
    """The end of the newest period that an alarm sees at `now`."""
    every = step(alarm)
    return int(now // every * every)


def asks(alarm: dict[str, Any]) -> bool:
    """Whether an alarm's expressions ask functions."""
    return any(LAMBDA in query.get("Expression", "") for query in alarms.queries(alarm))


def _watchers(store: Store, scope: Scope) -> dict[Key, list[str]]:
    known = store.known(_KNOWN)
    found: dict[Key, list[str]] | None = known.get(scope)
    if found is None:
        found = known[scope] = {}
        for alarm in alarms.everything(store, scope, "MetricAlarm"):
            for key in watched(alarm):
                found.setdefault(key, []).append(alarm.name)
    return found


def watched(alarm: Alarm) -> set[Key]:
    """The metrics that an alarm looks at; a query that searches stands for all metrics of its namespace, or all."""
    found: set[Key] = set()
    for query in alarms.queries(alarm.data):
        stat = query.get("MetricStat")
        if stat is not None:
            metric = stat["Metric"]
            found.add((metric["Namespace"], metric["MetricName"], data.dimensions(metric.get("Dimensions"))))
        elif "SELECT" in query["Expression"].upper():
            found.add((ANY, ANY, ()))
    return found
