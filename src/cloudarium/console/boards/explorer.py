"""Explorer widgets: metrics of the resources that have certain tags, a chart for each metric.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cloudarium.charts.resources import KINDS, Kind
from cloudarium.charts.widgets import WidgetError
from cloudarium.console.visit import Visit
from cloudarium.store.tags import Tags

Data = dict[str, Any]

_FUNCTIONS = ("AVG", "MAX", "MIN", "SUM")


def explored(visit: Visit, given: Data) -> Iterator[tuple[str, Data]]:
    """(heading, properties of a metric widget) for each metric that is to be shown. Raises WidgetError."""
    metrics, labels = given.get("metrics") or [], given.get("labels") or []
    listed = isinstance(metrics, list) and isinstance(labels, list)
    if not listed or not all(isinstance(each, dict) for each in (*metrics, *labels)):
        raise WidgetError("metrics and labels must be arrays of objects")
    together = _together(given.get("aggregateBy"))
    look = given.get("widgetOptions")
    look = look if isinstance(look, dict) else {}
    region = str(given.get("region") or visit.scope.region)
    for metric in metrics:
        kind = KINDS.get(str(metric.get("resourceType")))
        if kind is None:
            raise WidgetError(f"resources of type {str(metric.get('resourceType'))[:60]} are not explored here")
        names = _resources(visit, kind, region, labels)
        stat = metric.get("stat") or "Average"
        for heading, group in _split(names, given.get("splitBy")):
            own = {name: value for name, value in look.items() if name in ("view", "stacked", "legend")}
            of = {name: [kind.namespace, str(metric.get("metricName")), kind.dimension, name] for name in group}
            elements = _elements(of, names, together)
            shown = {**own, "region": region, "stat": stat, "period": given.get("period") or 300, "metrics": elements}
            yield f"{metric.get('metricName')} ({stat}){heading}", shown


def _together(given: Any) -> tuple[str, str] | None:
    """(tag, function) by which resources are summed up; `*` is all of them together. Raises WidgetError."""
    if not given:
        return None
    key, function = (str(given.get(name)) for name in ("key", "func")) if isinstance(given, dict) else ("", "")
    if not key or function.upper() not in _FUNCTIONS:
        raise WidgetError(f"aggregateBy must have a key and a func among {', '.join(_FUNCTIONS)}")
    return key, function.upper()


def _elements(
    of: dict[str, list[str]], tags: dict[str, dict[str, str]], together: tuple[str, str] | None
) -> list[list[Any]]:
    """What a chart shows of metrics by their resources' names: each, or those together that share a tag's value."""
    if together is None:
        return [[*metric, {"label": name}] for name, metric in of.items()]
    key, function = together
    groups: dict[str, list[str]] = {}
    hidden = []
    for place, (name, metric) in enumerate(of.items()):
        hidden.append([*metric, {"id": f"r{place}", "visible": False}])
        groups.setdefault("all" if key == "*" else tags[name].get(key, "none"), []).append(f"r{place}")
    shown = [
        [{"expression": f"{function}([{', '.join(ids)}])", "label": f"{function} of {value}", "id": f"g{place}"}]
        for place, (value, ids) in enumerate(sorted(groups.items()))
    ]
    return [*hidden, *shown]


def _resources(visit: Visit, kind: Kind, region: str, labels: list[Data]) -> dict[str, dict[str, str]]:
    """The names of resources of a kind that have all tags, with their tags."""
    start = kind.beginning(visit.scope._replace(region=region))
    found = {}
    for arn, tags in Tags(visit.cloud.store).matching(start).items():
        wanted = all(each.get("key") in tags and each.get("value") in (None, tags[each["key"]]) for each in labels)
        if wanted:
            found[arn.removeprefix(start).split(":")[0]] = tags
    return dict(sorted(found.items()))


def _split(names: dict[str, dict[str, str]], by: Any) -> list[tuple[str, list[str]]]:
    """The names as one group, or as one for each value of a tag."""
    if not by:
        return [("", list(names))] if names else []
    groups: dict[str, list[str]] = {}
    for name, tags in names.items():
        groups.setdefault(tags.get(str(by), ""), []).append(name)
    return [(f", {by} = {value or 'none'}", group) for value, group in sorted(groups.items())]
