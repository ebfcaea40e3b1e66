"""Customer managed keys of schedules: the input of the target is encrypted under them.

Who makes or reads a schedule uses the key in his own name by way of Scheduler; the execution role when it is due.
Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/encryption-rest.html
"""

from __future__ import annotations

import base64
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.policy.principal import Principal
from cloudarium.services.scheduler import errors
from cloudarium.shared.data_keys import DataKey
from cloudarium.shared.errors import AwsError

Data = dict[str, Any]
_MARK = "sealed:"


async def seal(call: Call, arn: str, key: str, target: Data) -> Data:
    """A target with its input encrypted for a schedule. Raises what the key, or its policy, does not allow."""
    try:
        found = (await _ask(call, "DescribeKey", {"KeyId": key}))["KeyMetadata"]
        if found["KeySpec"] != "SYMMETRIC_DEFAULT" or found["KeyUsage"] != "ENCRYPT_DECRYPT":
            raise errors.Invalid(f"The KMS key {key} is not a symmetric encryption key.")
        answer = await _ask(call, "GenerateDataKey", {"KeyId": key, "KeySpec": "AES_256"}, arn)
        await _ask(call, "Decrypt", {"CiphertextBlob": answer["CiphertextBlob"]}, arn)
    except AwsError as error:
        if isinstance(error, errors.Invalid) or (error.status or 400) >= 500:
            raise
        raise (errors.AccessDenied if "AccessDenied" in error.code else errors.Invalid)(error.message) from None
    if target.get("Input") is None:
        return target
    wrapped = base64.b64encode(answer["CiphertextBlob"]).decode()
    body = DataKey(wrapped, answer["Plaintext"], 0.0).seal(target["Input"].encode(), arn)
    return {**target, "Input": f"{_MARK}{wrapped}:{base64.b64encode(body).decode()}"}


def is_sealed(target: Data) -> bool:
    """Whether the input of a target is encrypted."""
    return str(target.get("Input") or "").startswith(_MARK)


async def opened(call: Call, arn: str, target: Data, by: Principal | None = None) -> Data:
    """A target with its input in the clear, as the caller or as another. Raises what KMS refuses."""
    if not is_sealed(target):
        return target
    _, wrapped, body = target["Input"].split(":")
    blob = base64.b64decode(wrapped)
    plain = (await _ask(call, "Decrypt", {"CiphertextBlob": blob}, arn, by))["Plaintext"]
    return {**target, "Input": DataKey(wrapped, plain, 0.0).unseal(base64.b64decode(body), arn).decode()}


async def _ask(call: Call, operation: str, given: Data, arn: str = "", by: Principal | None = None) -> Data:
    if arn:
        given = {**given, "EncryptionContext": {"aws:scheduler:schedule:arn": arn}}
    via = {"kms:ViaService": f"scheduler.{call.region}.amazonaws.com"}
    return await call.send("kms", operation, given, as_=by, context=via)
