"""One process of an execution environment: its Runtime API, its output, its end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from cloudarium.runtime.api import Answer, RuntimeApi
from cloudarium.runtime.daemon import Daemon
from cloudarium.runtime.launcher import Launcher
from cloudarium.runtime.logs import FunctionLog
from cloudarium.runtime.memory import Meter, descendants
from cloudarium.runtime.spec import Invocation

READ_BYTES = 65536
MEMORY_SECONDS = 0.1 if sys.platform == "linux" else 1.0
FREEZE_SECONDS = 0.1  # after an event: long enough that a busy environment is never frozen


class Exited(Exception):
    """The process ended; the text is AWS's: `exit status 1`, `signal: killed`."""

    def __init__(self, reason: str, out_of_memory: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.out_of_memory = out_of_memory


class FunctionProcess:
    """A started runtime. `next_ready` and `next_answer` wait for what it does next and raise Exited when it ends."""

    def __init__(self, log: FunctionLog, memory_limit: int, on_segment: Callable[[str], None]) -> None:
        self.log = log
        self.daemon = Daemon(on_segment)
        self.memory_limit = memory_limit
        self.api = RuntimeApi(self._on_ready, self._on_answer, on_segment)
        self.meter = Meter(0)
        self.exited: Exited | None = None
        self.guard = 0
        self._end_signal = signal.SIGKILL
        self._log_handle = -1
        self._status_handle = -1
        self._ready: asyncio.Future[None] | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._freeze: asyncio.TimerHandle | None = None
        self._frozen = 0  # the process group that is stopped
        self._over_limit = False

    async def start(self, launcher: Launcher, order: Callable[[str, str], dict[str, Any]], network: str = "") -> None:
        """Listen, then have the launcher start the process.

        `order` makes the order from the addresses of the Runtime API and of the X-Ray daemon.
        """
        await self.api.start(await launcher.networks.listen(network) if network else None)
        await self.daemon.listen(await launcher.networks.datagrams(network) if network else None)
        self._log_handle, log_writer = os.pipe()
        self._status_handle, status_writer = os.pipe()
        loop = asyncio.get_running_loop()
        try:
            for handle in (self._log_handle, self._status_handle):
                os.set_blocking(handle, False)
            loop.add_reader(self._log_handle, self.drain)
            loop.add_reader(self._status_handle, self._read_status)
            self._end_signal = signal.SIGKILL if launcher.layout.isolate else signal.SIGTERM
            self.guard = await launcher.spawn(order(self.api.address, self.daemon.address), log_writer, status_writer)
            self.meter = Meter(self.guard)
        except BaseException:
            self.close()
            raise
        finally:
            os.close(log_writer)
            os.close(status_writer)

    # ---- what the runtime does --------------------------------------------------------------------------------

    async def next_ready(self) -> Answer | None:
        """Wait until the runtime asks for an event: None. An init error is given instead."""
        if self.exited:
            raise self.exited
        if self.api.waiting:
            return None
        loop = asyncio.get_running_loop()
        self._ready = loop.create_future()
        self._answer = loop.create_future()
        await asyncio.wait((self._ready, self._answer), return_when=asyncio.FIRST_COMPLETED)
        ready, answer, self._ready, self._answer = self._ready, self._answer, None, None
        if answer.done():
            ready.cancel()
            return answer.result()
        answer.cancel()
        return ready.result()

    def give(self, invocation: Invocation, deadline: float) -> asyncio.Future[Answer]:
        """Hand over an event; the future gets the runtime's answer."""
        self._answer = asyncio.get_running_loop().create_future()
        if self.exited:
            self._answer.set_exception(self.exited)
            self._answer.exception()
        elif self.api.waiting:  # else it has been killed a moment ago: its end is the answer
            self.api.give(invocation, deadline)
        return self._answer

    @property
    def waits(self) -> bool:
        """Is it there, and asking for an event?"""
        return self.exited is None and self.api.waiting

    def _on_ready(self) -> None:
        if self._ready is not None and not self._ready.done():
            self._ready.set_result(None)

    def _on_answer(self, answer: Answer) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)

    # ---- output and end ---------------------------------------------------------------------------------------

    def drain(self) -> None:
        """Take the output that is there."""
        for _ in range(64):
            if self._log_handle < 0:
                return
            try:
                data = os.read(self._log_handle, READ_BYTES)
            except BlockingIOError:
                return
            if not data:
                self._close_handle("_log_handle")
                return
            self.log.output(data)
            if len(data) < READ_BYTES:
                return

    def _read_status(self) -> None:
        try:
            data = os.read(self._status_handle, READ_BYTES)
        except BlockingIOError:
            return
        self._close_handle("_status_handle")
        report: dict[str, Any] = json.loads(data) if data else {"status": signal.SIGKILL}
        if "failed" in report:
            reason = report["failed"]
        else:
            reason = _describe(report["status"])
            self.meter.peak = max(self.meter.peak, report.get("max_rss", 0) * 1024)
        self._end(Exited(reason, self._over_limit))

    def _end(self, exited: Exited) -> None:
        if self.exited is not None:
            return
        self.exited = exited
        self.drain()
        for future in (self._ready, self._answer):
            if future is not None and not future.done():
                future.set_exception(exited)
                future.exception()  # seen: only one of them is ever waited for

    def watch_memory(self) -> None:
        """Look at the memory now and then, and kill the process when it holds more than it may."""
        self._watch = asyncio.get_running_loop().call_later(MEMORY_SECONDS, self._look_at_memory)

    def _look_at_memory(self) -> None:
        if self.exited:
            return
        if self.meter.read() > self.memory_limit:
            self._over_limit = True
            self.kill()
        else:
            self.watch_memory()

    def stop_watching(self) -> None:
        """Stop looking at the memory."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def freeze_soon(self) -> None:
        """Stop the function's processes until its next event, as AWS freezes an environment that is not in use."""
        self._freeze = asyncio.get_running_loop().call_later(FREEZE_SECONDS, self._stop_group)

    def _stop_group(self) -> None:
        below = descendants(self.guard) if sys.platform == "linux" and not self.exited else []
        if below:
            with contextlib.suppress(OSError):
                os.killpg(below[0], signal.SIGSTOP)
                self._frozen = below[0]

    def thaw(self) -> None:
        """Let the function's processes go on."""
        if self._freeze is not None:
            self._freeze.cancel()
            self._freeze = None
        if self._frozen:
            with contextlib.suppress(OSError):
                os.killpg(self._frozen, signal.SIGCONT)
            self._frozen = 0

    def kill(self) -> None:
        """Kill the environment with all its processes; its end is noticed like any other."""
        if self.guard and self._status_handle >= 0:
            with contextlib.suppress(OSError):
                os.kill(self.guard, self._end_signal)

    def close(self) -> None:
        """Kill it and let go of everything at once."""
        self.stop_watching()
        self.thaw()
        self.kill()
        self._end(Exited("signal: killed"))
        self._close_handle("_status_handle")
        self._close_handle("_log_handle")
        self.meter.close()
        self.api.close()
        self.daemon.close()

    def _close_handle(self, name: str) -> None:
        handle = getattr(self, name)
        if handle >= 0:
            setattr(self, name, -1)
            with contextlib.suppress(RuntimeError, ValueError):
                asyncio.get_running_loop().remove_reader(handle)
            os.close(handle)


def _describe(status: int) -> str:
    """A wait status in the words of AWS's sandbox."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        names = {signal.SIGKILL: "killed", signal.SIGTERM: "terminated", signal.SIGABRT: "aborted"}
        names |= {signal.SIGSEGV: "segmentation fault", signal.SIGINT: "interrupt", signal.SIGBUS: "bus error"}
        return f"signal: {names.get(signal.Signals(number), signal.Signals(number).name)}"
    code = os.WEXITSTATUS(status)
    return f"exit status {code}" if code else ""
