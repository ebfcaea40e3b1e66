"""The doors `cognito-idp`, what a pool publishes below the path of its issuer, and `auth`, its sign-in pages.

By path `/_aws/cognito-idp/POOL/.well-known/jwks.json` and `/_aws/auth/DOMAIN/login`, by host
`DOMAIN.auth.localhost`. Browsers of any origin may call this service, as on AWS.
"""

from __future__ import annotations

import hashlib
from urllib.parse import parse_qsl

import orjson

from cloudarium.gateway.call import Call
from cloudarium.gateway.cors import ANY_PAGE, for_any_page
from cloudarium.gateway.http import HttpRequest, HttpResponse
from cloudarium.services.cognito_idp import keys
from cloudarium.services.cognito_idp.federation import discovery
from cloudarium.services.cognito_idp.federation.discovery import WELL_KNOWN
from cloudarium.services.cognito_idp.hosted import authorize, forms, grants, links, outside
from cloudarium.services.cognito_idp.hosted import pages as html
from cloudarium.services.cognito_idp.hosted.visitor import Refused, Visitor, visitor_of
from cloudarium.services.cognito_idp.operations.imports import uploads
from cloudarium.services.cognito_idp.records import imports, oauth, pools
from cloudarium.shared.errors import AwsError
from cloudarium.store import Store

_IMPORTS = "/imports/"


async def issuer(call: Call) -> HttpResponse:
    """Answer one request for what an issuer publishes."""
    assert call.door is not None and call.request is not None
    pool = pools.find(call.store, call.door.id)
    if call.request.method == "PUT" and pool is not None and call.door.path.startswith(_IMPORTS):
        return _upload(call, pool.id)
    if call.request.method not in ("GET", "HEAD"):
        return _json(405, {"message": "Method not allowed"})
    if pool is None:
        return _json(404, {"message": "The specified user pool does not exist."})
    call.scope = pool.scope
    if call.door.path == f"{WELL_KNOWN}/jwks.json":
        return _json(200, keys.published(call.cloud, pool.id))
    if call.door.path == f"{WELL_KNOWN}/openid-configuration":
        return _json(200, discovery.configuration(call.cloud, pool))
    return _json(404, {"message": "Not found"})


def _upload(call: Call, pool: str) -> HttpResponse:
    """Take the CSV file of an import, by the URL of its job; it answers as S3, to which AWS has it sent."""
    assert call.door is not None and call.request is not None
    job = imports.find(call.store, pool, call.door.path.removeprefix(_IMPORTS))
    key = dict(parse_qsl(call.request.query)).get("X-Amz-Signature", "")
    if job is None or not uploads(job, key, call.now):
        denied = b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
        return HttpResponse(403, {"content-type": "application/xml"}, denied)
    with call.transaction():
        imports.upload(call.store, job, call.request.body)
    etag = hashlib.md5(call.request.body, usedforsecurity=False).hexdigest()
    return HttpResponse(200, {"etag": f'"{etag}"'}, b"")


_PROGRAMS = ("/oauth2/token", "/oauth2/userInfo", "/oauth2/revoke")
_LOOKS = ("GET", "HEAD")


async def pages(call: Call) -> HttpResponse:
    """Answer one request at a pool's domain: a page for a person, or an OAuth 2.0 endpoint for a program."""
    assert call.door is not None and call.request is not None
    domain = oauth.find_domain(call.store, call.door.id)
    pool = pools.find(call.store, domain.pool) if domain is not None else None
    if pool is None:
        return html.failed("There is no user pool with this domain.", 404)
    call.scope, call.door = pool.scope, call.door._replace(name=pool.data["Name"])
    if call.door.path in _PROGRAMS and call.request.method == "OPTIONS":
        return preflight(call.store, call.request)
    try:
        return await _at_domain(visitor_of(call, pool), call.request.method)
    except Refused as refused:
        return html.failed(refused.message, refused.status)
    except AwsError as error:  # what is not built, or a function of the pool that failed
        return html.failed(error.message or error.code, error.status or 400)


async def _at_domain(visitor: Visitor, method: str) -> HttpResponse:
    path = visitor.path
    if method == "GET" and links.asked(visitor):
        return await links.confirm(visitor)
    if path in forms.PATHS and method in (*_LOOKS, "POST"):
        return await (forms.take if method == "POST" else forms.show)(visitor, path)
    if path == "/oauth2/authorize" and method in _LOOKS:
        return await authorize.authorize(visitor)
    if path == outside.PATH and method in _LOOKS:
        return await outside.back(visitor)
    if path == "/logout" and method in _LOOKS:
        return authorize.log_out(visitor)
    if path == "/oauth2/userInfo" and method in (*_LOOKS, "POST"):
        return grants.user_info(visitor)
    if path == "/oauth2/token" and method == "POST":
        return await grants.token(visitor)
    if path == "/oauth2/revoke" and method == "POST":
        return grants.revoke(visitor)
    known = path in forms.PATHS or path in (*_PROGRAMS, "/oauth2/authorize", outside.PATH, "/logout")
    raise Refused("This page is not asked for like that.", 405) if known else Refused("There is no such page.", 404)


def _json(status: int, content: object) -> HttpResponse:
    headers = {"content-type": "application/json", "access-control-allow-origin": "*"}
    return HttpResponse(status, headers, orjson.dumps(content))


def preflight(store: Store, request: HttpRequest) -> HttpResponse:
    """A browser asks whether it may call: any page may, for nobody is known by a cookie here."""
    return for_any_page(request)


def cors(store: Store, request: HttpRequest) -> dict[str, str]:
    """What an answer tells a browser."""
    return ANY_PAGE
