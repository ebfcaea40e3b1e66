"""Celery over SQS: a killed worker's tasks are done by the next one, though the cloud was killed too."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.tools import Shell, python_tool
from tests.conftest import RunningCloud
from tests.journeys.crash.processes import wait_for

TASKS = """
import pathlib, time
from celery import Celery

app = Celery("shop", broker="sqs://")
app.conf.update(
    task_default_queue="work", task_acks_late=True, worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"region": "us-east-1", "visibility_timeout": 3600, "wait_time_seconds": 1},
)
here = pathlib.Path(__file__).parent


@app.task
def work(number):
    if number == 1 and not (here / "killed").exists():
        (here / "begun").touch()
        time.sleep(600)
    (here / f"done-{number}").touch()
"""


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[RunningCloud]:
    running = RunningCloud(tmp_path / "cloud")
    yield running
    running.stop()


def test_a_task_outlives_its_worker_and_the_cloud(cloud: RunningCloud, tmp_path: Path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (app / "tasks.py").write_text(TASKS)
    shell = Shell(cloud.url, tmp_path, key="test")
    celery = python_tool("celery", "celery")

    def worker() -> subprocess.Popen[bytes]:
        command = [str(celery), "-A", "tasks", "worker", "--pool", "solo", "--without-gossip", "--without-mingle"]
        return subprocess.Popen(
            command, cwd=app, env=shell.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    send = "from tasks import work\nfor number in range(3): work.delay(number)"
    shell.run(python_tool("celery", "python"), "-c", send, cwd=app)
    first = worker()
    try:
        wait_for("the task that never ends", (app / "begun").exists)
    finally:
        first.kill()
        first.wait()
    (app / "killed").touch()
    cloud.restart()
    cloud.clock_advance(3600)  # what the first worker had in hand is hidden until then
    second = worker()
    try:
        done = [app / f"done-{number}" for number in range(3)]
        wait_for("every task", lambda: all(each.exists() for each in done))
    finally:
        second.terminate()
        second.wait()
    url = cloud.client("sqs").get_queue_url(QueueName="work")["QueueUrl"]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = cloud.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    assert set(counts.values()) == {"0"}
