"""The embedded metric format: metrics that a log event carries.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

MARK = '"_aws"'
_MOST_METRICS = 100
_MOST_VALUES = 100
_MOST_DIMENSIONS = 30
_LONGEST = 1024
_LONGEST_NAME = 255
_SIZES = [f"{prefix}{base}" for base in ("bytes", "bits") for prefix in ("", "Kilo", "Mega", "Giga", "Tera")]
_RATED = [*(each[0].upper() + each[1:] for each in _SIZES), "Count"]
UNITS = frozenset(
    ["Seconds", "Microseconds", "Milliseconds", "Percent", "None", *_RATED, *(f"{each}/Second" for each in _RATED)]
)


class Invalid(ValueError):
    """An event that says it has metrics but breaks the specification."""


class Measured(NamedTuple):
    """One metric of one set of dimensions: its values, and whether they are kept by the second."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    unit: str
    values: tuple[float, ...]
    fine: bool


def read(message: str) -> tuple[int, list[Measured]] | None:
    """The time in milliseconds and the metrics of an event; None for an event without. Raises Invalid."""
    try:
        root = orjson.loads(message)
    except ValueError:
        return None
    if not isinstance(root, dict) or not isinstance(root.get("_aws"), dict):
        return None
    about = root["_aws"]
    directives, time = about.get("CloudWatchMetrics"), about.get("Timestamp")
    if directives is None:
        return None  # a structured log only, or another use of `_aws`
    if type(time) is not int or not 0 <= time < 1 << 50:
        raise Invalid("Timestamp")
    if not isinstance(directives, list):
        raise Invalid("CloudWatchMetrics")
    found: list[Measured] = []
    for directive in directives:
        found += _directive(root, directive)
    return time, found


def _directive(root: dict[str, Any], directive: Any) -> list[Measured]:
    if not isinstance(directive, dict):
        raise Invalid("CloudWatchMetrics")
    namespace = directive.get("Namespace")
    if not isinstance(namespace, str) or not 1 <= len(namespace) <= _LONGEST:
        raise Invalid("Namespace")
    metrics, sets = directive.get("Metrics"), directive.get("Dimensions", [[]])
    if not isinstance(metrics, list) or len(metrics) > _MOST_METRICS:
        raise Invalid("Metrics")
    if not isinstance(sets, list):
        raise Invalid("Dimensions")
    dimensions = [_dimensions(root, each) for each in sets or [[]]]
    found = []
    for metric in metrics:
        name, unit, values, fine = _metric(root, metric)
        found += [Measured(namespace, name, each, unit, values, fine) for each in dict.fromkeys(dimensions)]
    return found


def _dimensions(root: dict[str, Any], names: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(names, list) or len(names) > _MOST_DIMENSIONS:
        raise Invalid("Dimensions")
    found = {}
    for name in names:
        value = root.get(name) if isinstance(name, str) else None
        if not isinstance(value, str) or not 1 <= len(value) <= _LONGEST or not 1 <= len(name) <= _LONGEST_NAME:
            raise Invalid("Dimensions")
        found[name] = value
    return tuple(sorted(found.items()))


def _metric(root: dict[str, Any], metric: Any) -> tuple[str, str, tuple[float, ...], bool]:
    name = metric.get("Name") if isinstance(metric, dict) else None
    if not isinstance(name, str) or not 1 <= len(name) <= _LONGEST:
        raise Invalid("Name")
    unit, resolution = metric.get("Unit", "None"), metric.get("StorageResolution", 60)
    if unit not in UNITS or resolution not in (1, 60) or isinstance(resolution, bool):
        raise Invalid("Unit or StorageResolution")
    value = root.get(name)
    values = value if isinstance(value, list) else [value]
    numbers = [each for each in values if isinstance(each, int | float) and not isinstance(each, bool)]
    if len(numbers) != len(values) or not 1 <= len(values) <= _MOST_VALUES:
        raise Invalid("a metric's value")
    return name, unit, tuple(map(float, numbers)), resolution == 1
