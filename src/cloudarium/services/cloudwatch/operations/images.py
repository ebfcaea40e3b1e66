"""GetMetricWidgetImage: the chart of a metric widget as a picture."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson

from cloudarium.charts import widgets
from cloudarium.charts.chart import Chart
from cloudarium.charts.drawing import draw
from cloudarium.charts.png import Png
from cloudarium.charts.widgets import Answer, WidgetError
from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cloudwatch import errors, sources
from cloudarium.services.cloudwatch.operations.data import check, results
from cloudarium.services.cloudwatch.querying import Querying
from cloudarium.services.cloudwatch.rules import labels
from cloudarium.services.cloudwatch.series import Span
from cloudarium.shared.errors import NotBuilt
from cloudarium.shared.scope import scope_of

Data = dict[str, Any]
_MOST_METRICS = 100
_LONGEST = 2000  # pixels of a side
_WIDTH, _HEIGHT = 600, 400


@operation("GetMetricWidgetImage")
async def get_metric_widget_image(call: Call) -> Data:
    """A chart of metrics as a PNG, as large as the widget says; it is painted outside of the event loop."""
    form = call.input.get("OutputFormat", "png")
    if form == "image/png":
        raise NotBuilt("cloudwatch:GetMetricWidgetImage OutputFormat image/png (an answer that is the bare image)")
    if form != "png":
        raise errors.InvalidValue.value(form, "OutputFormat")
    given = _widget(call.input["MetricWidget"])
    width, height = (_side(given, name, usual) for name, usual in (("width", _WIDTH), ("height", _HEIGHT)))
    try:
        drawn = await _chart(call, given)
    except WidgetError as error:
        raise errors.Invalid(f"Invalid MetricWidget: {error}.") from None
    drawn.title = str(given.get("title") or "")
    image = await asyncio.to_thread(_painted, drawn, width, height, given.get("theme") == "dark")
    return {"MetricWidgetImage": image}


def _widget(text: str) -> Data:
    try:
        given = orjson.loads(text)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise errors.Invalid("Invalid MetricWidget: it must be a JSON object.")
    count = len(given["metrics"]) if isinstance(given.get("metrics"), list) else 0
    if not 1 <= count <= _MOST_METRICS:
        raise errors.Invalid(f"Invalid MetricWidget: metrics must be an array of 1 to {_MOST_METRICS} elements.")
    return given


def _side(given: Data, name: str, usual: int) -> int:
    value = given.get(name, usual)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 1 <= value <= _LONGEST:
        raise errors.Invalid(f"Invalid MetricWidget: {name} must be a number from 1 to {_LONGEST}.")
    return int(value)


async def _chart(call: Call, given: Data) -> Chart:
    """The chart of a widget with what its metrics hold. Raises WidgetError, Invalid."""
    span = widgets.span_of(given, call.now)
    own = str(given.get("region") or call.region)
    found = widgets.entries(given, span, own)
    call.cloud.meter.sample(call.scope)
    call.cloud.meter.flush()
    answers: list[Answer] = []
    for region in dict.fromkeys(entry.region for entry in found):
        asked = widgets.queries([entry for entry in found if entry.region == region])
        check(asked, "metrics", call.account)
        place = scope_of(call.account, region)
        querying = Querying(call.store, place, asked, Span(span.start, span.end, call.now))
        querying.answers = await sources.answers(call, querying.wanted(), sources.FOR_CHARTS)
        answers += (
            Answer(each.id, each.label, each.points) for each in results(querying, asked, _zone(given), ascending=True)
        )
    in_order = {entry.id: place for place, entry in enumerate(found)}
    return widgets.chart(given, found, sorted(answers, key=lambda each: in_order[each.id]), span)


def _zone(given: Data) -> str:
    zone = str(given.get("timezone") or "")
    try:
        labels.zone_of(zone)
    except ValueError as error:
        raise WidgetError(f"timezone: {error}") from None
    return zone


def _painted(chart: Chart, width: int, height: int, dark: bool) -> bytes:
    canvas = Png(width, height, dark=dark)
    draw(chart, canvas)
    return canvas.data()
