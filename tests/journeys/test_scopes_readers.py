"""Event source mappings and function URLs of one name in two accounts and two regions: each is its scope's own."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from tests.conftest import RunningCloud
from tests.journeys.samples import NAME, Clients
from tests.journeys.test_scopes import SCOPES, clients_of, refused, role, two_by_two, zipped

__all__ = ["two_by_two"]  # the fixture
SOURCE = """
import json, boto3
def handler(event, context):
    if "Records" not in event:
        return context.invoked_function_arn
    for record in event["Records"]:
        told = {"by": record["body"], "to": context.invoked_function_arn, "from": record["eventSourceARN"]}
        boto3.client("sqs").send_message(QueueUrl=record["body"], MessageBody=json.dumps(told))
"""
MAY = {"Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}


def _made(clients: Clients) -> dict[str, Any]:
    """A function that reads a queue and has a URL, all with the name that they have everywhere."""
    execution = role(clients)
    clients("iam").put_role_policy(RoleName="runs", PolicyName="reads", PolicyDocument=json.dumps(MAY))
    functions, sqs = clients("lambda"), clients("sqs")
    made = functions.create_function(
        FunctionName=NAME, Role=execution, Handler="app.handler", Runtime="python3.11", Code={"ZipFile": zipped(SOURCE)}
    )
    queue = sqs.create_queue(QueueName=NAME)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    mapping = functions.create_event_source_mapping(EventSourceArn=arn, FunctionName=NAME)["UUID"]
    url = functions.create_function_url_config(FunctionName=NAME, AuthType="NONE")["FunctionUrl"]
    for action, more in (
        ("lambda:InvokeFunctionUrl", {"FunctionUrlAuthType": "NONE"}),
        ("lambda:InvokeFunction", {"InvokedViaFunctionUrl": True}),
    ):
        functions.add_permission(
            FunctionName=NAME, StatementId=action.split(":")[1], Action=action, Principal="*", **more
        )
    return {"function": made["FunctionArn"], "queue": queue, "arn": arn, "mapping": mapping, "url": url}


def test_mappings_and_urls_side_by_side(two_by_two: RunningCloud) -> None:
    everywhere = {scope: clients_of(two_by_two, *scope) for scope in SCOPES}
    made = {scope: _made(clients) for scope, clients in everywhere.items()}
    assert len({one["url"] for one in made.values()}) == len(SCOPES)
    for scope, clients in everywhere.items():
        listed = clients("lambda").list_event_source_mappings()["EventSourceMappings"]
        assert [one["UUID"] for one in listed] == [made[scope]["mapping"]]
    first, other = SCOPES[0], SCOPES[-1]
    read = everywhere[first]("lambda").get_event_source_mapping
    refused("ResourceNotFoundException", read, UUID=made[other]["mapping"])
    abroad = {"EventSourceArn": made[SCOPES[1]]["arn"], "FunctionName": NAME}
    refused("InvalidParameterValueException", everywhere[first]("lambda").create_event_source_mapping, **abroad)

    sqs = everywhere[other]("sqs")
    told = sqs.create_queue(QueueName="told")["QueueUrl"]
    sqs.send_message(QueueUrl=made[other]["queue"], MessageBody=told)
    [message] = sqs.receive_message(QueueUrl=told, WaitTimeSeconds=15)["Messages"]
    own = made[other]
    assert json.loads(message["Body"]) == {"by": told, "to": own["function"], "from": own["arn"]}
    with urllib.request.urlopen(own["url"], timeout=30) as answer:
        assert answer.read().decode().strip('"') == own["function"]
    everywhere[first]("lambda").delete_event_source_mapping(UUID=made[first]["mapping"])
    assert _state(everywhere[other], own["mapping"]) == "Enabled"


def _state(clients: Clients, uuid: str) -> str:
    """The state of a mapping."""
    return str(clients("lambda").get_event_source_mapping(UUID=uuid)["State"])
