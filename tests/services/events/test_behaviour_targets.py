"""Each kind of target: what it gets, by whose permission, and what becomes of an event that cannot be delivered."""

from __future__ import annotations

import base64
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.services.events.conftest import Desk, entry, refused

TRUST = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
}


def queue(desk: Desk, name: str = "q", *, allowed: bool = True, **attributes: str) -> tuple[str, str]:
    """(URL, ARN) of a new queue, to which EventBridge may send if `allowed`."""
    sqs = desk.client("sqs")
    arn = f"arn:aws:sqs:us-east-1:{desk.account}:{name}"
    if allowed:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:events:us-east-1:{desk.account}:rule/*"}},
        }
        attributes["Policy"] = json.dumps({"Version": "2012-10-17", "Statement": statement})
    return sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"], arn


def received(desk: Desk, url: str) -> list[dict]:
    desk.cloud.settle()
    given = {"MessageAttributeNames": ["All"], "AttributeNames": ["All"], "MaxNumberOfMessages": 10}
    return desk.client("sqs").receive_message(QueueUrl=url, **given).get("Messages", [])


def function(desk: Desk, source: str, *, allowed: bool = True) -> str:
    role = desk.client("iam").create_role(RoleName="runs", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    logs = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    desk.client("iam").attach_role_policy(RoleName="runs", PolicyArn=logs)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", source)
    arn = desk.client("lambda").create_function(
        FunctionName="f", Role=role, Handler="app.handler", Runtime="python3.11", Code={"ZipFile": buffer.getvalue()}
    )["FunctionArn"]
    if allowed:
        who = {"Principal": "events.amazonaws.com", "Action": "lambda:InvokeFunction"}
        desk.client("lambda").add_permission(FunctionName="f", StatementId="s", **who)
    return arn


def test_a_queue_gets_the_event(desk):
    url, arn = queue(desk)
    desk.rule(arn)
    answer = desk.put(entry({"n": 1}))
    [message] = received(desk, url)
    assert json.loads(message["Body"])["id"] == answer["Entries"][0]["EventId"]


def test_a_fifo_queue_gets_it_in_its_group(desk):
    url, arn = queue(desk, "q.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    desk.rule(arn, SqsParameters={"MessageGroupId": "g"})
    desk.put(entry())
    [message] = received(desk, url)
    assert message["Attributes"]["MessageGroupId"] == "g"


def test_a_topic_hands_it_on(desk):
    url, arn = queue(desk, allowed=False)
    topic = desk.client("sns").create_topic(Name="t")["TopicArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    desk.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    desk.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"}
    )
    desk.rule(topic)
    desk.put(entry())
    assert received(desk, url) == []
    let = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": let})
    desk.client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    desk.put(entry())
    [message] = received(desk, url)
    assert json.loads(message["Body"])["detail-type"] == "sold"


def test_a_function_is_invoked(desk):
    arn = function(desk, "def handler(event, context): print('GOT ' + event['detail-type'])")
    desk.rule(arn)
    desk.put(entry())
    assert [line for line in desk.seen("/aws/lambda/f") if "GOT" in line] == ["GOT sold\n"]


def test_what_cannot_be_delivered_is_a_dead_letter_at_once(desk):
    dead_url, dead = queue(desk, "dead")
    _, arn = queue(desk, allowed=False)
    rule = desk.rule(arn, DeadLetterConfig={"Arn": dead})
    desk.put(entry())
    [letter] = received(desk, dead_url)
    attributes = {name: each["StringValue"] for name, each in letter["MessageAttributes"].items()}
    assert "not authorized" in attributes.pop("ERROR_MESSAGE")
    expected = {"RULE_ARN": rule, "TARGET_ARN": arn, "ERROR_CODE": "NO_PERMISSIONS", "RETRY_ATTEMPTS": "0"}
    assert attributes == expected
    assert json.loads(letter["Body"])["source"] == "shop"
    desk.client("sqs").delete_message(QueueUrl=dead_url, ReceiptHandle=letter["ReceiptHandle"])
    desk.rule(arn + "-none", DeadLetterConfig={"Arn": dead})
    desk.put(entry())
    [letter] = received(desk, dead_url)
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_RESOURCE"


def test_the_role_of_a_target_is_who_delivers(desk):
    url, arn = queue(desk, allowed=False)
    desk.rule(arn, RoleArn=desk.role("sends", "sqs:SendMessage"))
    desk.put(entry())
    assert len(received(desk, url)) == 1


# ---- API destinations ------------------------------------------------------------------------------------------------


class Server:
    """A server that notes what it is asked, and answers `status`."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, dict[str, str], str]] = []
        self.status = 200
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                server.requests.append((self.command, self.path, headers, body))
                is_token = self.path.startswith("/token")
                answer = json.dumps({"access_token": "T1", "expires_in": 60}).encode() if is_token else b"{}"
                self.send_response(200 if is_token else server.status)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = do_PUT = do

            def log_message(self, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.http.shutdown()
    made.http.server_close()


def destination(desk: Desk, url: str, kind: str, parameters: dict, **more: object) -> str:
    connection = desk.events.create_connection(Name="c", AuthorizationType=kind, AuthParameters=parameters)
    return desk.events.create_api_destination(
        Name="d", ConnectionArn=connection["ConnectionArn"], InvocationEndpoint=url, HttpMethod="POST", **more
    )["ApiDestinationArn"]


BASIC = {"BasicAuthParameters": {"Username": "u", "Password": "secret"}}


def test_an_api_destination_by_a_name_and_password(desk, server):
    more = {
        "HeaderParameters": [{"Key": "x-own", "Value": "1"}],
        "QueryStringParameters": [{"Key": "q", "Value": "a b", "IsValueSecret": True}],
        "BodyParameters": [{"Key": "b", "Value": "2"}],
    }
    arn = destination(desk, server.url + "/at/*", "BASIC", {**BASIC, "InvocationHttpParameters": more})
    shown = desk.events.describe_connection(Name="c")["AuthParameters"]
    assert shown["BasicAuthParameters"] == {"Username": "u"}
    assert shown["InvocationHttpParameters"] == {
        "HeaderParameters": [{"Key": "x-own", "Value": "1"}],
        "QueryStringParameters": [{"Key": "q", "IsValueSecret": True}],
        "BodyParameters": [{"Key": "b", "Value": "2"}],
    }
    http = {
        "PathParameterValues": ["$.detail.id"],
        "HeaderParameters": {"x-type": "$.detail-type"},
        "QueryStringParameters": {"s": "fixed"},
    }
    desk.rule(arn, RoleArn=desk.role("r", "events:InvokeApiDestination"), HttpParameters=http, InputPath="$.detail")
    desk.put(entry({"id": "x/1"}))
    desk.cloud.settle()
    [(method, path, headers, body)] = server.requests
    assert (method, path) == ("POST", "/at/x%2F1?s=fixed&q=a+b")
    assert headers["authorization"] == "Basic " + base64.b64encode(b"u:secret").decode()
    assert (headers["x-own"], headers["x-type"]) == ("1", "sold")
    assert json.loads(body) == {"id": "x/1", "b": "2"}


def _nobody_else_changes(secrets, arn):
    described = secrets.describe_secret(SecretId=arn)
    assert described["OwningService"] == "events"
    assert described["Tags"] == [{"Key": "aws:secretsmanager:owningService", "Value": "events"}]
    listed = secrets.list_secrets(Filters=[{"Key": "owning-service", "Values": ["events"]}])["SecretList"]
    assert [each["ARN"] for each in listed] == [arn]
    for call, given in (
        (secrets.put_secret_value, {"SecretString": "x", "ClientRequestToken": "t" * 32}),
        (secrets.update_secret, {"Description": "x", "ClientRequestToken": "t" * 32}),
        (secrets.update_secret_version_stage, {"VersionStage": "x"}),
        (secrets.delete_secret, {}),
        (secrets.delete_secret, {"ForceDeleteWithoutRecovery": True}),
        (secrets.restore_secret, {}),
        (secrets.tag_resource, {"Tags": [{"Key": "a", "Value": "b"}]}),
        (secrets.untag_resource, {"TagKeys": ["aws:secretsmanager:owningService"]}),
        (secrets.put_resource_policy, {"ResourcePolicy": "{}"}),
        (secrets.delete_resource_policy, {}),
        (secrets.rotate_secret, {"ClientRequestToken": "t" * 32}),
        (secrets.cancel_rotate_secret, {}),
    ):
        said = refused("InvalidRequestException", call, SecretId=arn, **given)
        assert said == "Operation is not allowed on secret owned by events"


def test_an_api_destination_by_a_key_and_the_secret_that_holds_it(desk, server):
    key = {"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "k1"}}
    arn = destination(desk, server.url, "API_KEY", key)
    described = desk.events.describe_connection(Name="c")
    assert described["AuthParameters"] == {"ApiKeyAuthParameters": {"ApiKeyName": "x-key"}}
    assert ":secret:events!connection/c/" in described["SecretArn"]
    value = desk.client("secretsmanager").get_secret_value(SecretId=described["SecretArn"])["SecretString"]
    assert json.loads(value) == {"api_key_name": "x-key", "api_key_value": "k1"}
    _nobody_else_changes(desk.client("secretsmanager"), described["SecretArn"])
    desk.rule(arn, RoleArn=desk.role("r", "events:InvokeApiDestination"))
    changed = {"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "k2"}}
    refused("ValidationException", desk.events.update_connection, Name="c", AuthParameters=changed)
    desk.events.update_connection(Name="c", AuthorizationType="API_KEY", AuthParameters=changed)
    desk.put(entry())
    desk.cloud.settle()
    assert server.requests[0][2]["x-key"] == "k2"
    answer = desk.events.deauthorize_connection(Name="c")
    assert answer["ConnectionState"] == "DEAUTHORIZING"
    assert desk.events.describe_connection(Name="c")["ConnectionState"] == "DEAUTHORIZED"
    assert desk.events.describe_api_destination(Name="d")["ApiDestinationState"] == "INACTIVE"
    assert desk.events.delete_connection(Name="c")["ConnectionState"] == "DELETING"
    message = refused("ResourceNotFoundException", desk.events.describe_connection, Name="c")
    assert message == "Failed to describe the connection(s). Connection 'c' does not exist."


def test_an_api_destination_by_oauth(desk, server):
    oauth = {
        "ClientParameters": {"ClientID": "id", "ClientSecret": "secret"},
        "AuthorizationEndpoint": server.url + "/token",
        "HttpMethod": "POST",
    }
    arn = destination(desk, server.url + "/x", "OAUTH_CLIENT_CREDENTIALS", {"OAuthParameters": oauth})
    desk.cloud.settle()
    assert desk.events.describe_connection(Name="c")["ConnectionState"] == "AUTHORIZED"
    assert desk.events.describe_api_destination(Name="d")["ApiDestinationState"] == "ACTIVE"
    desk.rule(arn, RoleArn=desk.role("r", "events:InvokeApiDestination"))
    desk.put(entry(), entry())
    desk.cloud.settle()
    (_, path, _, body), *invoked = server.requests
    assert path == "/token" and "grant_type=client_credentials" in body and "client_secret=secret" in body
    assert [headers["authorization"] for _, _, headers, _ in invoked] == ["Bearer T1", "Bearer T1"]


def test_a_role_that_may_not_invoke_reaches_nothing(desk, server):
    arn = destination(desk, server.url, "BASIC", BASIC)
    dead_url, dead = queue(desk, "dead")
    desk.rule(arn, RoleArn=desk.role("r", "sqs:SendMessage"), DeadLetterConfig={"Arn": dead})
    desk.put(entry())
    [letter] = received(desk, dead_url)
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"
    assert server.requests == []


def test_a_server_that_fails_is_asked_again_and_at_last_the_event_is_a_dead_letter(timed, server):
    timed.at("2027-01-01T00:00")
    server.status = 503
    arn = destination(timed, server.url, "BASIC", BASIC)
    dead_url, dead = queue(timed, "dead")
    role = timed.role("r", "events:InvokeApiDestination")
    more = {"RoleArn": role, "DeadLetterConfig": {"Arn": dead}}
    timed.rule(arn, RetryPolicy={"MaximumRetryAttempts": 3}, **more)
    timed.put(entry())
    timed.cloud.settle()
    assert len(server.requests) == 1
    timed.cloud.clock_advance(3600)
    assert len(server.requests) == 4
    [letter] = received(timed, dead_url)
    attributes = {name: each["StringValue"] for name, each in letter["MessageAttributes"].items()}
    assert attributes["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"
    assert (attributes["RETRY_ATTEMPTS"], attributes["ERROR_CODE"]) == ("3", "ERROR_FROM_TARGET")
    timed.client("sqs").delete_message(QueueUrl=dead_url, ReceiptHandle=letter["ReceiptHandle"])
    timed.rule(arn, RetryPolicy={"MaximumEventAgeInSeconds": 60}, **more)
    timed.put(entry())
    timed.cloud.clock_advance(3600)
    [letter] = received(timed, dead_url)
    attributes = {name: each["StringValue"] for name, each in letter["MessageAttributes"].items()}
    assert attributes["EXHAUSTED_RETRY_CONDITION"] == "MaximumEventAgeInSeconds"
    timed.rule(arn, **more)
    timed.put(entry())
    timed.cloud.clock_advance(3600)
    server.status = 200
    timed.cloud.clock_advance(86_400)
    asked = len(server.requests)
    timed.cloud.clock_advance(86_400)
    assert len(server.requests) == asked


def test_a_route_of_api_gateway_is_requested(desk):
    source = """
import json
def handler(event, context):
    print("GOT", event["rawPath"], event["body"], event["headers"].get("x-own"), event["rawQueryString"])
    return "ok"
"""
    arn = function(desk, source, allowed=False)
    who = {"Principal": "apigateway.amazonaws.com", "Action": "lambda:InvokeFunction"}
    desk.client("lambda").add_permission(FunctionName="f", StatementId="s", **who)
    gateway = desk.client("apigatewayv2")
    api = gateway.create_api(Name="a", ProtocolType="HTTP", Target=arn)["ApiId"]
    place = f"arn:aws:execute-api:us-east-1:{desk.account}:{api}/$default/POST/at/*"
    http = {
        "PathParameterValues": ["$.detail.id"],
        "HeaderParameters": {"x-own": "1"},
        "QueryStringParameters": {"q": "$.detail-type"},
    }
    role = desk.role("r", "execute-api:Invoke")
    desk.rule(place, RoleArn=role, HttpParameters=http, InputPath="$.detail")
    desk.put(entry({"id": "x"}))
    lines = [line for line in desk.seen("/aws/lambda/f") if "GOT" in line]
    assert lines == ['GOT /at/x {"id":"x"} 1 q=sold\n']


def test_a_route_under_iam_is_requested_as_the_role(desk, server):
    gateway = desk.client("apigatewayv2")
    api = gateway.create_api(Name="a", ProtocolType="HTTP", Target=server.url)["ApiId"]
    [route] = gateway.get_routes(ApiId=api)["Items"]
    gateway.update_route(ApiId=api, RouteId=route["RouteId"], AuthorizationType="AWS_IAM")
    place = f"arn:aws:execute-api:us-east-1:{desk.account}:{api}/$default/POST/at/*"
    http = {"PathParameterValues": ["$.detail.id"]}
    desk.rule(place, RoleArn=desk.role("may", "execute-api:Invoke"), HttpParameters=http, InputPath="$.detail")
    desk.put(entry({"id": "y z"}))
    desk.cloud.settle()
    assert [body for _, _, _, body in server.requests] == ['{"id":"y z"}']
    dead_url, dead = queue(desk, "dead")
    nobody = desk.role("nobody", "sqs:SendMessage")
    desk.rule(place, RoleArn=nobody, HttpParameters=http, DeadLetterConfig={"Arn": dead})
    desk.put(entry({"id": "x"}))
    [letter] = received(desk, dead_url)
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "ERROR_FROM_TARGET"
    assert len(server.requests) == 1


def test_what_is_no_connection_or_destination(desk):
    create = desk.events.create_connection
    message = refused("ValidationException", create, Name="c", AuthorizationType="NO", AuthParameters=BASIC)
    assert "at 'authorizationType' failed to satisfy constraint: Member must satisfy enum value set" in message
    refused("ValidationException", create, Name="a b", AuthorizationType="BASIC", AuthParameters=BASIC)
    refused("ValidationException", create, Name="c", AuthorizationType="API_KEY", AuthParameters=BASIC)
    connection = create(Name="c", AuthorizationType="BASIC", AuthParameters=BASIC)["ConnectionArn"]
    message = refused(
        "ResourceAlreadyExistsException", create, Name="c", AuthorizationType="BASIC", AuthParameters=BASIC
    )
    assert message == "Connection c already exists."
    given = {"Name": "d", "ConnectionArn": connection, "InvocationEndpoint": "https://x.test/", "HttpMethod": "GET"}
    make = desk.events.create_api_destination
    refused("ValidationException", make, **{**given, "InvocationEndpoint": "http://x.test/"})
    message = refused("ValidationException", make, **{**given, "HttpMethod": "NO", "ConnectionArn": "nonsense"})
    assert message == (
        "2 validation errors detected: Value 'nonsense' at 'connectionArn' failed to satisfy constraint: Member must "
        r"satisfy regular expression pattern: ^arn:aws([a-z]|\-)*:events:([a-z]|\d|\-)*:([0-9]{12})?:connection\/"
        r"[\.\-_A-Za-z0-9]+\/[\-A-Za-z0-9]+$; Value 'NO' at 'httpMethod' failed to satisfy constraint: Member must "
        "satisfy enum value set: [HEAD, POST, PATCH, DELETE, PUT, GET, OPTIONS]"
    )
    refused("ResourceNotFoundException", make, **{**given, "ConnectionArn": connection + "0"})
    make(**given)
    refused("ResourceAlreadyExistsException", make, **given)
    desk.events.update_api_destination(Name="d", Description="x", InvocationRateLimitPerSecond=5)
    described = desk.events.describe_api_destination(Name="d")
    assert (described["Description"], described["InvocationRateLimitPerSecond"]) == ("x", 5)
    [listed] = desk.events.list_api_destinations(ConnectionArn=connection)["ApiDestinations"]
    assert (listed["Name"], listed["ApiDestinationState"]) == ("d", "ACTIVE")
    assert [each["Name"] for each in desk.events.list_connections(ConnectionState="AUTHORIZED")["Connections"]] == ["c"]
    desk.events.delete_api_destination(Name="d")
    message = refused("ResourceNotFoundException", desk.events.describe_api_destination, Name="d")
    assert message == "Failed to describe the api-destination(s). An api-destination 'd' does not exist."
