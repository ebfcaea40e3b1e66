"""Customer managed keys of buses and archives: what is checked of one, and events that are encrypted under it.

Events of customers are encrypted while they wait for targets (the bus's key) and in archives (the archive's own);
those of AWS's services are not. EventBridge itself asks KMS, so the key's policy must let it.
Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-encryption-event-bus-cmkey.html
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any

from cryptography.exceptions import InvalidTag

from cloudarium.gateway.call import Call
from cloudarium.policy.principal import Principal
from cloudarium.services.events import errors, resources, roles
from cloudarium.services.events.records.named import Named
from cloudarium.shared import arn as arns
from cloudarium.shared import data_keys
from cloudarium.shared.data_keys import DataKey
from cloudarium.shared.errors import AwsError
from cloudarium.shared.scope import Scope

Data = dict[str, Any]
Keys = Mapping[str, DataKey | AwsError]
MEMBER = "KmsKeyIdentifier"
_RING = "events keys"
_REUSE = 30.0  # seconds; that long AWS still took events after the key was disabled
_MARK = "sealed:"
_GONE = (
    "The provided KMS key does not exist. Please ensure that the key identifier is correct and your key exists in the "
    "same region as the event source."
)


# ---- Checking a key --------------------------------------------------------------------------------------------------


async def checked_for_bus(call: Call, bus: str, key: str) -> str:
    """The ARN of a key that both the caller and EventBridge may use for a bus. Raises AWS's error for another."""
    arn = arn_of(call.scope, key)
    if arn.split(":")[-1].startswith("alias/aws/"):
        raise errors.Invalid.parameter(arn, "Provided Arn is not in correct format.")
    try:
        found = await _ask(call, bus, "DescribeKey", {"KeyId": key}, call.principal)
    except AwsError as error:
        if _denied(error):
            raise errors.AccessDenied.call("DescribeKey", error.message) from None
        raise errors.Invalid.parameter(error.message) from None
    _check_kind(found["KeyMetadata"])
    given = {"KeyId": arn, "KeySpec": "AES_256"}
    try:
        await _ask(call, bus, "GenerateDataKeyWithoutPlaintext", given, call.principal)
    except AwsError as error:
        raise errors.Invalid.parameter(arn, error.message) from None
    await _check_service(call, bus, arn)
    return arn if ":alias/" in arn else str(found["KeyMetadata"]["Arn"])


async def _check_service(call: Call, bus: str, arn: str) -> None:
    service = roles.service(call.account)
    asked = "GenerateDataKey"
    try:
        answer = await _ask(call, bus, asked, {"KeyId": arn, "KeySpec": "AES_256"}, service)
        asked = "Decrypt"
        await _ask(call, bus, asked, {"CiphertextBlob": answer["CiphertextBlob"]}, service)
    except AwsError as error:
        if _denied(error):
            raise errors.AccessDenied.call(asked, error.message) from None
        raise errors.Invalid.parameter("kmsKeyIdentifier", error.message) from None


async def check_for_archive(call: Call, bus: str, key: str) -> None:
    """Raise ValidationException unless both the caller and EventBridge may use a key for an archive of a bus."""
    arn = arn_of(call.scope, key)
    try:
        found = await _ask(call, bus, "DescribeKey", {"KeyId": key}, call.principal)
        _check_kind(found["KeyMetadata"])
        await _ask(call, bus, "GenerateDataKey", {"KeyId": arn, "KeySpec": "AES_256"}, call.principal)
        await _check_service(call, bus, arn)
    except AwsError as error:
        raise errors.Invalid(_GONE if error.code == "NotFoundException" else error.message) from None


async def check_for_connection(call: Call, key: str) -> None:
    """Raise ValidationException unless a key may keep the secret of a connection: it has AWS's tag.

    Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/encryption-connections.html
    """
    given = {"KeyId": arn_of(call.scope, key)}
    via = {"kms:ViaService": f"events.{call.region}.amazonaws.com"}
    try:
        found = (await call.send("kms", "DescribeKey", given, context=via))["KeyMetadata"]
        _check_kind(found)
        by = Principal.root(call.account)
        tags = (await call.send("kms", "ListResourceTags", {"KeyId": found["Arn"]}, as_=by))["Tags"]
    except AwsError as error:
        raise errors.Invalid.parameter("KmsKeyIdentifier", error.message) from None
    if {"TagKey": "EventBridgeApiDestinations", "TagValue": "true"} not in tags:
        reason = "The key has no tag EventBridgeApiDestinations with the value true."
        raise errors.Invalid.parameter("KmsKeyIdentifier", reason)


def _check_kind(found: Data) -> None:
    if found["KeySpec"] != "SYMMETRIC_DEFAULT" or found["KeyUsage"] != "ENCRYPT_DECRYPT":
        raise errors.Invalid.parameter(found["Arn"], "The key is not a symmetric encryption key.")
    if not found["Enabled"]:
        raise errors.Invalid.parameter("kmsKeyIdentifier", f"{found['Arn']} is disabled.")


def arn_of(scope: Scope, key: str) -> str:
    """The key as KMS finds it whoever asks: an ARN where a name would not do."""
    if key.startswith("arn:"):
        return key
    return arns.make("kms", scope, key if key.startswith("alias/") else f"key/{key}")


# ---- Events under a key ----------------------------------------------------------------------------------------------


async def keys(call: Call, bus: Named, wanted: Iterable[str]) -> Keys:
    """A data key under each of these keys for events of a bus, or the error that KMS answered."""
    return {key: await _key(call, bus, key) for key in wanted}


async def _key(call: Call, bus: Named, key: str) -> DataKey | AwsError:
    arn, place = resources.bus_arn(bus.scope, bus.name), ("seal", bus.scope, bus.name, key)
    found = data_keys.known(_ring(call), place, call.cloud.clock.now())
    if found is None:
        given = {"KeyId": arn_of(bus.scope, key), "KeySpec": "AES_256"}
        try:
            answer = await _ask(call, arn, "GenerateDataKey", given, roles.service(bus.scope.account))
        except AwsError as error:
            return error
        found = _keep(call, place, answer["CiphertextBlob"], answer["Plaintext"])
    return found


def sealed(text: str, key: DataKey, bus: Named) -> str:
    """The text of an event of a bus, encrypted."""
    body = key.seal(text.encode(), resources.bus_arn(bus.scope, bus.name))
    return f"{_MARK}{key.wrapped}:{base64.b64encode(body).decode()}"


def is_sealed(text: str) -> bool:
    """Whether this is the text of an event that is encrypted."""
    return text.startswith(_MARK)


async def opened(call: Call, text: str, bus: Named) -> str:
    """The text of an event of a bus in the clear. Raises what KMS refuses."""
    if not is_sealed(text):
        return text
    _, wrapped, body = text.split(":")
    arn, place = resources.bus_arn(bus.scope, bus.name), ("open", wrapped)
    found = data_keys.known(_ring(call), place, call.cloud.clock.now())
    if found is None:
        blob = base64.b64decode(wrapped)
        answer = await _ask(call, arn, "Decrypt", {"CiphertextBlob": blob}, roles.service(bus.scope.account))
        found = _keep(call, place, blob, answer["Plaintext"])
    try:
        return found.unseal(base64.b64decode(body), arn).decode()
    except InvalidTag:
        raise AwsError("The event cannot be decrypted.", code="InvalidCiphertextException") from None


def _ring(call: Call) -> data_keys.Ring:
    ring: data_keys.Ring = call.cloud.keep.setdefault(_RING, {})
    return ring


def _keep(call: Call, place: Any, wrapped: bytes, plain: bytes) -> DataKey:
    found = DataKey(base64.b64encode(wrapped).decode(), plain, call.cloud.clock.now() + _REUSE)
    data_keys.keep(_ring(call), place, found)
    return found


async def _ask(call: Call, bus: str, operation: str, given: Data, by: Principal) -> Data:
    """Ask KMS as the caller by way of EventBridge, or as EventBridge for a bus."""
    place = arns.parse(bus)
    assert place is not None
    context = {"kms:ViaService": f"events.{place.region}.amazonaws.com"}
    if by.kind == "service":
        context = {"aws:SourceArn": bus, "aws:SourceAccount": place.account}
    if operation != "DescribeKey":
        given = {**given, "EncryptionContext": {"aws:events:event-bus:arn": bus}}
    return await call.send("kms", operation, given, as_=by, context=context, scope=Scope(place.account, place.region))


def _denied(error: AwsError) -> bool:
    return "AccessDenied" in error.code
