"""Secrets as a client sees them."""

import json
import sqlite3
import string

import pytest
from botocore.exceptions import ClientError

from tests.services.secretsmanager.conftest import refused


def stages(secrets, id="a", **more):
    listed = secrets.list_secret_version_ids(SecretId=id, **more)["Versions"]
    return {each["VersionId"][0]: each["VersionStages"] for each in listed}


def put(secrets, letter, *labels):
    more = {"VersionStages": list(labels)} if labels else {}
    return secrets.put_secret_value(SecretId="a", SecretString=letter, ClientRequestToken=letter * 32, **more)


def create(secrets, letter="a"):
    return secrets.create_secret(Name="a", SecretString=letter, ClientRequestToken=letter * 32)


def test_a_secret_is_made_and_read(secrets, account):
    made = secrets.create_secret(Name="app/db", SecretString="one", Description="d", Tags=[{"Key": "k", "Value": "v"}])
    head, _, suffix = made["ARN"].rpartition("-")
    assert head == f"arn:aws:secretsmanager:us-east-1:{account}:secret:app/db" and len(suffix) == 6
    for id in ("app/db", made["ARN"], head):
        found = secrets.get_secret_value(SecretId=id)
        assert (found["SecretString"], found["VersionId"], found["VersionStages"]) == (
            "one",
            made["VersionId"],
            ["AWSCURRENT"],
        )
    told = secrets.describe_secret(SecretId="app/db")
    assert (told["Description"], told["Tags"]) == ("d", [{"Key": "k", "Value": "v"}])
    assert told["VersionIdsToStages"] == {made["VersionId"]: ["AWSCURRENT"]}
    assert told["LastAccessedDate"].strftime("%H:%M:%S") == "00:00:00"
    assert "KmsKeyId" not in told and "RotationEnabled" not in told
    secrets.put_secret_value(SecretId="app/db", SecretBinary=b"\x00\xff")
    assert secrets.get_secret_value(SecretId="app/db")["SecretBinary"] == b"\x00\xff"


def test_a_name_that_ends_like_an_arn_is_not_found_without_the_suffix(secrets):
    arn = secrets.create_secret(Name="name-a1b2c3", SecretString="x")["ARN"]
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == "x"
    assert secrets.get_secret_value(SecretId="name-a1b2c3")["SecretString"] == "x"
    refused("ResourceNotFoundException", secrets.get_secret_value, SecretId=arn[:-7])
    refused("ResourceNotFoundException", secrets.get_secret_value, SecretId=arn[:-1])


def test_the_current_version_leaves_its_label_behind(secrets):
    create(secrets)
    assert put(secrets, "b")["VersionStages"] == ["AWSCURRENT"]
    assert stages(secrets) == {"a": ["AWSPREVIOUS"], "b": ["AWSCURRENT"]}
    secrets.update_secret(SecretId="a", SecretString="c", ClientRequestToken="c" * 32)
    assert stages(secrets) == {"b": ["AWSPREVIOUS"], "c": ["AWSCURRENT"]}
    assert stages(secrets, IncludeDeprecated=True)["a"] == []
    assert secrets.get_secret_value(SecretId="a", VersionStage="AWSPREVIOUS")["SecretString"] == "b"
    assert secrets.get_secret_value(SecretId="a", VersionId="a" * 32)["SecretString"] == "a"
    back = {"VersionStage": "AWSCURRENT", "RemoveFromVersionId": "c" * 32, "MoveToVersionId": "b" * 32}
    secrets.update_secret_version_stage(SecretId="a", **back)
    assert stages(secrets) == {"b": ["AWSCURRENT"], "c": ["AWSPREVIOUS"]}


def test_a_pending_version_becomes_current(secrets):
    """As recorded: a label AWSPENDING that stays with the current version goes when the next one comes."""
    create(secrets)
    assert put(secrets, "b", "AWSPENDING", "MINE")["VersionStages"] == ["AWSPENDING", "MINE"]
    move = {"VersionStage": "AWSCURRENT", "RemoveFromVersionId": "a" * 32, "MoveToVersionId": "b" * 32}
    secrets.update_secret_version_stage(SecretId="a", **move)
    assert stages(secrets) == {"a": ["AWSPREVIOUS"], "b": ["AWSCURRENT", "AWSPENDING", "MINE"]}
    put(secrets, "c")
    assert stages(secrets) == {"b": ["AWSPREVIOUS", "MINE"], "c": ["AWSCURRENT"]}
    secrets.update_secret_version_stage(SecretId="a", VersionStage="MINE", RemoveFromVersionId="b" * 32)
    assert stages(secrets) == {"b": ["AWSPREVIOUS"], "c": ["AWSCURRENT"]}


def test_the_first_value_is_current_whatever_it_is_labelled(secrets):
    secrets.create_secret(Name="a")
    assert put(secrets, "a", "MINE")["VersionStages"] == ["AWSCURRENT", "MINE"]


def test_an_update_without_a_value_makes_no_version(secrets):
    create(secrets)
    answer = secrets.update_secret(SecretId="a", Description="d")
    assert "VersionId" not in answer and stages(secrets) == {"a": ["AWSCURRENT"]}
    assert secrets.describe_secret(SecretId="a")["Description"] == "d"
    secrets.update_secret(SecretId="a", Description="")
    assert "Description" not in secrets.describe_secret(SecretId="a")


def test_old_versions_are_forgotten_but_not_on_their_day(fresh_cloud):
    secrets = fresh_cloud.client("secretsmanager")
    secrets.create_secret(Name="a", SecretString="x")
    for number in range(110):
        secrets.put_secret_value(SecretId="a", SecretString=str(number))

    def count():
        given = {"SecretId": "a", "IncludeDeprecated": True}
        first = secrets.list_secret_version_ids(**given)
        rest = secrets.list_secret_version_ids(**given, NextToken=first["NextToken"])
        return len(first["Versions"]) + len(rest["Versions"])

    assert count() == 111
    fresh_cloud.clock_advance(86_400)
    secrets.put_secret_value(SecretId="a", SecretString="last")
    assert count() == 102


def test_a_secret_goes_when_its_days_are_over(fresh_cloud):
    secrets = fresh_cloud.client("secretsmanager")
    for name in ("a", "b"):
        secrets.create_secret(Name=name, SecretString="x", Tags=[{"Key": "k", "Value": "v"}])
        secrets.delete_secret(SecretId=name, RecoveryWindowInDays=7)
    assert secrets.list_secrets()["SecretList"] == []
    assert [each["Name"] for each in secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"]] == ["a", "b"]
    assert secrets.describe_secret(SecretId="a")["DeletedDate"]
    secrets.restore_secret(SecretId="b")
    fresh_cloud.clock_advance(7 * 86_400 - 60)
    secrets.describe_secret(SecretId="a")
    fresh_cloud.clock_advance(120)
    refused("ResourceNotFoundException", secrets.describe_secret, SecretId="a")
    assert secrets.get_secret_value(SecretId="b")["SecretString"] == "x"
    assert "Tags" not in secrets.describe_secret(SecretId=secrets.create_secret(Name="a")["ARN"])


def test_a_forced_deletion_is_at_once(secrets):
    first = create(secrets)["ARN"]
    secrets.delete_secret(SecretId="a", ForceDeleteWithoutRecovery=True)
    refused("ResourceNotFoundException", secrets.describe_secret, SecretId="a")
    assert secrets.delete_secret(SecretId="a", ForceDeleteWithoutRecovery=True)["Name"] == "a"
    assert create(secrets)["ARN"] != first
    refused("ResourceNotFoundException", secrets.describe_secret, SecretId=first)


def test_listings_are_filtered_and_sorted(secrets):
    for name, description, tags in (
        ("app/db", "The database of Sales", {"team": "red"}),
        ("app/api", "api key", {"team": "blue"}),
        ("other", "", {}),
    ):
        given = {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()], "Description": description}
        secrets.create_secret(Name=name, **given)

    def found(*filters, **more):
        given = [{"Key": key, "Values": list(values)} for key, *values in filters]
        return [each["Name"] for each in secrets.list_secrets(Filters=given, **more)["SecretList"]]

    assert found() == ["app/db", "app/api", "other"]
    assert found(SortOrder="desc") == ["other", "app/api", "app/db"]
    assert found(SortBy="name") == ["app/api", "app/db", "other"]
    assert found(("name", "app/")) == ["app/db", "app/api"]
    assert found(("name", "App/")) == [] and found(("name", "!app/")) == ["other"]
    assert found(("description", "the DATA")) == ["app/db"] and found(("description", "base")) == []
    assert found(("description", "sales database")) == ["app/db"]
    assert found(("description", "key"), ("description", "data")) == []
    assert found(("tag-key", "team"), ("tag-value", "blue", "green")) == ["app/api"]
    assert found(("tag-key", "!team")) == ["other"]
    assert found(("all", "sales")) == ["app/db"] and found(("all", "key api")) == ["app/api"]
    pages = secrets.get_paginator("list_secrets").paginate(SortBy="name", PaginationConfig={"PageSize": 1})
    assert [[each["Name"] for each in page["SecretList"]] for page in pages] == [["app/api"], ["app/db"], ["other"]]


def test_batches(secrets):
    for name in ("a", "b", "empty"):
        secrets.create_secret(Name=name, **({} if name == "empty" else {"SecretString": name}))
    answer = secrets.batch_get_secret_value(SecretIdList=["a", "empty", "nothing"])
    assert [each["SecretString"] for each in answer["SecretValues"]] == ["a"]
    assert [(each["SecretId"], each["ErrorCode"]) for each in answer["Errors"]] == [
        ("empty", "ResourceNotFoundException"),
        ("nothing", "ResourceNotFoundException"),
    ]
    first = secrets.batch_get_secret_value(Filters=[{"Key": "name", "Values": ["a", "b"]}], MaxResults=1)
    assert [each["Name"] for each in first["SecretValues"]] == ["a"]
    filters = [{"Key": "name", "Values": ["a", "b"]}]
    rest = secrets.batch_get_secret_value(Filters=filters, NextToken=first["NextToken"])
    assert [each["Name"] for each in rest["SecretValues"]] == ["b"] and "NextToken" not in rest


def test_passwords(secrets):
    def made(**given):
        return secrets.get_random_password(**given)["RandomPassword"]

    for _ in range(5):
        password = made()
        assert len(password) == 32 and made() != password
        for kind in (string.ascii_lowercase, string.ascii_uppercase, string.digits, string.punctuation):
            assert set(password) & set(kind)
    digits = made(ExcludeLowercase=True, ExcludeUppercase=True, ExcludePunctuation=True, PasswordLength=200)
    assert set(digits) <= set(string.digits)
    assert set(made(PasswordLength=300, ExcludeCharacters="aB1!")).isdisjoint("aB1!")
    assert " " in made(PasswordLength=4096, IncludeSpace=True) and " " not in made(PasswordLength=4096)
    assert len(made(PasswordLength=1, RequireEachIncludedType=False)) == 1


def test_values_are_kept_encrypted_under_the_key_that_is_wanted(fresh_cloud):
    secrets, kms = fresh_cloud.client("secretsmanager"), fresh_cloud.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    secrets.create_secret(Name="a", SecretString="KNOWN-VALUE", KmsKeyId=key)
    secrets.create_secret(Name="b", SecretString="KNOWN-VALUE")
    assert secrets.describe_secret(SecretId="a")["KmsKeyId"] == key
    kms.disable_key(KeyId=key)
    refused("DecryptionFailure", secrets.get_secret_value, SecretId="a")
    refused("EncryptionFailure", secrets.put_secret_value, SecretId="a", SecretString="x")
    assert secrets.get_secret_value(SecretId="b")["SecretString"] == "KNOWN-VALUE"
    kms.enable_key(KeyId=key)
    secrets.update_secret(SecretId="a", KmsKeyId="alias/aws/secretsmanager")
    kms.disable_key(KeyId=key)
    assert secrets.get_secret_value(SecretId="a")["SecretString"] == "KNOWN-VALUE"
    assert "KmsKeyId" not in secrets.describe_secret(SecretId="a")
    journal = json.dumps(fresh_cloud.control("journal"))
    assert "PutSecretValue" in journal and "KNOWN-VALUE" not in journal
    assert "KNOWN-VALUE" not in fresh_cloud.log.read_text()
    fresh_cloud.restart()
    assert fresh_cloud.client("secretsmanager").get_secret_value(SecretId="a")["SecretString"] == "KNOWN-VALUE"
    with sqlite3.connect(fresh_cloud.data / "cloud.sqlite") as database:
        kept = database.execute("SELECT value FROM secretsmanager_versions").fetchall()
    assert len(kept) == 2 and not any(b"KNOWN" in value for (value,) in kept)


def test_a_key_that_is_not_there_makes_no_secret(secrets):
    refused("EncryptionFailure", secrets.create_secret, Name="a", SecretString="x", KmsKeyId="alias/nothing")
    with pytest.raises(ClientError):
        secrets.describe_secret(SecretId="a")
