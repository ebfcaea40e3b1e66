"""Who may do what with HTTP APIs: actions are HTTP methods, resources are the paths of the control plane."""

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
