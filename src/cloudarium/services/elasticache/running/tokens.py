"""Tokens of IAM instead of passwords: presigned requests to connect, proved and judged like any other call.

Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from cloudarium.gateway import authenticate, sigv4
from cloudarium.gateway.call import Call
from cloudarium.gateway.http import HttpRequest
from cloudarium.gateway.rooms import room
from cloudarium.services.elasticache.records import SERVERLESS
from cloudarium.services.elasticache.running.plans import Plan
from cloudarium.shared import arn
from cloudarium.shared.errors import AwsError
from cloudarium.shared.scope import scope_of

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud

log = logging.getLogger("cloudarium")
LONGEST_LIFE = 900
LONGEST_STAY = 12 * 3600
_SERVICE = "elasticache"


def stay(cloud: Cloud, plan: Plan, user: str, token: str) -> float | None:
    """Until when a token lets a user into a cache; None when it does not.

    It must be signed, be for both, and its signer may connect as him.
    """
    try:
        problem = _problem(cloud, plan, user, token)
    except AwsError as error:
        problem = error.message or error.code
    if problem:
        log.info("%s: no IAM authentication as %s: %s", plan.name, user, problem)
        return None
    return cloud.clock.now() + LONGEST_STAY


def _problem(cloud: Cloud, plan: Plan, user: str, token: str) -> str:
    host, _, query = token.removeprefix("http://").removeprefix("https://").partition("/?")
    if host.lower() != plan.id:
        return f"the token is for another cache: {host[:60]}"
    asked = sigv4.claimed_values(query)
    kind = "ServerlessCache" if plan.kind == SERVERLESS else None
    if asked.get("Action") != "connect" or asked.get("User") != user or asked.get("ResourceType") != kind:
        return "the token is not for Action=connect with this User (and, to a serverless cache, ResourceType)"
    request = HttpRequest("GET", "/", query, {"host": host})
    claim = sigv4.claim_of(request)
    if claim is None or claim.expires is None or claim.expires > LONGEST_LIFE:
        return f"the token must be presigned for at most {LONGEST_LIFE} seconds"
    if claim.service != _SERVICE or claim.region != plan.scope.region:
        return f"the token must be signed for {_SERVICE} in {plan.scope.region}"
    call = Call(cloud, request)
    call.service, call.operation_name, call.room = _SERVICE, "Connect", room(_SERVICE)
    credential = authenticate.prove(call, claim, request, False)
    call.principal = credential.principal
    call.scope = scope_of(plan.scope.account, plan.scope.region)
    for resource in (arn.make(_SERVICE, plan.scope, f"{plan.kind}:{plan.id}"), plan.iam[user]):
        decision = call.judged("elasticache:Connect", resource)
        if not decision.allowed:
            return decision.message
    return ""
