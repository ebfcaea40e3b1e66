"""The bodies of dashboards: what PutDashboard checks, with AWS's messages of what is wrong and where.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

from typing import Any

import orjson

from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
TYPES = ("metric", "text", "log", "alarm", "explorer", "custom")
MOST_WIDGETS, MOST_METRICS = 500, 500
COLUMNS = 24
_VIEWS = ("timeSeries", "singleValue", "gauge", "bar", "pie", "table")
_OPTIONS = {"accountId", "color", "expression", "id", "label", "period", "region", "stat", "visible", "yAxis"}
_NO_ARRAYS = (
    'Field "metrics" has to be an array of array of strings, with an optional metricRenderer object as last element'
)
_MOST_BYTES = 1024 * 1024
_MOST_TOLD = 100


class Findings:
    """What is wrong with a body: errors refuse it, warnings are only told."""

    def __init__(self) -> None:
        self.errors: list[dict[str, str]] = []
        self.warnings: list[dict[str, str]] = []

    def error(self, path: str, message: str) -> None:
        """Add what refuses the body."""
        self.errors.append({"DataPath": path, "Message": message})

    def warn(self, path: str, message: str) -> None:
        """Add what is only told."""
        self.warnings.append({"DataPath": path, "Message": message})

    def told(self) -> str:
        """All errors as AWS tells them in one message, which is all that a command line shows."""
        listed = [{"dataPath": each["DataPath"], "message": each["Message"]} for each in self.errors[:_MOST_TOLD]]
        text = orjson.dumps(listed, option=orjson.OPT_INDENT_2).decode()
        return f"The dashboard body is invalid, there are {len(self.errors)} validation errors:\n{text}"


def findings(body: str) -> Findings:
    """What is wrong with a body."""
    found = Findings()
    if len(body.encode("utf-8", "replace")) > _MOST_BYTES:
        found.error("/", "The dashboard body is larger than 1 MB")
        return found
    try:
        given = orjson.loads(body)
    except ValueError:
        found.error("/", "The dashboard body is invalid: it is not valid JSON")
        return found
    if not isinstance(given, dict):
        found.error("/", "Should be of type object")
        return found
    widgets = given.get("widgets")
    if not isinstance(widgets, list):
        found.error("/widgets", "Should have required property 'widgets'" if widgets is None else "Should be array")
        return found
    if len(widgets) > MOST_WIDGETS:
        found.error("/widgets", f"Should NOT have more than {MOST_WIDGETS} items")
        return found
    if given.get("periodOverride", "auto") not in ("auto", "inherit"):
        found.error("/periodOverride", "Should be equal to one of the allowed values")
    for number, widget in enumerate(widgets):
        _widget(f"/widgets/{number}", widget, found)
    return found


def _widget(path: str, widget: Any, found: Findings) -> None:
    if not isinstance(widget, dict):
        found.error(path, "Should be object")
        return
    kind = widget.get("type")
    if kind == "chart":
        raise NotBuilt("cloudwatch:PutDashboard with widgets of the type chart (PromQL)")
    if kind not in TYPES:
        missing = "type" not in widget
        text = "Should have required property 'type'" if missing else "Should be equal to one of the allowed values"
        found.error(path if missing else f"{path}/type", text)
        return
    for name, least, most in (("x", 0, COLUMNS - 1), ("y", 0, None), ("width", 1, COLUMNS), ("height", 1, 1000)):
        _whole(path, widget, name, least, most, found)
    properties = widget.get("properties")
    if not isinstance(properties, dict):
        found.error(path, "Should have required property 'properties'")
        return
    _PROPERTIES[kind](f"{path}/properties", properties, found)


def _whole(path: str, given: Data, name: str, least: int, most: int | None, found: Findings) -> None:
    value = given.get(name)
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value):
        found.error(f"{path}/{name}", "Should be integer")
    elif value < least:
        found.error(f"{path}/{name}", f"Should be >= {least}")
    elif most is not None and value > most:
        found.error(f"{path}/{name}", f"Should be <= {most}")


def _metric(path: str, given: Data, found: Findings) -> None:
    metrics, annotations = given.get("metrics"), given.get("annotations")
    alarms = annotations.get("alarms") if isinstance(annotations, dict) else None
    if metrics is None and not alarms:
        found.error(path, "Should have required property 'metrics'")
        told = "The metric widget should have specified a region and a data source or an alarm annotation"
        found.error(path, told)
        if annotations is None:
            found.error(path, "Should have required property 'annotations'")
        return
    if "region" not in given:
        found.error(path, "Should have required property 'region'")
    if given.get("view", "timeSeries") not in _VIEWS:
        found.error(f"{path}/view", "Should be equal to one of the allowed values")
    if given.get("view") == "gauge" and not _has_bounds(given):
        found.error(path, "Should have required property 'yAxis' with min and max for view gauge")
    if metrics is None:
        return
    if not isinstance(metrics, list):
        found.error(f"{path}/metrics", "Should be array")
        return
    if not 1 <= len(metrics) <= MOST_METRICS:
        words = "less than 1 items" if not metrics else f"more than {MOST_METRICS} items"
        found.error(f"{path}/metrics", f"Should NOT have {words}")
        return
    for number, entry in enumerate(metrics):
        _entry(f"{path}/metrics/{number}", entry, found)


def _has_bounds(given: Data) -> bool:
    axis = given.get("yAxis")
    left = axis.get("left") if isinstance(axis, dict) else None
    if not isinstance(left, dict):
        return False
    return all(isinstance(left.get(name), (int, float)) and not isinstance(left[name], bool) for name in ("min", "max"))


def _entry(path: str, entry: Any, found: Findings) -> None:
    if not isinstance(entry, list):
        found.error(path, "Should be array")
        found.error(path, _NO_ARRAYS)
        return
    if not entry:
        found.error(path, "Should NOT have less than 1 items")
        return
    parts = entry[:-1] if isinstance(entry[-1], dict) else entry
    options = entry[-1] if isinstance(entry[-1], dict) else {}
    if not options.keys() <= _OPTIONS:
        # Such as {"InstanceId": …} or {"dimensions": …}: AWS takes it for one string too many.
        found.error(path, f"Should NOT have more than {len(parts)} items")
        return
    if "expression" in options:
        if parts:
            found.error(path, "An expression cannot be combined with a metric")
        elif not isinstance(options["expression"], str):
            found.error(f"{path}/0/expression", "Should be string")
        return
    if not all(isinstance(part, str) for part in parts):
        found.error(path, 'Invalid metric field type, only "String" type is allowed')
    elif len(parts) < 2 and "..." not in parts:
        found.error(path, "Should NOT have less than 2 items")
    elif "..." not in parts and len(parts) % 2:
        found.error(path, "Invalid number of dimensions: every dimension needs a name and a value")


def _text(path: str, given: Data, found: Findings) -> None:
    if not isinstance(given.get("markdown"), str):
        found.error(path, "Should have required property 'markdown'")


def _log(path: str, given: Data, found: Findings) -> None:
    if not isinstance(given.get("query"), str):
        found.error(path, "Should have required property 'query'")


def _alarm(path: str, given: Data, found: Findings) -> None:
    alarms = given.get("alarms")
    if not isinstance(alarms, list) or not all(isinstance(each, str) for each in alarms):
        found.error(path, "Should have required property 'alarms'")
    elif not 1 <= len(alarms) <= 100:
        found.error(f"{path}/alarms", "Should NOT have less than 1 items" if not alarms else "Too many alarms")


def _anything(path: str, given: Data, found: Findings) -> None:
    """Of these kinds only what every widget has is checked."""


_PROPERTIES = {
    "metric": _metric, "text": _text, "log": _log, "alarm": _alarm, "explorer": _anything, "custom": _anything,
}  # fmt: skip
