"""What a function's code brings along: which modules it offers, and whether it speaks of the SDK."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from cloudarium.runtime.interpreters import Interpreter, sdk_packages

LARGE = 64 * 1024  # bytes of Python from which on compiling beforehand is worth a process


class Sources:
    """Answers about unpacked packages, which never change: each is looked up once."""

    def __init__(self) -> None:
        self._mentions: dict[tuple[Path, bytes], bool] = {}
        self._offers: dict[Path, dict[str, Path]] = {}
        self._same: dict[Path, bool] = {}
        self._compiled: dict[tuple[Path, str], asyncio.subprocess.Process | None] = {}

    async def mention(self, folders: list[Path], endings: tuple[str, ...], word: bytes) -> bool:
        """Does any file with one of these endings, below any of the folders, hold `word`?"""
        for folder in folders:
            key = (folder, word)
            if key not in self._mentions:
                self._mentions[key] = await asyncio.to_thread(_mentions, folder, endings, word)
            if self._mentions[key]:
                return True
        return False

    async def clash(self, code: Path, layers: Path | None, imported: frozenset[str]) -> bool:
        """Does the code bring a module of its own under the name of one that a launcher has imported already?

        A copy of what the runtime's SDK has, byte for byte, is no clash: which of the two is used makes no difference.
        """
        for folder in _import_folders(code, layers):
            if folder not in self._offers:
                self._offers[folder] = _offers(folder)
            for name in self._offers[folder].keys() & imported:
                path = self._offers[folder][name]
                if path not in self._same:
                    self._same[path] = await asyncio.to_thread(_is_copy, path)
                if not self._same[path]:
                    return True
        return False

    async def compile_soon(self, folder: Path, interpreter: Interpreter) -> None:
        """Have a large package's Python compiled in the background, once for each interpreter."""
        key = (folder, interpreter.program)
        if key in self._compiled:
            return
        self._compiled[key] = None
        if not await asyncio.to_thread(_is_large, folder):
            return
        script = str(Path(__file__).parent / "bootstraps" / "precompile.py")
        self._compiled[key] = await asyncio.create_subprocess_exec(
            *(interpreter.program, "-I", "-S", script, str(folder)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )

    async def compiled(self) -> None:
        """Wait until all that was begun is compiled."""
        for process in self._compiled.values():
            if process is not None:
                await process.wait()

    async def close(self) -> None:
        """Stop compiling."""
        for process in self._compiled.values():
            if process is not None and process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()


def _is_large(folder: Path) -> bool:
    size = 0
    for path in folder.rglob("*.py"):
        with contextlib.suppress(OSError):
            size += path.stat().st_size
        if size > LARGE:
            return True
    return False


def _import_folders(code: Path, layers: Path | None) -> Iterator[Path]:
    yield code
    if layers is not None:
        yield layers / "python"
        yield from (layers / "python").glob("lib/python3.*/site-packages")


def _offers(folder: Path) -> dict[str, Path]:
    """The module names that a folder offers to `import`."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return {}
    return {entry.name.partition(".")[0]: Path(entry.path) for entry in entries if not entry.name.endswith("-info")}


def _is_copy(path: Path) -> bool:
    """Is this the same code as what the runtime's SDK has under this name?"""
    ours = sdk_packages().get(path.name)
    if ours is None:
        return False
    if path.is_file():
        return path.read_bytes() == Path(ours).read_bytes()
    theirs = {file.relative_to(path) for file in path.rglob("*.py")}
    if theirs != {file.relative_to(ours) for file in Path(ours).rglob("*.py")}:
        return False
    return all((path / file).read_bytes() == Path(ours, file).read_bytes() for file in theirs)


def _mentions(folder: Path, endings: tuple[str, ...], word: bytes) -> bool:
    for place, _, names in os.walk(folder):
        for name in names:
            if name.endswith(endings):
                with contextlib.suppress(OSError):
                    if word in Path(place, name).read_bytes():
                        return True
    return False
