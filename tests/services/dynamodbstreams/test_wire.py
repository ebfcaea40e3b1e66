"""Two APIs at one signing name: the target tells them apart."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.conftest import RunningCloud


def ask(cloud: RunningCloud, account: str, target: str, body: str) -> tuple[int, dict[str, object]]:
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": target}
    request = AWSRequest("POST", f"{cloud.url}/", headers, body.encode())
    SigV4Auth(Credentials(account, "test"), "dynamodb", "us-east-1").add_auth(request)
    sent = urllib.request.Request(f"{cloud.url}/", body.encode(), dict(request.headers), method="POST")
    try:
        with urllib.request.urlopen(sent, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_the_target_tells_the_api(cloud: RunningCloud, account: str) -> None:
    assert ask(cloud, account, "DynamoDBStreams_20120810.ListStreams", "{}") == (200, {"Streams": []})
    assert ask(cloud, account, "DynamoDB_20120810.ListTables", "{}") == (200, {"TableNames": []})
    for target in ("DynamoDB_20120810.ListStreams", "DynamoDBStreams_20120810.ListTables"):
        status, answer = ask(cloud, account, target, "{}")
        assert status == 400 and str(answer["__type"]).endswith("UnknownOperationException"), answer


def test_what_the_model_forbids_is_a_validation_exception(cloud: RunningCloud, account: str) -> None:
    for operation, body in (("DescribeStream", "{}"), ("GetRecords", '{"ShardIterator": ""}'), ("GetRecords", "{")):
        status, answer = ask(cloud, account, f"DynamoDBStreams_20120810.{operation}", body)
        assert status == 400, answer
        assert str(answer["__type"]).rpartition("#")[2] in ("ValidationException", "SerializationException")
