"""The values of metric math: scalars, strings, time series and lists of them."""

from __future__ import annotations

from dataclasses import dataclass, field


class MathError(ValueError):
    """An expression that cannot be read or computed, with a sentence why."""


@dataclass
class Series:
    """One time series: a value for each time (epoch seconds) that has one, `period` seconds apart."""

    points: dict[int, float]
    period: int
    label: str = ""
    facts: dict[str, str] = field(default_factory=dict)  # for dynamic labels: MetricName, Stat, PROP('…')

    def with_points(self, points: dict[int, float]) -> Series:
        """The same series with other values."""
        return Series(points, self.period, self.label, self.facts)


Value = float | str | Series | list[Series]
