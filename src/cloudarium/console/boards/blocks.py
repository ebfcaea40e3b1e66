"""Blocks: what a page shows of one widget, and where on the grid of 24 columns it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cloudarium.charts import scales, shapes
from cloudarium.charts.canvas import Canvas
from cloudarium.charts.chart import Chart
from cloudarium.charts.drawing import draw
from cloudarium.charts.svg import Svg

Data = dict[str, Any]
COLUMNS = 24
_ROW = 48  # pixels of a grid unit; columns are as wide as the screen lets them be, so a chart is drawn for each:
_COLUMNS = (("wide", 64), ("middle", 53), ("slim", 43))
_HEAD = 80  # pixels of a block's title and edges
_NARROW = 360
_USUAL = 6
_MOST_ROWS = 120  # moments that the table below a chart shows


class Spot(NamedTuple):
    """Where a block stands, in grid units."""

    x: int
    y: int
    width: int
    height: int


@dataclass
class Block:
    """One widget as it is shown; which members are set depends on its kind."""

    id: str
    kind: str
    title: str
    spot: Spot
    note: str = ""  # what is not there, or what is wrong
    drawings: list[tuple[str, Data]] = field(default_factory=list)  # a heading, and what `pictures` made
    markdown: str = ""
    bare: bool = False  # a text without a card behind it
    alarms: list[Data] = field(default_factory=list)
    table: Data | None = None
    frame: str = ""  # the address of a page that a function draws
    code: str = ""


def spot_of(widget: Data, place: int) -> Spot:
    """Where a widget stands; what has no place follows in rows of four."""
    width = min(max(int(widget.get("width") or _USUAL), 1), COLUMNS)
    height = min(max(int(widget.get("height") or _USUAL), 1), 60)
    x = int(widget.get("x") or 0) if "x" in widget or "y" in widget else place % 4 * _USUAL
    y = int(widget.get("y") or 0) if "x" in widget or "y" in widget else place // 4 * _USUAL
    return Spot(min(max(x, 0), COLUMNS - width), min(max(y, 0), 5000), width, height)


def pictures(chart: Chart, spot: Spot, title: str, share: float = 1.0) -> Data:
    """A chart for a wide and for a narrow screen, and its values for those who read them."""
    label = f"{title or 'Chart'}: {', '.join(line.label for line in chart.lines)}"
    tall = max((spot.height * _ROW - _HEAD) * share, 70)
    narrow = max(min(tall, 300), 200) if chart.view in ("timeSeries", "gauge", "pie") else tall
    found: Data = {"chart": chart.view, "drawn": []}
    if chart.view == "table":
        found["columns"] = shapes.COLUMNS
        found["rows"] = [(line, [_shown(each) for each in shapes.summary(line)]) for line in chart.lines]
        return found
    for name, column in _COLUMNS:
        found["drawn"].append(_svg(chart, max(spot.width * column - 24, 100), tall, label, f"{name}-chart"))
    found["drawn"].append(_svg(chart, _NARROW, narrow, label, "narrow-chart"))
    found["values"] = _values(chart)
    return found


def _svg(chart: Chart, width: float, height: float, label: str, css_class: str) -> str:
    canvas = Svg(width, height)
    surface: Canvas = canvas
    draw(chart, surface)
    return canvas.markup(label, css_class)


def _shown(value: float | None) -> str:
    return "--" if value is None else scales.number(value)


def _values(chart: Chart) -> Data:
    """The newest values as a table: a row for each moment, a column for each line."""
    times = sorted({time for line in chart.lines for time, _ in line.points}, reverse=True)[:_MOST_ROWS]
    columns = [dict(line.points) for line in chart.lines]
    rows = [(scales.stamp(time, chart.zone), [_shown(column.get(time)) for column in columns]) for time in times]
    return {"labels": [line.label for line in chart.lines], "rows": rows}


def layout(blocks: list[tuple[str, Spot]]) -> str:
    """The style sheet that puts blocks on the grid; on a narrow screen they stand below each other."""
    rules = "".join(
        f"#{id}{{grid-column:{spot.x + 1}/span {spot.width};grid-row:{spot.y + 1}/span {spot.height}}}"
        for id, spot in blocks
    )
    return f"@media (min-width:60rem){{{rules}}}"
