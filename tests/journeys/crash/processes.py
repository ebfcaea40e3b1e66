"""Killing a cloud at bad moments, and seeing that none of its processes stays."""

from __future__ import annotations

import contextlib
import random
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from tests.conftest import RunningCloud


class CrashableCloud(RunningCloud):
    """A cloud whose write-ahead log is moved into the file every few writes, so that kills meet checkpoints too."""

    program = (
        "-c",
        "from cloudarium.store import checkpoints\n"
        "checkpoints.STEP, checkpoints.MOST = 60, 400\n"
        "from cloudarium.cli import main\n"
        "main()",
    )


def wait_for(what: str, true: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something is true; it must be within `seconds`."""
    limit = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < limit, f"{what} did not happen"
        time.sleep(0.01)


def descendants(pid: int) -> list[int]:
    """The processes below a process, as /proc knows them."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, to_see = [], [pid]
    while to_see:
        below = children.get(to_see.pop(), [])
        found += below
        to_see += below
    return found


def alive(pid: int) -> bool:
    """Whether a process lives."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def kill_and_see_nobody_left(cloud: RunningCloud) -> int:
    """Kill the cloud, wait until every process below it has ended, and say how many they were."""
    below = descendants(cloud.process.pid)
    cloud.kill()
    wait_for("the end of the killed cloud's processes", lambda: not any(map(alive, below)))
    return len(below)


def await_bad_moment(cloud: RunningCloud, chance: random.Random) -> None:
    """Wait for the moment to kill: none in particular, or the middle of a burst of commits."""
    if chance.random() < 0.4:
        time.sleep(chance.random() / 10)
        return
    assert cloud.data is not None
    log, limit = cloud.data / "cloud.sqlite-wal", time.monotonic() + 2
    for _ in range(chance.randrange(1, 6)):  # commits to let by
        before = log.stat().st_mtime_ns
        while log.stat().st_mtime_ns == before and time.monotonic() < limit:
            pass
    busy = time.perf_counter() + chance.random() / 3000  # somewhere within the next commit
    while time.perf_counter() < busy:
        pass


def half_an_upload(cloud: RunningCloud, name: str) -> socket.socket:
    """Begin to put an object that lives in a file, and stop in the middle of it: a kill leaves half a file behind."""
    url = urlsplit(cloud.client("s3").generate_presigned_url("put_object", {"Bucket": "crash", "Key": name}))
    connection = socket.create_connection(("127.0.0.1", cloud.port), timeout=10)
    head = f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Length: 400000\r\n\r\n"
    connection.sendall(head.encode() + bytes(300_000))
    assert cloud.data is not None
    folder = cloud.data / "blobs"
    wait_for("half a file", lambda: 300_000 in _sizes(folder))
    return connection


def _sizes(folder: Path) -> Iterator[int]:
    for file in folder.glob("*/*"):
        with contextlib.suppress(FileNotFoundError):  # others delete theirs meanwhile
            yield file.stat().st_size
