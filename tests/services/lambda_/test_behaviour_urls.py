"""Function URLs: who comes in, what the function gets, what clients get."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.conftest import RunningCloud
from tests.services.lambda_.conftest import refused

Make = Callable[..., dict[str, Any]]
MIRROR = "import json\ndef handler(event, context):\n    return event\n"
ANSWER = """
import json
def handler(event, context):
    answer = json.loads(event["body"])
    if answer == "raise":
        raise ValueError("no")
    return answer
"""


class Reply:
    """What came back."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.status, self.headers, self.body = answer.status, answer.headers, answer.read()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(url: str, path: str = "", method: str = "GET", body: bytes = b"", **headers: str) -> Reply:
    """Send a request to a function's URL."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, parts.path + path, body, sent)
        return Reply(connection.getresponse())
    finally:
        connection.close()


def signed(url: str, key: str, secret: str, token: str | None = None, service: str = "lambda") -> Reply:
    """A request that is signed."""
    request = AWSRequest("GET", url)
    SigV4Auth(Credentials(key, secret, token), service, "us-east-1").add_auth(request)
    return ask(url, **{name: value for name, value in request.headers.items()})


def open_to_all(functions: Any, name: str = "fn", **more: str) -> None:
    """The two statements that a public URL needs."""
    functions.add_permission(
        FunctionName=name, StatementId="url", Action="lambda:InvokeFunctionUrl", Principal="*",
        FunctionUrlAuthType="NONE", **more,
    )  # fmt: skip
    functions.add_permission(
        FunctionName=name, StatementId="function", Action="lambda:InvokeFunction", Principal="*",
        InvokedViaFunctionUrl=True, **more,
    )  # fmt: skip


@pytest.fixture
def public(functions: Any, make: Make) -> Callable[..., str]:
    """Makes a function with a public URL."""

    def create(source: str, **settings: Any) -> str:
        make("fn", source)
        open_to_all(functions)
        url: str = functions.create_function_url_config(FunctionName="fn", AuthType="NONE", **settings)["FunctionUrl"]
        return url

    return create


def test_event_is_that_of_format_2(public: Callable[..., str], account: str, cloud: RunningCloud) -> None:
    url = public(MIRROR)
    given = {"Cookie": "a=1; b=2", "X_Own": "v", "Content_Type": "application/json"}
    event = ask(url, "some/path%20x?q=1&q=2&e=", "POST", b'{"k": 1}', **given).json
    context = event["requestContext"]
    assert {name: event[name] for name in event if name not in ("headers", "requestContext")} == {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/some/path x",
        "rawQueryString": "q=1&q=2&e=",
        "cookies": ["a=1", "b=2"],
        "queryStringParameters": {"q": "1,2", "e": ""},
        "body": '{"k": 1}',
        "isBase64Encoded": False,
    }
    assert event["headers"]["x-own"] == "v" and "cookie" not in event["headers"]
    assert event["headers"]["x-forwarded-proto"] == "http"
    own = urlsplit(url).path.strip("/").rpartition("/")[2]
    assert context["accountId"] == "anonymous" and context["apiId"] == context["domainPrefix"] == own
    assert context["domainName"] == f"{own}.lambda-url.us-east-1.on.aws"
    assert context["http"]["method"] == "POST" and context["stage"] == context["routeKey"] == "$default"
    [seen] = cloud.control(f"journal?account={account}&path=/some/path%2520x")["entries"]
    assert seen["asked"] == {"method": "POST", "path": "/some/path%20x", "route": "", "id": own, "name": "fn"}
    mapped = {each["ReferenceId"]: each for each in cloud.control("map")["services"]}
    [door] = [
        each for each in mapped.values() if (each["Type"], each.get("AccountId")) == ("AWS::Lambda::Url", account)
    ]
    [edge] = door["Edges"]
    assert mapped[edge["ReferenceId"]]["Type"] == "AWS::Lambda::Function"
    event = ask(url, method="POST", body=b"\xff\0", Content_Type="application/octet-stream").json
    assert event["isBase64Encoded"] and base64.b64decode(event["body"]) == b"\xff\0"


def test_host_form_is_answered_too(public: Callable[..., str]) -> None:
    url = public(MIRROR)
    own = urlsplit(url).path.strip("/").rpartition("/")[2]
    for host in (f"{own}.lambda-url.localhost", f"{own}.lambda-url.us-east-1.on.aws"):
        event = ask(f"http://{urlsplit(url).netloc}/x", Host=host).json
        assert event["rawPath"] == "/x" and event["requestContext"]["domainName"] == host


@pytest.mark.parametrize(
    ("output", "status", "kind", "body"),
    [
        ({"a": 1}, 200, "application/json", b'{"a":1}'),
        ("text", 200, "application/json", b"text"),
        (None, 200, "application/json", b"null"),
        ({"statusCode": 201}, 201, "application/json", b""),
        ({"statusCode": "404", "body": "gone"}, 404, "application/json", b"gone"),
        ({"statusCode": 200, "headers": {"Content-Type": "text/html"}, "body": "<p>"}, 200, "text/html", b"<p>"),
        ({"statusCode": 200, "body": "AAE=", "isBase64Encoded": True}, 200, "application/json", b"\0\1"),
        ({"statusCode": 200, "body": {"b": 2}}, 200, "application/json", b'{"b":2}'),
        ({"statusCode": "x"}, 502, "application/json", b"Internal Server Error"),
        ({"statusCode": 200, "headers": {"bad name": "x"}}, 502, "application/json", b"Internal Server Error"),
        ("raise", 502, "application/json", b"Internal Server Error"),
    ],
)
def test_answers(functions: Any, answering: str, output: Any, status: int, kind: str, body: bytes) -> None:
    reply = ask(answering, method="POST", body=json.dumps(output).encode(), Content_Type="application/json")
    assert (reply.status, reply.headers["content-type"], reply.body) == (status, kind, body)
    assert reply.headers["x-amzn-requestid"]


@pytest.fixture
def answering(public: Callable[..., str]) -> str:
    """The URL of a function that gives what it is told."""
    return public(ANSWER)


def test_cookies_go_out_one_header_each(answering: str) -> None:
    output = {"statusCode": 200, "cookies": ["a=1; Secure", "b=2"], "body": "x"}
    reply = ask(answering, method="POST", body=json.dumps(output).encode(), Content_Type="application/json")
    assert reply.headers.get_all("set-cookie") == ["a=1; Secure", "b=2"]


def test_public_url_needs_both_statements(functions: Any, make: Make) -> None:
    make("fn", MIRROR)
    url = functions.create_function_url_config(FunctionName="fn", AuthType="NONE")["FunctionUrl"]
    reply = ask(url)
    assert (reply.status, reply.headers["x-amzn-errortype"]) == (403, "AccessDeniedException")
    assert reply.json["Message"].startswith("Forbidden")
    open_to_all(functions)
    assert ask(url).status == 200
    functions.remove_permission(FunctionName="fn", StatementId="function")
    assert ask(url).status == 403


def test_signed_url_lets_in_whom_iam_lets(functions: Any, make: Make, iam_user: Any, account: str) -> None:
    make("fn", MIRROR)
    url = functions.create_function_url_config(FunctionName="fn", AuthType="AWS_IAM")["FunctionUrl"]
    assert ask(url).status == 403
    allow = {
        "Statement": [
            {"Effect": "Allow", "Action": ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"], "Resource": "*",
             "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}}
        ]
    }  # fmt: skip
    for policy, status, name in ((allow, 200, "may"), (None, 403, "maynot")):
        keys = iam_user(policy, name)("lambda")._request_signer._credentials
        reply = signed(url, keys.access_key, keys.secret_key)
        assert reply.status == status, reply.body
        if status == 200:
            caller = reply.json["requestContext"]["authorizer"]["iam"]
            assert caller["userArn"] == f"arn:aws:iam::{account}:user/may" and caller["accountId"] == account
    keys = iam_user(allow, "third")("lambda")._request_signer._credentials
    assert signed(url, keys.access_key, keys.secret_key, service="execute-api").status == 403
    assert signed(url, keys.access_key, "wrong").status == 403


def test_cors_is_answered_by_lambda_itself(public: Callable[..., str]) -> None:
    cors = {
        "AllowOrigins": ["https://a.example"], "AllowMethods": ["GET", "PUT"], "AllowHeaders": ["x-a"],
        "ExposeHeaders": ["x-b"], "MaxAge": 60, "AllowCredentials": True,
    }  # fmt: skip
    url = public(MIRROR, Cors=cors)
    reply = ask(url, method="OPTIONS", Origin="https://a.example", Access_Control_Request_Method="PUT")
    assert reply.status == 200 and reply.body == b""
    assert reply.headers["access-control-allow-origin"] == "https://a.example"
    assert reply.headers["access-control-allow-methods"] == "GET,PUT"
    assert reply.headers["access-control-max-age"] == "60"
    reply = ask(url, Origin="https://a.example")
    assert reply.headers["access-control-expose-headers"] == "x-b"
    assert reply.headers["access-control-allow-credentials"] == "true"
    assert "access-control-allow-origin" not in ask(url, Origin="https://b.example").headers


def test_alias_has_a_url_and_statements_of_its_own(functions: Any, make: Make) -> None:
    make("fn", MIRROR, Publish=True)
    functions.create_alias(FunctionName="fn", Name="live", FunctionVersion="1")
    url = functions.create_function_url_config(FunctionName="fn", Qualifier="live", AuthType="NONE")["FunctionUrl"]
    open_to_all(functions)
    assert ask(url).status == 403
    open_to_all(functions, Qualifier="live")
    assert ask(url).status == 200
    listed = functions.list_function_url_configs(FunctionName="fn")["FunctionUrlConfigs"]
    assert [one["FunctionArn"].rpartition(":")[2] for one in listed] == ["live"]


def test_throttled_and_unknown(functions: Any, public: Callable[..., str]) -> None:
    url = public(MIRROR)
    functions.put_function_concurrency(FunctionName="fn", ReservedConcurrentExecutions=0)
    reply = ask(url)
    assert reply.status == 429 and reply.json["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    functions.delete_function_url_config(FunctionName="fn")
    reply = ask(url)
    assert (reply.status, reply.body) == (403, b'{"Message":null}')


def test_configs_are_made_changed_and_refused(functions: Any, make: Make, account: str) -> None:
    made = make("fn")
    arn = made["FunctionArn"]
    with refused("ResourceNotFoundException") as refusal:
        functions.get_function_url_config(FunctionName="fn")
    assert refusal.message == "The resource you requested does not exist."
    first = functions.create_function_url_config(FunctionName="fn", AuthType="NONE", Cors={"AllowOrigins": ["*"]})
    assert first["FunctionArn"] == arn and first["InvokeMode"] == "BUFFERED" and first["CreationTime"]
    with refused("ResourceConflictException") as refusal:
        functions.create_function_url_config(FunctionName="fn", AuthType="NONE")
    assert "FunctionUrlConfig exists for this Lambda function" in refusal.message
    changed = functions.update_function_url_config(FunctionName="fn", AuthType="AWS_IAM")
    assert changed["AuthType"] == "AWS_IAM" and changed["Cors"] == {"AllowOrigins": ["*"]}
    assert changed["FunctionUrl"] == first["FunctionUrl"]
    with refused("ResourceNotFoundException") as refusal:
        functions.create_function_url_config(FunctionName="none", AuthType="NONE")
    assert refusal.message == "Function does not exist"
    functions.delete_function_url_config(FunctionName="fn")
    with refused("ResourceNotFoundException"):
        functions.delete_function_url_config(FunctionName="fn")
