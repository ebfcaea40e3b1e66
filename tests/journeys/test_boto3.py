"""boto3, unmodified: the practices of the first phases of a backend developer's way into AWS."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ClientError

from tests.journeys.conftest import RUNTIME, package

Client = Callable[..., Any]


def test_a_user_who_may_only_read_cannot_write(client: Client) -> None:
    """Write a policy that grants S3 read-only access and attach it to a test user."""
    root = client("s3")
    root.create_bucket(Bucket="library-of-one-reader")
    root.put_object(Bucket="library-of-one-reader", Key="book.txt", Body=b"Once upon a time")

    iam = client("iam")
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": "*"}],
    }
    arn = iam.create_policy(PolicyName="S3ReadOnly", PolicyDocument=json.dumps(policy))["Policy"]["Arn"]
    iam.create_group(GroupName="readers")
    iam.attach_group_policy(GroupName="readers", PolicyArn=arn)
    iam.create_user(UserName="reader")
    iam.add_user_to_group(GroupName="readers", UserName="reader")
    pair = iam.create_access_key(UserName="reader")["AccessKey"]
    reader = client("s3", key=pair["AccessKeyId"], secret=pair["SecretAccessKey"])

    assert reader.get_object(Bucket="library-of-one-reader", Key="book.txt")["Body"].read() == b"Once upon a time"
    assert [each["Key"] for each in reader.list_objects_v2(Bucket="library-of-one-reader")["Contents"]] == ["book.txt"]
    for write in (
        lambda: reader.put_object(Bucket="library-of-one-reader", Key="mine.txt", Body=b""),
        lambda: reader.delete_object(Bucket="library-of-one-reader", Key="book.txt"),
        lambda: reader.create_bucket(Bucket="another-library-of-one"),
    ):
        with pytest.raises(ClientError) as refused:
            write()
        assert refused.value.response["Error"]["Code"] == "AccessDenied"
        assert "because no identity-based policy allows the s3:" in str(refused.value)
    assert [each["Key"] for each in root.list_objects_v2(Bucket="library-of-one-reader")["Contents"]] == ["book.txt"]


def test_files_are_uploaded_and_retrieved(client: Client, account: str) -> None:
    """Upload and retrieve files programmatically using the AWS SDK."""
    s3, bucket = client("s3"), f"uploads-{account}"
    s3.create_bucket(Bucket=bucket)
    content = bytes(range(256)) * 80_000
    s3.upload_fileobj(io.BytesIO(content), bucket, "data.bin", ExtraArgs={"ContentType": "application/x-data"})
    head = s3.head_object(Bucket=bucket, Key="data.bin")
    assert (head["ContentLength"], head["ContentType"]) == (len(content), "application/x-data")
    back = io.BytesIO()
    s3.download_fileobj(bucket, "data.bin", back)
    assert back.getvalue() == content
    part = s3.get_object(Bucket=bucket, Key="data.bin", Range="bytes=256-259")["Body"].read()
    assert part == bytes(range(4))


def test_a_function_reads_a_file_and_logs_it(client: Client, account: str, lambda_role: Callable[..., str]) -> None:
    """Write a Lambda that reads a file from S3 and logs its content to CloudWatch."""
    bucket = f"letters-{account}"
    client("s3").create_bucket(Bucket=bucket)
    client("s3").put_object(Bucket=bucket, Key="letter.txt", Body=b"Dear reader")
    client("s3").put_object(Bucket=bucket, Key="secret/letter.txt", Body=b"not for you")
    source = """
import boto3
s3 = boto3.client("s3")
def handler(event, context):
    text = s3.get_object(Bucket=event["bucket"], Key=event["key"])["Body"].read().decode()
    print("the letter says:", text)
    return len(text)
"""
    role = lambda_role({"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/letter.txt"})
    lambda_ = client("lambda", read_timeout=60)
    lambda_.create_function(
        FunctionName="read", Runtime=RUNTIME, Handler="app.handler", Role=role, Code={"ZipFile": package(app=source)}
    )
    lambda_.get_waiter("function_active_v2").wait(FunctionName="read")

    def invoke(key: str) -> tuple[str | None, Any]:
        answer = lambda_.invoke(FunctionName="read", Payload=json.dumps({"bucket": bucket, "key": key}))
        return answer.get("FunctionError"), json.load(answer["Payload"])

    assert invoke("letter.txt") == (None, 11)
    error, detail = invoke("secret/letter.txt")
    assert error == "Unhandled"
    assert "(AccessDenied) when calling the GetObject operation" in detail["errorMessage"]

    events = client("logs").filter_log_events(logGroupName="/aws/lambda/read")["events"]
    lines = [event["message"].strip() for event in events]
    assert "the letter says: Dear reader" in lines
    assert any(line.startswith("REPORT RequestId:") and "Init Duration:" in line for line in lines)


NOTES = """
import json
import os
import boto3
notes = boto3.resource("dynamodb").Table(os.environ["TABLE"])

def handler(event, context):
    method, note = event["requestContext"]["http"]["method"], event.get("pathParameters", {}).get("id")
    if method == "PUT":
        notes.put_item(Item={"id": note, "text": json.loads(event["body"])["text"]})
        return {"statusCode": 201, "body": json.dumps({"id": note})}
    if method == "DELETE":
        notes.delete_item(Key={"id": note})
        return {"statusCode": 204}
    if note is None:
        return sorted(item["id"] for item in notes.scan()["Items"])
    item = notes.get_item(Key={"id": note}).get("Item")
    return item if item else {"statusCode": 404, "body": json.dumps({"message": "no such note"})}
"""


def test_a_crud_api_is_made_by_calls(client: Client, account: str, lambda_role: Callable[..., str]) -> None:
    """Build a simple CRUD API with API Gateway + Lambda, and a DynamoDB table behind it."""
    client("dynamodb").create_table(
        TableName="notes",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    actions = [f"dynamodb:{name}" for name in ("PutItem", "GetItem", "DeleteItem", "Scan")]
    table = f"arn:aws:dynamodb:us-east-1:{account}:table/notes"
    lambda_ = client("lambda")
    function = lambda_.create_function(
        FunctionName="notes",
        Runtime=RUNTIME,
        Handler="app.handler",
        Role=lambda_role({"Effect": "Allow", "Action": actions, "Resource": table}),
        Code={"ZipFile": package(app=NOTES)},
        Environment={"Variables": {"TABLE": "notes"}},
        Timeout=10,
    )
    lambda_.get_waiter("function_active_v2").wait(FunctionName="notes")

    gateway = client("apigatewayv2")
    api = gateway.create_api(Name="notes", ProtocolType="HTTP")
    integration = gateway.create_integration(
        ApiId=api["ApiId"],
        IntegrationType="AWS_PROXY",
        IntegrationUri=function["FunctionArn"],
        PayloadFormatVersion="2.0",
    )
    for route in ("GET /notes", "GET /notes/{id}", "PUT /notes/{id}", "DELETE /notes/{id}"):
        target = f"integrations/{integration['IntegrationId']}"
        gateway.create_route(ApiId=api["ApiId"], RouteKey=route, Target=target)
    gateway.create_stage(ApiId=api["ApiId"], StageName="$default", AutoDeploy=True)

    def call(method: str, path: str, body: Any = None) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        try:
            headers = {"Content-Type": "application/json"}
            with urlopen(Request(api["ApiEndpoint"] + path, data, headers, method=method), timeout=30) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except HTTPError as error:
            with error:
                return error.code, json.load(error)

    # The function's own policy does not let the API invoke it yet: AWS answers so too.
    assert call("GET", "/notes") == (500, {"message": "Internal Server Error"})
    lambda_.add_permission(
        FunctionName="notes",
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:us-east-1:{account}:{api['ApiId']}/*/*",
    )
    assert call("GET", "/notes") == (200, [])
    assert call("PUT", "/notes/one", {"text": "first"}) == (201, {"id": "one"})
    assert call("GET", "/notes/one") == (200, {"id": "one", "text": "first"})
    assert call("GET", "/notes") == (200, ["one"])
    assert call("DELETE", "/notes/one") == (204, None)
    assert call("GET", "/notes/one") == (404, {"message": "no such note"})
    assert call("PATCH", "/notes/one") == (404, {"message": "Not Found"})
