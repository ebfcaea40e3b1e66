"""Line 3: every endpoint is behind Cognito, but those that the template opens for reading. It is tried, too."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from cloudarium.cli.capstone.checklist import Coming, Found
from cloudarium.cli.capstone.stack import Stack
from cloudarium.cli.capstone.visit import Visit

_PUT_BACK = (
    "name its authorizer in the template (Auth: Authorizer) and deploy; a change by hand: aws apigatewayv2 update-route"
)


def check(stack: Stack, coming: Coming, found: Found) -> None:
    """Each route asks for a token of the stack's pool, and refuses who has none, or a forged one."""
    visit = coming()
    authorizers = _authorizers(stack, found)
    by_code, routes = stack.routes_by_code(), stack.routes
    present = {route["RouteKey"] for route in routes}
    for key in sorted(by_code.keys() - present):
        found.breaks(f"the route {key} is gone", "cloudarium deploy capstone/template.yaml, after a change of the API")
    public = [route["RouteKey"] for route in routes if _is_public(route, by_code)]
    guarded = [route for route in routes if route["RouteKey"] not in public]
    for route in guarded:
        if route["AuthorizationType"] != "JWT" or route.get("AuthorizerId") not in authorizers:
            found.breaks(f"{route['RouteKey']} is not behind the authorizer ({route['AuthorizationType']})", _PUT_BACK)
    if not guarded:
        found.breaks("no route is behind an authorizer", "give the API a DefaultAuthorizer")
    found.saw(f"open to everybody by the template, for reading: {', '.join(sorted(public)) or 'none'}")
    tried = _try(visit, [route["RouteKey"] for route in guarded], found)
    found.sum = (
        f"{len(guarded)} of {len(routes)} routes ask for a token of the pool; {tried} attempts without were refused"
    )


def _is_public(route: dict[str, Any], by_code: dict[str, bool]) -> bool:
    return (
        route["AuthorizationType"] == "NONE"
        and route["RouteKey"].startswith("GET ")
        and by_code.get(route["RouteKey"], False)
    )


def _authorizers(stack: Stack, found: Found) -> set[str]:
    """The APIs' authorizers; one that believes others than the stack's user pool, for its client, is told."""
    pools, clients = stack.ids("AWS::Cognito::UserPool"), set(stack.ids("AWS::Cognito::UserPoolClient"))
    authorizers = set()
    for api in stack.ids("AWS::ApiGatewayV2::Api"):
        for each in stack.reach.all("apigatewayv2", "get_authorizers", "Items", ApiId=api):
            authorizers.add(each["AuthorizerId"])
            jwt = each.get("JwtConfiguration", {})
            issuer, audience = jwt.get("Issuer", ""), ", ".join(sorted(jwt.get("Audience", []))) or "nobody"
            if issuer.rpartition("/")[2] in pools and set(jwt.get("Audience", ["?"])) <= clients:
                found.saw(f"authorizer {each['Name']}: issuer {issuer}, audience {audience}")
            else:
                found.breaks(
                    f"the authorizer {each['Name']} believes {issuer} for {audience}",
                    "its issuer must be the stack's user pool, and its audience the pool's client",
                )
    return authorizers


# ---- Attempts -------------------------------------------------------------------------------------------------------


def _try(visit: Visit, keys: list[str], found: Found) -> int:
    """Ask each route as nobody and with a forged token; how many attempts were refused."""
    wanted = {"without a token": ("", 401)}
    if visit.token:
        wanted["with a forged token"] = (_forged(visit.token), 401)
    refused: Counter[str] = Counter()
    for key in keys:
        method, _, path = key.partition(" ")
        if not path:
            continue  # $default, which no path names
        for how, (token, status) in wanted.items():
            answer = visit.send(method, re.sub(r"{[^}]+}", "verify", path), token).status
            if answer == status:
                refused[how] += 1
            else:
                found.breaks(f"{key} {how} answered {answer} instead of {status}", _PUT_BACK)
    for how, count in refused.items():
        found.saw(f"{count} requests {how}: 401, by the authorizer")
    return sum(refused.values()) + _as_customer(visit, found)


def _as_customer(visit: Visit, found: Found) -> int:
    """A customer's good token opens what is theirs, and nothing of the staff's."""
    if not visit.token:
        found.breaks(
            f"nobody could sign up, so no token could be tried: {visit.troubles.get('sign up', '')}",
            "cloudarium journal --service cognito-idp",
        )
        return 0
    answer = visit.send("GET", "/orders?status=placed", visit.token).status
    if answer != 403:
        found.breaks(
            f"a customer's token at the staff's GET /orders answered {answer} instead of 403", "see web.caller"
        )
        return 0
    found.saw("a customer's token at the staff's GET /orders: 403")
    own = visit.send("GET", "/customers/me/orders", visit.token).status
    if own != 200:
        found.breaks(
            f"a customer's token at GET /customers/me/orders answered {own}", "cloudarium logs /shop/functions"
        )
    return 1


def _forged(token: str) -> str:
    """The token with another signature."""
    head, _, signature = token.rpartition(".")
    return f"{head}.{signature[:-8]}{'AAAAAAAA' if not signature.endswith('AAAAAAAA') else 'BBBBBBBB'}"
