"""The fixtures that all tests share: a running cloud, an account of one's own, clients for it."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

_ENVIRONMENT = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


_LONGEST = ("journeys", "fuzz", "cli")  # folders whose modules take many seconds each


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the folders of the longest modules: one that began last would keep the other processors waiting."""
    here = Path(__file__).parent
    items.sort(key=lambda item: item.path.relative_to(here).parts[0] not in _LONGEST)


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**kept, **_ENVIRONMENT}


@pytest.fixture(scope="session", autouse=True)
def _no_real_aws() -> None:
    """Nothing of the developer's own AWS set-up reaches a test."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(_ENVIRONMENT)


_own = threading.local()


def _boto() -> boto3.session.Session:
    """One session for all clients of a thread: it reads the services' descriptions once, which takes longest."""
    session: boto3.session.Session | None = getattr(_own, "boto", None)
    if session is None:
        session = _own.boto = boto3.session.Session()
    return session


class RunningCloud:
    """A cloud in a process of its own on a free port. `data` None: an ephemeral one.

    With `state`, the folder where its authority shall be kept, it answers https too.
    """

    program: tuple[str, ...] = ("-m", "cloudarium")

    def __init__(self, data: Path | None = None, state: Path | None = None) -> None:
        self.data = data
        self.state = state
        self.port = 0
        self.log = Path(tempfile.mkstemp(prefix="cloudarium-test-", suffix=".log")[1])
        self.start()

    @property
    def url(self) -> str:
        """The endpoint."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the process; after a kill, on the same port and folder."""
        where = ["--ephemeral"] if self.data is None else ["--data", str(self.data)]
        tls = [] if self.state is None else ["--tls"]
        self.process = subprocess.Popen(
            [sys.executable, *self.program, "serve", "--port", str(self.port), *where, *tls],
            stdout=subprocess.PIPE,
            stderr=self.log.open("a"),
            text=True,
            env={**_environment(), **({} if self.state is None else {"XDG_STATE_HOME": str(self.state)})},
            start_new_session=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        if not line:
            raise RuntimeError(f"the cloud did not start:\n{self.log.read_text()}")
        self.port = int(line.rpartition(":")[2])

    def kill(self) -> None:
        """Kill it as a crash would: no time to say goodbye."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def restart(self) -> None:
        """Kill it and start it again on the same folder and port."""
        self.kill()
        self.start()

    def stop(self) -> None:
        """Stop it in order."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()
        self.log.unlink(missing_ok=True)

    def control(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """GET (or, with a body, POST) one of the cloud's own paths: clock, journal, reset, settle, health.

        Unless "wait" is asked for, a URL that is presigned before this second of the machine ends counts as made before
        a move of the clock.
        """
        if path == "clock" and body is not None:
            body = {"wait": False, **body}
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(
            urllib.request.Request(f"{self.url}/_cloudarium/{path}", data), timeout=60
        ) as answer:
            return json.load(answer)

    def clock_advance(self, seconds: float, wait: bool = False) -> None:
        """Move the clock on; returns when all that became due has happened."""
        self.control("clock", {"advance": seconds, "wait": wait})

    def settle(self) -> None:
        """Wait until what is due has been delivered."""
        self.control("settle", {})

    def client(
        self,
        service: str,
        *,
        region: str = "us-east-1",
        key: str = "test",
        secret: str = "test",
        token: str | None = None,
        **config: Any,
    ) -> Any:
        """A boto3 client of this cloud; further arguments go to botocore's Config."""
        settings = {
            "retries": {"max_attempts": 1, "mode": "standard"},
            "s3": {"addressing_style": "path"},
            "inject_host_prefix": False,  # as `cloudarium env` has it
            **config,
        }
        return _boto().client(
            service,
            region_name=region,
            endpoint_url=self.url,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(**settings),
        )


@pytest.fixture(scope="session")
def cloud() -> Iterator[RunningCloud]:
    """One ephemeral cloud for the whole run; tests keep apart by `account`. Do not move its clock."""
    running = RunningCloud()
    yield running
    running.stop()


@pytest.fixture
def fresh_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    """A cloud of this test's own, on disk: its clock may be moved, it may be killed and restarted."""
    folder = tmp_path_factory.mktemp("cloud")
    running = RunningCloud(folder)
    yield running
    running.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def account() -> str:
    """A fresh account: nobody else's resources are in it."""
    return f"{random.SystemRandom().randrange(10**11, 10**12)}"


@pytest.fixture
def client(cloud: RunningCloud, account: str) -> Callable[..., Any]:
    """Makes boto3 clients of the root of `account`; `key`, `secret` and `token` make it someone else's."""

    def make(service: str, *, key: str | None = None, secret: str | None = None, **settings: Any) -> Any:
        return cloud.client(service, key=key or account, secret=secret or "test", **settings)

    return make


@pytest.fixture
def iam_user(client: Callable[..., Any]) -> Callable[..., Callable[..., Any]]:
    """Makes a user with exactly this policy document (None: no policy); gives a factory of its clients."""

    def make(policy: dict[str, Any] | None = None, name: str = "someone") -> Callable[..., Any]:
        iam = client("iam")
        iam.create_user(UserName=name)
        if policy is not None:
            iam.put_user_policy(UserName=name, PolicyName="only", PolicyDocument=json.dumps(policy))
        pair = iam.create_access_key(UserName=name)["AccessKey"]

        def clients(service: str, **settings: Any) -> Any:
            return client(service, key=pair["AccessKeyId"], secret=pair["SecretAccessKey"], **settings)

        return clients

    return make
