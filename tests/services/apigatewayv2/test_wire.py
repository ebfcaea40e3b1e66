"""The control plane of API Gateway v2: what it answers and what it refuses."""

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from cloudarium.services.apigatewayv2.errors import BadRequest
from cloudarium.services.apigatewayv2.rules import routing


def refused(code, call, **input):
    with pytest.raises(ClientError) as caught:
        call(**input)
    assert caught.value.response["Error"]["Code"] == code
    return caught.value.response["Error"]["Message"]


def test_apis(apigateway):
    made = apigateway.create_api(Name="a", ProtocolType="HTTP", Description="d", Tags={"k": "v"})
    assert len(made["ApiId"]) == 10 and made["ApiId"].isalnum() and made["ApiId"].islower()
    assert made["RouteSelectionExpression"] == "${request.method} ${request.path}"
    assert made["ApiKeySelectionExpression"] == "$request.header.x-api-key"
    got = apigateway.get_api(ApiId=made["ApiId"])
    assert {name: value for name, value in got.items() if name != "ResponseMetadata"} == {
        name: value for name, value in made.items() if name != "ResponseMetadata"
    }
    assert apigateway.update_api(ApiId=made["ApiId"], Name="b")["Name"] == "b"
    for index in range(4):
        apigateway.create_api(Name=str(index), ProtocolType="HTTP")
    pages = list(apigateway.get_paginator("get_apis").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["Items"]) for page in pages] == [2, 2, 1]
    apigateway.delete_api(ApiId=made["ApiId"])
    message = refused("NotFoundException", apigateway.get_api, ApiId=made["ApiId"])
    assert message.startswith("Invalid API identifier specified")


def test_an_api_belongs_to_one_account_and_region(client, cloud, apigateway):
    api_id = apigateway.create_api(Name="a", ProtocolType="HTTP")["ApiId"]
    refused("NotFoundException", client("apigatewayv2", region="eu-west-1").get_api, ApiId=api_id)
    refused("NotFoundException", cloud.client("apigatewayv2", key="111111111111").delete_api, ApiId=api_id)


def test_tags(apigateway):
    api_id = apigateway.create_api(Name="a", ProtocolType="HTTP", Tags={"a": "1"})["ApiId"]
    arn = f"arn:aws:apigateway:us-east-1::/apis/{api_id}"
    apigateway.tag_resource(ResourceArn=arn, Tags={"b": "2"})
    apigateway.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert apigateway.get_tags(ResourceArn=arn)["Tags"] == {"b": "2"}
    apigateway.create_stage(ApiId=api_id, StageName="s", Tags={"c": "3"})
    assert apigateway.get_tags(ResourceArn=f"{arn}/stages/s")["Tags"] == {"c": "3"}
    refused("NotFoundException", apigateway.get_tags, ResourceArn=f"{arn}/stages/t")
    refused("BadRequestException", apigateway.get_tags, ResourceArn="arn:aws:s3:::b")


def test_what_is_not_built_says_so(apigateway, api):
    assert "WEBSOCKET" in refused(
        "NotImplemented",
        apigateway.create_api,
        Name="w",
        ProtocolType="WEBSOCKET",
        RouteSelectionExpression="$request.body.action",
    )
    service = {"ApiId": api.id, "IntegrationType": "AWS_PROXY", "PayloadFormatVersion": "1.0"}
    assert "SQS-SendMessage" in refused(
        "NotImplemented", apigateway.create_integration, IntegrationSubtype="SQS-SendMessage", **service
    )
    private = {**service, "IntegrationUri": "http://x", "ConnectionType": "VPC_LINK", "ConnectionId": "v"}
    assert "VPC_LINK" in refused("NotImplemented", apigateway.create_integration, **private)
    mapped = {**service, "IntegrationUri": "http://x", "RequestParameters": {"a": "b"}}
    assert "RequestParameters" in refused("NotImplemented", apigateway.create_integration, **mapped)
    assert "CreateVpcLink" in refused("NotImplemented", apigateway.create_vpc_link, Name="v", SubnetIds=["s"])


def test_integrations_are_checked(apigateway, api):
    make = lambda **given: refused("BadRequestException", apigateway.create_integration, ApiId=api.id, **given)  # noqa: E731
    assert "MOCK" in make(IntegrationType="MOCK", PayloadFormatVersion="1.0")
    assert "URI" in make(IntegrationType="HTTP_PROXY", PayloadFormatVersion="1.0")
    assert "Payload format" in make(IntegrationType="AWS_PROXY", IntegrationUri="arn:aws:lambda:us-east-1:1:function:f")
    assert "function ARN" in make(IntegrationType="AWS_PROXY", IntegrationUri="http://x", PayloadFormatVersion="2.0")
    http = {"IntegrationType": "HTTP_PROXY", "PayloadFormatVersion": "1.0", "IntegrationMethod": "GET"}
    assert "HTTP endpoint" in make(IntegrationUri="file:///etc/passwd", **http)
    make(IntegrationUri="http://x", **{**http, "PayloadFormatVersion": "2.0"})
    make(IntegrationUri="http://x", **{**http, "TimeoutInMillis": 30001})


def test_routes_are_checked(apigateway, api, backend):
    target = api.integration(backend.url)
    for key in ("", "GET", "get /x", "GET x", "/x", "GET /{a+}/b", "GET /{a}/{a}", "GET /a{b}", "TRACE /x", "GET /x y"):
        refused("BadRequestException", apigateway.create_route, ApiId=api.id, RouteKey=key)
    refused("BadRequestException", apigateway.create_route, ApiId=api.id, RouteKey="GET /x", Target="integrations/none")
    api.route("GET /x", target)
    assert "already exists" in refused("ConflictException", apigateway.create_route, ApiId=api.id, RouteKey="GET /x")
    refused("ConflictException", apigateway.delete_integration, ApiId=api.id, IntegrationId=target.partition("/")[2])
    refused("BadRequestException", apigateway.create_route, ApiId=api.id, RouteKey="GET /y", AuthorizationType="JWT")
    refused("BadRequestException", apigateway.create_route, ApiId=api.id, RouteKey="GET /y", ApiKeyRequired=True)
    refused("NotFoundException", apigateway.get_route, ApiId=api.id, RouteId="none")


def test_stages_are_checked(apigateway, api):
    make = lambda **given: refused("BadRequestException", apigateway.create_stage, ApiId=api.id, **given)  # noqa: E731
    make(StageName="a b")
    make(StageName="s", StageVariables={"a b": "c"})
    make(StageName="s", RouteSettings={"GET /none": {"ThrottlingRateLimit": 1}})
    make(StageName="s", DefaultRouteSettings={"LoggingLevel": "INFO"})
    make(StageName="s", AccessLogSettings={"DestinationArn": "arn:aws:s3:::b", "Format": "$context.requestId"})
    make(StageName="s", DeploymentId="none")
    refused("ConflictException", apigateway.create_stage, ApiId=api.id, StageName="$default")
    assert "no routes" in refused("BadRequestException", apigateway.create_deployment, ApiId=api.id)
    refused("NotFoundException", apigateway.create_deployment, ApiId=api.id, StageName="none")


def test_cors_is_checked(apigateway):
    make = lambda **cors: refused(  # noqa: E731
        "BadRequestException", apigateway.create_api, Name="a", ProtocolType="HTTP", CorsConfiguration=cors
    )
    make(AllowOrigins=["*"], AllowCredentials=True)
    make(AllowOrigins=["example.com"])
    make(AllowOrigins=["https://*.example.com"])
    make(MaxAge=86401)


def test_authorizers_are_checked(apigateway, api):
    make = lambda **given: refused(  # noqa: E731
        "BadRequestException", apigateway.create_authorizer, ApiId=api.id, Name="a", **given
    )
    source = ["$request.header.Authorization"]
    jwt = {"Issuer": "https://i.example", "Audience": ["a"]}
    make(AuthorizerType="JWT", IdentitySource=source)
    make(AuthorizerType="JWT", IdentitySource=["nonsense"], JwtConfiguration=jwt)
    make(AuthorizerType="JWT", IdentitySource=source, JwtConfiguration={**jwt, "Issuer": "i"})
    make(AuthorizerType="REQUEST", IdentitySource=source, AuthorizerUri="http://x")
    made = apigateway.create_authorizer(
        ApiId=api.id, Name="a", AuthorizerType="JWT", IdentitySource=source, JwtConfiguration=jwt
    )
    refused(
        "ConflictException",
        apigateway.create_authorizer,
        **{k: v for k, v in made.items() if k in _GIVEN},
        ApiId=api.id,
    )
    used = {"AuthorizationType": "JWT", "AuthorizerId": made["AuthorizerId"]}
    route = apigateway.create_route(ApiId=api.id, RouteKey="GET /", **used)
    refused("ConflictException", apigateway.delete_authorizer, ApiId=api.id, AuthorizerId=made["AuthorizerId"])
    assert "AuthorizerId" not in apigateway.update_route(
        ApiId=api.id, RouteId=route["RouteId"], AuthorizationType="NONE"
    )
    apigateway.delete_authorizer(ApiId=api.id, AuthorizerId=made["AuthorizerId"])


_GIVEN = ("Name", "AuthorizerType", "IdentitySource", "JwtConfiguration")
SEGMENT = st.sampled_from(["a", "b", "{x}", "{y}"])
PATHS = st.lists(SEGMENT, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))


@given(
    st.lists(st.tuples(st.sampled_from(["GET", "ANY"]), PATHS), max_size=8),
    st.lists(st.sampled_from("abc"), min_size=1),
)
def test_a_request_takes_a_route_that_fits_it(keys, parts):
    known = []
    for method, path in keys:
        try:
            routing.check_key(f"{method} {path}")
        except BadRequest:
            continue
        known.append({"RouteKey": f"{method} {path}"})
    match = routing.Router(known).match("GET", "/" + "/".join(parts))
    fits = [
        route["RouteKey"]
        for route in known
        if len(route["RouteKey"].split("/")) == len(parts) + 1
        and all(a == b or a[0] == "{" for a, b in zip(route["RouteKey"].split("/")[1:], parts, strict=True))
    ]
    assert (match is None) == (not fits)
    assert match is None or match.route["RouteKey"] in fits


@given(st.text(max_size=30))
def test_any_text_is_a_route_key_or_refused(text):
    try:
        routing.check_key(text)
    except BadRequest:
        return
    assert routing.Router([{"RouteKey": text}]).match("GET", "/nowhere/at/all") is not None or text != "$default"
