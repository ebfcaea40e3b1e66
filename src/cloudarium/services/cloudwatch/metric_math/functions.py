"""The functions of metric math."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from cloudarium.services.cloudwatch.metric_math.evaluate import Frame, Source, kind_of, listed, mapped
from cloudarium.services.cloudwatch.metric_math.values import MathError, Series, Value
from cloudarium.shared.errors import NotBuilt


class Given(NamedTuple):
    """What a function is called with."""

    arguments: list[Value]
    source: Source
    frame: Frame


def _series(value: Value, name: str) -> Series:
    if isinstance(value, Series):
        return value
    raise MathError(f"The function {name} needs a time series, not {kind_of(value)}")


def _scalar(value: Value, name: str) -> float:
    if isinstance(value, float):
        return value
    raise MathError(f"The function {name} needs a number, not {kind_of(value)}")


def _all(value: Value, name: str) -> list[Series]:
    if isinstance(value, list):
        return value
    return [_series(value, name)]


def _text(value: Value, name: str) -> str:
    if isinstance(value, str):
        return value
    raise MathError(f"The function {name} needs a string, not {kind_of(value)}")


# ---- Value by value --------------------------------------------------------------------------------------------------


def _each(name: str, operation: Callable[[float], float]) -> Callable[[Given], Value]:
    def function(given: Given) -> Value:
        return mapped(operation, given.arguments[0], name)

    return function


def _each_series(name: str, change: Callable[[Series, Frame], dict[int, float]]) -> Callable[[Given], Value]:
    """A function of a series' values in their order; of an array, for each of its series."""

    def function(given: Given) -> Value:
        found = [each.with_points(change(each, given.frame)) for each in _all(given.arguments[0], name)]
        return found if isinstance(given.arguments[0], list) else found[0]

    return function


def _calendar(name: str, part: Callable[[datetime], int]) -> Callable[[Given], Value]:
    def change(series: Series, frame: Frame) -> dict[int, float]:
        # Not sparse: AWS's reference takes the period and the range of the series only.
        times = frame._replace(period=series.period).times()
        return {time: float(part(datetime.fromtimestamp(time, UTC))) for time in times}

    return _each_series(name, change)


def _pairs(series: Series) -> list[tuple[tuple[int, float], tuple[int, float]]]:
    return list(itertools.pairwise(sorted(series.points.items())))


def _diff(series: Series, frame: Frame) -> dict[int, float]:
    return {time: value - before for (_, before), (time, value) in _pairs(series)}


def _diff_time(series: Series, frame: Frame) -> dict[int, float]:
    return {time: float(time - before) for (before, _), (time, _) in _pairs(series)}


def _rate(series: Series, frame: Frame) -> dict[int, float]:
    return {time: (value - before) / (time - earlier) for (earlier, before), (time, value) in _pairs(series)}


def _running_sum(series: Series, frame: Frame) -> dict[int, float]:
    times = sorted(series.points)
    return dict(zip(times, itertools.accumulate(series.points[time] for time in times), strict=True))


# ---- From many to one ------------------------------------------------------------------------------------------------


def _aggregate(name: str, compute: Callable[[list[float]], float]) -> Callable[[Given], Value]:
    """Of a series the scalar of all its values, of an array the series of what its series have at each time."""

    def function(given: Given) -> Value:
        arguments = given.arguments
        if not arguments:
            raise MathError(f"The function {name} needs an argument")
        if len(arguments) == 1 and isinstance(arguments[0], float):
            return arguments[0]
        if len(arguments) == 1 and isinstance(arguments[0], Series):
            values = list(arguments[0].points.values())
            return compute(values) if values else 0.0
        return _at_each_time(listed(arguments), compute, name, given.frame)

    return function


def _at_each_time(found: list[Series], compute: Callable[[list[float]], float], name: str, frame: Frame) -> Series:
    times = sorted({time for each in found for time in each.points})
    points = {time: compute([each.points[time] for each in found if time in each.points]) for time in times}
    return Series(points, min((each.period for each in found), default=frame.period), name)


def _average(given: Given) -> Value:
    """AVG; of an array what its series lack at a time counts as 0, as AWS's reference has it."""
    arguments = given.arguments
    if len(arguments) == 1 and isinstance(arguments[0], float | Series):
        return _aggregate("AVG", _SORTED_BY["AVG"])(given)
    found = listed(arguments)
    total = _aggregate("AVG", math.fsum)(given)
    return mapped(lambda value: value / len(found), total, "AVG")


def _deviation(values: list[float]) -> float:
    return statistics.pstdev(values) if values else 0.0


# ---- Arrays ----------------------------------------------------------------------------------------------------------


def _metrics(given: Given) -> Value:
    return given.source.metrics(_text(given.arguments[0], "METRICS") if given.arguments else "")


def _metric_count(given: Given) -> Value:
    return float(len(_all(given.arguments[0], "METRIC_COUNT")))


def _first(given: Given) -> Value:
    found = _all(given.arguments[0], "FIRST")
    return found[0] if found else Series({}, given.frame.period)


def _last(given: Given) -> Value:
    found = _all(given.arguments[0], "LAST")
    return found[-1] if found else Series({}, given.frame.period)


def _remove_empty(given: Given) -> Value:
    return [each for each in _all(given.arguments[0], "REMOVE_EMPTY") if each.points]


def _slice(given: Given) -> Value:
    found = _all(given.arguments[0], "SLICE")
    bounds = [int(_scalar(each, "SLICE")) for each in given.arguments[1:]]
    if len(bounds) == 1:
        return found[bounds[0] :]
    first, last = bounds
    return found[first:last]


_SORTED_BY: dict[str, Callable[[list[float]], float]] = {
    "AVG": lambda values: math.fsum(values) / len(values),
    "MIN": min,
    "MAX": max,
    "SUM": math.fsum,
    "STDDEV": _deviation,
}


def _sort(given: Given) -> Value:
    found, by = _all(given.arguments[0], "SORT"), given.arguments[1]
    compute = _SORTED_BY.get(by) if isinstance(by, str) else None
    if compute is None or given.arguments[2] not in ("ASC", "DESC"):
        raise MathError("SORT needs one of AVG, MIN, MAX, SUM, STDDEV and one of ASC, DESC")
    with_data = [each for each in found if each.points]
    with_data.sort(key=lambda each: compute(list(each.points.values())), reverse=given.arguments[2] == "DESC")
    most = int(_scalar(given.arguments[3], "SORT")) if len(given.arguments) > 3 else None
    return with_data[:most] if most is not None else [*with_data, *(each for each in found if not each.points)]


def _search(given: Given) -> Value:
    text, stat = _text(given.arguments[0], "SEARCH"), _text(given.arguments[1], "SEARCH")
    period = int(_scalar(given.arguments[2], "SEARCH")) if len(given.arguments) > 2 else None
    return given.source.search(text, stat, period)


# ---- The rest --------------------------------------------------------------------------------------------------------


def _fill(given: Given) -> Value:
    found, how = _all(given.arguments[0], "FILL"), given.arguments[1]
    filled = [each.with_points(_filled(each, how, given.frame)) for each in found]
    return filled if isinstance(given.arguments[0], list) else filled[0]


def _filled(series: Series, how: Value, frame: Frame) -> dict[int, float]:
    times = frame._replace(period=series.period).times()
    points = series.points
    if isinstance(how, float):
        return {time: points.get(time, how) for time in times}
    if isinstance(how, Series):
        other = how.points
        return {time: points.get(time, other.get(time, 0.0)) for time in times if time in points or time in other}
    if how == "REPEAT":
        return _repeated(points, times)
    if how == "LINEAR":
        return _interpolated(points, times)
    raise MathError("FILL needs a number, a time series, REPEAT or LINEAR")


def _repeated(points: dict[int, float], times: range) -> dict[int, float]:
    found: dict[int, float] = {}
    latest: float | None = None
    for time in times:
        latest = points.get(time, latest)
        if latest is not None:
            found[time] = latest
    return found


def _interpolated(points: dict[int, float], times: range) -> dict[int, float]:
    """Between two values on the line; behind the last one the last one's value, as nothing lies beyond."""
    found = dict(points)
    for (earlier, before), (later, after) in itertools.pairwise(sorted(points.items())):
        for time in times:
            if earlier < time < later:
                found[time] = before + (after - before) * (time - earlier) / (later - earlier)
    return dict(sorted(found.items()))


def _if(given: Given) -> Value:
    condition, yes = given.arguments[0], given.arguments[1]
    no = given.arguments[2] if len(given.arguments) > 2 else None
    if any(isinstance(each, (list, str)) for each in (condition, yes, no)):
        raise MathError("IF takes numbers and time series, no arrays")
    if isinstance(condition, float):
        chosen = yes if condition else no
        return Series({}, given.frame.period) if chosen is None else chosen
    base = _series(condition, "IF")
    points: dict[int, float] = {}
    for time, truth in base.points.items():
        chosen = yes if truth else no
        # What is missing is 0 where the condition holds and dropped where it does not: AWS's table of IF.
        value = chosen.points.get(time, 0.0 if truth else None) if isinstance(chosen, Series) else chosen
        if isinstance(value, float):
            points[time] = value
    return base.with_points(points)


def _time_series(given: Given) -> Value:
    value = _scalar(given.arguments[0], "TIME_SERIES")
    return Series(dict.fromkeys(given.frame.times(), value), given.frame.period)


def _period(given: Given) -> Value:
    return float(_series(given.arguments[0], "PERIOD").period)


def _count(values: list[float]) -> float:
    return float(len(values))


def _not_built(name: str) -> Callable[[Given], Value]:
    def function(given: Given) -> Value:
        raise NotBuilt(f"the metric math function {name}")

    return function


FUNCTIONS: dict[str, Callable[[Given], Value]] = {
    "ABS": _each("ABS", abs),
    "CEIL": _each("CEIL", math.ceil),
    "FLOOR": _each("FLOOR", math.floor),
    "LOG": _each("LOG", math.log),
    "LOG10": _each("LOG10", math.log10),
    "AVG": _average,
    "MAX": _aggregate("MAX", max),
    "MIN": _aggregate("MIN", min),
    "SUM": _aggregate("SUM", math.fsum),
    "STDDEV": _aggregate("STDDEV", _deviation),
    "DATAPOINT_COUNT": _aggregate("DATAPOINT_COUNT", _count),
    "DAY": _calendar("DAY", lambda moment: moment.isoweekday()),
    "DATE": _calendar("DATE", lambda moment: moment.day),
    "MONTH": _calendar("MONTH", lambda moment: moment.month),
    "YEAR": _calendar("YEAR", lambda moment: moment.year),
    "HOUR": _calendar("HOUR", lambda moment: moment.hour),
    "MINUTE": _calendar("MINUTE", lambda moment: moment.minute),
    "EPOCH": _calendar("EPOCH", lambda moment: int(moment.timestamp())),
    "DIFF": _each_series("DIFF", _diff),
    "DIFF_TIME": _each_series("DIFF_TIME", _diff_time),
    "RATE": _each_series("RATE", _rate),
    "RUNNING_SUM": _each_series("RUNNING_SUM", _running_sum),
    "METRICS": _metrics,
    "METRIC_COUNT": _metric_count,
    "FIRST": _first,
    "LAST": _last,
    "REMOVE_EMPTY": _remove_empty,
    "SLICE": _slice,
    "SORT": _sort,
    "SEARCH": _search,
    "FILL": _fill,
    "IF": _if,
    "TIME_SERIES": _time_series,
    "PERIOD": _period,
    **{
        name: _not_built(name)
        for name in (
            "DB_PERF_INSIGHTS", "INSIGHT_RULE_METRIC", "SERVICE_QUOTA",
        )
    },
}  # fmt: skip
