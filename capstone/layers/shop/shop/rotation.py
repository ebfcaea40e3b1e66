"""The four steps in which Secrets Manager has a secret rotated, for any secret that is a JSON document.

Secrets Manager calls the function once for each step and repeats a step that failed, so each finds what it did before.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import boto3
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient

Secret = dict[str, Any]


class Changing(Protocol):
    """What differs between secrets."""

    def renewed(self, current: Secret) -> Secret:
        """The next secret."""

    def put_in_force(self, current: Secret, pending: Secret) -> None:
        """Make the next one hold beside the present one."""

    def try_out(self, pending: Secret) -> None:
        """Raise something if the next one does not hold."""


@cache
def secrets() -> SecretsManagerClient:
    """The connection that every invocation of this environment shares."""
    return boto3.client("secretsmanager")


def step(event: dict[str, Any], changing: Changing) -> None:
    """Do the step that Secrets Manager asks for. Raises ValueError for a version that is not being rotated."""
    secret, token = event["SecretId"], event["ClientRequestToken"]
    described = secrets().describe_secret(SecretId=secret)
    stages = described["VersionIdsToStages"].get(token)
    if stages is None:
        raise ValueError(f"{secret} has no version {token}")
    if "AWSCURRENT" in stages:
        return
    if "AWSPENDING" not in stages:
        raise ValueError(f"the version {token} of {secret} is not pending")
    current = _read(secret, VersionStage="AWSCURRENT")
    if event["Step"] == "createSecret":
        _create(secret, token, changing.renewed(current))
    elif event["Step"] == "setSecret":
        changing.put_in_force(current, _pending(secret, token))
    elif event["Step"] == "testSecret":
        changing.try_out(_pending(secret, token))
    elif event["Step"] == "finishSecret":
        before = next(version for version, each in described["VersionIdsToStages"].items() if "AWSCURRENT" in each)
        secrets().update_secret_version_stage(
            SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=before
        )
    else:
        raise ValueError(f"{event['Step']} is no step of a rotation")


def _create(secret: str, token: str, renewed: Secret) -> None:
    try:
        _pending(secret, token)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        secrets().put_secret_value(
            SecretId=secret, ClientRequestToken=token, SecretString=json.dumps(renewed), VersionStages=["AWSPENDING"]
        )


def _pending(secret: str, token: str) -> Secret:
    return _read(secret, VersionId=token, VersionStage="AWSPENDING")


def _read(secret: str, **which: str) -> Secret:
    read: Secret = json.loads(secrets().get_secret_value(SecretId=secret, **which)["SecretString"])
    return read
