"""Anomaly detection bands: between which values a metric is normal, by a method that can be worked out by hand.

A model is trained on the two weeks before the time that is asked about. With three days of data or more it expects at
each hour of the day the mean of what was then, with less the mean of all; on both sides of that lie as many standard
deviations of what was not as expected as the band is wide. AWS tells no more of its own models than what they take
into account. Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Anomaly_Detection.html
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

REACH = 14 * 86_400  # seconds of data that a model is trained on
_SEASONAL = 3 * 86_400  # seconds of data from which on hours of the day are told apart
FEWEST = 3  # values without which there is no model
Points = Mapping[int, float]


class Model(NamedTuple):
    """What is expected, by the hour of the day (None: at any), and by how much it is missed."""

    expected: Mapping[int | None, float]
    deviation: float
    zone: tzinfo

    def sides(self, time: int, width: float) -> tuple[float, float]:
        """The lower and the upper side of a band at a moment."""
        hour = datetime.fromtimestamp(time, self.zone).hour
        middle = self.expected.get(hour, self.expected[None])
        return middle - width * self.deviation, middle + width * self.deviation


def trained(points: Points, zone: tzinfo = UTC, excluded: Sequence[tuple[float, float]] = ()) -> Model | None:
    """The model of a metric's values, None when they are too few; those of excluded times do not count."""
    known = {time: value for time, value in points.items() if not any(start <= time < end for start, end in excluded)}
    if len(known) < FEWEST:
        return None

    def hour_of(time: int) -> int | None:
        return datetime.fromtimestamp(time, zone).hour

    every: Callable[[int], int | None] = hour_of if max(known) - min(known) >= _SEASONAL else lambda time: None
    groups: dict[int | None, list[float]] = {}
    for time, value in known.items():
        groups.setdefault(every(time), []).append(value)
    expected: dict[int | None, float] = {None: _mean(known.values())}
    expected.update({hour: _mean(values) for hour, values in groups.items()})
    missed = [value - expected[every(time)] for time, value in known.items()]
    return Model(expected, statistics.pstdev(missed), zone)


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return math.fsum(found) / len(found)
