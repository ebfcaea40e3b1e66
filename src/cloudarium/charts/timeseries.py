"""Lines over time, stacked areas among them, with levels and moments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from cloudarium.charts import scales
from cloudarium.charts.canvas import Canvas, Place, box, text_width
from cloudarium.charts.chart import Axis, Chart, Level, Line, Moment, Point

if TYPE_CHECKING:
    from cloudarium.charts.drawing import Frame

_SMALL = 11.0
_FEW = 60  # points of a line that are marked one by one
_SPARSE = 20  # and when they stand apart
_SHADE = 0.14


class Plane(NamedTuple):
    """Where moments and values of one side lie on the canvas."""

    frame: Frame
    start: float
    end: float
    low: float
    high: float

    def x(self, moment: float) -> float:
        """The place of a moment, at the edge if it is outside."""
        part = (moment - self.start) / max(self.end - self.start, 1e-9)
        return self.frame.x + min(max(part, 0.0), 1.0) * self.frame.width

    def y(self, value: float) -> float:
        """The place of a value, at the edge if it is outside."""
        part = (value - self.low) / max(self.high - self.low, 1e-300)
        return self.frame.y + (1 - min(max(part, 0.0), 1.0)) * self.frame.height


def draw(chart: Chart, canvas: Canvas, frame: Frame) -> None:
    """Draw axes, annotations and lines."""
    lines = _stacked(chart.lines) if chart.stacked else chart.lines
    left = _bounds(chart.left, lines, chart.levels, right=False)
    two = any(line.right for line in lines) or any(level.right for level in chart.levels)
    right = _bounds(chart.right, lines, chart.levels, right=True) if two else left
    top = frame.y + (16 if chart.left.label or chart.right.label else 8)
    on_left, on_right = _room_for(left), _room_for(right) if two else 12.0
    inner = frame._replace(
        x=frame.x + on_left, y=top, width=max(frame.width - on_left - on_right, 10.0),
        height=max(frame.height - (top - frame.y) - 20, 10.0),
    )  # fmt: skip
    planes = (Plane(inner, chart.start, chart.end, *left), Plane(inner, chart.start, chart.end, *right))
    _grid(chart, canvas, planes, two)
    for moment in chart.moments:
        _moment(canvas, planes[0], moment)
    for level in chart.levels:
        _shade(canvas, planes[level.right], level)
    for place, line in enumerate(lines):
        _line(chart, canvas, planes[line.right], line, lines[:place] if chart.stacked else None)
    for level in chart.levels:
        _level(canvas, planes[level.right], level)
    if not any(line.points for line in lines):
        middle = (inner.x + inner.width / 2, inner.y + inner.height / 2)
        canvas.text(middle, "No data in this time", "soft", 13, "middle")


def _bounds(axis: Axis, lines: Sequence[Line], levels: Sequence[Level], *, right: bool) -> tuple[float, float]:
    values = [value for line in lines if line.right is right for _, value in (*line.points, *line.band)]
    values += [
        each for level in levels if level.right is right for each in (level.value, level.until) if each is not None
    ]
    return scales.bounds(values, axis.low, axis.high)


def _room_for(bounds: tuple[float, float]) -> float:
    return max(text_width(scales.number(value), _SMALL) for value in scales.ticks(*bounds, 4) or [0.0]) + 12


def _stacked(lines: Sequence[Line]) -> list[Line]:
    """The lines on top of each other; one without a value at a moment adds nothing there."""
    times = sorted({time for line in lines for time, _ in line.points})
    below, found = dict.fromkeys(times, 0.0), []
    for line in lines:
        own = dict(line.points)
        base = [(time, below[time]) for time in times]
        below = {time: below[time] + own.get(time, 0.0) for time in times}
        found.append(line._replace(points=[(time, below[time]) for time in times] if own else [], band=base))
    return found


def _grid(chart: Chart, canvas: Canvas, planes: tuple[Plane, Plane], two: bool) -> None:
    plane, frame = planes[0], planes[0].frame
    rows = max(3, int(frame.height / 45))
    for value in scales.ticks(plane.low, plane.high, rows):
        y = plane.y(value)
        canvas.stroke([(frame.x, y), (frame.x + frame.width, y)], "line")
        canvas.text((frame.x - 6, y + 4), scales.number(value), "soft", _SMALL, "end")
    for value in scales.ticks(planes[1].low, planes[1].high, rows) if two else ():
        place = (frame.x + frame.width + 6, planes[1].y(value) + 4)
        canvas.text(place, scales.number(value), "soft", _SMALL)
    for moment, name in scales.time_ticks(chart.start, chart.end, max(2, int(frame.width / 90)), chart.zone):
        x = plane.x(moment)
        canvas.stroke([(x, frame.y + frame.height), (x, frame.y + frame.height + 4)], "line")
        half = text_width(name, _SMALL) / 2
        x = min(max(x, frame.x + half - 8), frame.x + frame.width - half + 8)
        canvas.text((x, frame.y + frame.height + 16), name, "soft", _SMALL, "middle")
    if chart.left.label:
        canvas.text((frame.x, frame.y - 6), chart.left.label, "soft", _SMALL)
    if two and chart.right.label:
        canvas.text((frame.x + frame.width, frame.y - 6), chart.right.label, "soft", _SMALL, "end")


# ---- Annotations -----------------------------------------------------------------------------------------------------


def _shade(canvas: Canvas, plane: Plane, level: Level) -> None:
    frame, y = plane.frame, plane.y(level.value)
    if level.until is not None:
        other = plane.y(level.until)
        canvas.area(box(frame.x, min(y, other), frame.width, abs(y - other)), level.color, _SHADE)
    elif level.fill == "above":
        canvas.area(box(frame.x, frame.y, frame.width, y - frame.y), level.color, _SHADE)
    elif level.fill == "below":
        canvas.area(box(frame.x, y, frame.width, frame.y + frame.height - y), level.color, _SHADE)


def _level(canvas: Canvas, plane: Plane, level: Level) -> None:
    frame, y = plane.frame, plane.y(level.value)
    for each in (level.value, level.until):
        if each is not None:
            ends = [(frame.x, plane.y(each)), (frame.x + frame.width, plane.y(each))]
            canvas.stroke(ends, level.color, 1.2, dashed=True)
    if level.label:
        up = y - 4 if y - 14 > frame.y else y + 13
        canvas.text((frame.x + frame.width - 4, up), level.label, level.color, _SMALL, "end")


def _moment(canvas: Canvas, plane: Plane, moment: Moment) -> None:

    frame, x = plane.frame, plane.x(moment.time)
    inside = plane.start <= moment.time <= plane.end
    sides = {"before": (frame.x, x), "after": (x, frame.x + frame.width)}
    shade = (x, plane.x(moment.until)) if moment.until is not None else sides.get(moment.fill)
    if shade is not None and shade[1] > shade[0]:
        canvas.area(box(shade[0], frame.y, shade[1] - shade[0], frame.height), moment.color, _SHADE)
    if inside:
        canvas.stroke([(x, frame.y), (x, frame.y + frame.height)], moment.color, 1.2, dashed=True)
        if moment.label:
            left = x + 4 + text_width(moment.label, _SMALL) > frame.x + frame.width
            canvas.text((x - 4 if left else x + 4, frame.y + 11), moment.label, moment.color, _SMALL,
                        "end" if left else "start")  # fmt: skip


# ---- Lines -----------------------------------------------------------------------------------------------------------


def _line(chart: Chart, canvas: Canvas, plane: Plane, line: Line, below: Sequence[Line] | None) -> None:
    def place(point: Point) -> Place:
        return plane.x(point[0]), plane.y(point[1])

    if line.band and line.points:
        for upper, lower in _areas(chart, line):
            corners = [place(each) for each in upper] + [place(each) for each in reversed(lower)]
            canvas.area(corners, line.color, 0.55 if below is not None else 0.22)
    for part in _unbroken(line.points):
        if len(part) > 1 and (below is not None or not line.band):
            canvas.stroke([place(each) for each in part], line.color, 2.0)
    if len(line.points) <= _FEW and (below is not None or not line.band):
        tell = _said(chart, line, below)
        for each in line.points:
            canvas.dot(place(each), 2.6 if len(line.points) < _SPARSE else 1.6, line.color, tell(each))


def _areas(chart: Chart, line: Line) -> list[tuple[list[Point], list[Point]]]:
    """The upper and the lower side of each stretch of an area; a moment of its own is as wide as can be seen."""
    base, found = dict(line.band), []
    half = (chart.end - chart.start) / 80
    for part in _unbroken(line.points):
        if len(part) == 1:
            [(time, value)] = part
            part = [(round(time - half), value), (round(time + half), value)]
            lower = [(each[0], base.get(time, 0.0)) for each in part]
        else:
            lower = [(each[0], base[each[0]]) for each in part if each[0] in base]
        found.append((part, lower))
    return found


def _said(chart: Chart, line: Line, below: Sequence[Line] | None) -> Callable[[Point], str]:
    base = dict(line.band) if below is not None else {}

    def said(point: Point) -> str:
        value = point[1] - base.get(point[0], 0.0)
        return f"{line.label}: {scales.number(value, exact=True)} at {scales.stamp(point[0], chart.zone)}"

    return said


def _unbroken(points: Sequence[Point]) -> list[list[Point]]:
    """The stretches without a gap: where points are farther apart than twice their usual distance, the line breaks."""
    if len(points) < 3:
        return [list(points)]
    usual = min(after[0] - before[0] for before, after in zip(points, points[1:], strict=False))
    found = [[points[0]]]
    for before, after in zip(points, points[1:], strict=False):
        if after[0] - before[0] > 2 * usual:
            found.append([])
        found[-1].append(after)
    return found
