"""Bodies of queues with a KMS key: encrypted under data keys, which SQS uses again for a while as AWS does.

A sender needs kms:GenerateDataKey, who receives kms:Decrypt: both are asked for in the caller's own name. Data keys in
the clear are only in memory, by the principal that KMS gave them to.
Source: SQSDeveloperGuide/sqs-server-side-encryption.html and sqs-key-management.html
"""

from __future__ import annotations

import base64
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cloudarium.gateway.call import Call
from cloudarium.services.sqs.errors import of_kms
from cloudarium.services.sqs.records.queues import Queue
from cloudarium.shared import arn, ids
from cloudarium.shared.errors import AwsError

_NONCE = 12
_MOST = 1000  # data keys in memory


class DataKey:
    """A data key: as KMS wrapped it, and until when it may be used without asking again."""

    def __init__(self, wrapped: str, plain: bytes, until: float) -> None:
        self.wrapped = wrapped
        self.until = until
        self._cipher = AESGCM(plain)

    def seal(self, body: bytes, message: str) -> bytes:
        """A body encrypted for this message."""
        nonce = ids.data(_NONCE)
        return nonce + self._cipher.encrypt(nonce, body, message.encode())

    def unseal(self, body: bytes, message: str) -> bytes:
        """The body of this message in the clear."""
        return self._cipher.decrypt(body[:_NONCE], body[_NONCE:], message.encode())


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
    found: DataKey | None = call.cloud.keep.get("sqs.keys", {}).get(place)
    return found if found is not None and found.until > call.cloud.clock.now() else None


def _keep(call: Call, place: Any, key: DataKey) -> None:
    known = call.cloud.keep.setdefault("sqs.keys", {})
    if len(known) >= _MOST:
        known.clear()
    known[place] = key


async def _ask(call: Call, queue: Queue, operation: str, given: dict[str, Any]) -> dict[str, Any]:
    via = {"kms:ViaService": f"sqs.{queue.scope.region}.amazonaws.com"}
    try:
        return await call.send(
            "kms", operation, {**given, "EncryptionContext": {"aws:sqs:arn": queue.arn}}, context=via
        )
    except AwsError as error:
        raise of_kms(error) from None
