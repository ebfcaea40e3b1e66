"""Child processes of rooms for what would hold the event loop: heavy computing, long reads, patterns of strangers.

A child is started on first use and ends after a quiet minute, so that its memory is not the cloud's. A task that takes
too long costs the child its life, not the cloud a hang.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import cloudarium

QUIET_SECONDS = 60.0
_LINE_LIMIT = 64 * 1024 * 1024


class Worker:
    """A child that runs `module`, and the lock that lets one task at a time through.

    The module reads one JSON object a line, answers each by one line, and ends after as many quiet seconds as its
    argument says.
    """

    def __init__(self, module: str, longest_line: int = _LINE_LIMIT) -> None:
        self._module = module
        self._longest_line = longest_line
        self.process: asyncio.subprocess.Process | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self.lock: asyncio.Lock | None = None
        self._killed: list[asyncio.subprocess.Process] = []

    async def run(self, task: str, payload: dict[str, Any], seconds: float = 30.0) -> dict[str, Any]:
        """What the child answers to one task. Raises TimeoutError, or RuntimeError when the child died of it."""
        loop = asyncio.get_running_loop()
        if self.loop is not loop or self.lock is None:
            self.loop, self.lock, self.process = loop, asyncio.Lock(), None
            self._killed.clear()
        async with self.lock:
            try:
                return await asyncio.wait_for(self._ask(task, payload), seconds)
            except (TimeoutError, asyncio.CancelledError):
                self._kill()
                raise

    async def _ask(self, task: str, payload: dict[str, Any]) -> dict[str, Any]:
        line = json.dumps({"task": task, **payload}).encode() + b"\n"
        for _ in range(2):
            process = await self._started()
            assert process.stdin is not None and process.stdout is not None
            try:
                process.stdin.write(line)
                await process.stdin.drain()
                answer = await process.stdout.readline()
            except (BrokenPipeError, ConnectionResetError):
                answer = b""
            if answer:
                return json.loads(answer)
            self._kill()  # it had just gone to sleep, or died: once more with a new one
        raise RuntimeError(f"the worker died of the task {task}")

    async def _started(self) -> asyncio.subprocess.Process:
        if self.process is None or self.process.returncode is not None:
            root = str(Path(cloudarium.__file__).parent.parent)
            path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
            kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                self._module,
                str(QUIET_SECONDS),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={**kept, "PYTHONPATH": path, "AWS_EC2_METADATA_DISABLED": "true"},
                limit=self._longest_line,
            )
        return self.process

    def _kill(self) -> None:
        self._killed = [each for each in self._killed if each.returncode is None]
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            self._killed.append(self.process)
        self.process = None

    async def end(self) -> None:
        """End the child, and wait until it has: one must not outlive the loop that talks to it."""
        if self.loop is not asyncio.get_running_loop():
            return
        self._kill()
        for process in self._killed:
            await process.communicate()
        self._killed.clear()
