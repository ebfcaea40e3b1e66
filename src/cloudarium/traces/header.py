"""The header X-Amzn-Trace-Id: which trace a request belongs to, what it was made by, and whether it is sampled."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

NAME = "x-amzn-trace-id"
_ROOT = re.compile(r"(?:^|;)\s*Root=(1-[0-9a-fA-F]{8}-[0-9a-fA-F]{24})(?=\s*(?:;|$))", re.ASCII)
_PARENT = re.compile(r"(?:^|;)\s*Parent=([0-9a-fA-F]{16})(?=\s*(?:;|$))", re.ASCII)
_SAMPLED = re.compile(r"(?:^|;)\s*Sampled=([01?])(?=\s*(?:;|$))", re.ASCII)
_CAUSE = re.compile(r";Cause=([0-9a-f]{16})(?=;|$)", re.ASCII)
_LONGEST = 1024


class TraceHeader(NamedTuple):
    """What a header says: `sampled` is "1", "0", "?" (whoever is asked shall say it) or empty."""

    root: str
    parent: str = ""
    sampled: str = ""

    def __str__(self) -> str:
        parts = [f"Root={self.root}"]
        if self.parent:
            parts.append(f"Parent={self.parent}")
        if self.sampled:
            parts.append(f"Sampled={self.sampled}")
        return ";".join(parts)


@lru_cache(maxsize=1024)
def parse(text: str) -> TraceHeader | None:
    """What a header says, None when it names no trace."""
    root = _ROOT.search(text[:_LONGEST])
    if root is None:
        return None
    parent, sampled = _PARENT.search(text[:_LONGEST]), _SAMPLED.search(text[:_LONGEST])
    return TraceHeader(root[1].lower(), parent[1].lower() if parent else "", sampled[1] if sampled else "")


def cause_of(text: str) -> str:
    """The id of the call that led to what came later, in a header that `onward` made; empty when it says none."""
    found = _CAUSE.search(text[:_LONGEST])
    return found[1] if found is not None else ""


def onward(text: str, request_id: str) -> str:
    """The header for what a call leaves to be done later: the cloud's own note says that it was this call's doing."""
    return f"{without_note(text)};Cause={segment_of(request_id)}"


def without_note(text: str) -> str:
    """A header as others may see it: without the cloud's own note of `onward`."""
    return _CAUSE.sub("", text)


def passed_on(text: str | None) -> str | None:
    """A client's header as services pass it on with messages; None for what is none, or too long for one."""
    return text if text and len(text) <= 256 and text.isascii() and text.isprintable() else None


def root_of(now: float, request_id: str) -> str:
    """The id of the trace that begins with a request: the journal finds the one by the other."""
    return f"1-{int(now):08x}-{request_id.replace('-', '')[:24]}"


def segment_of(request_id: str) -> str:
    """The id that a call has where a segment's is asked for."""
    return request_id.replace("-", "")[:16]
