"""Calls of Lambda functions, for integrations and authorizers."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.policy.principal import Principal
from cloudarium.services.apigatewayv2.rules import requests, responses
from cloudarium.services.apigatewayv2.rules.definitions import function_of
from cloudarium.services.apigatewayv2.serving.visit import Refused, Visit
from cloudarium.shared import arn
from cloudarium.shared.errors import AwsError
from cloudarium.shared.scope import Scope

APIGATEWAY = Principal.service("apigateway.amazonaws.com")
_STAGE_VARIABLE = re.compile(r"\$\{stageVariables\.([A-Za-z0-9_]+)\}")
_NOT_ALLOWED = (
    "The IAM role configured on the integration or API Gateway doesn't have permissions to call the integration. "
    "Check the permissions and try again."
)
_running: set[asyncio.Task[Any]] = set()


def fill(text: str, variables: dict[str, str]) -> str:
    """`text` with its stage variables put in."""
    return _STAGE_VARIABLE.sub(lambda match: variables.get(match[1], ""), text)


async def proxy(visit: Visit, integration: dict[str, Any]) -> responses.Outgoing:
    """Send the request to the integration's function; its answer as a response. Raises Refused."""
    version = integration["PayloadFormatVersion"]
    incoming = visit.incoming()
    event = requests.event_2(incoming) if version == "2.0" else requests.event_1(incoming)
    payload = await invoke(
        visit,
        integration["IntegrationUri"],
        event,
        source=visit.route_arn(),
        role=integration.get("CredentialsArn"),
        seconds=integration["TimeoutInMillis"] / 1000,
    )
    try:
        response = responses.answer(payload, version)
    except responses.InvalidAnswer as error:
        raise Refused(500, f"The response from the Lambda function doesn't match the format: {error}") from error
    visit.log["integration.status"] = response.status
    return response


async def invoke(
    visit: Visit, uri: str, event: dict[str, Any], *, source: str, role: str | None, seconds: float
) -> bytes:
    """The function's output. Raises Refused 500 when it failed or may not be called, 503 when it takes too long.

    As on AWS a function that is given up goes on to its own end.
    """
    name = function_of(fill(uri, visit.place.stage.variables))
    target = arn.parse(name)
    if name is None or target is None:
        raise Refused(500, "The integration's URI names no function")
    scope = Scope(target.account, target.region)
    context = {"aws:SourceArn": source, "aws:SourceAccount": visit.served.scope.account}
    task = asyncio.ensure_future(_send(visit.call, name, event, role, context, scope))
    _running.add(task)
    task.add_done_callback(_running.discard)
    try:
        output = await asyncio.wait_for(asyncio.shield(task), seconds)
    except TimeoutError as error:
        task.add_done_callback(_forget)
        raise Refused(503, "Endpoint request timed out") from error
    except AwsError as error:
        denied = error.status == 403 or error.code.startswith("AccessDenied")
        raise Refused(500, _NOT_ALLOWED if denied else f"{error.code}: {error.message}") from error
    visit.log["integration.integrationStatus"] = output.get("StatusCode", 200)
    if output.get("FunctionError"):
        raise Refused(500, "The Lambda function returned an error")
    return await _whole(output.get("Payload"))


def _forget(task: asyncio.Task[Any]) -> None:
    if not task.cancelled():
        task.exception()


async def _send(
    call: Call, name: str, event: dict[str, Any], role: str | None, context: dict[str, Any], scope: Scope
) -> dict[str, Any]:
    caller = APIGATEWAY if role is None else await _assume(call, role)
    given = {"FunctionName": name, "InvocationType": "RequestResponse", "Payload": orjson.dumps(event)}
    return await call.send("lambda", "Invoke", given, as_=caller, context=context, scope=scope)


async def _assume(call: Call, role: str) -> Principal:
    """A session of the integration's role, made as API Gateway (the role must trust it)."""
    return await call.cloud.assume(call, role, "BackplaneAssumeRoleSession", APIGATEWAY)


async def _whole(payload: Any) -> bytes:
    if payload is None:
        return b""
    if isinstance(payload, bytes):
        return payload
    return b"".join([chunk async for chunk in payload])
