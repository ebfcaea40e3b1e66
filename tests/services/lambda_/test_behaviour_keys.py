"""Environment variables under a key of KMS: who sees them, and what the function gets of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.services.lambda_.conftest import refused, zipped

SHOW = "import os\n\ndef handler(event, context):\n    return os.environ.get('SECRET')\n"
VARIABLES = {"Variables": {"SECRET": "only under the key"}}


@pytest.fixture
def kms(client: Callable[..., Any]) -> Any:
    """The root's client of KMS."""
    return client("kms")


@pytest.fixture
def key(kms: Any) -> str:
    """The ARN of a new key."""
    return str(kms.create_key()["KeyMetadata"]["Arn"])


def test_the_function_gets_them_by_a_grant_to_its_role(make, call, functions, kms, key, role, account):
    made = make("fn", SHOW, KMSKeyArn=key, Environment=VARIABLES)
    assert (made["KMSKeyArn"], made["Environment"]) == (key, VARIABLES)
    [grant] = kms.list_grants(KeyId=key)["Grants"]
    arn = f"arn:aws:lambda:us-east-1:{account}:function:fn"
    assert grant["GranteePrincipal"] == role and set(grant["Operations"]) == {"Decrypt", "RetireGrant"}
    assert grant["Constraints"] == {"EncryptionContextEquals": {"aws:lambda:FunctionArn": arn}}
    assert call("fn") == "only under the key"
    version = functions.publish_version(FunctionName="fn")
    assert version["Environment"] == VARIABLES
    functions.update_function_configuration(FunctionName="fn", Environment={"Variables": {"SECRET": "new"}})
    assert call("fn") == "new"
    assert call("fn", Qualifier=version["Version"]) == "only under the key"
    functions.delete_function(FunctionName="fn")
    assert kms.list_grants(KeyId=key)["Grants"] == []


def test_who_may_not_decrypt_does_not_see_them(make, functions, iam_user, key):
    make("fn", SHOW, KMSKeyArn=key, Environment=VARIABLES)
    actions = ["lambda:GetFunction", "lambda:GetFunctionConfiguration", "lambda:ListFunctions"]
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    user = iam_user(allow)("lambda")
    for found in (
        user.get_function_configuration(FunctionName="fn"),
        user.get_function(FunctionName="fn")["Configuration"],
        user.list_functions()["Functions"][0],
    ):
        assert found["KMSKeyArn"] == key and "Variables" not in found["Environment"]
        assert found["Environment"]["Error"]["ErrorCode"] == "AccessDeniedException"
        assert "kms:Decrypt" in found["Environment"]["Error"]["Message"]
    assert functions.list_functions()["Functions"][0]["Environment"] == VARIABLES


@pytest.mark.parametrize(
    ("change", "code", "reason"),
    [
        ("disable_key", "KMSDisabledException", "the KMS key used is disabled"),
        ("schedule_key_deletion", "KMSInvalidStateException", "the state of the KMS key used is not valid for Decrypt"),
        ("revoke_grant", "KMSAccessDeniedException", "KMS access was denied"),
    ],
)
def test_a_function_whose_key_is_shut_does_not_run(make, functions, kms, key, change, code, reason):
    make("fn", SHOW, KMSKeyArn=key, Environment=VARIABLES)
    more = {"GrantId": kms.list_grants(KeyId=key)["Grants"][0]["GrantId"]} if change == "revoke_grant" else {}
    getattr(kms, change)(KeyId=key, **more)
    with refused(code) as refusal:
        functions.invoke(FunctionName="fn")
    start = f"Lambda was unable to decrypt the environment variables because {reason}."
    assert refusal.message.startswith(start) and refusal.status == 502


def test_configuring_needs_the_key(make, functions, iam_user, role, kms, key, account):
    gone = f"arn:aws:kms:us-east-1:{account}:key/134f2428-cec1-4b25-a1ae-9048164dba47"
    with refused("InvalidParameterValueException") as refusal:
        make("fn", KMSKeyArn=gone, Environment=VARIABLES)
    assert "KMS key is invalid for CreateGrant" in refusal.message and "NotFoundException" in refusal.message
    allow = {"Effect": "Allow", "Action": ["lambda:*", "iam:PassRole", "kms:Encrypt"], "Resource": "*"}
    user = iam_user({"Version": "2012-10-17", "Statement": [allow]})("lambda")
    given = {"FunctionName": "fn", "Runtime": "python3.11", "Handler": "app.handler", "Role": role}
    with refused("AccessDeniedException") as refusal:
        user.create_function(**given, Code={"ZipFile": zipped()}, KMSKeyArn=key, Environment=VARIABLES)
    assert "kms:CreateGrant" in refusal.message
    assert functions.list_functions()["Functions"] == []
    make("plain", KMSKeyArn=gone)  # without variables there is nothing to encrypt


def test_a_function_moves_to_another_key_and_back(make, call, functions, kms, key):
    make("fn", SHOW, Environment=VARIABLES)
    other = str(kms.create_key()["KeyMetadata"]["Arn"])
    for each in (key, other):
        changed = functions.update_function_configuration(FunctionName="fn", KMSKeyArn=each)
        assert (changed["KMSKeyArn"], changed["Environment"]) == (each, VARIABLES)
        assert call("fn") == "only under the key"
    kms.disable_key(KeyId=key)
    functions.update_function_configuration(FunctionName="fn", Timeout=5)
    assert "KMSKeyArn" not in functions.update_function_configuration(FunctionName="fn", KMSKeyArn="")
    kms.disable_key(KeyId=other)
    assert functions.get_function_configuration(FunctionName="fn")["Environment"] == VARIABLES
    assert call("fn") == "only under the key"


def test_nothing_of_them_lies_in_the_folder(fresh_cloud):
    iam, functions, kms = (fresh_cloud.client(service) for service in ("iam", "lambda", "kms"))
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    given = {"Runtime": "python3.11", "Handler": "app.handler", "Role": role, "Code": {"ZipFile": zipped()}}
    key = kms.create_key()["KeyMetadata"]["Arn"]
    functions.create_function(FunctionName="hidden", KMSKeyArn=key, Environment=VARIABLES, **given)
    fresh_cloud.kill()
    found = [
        file for file in fresh_cloud.data.rglob("*") if file.is_file() and b"only under the key" in file.read_bytes()
    ]
    fresh_cloud.start()
    assert not found
    assert functions.get_function_configuration(FunctionName="hidden")["Environment"] == VARIABLES
