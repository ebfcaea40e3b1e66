"""Bodies of queues with a KMS key: encrypted under data keys, which SQS uses again for a while as AWS does.

A sender needs kms:GenerateDataKey, who receives kms:Decrypt: both are asked for in the caller's own name. Data keys in
the clear are only in memory, by the principal that KMS gave them to.
Source: SQSDeveloperGuide/sqs-server-side-encryption.html and sqs-key-management.html
"""

from __future__ import annotations

import base64
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.services.sqs.errors import of_kms
from cloudarium.services.sqs.records.queues import Queue
from cloudarium.shared import arn, data_keys
from cloudarium.shared.data_keys import DataKey
from cloudarium.shared.errors import AwsError

_RING = "sqs.keys"


async def key_for_sending(call: Call, queue: Queue) -> DataKey:
    """The data key for messages that this caller sends now. Raises what KMS refuses, in SQS's words."""
    place = ("send", queue.id, queue.key, call.principal.arn)
    found = _known(call, place)
    if found is None:
        answer = await _ask(call, queue, "GenerateDataKey", {"KeyId": _key_of(queue), "KeySpec": "AES_256"})
        wrapped = base64.b64encode(answer["CiphertextBlob"]).decode()
        found = DataKey(wrapped, answer["Plaintext"], call.cloud.clock.now() + queue.reuse)
        _keep(call, place, found)
    return found


def known_for_receiving(call: Call, queue: Queue, wrapped: str) -> DataKey | None:
    """The data key of a message, when KMS has unwrapped it for this caller not long ago."""
    return _known(call, ("receive", queue.id, wrapped, call.principal.arn))


async def learn(call: Call, queue: Queue, wrapped: str) -> None:
    """Have KMS unwrap a data key for this caller. Raises what KMS refuses, in SQS's words."""
    answer = await _ask(call, queue, "Decrypt", {"CiphertextBlob": base64.b64decode(wrapped)})
    found = DataKey(wrapped, answer["Plaintext"], call.cloud.clock.now() + queue.reuse)
    _keep(call, ("receive", queue.id, wrapped, call.principal.arn), found)


def _key_of(queue: Queue) -> str:
    """The key as KMS is to find it whoever asks: an ARN where a name would not do."""
    key = queue.key or ""
    if key.startswith("arn:"):
        return key
    return arn.make("kms", queue.scope, key if key.startswith("alias/") else f"key/{key}")


def _known(call: Call, place: Any) -> DataKey | None:
    return data_keys.known(call.cloud.keep.get(_RING, {}), place, call.cloud.clock.now())


def _keep(call: Call, place: Any, key: DataKey) -> None:
    data_keys.keep(call.cloud.keep.setdefault(_RING, {}), place, key)


async def _ask(call: Call, queue: Queue, operation: str, given: dict[str, Any]) -> dict[str, Any]:
    via = {**call.source(), "kms:ViaService": f"sqs.{queue.scope.region}.amazonaws.com"}
    try:
        return await call.send(
            "kms", operation, {**given, "EncryptionContext": {"aws:sqs:arn": queue.arn}}, context=via
        )
    except AwsError as error:
        raise of_kms(error) from None
