"""The cloud's side of a launcher: starts it, tells it what to start, notices when it is gone.

What a launcher does is in `bootstraps/launcher.py`, which runs on its own interpreter without any of this package.
"""

from __future__ import annotations

import array
import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from cloudarium.runtime.interpreters import Interpreter, own_python, sdk_packages
from cloudarium.runtime.networks import Networks

BOOTSTRAPS = Path(__file__).parent / "bootstraps"
START_SECONDS = 30


class NotIsolated(Exception):
    """This machine forbids what isolation needs; the text says what failed."""


class LauncherLost(Exception):
    """The launcher ended or could not start an environment."""


class Layout:
    """Where a function sees things: AWS's own paths when it has a root of its own, the real paths otherwise."""

    def __init__(self, folder: Path, interpreter: Interpreter, isolate: bool) -> None:
        self.folder = folder
        self.interpreter = interpreter
        self.isolate = isolate
        self.is_python = interpreter.family == "python"
        self.host = interpreter if self.is_python else own_python()  # runs the launcher itself
        self.rapid = "/var/rapid" if isolate else str(BOOTSTRAPS)
        self.sdk = "/var/runtime" if isolate else str(folder / "sdk-python")
        self.node_modules = "/var/runtime/node_modules" if isolate else str(folder / "sdk-node" / "node_modules")

    def seen(self, path: Path) -> str:
        """A path under the cloud's folder as the launcher sees it."""
        return f"/.cloud/{path.relative_to(self.folder)}" if self.isolate else str(path)

    def program(self, interpreter: Interpreter, place: str) -> str:
        """An interpreter's path as seen; one that is not under /usr is shown at `place`."""
        if not self.isolate or _is_system(interpreter.prefix):
            return interpreter.program
        return place + "/" + os.path.relpath(interpreter.program, interpreter.prefix)

    @property
    def host_place(self) -> str:
        """Where the launcher's own Python is shown."""
        return "/var/lang" if self.is_python else "/.python"

    def binds(self) -> list[tuple[str, str]]:
        """What the isolated root shows beside the system's folders."""
        binds = [(str(BOOTSTRAPS), "/var/rapid"), (str(self.folder / "packages"), "/.cloud/packages")]
        if not _is_system(self.host.prefix):
            binds.append((self.host.prefix, self.host_place))
        if self.interpreter.family == "nodejs":
            if not _is_system(self.interpreter.prefix):
                binds.append((self.interpreter.prefix, "/var/lang"))
            node_modules = self.folder / "sdk-node" / "node_modules"
            if node_modules.is_dir():
                binds.append((str(node_modules.resolve()), "/var/runtime/node_modules"))
        if self.is_python:
            binds += [(path, f"/var/runtime/{name}") for name, path in sdk_packages().items()]
        return binds

    def lay_links(self) -> None:
        """Without a root of its own the SDK is a folder of links."""
        target = Path(self.sdk)
        target.mkdir(parents=True, exist_ok=True)
        for name, path in sdk_packages().items():
            link = target / name
            if not link.is_symlink() or os.readlink(link) != path:
                link.unlink(missing_ok=True)
                link.symlink_to(path)


def _is_system(prefix: str) -> bool:
    return prefix in ("", "/") or prefix == "/usr" or prefix.startswith("/usr/")


class Launcher:
    """One launcher process, for one interpreter, with the SDK (imported or shown) or without."""

    def __init__(self, layout: Layout, preload: bool) -> None:
        self.layout = layout
        self.preload = preload
        self.modules: frozenset[str] = frozenset()
        self.lost = False
        self.networks = Networks(self)
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._received = b""
        self._handles: list[int] = []
        self._number = 0
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._hello: asyncio.Future[dict[str, Any]] | None = None

    async def start(self) -> None:
        """Start the process and wait until it is ready; raises NotIsolated or LauncherLost."""
        ours, theirs = socket.socketpair()
        layout = self.layout
        if not layout.isolate and layout.is_python:
            layout.lay_links()
        root = layout.folder / "root"
        root.mkdir(parents=True, exist_ok=True)
        configuration = {
            "isolate": layout.isolate,
            "stage": 1,
            "root": str(root),
            "binds": layout.binds(),
            "program": layout.program(layout.host, layout.host_place),
            "library_path": f"{layout.host_place}/lib",
            "preload": self.preload and layout.is_python,
            "sdk": layout.sdk,
        }
        script = str(BOOTSTRAPS / "launcher.py")
        command = [layout.host.program, "-I", "-S", "-B", script, str(theirs.fileno()), json.dumps(configuration)]
        with theirs:
            self._process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env={"LANG": "en_US.UTF-8", "TZ": ":UTC", "PATH": "/usr/bin:/bin"},
                start_new_session=True,
            )
        ours.setblocking(False)
        self._control = ours
        loop = asyncio.get_running_loop()
        self._hello = loop.create_future()
        loop.add_reader(ours.fileno(), self._read)
        try:
            hello = await asyncio.wait_for(self._hello, START_SECONDS)
        except TimeoutError as error:
            self.close()
            raise LauncherLost("the launcher did not answer") from error
        if "failed" in hello:
            self.close()
            raise NotIsolated(hello["failed"])
        self.modules = frozenset(hello["modules"])

    async def spawn(self, order: dict[str, Any], log: int, status: int) -> int:
        """Start an environment and give its first process's id; `log` and `status` stay the caller's to close."""
        answer = await self._ask({"do": "start", **order}, [log, status])
        pid: int = answer["pid"]
        return pid

    async def network(self, order: dict[str, Any]) -> list[socket.socket]:
        """Carry out an order about a network (see `runtime/networks.py`); the sockets that it asked for."""
        answer = await self._ask({"do": "network", **order}, [])
        return [socket.socket(fileno=handle) for handle in answer["sockets"]]

    async def _ask(self, order: dict[str, Any], handles: list[int]) -> dict[str, Any]:
        if self.lost or self._control is None:
            raise LauncherLost("the launcher has ended")
        self._number += 1
        order = {"id": self._number, **order}
        answer = self._answers[self._number] = asyncio.get_running_loop().create_future()
        await self._send(json.dumps(order).encode() + b"\n", handles)
        return await answer

    async def _send(self, data: bytes, handles: list[int]) -> None:
        assert self._control is not None
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", handles))] if handles else []
        loop = asyncio.get_running_loop()
        while True:
            try:
                sent = self._control.sendmsg([data], ancillary)
                break
            except BlockingIOError:
                await asyncio.sleep(0.001)
            except OSError as error:
                raise LauncherLost(str(error)) from error
        if sent < len(data):
            await loop.sock_sendall(self._control, data[sent:])

    def _read(self) -> None:
        assert self._control is not None
        try:
            data, handles, _, _ = socket.recv_fds(self._control, 65536, 64)
        except BlockingIOError:
            return
        except OSError:
            data, handles = b"", []
        self._handles += handles
        if not data:
            self._end()
            return
        self._received += data
        while b"\n" in self._received:
            line, _, self._received = self._received.partition(b"\n")
            self._take(json.loads(line))

    def _take(self, message: dict[str, Any]) -> None:
        if self._hello is not None and not self._hello.done():
            self._hello.set_result(message)
        elif "id" in message:
            count = message.get("handles", 0)
            message["sockets"], self._handles[:count] = self._handles[:count], []
            answer = self._answers.pop(message["id"], None)
            if answer is None or answer.done():
                for handle in message["sockets"]:
                    os.close(handle)
            elif "error" in message:
                answer.set_exception(LauncherLost(message["error"]))
            else:
                answer.set_result(message)

    def _end(self) -> None:
        self.lost = True
        self.networks.close()
        self._close_control()
        if self._hello is not None and not self._hello.done():
            self._hello.set_result({"failed": "the launcher ended"})
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(LauncherLost("the launcher has ended"))
        self._answers.clear()

    def _close_control(self) -> None:
        if self._control is not None:
            with contextlib.suppress(RuntimeError, ValueError):
                asyncio.get_running_loop().remove_reader(self._control.fileno())
            self._control.close()
            self._control = None

    def close(self) -> None:
        """End the launcher and, with it, every environment it started."""
        self._end()
        if self._process is None:
            return
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


class Launchers:
    """The launchers of one cloud, each started when first wanted, and whether isolation works here."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.isolation = "unknown"  # then "namespaces" or "none"
        self.reason = ""
        self._started: dict[tuple[str, bool], asyncio.Task[Launcher]] = {}

    async def get(self, interpreter: Interpreter, preload: bool) -> Launcher:
        """The launcher for an interpreter, started (again) when needed."""
        key = (interpreter.program or interpreter.family, preload)
        task = self._started.get(key)
        if task is not None and task.done() and (task.cancelled() or task.exception() or task.result().lost):
            task = None
        if task is None:
            task = self._started[key] = asyncio.ensure_future(self._start(interpreter, preload))
        return await asyncio.shield(task)

    async def _start(self, interpreter: Interpreter, preload: bool) -> Launcher:
        (self.folder / "packages").mkdir(parents=True, exist_ok=True)
        if self.isolation != "none" and sys.platform == "linux":
            launcher = Launcher(Layout(self.folder, interpreter, True), preload)
            try:
                await launcher.start()
                self.isolation = "namespaces"
                return launcher
            except NotIsolated as error:
                self.reason = str(error)
        self.isolation = "none"
        self.reason = self.reason or f"{sys.platform} has no namespaces"
        launcher = Launcher(Layout(self.folder, interpreter, False), preload)
        try:
            await launcher.start()
        except NotIsolated as error:
            raise LauncherLost(str(error)) from error
        return launcher

    def running(self) -> list[Launcher]:
        """The launchers that are up."""
        done = [
            task for task in self._started.values() if task.done() and not task.cancelled() and not task.exception()
        ]
        return [task.result() for task in done if not task.result().lost]

    async def close(self) -> None:
        """End all launchers."""
        for task in self._started.values():
            with contextlib.suppress(Exception, asyncio.CancelledError):
                (await task).close()
        self._started.clear()
