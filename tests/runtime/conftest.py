"""A pool of environments without any cloud around it, and functions made of a few lines of source."""

from __future__ import annotations

import asyncio
import io
import json
import stat
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudarium.runtime import Credentials, Environments, FunctionSpec, Invocation, InvocationResult, LogEvent
from cloudarium.shared import ids


def zipped(files: dict[str, str | bytes], modes: dict[str, int] | None = None) -> bytes:
    """A package of these files; `modes` gives the Unix mode of some."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (stat.S_IFREG | (modes or {}).get(name, 0o644)) << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


class Lab:
    """Runs functions in a pool of its own; `lines` collects what they logged."""

    def __init__(self, folder: Path, isolation: str = "unknown") -> None:
        self.runner = asyncio.Runner()
        self.lines: list[str] = []
        self.lifetime = 3600.0
        self.offset = 0.0
        self.environments = self.run(self._make(folder, isolation))

    async def _make(self, folder: Path, isolation: str) -> Environments:
        async def keys(spec: FunctionSpec) -> Credentials:
            return Credentials("AKID", "SECRET", f"TOKEN-{ids.hex(8)}", self.clock() + self.lifetime)

        def take(spec: FunctionSpec, stream: str, event: LogEvent) -> None:
            self.lines.append(event.message)

        made = Environments(
            folder, clock=self.clock, credentials=keys, on_log=take, endpoint="http://127.0.0.1:4566", total=8
        )
        made.launchers.isolation = isolation
        return made

    def clock(self) -> float:
        """The pool's clock, which a test can move."""
        return time.time() + self.offset

    def run(self, work: Any) -> Any:
        """Run a coroutine in the pool's loop."""
        return self.runner.run(work)

    def function(
        self, source: str | dict[str, str | bytes] = "", modes: dict[str, int] | None = None, **settings: Any
    ) -> FunctionSpec:
        """A function; a string is the source of app.py."""
        files = {"app.py": source} if isinstance(source, str) else source
        name = settings.pop("name", "fn-" + ids.lower(8))
        arn = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
        given: dict[str, Any] = {
            "key": f"{arn}:$LATEST@{ids.hex(8)}",
            "arn": arn,
            "name": name,
            "version": "$LATEST",
            "runtime": "python3.11",
            "handler": "app.handler",
            "role": "arn:aws:iam::123456789012:role/r",
            "account": "123456789012",
            "region": "us-east-1",
            "code": self.environments.packages.unpack(zipped(files, modes)),
            "log_group": f"/aws/lambda/{name}",
            "timeout": 20,
        }
        return FunctionSpec(**{**given, **settings})

    def layer(self, files: dict[str, str | bytes], modes: dict[str, int] | None = None) -> Path:
        """An unpacked layer."""
        return self.environments.packages.unpack(zipped(files, modes))

    async def send(self, spec: FunctionSpec, event: Any = None, limit: int | None = None, **more: Any) -> Any:
        """Invoke once, inside the loop."""
        payload = event if isinstance(event, bytes) else json.dumps(event).encode()
        return await self.environments.invoke(spec, Invocation(ids.uuid(), payload, spec.arn, **more), limit)

    def invoke(self, spec: FunctionSpec, event: Any = None, **more: Any) -> InvocationResult:
        """Invoke once."""
        return self.run(self.send(spec, event, **more))

    def value(self, spec: FunctionSpec, event: Any = None, **more: Any) -> Any:
        """Invoke once and read the answer, which must not be an error."""
        result = self.invoke(spec, event, **more)
        assert not result.error, result.payload
        return json.loads(result.payload)

    def error(self, spec: FunctionSpec, event: Any = None) -> dict[str, Any]:
        """Invoke once and read the error that must be the answer."""
        result = self.invoke(spec, event)
        assert result.error == "Unhandled", result.payload
        return json.loads(result.payload)

    def close(self) -> None:
        """End all."""
        self.run(self.environments.close())
        self.runner.close()


@pytest.fixture(scope="session", params=["namespaces", "none"])
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A pool, once with the isolation that this machine has and once without any."""
    made = Lab(tmp_path_factory.mktemp("lab"), "unknown" if request.param == "namespaces" else "none")
    made.value(made.function("def handler(event, context): return 1"))
    if made.environments.launchers.isolation != request.param:
        reason = made.environments.launchers.reason
        made.close()
        pytest.skip(f"no namespaces on this machine: {reason}")
    yield made
    made.close()


@pytest.fixture
def own_lab(tmp_path: Path) -> Iterator[Lab]:
    """A pool of this test's own."""
    made = Lab(tmp_path / "lab")
    yield made
    made.close()
