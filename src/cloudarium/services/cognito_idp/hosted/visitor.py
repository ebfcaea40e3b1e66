"""One request to a pool's domain: whose pool, what was sent, and who is signed in by a cookie."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from cloudarium.gateway.call import Call
from cloudarium.gateway.http import HttpResponse
from cloudarium.services.cognito_idp import tokens
from cloudarium.services.cognito_idp.records import oauth, pools, sessions, users
from cloudarium.services.cognito_idp.records.pools import Client, Pool
from cloudarium.services.cognito_idp.records.users import User
from cloudarium.shared import ids
from cloudarium.store import Store

Data = dict[str, Any]
_MOST_FIELDS = 100
_MOST_BODY = 64 * 1024
_PRINTED = "".join(map(chr, range(0x21, 0x7F)))
_HOUR = 3600.0
COOKIE = "cognito"
CSRF = "XSRF-TOKEN"


class Refused(Exception):
    """A request that gets an error page, and never a redirect to where it says."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


class SignedIn(NamedTuple):
    """Who has signed in at a domain, and when."""

    user: User
    since: float


@dataclass(frozen=True, slots=True)
class Visitor:
    """A request to a pool's domain; `base` is the path before the domain's own paths."""

    call: Call
    pool: Pool
    base: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    cookies: dict[str, str]

    def url(self, path: str, **query: str) -> str:
        """A path of this domain."""
        return f"{self.base}{path}" + (f"?{urlencode(query)}" if query else "")

    def client(self) -> Client:
        """The client that the query names. Raises Refused."""
        found = pools.find_client(self.call.store, self.query.get("client_id", ""))
        if found is None or found.pool != self.pool.id:
            raise Refused("Client does not exist.")
        return found

    def signed_in(self) -> SignedIn | None:
        """Who is signed in at this domain."""
        token = self.cookies.get(COOKIE, "")
        found = sessions.find_session(self.call.store, self.pool.id, tokens.digest(token), self.call.now)
        if not token or found is None or found.get("challenge") != "COOKIE":
            return None
        user = users.find(self.call.store, self.pool.id, found["user"])
        if user is None or user.sub != found["sub"] or not user.enabled:
            return None
        return SignedIn(user, found["since"])

    def cookie(self, name: str, value: str, seconds: int) -> str:
        """A set-cookie header's value: of this domain's path alone, out of reach for scripts and other sites."""
        secure = "; Secure" if self.call.request is not None and self.call.request.scheme == "https" else ""
        return f"{name}={value}; Path={self.base or '/'}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"

    def sign_in(self, user: User) -> str:
        """The cookie of somebody who has signed in, for an hour."""
        token = ids.token(64)
        data = {"challenge": "COOKIE", "user": user.key, "sub": user.sub, "client": "", "since": self.call.now}
        until = self.call.now + _HOUR
        with self.call.transaction():
            sessions.put_session(self.call.store, self.pool.id, tokens.digest(token), until, data, self.call.now)
        return self.cookie(COOKIE, token, int(_HOUR))


def visitor_of(call: Call, pool: Pool) -> Visitor:
    """The request of a call at the door. Raises Refused when it cannot be read."""
    request, door = call.request, call.door
    assert request is not None and door is not None
    base = "" if door.by_host else f"/_aws/{door.label}/{door.id}"
    if len(request.body) > _MOST_BODY:
        raise Refused("The request is too large.", 413)
    try:
        query = dict(parse_qsl(request.query, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
        body = request.body.decode() if request.method == "POST" else ""
        form = dict(parse_qsl(body, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise Refused("The request cannot be read.") from None
    # Browsers send the cookies of every port of a host: what others have set does not matter.
    pairs = (each.strip().partition("=") for each in request.headers.get("cookie", "").split(";"))
    cookies = {name: value for name, _, value in pairs}
    return Visitor(call, pool, base, door.path, query, form, cookies)


def offered(store: Store, client: Client) -> list[str]:
    """The scopes that a client may ask for: those of its settings but of resource servers that are gone."""
    found = oauth.servers(store, client.pool)
    there = {f"{server.id}/{scope['ScopeName']}" for server in found for scope in server.data.get("Scopes", ())}
    return [scope for scope in client.data.get("AllowedOAuthScopes", []) if "/" not in scope or scope in there]


def check_origin(visitor: Visitor) -> None:
    """Raise Refused for a form that another site's page sent."""
    request = visitor.call.request
    assert request is not None
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise Refused("The form was sent by another site.", 403)
    sent, kept = visitor.form.get("_csrf", ""), visitor.cookies.get(CSRF, "")
    if len(kept) < 20 or not hmac.compare_digest(sent.encode(), kept.encode()):
        raise Refused("The form is too old. Go back and try again.", 403)


def redirect(url: str, cookies: tuple[str, ...] = ()) -> HttpResponse:
    """Go on at another URL."""
    headers = {"location": quote(url, safe=_PRINTED), "cache-control": "no-store", "referrer-policy": "no-referrer"}
    return HttpResponse(302, headers, b"", cookies)
