"""SecureStrings under KMS keys, and secrets of Secrets Manager that are read as parameters."""

from __future__ import annotations

import base64
import json

import pytest
from botocore.exceptions import ClientError

REFERENCE = "/aws/reference/secretsmanager/"


def denied(call, **given):
    with pytest.raises(ClientError) as caught:
        call(**given)
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    return caught.value.response["Error"]["Message"]


def allow(*actions, **more):
    statements = [{"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}]
    return {"Version": "2012-10-17", "Statement": statements}


@pytest.mark.parametrize("tier", ["Standard", "Advanced"])
def test_a_secure_string_is_encrypted_under_a_key_of_ones_own(client, tier):
    ssm, kms = client("ssm"), client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    value = "ü" * (2048 if tier == "Standard" else 4096)
    for name in ("/a/one", "/a/two"):
        ssm.put_parameter(Name=name, Value=value, Type="SecureString", KeyId=key, Tier=tier)
    hidden = ssm.get_parameter(Name="/a/one")["Parameter"]["Value"]
    found = ssm.get_parameters_by_path(Path="/a", WithDecryption=True)["Parameters"]
    assert [each["Value"] for each in found] == [value, value] and value not in hidden
    assert ssm.describe_parameters()["Parameters"][0]["KeyId"] == key
    if tier == "Standard":  # what is shown is KMS's own ciphertext, bound to the parameter
        context = {"PARAMETER_ARN": found[0]["ARN"]}
        blob = base64.b64decode(hidden)
        assert kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)["Plaintext"].decode() == value
        with pytest.raises(kms.exceptions.InvalidCiphertextException):
            kms.decrypt(CiphertextBlob=blob, EncryptionContext={"PARAMETER_ARN": found[1]["ARN"]})
    ssm.put_parameter(Name="/a/one", Value="next", Overwrite=True, Type="SecureString")
    many = ssm.get_parameters(Names=["/a/one", "/a/one:1", "/a/no"], WithDecryption=True)
    assert [each["Value"] for each in many["Parameters"]] == ["next", value]
    assert many["InvalidParameters"] == ["/a/no"]


def test_the_key_is_asked_for_with_the_caller(client, iam_user):
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    for name, given in (("own", {"KeyId": key}), ("default", {})):
        client("ssm").put_parameter(Name=name, Value="v", Type="SecureString", **given)
    ssm = iam_user(allow("ssm:*"))("ssm")
    assert ssm.get_parameter(Name="default", WithDecryption=True)["Parameter"]["Value"] == "v"
    assert "kms:Decrypt" in denied(ssm.get_parameter, Name="own", WithDecryption=True)
    assert ssm.get_parameter(Name="own")["Parameter"]["Value"] != "v"
    assert "kms:Encrypt" in denied(ssm.put_parameter, Name="b", Value="v", Type="SecureString", KeyId=key)
    via = {"StringEquals": {"kms:ViaService": "ssm.us-east-1.amazonaws.com"}}
    policy = json.dumps(allow("kms:Decrypt", Condition=via))
    client("iam").put_user_policy(UserName="someone", PolicyName="more", PolicyDocument=policy)
    assert ssm.get_parameter(Name="own", WithDecryption=True)["Parameter"]["Value"] == "v"


def test_a_secret_is_read_as_a_parameter(client, account):
    ssm, secrets = client("ssm"), client("secretsmanager")
    first = secrets.create_secret(Name="app/db", SecretString="one")["VersionId"]
    secrets.put_secret_value(SecretId="app/db", SecretString="two")
    ssm.put_parameter(Name="plain", Value="p", Type="String")
    found = ssm.get_parameter(Name=f"{REFERENCE}app/db", WithDecryption=True)["Parameter"]
    assert (found["Value"], found["Type"], found["Version"]) == ("two", "SecureString", 0)
    assert found["ARN"] == f"arn:aws:ssm:us-east-1:{account}:parameter{REFERENCE}app/db"
    assert json.loads(found["SourceResult"])["versionStages"] == ["AWSCURRENT"]
    names = ["plain", f"{REFERENCE}app/db:AWSPREVIOUS", f"{REFERENCE}app/db:{first}", f"{REFERENCE}no"]
    many = ssm.get_parameters(Names=names, WithDecryption=True)
    assert [each["Value"] for each in many["Parameters"]] == ["p", "one", "one"]
    assert many["InvalidParameters"] == [f"{REFERENCE}no"]


def test_a_secret_that_is_read_as_a_parameter_is_asked_for_too(client, iam_user):
    client("secretsmanager").create_secret(Name="a", SecretString="x")
    ssm = iam_user(allow("ssm:GetParameter"))("ssm")
    assert "secretsmanager:GetSecretValue" in denied(ssm.get_parameter, Name=f"{REFERENCE}a", WithDecryption=True)


def test_a_template_reads_a_secure_string(client, cloud):
    ssm, cloudformation = client("ssm"), client("cloudformation")
    ssm.put_parameter(Name="/secure", Value="kept", Type="SecureString")
    given = {"Description": "{{resolve:ssm-secure:/secure:1}}"}
    body = {"Resources": {"Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": given}}}
    cloudformation.create_stack(StackName="s", TemplateBody=json.dumps(body))
    cloud.settle()
    [made] = client("secretsmanager").list_secrets()["SecretList"]
    assert made["Description"] == "kept"
