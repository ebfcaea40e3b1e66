"""The servers that are measured: Cloudarium, a bare hello-world on the same HTTP server, and the peers."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import venv
from dataclasses import dataclass, field
from pathlib import Path

from cloudarium.cli import running

_BARE = """
import sys, uvicorn
async def app(scope, receive, send):
    if scope["type"] == "http":
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
        await send({"type": "http.response.body", "body": b"hello"})
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), loop="uvloop", http="httptools", ws="none",
            lifespan="off", access_log=False, log_level="warning")
"""
# The same program without what it tells of its calls: no journal, so no traces, and no metrics.
_UNTOLD = """
from cloudarium.cli import main
from cloudarium.gateway import pipeline
pipeline.record = lambda call: None
main()
"""
UNTOLD = "untold"
PEERS = {"moto": ["moto[server]"], "ministack": ["ministack"]}
_PACKAGES = {**PEERS, "locust": ["locust>=2.32,<3"]}


@dataclass
class Server:
    """A server process and its children; `folder` is where it keeps its files."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    folder: tempfile.TemporaryDirectory[str] = field(repr=False)
    start_seconds: float = 0.0

    @property
    def url(self) -> str:
        """The endpoint."""
        return f"http://127.0.0.1:{self.port}"

    def cpu(self, children: bool = False) -> float:
        """CPU seconds that the process (and, if asked, everything that it started) has used."""
        pids = [self.process.pid, *(_descendants(self.process.pid) if children else [])]
        return sum(cpu_of(pid) for pid in pids)

    def rss_mb(self) -> float:
        """Resident memory of the process in MB."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def peak_mb(self) -> float:
        """The most resident memory that the process has had so far, in MB."""
        return _status(self.process.pid, "VmHWM:") / 1000

    def switches(self) -> int:
        """How often the process's threads have gone to sleep so far: once for each time that something woke them."""
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum(_status(int(task.name), "voluntary_ctxt_switches:") for task in tasks)

    def stop(self) -> None:
        """End it and everything that it started."""
        with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
            os.killpg(self.process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.folder.cleanup()


def _status(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def cpu_of(pid: int) -> float:
    """CPU seconds that a process has used; none when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _descendants(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [each for child in children for each in (int(child), *_descendants(int(child)))]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(name: str) -> Server:
    """Start a server by name: cloudarium, untold, bare or a peer. Raises RuntimeError when it does not answer."""
    port = free_port()
    folder = tempfile.TemporaryDirectory(prefix=f"bench-{name}-")
    command = _command(name, port, folder.name)
    began = time.perf_counter()
    with (Path(folder.name) / "log").open("wb") as log:
        process = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=log,
            env=_environment(port),
            start_new_session=True,
            cwd=folder.name,
        )
    server = Server(name, port, process, folder)
    while time.perf_counter() - began < 60:
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(
                server.url + "/_cloudarium/health" if name in ("cloudarium", UNTOLD) else server.url, timeout=5
            )
        except urllib.error.HTTPError:
            pass
        except OSError:
            time.sleep(0.005)
            continue
        server.start_seconds = time.perf_counter() - began
        return server
    text = (Path(folder.name) / "log").read_text()[-2000:]
    server.stop()
    raise RuntimeError(f"{name} did not start: {text}")


def _environment(port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**kept, "AWS_EC2_METADATA_DISABLED": "true", "GATEWAY_PORT": str(port), "PORT": str(port)}


def authority() -> Path:
    """The certificate of the authority that vouches for what a cloud secures."""
    return running.authority_folder() / "ca.pem"


def _command(name: str, port: int, folder: str) -> list[str]:
    if name in ("cloudarium", UNTOLD):
        program = ["-m", "cloudarium"] if name == "cloudarium" else ["-c", _UNTOLD]
        return [sys.executable, *program, "serve", "--port", str(port), "--data", f"{folder}/data"]
    if name == "bare":
        return [sys.executable, "-c", _BARE, str(port)]
    binaries = installed(name)
    if name == "moto":
        return [str(binaries / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]
    return [str(binaries / "ministack")]


def installed(name: str) -> Path:
    """The programs of a peer or of a tool, in a virtual environment of its own that is made on first use."""
    folder = Path(__file__).parents[1] / ".venv-peers" / name
    if not (folder / "installed").exists():
        print(f"installing {name} (once) …", flush=True)
        venv.create(folder, with_pip=True)
        subprocess.run([str(folder / "bin" / "pip"), "install", "--quiet", *_PACKAGES[name]], check=True)
        (folder / "installed").touch()
    return folder / "bin"
