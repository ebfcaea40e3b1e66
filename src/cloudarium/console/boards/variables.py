"""Variables of dashboards: what stands in the widgets' place of a property or of a pattern, as the page's query says.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cloudarium.charts.widgets import WidgetError, written_out
from cloudarium.console.visit import Visit
from cloudarium.shared.errors import AwsError

Data = dict[str, Any]
Change = Callable[[Any, str], Any]  # of what stands below a widget's properties, to a value
PREFIX = "var."  # of their names in the query
_FIRST = "__FIRST"
_MOST = 25
_MOST_VALUES = 200
_LOOKS_BACK = 14 * 86_400
_MOST_FOUND = 100  # in one text
_LONGEST = 200  # letters of a value or a pattern
_SECONDS = 0.05  # that finding a pattern in one text may take


@dataclass
class Variable:
    """One variable: what it changes, what is to be chosen from, and what is chosen."""

    id: str
    label: str
    input: str  # radio, select or input
    shown: bool
    chosen: str
    values: list[tuple[str, str]]
    change: Change

    @property
    def name(self) -> str:
        """Its name in the page's query."""
        return PREFIX + self.id


async def variables_of(visit: Visit, body: Data) -> list[Variable]:
    """The variables of a dashboard's body; those that cannot be read are left out."""
    given = body.get("variables")
    listed = [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []
    return [found for each in listed[:_MOST] if (found := await _variable(visit, each)) is not None]


def applied(body: Data, variables: list[Variable]) -> Data:
    """The body with what is chosen."""
    widgets = list(body["widgets"])
    for each in variables:
        for place, widget in enumerate(widgets):
            if each.chosen and isinstance(widget, dict) and isinstance(widget.get("properties"), dict):
                widgets[place] = {**widget, "properties": each.change(widget["properties"], each.chosen)}
    return {**body, "widgets": widgets}


async def _variable(visit: Visit, given: Data) -> Variable | None:
    kind, what = given.get("type"), given.get(str(given.get("type")))
    if kind not in ("property", "pattern") or not isinstance(what, str) or not 0 < len(what) <= _LONGEST:
        return None
    id = str(given.get("id") or what)[:200]
    values = _listed(given.get("values")) or await _found(visit, given)
    usual = str(given.get("defaultValue") or "")
    if usual == _FIRST:
        usual = values[0][0] if values else ""
    chosen = visit.asked.get(PREFIX + id, usual)[:_LONGEST]
    way = given.get("inputType")
    if way not in ("radio", "select") or not values:
        way = "input"
    change: Change = _property(what) if kind == "property" else _Pattern(what)
    label = str(given.get("label") or id)[:200]
    return Variable(id, label, way, given.get("visible") is not False, chosen, values, change)


def _listed(given: Any) -> list[tuple[str, str]]:
    found = [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []
    return [
        (str(each["value"]), str(each.get("label") or each["value"]))
        for each in found[:_MOST_VALUES]
        if "value" in each
    ]


async def _found(visit: Visit, given: Data) -> list[tuple[str, str]]:
    """The values of a dimension among the metrics that a search finds."""
    search, name = given.get("search"), given.get("populateFrom")
    if not isinstance(search, str) or not isinstance(name, str):
        return []
    text = search.replace("\\", "\\\\").replace("'", "\\'")
    query = {
        "Id": "v", "Expression": f"SEARCH('{text}', 'SampleCount', 86400)", "Label": "${PROP('Dim." + name + "')}",
    }  # fmt: skip
    try:
        answer = await visit.ask(
            "cloudwatch", "GetMetricData", MetricDataQueries=[query], StartTime=visit.now - _LOOKS_BACK,
            EndTime=visit.now + 60,
        )  # fmt: skip
    except AwsError:
        return []
    labels = {each["Label"] for each in answer["MetricDataResults"]}
    return [(each, each) for each in sorted(labels) if each and "${" not in each][:_MOST_VALUES]


# ---- What they change ------------------------------------------------------------------------------------------------


def _property(name: str) -> Change:
    """A property of that name gets the value, wherever it stands, and so does a dimension among metrics."""

    def changed(node: Any, value: str) -> Any:
        if isinstance(node, dict):
            node = {**node, "metrics": _written_out(node["metrics"])} if "metrics" in node else node
            return {key: _like(each, value) if key == name else changed(each, value) for key, each in node.items()}
        if not isinstance(node, list):
            return node
        found = [changed(each, value) for each in node]
        for place in range(2, len(found) - 1, 2):  # [namespace, metric, dimension, value, …]
            if found[place] == name and isinstance(found[place + 1], str):
                found[place + 1] = value
        return found

    return changed


def _written_out(metrics: Any) -> Any:
    """Metrics without what stands for the one before; those that cannot be read as they are."""
    try:
        return written_out(metrics) if isinstance(metrics, list) else metrics
    except WidgetError:
        return metrics


def _like(before: Any, value: str) -> Any:
    """A value that takes the place of a number is one, if it can be."""
    if isinstance(before, int | float) and not isinstance(before, bool) and value.isascii() and value.isdecimal():
        return int(value)
    return value


class _Pattern:
    """Each text that a pattern finds gives way to the value; one that takes too long finds nothing any more."""

    def __init__(self, text: str) -> None:
        import regex

        try:
            self._pattern = regex.compile(text)
        except regex.error:
            self._pattern = regex.compile(re.escape(text))
        self._slow = False

    def __call__(self, node: Any, value: str) -> Any:
        if isinstance(node, str) and not self._slow:
            try:
                return self._pattern.sub(lambda _: value, node, count=_MOST_FOUND, timeout=_SECONDS)
            except TimeoutError:
                self._slow = True
        if isinstance(node, dict):
            return {key: self(each, value) for key, each in node.items()}
        return [self(each, value) for each in node] if isinstance(node, list) else node
