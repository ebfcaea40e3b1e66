"""What queues and streams share: the role that reads, the function that gets a batch, and pauses on the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.policy.principal import Principal
from cloudarium.runtime import InvocationResult
from cloudarium.services.lambda_ import errors, metering, records, resources, running, tracing
from cloudarium.services.lambda_.operations import lookup
from cloudarium.services.lambda_.records import LATEST, Version
from cloudarium.services.lambda_.records import event_sources as rows
from cloudarium.services.lambda_.records.event_sources import EventSource
from cloudarium.services.lambda_.rules import recursion
from cloudarium.shared.errors import AwsError
from cloudarium.shared.scope import Scope

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud

_ROLE_SECONDS = 900.0
LONGEST_PAUSE = 60.0
THROTTLES = (errors.TooManyRequests, errors.ServiceFailure)


class Problem(AwsError):
    """A mapping cannot go on now; the text is its LastProcessingResult."""


class Giver:
    """One mapping's way to its function."""

    def __init__(self, cloud: Cloud, one: EventSource) -> None:
        self.cloud = cloud
        self.one = one
        self._role: Principal | None = None
        self._role_until = 0.0
        self._result: str | None = one.data.get("LastProcessingResult")
        self._failures = 0
        self._counts = "EventCount" in (one.data.get("MetricsConfig") or {}).get("Metrics", ())

    def count(self, name: str, number: int) -> None:
        """Count events by one of AWS's names, if the mapping's MetricsConfig wants it."""
        if self._counts:
            metering.mapped(self.cloud, self.one.scope, self.one.uuid, name, number)

    def call(self) -> Call:
        """A call to start from, with a trace of its own: nobody called."""
        made = Call(self.cloud, None)
        made.service, made.operation_name, made.scope = "lambda", "EventSource", self.one.scope
        made.trace = f"Root=1-{int(made.now):08x}-{made.request_id.replace('-', '')[:24]}"
        return made

    def each(self, work: Iterable[Coroutine[Any, Any, None]]) -> list[asyncio.Task[None]]:
        """Begin pieces of work side by side."""
        return [self.cloud.bells.employ(piece, f"lambda:{self.one.uuid}") for piece in work]

    def version(self, call: Call) -> Version:
        """The version that gets the next batch; an alias with weights picks. Raises Problem."""
        name = resources.FunctionName(self.one.scope, self.one.name, self.one.qualifier)
        found = lookup.resolve(call, name, routed=True)
        if found is None:
            raise Problem("PROBLEM: Function not found")
        return found

    async def send(self, call: Call, service: str, operation: str, given: Mapping[str, Any], scope: Scope) -> Any:
        """Call the source as the function's role, as which all reading is judged."""
        if self._role is None or self.cloud.clock.now() >= self._role_until:
            config = (
                records.find_version(call.store, self.one.scope, self.one.name, LATEST) or self.version(call)
            ).config
            arn = resources.function_arn(self.one.scope, self.one.name)
            self._role = await running.role_session(self.cloud, arn, config["Role"], self.one.scope)
            self._role_until = self.cloud.clock.now() + _ROLE_SECONDS
        if self._role is None:
            raise Problem(f"PROBLEM: {running.NOT_ASSUMABLE}")
        return await call.send(service, operation, given, as_=self._role, scope=scope)

    async def give(self, call: Call, event: Mapping[str, Any]) -> InvocationResult:
        """Run the function on a batch. Raises one of THROTTLES when it has no room for it now."""
        version = self.version(call)
        batch = event["Records"]
        self.count("InvokedEventCount", len(batch))
        if batch and "dynamodb" in batch[-1]:
            age = self.cloud.clock.now() - batch[-1]["dynamodb"]["ApproximateCreationDateTime"]
            metering.aged(self.cloud, version, self.one.qualifier, age)
        function = records.find_function(call.store, version.scope, version.name)
        reserved = function.reserved if function is not None else None
        payload = orjson.dumps(event)
        trace = recursion.joined(call.trace, [_header(one) for one in batch])
        came = tracing.links(call.store, batch)
        what = running.Event(
            version,
            self.one.qualifier,
            payload,
            call.request_id,
            "",
            trace,
            reserved,
            links=came,
            source=self.one.source,
        )
        try:
            result = await running.run(self.cloud, what)
        except AwsError:
            self.count("FailedInvokeEventCount", len(batch))
            raise
        if result.error:
            self.count("FailedInvokeEventCount", len(batch))
        return result

    async def pause(self, seconds: float) -> None:
        """Wait on the clock."""
        clock, bells = self.cloud.clock, self.cloud.bells
        until = clock.now() + seconds
        while clock.now() < until and not bells.silent:
            await bells.wait(("lambda pause", self.one.uuid), until)

    async def after(self, error: AwsError) -> None:
        """Say why nothing is read now, and wait, each time longer."""
        denied = error.status == 403 or "AccessDenied" in error.code
        self.say(
            error.message
            if isinstance(error, Problem)
            else f"PROBLEM: The function's role may not read the event source: {error.message}"
            if denied
            else f"PROBLEM: {error.code}: {error.message}"
        )
        self._failures += 1
        await self.pause(min(2.0 ** min(self._failures, 6), LONGEST_PAUSE))

    def well(self) -> None:
        """Reading works."""
        self._failures = 0

    def say(self, result: str) -> None:
        """Tell how the last processing ended, in what users read of the mapping."""
        if result == self._result:
            return
        self._result = result
        with self.cloud.store.transaction():
            one = rows.find(self.cloud.store, self.one.scope, self.one.uuid)
            if one is not None:
                rows.set_result(self.cloud.store, one, result)


def _header(record: Mapping[str, Any]) -> str:
    """The trace header that a message has come with."""
    return str((record.get("attributes") or {}).get("AWSTraceHeader", ""))
