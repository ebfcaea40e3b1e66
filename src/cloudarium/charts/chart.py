"""What is to be drawn: lines with their values, levels, moments, and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

PALETTE = tuple(f"s{number}" for number in range(8))  # colours by name: each canvas has its own for light and dark
Point = tuple[int, float]


class Line(NamedTuple):
    """One series: its points by time, oldest first; `band` is the lower side of an area whose upper side they are."""

    label: str
    color: str
    points: Sequence[Point]
    right: bool = False
    band: Sequence[Point] = ()


class Level(NamedTuple):
    """A horizontal annotation: a line at `value`, or a band up to `until`; `fill` colours above or below it."""

    value: float
    label: str = ""
    color: str = "s1"
    fill: str = ""
    until: float | None = None
    right: bool = False


class Moment(NamedTuple):
    """A vertical annotation: a line at `time`, or a band up to `until`; `fill` colours before or after it."""

    time: float
    label: str = ""
    color: str = "s1"
    fill: str = ""
    until: float | None = None


class Axis(NamedTuple):
    """One side's scale: bounds where they are given, and what stands beside it."""

    low: float | None = None
    high: float | None = None
    label: str = ""


@dataclass
class Chart:
    """A chart: `view` is one of AWS's words (timeSeries, singleValue, gauge, bar, pie, table)."""

    view: str
    lines: list[Line]
    start: float
    end: float
    title: str = ""
    stacked: bool = False
    left: Axis = Axis()
    right: Axis = Axis()
    levels: list[Level] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)
    legend: str = "bottom"
    sparkline: bool = True
    exact: bool = False  # whole numbers in full instead of 1.2M
    zone: int = 0  # seconds by which the shown times are ahead of UTC

    def latest(self) -> list[tuple[Line, float | None]]:
        """Each line with its newest value, None where it has none."""
        return [(line, line.points[-1][1] if line.points else None) for line in self.lines]
