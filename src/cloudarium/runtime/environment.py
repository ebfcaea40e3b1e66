"""One execution environment: started for an invocation, initialised, used for one event at a time, stopped."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cloudarium.runtime.api import RESPONSE_LIMIT, Answer
from cloudarium.runtime.interpreters import Interpreter
from cloudarium.runtime.launcher import Launcher, LauncherLost
from cloudarium.runtime.logs import FunctionLog
from cloudarium.runtime.process import Exited, FunctionProcess
from cloudarium.runtime.spec import Credentials, FunctionSpec, Invocation, InvocationResult, LogEvent

INIT_SECONDS = 10.0
AHEAD_SECONDS = 130.0  # or the function's timeout, if longer, where nobody waits for the initialisation
ON_DEMAND = "on-demand"
PROVISIONED = "provisioned-concurrency"


@dataclass(frozen=True, slots=True)
class Start:
    """How the process of an environment is started: the launcher, and the order for it given the addresses of
    the Runtime API and of the X-Ray daemon."""

    launcher: Launcher
    interpreter: Interpreter
    order: Callable[[str, str], dict[str, Any]]
    network: str = ""  # the key of the network that it is started in
    notes: tuple[str, ...] = ()  # what the function's log must say about how it is run


@dataclass(slots=True)
class _Failure:
    """Why an initialisation or an invocation failed."""

    status: str  # "error" | "timeout"
    error_type: str
    payload: bytes


def failure(request_id: str, error_type: str, text: str, status: str = "error", reported: str = "") -> _Failure:
    """A failure of the platform's, in AWS's JSON."""
    message = f"RequestId: {request_id} Error: {text}"
    payload = json.dumps({"errorType": error_type, "errorMessage": message}, separators=(",", ":")).encode()
    return _Failure(status, reported or error_type, payload)


class Environment:
    """One environment of one function version."""

    def __init__(
        self,
        spec: FunctionSpec,
        stream: str,
        keys: Credentials,
        clock: Callable[[], float],
        sink: Callable[[FunctionSpec, str, LogEvent], None],
        initialization: str = ON_DEMAND,
        on_segment: Callable[[FunctionSpec, str], None] = lambda spec, text: None,
    ) -> None:
        self.spec = spec
        self.stream = stream
        self.keys = keys
        self._on_segment = on_segment
        self.busy = False
        self.retired = False
        self.used_at = 0.0
        self._answered = 0.0  # when the last answer came, by the stopwatch
        self.peak = 0  # the most memory held so far, bytes
        self.folder: Path | None = None  # its own /tmp where that is a folder of the host
        self.initialization = initialization
        self.log = FunctionLog(spec, clock, lambda event: sink(spec, stream, event), initialization)
        self._ahead = 0.0  # what an initialisation took that no event has been told of yet, in milliseconds
        self.process: FunctionProcess | None = None
        self.start_with: Start | None = None

    @property
    def alive(self) -> bool:
        """Can it take another event?"""
        return not self.retired and self.process is not None and self.process.exited is None

    @property
    def waits(self) -> bool:
        """Does its runtime ask for an event? One that was just killed does not, before its end is known."""
        return self.alive and self.process is not None and self.process.waits

    async def first(self, start: Start, invocation: Invocation) -> InvocationResult:
        """Start the environment and run its first event."""
        self.log.start_tail()
        self._begin(start)
        began = time.perf_counter()
        problem = await self._initialise(INIT_SECONDS, invocation.request_id)
        spent = (time.perf_counter() - began) * 1000
        if problem is None:
            return await self.run(invocation, init=spent)
        self.log.init_report(spent, "init", problem.status, problem.error_type)
        return await self._run_again(invocation)

    async def ahead(self, start: Start) -> str:
        """Start and initialise the environment before there is an event; why not, when that fails."""
        self._begin(start)
        began = time.perf_counter()
        problem = await self._initialise(max(AHEAD_SECONDS, self.spec.timeout), "")
        spent = (time.perf_counter() - began) * 1000
        if problem is not None:
            self.log.init_report(spent, "init", problem.status, problem.error_type)
            return problem.error_type or problem.status
        self._ahead = spent
        if self.process is not None:
            self.process.freeze_soon()
        return ""

    def _begin(self, start: Start) -> None:
        """Say in the log what starts, and how it is run otherwise than on AWS."""
        self.start_with = start
        version = _version_text(start.interpreter, self.spec.runtime)
        self.log.init_start(version, _version_arn(self.spec, version))
        for note in start.notes:
            self.log.line(note)

    async def _run_again(self, invocation: Invocation) -> InvocationResult:
        """Initialise once more, within the invocation and its time, as AWS does after a failed initialisation."""
        began = time.perf_counter()
        problem = await self._initialise(self.spec.timeout, invocation.request_id)
        spent = (time.perf_counter() - began) * 1000
        if problem is None:
            return await self.run(invocation, began=began)
        self.log.init_report(spent, "invoke", problem.status, problem.error_type)
        self.log.start(invocation.request_id, invocation.trace_id)
        if problem.status == "timeout":
            problem = self._time_out(invocation)
        return self._result(invocation, began, 0.0, problem, None)

    async def _initialise(self, seconds: float, request_id: str) -> _Failure | None:
        """Start the process and wait until it asks for events; the failure when it does not."""
        assert self.start_with is not None
        self._drop_process()
        process = self.process = FunctionProcess(
            self.log, (self.spec.memory + 32) * 1048576, lambda text: self._on_segment(self.spec, text)
        )
        try:
            async with asyncio.timeout(seconds):
                start = self.start_with
                await process.start(start.launcher, start.order, start.network)
                process.watch_memory()
                answer = await process.next_ready()
        except TimeoutError:
            problem = _Failure("timeout", "", b"")
        except Exited as exited:
            problem = _exit_failure(request_id, exited)
        except LauncherLost as lost:
            problem = failure(request_id, "Runtime.InvalidEntrypoint", str(lost))
        else:
            if answer is None:
                process.stop_watching()
                return None
            problem = _Failure("error", _error_type(answer), answer.body)
        process.drain()
        self.log.flush()
        self._drop_process()
        return problem

    async def run(self, invocation: Invocation, init: float = 0.0, began: float = 0.0) -> InvocationResult:
        """Run one event in the started environment."""
        process = self.process
        assert process is not None
        process.thaw()
        if not init and not began:
            self.log.start_tail()
            init, self._ahead = self._ahead, 0.0  # AWS's first REPORT tells of it, though nobody has waited for it
        began = began or time.perf_counter()
        left = self.spec.timeout - (time.perf_counter() - began)
        process.drain()
        self.log.start(invocation.request_id, invocation.trace_id)
        given = process.give(invocation, time.time() + left)
        self._answered = 0.0
        problem: _Failure | None = None
        process.watch_memory()
        try:
            async with asyncio.timeout(max(left, 0.001)):
                await given
                self._answered = time.perf_counter()
                await process.next_ready()
        except TimeoutError:
            process.drain()
            problem = self._time_out(invocation)
        except Exited as exited:
            problem = _exit_failure(invocation.request_id, exited)
        answer = given.result() if given.done() and not given.cancelled() and not given.exception() else None
        if answer is not None and answer.kind == "error":
            problem = None  # a runtime may report an error and then end itself: its own word counts
        process.stop_watching()
        process.drain()
        self.log.flush()
        process.freeze_soon()
        return self._result(invocation, began, init, problem, answer)

    def _time_out(self, invocation: Invocation) -> _Failure:
        self.log.timed_out(invocation.request_id)
        text = f"Task timed out after {self.spec.timeout:.2f} seconds"
        return failure(invocation.request_id, "Sandbox.Timedout", text, status="timeout")

    def _result(
        self, invocation: Invocation, began: float, init: float, problem: _Failure | None, answer: Answer | None
    ) -> InvocationResult:
        now = time.perf_counter()
        duration = (now - began) * 1000
        if answer is not None and answer.kind == "too-large":
            problem = _too_large()
        elif problem is None and answer is not None and answer.kind == "error":
            problem = _Failure("success", _error_type(answer), answer.body)
        status = problem.status if problem else "success"
        if status == "timeout":
            duration = self.spec.timeout * 1000.0
        memory = min(self._memory(), self.spec.memory)
        shown = problem.error_type if problem and status == "error" else ""
        billed = self.log.end(invocation.request_id, duration, init, memory, status, shown)
        if status == "timeout" or self.process is None or self.process.exited is not None:
            self.close()
        result = InvocationResult(
            payload=answer.body if answer and not problem else b"",
            duration=duration,
            billed=billed,
            init=init,
            overhead=(now - self._answered) * 1000 if self._answered and status != "timeout" else 0.0,
            max_memory=memory,
            log_stream=self.stream,
            log_tail=self.log.tail_bytes(),
            provisioned=self.initialization == PROVISIONED,
        )
        if problem is None:
            return result
        return replace(result, payload=problem.payload, error="Unhandled", error_type=problem.error_type)

    def _memory(self) -> int:
        if self.process is not None:
            self.process.meter.glance()
            self.peak = max(self.peak, self.process.meter.peak)
        return max(1, round(self.peak / 1048576))

    def _drop_process(self) -> None:
        if self.process is not None:
            self.peak = self.process.meter.peak
            self.process.close()
            self.process = None

    def close(self) -> None:
        """Kill it; what it had under /tmp is gone."""
        self.retired = True
        self._drop_process()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def _exit_failure(request_id: str, exited: Exited) -> _Failure:
    if not exited.reason:
        return failure(request_id, "Runtime.ExitError", "Runtime exited without providing a reason")
    reported = "Runtime.OutOfMemory" if exited.out_of_memory else ""
    text = f"Runtime exited with error: {exited.reason}"
    return failure(request_id, "Runtime.ExitError", text, reported=reported)


def _too_large() -> _Failure:
    text = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes)."
    kind = "Function.ResponseSizeTooLarge"
    return _Failure("error", kind, json.dumps({"errorType": kind, "errorMessage": text}).encode())


def _error_type(answer: Answer) -> str:
    if answer.error_type:
        return answer.error_type
    try:
        value = json.loads(answer.body)
    except ValueError:
        return "Runtime.Unknown"
    found = value.get("errorType") if isinstance(value, dict) else None
    return found if isinstance(found, str) and found else "Runtime.Unknown"


def _version_text(interpreter: Interpreter, runtime: str) -> str:
    """`python:3.11.v7`: AWS counts its own releases after the v; here it is the interpreter's patch number."""
    if interpreter.family == "provided":
        return runtime.replace("provided.", "provided:") + ".v1"
    parts = interpreter.version.split(".")
    if interpreter.family == "nodejs":
        return f"nodejs:{parts[0]}.v{parts[1]}"
    return f"python:{parts[0]}.{parts[1]}.v{parts[2]}"


def _version_arn(spec: FunctionSpec, version: str) -> str:
    return f"arn:aws:lambda:{spec.region}::runtime:{hashlib.sha256(version.encode()).hexdigest()}"
