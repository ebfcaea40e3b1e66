"""HTTP APIs as their clients see them: routes, stages, deployments, CORS, limits, logs, backends."""

import json
import socket
import threading
import time

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from joserfc.jwk import RSAKey

from tests.services.apigatewayv2.conftest import Api


def test_quick_create(cloud, apigateway, backend):
    made = apigateway.create_api(Name="quick", ProtocolType="HTTP", Target=f"{backend.url}/there")
    api = Api(cloud, apigateway, made["ApiId"])
    got = api.request("POST", "/any?q=1", {"x-a": "b"}, b"body")
    assert got.status == 200
    assert got.json["path"] == "/there?q=1" and got.json["method"] == "POST" and got.json["body"] == "body"
    assert got.json["headers"]["x-a"] == "b" and "host=" in got.json["headers"]["forwarded"]
    assert [value for name, value in got.headers if name == "set-cookie"] == ["a=1", "b=2"]
    assert len([1 for name, _ in got.headers if name == "date"]) == 1
    assert made["ApiEndpoint"].startswith("http")
    [route] = apigateway.get_routes(ApiId=api.id)["Items"]
    assert route["RouteKey"] == "$default" and route["ApiGatewayManaged"]
    [stage] = apigateway.get_stages(ApiId=api.id)["Items"]
    assert stage["StageName"] == "$default" and stage["AutoDeploy"] and stage["DeploymentId"]
    with pytest.raises(ClientError, match="managed by API Gateway"):
        apigateway.delete_integration(ApiId=api.id, IntegrationId=route["Target"].partition("/")[2])
    apigateway.update_api(ApiId=api.id, Target=f"{backend.url}/elsewhere")
    assert api.request("GET", "/").json["path"] == "/elsewhere"


def test_the_most_specific_route_wins(api, backend):
    for index, key in enumerate(
        ["$default", "ANY /{proxy+}", "GET /pets/{proxy+}", "GET /pets/{id}", "GET /pets/dog", "ANY /pets/dog", "GET /"]
    ):
        api.route(key, api.integration(f"{backend.url}/{index}"))
    chosen = lambda method, path: int(api.request(method, path).json["path"][1:])  # noqa: E731
    assert chosen("GET", "/pets/dog") == 4
    assert chosen("POST", "/pets/dog") == 5
    assert chosen("GET", "/pets/cat") == 3
    assert chosen("GET", "/pets/cat/1") == 2
    assert chosen("POST", "/pets/cat/1") == 1
    assert chosen("GET", "/") == 6
    assert chosen("PUT", "/") == 0


def test_without_a_route_there_is_nothing(api, backend):
    api.route("GET /here", api.integration(backend.url))
    for method, path in (("GET", "/"), ("POST", "/here"), ("GET", "/here/x"), ("GET", "/%2e%2e/here")):
        got = api.request(method, path)
        assert (got.status, got.json) == (404, {"message": "Not Found"})
    assert api.request("GET", "/here").status == 200
    assert Api(api.cloud, api.client, "abcdefghij").request("GET", "/here").json == {"message": "Forbidden"}


def test_by_path_and_by_an_aws_host(api, backend):
    api.route("GET /here", api.integration(backend.url))
    assert api.request("GET", "/here", by_host=False).status == 200
    assert api.request("GET", "/$default/here", by_host=False).status == 200
    aws = {"host": f"{api.id}.execute-api.us-east-1.amazonaws.com"}
    assert api.request("GET", "/here", aws).status == 200


def test_path_variables_in_a_backends_url(api, backend):
    api.route("ANY /a/{proxy+}", api.integration(backend.url + "/to/{proxy}"))
    assert api.request("GET", "/a/b%20c/d?q=1").json["path"] == "/to/b%20c/d?q=1"


def test_stages_by_name_and_frozen_deployments(api, backend, apigateway):
    first = api.route("GET /x", api.integration(f"{backend.url}/one"))
    apigateway.create_stage(ApiId=api.id, StageName="prod")
    assert api.request("GET", "/prod/x").status == 404
    deployment = apigateway.create_deployment(ApiId=api.id, StageName="prod")["DeploymentId"]
    assert api.request("GET", "/prod/x").json["path"] == "/one"
    apigateway.update_route(ApiId=api.id, RouteId=first["RouteId"], Target=api.integration(f"{backend.url}/two"))
    assert api.request("GET", "/prod/x").json["path"] == "/one"
    assert api.request("GET", "/x").json["path"] == "/two"
    with pytest.raises(ClientError, match="Active stages"):
        apigateway.delete_deployment(ApiId=api.id, DeploymentId=deployment)
    apigateway.update_stage(ApiId=api.id, StageName="prod", AutoDeploy=True)
    assert api.request("GET", "/prod/x").json["path"] == "/two"
    apigateway.update_stage(ApiId=api.id, StageName="prod", AutoDeploy=False)
    apigateway.delete_route(ApiId=api.id, RouteId=first["RouteId"])
    assert api.request("GET", "/prod/x").json["path"] == "/two"
    assert api.request("GET", "/x").status == 404
    apigateway.update_stage(ApiId=api.id, StageName="prod", DeploymentId=deployment)
    assert api.request("GET", "/prod/x").json["path"] == "/one"
    apigateway.delete_stage(ApiId=api.id, StageName="prod")
    assert api.request("GET", "/prod/x").status == 404


def test_what_is_served_survives_a_crash(fresh_cloud, backend):
    client = fresh_cloud.client("apigatewayv2")
    made = client.create_api(Name="a", ProtocolType="HTTP", Target=backend.url)
    fresh_cloud.restart()
    assert Api(fresh_cloud, client, made["ApiId"]).request("GET", "/").status == 200


CORS = {
    "AllowOrigins": ["https://a.example"],
    "AllowMethods": ["GET", "POST"],
    "AllowHeaders": ["content-type"],
    "ExposeHeaders": ["x-a", "x-b"],
    "MaxAge": 300,
    "AllowCredentials": True,
}
ASKED = {"origin": "https://a.example", "access-control-request-method": "GET"}


def test_cors_is_answered_by_the_api_itself(api, backend):
    api.route("GET /x", api.integration(backend.url))
    assert api.request("GET", "/x").header("access-control-allow-origin") == "https://backend.example"
    api.client.update_api(ApiId=api.id, CorsConfiguration=CORS)
    preflight = api.request("OPTIONS", "/x", ASKED)
    assert preflight.status == 204 and preflight.body == b""
    for name, value in (
        ("access-control-allow-origin", "https://a.example"),
        ("access-control-allow-methods", "GET,POST"),
        ("access-control-allow-headers", "content-type"),
        ("access-control-expose-headers", "x-a,x-b"),
        ("access-control-max-age", "300"),
        ("access-control-allow-credentials", "true"),
    ):
        assert preflight.header(name) == value
    other = api.request("OPTIONS", "/x", {**ASKED, "origin": "https://b.example"})
    assert other.status == 204 and other.header("access-control-allow-origin") is None
    answered = api.request("GET", "/x", {"origin": "https://a.example"})
    assert answered.header("access-control-allow-origin") == "https://a.example"
    assert api.request("GET", "/x").header("access-control-allow-origin") is None
    assert api.request("GET", "/nothing", {"origin": "https://a.example"}).header("access-control-allow-origin")
    api.client.delete_cors_configuration(ApiId=api.id)
    assert api.request("OPTIONS", "/x", ASKED).status == 404


def test_requests_are_throttled_on_the_clock(fresh_cloud, backend):
    client = fresh_cloud.client("apigatewayv2")
    fresh_cloud.control("clock", {"freeze": True})
    api = Api(fresh_cloud, client, client.create_api(Name="a", ProtocolType="HTTP", Target=backend.url)["ApiId"])
    limits = {"ThrottlingBurstLimit": 2, "ThrottlingRateLimit": 1}
    client.update_stage(ApiId=api.id, StageName="$default", DefaultRouteSettings=limits)
    assert [api.request("GET", "/").status for _ in range(3)] == [200, 200, 429]
    assert api.request("GET", "/").json == {"message": "Too Many Requests"}
    fresh_cloud.clock_advance(1)
    assert [api.request("GET", "/").status for _ in range(2)] == [200, 429]


def test_access_logs_go_to_a_log_group(api, backend, client, cloud, account):
    logs = client("logs")
    logs.create_log_group(logGroupName="/api")
    arn = f"arn:aws:logs:us-east-1:{account}:log-group:/api"
    form = "$context.requestId $context.httpMethod $context.routeKey $context.status $context.authorizer.x"
    settings = {"DestinationArn": arn, "Format": form}
    api.client.update_stage(ApiId=api.id, StageName="$default", AccessLogSettings=settings)
    api.route("GET /x", api.integration(backend.url))
    first = api.request("GET", "/x").header("apigw-requestid")
    api.request("GET", "/y")
    cloud.settle()
    lines = [event["message"] for event in logs.filter_log_events(logGroupName="/api")["events"]]
    assert lines[0] == f"{first} GET GET /x 200 -"
    assert lines[1].endswith(" GET - 404 -")


def test_a_disabled_endpoint_answers_nothing(api, backend):
    api.route("GET /x", api.integration(backend.url))
    api.client.update_api(ApiId=api.id, DisableExecuteApiEndpoint=True)
    assert api.request("GET", "/x").status == 404


@pytest.mark.parametrize("host", ["169.254.169.254", "[fd00:ec2::254]", "[::ffff:169.254.169.254]", "0.0.0.0"])
def test_metadata_addresses_are_out_of_reach(api, host):
    api.route("GET /x", api.integration(f"http://{host}/latest/meta-data/"))
    assert api.request("GET", "/x").json == {"message": "Internal Server Error"}


def test_a_backend_that_is_not_there(api):
    api.route("GET /x", api.integration("http://127.0.0.1:9/"))
    assert api.request("GET", "/x").json == {"message": "Service Unavailable"}


def test_a_backend_that_drips_is_given_up_and_closed(api):
    closed = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip():
            connection, _ = server.accept()
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nx")
            while connection.recv(65536):
                pass
            closed.set()

        threading.Thread(target=drip, daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        api.route("GET /x", api.integration(url, TimeoutInMillis=100))
        assert api.request("GET", "/x").json == {"message": "Service Unavailable"}
        assert closed.wait(10)


def test_large_bodies_are_refused(api, backend):
    api.route("POST /x", api.integration(backend.url))
    assert api.request("POST", "/x", body=b"x" * (10 * 1024 * 1024 + 1)).status == 413
    assert api.request("POST", "/x", headers={"x-large": "x" * 10_240}).status == 431


# ---- Who may ask -----------------------------------------------------------------------------------------------------


def signed(account, api, path, key=None, secret="test", service="execute-api"):
    url = f"http://{api.id}.execute-api.localhost:{api.cloud.port}{path}"
    request = AWSRequest("GET", url)
    SigV4Auth(Credentials(key or account, secret), service, "us-east-1").add_auth(request)
    return dict(request.headers.items())


def test_iam(api, backend, account, client):
    api.route("GET /x/{id}", api.integration(backend.url), AuthorizationType="AWS_IAM")
    for headers in (None, signed(account, api, "/x/1", secret="wrong"), signed(account, api, "/x/1", service="s3")):
        assert api.request("GET", "/x/1", headers).json == {"message": "Forbidden"}
    assert api.request("GET", "/x/1", signed(account, api, "/x/1")).status == 200
    assert api.request("GET", "/x/2", signed(account, api, "/x/1")).status == 403
    assert api.request("GET", "/x/1", signed("999999999999", api, "/x/1")).status == 403
    iam = client("iam")
    iam.create_user(UserName="u")
    pair = iam.create_access_key(UserName="u")["AccessKey"]
    headers = lambda path: signed(account, api, path, pair["AccessKeyId"], pair["SecretAccessKey"])  # noqa: E731
    assert api.request("GET", "/x/1", headers("/x/1")).status == 403
    resource = f"arn:aws:execute-api:us-east-1:{account}:{api.id}/$default/GET/x/1"
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resource}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=policy)
    assert api.request("GET", "/x/1", headers("/x/1")).status == 200
    assert api.request("GET", "/x/2", headers("/x/2")).status == 403


def test_jwt(api, backend, issuer, make_function):
    authorizer = api.client.create_authorizer(
        ApiId=api.id,
        Name="tokens",
        AuthorizerType="JWT",
        IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={"Issuer": backend.url, "Audience": ["app"]},
    )
    guarded = {"AuthorizationType": "JWT", "AuthorizerId": authorizer["AuthorizerId"]}
    api.route("GET /x", api.integration(make_function()), **guarded)
    api.route("GET /scoped", api.integration(backend.url), AuthorizationScopes=["write"], **guarded)
    ask = lambda token, path="/x": api.request("GET", path, {"authorization": token})  # noqa: E731
    nobody = api.request("GET", "/x")
    assert (nobody.status, nobody.json, nobody.header("www-authenticate")) == (
        401,
        {"message": "Unauthorized"},
        "Bearer",
    )
    now = int(time.time())
    stranger = RSAKey.generate_key(2048, {"kid": "k1"})
    for token in (
        "nonsense",
        "a.b.c",
        issuer(exp=now - 1),
        issuer(exp=None),
        issuer(nbf=now + 600),
        issuer(aud="other"),
        issuer(iss="https://other.example"),
        issuer(with_key=stranger),
        issuer(header={"alg": "RS256", "kid": "k2"}),
        issuer()[:-6] + "AAAAAA",
        "eyJhbGciOiJub25lIiwia2lkIjoiazEifQ.e30.",
    ):
        refused = ask(f"Bearer {token}")
        assert (refused.status, refused.json) == (401, {"message": "Unauthorized"})
        assert 'error="invalid_token"' in refused.header("www-authenticate")
    event = ask(f"Bearer {issuer(sub='me', scope='read write', admin=True, groups=['a', 'b'])}").json
    told = event["requestContext"]["authorizer"]["jwt"]
    assert told["scopes"] == ["read", "write"]
    assert told["claims"]["sub"] == "me" and told["claims"]["admin"] == "true" and told["claims"]["groups"] == "[a b]"
    assert ask(issuer(aud=["x", "app"])).status == 200
    assert ask(issuer(scope="read"), "/scoped").json == {"message": "Forbidden"}
    assert ask(issuer(scope="read write"), "/scoped").status == 200


def test_tokens_of_an_issuer_out_of_reach_are_refused(api, backend, issuer):
    authorizer = api.client.create_authorizer(
        ApiId=api.id,
        Name="tokens",
        AuthorizerType="JWT",
        IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={"Issuer": "http://127.0.0.1:9", "Audience": ["app"]},
    )
    api.route("GET /x", api.integration(backend.url), AuthorizationType="JWT", AuthorizerId=authorizer["AuthorizerId"])
    assert api.request("GET", "/x", {"authorization": issuer(iss="http://127.0.0.1:9")}).status == 401


def test_cors_preflights_ask_the_authorizer_of_a_route_that_includes_options(api, backend):
    api.client.update_api(ApiId=api.id, CorsConfiguration=CORS)
    api.route("$default", api.integration(backend.url), AuthorizationType="AWS_IAM")
    assert api.request("OPTIONS", "/x", ASKED).status == 403
    api.route("OPTIONS /{proxy+}", api.integration(backend.url))
    assert api.request("OPTIONS", "/x", ASKED).status == 200
