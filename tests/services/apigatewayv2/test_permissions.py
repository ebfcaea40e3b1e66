"""Who may do what with HTTP APIs: actions are HTTP methods, resources are the paths of the control plane."""

import json

import pytest
from botocore.exceptions import ClientError


def allow(actions, *resources):
    statement = {
        "Effect": "Allow",
        "Action": actions,
        "Resource": [f"arn:aws:apigateway:us-east-1::{r}" for r in resources],
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def denied(call, **input):
    with pytest.raises(ClientError) as caught:
        call(**input)
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    return caught.value.response["Error"]["Message"]


def test_without_a_policy_nothing_is_allowed(iam_user):
    apigateway = iam_user()("apigatewayv2")
    message = denied(apigateway.create_api, Name="a", ProtocolType="HTTP")
    assert "is not authorized to perform: apigateway:POST on resource: arn:aws:apigateway:us-east-1::/apis" in message
    denied(apigateway.get_apis)


def test_one_api_in_a_policy(iam_user, apigateway):
    mine, other = (apigateway.create_api(Name=name, ProtocolType="HTTP")["ApiId"] for name in "ab")
    allowed = iam_user(allow(["apigateway:GET", "apigateway:POST"], f"/apis/{mine}", f"/apis/{mine}/*"))("apigatewayv2")
    assert allowed.get_api(ApiId=mine)["Name"] == "a"
    allowed.create_route(ApiId=mine, RouteKey="GET /x")
    denied(allowed.get_api, ApiId=other)
    denied(allowed.update_api, ApiId=mine, Name="c")
    denied(allowed.delete_api, ApiId=mine)
    denied(allowed.create_route, ApiId=other, RouteKey="GET /x")


FUNCTION = "arn:aws:lambda:us-east-1:{}:function:f"
INVOKED = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions"
PATHS = "arn:aws:apigateway:us-east-1::"


def policy(*pairs, **more):
    """A policy of (action, resource) pairs."""
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": action, "Resource": on, **more} for action, on in pairs],
    }


def passing(role):
    """The permission to pass a role to API Gateway and nobody else."""
    return policy(
        ("iam:PassRole", role), Condition={"StringEquals": {"iam:PassedToService": "apigateway.amazonaws.com"}}
    )


def test_a_role_must_be_passed(iam_user, apigateway, account):
    role = f"arn:aws:iam::{account}:role/invoker"
    everything = policy(("apigateway:*", "*"))
    blind = iam_user(everything, name="blind")("apigatewayv2")
    both = {**everything, "Statement": everything["Statement"] + passing(role)["Statement"]}
    seeing = iam_user(both, name="seeing")("apigatewayv2")
    api = apigateway.create_api(Name="a", ProtocolType="HTTP")["ApiId"]
    target = {"IntegrationUri": FUNCTION.format(account), "IntegrationType": "AWS_PROXY", "PayloadFormatVersion": "2.0"}
    authorizer = {
        "AuthorizerType": "REQUEST",
        "AuthorizerUri": f"{INVOKED}/{FUNCTION.format(account)}/invocations",
        "IdentitySource": ["$request.header.authorization"],
        "AuthorizerPayloadFormatVersion": "2.0",
        "Name": "a",
    }
    document = {
        "openapi": "3.0.1",
        "info": {"title": "a", "version": "1"},
        "paths": {"/": {"get": {"x-amazon-apigateway-integration": {
            "type": "aws_proxy", "uri": FUNCTION.format(account), "payloadFormatVersion": "2.0", "credentials": role,
        }}}},
    }  # fmt: skip
    integration = seeing.create_integration(ApiId=api, CredentialsArn=role, **target)["IntegrationId"]
    made = seeing.create_authorizer(ApiId=api, AuthorizerCredentialsArn=role, **authorizer)["AuthorizerId"]
    quick = {"Name": "q", "ProtocolType": "HTTP", "Target": FUNCTION.format(account)}
    for operation, given in (
        ("create_api", {**quick, "CredentialsArn": role}),
        ("update_api", {"ApiId": apigateway.create_api(**quick)["ApiId"], "CredentialsArn": role}),
        ("create_integration", {"ApiId": api, "CredentialsArn": role, **target}),
        ("update_integration", {"ApiId": api, "IntegrationId": integration, "CredentialsArn": role}),
        ("create_authorizer", {"ApiId": api, "AuthorizerCredentialsArn": role, **authorizer, "Name": "b"}),
        ("update_authorizer", {"ApiId": api, "AuthorizerId": made, "AuthorizerCredentialsArn": role}),
        ("import_api", {"Body": json.dumps(document)}),
        ("reimport_api", {"ApiId": api, "Body": json.dumps(document)}),
    ):
        message = denied(getattr(blind, operation), **given)
        assert f"is not authorized to perform: iam:PassRole on resource: {role} because" in message, operation
        getattr(seeing, operation)(**given)


def test_tags_of_what_is_new_need_more(iam_user, apigateway):
    creating = ("apigateway:POST", f"{PATHS}/apis")
    poor = iam_user(policy(creating), name="poor")("apigatewayv2")
    tagged = {"Name": "a", "ProtocolType": "HTTP", "Tags": {"a": "b"}}
    tags = f"{PATHS}/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Fv2%2Fapis%2F*"
    assert f"perform: apigateway:POST on resource: {tags} because" in denied(poor.create_api, **tagged)
    named = f"{PATHS}/apis/x/stages/$default"
    encoded = f"{tags[:-1]}x%2Fstages%2F%24default"
    assert f"on resource: {encoded} because" in denied(poor.tag_resource, ResourceArn=named, Tags={"a": "b"})
    rich = iam_user(policy(creating, ("apigateway:POST", tags)), name="rich")("apigatewayv2")
    api = rich.create_api(**tagged)["ApiId"]
    staging = ("apigateway:POST", f"{PATHS}/apis/{api}/stages")
    stage = {"ApiId": api, "StageName": "s", "Tags": {"a": "b"}}
    poor = iam_user(policy(staging), name="poor2")("apigatewayv2")
    message = denied(poor.create_stage, **stage)
    assert f"perform: apigateway:TagResource on resource: {PATHS}/apis/{api}/stages because" in message
    rich = iam_user(policy(staging, ("apigateway:TagResource", staging[1])), name="rich2")("apigatewayv2")
    assert rich.create_stage(**stage)["Tags"] == {"a": "b"}


def test_an_access_log_is_set_up_by_those_who_may_deliver_logs(iam_user, apigateway, client, account):
    client("logs").create_log_group(logGroupName="/access")
    api = apigateway.create_api(Name="a", ProtocolType="HTTP")["ApiId"]
    settings = {"DestinationArn": f"arn:aws:logs:us-east-1:{account}:log-group:/access", "Format": "$context.requestId"}
    setting_up = ("logs:DescribeResourcePolicies", "logs:PutResourcePolicy")

    def user(name, *actions):
        return iam_user(policy(("apigateway:*", "*"), *((action, "*") for action in actions)), name=name)(
            "apigatewayv2"
        )

    stage = {"ApiId": api, "StageName": "s", "AccessLogSettings": settings}
    for number, (actions, missing) in enumerate(
        (
            (setting_up, "CreateLogDelivery"),
            (("logs:UpdateLogDelivery", *setting_up), "CreateLogDelivery"),
            (("logs:CreateLogDelivery", setting_up[0]), "PutResourcePolicy"),
            (("logs:CreateLogDelivery", setting_up[1]), "DescribeResourcePolicies"),
        )
    ):
        with pytest.raises(ClientError) as caught:
            user(f"user{number}", *actions).create_stage(**stage)
        error = caught.value.response["Error"]
        assert error["Code"] == "BadRequestException"
        assert error["Message"].startswith("Insufficient permissions to enable logging. User: arn:aws:iam::")
        assert f"is not authorized to perform: logs:{missing} because no identity-based policy" in error["Message"]
    user("poor").create_stage(ApiId=api, StageName="other")
    creating = user("creating", "logs:CreateLogDelivery", *setting_up)
    creating.create_stage(**stage)
    with pytest.raises(ClientError, match="Insufficient permissions to enable logging"):
        creating.update_stage(**stage)  # there is a delivery, which changes
    user("updating", "logs:UpdateLogDelivery", *setting_up).update_stage(**stage)
    user("poor2").update_stage(ApiId=api, StageName="s", Description="d")
