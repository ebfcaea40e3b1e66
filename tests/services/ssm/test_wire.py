"""What Parameter Store refuses, and in which words."""

import json

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def ssm(client):
    return client("ssm", parameter_validation=False)


def refused(code, call, **input):
    with pytest.raises(ClientError) as caught:
        call(**input)
    assert caught.value.response["Error"]["Code"] == code
    return caught.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("aws-thing", "ValidationException", 'can\'t be prefixed with "aws" or "ssm"'),
        ("SSMthing", "ValidationException", "can't be prefixed"),
        ("/ssm/a/b", "ValidationException", 'can\'t be prefixed with "ssm"'),
        ("/aws/a/b", "AccessDeniedException", "No access to reserved parameter name: /aws/a/b."),
        ("a b", "ValidationException", "sub-paths divided by slash"),
        ("a/b", "ValidationException", "fully qualified name"),
        ("/" + "a/" * 15 + "a", "HierarchyLevelLimitExceededException", "15 levels"),
        ("", "ValidationException", "Member must have length greater than or equal to 1"),
        ("/a//b", "ValidationException", "sub-paths"),
    ],
)
def test_names(ssm, name, code, words):
    assert words in refused(code, ssm.put_parameter, Name=name, Value="v", Type="String")


def test_values_and_types(ssm):
    put = lambda **given: refused("ValidationException", ssm.put_parameter, Name="a", **given)  # noqa: E731
    assert "type is required" in put(Value="v")
    assert "greater than or equal to 1" in put(Value="", Type="String")
    assert "can't nest another parameter" in put(Value="{{ssm:other}}", Type="String")
    assert "enum value set" in put(Value="v", Type="Number")
    assert "data type is not supported" in put(Value="v", Type="String", DataType="Text")


@pytest.mark.parametrize(
    ("policies", "code"),
    [
        ("nonsense", "ValidationException"),
        ('[{"Type": "Other"}]', "InvalidPolicyTypeException"),
        ('[{"Type": "Expiration", "Version": "1.0"}]', "InvalidPolicyAttributeException"),
        (
            '[{"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": "yesterday"}}]',
            "InvalidPolicyAttributeException",
        ),
        ('[{"Type": "NoChangeNotification"}]', "InvalidPolicyAttributeException"),
    ],
)
def test_policies(ssm, policies, code):
    given = {"Name": "a", "Value": "v", "Type": "String", "Tier": "Advanced", "Policies": policies}
    refused(code, ssm.put_parameter, **given)
    refused("ParameterNotFound", ssm.get_parameter, Name="a")


def test_what_is_not_built_says_so(ssm):
    public = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    assert public in refused("NotImplemented", ssm.get_parameter, Name=public)
    assert public in refused("NotImplemented", ssm.get_parameters, Names=["a", public])
    assert "/aws/service" in refused("NotImplemented", ssm.get_parameters_by_path, Path="/aws/service/")
    image = {"Name": "a", "Value": "v", "Type": "String", "DataType": "aws:ec2:image"}
    assert "aws:ec2:image" in refused("NotImplemented", ssm.put_parameter, **image)
    assert "Shared" in refused("NotImplemented", ssm.describe_parameters, Shared=True)
    assert "SendCommand" in refused("NotImplemented", ssm.send_command, DocumentName="x")


def test_keys_that_cannot_be_used(ssm, client):
    secret = {"Name": "a", "Value": "v", "Type": "SecureString"}
    refused("InvalidKeyId", ssm.put_parameter, **secret, KeyId="alias/mine")
    refused("ParameterNotFound", ssm.get_parameter, Name="a")
    key = client("kms").create_key()["KeyMetadata"]["KeyId"]
    ssm.put_parameter(**secret, KeyId=key)
    client("kms").disable_key(KeyId=key)
    for ask in (ssm.get_parameter, ssm.get_parameter_history):
        refused("InvalidKeyId", ask, Name="a", WithDecryption=True)
    refused("InvalidKeyId", ssm.get_parameters_by_path, Path="/", WithDecryption=True)
    assert ssm.get_parameter(Name="a")["Parameter"]["Value"] != "v"


def test_references_to_secrets(ssm):
    name = "/aws/reference/secretsmanager/nothing"
    assert "WithDecryption flag must be True" in refused("ValidationException", ssm.get_parameter, Name=name)
    assert f"Secret {name} not found." in refused(
        "ParameterNotFound", ssm.get_parameter, Name=name, WithDecryption=True
    )
    assert ssm.get_parameters(Names=[name], WithDecryption=True)["InvalidParameters"] == [name]
    refused("AccessDeniedException", ssm.put_parameter, Name=name, Value="x", Type="String")


@pytest.mark.parametrize("token", ["x", "bnVsbA", "MTI", "e30"])
def test_tokens_are_checked(ssm, token):
    refused("InvalidNextToken", ssm.describe_parameters, NextToken=token)
    refused("InvalidNextToken", ssm.get_parameters_by_path, Path="/", NextToken=token)


def test_limits_of_the_model(ssm):
    refused("ValidationException", ssm.get_parameters_by_path, Path="/", MaxResults=11)
    refused("ValidationException", ssm.get_parameters, Names=[])
    refused("ValidationException", ssm.get_parameters, Names=[str(index) for index in range(11)])


def test_what_is_wrong_with_policies_that_notify(ssm):
    expires = {"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": "2100-01-01T00:00:00Z"}}
    for given, code in (
        ([notice("ExpirationNotification", Before="1", Unit="Days")], "IncompatiblePolicyException"),
        ([expires, notice("ExpirationNotification", Before="1", Unit="Weeks")], "InvalidPolicyAttributeException"),
        ([expires, notice("ExpirationNotification", Before="-1", Unit="Days")], "InvalidPolicyAttributeException"),
        ([notice("NoChangeNotification", Unit="Days")], "InvalidPolicyAttributeException"),
        ([expires] * 11, "PoliciesLimitExceededException"),
    ):
        with pytest.raises(ClientError) as caught:
            ssm.put_parameter(Name="a", Value="v", Type="String", Tier="Advanced", Policies=json.dumps(given))
        assert caught.value.response["Error"]["Code"] == code
    assert ssm.describe_parameters()["Parameters"] == []


def notice(kind, **attributes):
    return {"Type": kind, "Version": "1.0", "Attributes": attributes}
