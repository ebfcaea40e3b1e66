"""Messages that the pool's own functions send, and those by SMS: what they are told, and that the code is sealed."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from typing import Any

import aws_encryption_sdk
import botocore.session
import pytest
from aws_encryption_sdk.identifiers import CommitmentPolicy
from aws_encryption_sdk.key_providers.kms import StrictAwsKmsMasterKeyProvider
from aws_lambda_powertools.utilities.data_classes.cognito_user_pool_event import CustomEmailSenderTriggerEvent

from tests.services.cognito_idp.conftest import PASSWORD, PoolAt, fails

ACCOUNT = "480000000077"
SOURCE = """
import json, os, boto3

def handler(event, context):
    parameters, name = boto3.client("ssm"), event["triggerSource"]
    parameters.put_parameter(Name=name, Value=json.dumps(event), Type="String", Overwrite=True)
"""
SENDERS = ("CustomEmailSender", "CustomSMSSender")


@pytest.fixture(scope="module")
def sender(cloud) -> tuple[str, str]:
    """(the ARN of a function that notes what it is told, the ARN of the key for its codes)."""
    iam, functions = cloud.client("iam", key=ACCOUNT), cloud.client("lambda", key=ACCOUNT)
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": trust})
    role = iam.create_role(RoleName="sends", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    may = {"Effect": "Allow", "Action": "ssm:PutParameter", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": may})
    iam.put_role_policy(RoleName="sends", PolicyName="notes", PolicyDocument=policy)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", SOURCE)
    code = {"ZipFile": buffer.getvalue()}
    arn = functions.create_function(
        FunctionName="sender", Runtime="python3.11", Role=role, Handler="app.handler", Code=code, Timeout=30
    )["FunctionArn"]
    functions.add_permission(
        FunctionName="sender",
        StatementId="pools",
        Action="lambda:InvokeFunction",
        Principal="cognito-idp.amazonaws.com",
    )
    return arn, cloud.client("kms", key=ACCOUNT).create_key()["KeyMetadata"]["Arn"]


def opened(cloud: Any, key: str, code: str, monkeypatch: pytest.MonkeyPatch) -> tuple[str, dict[str, str]]:
    """(the secret, its context) of a code, as AWS's own library reads it."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCOUNT)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    keys = StrictAwsKmsMasterKeyProvider(key_ids=[key], botocore_session=botocore.session.get_session())
    reader = aws_encryption_sdk.EncryptionSDKClient(commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT)
    plain, header = reader.decrypt(source=base64.b64decode(code), key_provider=keys)
    return plain.decode(), header.encryption_context


def told(cloud: Any, source: str) -> dict[str, Any]:
    """What the function was told last for a source."""
    cloud.settle()
    parameters = cloud.client("ssm", key=ACCOUNT)
    return json.loads(parameters.get_parameter(Name=source)["Parameter"]["Value"])


def pool_of(cloud: Any, sender: tuple[str, str], **settings: Any) -> PoolAt:
    arn, key = sender
    senders = {name: {"LambdaVersion": "V1_0", "LambdaArn": arn} for name in SENDERS}
    return PoolAt(cloud.client("cognito-idp", key=ACCOUNT), LambdaConfig={**senders, "KMSKeyID": key}, **settings)


def test_a_function_gets_the_code_by_mail_sealed_under_the_key_and_sends_it(cloud, sender, monkeypatch):
    pool = pool_of(cloud, sender, AutoVerifiedAttributes=["email"])
    made = pool.idp.sign_up(
        ClientId=pool.client, Username="ann", Password=PASSWORD, ClientMetadata={"a": "b"},
        UserAttributes=[{"Name": "email", "Value": "sealed@example.com"}],
    )  # fmt: skip
    assert made["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"
    event = told(cloud, "CustomEmailSender_SignUp")
    assert (event["version"], event["userName"], event["userPoolId"]) == ("1", "ann", pool.id)
    assert event["callerContext"]["clientId"] == pool.client
    request = event["request"]
    powertools = CustomEmailSenderTriggerEvent(event)
    assert (powertools.trigger_source, powertools.user_name) == ("CustomEmailSender_SignUp", "ann")
    assert (powertools.request.type, powertools.request.code) == (request["type"], request["code"])
    assert (request["type"], request["clientMetadata"]) == ("customEmailSenderRequestV1", {"a": "b"})
    assert request["userAttributes"]["email"] == "sealed@example.com"
    assert request["code"].startswith("AYADe")
    secret, context = opened(cloud, sender[1], request["code"], monkeypatch)
    assert context["userpool-id"] == pool.id
    pool.idp.confirm_sign_up(ClientId=pool.client, Username="ann", ConfirmationCode=secret)
    assert cloud.control("mail?to=sealed@example.com")["mails"] == []


def test_a_telephone_is_a_second_factor_and_an_invitation_by_the_functions(cloud, sender, monkeypatch):
    pool = pool_of(cloud, sender)
    phone = [{"Name": "phone_number", "Value": "+12065550100"}, {"Name": "phone_number_verified", "Value": "true"}]
    pool.idp.admin_create_user(UserPoolId=pool.id, Username="ann", UserAttributes=phone)
    event = told(cloud, "CustomSMSSender_AdminCreateUser")
    assert event["request"]["type"] == "customSMSSenderRequestV1"
    temporary = opened(cloud, sender[1], event["request"]["code"], monkeypatch)[0]
    assert pool.sign_in("ann", temporary)["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


def test_the_key_must_let_cognito_in(cloud, sender):
    idp = cloud.client("cognito-idp", key=ACCOUNT)
    config = {"CustomEmailSender": {"LambdaVersion": "V1_0", "LambdaArn": sender[0]}}
    assert "KMSKeyID" in fails("InvalidParameterException", idp.create_user_pool, PoolName="p", LambdaConfig=config)
    gone = f"{sender[1].rpartition('/')[0]}/00000000-0000-4000-8000-000000000000"
    config["KMSKeyID"] = gone
    assert gone in fails("InvalidParameterException", idp.create_user_pool, PoolName="p", LambdaConfig=config)
