"""Segment documents for tests."""

from __future__ import annotations

import json
import random
import time
from typing import Any


def id_of(length: int = 16) -> str:
    """A random id in hexadecimal digits."""
    return f"{random.SystemRandom().getrandbits(4 * length):0{length}x}"


def trace_id(now: float | None = None) -> str:
    """A new trace's id."""
    return f"1-{int(now or time.time()):08x}-{id_of(24)}"


def segment(trace: str, name: str = "api", took: float = 1.0, **more: Any) -> dict[str, Any]:
    """A segment that began when its trace did."""
    start = float(int(trace[2:10], 16))
    return {"name": name, "id": id_of(), "trace_id": trace, "start_time": start, "end_time": start + took, **more}


def put(xray: Any, *documents: dict[str, Any]) -> list[dict[str, Any]]:
    """Send documents; what was not taken."""
    texts = [json.dumps(each) for each in documents]
    return xray.put_trace_segments(TraceSegmentDocuments=texts)["UnprocessedTraceSegments"]


def documents(xray: Any, trace: str) -> list[dict[str, Any]]:
    """The documents of a trace as they are read."""
    [found] = xray.batch_get_traces(TraceIds=[trace])["Traces"]
    return [json.loads(each["Document"]) for each in found["Segments"]]
