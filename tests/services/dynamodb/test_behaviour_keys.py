"""Tables under a customer's key: who may read and write, and what a key's state does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

HASH = {"AttributeName": "id", "AttributeType": "S"}
ITEM = {"id": {"S": "1"}, "note": {"S": "x"}}
KEY = {"id": ITEM["id"]}


@pytest.fixture
def kms(client: Callable[..., Any]) -> Any:
    """The root's client of KMS."""
    return client("kms")


@pytest.fixture
def db(client: Callable[..., Any]) -> Any:
    """The root's client."""
    return client("dynamodb")


def make(db: Any, name: str = "sealed", **given: Any) -> Any:
    return db.create_table(
        TableName=name, AttributeDefinitions=[HASH], BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], **given,
    )["TableDescription"]  # fmt: skip


def under(key: str) -> dict[str, Any]:
    return {"SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}}


def refused(code: str, call: Callable[..., Any], **given: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**given)
    assert caught.value.response["Error"]["Code"] == code, caught.value
    return caught.value.response["Error"]["Message"]


def allow(*actions: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}


def test_a_table_names_its_key_and_dynamodb_has_a_grant_on_it(db, kms, account):
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/table", TargetKeyId=key)
    described = make(db, **under("alias/table"))["SSEDescription"]
    assert described == {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key}
    assert db.describe_table(TableName="sealed")["Table"]["SSEDescription"] == described
    [grant] = kms.list_grants(KeyId=key)["Grants"]
    context = {"aws:dynamodb:tableName": "sealed", "aws:dynamodb:subscriberId": account}
    assert grant["Constraints"] == {"EncryptionContextSubset": context}
    assert grant["GranteePrincipal"] == "dynamodb.us-east-1.amazonaws.com"
    db.delete_table(TableName="sealed")
    assert kms.list_grants(KeyId=key)["Grants"] == []


def test_who_reads_and_writes_needs_the_key_and_the_table(db, kms, iam_user, cloud):
    key = kms.create_key()["KeyMetadata"]["Arn"]
    make(db, **under(key))
    db.put_item(TableName="sealed", Item=ITEM)
    without = iam_user(allow("dynamodb:*"), name="without")("dynamodb")
    with_key = iam_user(allow("dynamodb:*", "kms:Decrypt"), name="with-key")("dynamodb")
    assert with_key.get_item(TableName="sealed", Key=KEY)["Item"] == ITEM
    calls = {
        "get_item": {"TableName": "sealed", "Key": KEY},
        "put_item": {"TableName": "sealed", "Item": ITEM},
        "query": {"TableName": "sealed", "KeyConditionExpression": "id = :i", "ExpressionAttributeValues":
                  {":i": KEY["id"]}},
        "scan": {"TableName": "sealed"},
        "batch_get_item": {"RequestItems": {"sealed": {"Keys": [KEY]}}},
        "batch_write_item": {"RequestItems": {"sealed": [{"DeleteRequest": {"Key": KEY}}]}},
        "transact_write_items": {"TransactItems": [{"Delete": {"TableName": "sealed", "Key": KEY}}]},
        "transact_get_items": {"TransactItems": [{"Get": {"TableName": "sealed", "Key": KEY}}]},
    }  # fmt: skip
    for name, given in calls.items():
        message = refused("AccessDeniedException", getattr(without, name), **given)
        assert message.startswith("KMS key access denied error: com.amazonaws.services.kms.model.AWSKMSException: User")
        assert f"kms:Decrypt on resource: {key}" in message
    assert without.describe_table(TableName="sealed")["Table"]["SSEDescription"]["KMSMasterKeyArn"] == key
    assert db.scan(TableName="sealed")["Items"] == [ITEM]
    for name, given in calls.items():
        getattr(with_key, name)(**given)


def test_a_disabled_key_is_noticed_after_five_minutes(fresh_cloud):
    db, kms = fresh_cloud.client("dynamodb"), fresh_cloud.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    make(db, **under(key))
    db.put_item(TableName="sealed", Item=ITEM)
    kms.disable_key(KeyId=key)
    assert db.get_item(TableName="sealed", Key=KEY)["Item"] == ITEM
    fresh_cloud.clock_advance(301)
    message = refused("ValidationException", db.get_item, TableName="sealed", Key=KEY)
    kind = "com.amazonaws.services.kms.model.DisabledException"
    assert message.startswith(f"KMS validation error: {kind}: {key} is disabled. (Service: AWSKMS;")
    kms.enable_key(KeyId=key)
    assert db.get_item(TableName="sealed", Key=KEY)["Item"] == ITEM


def test_making_one_needs_the_key_and_a_grant(db, kms, iam_user, account):
    key = kms.create_key()["KeyMetadata"]["Arn"]
    permitted = ("dynamodb:CreateTable", "kms:DescribeKey", "kms:GenerateDataKey*")
    maker = iam_user(allow(*permitted))("dynamodb")
    message = refused("AccessDeniedException", make, db=maker, **under(key))
    assert "kms:CreateGrant" in message
    assert db.list_tables()["TableNames"] == [] and kms.list_grants(KeyId=key)["Grants"] == []
    gone = f"arn:aws:kms:us-east-1:{account}:key/134f2428-cec1-4b25-a1ae-9048164dba47"
    message = refused("ValidationException", make, db=db, **under(gone))
    assert f"kms.model.NotFoundException: Key '{gone}' does not exist" in message
    make(iam_user(allow(*permitted, "kms:CreateGrant"), name="granting")("dynamodb"), **under(key))


def test_a_table_moves_to_another_key_and_back(db, kms):
    first, second = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    make(db)
    db.put_item(TableName="sealed", Item=ITEM)
    for key in (first, second):
        changed = db.update_table(TableName="sealed", **under(key))["TableDescription"]
        assert changed["SSEDescription"]["KMSMasterKeyArn"] == key
    assert kms.list_grants(KeyId=first)["Grants"] == [] and len(kms.list_grants(KeyId=second)["Grants"]) == 1
    db.update_table(TableName="sealed", SSESpecification={"Enabled": False})
    assert "SSEDescription" not in db.describe_table(TableName="sealed")["Table"]
    assert kms.list_grants(KeyId=second)["Grants"] == []
    kms.disable_key(KeyId=second)
    assert db.get_item(TableName="sealed", Key=KEY)["Item"] == ITEM
