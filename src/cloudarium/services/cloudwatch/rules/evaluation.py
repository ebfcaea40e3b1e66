"""What state an alarm is in, from the values of its periods.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import NamedTuple

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"
FURTHER_BACK = 2  # periods before the evaluated ones that are looked at when some of those are missing


class Slot(NamedTuple):
    """One period: its begin, its value (None: missing), of how many samples, and the band it should be in."""

    time: int
    value: float | None
    size: float | None = None
    low: float = 0.0
    high: float = 0.0


class Verdict(NamedTuple):
    """The state (None: it stays what it is), the values it rests on, newest first, and how many gaps were filled.

    `crossing` are those of the values that decided: breaching for ALARM, not breaching for OK.
    """

    state: str | None
    evaluated: list[Slot]
    crossing: list[Slot]
    filled: int


COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
BANDS: dict[str, Callable[[float, float, float], bool]] = {
    "LessThanLowerOrGreaterThanUpperThreshold": lambda value, low, high: value < low or value > high,
    "LessThanLowerThreshold": lambda value, low, high: value < low,
    "GreaterThanUpperThreshold": lambda value, low, high: value > high,
}


def verdict(
    slots: Sequence[Slot], periods: int, to_alarm: int, treat: str, breaches: Callable[[Slot], bool]
) -> Verdict:
    """The verdict on the periods of an evaluation range, oldest first: `periods` count, `to_alarm` of them alarm."""
    real = [slot for slot in reversed(slots) if slot.value is not None]
    evaluated = real[:periods]
    bad = [slot for slot in evaluated if breaches(slot)]
    good = [slot for slot in evaluated if slot not in bad]
    missing = periods - len(evaluated)
    if missing <= 0 or treat == "notBreaching":
        state: str | None = ALARM if len(bad) >= to_alarm else OK
    elif treat == "breaching":
        state = ALARM if len(bad) + missing >= to_alarm else OK
    else:
        state = _with_gaps(slots, evaluated, bad, to_alarm, treat)
    filled = missing if missing > 0 and treat in ("breaching", "notBreaching") else 0
    return Verdict(state, evaluated, bad if state == ALARM else good, filled)


def _with_gaps(slots: Sequence[Slot], evaluated: list[Slot], bad: list[Slot], to_alarm: int, treat: str) -> str | None:
    """The state when too few values are there, and the missing ones are neither good nor bad."""
    if len(bad) >= to_alarm:
        return ALARM
    if not evaluated:
        return INSUFFICIENT_DATA if treat == "missing" else None
    if len(bad) < len(evaluated):
        return OK
    # All there is breaches. It alarms as soon as the oldest is as old as the datapoints that alarm, so that one late
    # value is not taken for a row of them.
    if treat == "ignore":
        return None
    age = next(place for place, slot in enumerate(reversed(slots), 1) if slot == bad[-1])
    return ALARM if age >= to_alarm else None


def too_few(percentile: float, count: float) -> bool:
    """Whether a percentile of so few samples says little: "evaluate low samples" of the API reference."""
    share = percentile / 100
    if share >= 0.5:
        return share < 1 and count < 10 / (1 - share)
    return share > 0 and count < 10 / share
