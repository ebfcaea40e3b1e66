"""Who may do what with parameters."""

import pytest
from botocore.exceptions import ClientError


def allow(*statements):
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in statements],
    }


def denied(call, **input):
    with pytest.raises(ClientError) as caught:
        call(**input)
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    return caught.value.response["Error"]["Message"]


def test_without_a_policy_nothing_is_allowed(iam_user, account):
    ssm = iam_user()("ssm")
    message = denied(ssm.get_parameter, Name="/app/key")
    assert f"ssm:GetParameter on resource: arn:aws:ssm:us-east-1:{account}:parameter/app/key" in message
    denied(ssm.describe_parameters)


def test_a_hierarchy_in_a_policy(iam_user, client, account):
    root = client("ssm")
    for name in ("/app/a", "/other/a"):
        root.put_parameter(Name=name, Value="v", Type="String")
    arn = f"arn:aws:ssm:us-east-1:{account}:parameter/app"
    ssm = iam_user(allow((["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"], [arn, f"{arn}/*"])))(
        "ssm"
    )
    assert ssm.get_parameter(Name="/app/a")["Parameter"]["Value"] == "v"
    assert len(ssm.get_parameters_by_path(Path="/app")["Parameters"]) == 1
    denied(ssm.get_parameter, Name="/other/a")
    denied(ssm.get_parameter, Name="/other/a:1")
    denied(ssm.get_parameters, Names=["/app/a", "/other/a"])
    denied(ssm.get_parameters_by_path, Path="/")
    denied(ssm.put_parameter, Name="/app/b", Value="v", Type="String")


def test_putting_with_tags_needs_the_permission_to_tag(iam_user):
    ssm = iam_user(allow(("ssm:PutParameter", "*")))("ssm")
    ssm.put_parameter(Name="a", Value="v", Type="String")
    denied(ssm.put_parameter, Name="b", Value="v", Type="String", Tags=[{"Key": "k", "Value": "v"}])
