"""Functions' environment variables under a key of KMS.

Who configures a function encrypts under the key and grants the execution role its decryption; who looks at the function
decrypts, or is told why not; and the role decrypts when the function is to run.
Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
"""

from __future__ import annotations

import asyncio
import base64
import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cloudarium.gateway.call import Call
from cloudarium.policy.principal import Principal
from cloudarium.services.lambda_ import errors
from cloudarium.services.lambda_.rules.configuration import SEALED
from cloudarium.shared import ids
from cloudarium.shared.errors import AwsError

Data = dict[str, Any]
_MEMBERS = ("Environment", "KMSKeyArn", SEALED)
_NONCE, _KEY = 12, 32
_BLOCKED = "Lambda was unable to configure access to your environment variables because the"
_UNSEEN = "Lambda was unable to decrypt your environment variables because the"
_STOPPED = "Lambda was unable to decrypt the environment variables because"
_REASONS = {
    "DisabledException": ("KMSDisabledException", "the KMS key used is disabled"),
    "NotFoundException": ("KMSNotFoundException", "the KMS key was not found"),
}
_BAD_STATE = ("KMSInvalidStateException", "the state of the KMS key used is not valid for Decrypt")


# ---- Configuring ----------------------------------------------------------------------------------------------------


async def seal(call: Call, arn: str, old: Mapping[str, Any], config: Data) -> Data:
    """A new configuration with its variables encrypted if it names a key; `old` is what the function had.

    Raises what Lambda answers when KMS refuses the caller.
    """
    sealed = old.get(SEALED)
    variables = (config.get("Environment") or {}).get("Variables")
    key = config.get("KMSKeyArn")
    same_key, same_role = key == old.get("KMSKeyArn"), config["Role"] == old.get("Role")
    if sealed is not None and "Environment" not in call.input and not (same_key and same_role):
        variables = await _variables(call, arn, sealed, _refused_to_configure)
    elif sealed is not None and "Environment" not in call.input:
        return config
    made = {name: value for name, value in config.items() if name not in ("Environment", SEALED)}
    if variables is None:
        return made
    if not key:
        return {**made, "Environment": {"Variables": variables}}
    return {**made, SEALED: await _sealed(call, arn, key, made["Role"], variables)}


def carry(config: Data, sealed: Mapping[str, Any]) -> Data:
    """The configuration with the environment that was sealed for it."""
    kept = {name: value for name, value in config.items() if name not in _MEMBERS}
    return {**kept, **{name: sealed[name] for name in _MEMBERS if name in sealed}}


async def _sealed(call: Call, arn: str, key: str, role: str, variables: Mapping[str, str]) -> Data:
    context, secret, nonce = _context(arn), ids.data(_KEY), ids.data(_NONCE)
    grant = {
        "KeyId": key,
        "GranteePrincipal": role,
        "RetiringPrincipal": role,
        "Operations": ["Decrypt", "RetireGrant"],
        "Constraints": {"EncryptionContextEquals": context},
    }
    given = {"KeyId": key, "Plaintext": secret, "EncryptionContext": context}
    try:
        wrapped = (await _ask(call, arn, "Encrypt", given))["CiphertextBlob"]
        granted = (await _ask(call, arn, "CreateGrant", grant))["GrantId"]
    except AwsError as error:
        raise _refused_to_configure(error) from None
    value = AESGCM(secret).encrypt(nonce, orjson.dumps(variables), arn.encode())
    return {
        "Key": base64.b64encode(wrapped).decode(),
        "Value": base64.b64encode(nonce + value).decode(),
        "Grant": granted,
    }


def _refused_to_configure(error: AwsError) -> AwsError:
    cause = f"KMS Exception: {_name(error)} KMS Message: {error.message}"
    if "AccessDenied" in error.code:
        return errors.AccessDenied(f"{_BLOCKED} KMS access was denied. Please check your KMS permissions. {cause}")
    return errors.InvalidParameter(
        f"{_BLOCKED} KMS key is invalid for CreateGrant. Please check your KMS key settings. {cause}"
    )


async def retire(call: Call, role: Principal, config: Mapping[str, Any]) -> None:
    """Have the role give back its grant for variables that are gone; that the grant or its key is gone is no error."""
    given = {"KeyId": config["KMSKeyArn"], "GrantId": config[SEALED]["Grant"]}
    try:
        await call.send("kms", "RetireGrant", given, as_=role)
    except AwsError as error:
        if (error.status or 400) >= 500:
            raise


# ---- Showing --------------------------------------------------------------------------------------------------------


def revealing(handler: Callable[[Call], Any]) -> Callable[[Call], Any]:
    """A handler in whose answer sealed variables are shown to who may decrypt them, and to others why they may not."""

    @wraps(handler)
    def at_once(call: Call) -> Any:
        answer = handler(call)
        return _revealed(call, answer) if any(SEALED in each for each in _configurations(answer)) else answer

    @wraps(handler)
    async def later(call: Call) -> Any:
        return await _revealed(call, await handler(call))

    return later if inspect.iscoroutinefunction(handler) else at_once


def _configurations(answer: Data) -> list[Data]:
    inside = answer.get("Configuration")
    return [answer, *([inside] if inside else []), *answer.get("Functions", ()), *answer.get("Versions", ())]


async def _revealed(call: Call, answer: Data) -> Data:
    found = [each for each in _configurations(answer) if SEALED in each]
    shown = await asyncio.gather(*(_shown(call, each["FunctionArn"], each.pop(SEALED)) for each in found))
    for each, environment in zip(found, shown, strict=True):
        each["Environment"] = environment
    return answer


async def _shown(call: Call, arn: str, sealed: Mapping[str, Any]) -> Data:
    try:
        return {"Variables": await _variables(call, arn, sealed)}
    except AwsError as error:
        denied = "AccessDenied" in error.code
        reason = "KMS access was denied. Please check your KMS permissions." if denied else "KMS key cannot be used."
        message = f"{_UNSEEN} {reason} KMS Exception: {_name(error)} KMS Message: {error.message}"
        return {"Error": {"ErrorCode": _name(error), "Message": message}}


# ---- Running --------------------------------------------------------------------------------------------------------


async def variables_for(call: Call, arn: str, config: Mapping[str, Any], role: Principal) -> Mapping[str, str]:
    """The sealed variables with which a function runs. Raises what Lambda answers when its role may not open them."""
    return await _variables(call, arn, config[SEALED], _refused_to_run, role)


def _refused_to_run(error: AwsError) -> AwsError:
    cause = f"KMS Exception: {_name(error)} KMS Message: {error.message}"
    advice = "Please check the function's KMS key settings."
    code, reason = "KMSAccessDeniedException", "KMS access was denied"
    if "AccessDenied" not in error.code:
        code, reason = _REASONS.get(error.code, _BAD_STATE)
    return errors.KeyFailure(f"{_STOPPED} {reason}. {advice} {cause}", code)


# ---- Inside ---------------------------------------------------------------------------------------------------------


def _name(error: AwsError) -> str:
    return "AccessDeniedException" if "AccessDenied" in error.code else error.code


def _context(arn: str) -> dict[str, str]:
    return {"aws:lambda:FunctionArn": _unqualified(arn)}


def _unqualified(arn: str) -> str:
    return ":".join(arn.split(":")[:7])


async def _variables(
    call: Call,
    arn: str,
    sealed: Mapping[str, Any],
    refused: Callable[[AwsError], AwsError] | None = None,
    as_: Principal | None = None,
) -> dict[str, str]:
    given = {"CiphertextBlob": base64.b64decode(sealed["Key"]), "EncryptionContext": _context(arn)}
    try:
        secret = (await _ask(call, arn, "Decrypt", given, as_))["Plaintext"]
    except AwsError as error:
        if refused is None or (error.status or 400) >= 500:
            raise
        raise refused(error) from None
    value = base64.b64decode(sealed["Value"])
    plain = AESGCM(secret).decrypt(value[:_NONCE], value[_NONCE:], _unqualified(arn).encode())
    found: dict[str, str] = orjson.loads(plain)
    return found


async def _ask(call: Call, arn: str, operation: str, given: Data, as_: Principal | None = None) -> Data:
    via = {"kms:ViaService": f"lambda.{arn.split(':')[3]}.amazonaws.com"}
    return await call.send("kms", operation, given, as_=as_, context=via)
