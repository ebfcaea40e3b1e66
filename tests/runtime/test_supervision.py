"""No process outlives its cloud, however the cloud ends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.runtime.conftest import Lab

CLOUD = """
import asyncio, sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.runtime.conftest import Lab
lab = Lab(Path({folder!r}), {isolation!r})
source = '''
import os, time
def handler(event, context):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(600)
        time.sleep(600)
    if event: time.sleep(600)
'''
lab.invoke(lab.function(source))
if {busy}:
    print("up", flush=True)
    lab.invoke(lab.function(source, timeout=500), 1)
print("up", flush=True)
time.sleep(600)
"""


def _processes_of(session_mark: str) -> list[int]:
    """Every process whose environment or command line carries the mark of a test's folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            text = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue
        if session_mark.encode() in text:
            found.append(int(entry.name))
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("isolation", ["unknown", "none"])
@pytest.mark.parametrize("busy", [False, True])
def test_killed_cloud_leaves_nothing(tmp_path: Path, isolation: str, busy: bool) -> None:
    root = str(Path(__file__).parents[2])
    folder = str(tmp_path / "lab")
    program = CLOUD.format(root=root, folder=folder, isolation=isolation, busy=busy)
    cloud = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert cloud.stdout is not None and cloud.stdout.readline() == "up\n"
    started = [pid for pid in _descendants(cloud.pid)]
    assert len(started) >= 4  # launcher, first process, function, its daemons
    cloud.send_signal(signal.SIGKILL)
    cloud.wait()
    deadline = time.monotonic() + 10
    while (alive := [pid for pid in started if _alive(pid)]) and time.monotonic() < deadline:
        os.sched_yield()
    assert alive == []


def _descendants(pid: int) -> list[int]:
    from cloudarium.runtime.memory import descendants

    return descendants(pid)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_daemons_of_a_function_end_with_its_environment(lab: Lab) -> None:
    spec = lab.function(
        """
import os, time
def handler(event, context):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(600)
        os._exit(0)
    time.sleep(0.1)
"""
    )
    lab.invoke(spec)
    environment = lab.environments._idle[spec.key][0]
    assert environment.process is not None
    below = _descendants(environment.process.meter.guard)
    assert len(below) >= 2
    lab.run(lab.environments.stop(spec.key))
    deadline = time.monotonic() + 10
    while any(_alive(pid) for pid in below) and time.monotonic() < deadline:
        os.sched_yield()
    assert not any(_alive(pid) for pid in below)


def test_launcher_that_was_killed_is_started_again(own_lab: Lab) -> None:
    spec = own_lab.function("import os\ndef handler(event, context): return os.environ['AWS_SESSION_TOKEN']")
    first = own_lab.value(spec)
    for task in own_lab.environments.launchers._started.values():
        task.result()._process.kill()
    while own_lab.environments._idle[spec.key][0].alive:
        own_lab.run(asyncio.sleep(0))
    assert own_lab.value(spec) != first


def test_a_function_whose_connection_has_gone_before_its_end_is_known_is_not_asked(lab: Lab) -> None:
    spec = lab.function("import time\nbegan = time.time()\ndef handler(event, context): return began")
    first = lab.value(spec)
    [environment] = lab.environments._idle[spec.key]
    assert environment.process is not None and environment.waits
    for connection in list(environment.process.api._connections):
        connection.abort()
    while environment.waits:
        lab.run(asyncio.sleep(0))
    assert lab.value(spec) != first


HOSTILE = {
    "closes its files": "import os\n os.closerange(0, 200)",
    "kills its parent": "import os\n os.kill(os.getppid(), 9)",
    "ends at once": "import os\n os._exit(3)",
    "aborts": "import os\n os.abort()",
    "writes no text": "import os\n os.write(1, bytes(range(256)) * 400 + b'\\xa5\\x5a\\x00\\x00\\xff\\xff\\xff\\xff')",
    "writes a line without end": "print('x' * 3_000_000, end='')",
}


@pytest.mark.parametrize("deed", HOSTILE)
def test_whatever_a_handler_does_the_next_one_is_served(lab: Lab, deed: str) -> None:
    if deed == "kills its parent" and lab.environments.launchers.isolation != "namespaces":
        pytest.skip("without namespaces the parent is the launcher itself")
    result = lab.invoke(lab.function(f"def handler(event, context):\n {HOSTILE[deed]}\n"))
    answer = json.loads(result.payload)
    assert answer is None or answer["errorType"] == "Runtime.ExitError"
    assert lab.value(lab.function("def handler(event, context): return 'well'")) == "well"
