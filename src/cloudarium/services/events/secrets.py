"""The secrets of connections, kept in Secrets Manager as EventBridge's own."""

from __future__ import annotations

import json
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.policy.principal import Principal
from cloudarium.services.events import errors
from cloudarium.services.events.records.named import Named
from cloudarium.services.events.rules import authorization
from cloudarium.shared import ids
from cloudarium.shared.errors import AwsError

Data = dict[str, Any]


async def _send(call: Call, operation: str, given: Data) -> Data:
    """On AWS a service-linked role does it, and no policy of the user's counts."""
    scope = call.scope
    return await call.send("secretsmanager", operation, given, as_=Principal.root(scope.account), scope=scope)


async def create(call: Call, connection: str, parameters: Data, key: str | None) -> str:
    """The ARN of a new secret with the credentials of a connection, under a key (None: Secrets Manager's own)."""
    text = json.dumps(authorization.as_secret(parameters), separators=(",", ":"))
    name = f"events!connection/{connection}/{ids.uuid()}"
    given = {"Name": name, "SecretString": text, "ClientRequestToken": ids.uuid(), **({"KmsKeyId": key} if key else {})}
    try:
        return str((await _send(call, "CreateSecret", given))["ARN"])
    except AwsError as error:
        if not key:
            raise
        raise errors.Invalid.parameter("KmsKeyIdentifier", error.message) from None


async def read(call: Call, connection: Data) -> Data:
    """The credentials of a connection. Raises the AwsError of Secrets Manager."""
    answer = await _send(call, "GetSecretValue", {"SecretId": connection["SecretArn"]})
    found = json.loads(answer["SecretString"])
    return found if isinstance(found, dict) else {}


async def merged(call: Call, connection: Data, kind: str, parameters: Data) -> Data:
    """The parameters of a connection with those that an update gives in their places."""
    if kind != connection["AuthorizationType"] or "SecretArn" not in connection:
        return parameters
    before = authorization.from_secret(kind, await read(call, connection))
    for name, value in parameters.items():
        inner = before.get(name)
        if name == "InvocationHttpParameters" or not isinstance(inner, dict):
            before[name] = value
        else:
            before[name] = {**inner, **{key: each for key, each in value.items() if key != "ClientParameters"}}
            if "ClientParameters" in value:
                before[name]["ClientParameters"] = {**inner.get("ClientParameters", {}), **value["ClientParameters"]}
    return before


async def replace(call: Call, connection: Named, parameters: Data) -> str:
    """The ARN of the secret of a connection, which has these credentials now."""
    if "SecretArn" not in connection.data:
        return await create(call, connection.name, parameters, connection.data.get("KmsKeyIdentifier"))
    arn = connection.data["SecretArn"]
    text = json.dumps(authorization.as_secret(parameters), separators=(",", ":"))
    given = {"SecretId": arn, "SecretString": text, "ClientRequestToken": ids.uuid()}
    await _send(call, "PutSecretValue", given)
    return str(arn)


async def rekey(call: Call, arn: str, key: str) -> None:
    """Have a secret be kept under another key; "" stands for Secrets Manager's own. Raises ValidationException."""
    try:
        await _send(call, "UpdateSecret", {"SecretId": arn, "KmsKeyId": key, "ClientRequestToken": ids.uuid()})
    except AwsError as error:
        raise errors.Invalid.parameter("KmsKeyIdentifier", error.message) from None


async def forget(call: Call, connection: Named) -> None:
    """Delete the secret of a connection, if it is still there."""
    if "SecretArn" not in connection.data:
        return
    given = {"SecretId": connection.data["SecretArn"], "ForceDeleteWithoutRecovery": True}
    try:
        await _send(call, "DeleteSecret", given)
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise
