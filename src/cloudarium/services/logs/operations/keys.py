"""Groups under a key of KMS: CloudWatch Logs asks KMS as a service, whose use the key's policy must allow.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.policy.principal import Principal
from cloudarium.services.logs import errors, records, resources
from cloudarium.services.logs.records import Group, GroupKey
from cloudarium.shared.errors import AwsError

Output = dict[str, Any]
_OPENED = "logs group keys"
_MINUTES = 5 * 60.0
_MOST_OPEN = 10_000


async def new_key(call: Call, group: str, key: str) -> GroupKey:
    """A data key for a group. Raises InvalidParameter for a key that CloudWatch Logs may not use for it."""
    made = await _ask(call, group, "GenerateDataKeyWithoutPlaintext", {"KeyId": key, "KeySpec": "AES_256"})
    return GroupKey(made["KeyId"], made["CiphertextBlob"])


def guarded(call: Call, group: Group, handler: Callable[[Call, Group], Output]) -> Output | Coroutine[Any, Any, Output]:
    """What the handler answers, after KMS opened the group's key in the last five minutes if it is under one."""
    key = _closed(call, group)
    if key is None:
        return handler(call, group)
    return _after_opening(call, group, key, handler)


def guarded_all(
    call: Call, groups: Sequence[Group], handler: Callable[[Call], Output]
) -> Output | Coroutine[Any, Any, Output]:
    """What the handler answers, after KMS opened the keys of those groups that are under one."""
    closed = [group for group in groups if _closed(call, group) is not None]
    return _after_all(call, closed, handler) if closed else handler(call)


def _closed(call: Call, group: Group) -> GroupKey | None:
    key = records.key_of(call.store, group)
    return None if key is None or call.now < _opened(call).get((group.id, key.sealed), 0.0) else key


async def _after_all(call: Call, groups: Sequence[Group], handler: Callable[[Call], Output]) -> Output:
    for group in groups:
        key = records.key_of(call.store, group)
        if key is not None:
            await _open(call, group, key)
    with call.transaction():
        return handler(call)


async def _after_opening(call: Call, group: Group, key: GroupKey, handler: Callable[[Call, Group], Output]) -> Output:
    await _open(call, group, key)
    with call.transaction():
        return handler(call, group)


async def _open(call: Call, group: Group, key: GroupKey) -> None:
    await _ask(call, group.name, "Decrypt", {"CiphertextBlob": key.sealed})
    known = _opened(call)
    if len(known) >= _MOST_OPEN:
        known.clear()
    known[group.id, key.sealed] = call.now + _MINUTES


def _opened(call: Call) -> dict[tuple[int, bytes], float]:
    found: dict[tuple[int, bytes], float] = call.cloud.keep.setdefault(_OPENED, {})
    return found


async def _ask(call: Call, group: str, operation: str, given: dict[str, Any]) -> Output:
    arn = resources.group_arn(call.scope, group)
    service = Principal.service(f"logs.{call.region}.amazonaws.com", call.account)
    context = {"EncryptionContext": {"aws:logs:arn": arn}}
    source = {"aws:SourceArn": arn, "aws:SourceAccount": call.account}
    try:
        return await call.send("kms", operation, {**given, **context}, as_=service, context=source)
    except AwsError as error:
        if (error.status or 400) >= 500:
            raise
        raise errors.InvalidParameter(
            f"The specified KMS key does not exist or is not allowed to be used with LogGroup '{arn}'"
        ) from None
