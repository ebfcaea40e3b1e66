"""Time, memory and concurrency: what an environment may use, and what happens past it."""

from __future__ import annotations

import asyncio
import json
import platform
import sys
from pathlib import Path

import pytest

from cloudarium.runtime import Throttled, environment
from tests.runtime.conftest import Lab


def test_time_out_kills_and_the_next_event_is_served(lab: Lab) -> None:
    spec = lab.function("import time\ndef handler(event, context):\n time.sleep(event)\n return 'ok'", timeout=1)
    result = lab.invoke(spec, 30)
    error = json.loads(result.payload)
    assert error["errorType"] == "Sandbox.Timedout"
    assert error["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    assert (result.error, result.duration) == ("Unhandled", 1000.0)
    assert b"Task timed out after 1.00 seconds\n\nEND RequestId: " in result.log_tail
    assert result.log_tail.endswith(b"\tStatus: timeout\t\n")
    assert lab.value(spec, 0) == "ok"


def test_slow_start_is_tried_again_inside_the_invocation(own_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "INIT_SECONDS", 0.3)
    spec = own_lab.function("import time\ntime.sleep(1)\ndef handler(event, context): return 'late'", timeout=15)
    result = own_lab.invoke(spec)
    assert json.loads(result.payload) == "late"
    assert b"Phase: init\tStatus: timeout\n" in result.log_tail
    assert result.init == 0 and result.duration > 900  # the second start counts as the handler's time


def test_start_that_never_ends_is_the_handler_s_time_out(own_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "INIT_SECONDS", 0.2)
    spec = own_lab.function("import time\ntime.sleep(60)\ndef handler(event, context): pass", timeout=1)
    result = own_lab.invoke(spec)
    assert json.loads(result.payload)["errorType"] == "Sandbox.Timedout"
    assert b"Phase: invoke\tStatus: timeout\n" in result.log_tail


def test_failed_start_is_tried_twice(lab: Lab) -> None:
    result = lab.invoke(lab.function("print('loading')\nraise ValueError('no')\n"))
    text = result.log_tail.decode()
    assert text.count("loading\n") == 2
    assert "Phase: init\tStatus: error\tError Type: ValueError\n" in text
    assert "Phase: invoke\tStatus: error\tError Type: ValueError\n" in text
    assert text.endswith("Status: error\tError Type: ValueError\t\n")


def test_start_that_is_over_cannot_fail(lab: Lab) -> None:
    source = """
import os, urllib.error, urllib.request
def handler(event, context):
    url = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/init/error"
    try:
        urllib.request.urlopen(urllib.request.Request(url, b"{}", method="POST"))
    except urllib.error.HTTPError as error:
        return error.code
"""
    assert lab.value(lab.function(source)) == 403


def test_memory_over_the_limit_kills(lab: Lab) -> None:
    spec = lab.function(
        "import time\ndef handler(event, context):\n x = bytearray(400 << 20)\n time.sleep(15)", memory=128
    )
    result = lab.invoke(spec)
    error = json.loads(result.payload)
    assert error["errorType"] == "Runtime.ExitError"
    assert error["errorMessage"].endswith("Runtime exited with error: signal: killed")
    assert b"Max Memory Used: 128 MB\t" in result.log_tail
    assert b"Error Type: Runtime.OutOfMemory" in result.log_tail


def test_memory_of_child_processes_counts(lab: Lab) -> None:
    source = """
import os, time
def handler(event, context):
    if os.fork() == 0:
        x = bytearray(400 << 20)
        time.sleep(15)
    time.sleep(15)
"""
    assert lab.error(lab.function(source, memory=128))["errorMessage"].endswith("signal: killed")


def test_one_event_at_a_time_and_as_many_environments_as_events(lab: Lab) -> None:
    spec = lab.function(
        "import os, time\ndef handler(event, context):\n time.sleep(0.4)\n return os.environ['AWS_SESSION_TOKEN']"
    )

    async def three() -> list[bytes]:
        return [result.payload for result in await asyncio.gather(*[lab.send(spec) for _ in range(3)])]

    first = lab.run(three())
    assert len(set(first)) == 3
    assert set(lab.run(three())) == set(first)  # the same three, warm


def test_concurrency_limit(lab: Lab) -> None:
    spec = lab.function("import time\ndef handler(event, context): time.sleep(0.4)")

    async def two() -> list[object]:
        return await asyncio.gather(*[lab.send(spec, limit=1) for _ in range(2)], return_exceptions=True)

    first, second = lab.run(two())
    assert not isinstance(first, Throttled)
    assert isinstance(second, Throttled)
    assert second.reason == "ReservedFunctionConcurrentInvocationLimitExceeded"


def test_full_machine_gives_up_idle_environments_first(own_lab: Lab) -> None:
    specs = [own_lab.function("def handler(event, context): return 1") for _ in range(10)]
    assert [own_lab.value(spec) for spec in specs] == [1] * 10
    assert own_lab.environments.stats()["environments"] == 8


def test_full_machine_throttles(own_lab: Lab) -> None:
    spec = own_lab.function("import time\ndef handler(event, context): time.sleep(0.5)")

    async def nine() -> list[object]:
        return await asyncio.gather(*[own_lab.send(spec) for _ in range(9)], return_exceptions=True)

    results = own_lab.run(nine())
    assert [result.reason for result in results if isinstance(result, Throttled)] == [
        "ConcurrentInvocationLimitExceeded"
    ]


def test_keys_that_expire_end_an_environment(own_lab: Lab) -> None:
    spec = own_lab.function("import os\ndef handler(event, context): return os.environ['AWS_SESSION_TOKEN']")
    first = own_lab.value(spec)
    assert own_lab.value(spec) == first
    own_lab.offset = 3400  # the cloud's clock is moved on
    assert own_lab.value(spec) != first


def test_stop_ends_what_is_idle(own_lab: Lab) -> None:
    spec = own_lab.function("import os\ndef handler(event, context): return os.environ['AWS_SESSION_TOKEN']")
    first = own_lab.value(spec)
    own_lab.run(own_lab.environments.stop(spec.arn + ":"))
    assert own_lab.environments.stats()["environments"] == 0
    assert own_lab.value(spec) != first


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_environment_is_frozen_between_events(lab: Lab) -> None:
    source = """
import threading, time
beats = 0
def beat():
    global beats
    while True:
        beats += 1
        time.sleep(0.001)
threading.Thread(target=beat, daemon=True).start()
def handler(event, context): return beats
"""
    spec = lab.function(source)
    lab.invoke(spec)
    process = lab.environments._idle[spec.key][0].process
    assert process is not None
    while not process._frozen:
        lab.run(asyncio.sleep(0))
    state = Path(f"/proc/{process._frozen}/stat")
    while state.read_text().rpartition(")")[2].split()[0] != "T":
        pass  # the kernel stops it when it next runs
    assert lab.value(spec) > 0  # and goes on


def test_what_differs_from_aws_is_said_in_the_log(lab: Lab) -> None:
    other = "x86_64" if platform.machine() in ("arm64", "aarch64") else "arm64"
    layer = lab.layer({"extensions/agent": "#!/bin/sh"})
    tail = lab.invoke(lab.function("def handler(e, c): pass", architecture=other, layers=(layer,))).log_tail.decode()
    assert f"Architecture {other} is not this machine's" in tail
    assert "External extensions are not built in this cloud and were not started: agent." in tail
