"""Sign-in somewhere else: away to the provider, and back from it at /oauth2/idpresponse."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import replace
from urllib.parse import urlencode

from cloudarium.gateway.http import HttpResponse
from cloudarium.services.cognito_idp import measuring, tokens
from cloudarium.services.cognito_idp.federation import arrivals, exchange
from cloudarium.services.cognito_idp.hosted.visitor import Refused, Visitor, redirect
from cloudarium.services.cognito_idp.hosted.wishes import Wish, grant, problem, wish_of
from cloudarium.services.cognito_idp.records import federation, sessions
from cloudarium.services.cognito_idp.records.federation import Provider
from cloudarium.shared import ids
from cloudarium.shared.errors import AwsError

PATH = "/oauth2/idpresponse"
_COOKIE = "csrf-state"
_TOKEN = re.compile(r"[\w-]{43}", re.ASCII)
_LIFE = 5 * 60  # AWS gives up after five minutes
_LONGEST_SAID = 500
_GONE = "Login option is not available. Please try another one"
# What goes on to the provider as it was asked for. Source: the authorize endpoint, "prompt" and "login_hint".
_PASSED_ON = {"login_hint": None, "prompt": ("login", "select_account", "consent")}


def offered(visitor: Visitor, wish: Wish) -> list[Provider]:
    """The providers by which people may sign in to a client, in the order that it names them."""
    names = wish.client.data.get("SupportedIdentityProviders", [])
    found = (federation.find_provider(visitor.call.store, visitor.pool.id, name) for name in names)
    return [each for each in found if each is not None]


def chosen(visitor: Visitor, wish: Wish) -> Provider | None:
    """The provider that a request means, None for the pool itself or for none yet. Raises Refused."""
    name, identifier = visitor.query.get("identity_provider", ""), visitor.query.get("idp_identifier", "")
    usable = offered(visitor, wish)
    if name == "COGNITO" or (not name and not identifier):
        if "COGNITO" in wish.client.data["SupportedIdentityProviders"]:
            return None
        if name:
            raise Refused(_GONE)
        return usable[0] if len(usable) == 1 else None  # there is no choice: as AWS, without asking
    for each in usable:
        if each.name == name or (not name and identifier in each.data["IdpIdentifiers"]):
            return each
    raise Refused(_GONE)


def away(visitor: Visitor, wish: Wish, provider: Provider) -> HttpResponse:
    """Send the browser to a provider; what it asked for is kept for its way back."""
    call, details = visitor.call, provider.data["ProviderDetails"]
    state, nonce, verifier = ids.token(43), ids.token(43), ids.token(64)
    kept = visitor.cookies.get(_COOKIE, "")
    browser = kept if _TOKEN.fullmatch(kept) else ids.token(43)  # a sign-in in another tab goes on
    data = {
        "challenge": "FEDERATION", "client": wish.client.id, "provider": provider.name, "query": wish.query,
        "nonce": nonce, "verifier": verifier, "browser": tokens.digest(browser),
    }  # fmt: skip
    with call.transaction():
        sessions.put_session(call.store, visitor.pool.id, tokens.digest(state), call.now + _LIFE, data, call.now)
    digest = hashlib.sha256(verifier.encode()).digest()
    asked = {
        "client_id": details["client_id"], "redirect_uri": _back(visitor), "response_type": "code",
        "scope": details["authorize_scopes"], "state": state, "nonce": nonce, "code_challenge_method": "S256",
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
    }  # fmt: skip
    for name, values in _PASSED_ON.items():
        if wish.query.get(name) and (values is None or wish.query[name] in values):
            asked[name] = wish.query[name]
    mark = "&" if "?" in details["authorize_url"] else "?"
    return redirect(f"{details['authorize_url']}{mark}{urlencode(asked)}", (visitor.cookie(_COOKIE, browser, _LIFE),))


def _back(visitor: Visitor) -> str:
    """Where the provider sends people back to: the domain as the browser called it."""
    request = visitor.call.request
    assert request is not None
    return f"{request.scheme}://{request.host}{visitor.url(PATH)}"


async def back(visitor: Visitor) -> HttpResponse:
    """Take somebody in whom a provider sent back, or tell the client why not."""
    call, pool, given = visitor.call, visitor.pool, visitor.query
    id = tokens.digest(given.get("state", ""))
    found = sessions.find_session(call.store, pool.id, id, call.now)
    if found is None or found["challenge"] != "FEDERATION":
        raise Refused("Something went wrong: the sign-in is unknown or took too long.")
    if not hmac.compare_digest(found["browser"], tokens.digest(visitor.cookies.get(_COOKIE, ""))):
        raise Refused("Something went wrong: the sign-in was begun by another browser.")
    with call.transaction():
        if not sessions.drop_session(call.store, pool.id, id):
            raise Refused("Something went wrong: the sign-in is unknown or took too long.")
    visitor = replace(visitor, query=found["query"])
    wish = wish_of(visitor)
    wrong = problem(wish)
    if wrong:  # the client's settings have changed since
        return wish.back(error=wrong)
    if given.get("error") or not given.get("code"):
        code, said = given.get("error") or "invalid_request", given.get("error_description", "")
        return wish.back(error_description=said[:_LONGEST_SAID], error=code[:_LONGEST_SAID])
    asked = exchange.Asked(_back(visitor), found["nonce"], found["verifier"])
    return await _taken_in(visitor, wish, found["provider"], given["code"], asked)


async def _taken_in(visitor: Visitor, wish: Wish, name: str, code: str, asked: exchange.Asked) -> HttpResponse:
    call, pool = visitor.call, visitor.pool
    provider = next((each for each in offered(visitor, wish) if each.name == name), None)
    if provider is None:
        raise Refused(_GONE)
    try:
        claims = await exchange.person(call, provider, code, asked)
        user = await arrivals.enter(call, arrivals.arrival(pool, wish.client, provider, claims))
    except exchange.Failed as failed:
        measuring.told(call, pool.id, wish.client.id, "Federation", failed, provider.name)
        return wish.back(error_description=failed.said, error=failed.code)
    except AwsError as error:
        measuring.told(call, pool.id, wish.client.id, "Federation", error, provider.name)
        return wish.back(error_description=error.message or error.code, error="invalid_request")
    measuring.told(call, pool.id, wish.client.id, "Federation", None, provider.name)
    done = await grant(visitor, wish, user, call.now)
    done.cookies = (*done.cookies, visitor.sign_in(user))
    return done
