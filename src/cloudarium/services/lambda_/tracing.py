"""How functions are traced: what a run tells the function of its trace, and what X-Ray and the journal learn of it.

Of every run the journal gets a record. X-Ray gets segments of those of actively traced functions that are sampled, put
in the name of the function's role, as on AWS: who says so upstream decides, else one a second and one in twenty beyond
that. Source: https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import apsw
import orjson

from cloudarium.runtime import FunctionSpec, InvocationResult
from cloudarium.shared import ids
from cloudarium.shared.scope import Scope
from cloudarium.streams import records as streams
from cloudarium.traces import header, runs
from cloudarium.traces.header import TraceHeader
from cloudarium.traces.runs import Run

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud
    from cloudarium.services.lambda_.running import Event
    from cloudarium.store import Store

log = logging.getLogger("cloudarium")

DELIVERY = "TraceSegments"
_RESERVOIRS = "lambda trace reservoirs"
_MOST_RESERVOIRS = 5000
_RATE = 0.05
_LONGEST_MESSAGE = 1000
_SENT = "lambda sent segments"
_PAUSE = 0.05  # seconds that a document waits for company
_TOGETHER = 50  # documents at once, as the daemon sends them
_PASSED = "lambda passed traces"
_MOST_PASSED = 2000
_PARENT = re.compile(r'"parent_id"\s*:\s*"([0-9a-f]{16})"')
_MOST_LINKS = 100
_CLOSE = 0.5  # seconds between clocks that are taken for one


class Began(NamedTuple):
    """A run that has begun: where in which trace, and the header that the function gets."""

    root: str
    parent: str
    sampled: bool
    service: str
    function: str
    invocation: str
    started: float
    stopwatch: float
    lineage: str

    @property
    def header(self) -> str:
        """The function's _X_AMZN_TRACE_ID."""
        return f"{TraceHeader(self.root, self.invocation, '1' if self.sampled else '0')}{self.lineage}"


def begin(cloud: Cloud, spec: FunctionSpec, event: Event, trace: str) -> Began:
    """Begin the trace of a run, or go on with the one that its event came in: `trace`, with the function's lineage."""
    now = cloud.clock.now()
    came = header.parse(trace) or TraceHeader(header.root_of(now, event.request_id))
    sampled = came.sampled == "1"
    if spec.tracing == "Active" and came.sampled not in ("0", "1"):
        sampled = _sampled(cloud, spec, now)
    own = ids.hex(48)
    _, found, functions = trace.rpartition(";Lineage=")
    lineage = found + functions if found else ""
    if sampled and came.parent and spec.tracing != "Active":
        passed: dict[str, str] = cloud.keep.setdefault(_PASSED, {})
        if len(passed) >= _MOST_PASSED:
            passed.clear()
        passed[own[32:]] = came.parent
    return Began(came.root, came.parent, sampled, own[:16], own[16:32], own[32:], now, cloud.stopwatch(), lineage)


def _sampled(cloud: Cloud, spec: FunctionSpec, now: float) -> bool:
    """Whether a run is sampled: the function's first one of a second is, and one in twenty of the others."""
    known: dict[str, int] = cloud.keep.setdefault(_RESERVOIRS, {})
    if known.get(spec.function) != int(now):
        if len(known) >= _MOST_RESERVOIRS:
            known.clear()
        known[spec.function] = int(now)
        return True
    return ids.fraction() < _RATE


def end(cloud: Cloud, spec: FunctionSpec, event: Event, began: Began, result: InvocationResult | None) -> None:
    """Tell the journal of a run that has ended, and leave its segments for X-Ray. None: there was no room for it."""
    run = _run(cloud, spec, event, began, result)
    cloud.journal.ran(run)
    if not (run.traced and run.sampled):
        return
    _leave(cloud, spec, [orjson.dumps(one).decode() for one in runs.documents(run)])


class _Sent:
    """What programs of one function have sent to the daemon, until it is left for X-Ray together."""

    def __init__(self, cloud: Cloud, spec: FunctionSpec) -> None:
        self._cloud, self._spec = cloud, spec
        self._texts: list[str] = []
        self._timer: asyncio.TimerHandle | None = None

    def add(self, text: str) -> None:
        """Take a document; it waits for company for a moment."""
        self._texts.append(text)
        if len(self._texts) >= _TOGETHER:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_PAUSE, self.flush)

    def flush(self) -> None:
        """Leave what is there; a cloud that has been closed or emptied meanwhile wants nothing of it."""
        if self._timer is not None:
            self._timer.cancel()
        known = self._cloud.keep.get(_SENT, {})
        if known.get(self._spec.key) is self:
            del known[self._spec.key]
            _leave(self._cloud, self._spec, self._texts)


def take(cloud: Cloud, spec: FunctionSpec, text: str) -> None:
    """Take a document that a function has sent to the X-Ray daemon."""
    known: dict[str, _Sent] = cloud.keep.setdefault(_SENT, {})
    found = known.get(spec.key)
    if found is None:
        found = known[spec.key] = _Sent(cloud, spec)
    ahead = cloud.clock.now() - cloud.clock.machine_now()
    found.add(_under_caller(cloud, text if abs(ahead) < _CLOSE else _moved(text, ahead)))


def _moved(text: str, seconds: float) -> str:
    """A document whose times are the cloud's: programs read the machine's clock."""
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text  # X-Ray says what is wrong with it
    waiting = [document]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, dict):
            continue
        for name in ("start_time", "end_time"):
            if isinstance(one.get(name), int | float):
                one[name] += seconds
        inside = one.get("subsegments")
        waiting += inside if isinstance(inside, list) else []
    return orjson.dumps(document).decode()


def _under_caller(cloud: Cloud, text: str) -> str:
    """A part of a run of which X-Ray is told nothing belongs to what led to the run: the header was passed on."""
    passed: dict[str, str] = cloud.keep.get(_PASSED, {})
    found = _PARENT.search(text) if passed else None
    if found is None or found[1] not in passed:
        return text
    return f"{text[: found.start(1)]}{passed[found[1]]}{text[found.end(1) :]}"


def _leave(cloud: Cloud, spec: FunctionSpec, texts: list[str]) -> None:
    """Leave documents for X-Ray, to be put as the function's role."""
    payload = {"Arn": spec.arn, "Role": spec.role, "Documents": texts}
    try:
        with cloud.store.transaction():
            cloud.store.outbox.put("lambda", DELIVERY, Scope(spec.account, spec.region), payload, cloud.clock.now())
    except apsw.Error as error:  # a full disk must not fail what is traced
        log.error("%d documents of %s for X-Ray are lost: %s", len(texts), spec.arn, error)


def _run(cloud: Cloud, spec: FunctionSpec, event: Event, began: Began, result: InvocationResult | None) -> Run:
    kind, message = _error(result)
    return Run(
        account=spec.account,
        region=spec.region,
        arn=spec.arn,
        version=spec.version,
        request_id=event.request_id,
        root=began.root,
        parent=began.parent,
        service=began.service,
        function=began.function,
        invocation=began.invocation,
        sampled=began.sampled,
        traced=spec.tracing == "Active",
        taken=event.taken,
        attempt=event.attempt,
        started=began.started,
        micros=int((cloud.stopwatch() - began.stopwatch) * 1e6),
        init=int(result.init * 1000) if result is not None else 0,
        duration=int(result.duration * 1000) if result is not None else 0,
        overhead=int(result.overhead * 1000) if result is not None else 0,
        error=kind,
        message=message,
        log_group=spec.log_group,
        log_stream=result.log_stream if result is not None else "",
        links=orjson.dumps(event.links).decode() if event.links else "",
        source=event.source,
    )


def _error(result: InvocationResult | None) -> tuple[str, str]:
    """(type, message) of what went wrong, empty for a run that succeeded."""
    if result is None:
        return "TooManyRequestsException", "Rate Exceeded."
    if not result.error:
        return "", ""
    try:
        said = orjson.loads(result.payload)
    except orjson.JSONDecodeError:
        said = None
    message = said.get("errorMessage") if isinstance(said, dict) else None
    return result.error_type or result.error, message[:_LONGEST_MESSAGE] if isinstance(message, str) else ""


def links(store: Store, records: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, ...], ...]:
    """The traces, each with its segment, that a batch of messages or of a stream's records came from.

    X-Ray learns of messages alone, as on AWS; that a change of a table came from elsewhere only the glass shows.
    """
    found: dict[tuple[str, ...], None] = {}
    for record in records[:_MOST_LINKS]:
        said = (record.get("attributes") or {}).get("AWSTraceHeader")
        if "dynamodb" in record:
            said = streams.trace_of(store, str(record["dynamodb"].get("SequenceNumber", "")))
        came = header.parse(said) if isinstance(said, str) else None
        if came is not None:
            found[(came.root, came.parent, runs.UNTOLD) if "dynamodb" in record else (came.root, came.parent)] = None
    return tuple(found)
