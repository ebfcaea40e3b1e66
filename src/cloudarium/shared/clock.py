"""The one clock. Every time in the cloud comes from `Clock.now()`, and the clock can be moved and frozen."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime

_STEP = re.compile(r"([+-]?)((?:\d{1,12}(?:\.\d{1,9})?[smhdw])+)", re.ASCII)
_PART = re.compile(r"([\d.]+)([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


class Clock:
    """Seconds since 1970 as the cloud sees them: the machine's time plus an offset, or one frozen moment.

    `on_change` is called after each move, so that what became due is found at once.
    """

    def __init__(self, offset: float = 0.0, frozen_at: float | None = None) -> None:
        self.offset = offset
        self.frozen_at = frozen_at
        self.on_change: Callable[[], None] = lambda: None
        self._settings = [(0.0, offset, frozen_at)]  # what held from which machine time on, oldest first

    def now(self) -> float:
        """The present moment in epoch seconds."""
        if self.frozen_at is not None:
            return self.frozen_at
        return time.time() + self.offset

    def machine_now(self) -> float:
        """The machine's own time, in which clients outside of the cloud sign."""
        return time.time()

    def at(self, machine_moment: float) -> float:
        """What this clock showed when the machine's showed `machine_moment`.

        A client signs with the machine's time; how old its signature is for the cloud depends on the moves since.
        """
        for since, offset, frozen_at in reversed(self._settings):
            if machine_moment >= since:
                return frozen_at if frozen_at is not None else machine_moment + offset
        return machine_moment + self._settings[0][1]

    def move_to(self, moment: float) -> None:
        """Set the clock to `moment` (epoch seconds); it runs on from there, or stays when frozen."""
        self._set(moment - time.time(), moment if self.frozen_at is not None else None)

    def advance(self, seconds: float) -> None:
        """Move the clock on by `seconds` (negative moves it back)."""
        self.move_to(self.now() + seconds)

    def pass_to(self, moment: float) -> None:
        """Take a frozen clock on to `moment`, as one step of a longer move: in `at`, all its steps are one setting."""
        self.offset, self.frozen_at = moment - time.time(), moment
        self._settings[-1] = (self._settings[-1][0], self.offset, moment)
        self.on_change()

    def freeze(self) -> None:
        """Stop the clock at the present moment."""
        self._set(self.offset, self.now())

    def run(self) -> None:
        """Let a frozen clock go on from where it stands."""
        self._set(self.now() - time.time(), None)

    def reset(self) -> None:
        """Go back to the machine's own time."""
        self._set(0.0, None)

    def seconds_until(self, moment: float) -> float | None:
        """How long a timer has to sleep until `moment`; None while the clock is frozen before it."""
        remaining = moment - self.now()
        if remaining > 0 and self.frozen_at is not None:
            return None
        return max(0.0, remaining)

    def _set(self, offset: float, frozen_at: float | None) -> None:
        self.offset, self.frozen_at = offset, frozen_at
        self._settings = [*self._settings[-99:], (time.time(), offset, frozen_at)]
        self.on_change()


def iso(moment: float) -> str:
    """`moment` as ISO 8601 in UTC with whole seconds, such as 2026-11-23T01:02:03Z."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_millis(moment: float) -> str:
    """`moment` as ISO 8601 in UTC with milliseconds, such as 2026-11-23T01:02:03.004Z."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def seconds_of(text: str) -> float:
    """The seconds of a step such as +30d, 1h30m, +2w or -5m. Raises ValueError with a sentence."""
    found = _STEP.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:100]!r} is not a step such as +30d, +1h30m, +2w, +1.5h or -5m (units: s, m, h, d, w)")
    total = sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(found[2]))
    return -total if found[1] == "-" else total


def moment_of(text: str) -> float:
    """The epoch seconds of a time such as 2027-01-01T00:00, in UTC unless it says otherwise. Raises ValueError."""
    try:
        named = datetime.fromisoformat(text)
        return (named if named.tzinfo else named.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise ValueError(
            f"{text[:100]!r} is not a time such as 2027-01-01, 2027-01-01T00:00, 2027-01-01T00:00:30Z"
            " or 2027-01-01T00:00+01:00"
        ) from None
