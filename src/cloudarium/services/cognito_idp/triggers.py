"""The Lambda triggers of a pool: the event as AWS shapes it, five seconds, and what the function says.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.policy.principal import Principal
from cloudarium.services.cognito_idp import errors, resources
from cloudarium.services.cognito_idp.records.pools import Pool
from cloudarium.services.cognito_idp.records.users import User
from cloudarium.shared import arn
from cloudarium.shared.errors import AwsError
from cloudarium.shared.scope import Scope

Data = dict[str, Any]
COGNITO = Principal.service("cognito-idp.amazonaws.com")
_SECONDS = 5.0
_TRIES = 3
_BEGINNINGS = ("InitiateAuth", "AdminInitiateAuth")
_ADMIN_CLIENT = "CLIENT_ID_NOT_APPLICABLE"
_running: set[asyncio.Task[Any]] = set()


def has(pool: Pool, trigger: str) -> bool:
    """Whether the pool has a function for a trigger."""
    return bool(pool.data["LambdaConfig"].get(trigger))


def shown(user: User) -> Data:
    """A user's attributes as triggers see them."""
    return {**user.attributes, "cognito:user_status": user.status}


def metadata(call: Call) -> Data:
    """The ClientMetadata of a call, for the event's request."""
    if call.operation_name in _BEGINNINGS:  # what begins a sign-in has it for other functions, as validationData
        return {}
    given = call.input.get("ClientMetadata")
    return {"clientMetadata": given} if given else {}


async def run(
    call: Call, pool: Pool, trigger: str, source: str, username: str | None, client: str, request: Data, response: Data,
    version: str = "1",
) -> Data:  # fmt: skip
    """The response part of a trigger's answer. Raises as AWS does when the function fails."""
    function = pool.data["LambdaConfig"][trigger]
    function = function["LambdaArn"] if isinstance(function, dict) else function
    name = trigger.removesuffix("Config")
    event = {**_event(pool, source, username, client, version), "request": request, "response": response}
    answer = await _invoked(call, pool, name, function, event)
    found = answer.get("response") if isinstance(answer, dict) else None
    if not isinstance(found, dict):
        raise errors.LambdaFailed.nonsense()
    return found


def _event(pool: Pool, source: str, username: str | None, client: str, version: str = "1") -> Data:
    return {
        "version": version,
        "triggerSource": source,
        "region": pool.scope.region,
        "userPoolId": pool.id,
        "userName": username,
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": client or _ADMIN_CLIENT},
    }


def behalf_of(pool: Pool) -> Data:
    """The condition keys of what Cognito does for a pool."""
    return {"aws:SourceArn": resources.pool_arn(pool.scope, pool.id), "aws:SourceAccount": pool.scope.account}


def _scope_of(function: str, pool: Pool) -> Scope:
    target = arn.parse(function)
    return Scope(target.account, target.region) if target is not None else pool.scope


async def _invoked(call: Call, pool: Pool, trigger: str, function: str, event: Data) -> Any:
    output = await _answered(call, pool, trigger, function, event)
    payload = output.get("Payload") or b""
    body = payload if isinstance(payload, bytes) else b"".join([chunk async for chunk in payload])
    try:
        answer = orjson.loads(body)
    except ValueError:
        raise errors.LambdaFailed.nonsense() from None
    if output.get("FunctionError"):
        said = answer.get("errorMessage", "") if isinstance(answer, dict) else ""
        raise errors.LambdaFailed.refused(trigger, str(said))
    return answer


async def _answered(call: Call, pool: Pool, trigger: str, function: str, event: Data) -> Data:
    """What Lambda answers; a function that takes too long, or that Lambda is too busy for, is tried again."""
    failed = f"{trigger} invocation failed due to error"
    for left in reversed(range(_TRIES)):
        task = asyncio.ensure_future(_send(call, pool, function, event))
        _running.add(task)
        task.add_done_callback(_running.discard)
        try:
            return await asyncio.wait_for(asyncio.shield(task), _SECONDS)
        except TimeoutError:
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
            said = f"{failed} Socket timeout while invoking Lambda function."
        except AwsError as error:
            said = f"{failed} {'AccessDeniedException' if error.status == 403 else error.code}."
            if (error.status or 400) < 500 and error.status != 429:
                raise errors.LambdaFailed.unreachable(said) from error
        if not left:
            raise errors.LambdaFailed.unreachable(said)
    raise AssertionError  # the last try returns or raises


async def _send(call: Call, pool: Pool, function: str, event: Data) -> Data:
    given = {"FunctionName": function, "InvocationType": "RequestResponse", "Payload": orjson.dumps(event)}
    scope = _scope_of(function, pool)
    return await call.send("lambda", "Invoke", given, as_=COGNITO, context=behalf_of(pool), scope=scope)


async def handed_over(call: Call, pool: Pool, function: str, event: bytes) -> None:
    """Invoke a function that sends messages, asynchronously as AWS does: nobody waits for what it says."""
    given = {"FunctionName": function, "InvocationType": "Event", "Payload": event}
    scope = _scope_of(function, pool)
    await call.send("lambda", "Invoke", given, as_=COGNITO, context=behalf_of(pool), scope=scope)


def sender_event(call: Call, pool: Pool, trigger: str, source: str, user: User, client: str) -> Data:
    """What a CustomEmailSender or CustomSMSSender is told; its code comes when it is encrypted."""
    kind = "customEmailSenderRequestV1" if trigger == "CustomEmailSender" else "customSMSSenderRequestV1"
    request = {"type": kind, "code": None, "userAttributes": shown(user), **metadata(call)}
    named = source.replace("CustomMessage", trigger)
    return {**_event(pool, named, user.username, client), "request": request}


# ---- one function for each ----------------------------------------------------------------------------------------


async def pre_sign_up(
    call: Call, pool: Pool, source: str, username: str, client: str, attributes: Mapping[str, str], validation: Data
) -> Data:
    """What the function says of a sign-up: autoConfirmUser, autoVerifyEmail, autoVerifyPhone."""
    if not has(pool, "PreSignUp"):
        return {}
    seen = {name: value for name, value in attributes.items() if name != "sub"}
    request = {"userAttributes": seen, "validationData": validation or None, **metadata(call)}
    response = {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False}
    return await run(call, pool, "PreSignUp", f"PreSignUp_{source}", username, client, request, response)


async def notify(call: Call, pool: Pool, trigger: str, source: str, user: User, client: str, **more: Any) -> None:
    """Run a trigger that may only say no: PostConfirmation, PreAuthentication, PostAuthentication."""
    if has(pool, trigger):
        request = {"userAttributes": shown(user), **more, **metadata(call)}
        await run(call, pool, trigger, f"{trigger}_{source}", user.username, client, request, {})


async def custom_message(call: Call, pool: Pool, user: User, source: str, client: str) -> Data:
    """The function's own words for a message."""
    if not has(pool, "CustomMessage"):
        return {}
    request: Data = {
        "userAttributes": shown(user),
        "codeParameter": "{####}",
        "linkParameter": "{##Click Here##}",
        "usernameParameter": "{username}" if source == "CustomMessage_AdminCreateUser" else None,
        **metadata(call),
    }
    response = {"smsMessage": None, "emailMessage": None, "emailSubject": None}
    return await run(call, pool, "CustomMessage", source, user.username, client, request, response)
