"""Looking at a metric alarm: what its periods hold at a moment, and when that can be different."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import orjson

from cloudarium.gateway.background import Event
from cloudarium.services.cloudwatch import sources, states, watching
from cloudarium.services.cloudwatch.metric_math import Series
from cloudarium.services.cloudwatch.querying import QueryFailed, Querying
from cloudarium.services.cloudwatch.records import alarms, metrics, points
from cloudarium.services.cloudwatch.records.alarms import Alarm
from cloudarium.services.cloudwatch.rules import reasons
from cloudarium.services.cloudwatch.rules.evaluation import BANDS, COMPARISONS, FURTHER_BACK, Slot, too_few, verdict
from cloudarium.services.cloudwatch.rules.statistics import percentile_of
from cloudarium.services.cloudwatch.series import Span
from cloudarium.services.cloudwatch.sources import Answers
from cloudarium.store import Store

_AHEAD = 2 * 3600  # how far in the future data can lie
_FEW = 200  # rows that are looked through for the next moment at which something changes


async def asked(event: Event, alarm: Alarm, now: float) -> Answers:
    """What the functions answer that an alarm's expressions ask; to be had before it is looked at."""
    if not watching.asks(alarm.data):
        return {}
    wanted = _querying(event.store, alarm, watching.moment(alarm.data, now)).wanted()
    return await sources.answers(event, wanted, sources.FOR_ALARMS)


def look(store: Store, alarm: Alarm, now: float, answers: Answers) -> None:
    """Evaluate an alarm at `now`, within a transaction, and plan the next look if one is needed."""
    step = watching.step(alarm.data)
    moment = watching.moment(alarm.data, now)
    slots = _slots(store, alarm, moment, answers)
    if slots is not None:
        _judge(store, alarm, slots, now)
    watching.look_at(store, alarm.scope, alarm.name, _next(store, alarm, moment, step, slots))


def _judge(store: Store, alarm: Alarm, slots: list[Slot], now: float) -> None:
    data = alarm.data
    found = verdict(
        slots,
        data["EvaluationPeriods"],
        data.get("DatapointsToAlarm") or data["EvaluationPeriods"],
        data.get("TreatMissingData", "missing"),
        _breaches(data),
    )
    if found.state is None or found.state == data["StateValue"]:
        return
    if data.get("EvaluateLowSampleCountPercentile") == "ignore" and _says_little(alarm, found.evaluated):
        return
    why = reasons.reason(data, found)
    more = reasons.reason_data(data, found, slots, alarms.period(data), now)
    states.change(store, alarm, found.state, why[:1023], orjson.dumps(more).decode()[:4000], now)


def _breaches(data: dict[str, Any]) -> Callable[[Slot], bool]:
    """What tells whether a period's value is beyond the threshold, or outside of its band."""
    name = data["ComparisonOperator"]
    if name in BANDS:
        outside = BANDS[name]
        return lambda slot: slot.value is not None and outside(slot.value, slot.low, slot.high)
    compare, threshold = COMPARISONS[name], data["Threshold"]
    return lambda slot: slot.value is not None and compare(slot.value, threshold)


def _says_little(alarm: Alarm, evaluated: list[Slot]) -> bool:
    percent = percentile_of(alarm.data.get("ExtendedStatistic", ""))
    return percent is not None and any(too_few(percent, slot.size or 0) for slot in evaluated)


def _querying(store: Store, alarm: Alarm, moment: int) -> Querying:
    start = moment - alarms.period(alarm.data) * (alarm.data["EvaluationPeriods"] + FURTHER_BACK)
    return Querying(store, alarm.scope, alarms.queries(alarm.data), Span(start, moment, moment), sliding=True)


def _slots(store: Store, alarm: Alarm, moment: int, answers: Answers) -> list[Slot] | None:
    """The periods of the evaluation range that ends at `moment`, oldest first; None when its query has no answer."""
    data = alarm.data
    period = alarms.period(data)
    start = moment - period * (data["EvaluationPeriods"] + FURTHER_BACK)
    queries = alarms.queries(data)
    band = data.get("ThresholdMetricId")
    id = next(query["Id"] for query in queries if query.get("ReturnData") is not False and query["Id"] != band)
    querying = _querying(store, alarm, moment)
    querying.answers = answers
    try:
        found = querying.result(id)
        sides = querying.result(band) if band else []
    except QueryFailed:
        return None
    series = found[0] if found else Series({}, period)
    counts = querying.counts.get(id, {})
    slots = [Slot(time, series.points.get(time), counts.get(time)) for time in range(start, moment, period)]
    return slots if not band else [_within(slot, sides) for slot in slots]


def _within(slot: Slot, sides: list[Series]) -> Slot:
    """A period with its band; without one, as long as the model is not trained, its value counts for nothing."""
    high, low = (side.points.get(slot.time) for side in sides)
    return slot._replace(value=None) if high is None or low is None else slot._replace(low=low, high=high)


def _next(store: Store, alarm: Alarm, moment: int, step: int, slots: list[Slot] | None) -> float | None:
    """When the periods can hold something else, None when they cannot until there is new data.

    Nobody knows when a function would answer something else, so it is asked again and again, as on AWS.
    A row moves on to the period before whenever it has become a whole number of periods old.
    """
    if watching.asks(alarm.data):
        return moment + step
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
