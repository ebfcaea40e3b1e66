"""The capstone's checklist: eight lines, each with its evidence, or with what broke and what to do next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cloudarium.cli.capstone.stack import Stack
from cloudarium.cli.capstone.visit import Visit


class Broken(NamedTuple):
    """What does not hold, and what to do next."""

    what: str
    next: str


@dataclass
class Found:
    """What was found for one line: a sentence that sums it up, the evidence, and what is broken."""

    sum: str = ""
    evidence: list[str] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)

    def saw(self, evidence: str) -> None:
        """Keep a piece of evidence."""
        self.evidence.append(evidence)

    def breaks(self, what: str, next: str) -> None:
        """The line does not hold."""
        self.broken.append(Broken(what, next))


Coming = Callable[[], Visit]  # waits for the visit, which is made while lines are judged that need none
Check = Callable[[Stack, Coming, Found], None]


class Line(NamedTuple):
    """A line of the checklist in the roadmap's words, and what looks whether it holds."""

    words: str
    check: Check


class Judged(NamedTuple):
    """A line that was looked at."""

    number: int
    words: str
    found: Found

    @property
    def holds(self) -> bool:
        """Whether the line can be ticked."""
        return not self.found.broken

    def as_json(self) -> dict[str, Any]:
        """The line for programs."""
        return {
            "number": self.number,
            "line": self.words,
            "holds": self.holds,
            "sum": self.found.sum,
            "evidence": self.found.evidence,
            "broken": [each._asdict() for each in self.found.broken],
        }


def lines() -> tuple[Line, ...]:
    """The roadmap's checklist, in its order."""
    from cloudarium.cli.capstone.lines import alarms, as_code, caching, cleaning, endpoints, flow, secrets, tracing

    return (
        Line("All infrastructure defined as code with SAM", as_code.check),
        Line("All secrets in Secrets Manager — nothing hardcoded", secrets.check),
        Line("All endpoints protected by Cognito", endpoints.check),
        Line("CloudWatch alarms set for errors and high latency", alarms.check),
        Line("X-Ray tracing enabled across all services", tracing.check),
        Line("At least one async flow (e.g. welcome email on sign-up via SES)", flow.check),
        Line("Redis caching on at least one high-read endpoint", caching.check),
        Line("Clean up all resources after testing (avoid surprise bills)", cleaning.check),
    )


def judge(stack: Stack, coming: Coming) -> Iterator[Judged]:
    """Look at one line after the other. What cannot be asked does not hold."""
    for number, line in enumerate(lines(), 1):
        found = Found()
        try:
            line.check(stack, coming, found)
        except Exception as error:  # whatever is broken, the other lines are looked at, too
            said = f"{type(error).__name__}: {error}"
            found.breaks(f"it could not be looked at: {said}", "cloudarium status · cloudarium why --last")
        yield Judged(number, line.words, found)
