"""Which programs run which runtime: looked up on this machine when first wanted, the nearest one taken."""

from __future__ import annotations

import asyncio
import glob
import importlib.util
import json
import os
import re
import shutil
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cloudarium.runtime.spec import RuntimeUnavailable

SDK_PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "urllib3", "dateutil", "six")
OLDEST_PYTHON = 10  # of Python 3: what the SDK of today runs on
NEWEST_PYTHON = 16
BUILT = re.compile(r"python3\.\d+|nodejs\d+\.x|provided(\.al2|\.al2023)?")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A program that runs functions. `note` is what the function's log must say when it is not the wanted one."""

    family: str  # "python" | "nodejs" | "provided"
    program: str
    version: str
    prefix: str = ""
    note: str = ""


def is_built(runtime: str) -> bool:
    """Is this one of the runtimes that can run here at all (Python, Node.js, custom)?"""
    return bool(BUILT.fullmatch(runtime))


@cache
def own_python() -> Interpreter:
    """The Python that runs the cloud, without its virtual environment."""
    program = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)
    return Interpreter("python", program, ".".join(map(str, sys.version_info[:3])), os.path.realpath(sys.base_prefix))


@cache
def sdk_packages() -> dict[str, str]:
    """Where the packages of the runtime's own SDK lie: file or folder name → path."""
    found = {}
    for name in SDK_PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin:
            path = Path(spec.origin)
            path = path.parent if path.name == "__init__.py" else path
            found[path.name] = str(path)
    return found


class Interpreters:
    """Finds the interpreter of a runtime; each is probed once."""

    def __init__(self) -> None:
        self._found: dict[str, Interpreter] = {}
        self._pythons: dict[int, Interpreter | None] = {sys.version_info[1]: own_python()}
        self._lock = asyncio.Lock()

    async def of(self, runtime: str) -> Interpreter:
        """The interpreter for `runtime`; raises RuntimeUnavailable when there is none on this machine."""
        if runtime not in self._found:
            async with self._lock:
                if runtime not in self._found:
                    self._found[runtime] = await self._find(runtime)
        return self._found[runtime]

    async def _find(self, runtime: str) -> Interpreter:
        if runtime.startswith("python3."):
            return await self._find_python(int(runtime.removeprefix("python3.")))
        if runtime.startswith("nodejs"):
            return await self._find_node(int(runtime.removeprefix("nodejs").partition(".")[0]))
        if runtime.startswith("provided"):
            return Interpreter("provided", "", runtime)
        raise RuntimeUnavailable(f"no interpreter for runtime {runtime}")

    async def _find_python(self, wanted: int) -> Interpreter:
        minors = sorted(range(OLDEST_PYTHON, NEWEST_PYTHON), key=lambda minor: (abs(minor - wanted), -minor))
        for minor in minors:
            if minor not in self._pythons:
                self._pythons[minor] = await _probe_python(minor)
            found = self._pythons[minor]
            if found is not None:
                return _noted(found, minor == wanted, f"python3.{wanted}", f"Python {found.version}")
        return own_python()

    async def _find_node(self, wanted: int) -> Interpreter:
        program = shutil.which("node")
        text = await _output(program, "--version") if program else ""
        if not program or not text.startswith("v"):
            raise RuntimeUnavailable(f"nodejs{wanted}.x needs Node.js, and no `node` was found on this machine's PATH")
        program = os.path.realpath(program)
        version = text[1:].strip()
        node = Interpreter("nodejs", program, version, os.path.dirname(os.path.dirname(program)))
        return _noted(node, version.startswith(f"{wanted}."), f"nodejs{wanted}.x", f"Node.js {version}")


def _noted(found: Interpreter, exact: bool, wanted: str, here: str) -> Interpreter:
    if exact:
        return found
    note = f"Runtime {wanted} is not on this machine: {here} runs the function."
    return Interpreter(found.family, found.program, found.version, found.prefix, note)


async def _probe_python(minor: int) -> Interpreter | None:
    candidates = [shutil.which(f"python3.{minor}")]
    for pattern in (
        "~/.pyenv/versions/3.{0}.*/bin/python3.{0}",
        "~/.local/share/uv/python/cpython-3.{0}.*/bin/python3.{0}",
    ):
        candidates += sorted(glob.glob(os.path.expanduser(pattern.format(minor))), reverse=True)
    script = (
        "import sys,json;print(json.dumps([sys.executable,'.'.join(map(str,sys.version_info[:3])),sys.base_prefix]))"
    )
    for candidate in candidates:
        text = await _output(candidate, "-I", "-S", "-c", script) if candidate else ""
        if text.startswith("["):
            program, version, prefix = json.loads(text)
            if version.startswith(f"3.{minor}."):
                return Interpreter("python", os.path.realpath(program), version, os.path.realpath(prefix))
    return None


async def _output(*command: str) -> str:
    """What a short command prints; empty when it cannot be run, fails or takes long."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return ""
    try:
        text, _ = await asyncio.wait_for(process.communicate(), 10)
    except TimeoutError:
        process.kill()
        await process.wait()
        return ""
    return text.decode(errors="replace") if process.returncode == 0 else ""
