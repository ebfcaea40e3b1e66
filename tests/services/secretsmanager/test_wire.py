"""What Secrets Manager refuses, and in which words."""

import json
import urllib.error
import urllib.request

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.services.secretsmanager.conftest import refused

NAMES = "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"
NOT_FOUND = "Secrets Manager can't find the specified secret."


@pytest.mark.parametrize("name", ["Inv Name", " Inv Name", " Inv*Name? ", " Inv *?!]Name\\-"])
def test_names(secrets, name):
    assert refused("ValidationException", secrets.create_secret, Name=name) == NAMES
    for method in ("get_secret_value", "describe_secret", "delete_secret", "restore_secret", "list_secret_version_ids"):
        assert refused("ValidationException", getattr(secrets, method), SecretId=name) == NAMES


def test_what_is_not_there(secrets, account):
    for id in ("nothing", f"arn:aws:secretsmanager:us-east-1:{account}:secret:nothing-AbCdEf"):
        assert refused("ResourceNotFoundException", secrets.get_secret_value, SecretId=id) == NOT_FOUND
    secrets.create_secret(Name="empty")
    assert "staging label: AWSCURRENT" in refused(
        "ResourceNotFoundException", secrets.get_secret_value, SecretId="empty"
    )
    assert "VersionId: " + "v" * 32 in refused(
        "ResourceNotFoundException", secrets.get_secret_value, SecretId="empty", VersionId="v" * 32
    )


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("CreateSecret", "InvalidRequestException"),
        ("UpdateSecret", "InvalidRequestException"),
        ("PutSecretValue", "InvalidRequestException"),
        ("RotateSecret", "InvalidParameterException"),
    ],
)
def test_a_token_must_come(cloud, account, operation, code):
    body = json.dumps({"Name": "a", "SecretId": "a", "SecretString": "x"})
    headers = {"X-Amz-Target": f"secretsmanager.{operation}", "Content-Type": "application/x-amz-json-1.1"}
    request = AWSRequest("POST", cloud.url + "/", data=body, headers=headers)
    SigV4Auth(Credentials(account, "test"), "secretsmanager", "us-east-1").add_auth(request)
    sent = urllib.request.Request(cloud.url + "/", body.encode(), dict(request.headers))
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(sent, timeout=20)
    answer = json.load(caught.value)
    assert answer["__type"].endswith(code)
    assert "You must provide a ClientRequestToken value. We recommend a UUID-type value." in answer.values()


def test_values(secrets):
    both = {"SecretString": "x", "SecretBinary": b"x"}
    assert "both" in refused("InvalidParameterException", secrets.create_secret, Name="a", **both)
    for big in ("ä" * 32769, "x" * 65537):
        message = refused("ValidationException", secrets.create_secret, Name="a", SecretString=big)
        assert message.endswith("Member must have length less than or equal to 65536") and "xx" not in message
    secrets.create_secret(Name="a", SecretString="ä" * 32768)
    assert "either SecretString or SecretBinary" in refused(
        "InvalidRequestException", secrets.put_secret_value, SecretId="a"
    )


def test_tokens_stand_for_one_value(secrets):
    token, arn = "t" * 32, secrets.create_secret(Name="a", SecretString="x", ClientRequestToken="t" * 32)["ARN"]
    assert secrets.create_secret(Name="a", SecretString="x", ClientRequestToken=token)["ARN"] == arn
    again = {"Name": "a", "SecretString": "y", "ClientRequestToken": token}
    version = f"version of secret {arn}"
    used = f"You can't use ClientRequestToken {token} because that value is already in use for a {version}."
    assert refused("ResourceExistsException", secrets.create_secret, **again) == used
    exists = "The operation failed because the secret a already exists."
    assert refused("ResourceExistsException", secrets.create_secret, Name="a", SecretString="x") == exists
    assert secrets.put_secret_value(SecretId="a", SecretString="x", ClientRequestToken=token)["VersionId"] == token
    for change in (secrets.put_secret_value, secrets.update_secret):
        message = refused("ResourceExistsException", change, SecretId="a", SecretString="y", ClientRequestToken=token)
        assert message == used
    assert secrets.get_secret_value(SecretId="a")["SecretString"] == "x"


def test_deletions(secrets):
    secrets.create_secret(Name="a", SecretString="x")
    both = {"RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": True}
    assert "in conjunction with" in refused("InvalidParameterException", secrets.delete_secret, SecretId="a", **both)
    for days in (6, 31, 0, -1):
        assert "between 7 and 30" in refused(
            "InvalidParameterException", secrets.delete_secret, SecretId="a", RecoveryWindowInDays=days
        )
    secrets.delete_secret(SecretId="a")
    marked = "You can't perform this operation on the secret because it was marked for deletion."
    for method, given in {
        "get_secret_value": {},
        "put_secret_value": {"SecretString": "y"},
        "update_secret": {"Description": "d"},
        "rotate_secret": {},
        "tag_resource": {"Tags": [{"Key": "a", "Value": "b"}]},
        "put_resource_policy": {"ResourcePolicy": "{}"},
        "delete_secret": {},
    }.items():
        assert refused("InvalidRequestException", getattr(secrets, method), SecretId="a", **given) == marked
    assert "already scheduled for deletion" in refused("InvalidRequestException", secrets.create_secret, Name="a")


def test_tags(secrets):
    secrets.create_secret(Name="a")
    for wrong in (
        [{"Value": "v"}],
        [{"Key": "aws:k", "Value": "v"}],
        [{"Key": str(n), "Value": ""} for n in range(51)],
    ):
        refused("InvalidParameterException", secrets.tag_resource, SecretId="a", Tags=wrong)
        refused("InvalidParameterException", secrets.create_secret, Name="b", Tags=wrong)
    assert "Tags" not in secrets.describe_secret(SecretId="a")


def test_labels(secrets):
    first, second = "1" * 32, "2" * 32
    secrets.create_secret(Name="a", SecretString="x", ClientRequestToken=first)
    secrets.put_secret_value(SecretId="a", SecretString="y", ClientRequestToken=second, VersionStages=["AWSPENDING"])
    move = {"SecretId": "a", "VersionStage": "AWSCURRENT"}
    assert refused(
        "InvalidParameterException", secrets.update_secret_version_stage, **move, MoveToVersionId=second
    ) == (
        "The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version "
        f"{first}, so you must explicitly reference that version in RemoveFromVersionId."
    )
    assert "can't be completely removed" in refused(
        "InvalidParameterException", secrets.update_secret_version_stage, **move, RemoveFromVersionId=first
    )
    assert "not attached" in refused(
        "InvalidParameterException", secrets.update_secret_version_stage, **move, RemoveFromVersionId=second
    )
    secrets.create_secret(Name="b")
    mismatch = {"SecretId": "a", "VersionId": first, "VersionStage": "AWSPENDING"}
    assert "not associated" in refused("InvalidRequestException", secrets.get_secret_value, **mismatch)
    labels = [f"L{number}" for number in range(20)]
    refused("LimitExceededException", secrets.put_secret_value, SecretId="b", SecretString="z", VersionStages=labels)
    refused("ResourceNotFoundException", secrets.get_secret_value, SecretId="b")


def test_passwords(secrets):
    for given, words in (
        ({"PasswordLength": 3}, "too short"),
        (
            {f"Exclude{kind}": True for kind in ("Lowercase", "Uppercase", "Numbers", "Punctuation")},
            "every",
        ),
    ):
        assert words in refused("InvalidParameterException", secrets.get_random_password, **given)
    refused("ValidationException", secrets.get_random_password, PasswordLength=4097)
    refused("ValidationException", secrets.get_random_password, PasswordLength=0)


def test_listings(secrets):
    refused("ValidationException", secrets.list_secrets, Filters=[{"Key": "size", "Values": ["a"]}])
    assert "key: name" in refused("InvalidParameterException", secrets.list_secrets, Filters=[{"Key": "name"}])
    assert "Invalid filter key" in refused(
        "InvalidParameterException", secrets.list_secrets, Filters=[{"Values": ["a"]}]
    )
    for token in ("x", "bnVsbA", "e30"):
        refused("InvalidNextTokenException", secrets.list_secrets, NextToken=token)
    assert "not both" in refused("InvalidParameterException", secrets.batch_get_secret_value)
    refused("InvalidParameterException", secrets.batch_get_secret_value, SecretIdList=["a"], MaxResults=3)


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("nonsense", "syntax error"),
        ('{"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]}', "syntax error"),
        (
            '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", '
            '"Principal": {"AWS": "arn:aws:iam::123456789012:user/nobody"}}]}',
            "unsupported principal",
        ),
    ],
)
def test_policies(secrets, policy, words):
    secrets.create_secret(Name="a")
    for method in (secrets.put_resource_policy, secrets.validate_resource_policy):
        assert words in refused("MalformedPolicyDocumentException", method, SecretId="a", ResourcePolicy=policy)
    assert "ResourcePolicy" not in secrets.get_resource_policy(SecretId="a")


def test_what_is_not_built_says_so(secrets):
    replicas = {"AddReplicaRegions": [{"Region": "eu-west-1"}]}
    assert "AddReplicaRegions" in refused("NotImplemented", secrets.create_secret, Name="a", **replicas)
    assert "Type" in refused("NotImplemented", secrets.create_secret, Name="a", Type="SalesforceClientSecret")
    secrets.create_secret(Name="a")
    assert "Replicate" in refused("NotImplemented", secrets.replicate_secret_to_regions, SecretId="a", **replicas)
    assert "ExternalSecretRotationRoleArn" in refused(
        "NotImplemented", secrets.rotate_secret, SecretId="a", ExternalSecretRotationRoleArn="arn:aws:iam::1:role/role"
    )


@pytest.mark.parametrize(
    "rules",
    [
        {},
        {"AutomaticallyAfterDays": 1, "ScheduleExpression": "rate(1 day)"},
        {"ScheduleExpression": "rate(3 hours)"},
        {"ScheduleExpression": "rate(1000 days)"},
        {"ScheduleExpression": "cron(5 8 1 * ? *)"},
        {"ScheduleExpression": "cron(0 8 31 2 ? *)"},
        {"ScheduleExpression": "cron(0 24 * * ? *)"},
        {"ScheduleExpression": "every day"},
        {"ScheduleExpression": "rate(4 hours)", "Duration": "5h"},
        {"AutomaticallyAfterDays": 3, "Duration": "25h"},
    ],
)
def test_schedules(secrets, account, rules):
    secrets.create_secret(Name="a", SecretString="x")
    function = f"arn:aws:lambda:us-east-1:{account}:function:rotates"
    given = {"SecretId": "a", "RotationLambdaARN": function, "RotationRules": rules}
    if rules:
        refused("InvalidParameterException", secrets.rotate_secret, **given)
    assert "cannot invoke" in refused(
        "AccessDeniedException", secrets.rotate_secret, SecretId="a", RotationLambdaARN=function
    )
    for wrong in ("rotates", f"arn:aws:iam::{account}:role/rotates", function + ":a:b"):
        assert "not the ARN of a Lambda" in refused(
            "InvalidParameterException", secrets.rotate_secret, SecretId="a", RotationLambdaARN=wrong
        )
    assert "No Lambda rotation function ARN" in refused("InvalidRequestException", secrets.rotate_secret, SecretId="a")
    assert "RotationEnabled" not in secrets.describe_secret(SecretId="a")
