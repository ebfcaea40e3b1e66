"""Who may do what with secrets."""

from __future__ import annotations

import json

from tests.services.secretsmanager.conftest import function, refused


def statement(effect, action, **more):
    return {"Effect": effect, "Action": action, "Resource": "*", **more}


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def test_a_denial_names_the_secret_as_the_request_did(iam_user, secrets):
    arn = secrets.create_secret(Name="app/db", SecretString="x")["ARN"]
    caller = iam_user()("secretsmanager")
    for id in ("app/db", arn, "not/there"):
        message = refused("AccessDeniedException", caller.get_secret_value, SecretId=id)
        assert f"secretsmanager:GetSecretValue on resource: {id} because no identity-based policy" in message


def test_a_policy_on_names_with_any_suffix(iam_user, secrets, account):
    for name in ("app/db", "other"):
        secrets.create_secret(Name=name, SecretString="x")
    allow = statement("Allow", "secretsmanager:*")
    allow["Resource"] = f"arn:aws:secretsmanager:us-east-1:{account}:secret:app/*"
    caller = iam_user(document(allow))("secretsmanager")
    assert caller.get_secret_value(SecretId="app/db")["SecretString"] == "x"
    refused("AccessDeniedException", caller.get_secret_value, SecretId="other")
    caller.create_secret(Name="app/new")
    refused("AccessDeniedException", caller.create_secret, Name="new")


def test_a_secret_lets_in_by_its_own_policy(iam_user, secrets, account):
    arn = secrets.create_secret(Name="a", SecretString="x")["ARN"]
    caller = iam_user()("secretsmanager")
    who = {"AWS": f"arn:aws:iam::{account}:user/someone"}
    text = json.dumps(document(statement("Allow", "secretsmanager:GetSecretValue", Principal=who)))
    secrets.put_resource_policy(SecretId="a", ResourcePolicy=text)
    assert secrets.get_resource_policy(SecretId="a")["ResourcePolicy"] == text
    assert caller.get_secret_value(SecretId=arn)["SecretString"] == "x"
    refused("AccessDeniedException", caller.describe_secret, SecretId=arn)
    secrets.delete_resource_policy(SecretId="a")
    refused("AccessDeniedException", caller.get_secret_value, SecretId=arn)


def test_a_policy_that_denies_all_can_be_taken_away_by_the_root(secrets):
    secrets.create_secret(Name="a", SecretString="x")
    text = json.dumps(document(statement("Deny", "secretsmanager:*", Principal="*")))
    secrets.put_resource_policy(SecretId="a", ResourcePolicy=text)
    refused("AccessDeniedException", secrets.get_secret_value, SecretId="a")
    secrets.delete_resource_policy(SecretId="a")
    assert secrets.get_secret_value(SecretId="a")["SecretString"] == "x"


def test_another_account_needs_the_secret_its_policy_and_a_key_of_ones_own(cloud, client, secrets, account):
    other = f"{(int(account) + 1) % 10**12:012}"
    stranger = cloud.client("secretsmanager", key=other)
    root = {"AWS": f"arn:aws:iam::{other}:root"}
    text = json.dumps(document(statement("Allow", "secretsmanager:GetSecretValue", Principal=root)))
    arn = secrets.create_secret(Name="a", SecretString="x")["ARN"]
    refused("AccessDeniedException", stranger.get_secret_value, SecretId=arn)
    secrets.put_resource_policy(SecretId="a", ResourcePolicy=text)
    assert "Access to KMS is not allowed" in refused("AccessDeniedException", stranger.get_secret_value, SecretId=arn)
    own = {"AWS": f"arn:aws:iam::{account}:root"}
    policy = document(statement("Allow", "kms:*", Principal=own), statement("Allow", "kms:Decrypt", Principal=root))
    key = client("kms").create_key(Policy=json.dumps(policy))["KeyMetadata"]["Arn"]
    secrets.update_secret(SecretId="a", KmsKeyId=key)
    assert stranger.get_secret_value(SecretId=arn)["SecretString"] == "x"
    refused("ResourceNotFoundException", stranger.get_secret_value, SecretId="a")
    refused("AccessDeniedException", stranger.put_secret_value, SecretId=arn, SecretString="y")


def test_a_key_of_ones_own_is_asked_for_with_the_caller(iam_user, client, secrets):
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    secrets.create_secret(Name="a", SecretString="x", KmsKeyId=key)
    caller = iam_user(document(statement("Allow", "secretsmanager:*")))("secretsmanager")
    refused("AccessDeniedException", caller.get_secret_value, SecretId="a")
    via = {"StringEquals": {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}}
    more = document(statement("Allow", "secretsmanager:*"), statement("Allow", "kms:Decrypt", Condition=via))
    client("iam").put_user_policy(UserName="someone", PolicyName="only", PolicyDocument=json.dumps(more))
    assert caller.get_secret_value(SecretId="a")["SecretString"] == "x"
    refused("AccessDeniedException", caller.put_secret_value, SecretId="a", SecretString="y")


def test_a_public_policy_is_refused_where_that_is_asked_for(secrets):
    secrets.create_secret(Name="a", SecretString="x")
    public = json.dumps(document(statement("Allow", "secretsmanager:GetSecretValue", Principal="*")))
    given = {"SecretId": "a", "ResourcePolicy": public}
    refused("PublicPolicyException", secrets.put_resource_policy, **given, BlockPublicPolicy=True)
    answer = secrets.validate_resource_policy(ResourcePolicy=public)
    assert answer["PolicyValidationPassed"] is False and answer["ValidationErrors"]
    secrets.put_resource_policy(**given)
    fixed = {"StringEquals": {"aws:PrincipalOrgID": "o-0123456789"}}
    given["ResourcePolicy"] = json.dumps(document(statement("Allow", "*", Principal="*", Condition=fixed)))
    assert secrets.validate_resource_policy(**given)["PolicyValidationPassed"] is True
    secrets.put_resource_policy(**given, BlockPublicPolicy=True)


def test_the_rotation_function_of_a_secret_is_a_condition_key(iam_user, client, secrets):
    arn = function(client, "def handler(event, context): pass")
    secrets.create_secret(Name="a", SecretString="x")
    key = "secretsmanager:resource/AllowRotationLambdaArn"
    allow = statement("Allow", "secretsmanager:DescribeSecret", Condition={"StringEquals": {key: arn}})
    caller = iam_user(document(allow))("secretsmanager")
    refused("AccessDeniedException", caller.describe_secret, SecretId="a")
    secrets.rotate_secret(SecretId="a", RotationLambdaARN=arn, RotateImmediately=False)
    assert caller.describe_secret(SecretId="a")["RotationLambdaARN"] == arn


def test_what_another_account_begins_happens_in_the_secrets_own(fresh_cloud):
    secrets, stranger = (fresh_cloud.client("secretsmanager", key=key) for key in ("111111111111", "222222222222"))
    arn = secrets.create_secret(Name="a", SecretString="x")["ARN"]
    root = {"AWS": "arn:aws:iam::222222222222:root"}
    policy = document(statement("Allow", "secretsmanager:DeleteSecret", Principal=root))
    secrets.put_resource_policy(SecretId="a", ResourcePolicy=json.dumps(policy))
    stranger.delete_secret(SecretId=arn, RecoveryWindowInDays=7)
    assert secrets.describe_secret(SecretId="a")["DeletedDate"]
    fresh_cloud.clock_advance(8 * 86_400)
    refused("ResourceNotFoundException", secrets.describe_secret, SecretId="a")


def test_a_policy_means_the_user_and_not_the_name(iam_user, client, secrets, account):
    arn = secrets.create_secret(Name="a", SecretString="x")["ARN"]
    first = iam_user()("secretsmanager")
    who = {"AWS": f"arn:aws:iam::{account}:user/someone"}
    text = json.dumps(document(statement("Allow", "secretsmanager:GetSecretValue", Principal=who)))
    secrets.put_resource_policy(SecretId="a", ResourcePolicy=text)
    assert first.get_secret_value(SecretId=arn)["SecretString"] == "x"
    iam = client("iam")
    [key] = iam.list_access_keys(UserName="someone")["AccessKeyMetadata"]
    iam.delete_access_key(UserName="someone", AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName="someone")
    assert '"AIDA' in secrets.get_resource_policy(SecretId="a")["ResourcePolicy"]
    refused("AccessDeniedException", iam_user()("secretsmanager").get_secret_value, SecretId=arn)
