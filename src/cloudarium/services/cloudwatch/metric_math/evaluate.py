"""Computing the value of an expression's tree."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from cloudarium.services.cloudwatch.metric_math.outside import NAME as LAMBDA
from cloudarium.services.cloudwatch.metric_math.outside import Asked, asked
from cloudarium.services.cloudwatch.metric_math.parser import Apply, Group, Name, Node, Number, Text
from cloudarium.services.cloudwatch.metric_math.values import MathError, Series, Value

_MOST_TIMES = 100_800


class Source(Protocol):
    """Where an expression's series come from."""

    def series(self, id: str) -> Value:
        """The result of another query. Raises MathError when there is none."""

    def metrics(self, part: str) -> list[Series]:
        """The series of the queries on metrics whose ids contain a text."""

    def search(self, text: str, stat: str, period: int | None) -> list[Series]:
        """The series of the metrics that a search finds."""

    def outside(self, asked: Asked, frame: Frame) -> list[Series]:
        """The series that a function answered. Raises MathError."""

    def band(self, node: Node, width: float, frame: Frame) -> list[Series]:
        """The upper and the lower side of the anomaly detection band of what a node stands for."""


class Frame(NamedTuple):
    """The times that an expression is about: from `start` up to `end`, `period` seconds apart."""

    start: int
    end: float
    period: int

    def times(self) -> range:
        """Each time that can have a value. Raises MathError when there are too many."""
        if (self.end - self.start) / self.period > _MOST_TIMES:
            raise MathError(f"The time range has more than {_MOST_TIMES} periods")
        return range(self.start, math.ceil(self.end), self.period)


def evaluate(node: Node, source: Source, frame: Frame) -> Value:
    """The value of a tree. Raises MathError."""
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Text):
        return node.value
    if isinstance(node, Name):
        return node.name if node.name in _WORDS else source.series(node.name)
    if isinstance(node, Group):
        return listed([evaluate(item, source, frame) for item in node.items])
    return _applied(node, source, frame)


_WORDS = ("REPEAT", "LINEAR", "AVG", "MIN", "MAX", "SUM", "STDDEV", "ASC", "DESC")


def listed(values: Iterable[Value]) -> list[Series]:
    """Series and lists of series as one list. Raises MathError for anything else."""
    found: list[Series] = []
    for value in values:
        if isinstance(value, Series):
            found.append(value)
        elif isinstance(value, list):
            found += value
        else:
            raise MathError("An array can only hold time series")
    return found


def _applied(node: Apply, source: Source, frame: Frame) -> Value:
    from cloudarium.services.cloudwatch.metric_math import functions

    if node.function in _BINARY:
        left, right = (evaluate(each, source, frame) for each in node.arguments)
        return combined(_BINARY[node.function], left, right, node.function)
    if node.function == "ANOMALY_DETECTION_BAND":
        return _band(node.arguments, source, frame)
    if node.function == LAMBDA:
        return source.outside(asked(node.arguments), frame)
    arguments = [evaluate(each, source, frame) for each in node.arguments]
    if node.function == "negative":
        return mapped(operator.neg, arguments[0], "-")
    function = functions.FUNCTIONS.get(node.function)
    if function is None:
        raise MathError(f"Unsupported function '{node.function}'")
    try:
        return function(functions.Given(arguments, source, frame))
    except MathError:
        raise
    except (IndexError, TypeError, ValueError, OverflowError) as error:
        raise MathError(f"Invalid arguments of the function {node.function}") from error


def _band(arguments: tuple[Node, ...], source: Source, frame: Frame) -> Value:
    """A band is of what its argument is at other times too, so that is not computed before."""
    width = evaluate(arguments[1], source, frame) if len(arguments) == 2 else 2.0
    if not 1 <= len(arguments) <= 2 or not isinstance(width, float) or width <= 0:
        raise MathError("ANOMALY_DETECTION_BAND needs a metric or an expression, and a number greater than zero")
    return list(source.band(arguments[0], width, frame))


# ---- Operators -------------------------------------------------------------------------------------------------------


def _truth(test: Callable[[float, float], bool]) -> Callable[[float, float], float]:
    return lambda left, right: 1.0 if test(left, right) else 0.0


_BINARY: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": operator.pow,
    "==": _truth(operator.eq),
    "!=": _truth(operator.ne),
    "<": _truth(operator.lt),
    ">": _truth(operator.gt),
    "<=": _truth(operator.le),
    ">=": _truth(operator.ge),
    "&&": _truth(lambda left, right: bool(left) and bool(right)),
    "||": _truth(lambda left, right: bool(left) or bool(right)),
}


def _safe(operation: Callable[..., float], *values: float) -> float | None:
    """The result, None where there is none: a division by zero, a number that is too large."""
    try:
        found = operation(*values)
    except (ZeroDivisionError, OverflowError, ValueError):
        return None
    if isinstance(found, complex) or math.isnan(found) or math.isinf(found):
        return None
    return float(found)


def mapped(operation: Callable[[float], float], value: Value, name: str) -> Value:
    """An operation on a scalar, or on each value of each series."""
    if isinstance(value, list):
        return [_mapped(operation, each) for each in value]
    if isinstance(value, Series):
        return _mapped(operation, value)
    if isinstance(value, float):
        found = _safe(operation, value)
        if found is None:
            raise MathError(f"{name} has no result for {value}")
        return found
    raise MathError(f"Unsupported operand type for {name}: String")


def _mapped(operation: Callable[[float], float], series: Series) -> Series:
    results = ((time, _safe(operation, value)) for time, value in series.points.items())
    return series.with_points({time: found for time, found in results if found is not None})


def combined(operation: Callable[[float, float], float], left: Value, right: Value, sign: str) -> Value:
    """An operation on two values: where both have one, time by time; lists series by series, or each with the other."""
    if isinstance(left, str) or isinstance(right, str):
        raise MathError(f"Unsupported operand type(s) for {sign}: {kind_of(left)}, {kind_of(right)}")
    if isinstance(left, list) and isinstance(right, list):
        if len(left) != len(right):
            raise MathError(f"Arrays of different lengths ({len(left)} and {len(right)}) cannot be combined by {sign}")
        return [_series(operation, one, other) for one, other in zip(left, right, strict=True)]
    if isinstance(left, list):
        return [_series(operation, each, right) for each in left]
    if isinstance(right, list):
        return [_series(operation, left, each, named=each) for each in right]
    if isinstance(left, float) and isinstance(right, float):
        found = _safe(operation, left, right)
        if found is None:
            raise MathError(f"{sign} has no result for {left} and {right}")
        return found
    return _series(operation, left, right)


def _series(
    operation: Callable[[float, float], float],
    left: float | Series | list[Series],
    right: float | Series | list[Series],
    named: Series | None = None,
) -> Series:
    one, other = left, right
    assert not isinstance(one, list) and not isinstance(other, list)
    base = named or (one if isinstance(one, Series) else other)
    assert isinstance(base, Series)
    points: dict[int, float] = {}
    for time in base.points:
        first = one.points.get(time) if isinstance(one, Series) else one
        second = other.points.get(time) if isinstance(other, Series) else other
        if first is not None and second is not None and (found := _safe(operation, first, second)) is not None:
            points[time] = found
    return base.with_points(points)


def kind_of(value: Value) -> str:
    """What a value is called in messages."""
    if isinstance(value, float):
        return "Scalar"
    if isinstance(value, str):
        return "String"
    return "TimeSeries" if isinstance(value, Series) else "TimeSeries[]"
