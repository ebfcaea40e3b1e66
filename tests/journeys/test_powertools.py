"""Functions with Powertools: settings read by the role and no further, a queue's batches done in part, and but once."""

from __future__ import annotations

import importlib.metadata
import io
import json
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_lambda_powertools
import aws_secretsmanager_caching
import jmespath
import typing_extensions

from tests.journeys.conftest import RUNTIME

FUNCTION = """
import boto3
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from aws_secretsmanager_caching import SecretCache

cache = SecretCache(client=boto3.client("secretsmanager"))


def handler(event, context):
    seen = {
        "one": parameters.get_parameter("/app/one", max_age=3600),
        "all": parameters.get_parameters("/app", decrypt=True),
        "secret": parameters.get_secret("app", transform="json", force_fetch=True),
        "cached": cache.get_secret_string("app"),
    }
    try:
        parameters.get_secret("other")
    except GetParameterError as error:
        seen["other"] = "AccessDenied" if "AccessDenied" in str(error) else str(error)
    return seen
"""


WORKER = """
import json, os, boto3
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig, idempotent_function

table = boto3.client("dynamodb")
once = DynamoDBPersistenceLayer(table_name="once")
config = IdempotencyConfig(event_key_jmespath="order", expires_after_seconds=3600)
processor = BatchProcessor(event_type=EventType.SQS)


@idempotent_function(data_keyword_argument="sale", config=config, persistence_store=once)
def sell(sale):
    if sale["order"] == "bad":
        raise ValueError("told to")
    table.update_item(TableName="sold", Key={"id": {"S": sale["order"]}}, UpdateExpression="ADD n :one",
                      ExpressionAttributeValues={":one": {"N": "1"}})
    return sale


def work(record: SQSRecord):
    return sell(sale=record.json_body)


def handler(event, context):
    config.register_lambda_context(context)
    return process_partial_response(event=event, record_handler=work, processor=processor, context=context)
"""


def deployed(source: str = FUNCTION) -> bytes:
    """The function with its libraries, as a build puts them beside it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("app.py", source)
        archive.write(str(typing_extensions.__file__), "typing_extensions.py")
        for module in (aws_lambda_powertools, aws_secretsmanager_caching, jmespath):
            folder = Path(str(module.__file__)).parent
            for file in sorted(folder.rglob("*.py")):
                archive.write(file, file.relative_to(folder.parent))
        for name in ("aws_lambda_powertools", "aws_secretsmanager_caching"):  # they read their own version
            about = f"Metadata-Version: 2.1\nName: {name}\nVersion: {importlib.metadata.version(name)}\n"
            archive.writestr(f"{name}-0.dist-info/METADATA", about)
    return content.getvalue()


def test_a_function_reads_its_settings(
    client: Callable[..., Any], account: str, lambda_role: Callable[..., str]
) -> None:
    ssm, secrets, functions = client("ssm"), client("secretsmanager"), client("lambda")
    ssm.put_parameter(Name="/app/one", Value="1", Type="String")
    ssm.put_parameter(Name="/app/two", Value="2", Type="SecureString")
    arn = secrets.create_secret(Name="app", SecretString='{"password": "first"}')["ARN"]
    secrets.create_secret(Name="other", SecretString="nobody's business")
    reads = ["ssm:GetParameter", "ssm:GetParametersByPath"]
    parameter = f"arn:aws:ssm:us-east-1:{account}:parameter/app"
    role = lambda_role(
        {"Effect": "Allow", "Action": reads, "Resource": [parameter, f"{parameter}/*"]},
        {
            "Effect": "Allow",
            "Action": ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
            "Resource": arn,
        },
    )
    functions.create_function(
        FunctionName="reader", Role=role, Runtime=RUNTIME, Handler="app.handler", Code={"ZipFile": deployed()},
        Timeout=30,
    )  # fmt: skip
    functions.get_waiter("function_active_v2").wait(FunctionName="reader", WaiterConfig={"Delay": 1})

    def invoke() -> Any:
        answer = functions.invoke(FunctionName="reader")
        said = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, said
        return said

    assert invoke() == {
        "one": "1",
        "all": {"one": "1", "two": "2"},
        "secret": {"password": "first"},
        "cached": '{"password": "first"}',
        "other": "AccessDenied",
    }
    secrets.put_secret_value(SecretId="app", SecretString='{"password": "second"}')
    ssm.put_parameter(Name="/app/one", Value="3", Type="String", Overwrite=True)
    again = invoke()
    assert again["secret"] == {"password": "second"}
    # Both libraries keep for an hour what they have read.
    assert (again["one"], again["cached"]) == ("1", '{"password": "first"}')


def test_a_queue_is_worked_off_in_part_and_each_order_once(
    client: Callable[..., Any], account: str, lambda_role: Callable[..., str]
) -> None:
    sqs, dynamodb, functions = client("sqs"), client("dynamodb"), client("lambda")
    for table in ("once", "sold"):
        dynamodb.create_table(
            TableName=table, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        )  # fmt: skip
    queue = sqs.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "600"})["QueueUrl"]
    for order in ("a", "b", "bad", "a"):
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps({"order": order, "sent": len(order)}))
    items = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"]
    reads = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    role = lambda_role(
        {"Effect": "Allow", "Action": items, "Resource": f"arn:aws:dynamodb:us-east-1:{account}:table/*"},
        {"Effect": "Allow", "Action": reads, "Resource": f"arn:aws:sqs:us-east-1:{account}:orders"},
    )
    functions.create_function(
        FunctionName="worker", Role=role, Runtime=RUNTIME, Handler="app.handler", Code={"ZipFile": deployed(WORKER)},
        Timeout=30,
    )  # fmt: skip
    functions.create_event_source_mapping(
        FunctionName="worker", EventSourceArn=f"arn:aws:sqs:us-east-1:{account}:orders",
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )  # fmt: skip
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    deadline = time.monotonic() + 60
    while True:
        found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        if [found[name] for name in names] == ["0", "1"]:  # what failed, and nothing else, will come back
            break
        assert time.monotonic() < deadline, found
    sold = {item["id"]["S"]: item["n"]["N"] for item in dynamodb.scan(TableName="sold")["Items"]}
    assert sold == {"a": "1", "b": "1"}
    kept = {item["id"]["S"]: item for item in dynamodb.scan(TableName="once")["Items"]}
    assert len(kept) == 2 and {item["status"]["S"] for item in kept.values()} == {"COMPLETED"}
