"""Every built operation gets odd inputs, some of them naming things that exist: never a 500, never a hang.

`CLOUDARIUM_FUZZ_EXAMPLES=200` tries longer than the two examples per operation of a usual run.
"""

from __future__ import annotations

import io
import json
import os
import random
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.parsers import ResponseParserError

from cloudarium import model
from cloudarium.gateway.rooms import all_rooms
from tests.conftest import RunningCloud
from tests.gateway.protocols.samples import Sampler

EXAMPLES = int(os.environ.get("CLOUDARIUM_FUZZ_EXAMPLES", "2"))
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
OPERATIONS = [(room, name) for room in sorted(all_rooms()) for name in sorted(all_rooms()[room].handlers)]
ODD = ["", "a" * 5000, "../../etc/passwd", "${x}", "🎈", "-1", "{}", "%00", "arn:aws:::", "*", "a/b//c"]


def archive() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr("app.py", "def handler(event, context):\n    return event\n")
    return data.getvalue()


@pytest.fixture(scope="module")
def target(cloud: RunningCloud) -> dict[str, str]:
    """An account with one of each thing, by the input members that name them."""
    account = f"{random.SystemRandom().randrange(10**11, 10**12)}"

    def client(service: str) -> Any:
        return cloud.client(service, key=account)

    bucket = f"fuzz-{account}"
    client("s3").create_bucket(Bucket=bucket)
    client("s3").put_object(Bucket=bucket, Key="key", Body=b"x")
    client("dynamodb").create_table(
        TableName="fuzz",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
    )
    iam = client("iam")
    role = iam.create_role(RoleName="fuzz", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    iam.create_user(UserName="fuzz")
    iam.create_group(GroupName="fuzz")
    policy = iam.create_policy(PolicyName="fuzz", PolicyDocument=json.dumps({**TRUST, "Statement": []} | _ALLOW))
    logs = client("logs")
    logs.create_log_group(logGroupName="fuzz")
    logs.create_log_stream(logGroupName="fuzz", logStreamName="fuzz")
    client("ssm").put_parameter(Name="fuzz", Value="v", Type="String")
    client("lambda").create_function(
        FunctionName="fuzz", Runtime="python3.11", Role=role, Handler="app.handler", Code={"ZipFile": archive()}
    )
    api = client("apigatewayv2").create_api(Name="fuzz", ProtocolType="HTTP")["ApiId"]
    client("cloudformation").create_stack(StackName="fuzz", TemplateBody=json.dumps(_TEMPLATE))
    return {
        "account": account, "Bucket": bucket, "Key": "key", "TableName": "fuzz", "RoleName": "fuzz", "RoleArn": role,
        "Role": role, "UserName": "fuzz", "GroupName": "fuzz", "PolicyArn": policy["Policy"]["Arn"], "Name": "fuzz",
        "logGroupName": "fuzz", "logStreamName": "fuzz", "FunctionName": "fuzz", "ApiId": api, "StackName": "fuzz",
        "CopySource": f"{bucket}/key", "PolicyDocument": json.dumps(TRUST), "PolicyName": "fuzz",
        "TemplateBody": json.dumps(_TEMPLATE), "StageName": "$default", "Version": "1",
    }  # fmt: skip


_ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
_TEMPLATE = {"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "v"}}}}


def odd_input(room: str, name: str, example: int, known: dict[str, str]) -> dict[str, Any]:
    source = random.Random(f"{room}:{name}:{example}")
    shape = model.service(room).operations[name].input
    if shape is None:
        return {}
    made = Sampler(f"{room}:{name}:{example}", empty=True).structure(shape)
    made.pop("ChecksumAlgorithm", None)  # botocore itself computes it, and knows only the real ones
    return _mixed(made, known, source, 0)


def _mixed(value: Any, known: dict[str, str], source: random.Random, depth: int) -> Any:
    if isinstance(value, dict):
        return {
            key: known[key]
            if depth == 0 and isinstance(each, str) and key in known and source.random() < 0.8
            else _mixed(each, known, source, depth + 1)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [_mixed(each, known, source, depth + 1) for each in value]
    if isinstance(value, str) and source.random() < 0.1:
        return source.choice(ODD)
    return value


@pytest.mark.parametrize("room", sorted({room for room, _ in OPERATIONS}))
def test_no_input_breaks_an_operation(
    cloud: RunningCloud, target: dict[str, str], client: Callable[..., Any], room: str
) -> None:
    asked = cloud.client(
        room, key=target["account"], parameter_validation=False, read_timeout=30, inject_host_prefix=False
    )
    broken = []
    for name in (each for owner, each in OPERATIONS if owner == room):
        for example in range(EXAMPLES):
            given = odd_input(room, name, example, target)
            try:
                asked._make_api_call(name, given)
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] in (500, 502, 503, 504):
                    broken.append(f"{name}({given!r}): {error}"[:600])
            except (HTTPClientError, ResponseParserError) as error:  # no answer, or one that cannot be read
                broken.append(f"{name}({given!r}): {error!r}"[:600])
            except (BotoCoreError, TypeError, ValueError, AttributeError):
                continue  # botocore itself cannot write this down
    assert not broken, "\n".join(broken)
