"""How much a function may do at once, and how often. No store, no clock.

Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
"""

from __future__ import annotations

ACCOUNT = 1000  # concurrent executions of an account in a region
UNRESERVED_MINIMUM = 100
PER_EXECUTION = 10.0  # synchronous requests a second for each concurrent execution


def is_full(running: int, reserved: int) -> bool:
    """Is what functions without reserved concurrency share used up? `running` counts theirs, `reserved` all others'."""
    return running >= max(ACCOUNT - reserved, UNRESERVED_MINIMUM)


class Pace:
    """How many requests a second a function takes that has reserved concurrency."""

    def __init__(self) -> None:
        self.left = 0.0
        self.at = float("-inf")

    def take(self, now: float, reserved: int) -> bool:
        """Let one request through, if there have not been too many; `now` is a moment of the machine's."""
        most = reserved * PER_EXECUTION
        self.left = min(most, self.left + (now - self.at) * most)
        self.at = now
        if self.left < 1.0:
            return False
        self.left -= 1.0
        return True
