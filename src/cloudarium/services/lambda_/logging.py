"""The way of a function's log into CloudWatch Logs: in batches, in order, as the function's own role.

A role that may not write logs leaves none, as on AWS. Nothing here is on the way of an invocation: the runtime puts
records into a buffer, and a task writes it out.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any

from cloudarium.gateway.call import Call
from cloudarium.policy.principal import Principal
from cloudarium.runtime import FunctionSpec, LogEvent
from cloudarium.shared.errors import AwsError
from cloudarium.shared.scope import Scope

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud

log = logging.getLogger("cloudarium")

PAUSE = 0.025  # seconds between two batches of one stream: the first is written at once, a storm in few
WATCH_PAUSE = 0.25  # seconds until the lines of an invocation that still runs are written
BATCH_EVENTS = 5000
BATCH_BYTES = 900_000
EVENT_OVERHEAD = 26
BUFFER_EVENTS = 100_000


class _Stream:
    """One stream's buffer, and what is known about where it goes."""

    __slots__ = (
        "buffer", "due", "made", "muted_at", "principal", "scope", "spec", "waiting", "writing", "written_at",
    )  # fmt: skip

    def __init__(self, spec: FunctionSpec) -> None:
        self.spec = spec
        self.scope = Scope(spec.account, spec.region)
        self.buffer: list[LogEvent] = []
        self.principal: Principal | None = None
        self.due = False  # an invocation has ended, or its lines have waited long enough
        self.made = False
        self.muted_at = -1  # the version of "identity" at which writing was denied
        self.written_at = 0.0
        self.waiting: asyncio.Future[None] | None = None  # done when what is in the buffer has been written
        self.writing: asyncio.Future[None] | None = None  # done when what was taken out of it has


class LogWriter:
    """Writes the logs of all functions of a cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self._streams: dict[str, _Stream] = {}
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def take(self, spec: FunctionSpec, name: str, event: LogEvent) -> None:
        """Put a record of the stream `name` into the buffer."""
        stream = self._streams.get(name)
        if stream is None:
            stream = self._streams[name] = _Stream(spec)
        if len(stream.buffer) < BUFFER_EVENTS:
            stream.buffer.append(event)
        if stream.waiting is None:
            stream.waiting = asyncio.get_running_loop().create_future()
        self._flush_later()

    def flush_soon(self, name: str = "") -> None:
        """Have the buffer of a stream written when the loop is free: an invocation has ended there. "": of all."""
        for stream in self._of(name):
            stream.due = bool(stream.buffer)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._flush(), name="lambda-logs")

    async def flush(self, name: str = "") -> None:
        """Have a stream's buffer written and wait for what is in it now, not for what is said meanwhile. "": of all."""
        self.flush_soon(name)
        unwritten = [one for stream in self._of(name) for one in (stream.waiting, stream.writing) if one]
        if unwritten:
            await asyncio.wait(unwritten)

    def _of(self, name: str) -> list[_Stream]:
        if not name:
            return list(self._streams.values())
        stream = self._streams.get(name)
        return [] if stream is None else [stream]

    def _flush_later(self) -> None:
        """Have the buffers written some time: a function that runs long is being watched, perhaps."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(WATCH_PAUSE, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self.flush_soon()

    async def close(self) -> None:
        """Write what is there and stop."""
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await self._task
        with contextlib.suppress(Exception):
            for name, stream in list(self._streams.items()):
                await self._write(name, stream)
        self._streams.clear()

    async def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            waiting = [(name, stream) for name, stream in self._streams.items() if stream.due and stream.buffer]
            if not waiting:
                self._forget_idle(loop.time())
                return
            ready = [one for one in waiting if loop.time() - one[1].written_at >= PAUSE]
            for name, stream in ready:
                stream.written_at, stream.due = loop.time(), False
                await self._write(name, stream)
            if not ready:
                await asyncio.sleep(PAUSE / 2)

    def _forget_idle(self, now: float) -> None:
        if len(self._streams) > 1000:
            for name in [name for name, stream in self._streams.items() if now - stream.written_at > 600]:
                del self._streams[name]

    async def _write(self, name: str, stream: _Stream) -> None:
        stream.writing, stream.waiting = stream.waiting, None
        try:
            await self._write_buffer(name, stream)
        finally:
            if stream.writing is not None:
                stream.writing.set_result(None)
                stream.writing = None

    async def _write_buffer(self, name: str, stream: _Stream) -> None:
        events, stream.buffer = stream.buffer, []
        events.sort(key=lambda event: event.timestamp)
        principal = await self._principal(stream)
        if principal is None or stream.muted_at == self.cloud.store.version("identity"):
            return
        for batch in _batches(events):
            try:
                await self._put(name, stream, principal, batch)
            except AwsError as error:
                if error.code.startswith("AccessDenied"):
                    stream.muted_at = self.cloud.store.version("identity")
                else:
                    log.warning("a log of %s was not written: %s", stream.spec.arn, error.message)
                return

    async def _principal(self, stream: _Stream) -> Principal | None:
        from cloudarium.services.lambda_.running import kept_session

        if stream.principal is None or (stream.principal.expires or 1e18) - self.cloud.clock.now() < 60:
            spec = stream.spec
            stream.principal = await kept_session(self.cloud, spec.function, spec.role, stream.scope)
        return stream.principal

    async def _put(self, name: str, stream: _Stream, principal: Principal, batch: list[dict[str, Any]]) -> None:
        group = stream.spec.log_group
        given = {"logGroupName": group, "logStreamName": name}
        parent = Call(self.cloud, None)
        parent.service, parent.operation_name, parent.scope = "lambda", "WriteLogs", stream.scope
        if not stream.made:
            await self._make(parent, given, principal)
            stream.made = True
        try:
            await parent.send("logs", "PutLogEvents", {**given, "logEvents": batch}, as_=principal)
        except AwsError as error:
            if error.code != "ResourceNotFoundException":
                raise
            await self._make(parent, given, principal)  # someone deleted the group or stream meanwhile
            await parent.send("logs", "PutLogEvents", {**given, "logEvents": batch}, as_=principal)

    async def _make(self, parent: Call, given: dict[str, str], principal: Principal) -> None:
        """Make the stream, and the group before it when there is none."""
        try:
            await _unless_there(parent, "CreateLogStream", given, principal)
        except AwsError as error:
            if error.code != "ResourceNotFoundException":
                raise
            await _unless_there(parent, "CreateLogGroup", {"logGroupName": given["logGroupName"]}, principal)
            await _unless_there(parent, "CreateLogStream", given, principal)


async def _unless_there(parent: Call, operation: str, given: dict[str, str], principal: Principal) -> None:
    try:
        await parent.send("logs", operation, given, as_=principal)
    except AwsError as error:
        if error.code != "ResourceAlreadyExistsException":
            raise


def _batches(events: list[LogEvent]) -> list[list[dict[str, Any]]]:
    """The events in batches that PutLogEvents takes."""
    batches: list[list[dict[str, Any]]] = []
    size = 0
    for event in events:
        length = len(event.message.encode()) + EVENT_OVERHEAD
        if not batches or len(batches[-1]) >= BATCH_EVENTS or size + length > BATCH_BYTES:
            batches.append([])
            size = 0
        batches[-1].append({"timestamp": int(event.timestamp * 1000), "message": event.message})
        size += length
    return batches
