"""Functions made of a few lines of source, in an account of the test's own."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import RunningCloud

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
ECHO = "def handler(event, context):\n    return event\n"


def zipped(source: str | dict[str, str] = ECHO) -> bytes:
    """A package; a string is the source of app.py."""
    files = {"app.py": source} if isinstance(source, str) else source
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text)
    return buffer.getvalue()


class Refusal:
    """The error that a block must end in."""

    code = message = ""
    status = 0


@contextlib.contextmanager
def refused(code: str) -> Iterator[Refusal]:
    """The block must end in AWS's error `code`; the refusal is filled in for a closer look."""
    refusal = Refusal()
    with pytest.raises(ClientError) as caught:
        yield refusal
    error = caught.value.response["Error"]
    refusal.code, refusal.message = error["Code"], error["Message"]
    refusal.status = caught.value.response["ResponseMetadata"]["HTTPStatusCode"]
    assert refusal.code == code, error


@pytest.fixture
def role(client: Callable[..., Any]) -> str:
    """An execution role that may write logs."""
    iam = client("iam")
    arn = iam.create_role(RoleName="runner", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    iam.attach_role_policy(RoleName="runner", PolicyArn=BASIC)
    return arn


@pytest.fixture
def functions(client: Callable[..., Any]) -> Any:
    """The Lambda client of the account's root."""
    return client("lambda")


@pytest.fixture
def make(functions: Any, role: str) -> Callable[..., dict[str, Any]]:
    """Makes functions: `make("name", source, Timeout=5)`."""

    def create(name: str = "fn", source: str | dict[str, str] = ECHO, **settings: Any) -> dict[str, Any]:
        given = {"Runtime": "python3.11", "Handler": "app.handler", "Role": role, "Code": {"ZipFile": zipped(source)}}
        return functions.create_function(FunctionName=name, **{**given, **settings})

    return create


@pytest.fixture
def call(functions: Any) -> Callable[..., Any]:
    """Invokes a function and reads its answer."""

    def invoke(name: str = "fn", event: Any = None, **settings: Any) -> Any:
        answer = functions.invoke(FunctionName=name, Payload=json.dumps(event), **settings)
        return json.loads(answer["Payload"].read() or b"null")

    return invoke


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    """A cloud on disk for the tests of a module, whose clock stands still until it is moved; it may be killed."""
    cloud = RunningCloud(tmp_path_factory.mktemp("still"))
    cloud.control("clock", {"freeze": True})
    yield cloud
    cloud.stop()


@pytest.fixture
def clients(still: RunningCloud, account: str) -> Callable[[str], Any]:
    """Makes clients of the test's own account in the cloud that stands still."""
    return lambda service: still.client(service, key=account)
