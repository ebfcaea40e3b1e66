"""journal: every call with its decision, and filters that find the one that matters."""

from __future__ import annotations

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.cli.conftest import Cli


@pytest.fixture(scope="module")
def calls(up: Cli) -> Cli:
    """A cloud in which something was asked, also by someone who may not."""
    exports = up.json("env")

    def client(service: str, key: str = "test", secret: str = "test"):  # type: ignore[no-untyped-def]
        return boto3.client(
            service, "us-east-1", endpoint_url=exports["AWS_ENDPOINT_URL"], aws_access_key_id=key,
            aws_secret_access_key=secret, config=Config(retries={"total_max_attempts": 1}),
        )  # fmt: skip

    client("ssm").put_parameter(Name="/a", Value="1", Type="String")
    client("sts", "111122223333").get_caller_identity()
    iam = client("iam")
    iam.create_user(UserName="nobody")
    pair = iam.create_access_key(UserName="nobody")["AccessKey"]
    with pytest.raises(ClientError):
        client("ssm", pair["AccessKeyId"], pair["SecretAccessKey"]).get_parameter(Name="/a")
    with pytest.raises(ClientError):
        client("sts", secret="wrong").get_caller_identity()
    return up


def test_the_newest_comes_last_in_the_table_and_first_in_json(calls: Cli) -> None:
    entries = calls.json("journal")
    assert [entry["operation"] for entry in entries][-2:] == ["GetCallerIdentity", "PutParameter"]
    shown = calls.ok("journal").splitlines()
    assert shown[0].split()[:3] == ["time", "who", "call"]
    assert "ssm:PutParameter" in shown[1]
    assert "signature refused" in shown[-1]
    assert "denied" in next(text for text in shown if "ssm:GetParameter" in text)


@pytest.mark.parametrize(
    ("words", "operations"),
    [
        (["--service", "ssm"], ["GetParameter", "PutParameter"]),
        (["--operation", "PutParameter"], ["PutParameter"]),
        (["--account", "111122223333"], ["GetCallerIdentity"]),
        (["--error", "AccessDeniedException"], ["GetParameter"]),
        (["--service", "iam", "-n", "1"], ["CreateAccessKey"]),
        (["--service", "s3"], []),
    ],
)
def test_filters(calls: Cli, words: list[str], operations: list[str]) -> None:
    assert [entry["operation"] for entry in calls.json("journal", *words)] == operations


def test_one_request(calls: Cli) -> None:
    (entry,) = calls.json("journal", "--operation", "PutParameter")
    assert calls.json("journal", "--request-id", entry["request_id"]) == [entry]
    assert entry["decision"][0]["action"] == "ssm:PutParameter"
    assert entry["decision"][0]["allowed"] is True
