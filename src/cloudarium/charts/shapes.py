"""Views without a time axis: numbers, a gauge, bars, a pie, a table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cloudarium.charts import scales
from cloudarium.charts.canvas import Canvas, Place, box, fitting, text_width
from cloudarium.charts.chart import Chart, Line

if TYPE_CHECKING:
    from cloudarium.charts.drawing import Frame

_STEP = math.pi / 60  # of arcs, which are drawn as polygons
COLUMNS = ("Latest", "Minimum", "Maximum", "Average", "Sum")


def numbers(chart: Chart, canvas: Canvas, frame: Frame) -> None:
    """The newest value of each line, large, with the line of all of them behind it."""
    count = max(len(chart.lines), 1)
    columns = max(1, min(count, round(math.sqrt(count * frame.width / max(frame.height, 1) / 1.6)) or 1))
    rows = math.ceil(count / columns)
    wide, tall = frame.width / columns, frame.height / rows
    for place, (line, value) in enumerate(chart.latest()):
        cell = frame._replace(
            x=frame.x + place % columns * wide, y=frame.y + place // columns * tall, width=wide, height=tall
        )
        text = "--" if value is None else scales.number(value, chart.exact)
        size = max(14.0, min(cell.height * 0.4, 44.0, cell.width * 1.25 / max(len(text), 3)))
        base = cell.y + cell.height / 2 + size * 0.2
        if chart.sparkline and len(line.points) > 1 and cell.height > 60:
            _spark(canvas, line, cell)
            base -= cell.height * 0.16
        middle = cell.x + cell.width / 2
        canvas.text((middle, base), text, "ink", size, "middle", bold=True)
        canvas.text((middle, base + 18), fitting(line.label, 12, cell.width - 8), "soft", 12, "middle")


def _spark(canvas: Canvas, line: Line, cell: Frame) -> None:
    times, values = [time for time, _ in line.points], [value for _, value in line.points]
    low, high = min(values), max(values)
    base, tall = cell.y + cell.height - 4, cell.height * 0.22
    places: list[Place] = [
        (
            cell.x + 6 + (time - times[0]) / max(times[-1] - times[0], 1) * (cell.width - 12),
            base - (value - low) / ((high - low) or 1) * tall,
        )
        for time, value in line.points
    ]
    canvas.area([(places[0][0], base), *places, (places[-1][0], base)], line.color, 0.12)
    canvas.stroke(places, line.color, 1.4)


def gauge(chart: Chart, canvas: Canvas, frame: Frame) -> None:
    """The newest value of the first line on a half circle between the axis' bounds, whose levels colour its parts."""
    line, value = chart.latest()[0]
    low = chart.left.low if chart.left.low is not None else 0.0
    high = chart.left.high if chart.left.high is not None else 100.0
    radius = max(min(frame.width / 2 - 40, frame.height - 46), 20.0)
    center = (frame.x + frame.width / 2, frame.y + (frame.height + radius) / 2 - 8)

    def angle(at: float) -> float:
        return math.pi * (1 + min(max((at - low) / ((high - low) or 1), 0.0), 1.0))

    _ring(canvas, center, radius, radius * 0.72, math.pi, 2 * math.pi, "line")
    color = line.color
    for level in chart.levels:
        ends = {"above": (level.value, high), "below": (low, level.value)}.get(level.fill)
        first, last = (level.value, level.until) if level.until is not None else ends or (level.value, level.value)
        if last > first:
            _ring(canvas, center, radius * 1.06, radius * 1.01, angle(first), angle(last), level.color)
        if value is not None and min(first, last) <= value <= max(first, last) and first != last:
            color = level.color
    if value is not None:
        _ring(canvas, center, radius, radius * 0.72, math.pi, angle(value), color)
    text = "--" if value is None else scales.number(value, chart.exact)
    canvas.text((center[0], center[1] - radius * 0.1), text, "ink", max(16.0, radius * 0.3), "middle", bold=True)
    canvas.text((center[0], center[1] + 16), fitting(line.label, 12, frame.width - 16), "soft", 12, "middle")
    canvas.text((center[0] - radius * 0.86, center[1] + 16), scales.number(low), "soft", 11, "middle")
    canvas.text((center[0] + radius * 0.86, center[1] + 16), scales.number(high), "soft", 11, "middle")


def _ring(
    canvas: Canvas, center: Place, outer: float, inner: float, start: float, end: float, fill: str, title: str = ""
) -> None:
    steps = max(2, math.ceil((end - start) / _STEP))
    turns = [start + (end - start) * step / steps for step in range(steps + 1)]
    edge = [(center[0] + outer * math.cos(turn), center[1] + outer * math.sin(turn)) for turn in turns]
    back = [(center[0] + inner * math.cos(turn), center[1] + inner * math.sin(turn)) for turn in reversed(turns)]
    canvas.area([*edge, *back], fill, title=title)


def bars(chart: Chart, canvas: Canvas, frame: Frame) -> None:
    """The newest value of each line as a bar from left to right."""
    found = chart.latest()
    low, high = scales.bounds([value for _, value in found if value is not None], chart.left.low, chart.left.high)
    room = min(max(text_width(line.label, 12) for line, _ in found) + 10, frame.width * 0.4)
    wide = max(frame.width - room - 56, 10.0)
    tall = min(frame.height / max(len(found), 1), 44.0)
    zero = frame.x + room + (min(max(0.0, low), high) - low) / (high - low) * wide
    for place, (line, value) in enumerate(found):
        y = frame.y + place * tall
        label = fitting(line.label, 12, room - 8)
        canvas.text((frame.x + room - 8, y + tall / 2 + 4), label, "ink", 12, "end")
        if value is None:
            canvas.text((zero + 6, y + tall / 2 + 4), "--", "soft", 12)
            continue
        end = frame.x + room + (min(max(value, low), high) - low) / (high - low) * wide
        said = f"{line.label}: {scales.number(value, exact=True)}"
        canvas.area(box(min(zero, end), y + tall * 0.15, abs(end - zero), tall * 0.7), line.color, title=said)
        canvas.text((max(zero, end) + 6, y + tall / 2 + 4), scales.number(value, chart.exact), "soft", 12)


def pie(chart: Chart, canvas: Canvas, frame: Frame) -> None:
    """Each line's share in the sum of their newest values."""
    found = [(line, value) for line, value in chart.latest() if value is not None and value > 0]
    total = math.fsum(value for _, value in found)
    radius = max(min(frame.width, frame.height) / 2 - 8, 10.0)
    center = (frame.x + frame.width / 2, frame.y + frame.height / 2)
    turn = -math.pi / 2
    for line, value in found:
        part = value / total
        said = f"{line.label}: {scales.number(value, exact=True)} ({part:.1%})"
        _ring(canvas, center, radius, radius * 0.55, turn, turn + part * 2 * math.pi, line.color, said)
        if part > 0.06 and radius > 50:
            middle, far = turn + part * math.pi, radius * 0.775
            place = (center[0] + far * math.cos(middle), center[1] + far * math.sin(middle) + 4)
            canvas.text(place, f"{part:.0%}", "card", 12, "middle", bold=True)
        turn += part * 2 * math.pi
    size = min(18.0, radius * 0.3)
    canvas.text((center[0], center[1] + size / 3), scales.number(total, chart.exact), "ink", size, "middle", bold=True)


def summary(line: Line) -> list[float | None]:
    """What a table shows of a line, in the order of COLUMNS."""
    values = [value for _, value in line.points]
    if not values:
        return [None] * len(COLUMNS)
    total = math.fsum(values)
    return [values[-1], min(values), max(values), total / len(values), total]


def table(chart: Chart, canvas: Canvas, frame: Frame) -> None:
    """Each line as a row of numbers."""
    room = frame.width * 0.34
    wide = (frame.width - room) / len(COLUMNS)
    for place, name in enumerate(COLUMNS):
        canvas.text((frame.x + room + (place + 1) * wide - 4, frame.y + 14), name, "soft", 12, "end")
    for number, line in enumerate(chart.lines):
        y = frame.y + 22 + number * 20
        if y + 20 > frame.y + frame.height:
            break
        canvas.stroke([(frame.x, y), (frame.x + frame.width, y)], "line")
        canvas.area(box(frame.x + 2, y + 6, 9, 9), line.color)
        canvas.text((frame.x + 16, y + 14), fitting(line.label, 12, room - 20), "ink", 12)
        for place, value in enumerate(summary(line)):
            text = "--" if value is None else scales.number(value, chart.exact)
            canvas.text((frame.x + room + (place + 1) * wide - 4, y + 14), text, "ink", 12, "end")
