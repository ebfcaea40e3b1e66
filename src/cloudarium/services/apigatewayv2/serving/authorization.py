"""Who may ask: JWT and Lambda authorizers and IAM, each failing closed."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from cloudarium.cloud import Cloud
from cloudarium.gateway import sigv4
from cloudarium.gateway.authenticate import prove
from cloudarium.policy.documents import MalformedPolicy, compile_document
from cloudarium.policy.engine import Policies, Question, decide
from cloudarium.policy.principal import Principal
from cloudarium.services.apigatewayv2 import resources
from cloudarium.services.apigatewayv2.rules import requests
from cloudarium.services.apigatewayv2.serving import functions, tokens
from cloudarium.services.apigatewayv2.serving.visit import Refused, Visit
from cloudarium.shared.errors import AwsError
from cloudarium.shared.web import query_parameters

Data = dict[str, Any]
_ANSWERS = "apigatewayv2 authorizer answers"
_MOST_ANSWERS = 10_000
_COGNITO = "cognito-identity.amazonaws.com"
_AUTHORIZER_SECONDS = 10.0


async def authorize(visit: Visit) -> None:
    """Raise Refused unless the route lets this request in; `visit.authorizer` is what was learnt of the caller."""
    kind = visit.match.route.get("AuthorizationType", "NONE")
    if kind == "NONE":
        return
    if kind == "AWS_IAM":
        _by_iam(visit)
        return
    authorizer = visit.place.stage.authorizers.get(visit.match.route.get("AuthorizerId", ""))
    if authorizer is None:
        raise Refused(500, "The route's authorizer does not exist")
    if authorizer["AuthorizerType"] == "JWT":
        await tokens.check(visit, authorizer, source_value(visit, authorizer["IdentitySource"][0]))
    else:
        await _by_function(visit, authorizer)


def source_value(visit: Visit, source: str) -> str | None:
    """What the request has at an identity source such as $request.header.Authorization; None or "" when nothing."""
    place, _, name = source.removeprefix("$").rpartition(".")
    if place == "request.header":
        return visit.headers.get(name.lower())
    if place == "request.querystring":
        return ",".join(query_parameters(visit.query).get(name, [])) or None
    if place == "stageVariables":
        return visit.place.stage.variables.get(name)
    known = {
        "context.routeKey": visit.route_key,
        "context.stage": visit.place.stage.name,
        "context.httpMethod": visit.method,
        "context.path": visit.place.shown,
        "context.apiId": visit.served.id,
        "context.accountId": visit.served.scope.account,
        "context.identity.sourceIp": visit.incoming().source_ip,
        "context.identity.userAgent": visit.headers.get("user-agent"),
    }
    return known.get(source.removeprefix("$"))


# ---- IAM -------------------------------------------------------------------------------------------------------------


def _by_iam(visit: Visit) -> None:
    call, request = visit.call, visit.call.request
    assert request is not None
    try:
        claim = sigv4.claim_of(request)
        if claim is None or claim.service != "execute-api" or claim.region != visit.served.scope.region:
            raise Refused(403, "The request is not signed for execute-api")
        principal = prove(call, claim, request, False).principal
    except AwsError as error:
        raise Refused(403, f"{error.code}: {error.message}") from error
    call.principal, call.access_key, call.signed = principal, claim.access_key, True
    if principal.account != visit.served.scope.account or not call.may("execute-api:Invoke", visit.arn()):
        raise Refused(403, f"User: {principal.arn} is not authorized to perform: execute-api:Invoke")
    visit.authorizer = {
        "iam": {
            "accessKey": claim.access_key,
            "accountId": principal.account,
            "callerId": principal.id,
            "cognitoIdentity": _cognito(principal),
            "principalOrgId": None,
            "userArn": principal.arn,
            "userId": principal.id,
        }
    }


def _cognito(principal: Principal) -> Data | None:
    """The identity of an identity pool whose credentials these are, None for any other caller's."""
    about = principal.session_context
    if principal.kind != "role" or f"{_COGNITO}:sub" not in about:
        return None
    means = about.get(f"{_COGNITO}:amr", ())
    return {
        "amr": [means] if isinstance(means, str) else list(means),
        "identityId": about[f"{_COGNITO}:sub"],
        "identityPoolId": about[f"{_COGNITO}:aud"],
    }


# ---- Lambda authorizers ----------------------------------------------------------------------------------------------


async def _by_function(visit: Visit, authorizer: Data) -> None:
    values = []
    for source in authorizer.get("IdentitySource") or []:
        value = source_value(visit, source)
        if not value:
            raise Refused(401, f"The identity source {source} is missing")
        values.append(value)
    answer = await _answer(visit, authorizer, values)
    context = answer.get("context") or {}
    if not isinstance(context, dict):
        raise Refused(500, "The authorizer's context is not a map")
    if authorizer["EnableSimpleResponses"]:
        allowed = answer.get("isAuthorized")
        if not isinstance(allowed, bool):
            raise Refused(500, "The authorizer's answer has no isAuthorized")
    else:
        allowed = _allowed_by_policy(visit, answer)
    if not allowed:
        raise Refused(403, "The authorizer denied the request")
    if isinstance(answer.get("principalId"), str):
        visit.log["authorizer.principalId"] = answer["principalId"]
    visit.log |= {f"authorizer.{name}": value for name, value in context.items()}
    visit.authorizer = {"lambda": context}


async def _answer(visit: Visit, authorizer: Data, values: list[str]) -> Data:
    """The authorizer function's answer, or the one it gave to the same identity not long ago."""
    seconds = authorizer.get("AuthorizerResultTtlInSeconds", 300 if values else 0)
    kept: dict[tuple[Any, ...], tuple[float, Data]] = visit.call.cloud.keep.setdefault(_ANSWERS, {})
    key = (visit.served.id, visit.place.stage.name, authorizer["AuthorizerId"], _digest(authorizer), *values)
    if values and seconds and key in kept and kept[key][0] > visit.call.now:
        return kept[key][1]
    source = resources.invoke_arn(visit.served.scope, visit.served.id, f"authorizers/{authorizer['AuthorizerId']}")
    payload = await functions.invoke(
        visit,
        authorizer["AuthorizerUri"],
        _event(visit, authorizer, values),
        source=source,
        role=authorizer.get("AuthorizerCredentialsArn"),
        seconds=_AUTHORIZER_SECONDS,
    )
    try:
        answer = orjson.loads(payload)
    except ValueError as error:
        raise Refused(500, "The authorizer's answer is not JSON") from error
    if answer == "Unauthorized":
        raise Refused(401, "The authorizer answered Unauthorized")
    if not isinstance(answer, dict):
        raise Refused(500, "The authorizer's answer is not a map")
    if values and seconds:
        if len(kept) >= _MOST_ANSWERS:
            kept.clear()
        kept[key] = (visit.call.now + seconds, answer)
    return answer


def forget(cloud: Cloud, api_id: str, stage: str) -> None:
    """Drop the kept answers of a stage's authorizers."""
    kept = cloud.keep.get(_ANSWERS, {})
    for key in [key for key in kept if key[:2] == (api_id, stage)]:
        del kept[key]


def _digest(authorizer: Data) -> str:
    return hashlib.sha256(orjson.dumps(authorizer, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _event(visit: Visit, authorizer: Data, values: list[str]) -> Data:
    incoming = visit.incoming()
    if authorizer["AuthorizerPayloadFormatVersion"] == "2.0":
        event = requests.event_2(incoming)
        for member in ("body", "isBase64Encoded"):
            event.pop(member, None)
        return {**event, "type": "REQUEST", "routeArn": visit.arn(), "identitySource": values or None}
    event = requests.event_1(incoming)
    for member in ("body", "isBase64Encoded", "multiValueHeaders", "multiValueQueryStringParameters"):
        event.pop(member, None)
    joined = ",".join(values)
    named = {"type": "REQUEST", "methodArn": visit.arn(), "identitySource": joined, "authorizationToken": joined}
    return {**event, **named}


def _allowed_by_policy(visit: Visit, answer: Data) -> bool:
    document = answer.get("policyDocument")
    if not isinstance(document, dict) or not isinstance(answer.get("principalId"), str):
        raise Refused(500, "The authorizer's answer has no principalId and policyDocument")
    try:
        policy = compile_document(orjson.dumps(document).decode(), "authorizer")
    except MalformedPolicy as error:
        raise Refused(500, f"The authorizer's policy is malformed: {error}") from error
    principal = Principal.user(visit.served.scope.account, "authorized")
    return decide(Question(principal, "execute-api:Invoke", visit.arn()), Policies(identity=(policy,))).allowed
