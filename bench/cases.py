"""What is measured: each case prepares its resources by boto3 and gives the requests that boto3 would send."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from bench.load import request_bytes

KEYS = 200  # different items and objects
REGION = "us-east-1"
ACCOUNT = "000000000000"
_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": "arn:aws:s3:::bench/*",
        },
        {
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"],
            "Resource": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/bench",
        },
        {
            "Effect": "Allow",
            "Action": "lambda:InvokeFunction",
            "Resource": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:bench*",
        },
        {
            "Effect": "Allow",
            "Action": ["sqs:SendMessage", "sqs:ReceiveMessage"],
            "Resource": f"arn:aws:sqs:{REGION}:{ACCOUNT}:bench",
        },
    ],
}
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
_HANDLER = """
import boto3, json
table = boto3.client("dynamodb")
def hello(event, context):
    return {"statusCode": 200, "body": "hello"}
def read(event, context):
    item = table.get_item(TableName="bench", Key={"pk": {"S": "p1"}, "sk": {"S": "s1"}})["Item"]
    return {"statusCode": 200, "body": json.dumps(item)}
"""


@dataclass(frozen=True)
class Case:
    """A measurement: its name, whether peers run it too, and how many connections drive it."""

    name: str
    peers: bool
    requests: Callable[[Setup], list[bytes]]
    connections: int = 8
    children: bool = False  # the CPU of function processes counts too
    small: bool = True  # one of the small calls, for which there is an aim


class Setup:
    """Clients of one server: the root's for preparing, a user's with a real policy for measuring."""

    def __init__(self, url: str, enforcing: bool) -> None:
        self.url = url
        self.root = boto3.session.Session("test", "test", region_name=REGION)
        self.user = self.root
        if enforcing:
            iam = self.client("iam")
            iam.create_user(UserName="bench")
            iam.put_user_policy(UserName="bench", PolicyName="bench", PolicyDocument=json.dumps(_POLICY))
            key = iam.create_access_key(UserName="bench")["AccessKey"]
            self.user = boto3.session.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=REGION)

    def client(self, service: str, session: Any = None) -> Any:
        """A client of this server."""
        config = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1})
        return (session or self.root).client(service, endpoint_url=self.url, config=config)

    def sent(self, service: str, calls: Iterator[tuple[str, dict[str, Any]]]) -> list[bytes]:
        """The bytes that boto3 sends for these calls of the user; nothing is sent."""
        client = self.client(service, self.user)
        caught: list[bytes] = []

        def catch(request: Any, **_: Any) -> AWSResponse:
            split = urlsplit(request.url)
            path = split.path + (f"?{split.query}" if split.query else "")
            headers = {
                name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()
            }
            body = request.body or b""
            body = body.read() if hasattr(body, "read") else body
            body = body.encode() if isinstance(body, str) else bytes(body)
            headers.pop("Expect", None)
            caught.append(request_bytes(self.url, request.method, path, headers, body))
            return AWSResponse(request.url, 200, {}, _Raw())

        client.meta.events.register("before-send", catch)
        for operation, arguments in calls:
            try:
                getattr(client, operation)(**arguments)
            except Exception as error:  # the empty answer cannot be parsed by every protocol
                if not caught:
                    raise error
        return caught

    def prepare(self) -> None:
        """The bucket, the table and the queue, and what is read from them."""
        s3, dynamodb = self.client("s3"), self.client("dynamodb")
        s3.create_bucket(Bucket="bench")
        dynamodb.create_table(
            TableName="bench",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )
        dynamodb.get_waiter("table_exists").wait(TableName="bench", WaiterConfig={"Delay": 1})
        for number in range(KEYS):
            s3.put_object(Bucket="bench", Key=f"read/{number}", Body=b"x" * 1024)
            dynamodb.put_item(TableName="bench", Item=_item(f"p{number // 20}", f"s{number % 20}"))
        self.client("sqs").create_queue(QueueName="bench", Attributes={"VisibilityTimeout": "0"})

    def prepare_functions(self) -> str:
        """Two functions and an HTTP API over one of them; the API's URL."""
        iam, functions = self.client("iam"), self.client("lambda")
        role = iam.create_role(RoleName="bench", AssumeRolePolicyDocument=json.dumps(_TRUST))["Role"]["Arn"]
        iam.put_role_policy(RoleName="bench", PolicyName="bench", PolicyDocument=json.dumps(_POLICY))
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("app.py", _HANDLER)
        for name in ("hello", "read"):
            functions.create_function(
                FunctionName=f"bench-{name}",
                Runtime="python3.11",
                Role=role,
                Handler=f"app.{name}",
                Code={"ZipFile": archive.getvalue()},
                MemorySize=512,
            )
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:bench-read"
        api = self.client("apigatewayv2").create_api(Name="bench", ProtocolType="HTTP", Target=arn)
        functions.add_permission(
            FunctionName="bench-read",
            StatementId="api",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api['ApiId']}/*",
        )
        return f"/_aws/execute-api/{api['ApiId']}/"


class _Raw:
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield b""

    def read(self, *_: Any) -> bytes:
        return b""


def _item(pk: str, sk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}, "price": {"N": "12.50"}, "name": {"S": "a thing for sale"}}


def _repeated(service: str, operation: str, make: Callable[[int], dict[str, Any]], count: int = KEYS) -> Any:
    return lambda setup: setup.sent(service, ((operation, make(number)) for number in range(count)))


def _key(number: int) -> dict[str, Any]:
    return {"pk": {"S": f"p{number // 20}"}, "sk": {"S": f"s{number % 20}"}}


def _queue(setup: Setup) -> str:
    return f"{setup.url}/{ACCOUNT}/bench"


def _on_queue(operation: str, given: dict[str, Any]) -> Callable[[Setup], list[bytes]]:
    return lambda setup: setup.sent("sqs", ((operation, {"QueueUrl": _queue(setup), **given}) for _ in range(KEYS)))


def _query(number: int) -> dict[str, Any]:
    return {
        "TableName": "bench",
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": {"S": f"p{number % 10}"}},
        "Limit": 10,
    }


CASES = [
    Case("STS GetCallerIdentity", True, _repeated("sts", "get_caller_identity", lambda _: {}, 20)),
    Case(
        "S3 PutObject 1 KiB",
        True,
        _repeated("s3", "put_object", lambda n: {"Bucket": "bench", "Key": f"write/{n}", "Body": b"y" * 1024}),
    ),
    Case("S3 GetObject 1 KiB", True, _repeated("s3", "get_object", lambda n: {"Bucket": "bench", "Key": f"read/{n}"})),
    Case(
        "DynamoDB PutItem",
        True,
        _repeated("dynamodb", "put_item", lambda n: {"TableName": "bench", "Item": _item(f"w{n}", "s")}),
    ),
    Case("DynamoDB GetItem", True, _repeated("dynamodb", "get_item", lambda n: {"TableName": "bench", "Key": _key(n)})),
    Case("DynamoDB Query (10)", True, _repeated("dynamodb", "query", _query)),
    Case("SQS SendMessage 1 KiB", True, _on_queue("send_message", {"MessageBody": "x" * 1024})),
    Case("SQS ReceiveMessage (1)", True, _on_queue("receive_message", {})),
    Case(
        "Lambda Invoke, warm",
        False,
        _repeated("lambda", "invoke", lambda _: {"FunctionName": "bench-hello", "Payload": b"{}"}, 4),
        connections=2,
        small=False,
    ),
]


@contextmanager
def changed_function(setup: Setup, number: int) -> Iterator[None]:
    """Change the function's environment, so that its next invocation is a cold start."""
    setup.client("lambda").update_function_configuration(
        FunctionName="bench-hello", Environment={"Variables": {"RUN": str(number)}}
    )
    yield
