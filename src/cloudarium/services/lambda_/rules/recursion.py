"""The lineage in a trace header: how often each function has run in a chain of invocations. No store, no clock.

It is written as AWS writes it, `Lineage=1:36680206:0`: eight hexadecimal digits for the function, and how often it had
run before. SDKs pass the header on. Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from urllib.parse import unquote

LIMIT = 16  # invocations in a chain; the next one is part of a loop
_FUNCTIONS = 32  # that a lineage remembers, those that ran last
_LONGEST = 4096


def counts(trace: str) -> dict[str, int]:
    """How often each function of a header's lineage had run before, by its mark. What is no lineage is none."""
    found: dict[str, int] = {}
    for part in unquote(trace[:_LONGEST]).split(";"):  # botocore quotes what stands between two functions
        name, _, value = part.strip().partition("=")
        if name != "Lineage":
            continue
        for entry in value.split("|"):
            pieces = entry.split(":")
            if len(pieces) > 1 and pieces[-1].isascii() and pieces[-1].isdecimal() and len(pieces[-1]) < 6:
                found[pieces[-2]] = max(int(pieces[-1]), found.get(pieces[-2], 0))
    return found


def entered(trace: str, arn: str) -> tuple[str, int]:
    """The header that the function `arn` gets for a call that came with `trace`, and how often it has run before."""
    lineage = counts(trace)
    mark = hashlib.sha256(arn.encode()).hexdigest()[:8]
    before = lineage.pop(mark, -1) + 1
    lineage[mark] = before
    return _written(trace, lineage), before


def joined(trace: str, others: Iterable[str]) -> str:
    """A header with the lineage of others added to it: those of a batch's messages."""
    lineage = counts(trace)
    for other in others:
        for mark, count in counts(other).items():
            lineage[mark] = max(count, lineage.get(mark, 0))
    return _written(trace, lineage)


def without(trace: str) -> str:
    """A header without lineage, where a service does not pass it on."""
    return _written(trace, {})


def _written(trace: str, lineage: dict[str, int]) -> str:
    parts = [part for part in unquote(trace[:_LONGEST]).split(";") if part and not part.strip().startswith("Lineage=")]
    if lineage:
        entries = [f"1:{mark}:{count}" for mark, count in list(lineage.items())[-_FUNCTIONS:]]
        parts.append("Lineage=" + "|".join(entries))
    return ";".join(parts)
