"""Looking at a metric alarm: what its periods hold at a moment, and when that can be different."""

from __future__ import annotations

import math

import orjson

from cloudarium.services.cloudwatch import states, watching
from cloudarium.services.cloudwatch.metric_math import Series
from cloudarium.services.cloudwatch.querying import QueryFailed, Querying
from cloudarium.services.cloudwatch.records import alarms, metrics, points
from cloudarium.services.cloudwatch.records.alarms import Alarm
from cloudarium.services.cloudwatch.rules import reasons
from cloudarium.services.cloudwatch.rules.evaluation import COMPARISONS, FURTHER_BACK, Slot, too_few, verdict
from cloudarium.services.cloudwatch.rules.statistics import percentile_of
from cloudarium.services.cloudwatch.series import Span
from cloudarium.store import Store

_AHEAD = 2 * 3600  # how far in the future data can lie
_FEW = 200  # rows that are looked through for the next moment at which something changes


def look(store: Store, alarm: Alarm, now: float) -> None:
    """Evaluate an alarm at `now`, within a transaction, and plan the next look if one is needed."""
    step = watching.step(alarm.data)
    moment = int(now // step * step)
    slots = _slots(store, alarm, moment)
    if slots is not None:
        _judge(store, alarm, slots, now)
    watching.look_at(store, alarm.scope, alarm.name, _next(store, alarm, moment, step, slots))


def _judge(store: Store, alarm: Alarm, slots: list[Slot], now: float) -> None:
    data = alarm.data
    compare = COMPARISONS[data["ComparisonOperator"]]
    found = verdict(
        slots,
        data["EvaluationPeriods"],
        data.get("DatapointsToAlarm") or data["EvaluationPeriods"],
        data.get("TreatMissingData", "missing"),
        lambda value: compare(value, data["Threshold"]),
    )
    if found.state is None or found.state == data["StateValue"]:
        return
    if data.get("EvaluateLowSampleCountPercentile") == "ignore" and _says_little(alarm, found.evaluated):
        return
    why = reasons.reason(data, found)
    more = reasons.reason_data(data, found, slots, alarms.period(data), now)
    states.change(store, alarm, found.state, why[:1023], orjson.dumps(more).decode()[:4000], now)


def _says_little(alarm: Alarm, evaluated: list[Slot]) -> bool:
    percent = percentile_of(alarm.data.get("ExtendedStatistic", ""))
    return percent is not None and any(too_few(percent, slot.size or 0) for slot in evaluated)


def _slots(store: Store, alarm: Alarm, moment: int) -> list[Slot] | None:
    """The periods of the evaluation range that ends at `moment`, oldest first; None when its query has no answer."""
    data = alarm.data
    period = alarms.period(data)
    start = moment - period * (data["EvaluationPeriods"] + FURTHER_BACK)
    queries = alarms.queries(data)
    id = next(query["Id"] for query in queries if query.get("ReturnData") is not False)
    querying = Querying(store, alarm.scope, queries, Span(start, moment, moment), sliding=True)
    try:
        found = querying.result(id)
    except QueryFailed:
        return None
    series = found[0] if found else Series({}, period)
    counts = querying.counts.get(id, {})
    return [Slot(time, series.points.get(time), counts.get(time)) for time in range(start, moment, period)]


def _next(store: Store, alarm: Alarm, moment: int, step: int, slots: list[Slot] | None) -> float | None:
    """When the periods can hold something else, None when they cannot until there is new data.

    A row moves on to the period before whenever it has become a whole number of periods old.
    """
    period = alarms.period(alarm.data)
    start = moment - period * (alarm.data["EvaluationPeriods"] + FURTHER_BACK)
    times: list[int] = []
    for key in watching.watched(alarm):
        if key[0] == watching.ANY:
            if any(slot.value is not None for slot in slots or ()):
                return moment + step
            continue
        metric = metrics.find(store, alarm.scope, *key)
        if metric is not None:
            times += points.times(store, metric, start, moment + _AHEAD, _FEW)
    if len(times) >= _FEW:
        return moment + step
    return min(((_moves(time, moment, period) // step + 1) * step for time in times), default=None)


def _moves(time: int, moment: int, period: int) -> int:
    """The first moment, not before `moment`, after which a row of `time` counts for another period."""
    return time if time >= moment else time + math.ceil((moment - time) / period) * period
