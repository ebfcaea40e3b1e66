"""How the process of an environment is started: by which launcher, with which command, variables and folders."""

from __future__ import annotations

import asyncio
import platform
from pathlib import Path
from typing import Any

from cloudarium.runtime import node_sdk, trust, variables
from cloudarium.runtime.attached import Attached
from cloudarium.runtime.environment import Environment, Start
from cloudarium.runtime.interpreters import Interpreter, Interpreters
from cloudarium.runtime.launcher import Launcher, Launchers, Layout
from cloudarium.runtime.packages import Packages
from cloudarium.runtime.sources import Sources
from cloudarium.runtime.spec import FunctionSpec, RuntimeUnavailable

LIMITS = {"RLIMIT_CORE": 0, "RLIMIT_NOFILE": 1024}


class Starter:
    """What environments are started with."""

    def __init__(
        self, folder: Path, endpoint: str, launchers: Launchers, attached: Attached, authority: Path | None = None
    ) -> None:
        self.folder = folder
        self.endpoint = endpoint
        self.launchers = launchers
        self.attached = attached
        self.authority = authority
        self.packages = Packages(folder)
        self.interpreters = Interpreters()
        self.sources = Sources()

    async def prepare(self, runtime: str, code: Path) -> None:
        """Get ready what a first invocation of this code would otherwise wait for."""
        interpreter = await self.interpreters.of(runtime)
        with_sdk = False
        if interpreter.family == "nodejs":
            with_sdk = await self._fetch_node_sdk([code]) == ""
        elif interpreter.family == "python":
            await self.sources.compile_soon(code, interpreter)
            with_sdk = await self.sources.mention([code], (".py",), b"boto")
        await self.launchers.get(interpreter, with_sdk)

    async def close(self) -> None:
        """End the launchers, and with them what they have started."""
        await self.launchers.close()
        await self.sources.close()

    async def start_with(self, environment: Environment) -> Start:
        """How an environment is to be started. Raises RuntimeUnavailable when this machine cannot."""
        spec = environment.spec
        interpreter = await self.interpreters.of(spec.runtime)
        layers = await asyncio.to_thread(self.packages.merged, spec.layers) if spec.layers else None
        if interpreter.family == "provided":
            _check_bootstrap(spec, layers)
        launcher, forks = await self._launcher_for(interpreter, environment, layers)
        network, not_attached = await self.attached.attach(spec, launcher)

        def order(address: str, daemon: str) -> dict[str, Any]:
            made = self._order(environment, launcher.layout, layers, address, daemon, forks)
            return {"network": network, **made}

        notes = _notes(spec, interpreter, layers)
        return Start(launcher, interpreter, order, network, (*notes, not_attached) if not_attached else notes)

    async def _launcher_for(
        self, interpreter: Interpreter, environment: Environment, layers: Path | None
    ) -> tuple[Launcher, bool]:
        """The launcher, and whether it may fork its own Python: not when the code brings modules that are imported."""
        spec = environment.spec
        if interpreter.family == "nodejs":
            note = await self._fetch_node_sdk([spec.code, *([layers] if layers is not None else [])])
            if note:
                environment.log.line(note)
            return await self.launchers.get(interpreter, preload=note == ""), False
        if interpreter.family != "python":
            return await self.launchers.get(interpreter, preload=False), False
        if "AWS_LAMBDA_EXEC_WRAPPER" in spec.environment or "PYTHONPATH" in spec.environment:
            return await self.launchers.get(interpreter, preload=False), False
        folders = [spec.code, *([layers] if layers is not None else [])]
        for folder in folders:
            await self.sources.compile_soon(folder, interpreter)
        with_sdk = await self.sources.mention(folders, (".py",), b"boto")
        for preload in (True, False) if with_sdk else (False,):
            launcher = await self.launchers.get(interpreter, preload)
            if not await self.sources.clash(spec.code, layers, launcher.modules):
                return launcher, True
        return launcher, False

    async def _fetch_node_sdk(self, folders: list[Path]) -> str | None:
        """Have the JavaScript SDK at hand: empty. None when the code never names it, else why it is not there."""
        link = self.folder / "sdk-node"
        if node_sdk.at_hand(link):
            return ""
        if not await self.sources.mention(folders, (".js", ".mjs", ".cjs"), b"@aws-sdk/"):
            return None
        return await node_sdk.ready(link)

    def _order(
        self, environment: Environment, layout: Layout, layers: Path | None, address: str, daemon: str, forks: bool
    ) -> dict[str, Any]:
        spec = environment.spec
        task = "/var/task" if layout.isolate else str(spec.code)
        opt = "/opt" if layout.isolate or layers is None else str(layers)
        tmp = "/tmp" if layout.isolate else self._own_tmp(environment)
        values = variables.of_function(
            spec, layout, address, daemon, environment.stream, self.endpoint, environment.keys, opt, tmp,
            environment.initialization,
        )  # fmt: skip
        trusted = trust.bundle(self.folder / "packages", self.authority)
        if trusted is not None:
            values = trust.variables(layout.seen(trusted), layout.interpreter.family) | values
        path = _import_path(layout, task, opt, values.get("PYTHONPATH", "")) if layout.is_python else []
        return {
            "task": layout.seen(spec.code),
            "opt": layout.seen(layers) if layers is not None else "",
            "tmp_bytes": spec.ephemeral_storage * 1048576,
            "limits": LIMITS,
            "folder": task,
            "variables": values,
            "path": path,
            "argv": [] if forks else _command(layout, spec, layers, task, opt, path),
        }

    def _own_tmp(self, environment: Environment) -> str:
        folder = self.folder / "environments" / environment.stream.rpartition("]")[2]
        folder.mkdir(parents=True, exist_ok=True)
        environment.folder = folder
        return str(folder)


def _notes(spec: FunctionSpec, interpreter: Interpreter, layers: Path | None) -> tuple[str, ...]:
    """In what the function is run otherwise than on AWS; its log says it at each cold start."""
    notes = [interpreter.note]
    machine = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
    if spec.architecture != machine:
        notes.append(f"Architecture {spec.architecture} is not this machine's: the function runs on {machine}.")
    if spec.snap_start:
        notes.append("SnapStart: no snapshot is taken in this cloud; the function is initialised at each cold start.")
    if layers is not None and (layers / "extensions").is_dir():
        names = ", ".join(sorted(entry.name for entry in (layers / "extensions").iterdir()))
        notes.append(f"External extensions are not built in this cloud and were not started: {names}.")
    return tuple(note for note in notes if note)


def _check_bootstrap(spec: FunctionSpec, layers: Path | None) -> None:
    if not any((folder / "bootstrap").exists() for folder in (spec.code, layers) if folder is not None):
        raise RuntimeUnavailable("Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]")


def _import_path(layout: Layout, task: str, opt: str, python_path: str) -> list[str]:
    minor = layout.interpreter.version.split(".")[1]
    layers = [f"{opt}/python/lib/python3.{minor}/site-packages", f"{opt}/python"]
    return [task, *layers, *[entry for entry in python_path.split(":") if entry]]


def _command(
    layout: Layout, spec: FunctionSpec, layers: Path | None, task: str, opt: str, path: list[str]
) -> list[str]:
    """The command line of a runtime that is not forked."""
    family = layout.interpreter.family
    if family == "python":
        program = layout.program(layout.interpreter, "/var/lang")
        command = [program, "-I", "-S", f"{layout.rapid}/python_bootstrap.py", *path]
    elif family == "nodejs":
        program = layout.program(layout.interpreter, "/var/lang")
        heap = max(64, spec.memory * 9 // 10)
        options = ["--expose-gc", "--max-http-header-size", "81920", f"--max-old-space-size={heap}"]
        command = [program, *options, f"{layout.rapid}/node_bootstrap.mjs"]
    else:
        command = [f"{task if (spec.code / 'bootstrap').exists() else opt}/bootstrap"]
    wrapper = spec.environment.get("AWS_LAMBDA_EXEC_WRAPPER")
    return [wrapper, *command] if wrapper and family != "provided" else command
