"""Tables under a customer's key: a table key that KMS opens for everyone who reads or writes, for five minutes.

KMS is asked in the name of whoever calls, by way of DynamoDB; a grant lets DynamoDB itself work on the table.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Coroutine, Mapping
from functools import wraps
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.policy.principal import Principal
from cloudarium.services.dynamodb.errors import AccessDenied, ValidationException
from cloudarium.services.dynamodb.operations.lookup import KEY, KeyWanted, opened
from cloudarium.services.dynamodb.rules.definition import Table
from cloudarium.shared.errors import AwsError
from cloudarium.shared.scope import Scope

Output = dict[str, Any]
MINUTES = 5 * 60.0
_MOST_OPEN = 10_000
_MOST_TABLES = 100  # as many as a call can name
_GRANTED = ["Decrypt", "Encrypt", "GenerateDataKey", "ReEncryptFrom", "ReEncryptTo", "RetireGrant", "DescribeKey"]


# ---- Calls on items -------------------------------------------------------------------------------------------------


def keyed(handler: Callable[[Call], Output]) -> Callable[[Call], Output | Coroutine[Any, Any, Output]]:
    """A handler that begins anew once KMS opened the key of a table it came upon: it has changed nothing until then."""

    @wraps(handler)
    def run(call: Call) -> Output | Coroutine[Any, Any, Output]:
        try:
            return handler(call)
        except KeyWanted as wanted:
            return _with_keys(call, handler, wanted.table)

    return run


async def _with_keys(call: Call, handler: Callable[[Call], Output], table: Table) -> Output:
    for _ in range(_MOST_TABLES):
        await _open(call, table)
        try:
            with call.transaction():
                return handler(call)
        except KeyWanted as wanted:
            table = wanted.table
    raise ValidationException("Too many tables in one call")


async def _open(call: Call, table: Table) -> None:
    """Have KMS open the table key for the caller, and remember that it did."""
    given = {
        "CiphertextBlob": base64.b64decode(table.definition[KEY]["Sealed"]),
        "EncryptionContext": _context(table.scope, table.name),
    }
    await _ask(call, table.scope, "Decrypt", given)
    known = opened(call)
    if len(known) >= _MOST_OPEN:
        known.clear()
    known[table.id, table.definition[KEY]["Sealed"], call.principal.arn] = call.now + MINUTES


# ---- Calls on tables ------------------------------------------------------------------------------------------------


def names_key(given: Mapping[str, Any]) -> bool:
    """Whether a call puts its table under a customer's key."""
    return bool((given.get("SSESpecification") or {}).get("KMSMasterKeyId"))


async def new_key(call: Call, key: str, scope: Scope, name: str) -> Output:
    """The table key and the grant that a table under a customer's key records. Raises what KMS refuses."""
    context = _context(scope, name)
    described = (await _ask(call, scope, "DescribeKey", {"KeyId": key}))["KeyMetadata"]
    wanted = {"KeyId": key, "NumberOfBytes": 32, "EncryptionContext": context}
    made = await _ask(call, scope, "GenerateDataKeyWithoutPlaintext", wanted)
    found: Output = {"Arn": described["Arn"], "Sealed": base64.b64encode(made["CiphertextBlob"]).decode()}
    if described["KeyManager"] == "CUSTOMER":
        service = f"dynamodb.{scope.region}.amazonaws.com"
        constraints = {"EncryptionContextSubset": context}
        grant = {"KeyId": described["Arn"], "GranteeServicePrincipal": service, "RetiringServicePrincipal": service}
        answer = await _ask(
            call, scope, "CreateGrant", {**grant, "Operations": _GRANTED, "Constraints": constraints}
        )  # fmt: skip
        found["Grant"] = answer["GrantId"]
    return found


async def retire(call: Call, scope: Scope, key: Mapping[str, Any] | None) -> None:
    """Give back the grant for a table key that is no longer used; that its key is gone meanwhile is no error."""
    if key is None or "Grant" not in key:
        return
    service = Principal.service(f"dynamodb.{scope.region}.amazonaws.com", scope.account)
    try:
        await call.send("kms", "RetireGrant", {"KeyId": key["Arn"], "GrantId": key["Grant"]}, as_=service, scope=scope)
    except AwsError as error:
        if (error.status or 400) >= 500:
            raise


def _context(scope: Scope, name: str) -> dict[str, str]:
    return {"aws:dynamodb:tableName": name, "aws:dynamodb:subscriberId": scope.account}


async def _ask(call: Call, scope: Scope, operation: str, given: Mapping[str, Any]) -> Output:
    via = {"kms:ViaService": f"dynamodb.{scope.region}.amazonaws.com"}
    own = Scope(call.principal.account or scope.account, scope.region)  # where a key's name is looked for
    try:
        return await call.send("kms", operation, given, context=via, scope=own)
    except AwsError as error:
        if (error.status or 400) >= 500 and error.code != "NotImplemented":
            raise
        denied = "AccessDenied" in error.code
        kind = "AWSKMSException" if denied else error.code
        code = "AccessDeniedException" if denied else error.code
        text = (
            f"com.amazonaws.services.kms.model.{kind}: {error.message} (Service: AWSKMS; Status Code: 400; Error Code:"
            f" {code}; Request ID: {call.request_id}; Proxy: null)"
        )
        if denied:
            raise AccessDenied(f"KMS key access denied error: {text}") from None
        raise ValidationException(f"KMS validation error: {text}") from None
