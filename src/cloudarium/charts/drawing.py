"""Drawing a chart on a canvas: the title, the legend, and between them what its view asks for."""

from __future__ import annotations

from typing import NamedTuple

from cloudarium.charts import shapes, timeseries
from cloudarium.charts.canvas import Canvas, box, fitting, text_width
from cloudarium.charts.chart import Chart

TEXT = 12.0
_ROW = 18.0
_MOST_ROWS = 4
_VIEWS = {
    "timeSeries": timeseries.draw, "singleValue": shapes.numbers, "gauge": shapes.gauge, "bar": shapes.bars,
    "pie": shapes.pie, "table": shapes.table,
}  # fmt: skip
VIEWS = tuple(_VIEWS)
_NAMED_BY_THEMSELVES = ("singleValue", "table", "bar", "gauge")  # these views show the labels as they draw


class Frame(NamedTuple):
    """The part of a canvas that is left to draw on."""

    x: float
    y: float
    width: float
    height: float


def draw(chart: Chart, canvas: Canvas) -> None:
    """Draw a chart all over a canvas."""
    frame = Frame(8, 6, canvas.width - 16, canvas.height - 12)
    if chart.title:
        canvas.text((frame.x + 4, frame.y + 15), fitting(chart.title, 15, frame.width - 8), "ink", 15, bold=True)
        frame = frame._replace(y=frame.y + 24, height=frame.height - 24)
    if chart.legend != "hidden" and chart.view not in _NAMED_BY_THEMSELVES and chart.lines:
        frame = _legend_right(chart, canvas, frame) if chart.legend == "right" else _legend_below(chart, canvas, frame)
    if not any(line.points for line in chart.lines) and chart.view != "timeSeries":
        middle = (frame.x + frame.width / 2, frame.y + frame.height / 2)
        canvas.text(middle, "No data in this time", "soft", 13, "middle")
        return
    _VIEWS[chart.view](chart, canvas, frame)


def _legend_below(chart: Chart, canvas: Canvas, frame: Frame) -> Frame:
    rows: list[list[tuple[float, int]]] = [[]]
    x = 0.0
    for place, line in enumerate(chart.lines):
        wide = min(text_width(line.label, TEXT) + 28, frame.width)
        if x and x + wide > frame.width:
            rows.append([])
            x = 0.0
        rows[-1].append((x, place))
        x += wide
    rows = rows[: max(1, min(_MOST_ROWS, int(frame.height / _ROW / 3)))]
    top = frame.y + frame.height - len(rows) * _ROW
    for number, row in enumerate(rows):
        for x, place in row:
            _entry(chart, canvas, place, frame.x + x, top + number * _ROW + 14, frame.width)
    return frame._replace(height=frame.height - len(rows) * _ROW - 4)


def _legend_right(chart: Chart, canvas: Canvas, frame: Frame) -> Frame:
    wide = min(max(text_width(line.label, TEXT) for line in chart.lines) + 24, frame.width * 0.4)
    x = frame.x + frame.width - wide
    for place in range(min(len(chart.lines), int(frame.height / _ROW))):
        _entry(chart, canvas, place, x, frame.y + place * _ROW + 14, wide)
    return frame._replace(width=frame.width - wide - 10)


def _entry(chart: Chart, canvas: Canvas, place: int, x: float, y: float, width: float) -> None:
    line = chart.lines[place]
    canvas.area(box(x, y - 9, 11, 11), line.color)
    canvas.text((x + 16, y), fitting(line.label, TEXT, width - 20), "ink", TEXT)
