"""why: the answer first, then all policies, then what would have allowed it, ready to paste."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.cli.conftest import Cli


class Calls:
    """A user who may only read, and the ids of what was asked."""

    def __init__(self, cli: Cli) -> None:
        self.cli = cli
        self.url = cli.json("env")["AWS_ENDPOINT_URL"]
        self.root = self.client("ssm")
        iam = self.client("iam")
        iam.create_user(UserName="alice")
        statements = [{"Sid": f"S{n}", "Effect": "Allow", "Action": f"sqs:A{n}", "Resource": "*"} for n in range(9)]
        read = {"Sid": "Read", "Effect": "Allow", "Action": "ssm:Get*", "Resource": "*"}
        document = {"Version": "2012-10-17", "Statement": [*statements, read]}
        iam.put_user_policy(UserName="alice", PolicyName="reads", PolicyDocument=json.dumps(document))
        pair = iam.create_access_key(UserName="alice")["AccessKey"]
        self.alice = self.client("ssm", pair["AccessKeyId"], pair["SecretAccessKey"])
        put = self.root.put_parameter(Name="/a", Value="1", Type="String")
        self.by_root = put["ResponseMetadata"]["RequestId"]
        self.allowed = self.alice.get_parameter(Name="/a")["ResponseMetadata"]["RequestId"]
        with pytest.raises(ClientError) as error:
            self.alice.delete_parameter(Name="/a")
        self.denied = error.value.response["ResponseMetadata"]["RequestId"]

    def client(self, service: str, key: str = "test", secret: str = "test") -> Any:
        return boto3.client(
            service, "us-east-1", endpoint_url=self.url, aws_access_key_id=key, aws_secret_access_key=secret,
            config=Config(retries={"total_max_attempts": 1}),
        )  # fmt: skip


@pytest.fixture(scope="module")
def calls(up: Cli) -> Calls:
    return Calls(up)


def test_a_denial(calls: Calls) -> None:
    shown = calls.cli.ok("why", calls.denied)
    first, second, *rest = shown.splitlines()
    arn = "arn:aws:ssm:us-east-1:000000000000:parameter/a"
    assert (
        first == f"denied: user alice may not ssm:DeleteParameter on {arn} because no identity-based policy allows it"
    )
    assert second.startswith("ssm:DeleteParameter · 400 AccessDeniedException · 000000000000 in us-east-1 · ")
    assert calls.denied in second
    assert any("identity-based policies: does not allow" in line for line in rest)
    assert any("4 more that do not apply" in line for line in rest)
    pasted = json.loads(shown[shown.index("{") : shown.rindex("}") + 1])
    assert pasted == {"Effect": "Allow", "Action": "ssm:DeleteParameter", "Resource": arn}


def test_the_last_denial_is_the_same(calls: Calls) -> None:
    assert calls.cli.ok("why", "--last") == calls.cli.ok("why", calls.denied)
    assert calls.cli.json("why", "--last") == calls.cli.json("why", calls.denied)


def test_what_was_allowed(calls: Calls) -> None:
    shown = calls.cli.ok("why", calls.allowed.upper())
    assert shown.startswith(
        "allowed: user alice may ssm:GetParameter on arn:aws:ssm:us-east-1:000000000000:parameter/a"
    )
    assert 'statement "Read" (Allow) applies' in shown
    assert "What would allow it" not in shown
    assert calls.cli.ok("why", calls.by_root).splitlines()[0].endswith("root is not limited by IAM policies")


def test_json_has_all_of_it(calls: Calls) -> None:
    told = calls.cli.json("why", calls.denied)
    (decision,) = told["decisions"]
    identity = next(one for one in decision["layers"] if one["layer"] == "identity-based policies")
    assert len(identity["policies"][0]["statements"]) == 10
    assert identity["policies"][0]["document"]["Statement"][9]["Sid"] == "Read"
    assert decision["remedy"]["allows"] is True


def test_a_request_that_nobody_knows(calls: Calls) -> None:
    said = calls.cli.fails("why", "00000000-0000-0000-0000-000000000000")
    assert "The journal knows no request 00000000-0000-0000-0000-000000000000." in said
    assert "x-amzn-requestid" in said


def test_one_of_both_is_asked(calls: Calls) -> None:
    assert "or --last" in calls.cli.fails("why")
    assert "or --last" in calls.cli.fails("why", calls.denied, "--last")
