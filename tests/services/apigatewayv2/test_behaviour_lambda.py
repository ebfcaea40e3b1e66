"""HTTP APIs in front of Lambda functions."""

import base64
import json


def test_format_2_tells_everything(api, make_function, account):
    api.route("POST /pets/{id}/{rest+}", api.integration(make_function()))
    api.client.update_stage(ApiId=api.id, StageName="$default", StageVariables={"color": "blue"})
    event = api.event(
        "POST",
        "/pets/a%20b/x/y%2Fz?q=1&q=2&e=&s=a%2Bb",
        {"content-type": "application/json", "cookie": "c=1; d=2", "X-Mixed-Case": "V", "user-agent": "test"},
        b'{"a": 1}',
    )
    assert event["version"] == "2.0"
    assert event["routeKey"] == "POST /pets/{id}/{rest+}"
    assert event["rawPath"] == "/pets/a b/x/y/z"
    assert event["rawQueryString"] == "q=1&q=2&e=&s=a%2Bb"
    assert event["queryStringParameters"] == {"q": "1,2", "e": "", "s": "a+b"}
    assert event["cookies"] == ["c=1", "d=2"]
    assert event["pathParameters"] == {"id": "a b", "rest": "x/y/z"}
    assert event["stageVariables"] == {"color": "blue"}
    assert event["body"] == '{"a": 1}' and event["isBase64Encoded"] is False
    assert event["headers"]["x-mixed-case"] == "V" and "cookie" not in event["headers"]
    assert event["headers"]["x-forwarded-for"] == "127.0.0.1"
    assert event["headers"]["x-amzn-trace-id"].startswith("Root=1-")
    context = event["requestContext"]
    assert context["accountId"] == account and context["apiId"] == api.id and context["stage"] == "$default"
    assert context["domainName"] == f"{api.id}.execute-api.localhost" and context["domainPrefix"] == api.id
    assert context["http"] == {
        "method": "POST",
        "path": "/pets/a b/x/y/z",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "test",
    }
    assert context["time"].endswith(" +0000") and context["timeEpoch"] > 1_600_000_000_000


def test_what_is_absent_is_left_out_of_format_2_and_null_in_format_1(api, make_function):
    function = make_function()
    api.route("GET /two", api.integration(function))
    api.route("GET /one", api.integration(function, PayloadFormatVersion="1.0"))
    two, one = api.event("GET", "/two"), api.event("GET", "/one")
    assert not {"cookies", "queryStringParameters", "pathParameters", "stageVariables", "body"} & two.keys()
    for name in (
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "pathParameters",
        "stageVariables",
        "body",
    ):
        assert one[name] is None


def test_format_1(api, make_function):
    api.route("ANY /a/{id}", api.integration(make_function(), PayloadFormatVersion="1.0"))
    event = api.event("PUT", "/a/7?q=1&q=2", {"content-type": "text/plain", "x-list": "1,2"}, b"hi")
    assert event["version"] == "1.0" and event["resource"] == "/a/{id}" and event["path"] == "/a/7"
    assert event["httpMethod"] == "PUT" and event["body"] == "hi"
    assert event["queryStringParameters"] == {"q": "2"}
    assert event["multiValueQueryStringParameters"] == {"q": ["1", "2"]}
    assert event["multiValueHeaders"]["x-list"] == ["1", "2"]
    assert event["headers"]["Host"] and event["headers"]["X-Forwarded-Proto"] == "http"
    assert event["requestContext"]["identity"]["sourceIp"] == "127.0.0.1"
    assert event["requestContext"]["resourcePath"] == "/a/{id}"


def test_bodies_that_are_no_text_come_in_base64(api, make_function):
    api.route("POST /", api.integration(make_function()))
    for kind, raw in (
        ("application/octet-stream", b"\x00\xff"),
        ("application/x-www-form-urlencoded", b"a=1"),
        ("application/json", b"\xff"),
    ):
        event = api.event("POST", "/", {"content-type": kind}, raw)
        assert event["isBase64Encoded"] is True and base64.b64decode(event["body"]) == raw
    assert api.event("POST", "/", {"content-type": "application/vnd.api+json"}, b"{}")["isBase64Encoded"] is False


def answer(api, output):
    return api.request("POST", "/", {"content-type": "text/plain"}, b"return " + json.dumps(output).encode())


def test_answers_of_format_2(api, make_function):
    api.route("POST /", api.integration(make_function()))
    inferred = answer(api, {"a": 1})
    assert (inferred.status, inferred.header("content-type"), inferred.json) == (200, "application/json", {"a": 1})
    assert answer(api, "Hello").body == b"Hello"
    assert answer(api, None).body == b"null"
    assert answer(api, [1]).json == [1]
    stated = answer(
        api,
        {"statusCode": "201", "headers": {"X-A": 1, "Content-Length": "99"}, "cookies": ["a=1", "b=2"], "body": "b"},
    )
    assert (stated.status, stated.header("x-a"), stated.body) == (201, "1", b"b")
    assert [value for name, value in stated.headers if name == "set-cookie"] == ["a=1", "b=2"]
    assert stated.header("content-type") == "text/plain;charset=UTF-8"
    assert stated.header("apigw-requestid")
    binary = answer(api, {"statusCode": 200, "isBase64Encoded": True, "body": base64.b64encode(b"\x00\xff").decode()})
    assert binary.body == b"\x00\xff"
    assert answer(api, {"statusCode": 204, "body": "x"}).body == b""


def test_answers_of_format_1(api, make_function):
    api.route("POST /", api.integration(make_function(), PayloadFormatVersion="1.0"))
    many = {"statusCode": 200, "headers": {"a": "1"}, "multiValueHeaders": {"b": ["1", "2"], "set-cookie": ["x", "y"]}}
    got = answer(api, many)
    assert (got.header("a"), got.header("b")) == ("1", "1,2")
    assert [value for name, value in got.headers if name == "set-cookie"] == ["x", "y"]
    assert answer(api, {"a": 1}).status == 500


def test_malformed_answers_are_internal_errors(api, make_function):
    api.route("POST /", api.integration(make_function()))
    for output in (
        {"statusCode": "abc"},
        {"statusCode": True},
        {"statusCode": 99},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "headers": {"a b": "c"}},
        {"statusCode": 200, "headers": {"a": {"b": 1}}},
        {"statusCode": 200, "isBase64Encoded": True, "body": "?"},
        {"statusCode": 200, "cookies": "a"},
    ):
        got = answer(api, output)
        assert (got.status, got.json) == (500, {"message": "Internal Server Error"})
    raised = api.request("POST", "/", {"content-type": "text/plain"}, b"raise")
    assert raised.status == 500
    told = api.cloud.control(f"why/{raised.header('apigw-requestid')}")["answer"]
    assert told == "POST / of api was answered with 500, because the function echo failed: ValueError: no"


def test_headers_cannot_be_smuggled(api, make_function):
    api.route("POST /", api.integration(make_function()))
    got = answer(api, {"statusCode": 200, "headers": {"a": "1\r\nset-cookie: evil=1"}, "body": "x"})
    assert got.status == 200 and got.header("set-cookie") is None


def test_api_gateway_needs_the_functions_permission(api, make_function, client):
    api.route("GET /pets/{id}", api.integration(make_function(allowed=False)))
    assert api.request("GET", "/pets/1").json == {"message": "Internal Server Error"}
    account = client("sts").get_caller_identity()["Account"]

    def permit(statement, rest):
        client("lambda").add_permission(
            FunctionName="echo",
            StatementId=statement,
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:us-east-1:{account}:{api.id}/{rest}",
        )

    permit("other", "*/POST/pets/*")
    assert api.request("GET", "/pets/1").status == 500
    permit("right", "*/GET/pets/*")
    assert api.request("GET", "/pets/1").status == 200


def test_a_role_instead_of_the_functions_permission(api, make_function, client):
    function = make_function(allowed=False)
    iam = client("iam")
    statement = {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = {"Version": "2012-10-17", "Statement": [statement]}
    role = iam.create_role(RoleName="api", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    api.route("GET /", api.integration(function, CredentialsArn=role))
    assert api.request("GET", "/").status == 500
    allow = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": function}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_role_policy(RoleName="api", PolicyName="invoke", PolicyDocument=policy)
    assert api.request("GET", "/").status == 200


def test_an_integration_that_takes_too_long(api, make_function):
    slow = make_function("import time\ndef handler(event, context):\n    time.sleep(2)\n", "slow")
    api.route("GET /", api.integration(slow, TimeoutInMillis=50))
    got = api.request("GET", "/")
    assert (got.status, got.json) == (503, {"message": "Service Unavailable"})


def test_a_function_named_by_a_stage_variable(api, make_function):
    function = make_function()
    api.route("GET /", api.integration(function.replace("echo", "${stageVariables.fn}")))
    api.client.update_stage(ApiId=api.id, StageName="$default", StageVariables={"fn": "echo"})
    assert api.request("GET", "/").status == 200
    api.client.update_stage(ApiId=api.id, StageName="$default", StageVariables={"fn": "other"})
    assert api.request("GET", "/").status == 500


def test_a_lambda_authorizer(api, make_function, account):
    code = """
import json
calls = 0
def handler(event, context):
    global calls
    calls += 1
    token = event["headers"]["authorization"]
    if token == "raise":
        raise ValueError
    if token == "nonsense":
        return 7
    return {"isAuthorized": token == "yes", "context": {"calls": calls, "source": event["identitySource"]}}
"""
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{make_function(code, 'judge')}/invocations"
    authorizer = api.client.create_authorizer(
        ApiId=api.id,
        Name="judge",
        AuthorizerType="REQUEST",
        AuthorizerUri=uri,
        AuthorizerPayloadFormatVersion="2.0",
        EnableSimpleResponses=True,
        IdentitySource=["$request.header.Authorization"],
        AuthorizerResultTtlInSeconds=60,
    )
    guarded = {"AuthorizationType": "CUSTOM", "AuthorizerId": authorizer["AuthorizerId"]}
    api.route("GET /", api.integration(make_function()), **guarded)
    assert api.request("GET", "/").status == 401
    assert api.request("GET", "/", {"authorization": "no"}).json == {"message": "Forbidden"}
    assert api.request("GET", "/", {"authorization": "raise"}).status == 500
    assert api.request("GET", "/", {"authorization": "nonsense"}).status == 500
    first, again = (api.event("GET", "/", {"authorization": "yes"}) for _ in range(2))
    assert first["requestContext"]["authorizer"]["lambda"]["source"] == ["yes"]
    assert first["requestContext"]["authorizer"] == again["requestContext"]["authorizer"]
    api.client.reset_authorizers_cache(ApiId=api.id, StageName="$default")
    later = api.event("GET", "/", {"authorization": "yes"})
    assert later["requestContext"]["authorizer"] != first["requestContext"]["authorizer"]


def test_a_lambda_authorizer_that_answers_a_policy(api, make_function):
    code = """
def handler(event, context):
    effect = event["headers"]["Effect" if "Effect" in event["headers"] else "effect"]
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    return {"principalId": "me", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
"""
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{make_function(code, 'judge')}/invocations"
    authorizer = api.client.create_authorizer(
        ApiId=api.id,
        Name="judge",
        AuthorizerType="REQUEST",
        AuthorizerUri=uri,
        AuthorizerPayloadFormatVersion="1.0",
        IdentitySource=["$request.header.effect"],
    )
    guarded = {"AuthorizationType": "CUSTOM", "AuthorizerId": authorizer["AuthorizerId"]}
    api.route("GET /", api.integration(make_function()), **guarded)
    assert api.request("GET", "/", {"effect": "Allow"}).status == 200
    assert api.request("GET", "/", {"effect": "Deny"}).status == 403
    assert api.request("GET", "/", {"effect": "Perhaps"}).status == 500
