"""The running cloud as the command line sees it: where it is recorded, and its own HTTP paths."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cloudarium.cli.output import Failed


class NotRunning(Failed):
    """No cloud answers; the message says what to do next."""


@dataclass(frozen=True)
class Running:
    """A cloud that was started: its process, its endpoint, and its data folder (None: it keeps nothing).

    `born` tells the process from a later one with the same number. `ca` is the file of the authority that vouches for
    it when it speaks TLS too, on the same port. `ports` are those on which it speaks other protocols, by their names.
    """

    pid: int
    endpoint: str
    data: str | None
    log: str
    born: str = ""
    ca: str | None = None
    ports: dict[str, int] = field(default_factory=dict)

    @property
    def https(self) -> str | None:
        """The endpoint over TLS; None when it does not speak TLS."""
        return f"https{self.endpoint.removeprefix('http')}" if self.ca is not None else None

    def ask(self, path: str, body: dict[str, Any] | None = None, timeout: float | None = 120) -> Any:
        """GET (or, with a body, POST) one of the cloud's own paths.

        Raises NotRunning when no cloud answers, and Failed when it says no.
        """
        data = None if body is None else json.dumps(body).encode()
        try:
            request = urllib.request.Request(f"{self.endpoint}/_cloudarium/{path}", data)
            with _opener(self.endpoint).open(request, timeout=timeout) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise Failed(_refusal(error) or f"What answers at {self.endpoint} is not Cloudarium.") from error
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise NotRunning(
                f"No cloud answers at {self.endpoint} ({reason}). Start one with: cloudarium up"
            ) from error
        except ValueError as error:
            raise NotRunning(f"What answers at {self.endpoint} is not Cloudarium.") from error

    def answers(self) -> bool:
        """Whether the cloud is up."""
        try:
            self.ask("health", timeout=5)
        except Failed:
            return False
        return True


def _opener(endpoint: str) -> urllib.request.OpenerDirector:
    """A proxy that the environment names is for the world, not for this machine; its authority is for AWS clients."""
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
    if endpoint.startswith("https:"):
        trusted = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE"))
        handlers.append(urllib.request.HTTPSHandler(context=trusted))
    return urllib.request.build_opener(*handlers)


def _refusal(error: urllib.error.HTTPError) -> str | None:
    try:
        return str(json.load(error)["error"])
    except (ValueError, KeyError, TypeError, OSError):
        return None


def default_data() -> Path:
    """The data folder when none is named: CLOUDARIUM_DATA, else the user's data directory."""
    named = os.environ.get("CLOUDARIUM_DATA")
    if named:
        return Path(named)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "cloudarium"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "cloudarium"


def authority_folder() -> Path:
    """Where the authority of all of this user's clouds is, so that it has to be trusted once."""
    if sys.platform == "darwin" and "XDG_STATE_HOME" not in os.environ:
        return Path.home() / "Library" / "Application Support" / "cloudarium-authority"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "cloudarium"


def _note(data: Path) -> Path:
    return data / "running.json"


def write_note(data: Path, running: Running) -> None:
    """Remember a started cloud in its data folder (an ephemeral one in the default folder)."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = _note(data).with_suffix(f".{os.getpid()}")
    temporary.write_text(json.dumps(asdict(running)))
    temporary.replace(_note(data))


def forget(data: Path, pid: int | None = None) -> None:
    """The cloud is no longer running; with `pid`, only if it is that process that is remembered."""
    known = recorded(data)
    if pid is None or (known is not None and known.pid == pid):
        with contextlib.suppress(NotADirectoryError):
            _note(data).unlink(missing_ok=True)


def recorded(data: Path) -> Running | None:
    """The cloud that was started on this folder and whose process still lives, else None."""
    try:
        running = Running(**json.loads(_note(data).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    if not alive(running.pid) or (running.born and born(running.pid) != running.born):
        return None
    return running


def find(data: Path | None) -> Running:
    """The cloud to talk to: the one recorded on `data`, else what AWS_ENDPOINT_URL names. Raises NotRunning."""
    running = recorded(data or default_data())
    if running is not None:
        return running
    named = os.environ.get("AWS_ENDPOINT_URL")
    if named and data is None:
        return Running(0, named.rstrip("/"), None, "")
    raise NotRunning("No cloud is running. Start one with: cloudarium up")


def alive(pid: int) -> bool:
    """Whether the process lives."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def born(pid: int) -> str:
    """When the process began, in the system's own words; empty when that cannot be known."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        pass
    try:
        told = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return told.stdout.strip()


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return False


def end(pid: int, patience: float = 20.0) -> None:
    """Stop a process in order, and by force when it does not stop within `patience` seconds."""
    limit = time.monotonic() + patience
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        while alive(pid):
            if time.monotonic() > limit:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
