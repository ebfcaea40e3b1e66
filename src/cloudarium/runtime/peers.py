"""Whose process is at the other end of a connection over the machine's loopback (Linux)."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from cloudarium.runtime.memory import descendants


def socket_inode(peer: tuple[str, int], own: tuple[str, int], seen_by: int | str = "self") -> str:
    """What names the peer's socket in /proc; empty where that cannot be told. `seen_by`: a process in its network."""
    if sys.platform != "linux":
        return ""
    wanted = f"{_hexadecimal(*peer)} {_hexadecimal(*own)}"
    try:
        with open(f"/proc/{seen_by}/net/tcp") as file:
            for line in file:
                words = line.split()
                if f"{words[1]} {words[2]}" == wanted:
                    return words[9]
    except OSError:
        pass
    return ""


def holder(inode: str, guards: Iterable[int]) -> int | None:
    """The one of these processes below which somebody holds the socket."""
    target = f"socket:[{inode}]"
    return next((guard for guard in guards if any(_holds(pid, target) for pid in descendants(guard))), None)


def _holds(pid: int, target: str) -> bool:
    folder = f"/proc/{pid}/fd"
    try:
        return any(os.readlink(f"{folder}/{name}") == target for name in os.listdir(folder))
    except OSError:  # it ended meanwhile
        return False


def _hexadecimal(address: str, port: int) -> str:
    """An address as /proc/net/tcp writes it: each 32 bits in the machine's byte order."""
    number = int.from_bytes(bytes(map(int, address.split("."))), sys.byteorder)
    return f"{number:08X}:{port:04X}"
