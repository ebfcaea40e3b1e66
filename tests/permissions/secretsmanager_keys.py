"""Secrets Manager's condition keys: by which call each is tried, or why it cannot be in any request here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.permissions.probe import Probe
from tests.permissions.taggables import Ask
from tests.permissions.team import Team

VERSION = "0123456789abcdef0123456789abcdef"
KEY = "arn:aws:kms:us-east-1:730000000002:key/00000000-0000-4000-8000-000000000000"
FUNCTION = "arn:aws:lambda:us-east-1:730000000002:function:rotates"
POLICY = '{"Version":"2012-10-17","Statement":[]}'


def made(**given: Any) -> Callable[[Team], Ask]:
    """Making a secret without a value."""
    return lambda team: ("create_secret", {"Name": team.new(), **given})


def on_secret(method: str, **given: Any) -> Callable[[Team], Ask]:
    """A call on a new secret."""

    def ask(team: Team) -> Ask:
        name = team.new()
        team.root("secretsmanager").create_secret(Name=name, SecretString="x", ClientRequestToken=VERSION)
        return method, {"SecretId": name, **given}

    return ask


def elsewhere(method: str, **given: Any) -> Callable[[Team], Ask]:
    """A call on a secret that is not there."""
    return lambda team: (method, {"SecretId": team.new(), **given})


PROBES = [
    Probe("secretsmanager:Name", lambda _: ("create_secret", {"Name": "red/one"}), "red/*", "blue/*", "StringLike"),
    Probe("secretsmanager:Description", made(Description="d"), "d"),
    Probe("secretsmanager:KmsKeyId", made(KmsKeyId=KEY), KEY),
    Probe("secretsmanager:KmsKeyArn", made(KmsKeyId=KEY.rpartition("/")[2]), KEY),
    Probe("secretsmanager:SecretId", on_secret("describe_secret"), "arn:aws:*:secret:thing-*", "x", "ArnLike"),
    Probe("secretsmanager:VersionId", on_secret("get_secret_value", VersionId=VERSION), VERSION),
    Probe("secretsmanager:VersionStage", on_secret("get_secret_value"), "AWSCURRENT", "AWSPENDING"),
    Probe("secretsmanager:VersionStage", elsewhere("get_secret_value", VersionStage="AWSPREVIOUS"), "AWSPREVIOUS"),
    Probe("secretsmanager:VersionStage", elsewhere("update_secret_version_stage", VersionStage="MINE"), "MINE"),
    Probe(
        "secretsmanager:RecoveryWindowInDays",
        elsewhere("delete_secret", RecoveryWindowInDays=7),
        "7",
        "8",
        "NumericEquals",
    ),
    Probe(
        "secretsmanager:ForceDeleteWithoutRecovery",
        elsewhere("delete_secret", ForceDeleteWithoutRecovery=True),
        "true",
        "false",
        "Bool",
    ),
    Probe(
        "secretsmanager:BlockPublicPolicy",
        elsewhere("put_resource_policy", ResourcePolicy=POLICY, BlockPublicPolicy=True),
        "true",
        "false",
        "Bool",
    ),
    Probe(
        "secretsmanager:RotationLambdaARN",
        elsewhere("rotate_secret", RotationLambdaARN=FUNCTION),
        FUNCTION,
        action="secretsmanager:RotateSecret",
    ),
    Probe("secretsmanager:RotateImmediately", elsewhere("rotate_secret"), "true", "false", "Bool"),
    Probe(
        "secretsmanager:RotateImmediately", elsewhere("rotate_secret", RotateImmediately=False), "false", "true", "Bool"
    ),
    Probe(
        "secretsmanager:ModifyRotationRules",
        elsewhere("rotate_secret", RotationRules={"AutomaticallyAfterDays": 1}),
        "true",
        "false",
        "Bool",
    ),
    Probe("secretsmanager:SecretPrimaryRegion", on_secret("describe_secret"), "us-east-1", "eu-west-1"),
]

ELSEWHERE = {
    "secretsmanager:ResourceTag/tag-key": "test_tags.py",
    "secretsmanager:resource/AllowRotationLambdaArn": "tests/services/secretsmanager/test_permissions.py",
}

_NO_REPLICAS = "Replication is not built."
_NO_TYPES = "Managed external secrets, which have a type, are not built."
ABSENT = {
    "secretsmanager:AddReplicaRegions": _NO_REPLICAS,
    "secretsmanager:ForceOverwriteReplicaSecret": _NO_REPLICAS,
    "secretsmanager:Type": _NO_TYPES,
    "secretsmanager:resource/Type": _NO_TYPES,
    "secretsmanager:ExternalSecretRotationRoleArn": _NO_TYPES,
}
