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


def explored(visit: Visit, given: Data) -> Iterator[tuple[str, Data]]:
    """(heading, properties of a metric widget) for each metric that is to be shown. Raises WidgetError."""
    metrics, labels = given.get("metrics") or [], given.get("labels") or []
    listed = isinstance(metrics, list) and isinstance(labels, list)
    if not listed or not all(isinstance(each, dict) for each in (*metrics, *labels)):
        raise WidgetError("metrics and labels must be arrays of objects")
    if given.get("aggregateBy"):
        raise WidgetError("aggregateBy is not built")
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
            elements = [
                [kind.namespace, metric.get("metricName"), kind.dimension, name, {"label": name}] for name in group
            ]
            shown = {**own, "region": region, "stat": stat, "period": given.get("period") or 300, "metrics": elements}
            yield f"{metric.get('metricName')} ({stat}){heading}", shown


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
