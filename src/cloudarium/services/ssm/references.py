"""Secrets of Secrets Manager that are read as parameters: /aws/reference/secretsmanager/NAME.

Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/integration-ps-secretsmanager.html
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.services.ssm import errors, resources
from cloudarium.shared import clock
from cloudarium.shared.errors import AwsError

_PREFIX = "/aws/reference/secretsmanager/"
_ID = re.compile(r"[0-9A-Za-z-]{32,64}")


def is_secret(text: str) -> bool:
    """Whether a name refers to a secret."""
    return text.startswith(_PREFIX)


async def secret(call: Call, text: str) -> dict[str, Any]:
    """The secret, read as whoever calls, in the form of a parameter. Raises SecretNotFound."""
    if not call.input.get("WithDecryption"):
        raise errors.Invalid("WithDecryption flag must be True for retrieving a Secret Manager secret.")
    name, _, selector = text.removeprefix(_PREFIX).partition(":")
    given = {"SecretId": name}
    if selector:
        given["VersionId" if _ID.fullmatch(selector) else "VersionStage"] = selector
    try:
        found = await call.send("secretsmanager", "GetSecretValue", given)
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise
        raise errors.SecretNotFound(text) from None
    if "SecretString" not in found:
        raise errors.Invalid(f"The secret {text} has a binary value, which is no parameter's.")
    source = {
        "ARN": found["ARN"],
        "name": found["Name"],
        "versionId": found["VersionId"],
        "secretString": found["SecretString"],
        "versionStages": found["VersionStages"],
        "createdDate": clock.iso(found["CreatedDate"]),
    }
    parameter = {
        "Name": _PREFIX + name,
        "Type": "SecureString",
        "Value": found["SecretString"],
        "Version": 0,
        "SourceResult": orjson.dumps(source).decode(),
        "LastModifiedDate": found["CreatedDate"],
        "ARN": resources.parameter_arn(call.scope, _PREFIX + name),
        "DataType": "text",
    }
    return {**parameter, "Selector": f":{selector}"} if selector else parameter
