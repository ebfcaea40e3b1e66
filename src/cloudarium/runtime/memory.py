"""How much memory an environment's processes hold, read from the system they really run on."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import sys
from io import FileIO

PAGE = resource.getpagesize()


class Meter:
    """Reads the resident memory of all processes below an environment's first one."""

    def __init__(self, guard: int) -> None:
        self.guard = guard
        self.peak = 0  # bytes
        self._status: FileIO | None = None

    def read(self) -> int:
        """Bytes resident now, summed; remembers the highest."""
        resident = _linux(self.guard) if sys.platform == "linux" else _posix(self.guard)
        self.peak = max(self.peak, resident)
        return resident

    def glance(self) -> None:
        """A cheap look at the first function process's own highest mark, for the end of a short invocation."""
        if sys.platform != "linux":  # asking `ps` takes too long to do it each time
            if not self.peak:
                self.read()
            return
        if self._status is None:
            below = descendants(self.guard)
            if not below:
                return
            with contextlib.suppress(OSError):
                self._status = open(f"/proc/{below[0]}/status", "rb", buffering=0)  # noqa: SIM115 (kept open)
        if self._status is None:
            return
        with contextlib.suppress(OSError):
            text = os.pread(self._status.fileno(), 4096, 0)
            at = text.find(b"VmHWM:")
            if at >= 0:
                self.peak = max(self.peak, int(text[at + 6 : text.find(b"kB", at)]) * 1024)

    def close(self) -> None:
        """Let go of what a glance keeps open."""
        if self._status is not None:
            self._status.close()
            self._status = None


def descendants(pid: int) -> list[int]:
    """The processes below `pid`, without itself (Linux)."""
    found: list[int] = []
    waiting = [pid]
    while waiting and len(found) < 1024:
        parent = waiting.pop()
        try:
            with open(f"/proc/{parent}/task/{parent}/children", "rb") as file:
                children = [int(word) for word in file.read().split()]
        except OSError:
            continue
        found += children
        waiting += children
    return found


def _linux(guard: int) -> int:
    total = 0
    for pid in descendants(guard):
        try:
            with open(f"/proc/{pid}/statm", "rb") as file:
                total += int(file.read().split()[1]) * PAGE
        except (OSError, IndexError):
            continue
    return total


def _posix(guard: int) -> int:
    """Elsewhere `ps` knows: the environment's processes are the group that its first one leads, and its children's."""
    try:
        text = subprocess.run(["ps", "-axo", "pid=,ppid=,rss="], capture_output=True, timeout=5, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0
    rows = [tuple(map(int, line.split())) for line in text.splitlines() if len(line.split()) == 3]
    below = {guard}
    grown = True
    while grown:
        more = {pid for pid, parent, _ in rows if parent in below} - below
        grown = bool(more)
        below |= more
    return sum(size * 1024 for pid, _, size in rows if pid in below and pid != guard)
