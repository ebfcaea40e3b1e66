"""All execution environments of one cloud: found warm or started, limited, stopped when idle. The runtime's front door.

environments = Environments(folder, clock=clock.now, credentials=fetch, on_log=write, endpoint=url)
result = await environments.invoke(spec, invocation, limit=10)
await environments.close()
"""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

from cloudarium.runtime.attached import Attached
from cloudarium.runtime.environment import ON_DEMAND, PROVISIONED, Environment, failure
from cloudarium.runtime.launcher import Launchers
from cloudarium.runtime.networks import Network
from cloudarium.runtime.provisions import AT_ONCE, Provision
from cloudarium.runtime.spec import (
    Credentials,
    FunctionSpec,
    Invocation,
    InvocationResult,
    LogEvent,
    RuntimeUnavailable,
    Throttled,
)
from cloudarium.runtime.starting import Starter
from cloudarium.shared import ids

IDLE_SECONDS = 420.0
SWEEP_SECONDS = 30.0
REFRESH_SECONDS = 300.0  # an environment whose keys expire sooner is not used again


def default_total() -> int:
    """How many environments this machine may hold at once: one per 100 MB of its memory."""
    try:
        megabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1048576
    except (ValueError, OSError):
        megabytes = 8192
    return max(16, min(1000, megabytes // 100))


class Environments:
    """The pool of environments.

    `credentials` gives a role's keys at each environment's start; what it raises goes through `invoke`. `on_log` takes
    (spec, stream name, event) and must not block. `clock` is the cloud's clock: log records and the age of keys follow
    it, while processes live in real time. `network` says what a function that names a network is attached to.
    `on_segment` takes what a function sends to the X-Ray daemon. `authority` is the certificate, once it
    is there, of whom functions shall trust beside this machine's authorities.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock: Callable[[], float],
        credentials: Callable[[FunctionSpec], Awaitable[Credentials]],
        on_log: Callable[[FunctionSpec, str, LogEvent], None],
        endpoint: str,
        network: Callable[[FunctionSpec], Awaitable[Network]] | None = None,
        on_segment: Callable[[FunctionSpec, str], None] = lambda spec, text: None,
        total: int | None = None,
        authority: Path | None = None,
    ) -> None:
        self.folder = folder.resolve()
        self.clock = clock
        self.credentials = credentials
        self.on_log = on_log
        self.endpoint = endpoint
        self.on_segment = on_segment
        self.total = total or default_total()
        self._all: set[Environment] = set()
        self.launchers = Launchers(self.folder)
        self.attached = Attached(self._all, self.launchers, network)
        self.starter = Starter(self.folder, endpoint, self.launchers, self.attached, authority)
        self.packages = self.starter.packages
        self._idle: dict[str, list[Environment]] = defaultdict(list)
        self._busy: dict[str, int] = defaultdict(int)
        self._provisions: dict[str, Provision] = {}
        self._sweeper: asyncio.TimerHandle | None = None
        self._preparing: set[asyncio.Task[None]] = set()
        self._closed = False
        shutil.rmtree(self.folder / "environments", ignore_errors=True)

    # ---- the front door ---------------------------------------------------------------------------------------

    async def invoke(self, spec: FunctionSpec, invocation: Invocation, limit: int | None = None) -> InvocationResult:
        """Run one event in a warm or a new environment of `spec`.

        Raises Throttled when `limit` invocations of the function, over all its versions, are running, what is
        provisioned counted as if it were, or when the machine holds as many environments as it may.
        """
        ahead = await self._take_ahead(spec)
        if ahead is not None:
            return await self._use(ahead, ahead.run(invocation))
        function = spec.function
        if limit is not None and self._busy[function] >= limit - self._held(function):
            raise Throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
        self._busy[function] += 1
        try:
            environment = self._usable(self._idle.get(spec.key))
            if environment is not None:
                result = await self._use(environment, environment.run(invocation))
            else:
                result = await self._start(spec, invocation)
            result.spilled = spec.key in self._provisions
            return result
        finally:
            self._busy[function] -= 1

    def prepare_soon(self, runtime: str, code: Path) -> None:
        """Get ready in the background what a first invocation would wait for; whoever invokes hears what goes wrong."""
        task = asyncio.ensure_future(self.starter.prepare(runtime, code))
        self._preparing.add(task)
        task.add_done_callback(self._prepared)

    def _prepared(self, task: asyncio.Task[None]) -> None:
        self._preparing.discard(task)
        if not task.cancelled():
            task.exception()

    async def stop(self, prefix: str) -> None:
        """Stop the environments whose spec's key starts with `prefix`; busy ones stop after their event."""
        for key in [key for key in self._provisions if key.startswith(prefix)]:
            del self._provisions[key]
        self._retire(one for one in self._all if one.spec.key.startswith(prefix))

    async def close(self) -> None:
        """Kill everything. Invocations under way get the error of a killed runtime."""
        self._closed = True
        self._provisions.clear()
        if self._sweeper is not None:
            self._sweeper.cancel()
        for task in self._preparing:
            task.cancel()
        for environment in list(self._all):
            self._forget(environment)
        await self.starter.close()
        shutil.rmtree(self.folder / "environments", ignore_errors=True)

    def stats(self) -> dict[str, Any]:
        """What is running, for `status` pages."""
        busy = sum(environment.busy for environment in self._all)
        return {
            "environments": len(self._all),
            "busy": busy,
            "idle": len(self._all) - busy,
            "limit": self.total,
            "isolation": self.launchers.isolation,
            "isolation_reason": self.launchers.reason,
            "not_attached": self.attached.not_attached,
        }

    # ---- provisioned concurrency ------------------------------------------------------------------------------

    async def provision(self, spec: FunctionSpec, wanted: int) -> str:
        """Hold `wanted` environments of a version ready; why there are fewer, when not all could be started."""
        provision = self._provisions.setdefault(spec.key, Provision(spec))
        provision.wanted = wanted
        self._retire(provision.surplus())
        if provision.filler is not None:
            await asyncio.wait((provision.filler,))
        return await self._fill(provision)

    def provisioned(self, key: str) -> Provision | None:
        """What is held ready of the version whose spec has this key."""
        return self._provisions.get(key)

    def release(self, key: str) -> None:
        """Hold nothing ready of a version any more; what runs an event ends it first."""
        provision = self._provisions.pop(key, None)
        if provision is not None:
            self._retire(provision.members)

    def _retire(self, environments: Iterable[Environment]) -> None:
        for environment in list(environments):
            environment.retired = True
            if not environment.busy:
                self._forget(environment)

    async def _fill(self, provision: Provision) -> str:
        """Start what is missing, some at a time; the first problem ends it."""
        problem = ""
        while provision.short > 0 and not problem and self._holds(provision):
            gang = [self._start_ahead(provision) for _ in range(min(provision.short, AT_ONCE))]
            problem = next(filter(None, await asyncio.gather(*gang)), "")
        return problem

    def _holds(self, provision: Provision) -> bool:
        return self._provisions.get(provision.spec.key) is provision and not self._closed

    async def _start_ahead(self, provision: Provision) -> str:
        if provision.short <= 0:
            return ""
        held = sum(len(one.members) for one in self._provisions.values())
        if held >= max(1, self.total // 2):  # the other half is for what comes without being foreseen
            return f"this machine holds no more than {held} environments ready"
        try:
            self._make_room()
        except Throttled:
            return f"this machine runs no more than {self.total} environments"
        environment = self._new(provision.spec, PROVISIONED)
        provision.members.add(environment)
        provision.starting += 1
        try:
            environment.keys = await self.credentials(provision.spec)
            problem = await environment.ahead(await self.starter.start_with(environment))
        except RuntimeUnavailable as error:
            problem = str(error)
        except BaseException:
            provision.starting -= 1
            provision.lose(environment)
            self._forget(environment)
            raise
        provision.starting -= 1
        environment.busy = False
        environment.used_at = time.monotonic()
        if problem or environment not in provision.members or not self._holds(provision):
            provision.lose(environment)
            self._forget(environment)
        else:
            provision.idle.append(environment)
        return problem

    def _refill_soon(self, provision: Provision) -> None:
        """Start others in the place of those that have ended."""
        if provision.short > 0 and provision.filler is None and self._holds(provision):
            provision.filler = task = asyncio.ensure_future(self._refill(provision))
            self._preparing.add(task)
            task.add_done_callback(self._prepared)

    async def _refill(self, provision: Provision) -> None:
        try:
            await self._fill(provision)
        finally:
            provision.filler = None

    # ---- finding, starting, using -----------------------------------------------------------------------------

    async def _take_ahead(self, spec: FunctionSpec) -> Environment | None:
        provision = self._provisions.get(spec.key)
        if provision is None:
            return None
        there = len(provision.members)
        found = self._usable(provision.idle)
        self._refill_soon(provision)
        if found is None and len(provision.members) < there and provision.filler is not None:
            await asyncio.wait((provision.filler,))  # their keys have expired, and AWS would change those unseen
            found = self._usable(provision.idle)
        return found

    def _held(self, function: str) -> int:
        """How much of a function's concurrency is provisioned, and so not there for what comes otherwise."""
        return sum(one.wanted for one in self._provisions.values() if one.spec.function == function)

    def _usable(self, idle: list[Environment] | None) -> Environment | None:
        while idle:
            environment = idle.pop()
            if environment.waits and environment.keys.expires - self.clock() > REFRESH_SECONDS:
                return environment
            self._forget(environment)
        return None

    async def _use(self, environment: Environment, running: Awaitable[InvocationResult]) -> InvocationResult:
        environment.busy = True
        try:
            return await running
        except BaseException:
            environment.retired = True
            raise
        finally:
            environment.busy = False
            environment.used_at = time.monotonic()
            provision = self._provisions.get(environment.spec.key)
            if not environment.alive or self._closed:
                self._forget(environment)
            elif provision is not None and environment in provision.members:
                provision.idle.append(environment)
            else:
                self._idle[environment.spec.key].append(environment)
                self._sweep_later()

    async def _start(self, spec: FunctionSpec, invocation: Invocation) -> InvocationResult:
        self._make_room()
        environment = self._new(spec)
        try:
            environment.keys = await self.credentials(spec)
            start = await self.starter.start_with(environment)
        except RuntimeUnavailable as error:
            self._forget(environment)
            return self._unavailable(environment, invocation, str(error))
        except BaseException:
            self._forget(environment)
            raise
        return await self._use(environment, environment.first(start, invocation))

    def _new(self, spec: FunctionSpec, initialization: str = ON_DEMAND) -> Environment:
        stream = _stream_name(spec, self.clock())
        nobody = Credentials("", "", "", 0)
        environment = Environment(spec, stream, nobody, self.clock, self.on_log, initialization, self.on_segment)
        environment.busy = True
        self._all.add(environment)
        return environment

    def _unavailable(self, environment: Environment, invocation: Invocation, text: str) -> InvocationResult:
        problem = failure(invocation.request_id, "Runtime.InvalidEntrypoint", text)
        log = environment.log
        log.start(invocation.request_id)
        log.line(text)
        log.end(invocation.request_id, 0.0, 0.0, 1, "error", problem.error_type)
        return InvocationResult(
            payload=problem.payload,
            error="Unhandled",
            error_type=problem.error_type,
            log_stream=environment.stream,
            log_tail=log.tail_bytes(),
        )

    def _make_room(self) -> None:
        if len(self._all) < self.total:
            return
        idle = [one for one in self._all if not one.busy and one.initialization == ON_DEMAND]
        if not idle:
            raise Throttled("ConcurrentInvocationLimitExceeded")
        self._forget(min(idle, key=lambda environment: environment.used_at))

    def _forget(self, environment: Environment) -> None:
        self._all.discard(environment)
        provision = self._provisions.get(environment.spec.key)
        if provision is not None and environment in provision.members:
            provision.lose(environment)
            self._refill_soon(provision)
        idle = self._idle.get(environment.spec.key)
        if idle and environment in idle:
            idle.remove(environment)
        if not idle:
            self._idle.pop(environment.spec.key, None)
        environment.close()
        if not self._closed:
            self.attached.leave(environment.spec.network)

    def _sweep_later(self) -> None:
        if self._sweeper is None:
            self._sweeper = asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep)

    def _sweep(self) -> None:
        self._sweeper = None
        oldest = time.monotonic() - IDLE_SECONDS
        for environment in [one for one in self._all if self._unused_since(one, oldest)]:
            self._forget(environment)
        if self._all and not self._closed:
            self._sweep_later()

    def _unused_since(self, environment: Environment, oldest: float) -> bool:
        return not environment.busy and environment.used_at < oldest and environment.initialization == ON_DEMAND


def _stream_name(spec: FunctionSpec, now: float) -> str:
    return time.strftime("%Y/%m/%d/", time.gmtime(now)) + f"[{spec.version}]{ids.hex(32)}"
