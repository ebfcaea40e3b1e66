"""The settings of outside identity providers: what they must have, and what the claims of a person become. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson

from cloudarium.services.cognito_idp import errors
from cloudarium.services.cognito_idp.rules import attributes
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
SUBJECT = "Cognito_Subject"
OWN = "Cognito"
ENDPOINTS = {
    "authorize_url": "authorization_endpoint",
    "token_url": "token_endpoint",
    "attributes_url": "userinfo_endpoint",
    "jwks_uri": "jwks_uri",
}
_REQUIRED = ("client_id", "attributes_request_method", "authorize_scopes", "oidc_issuer")
_KNOWN = {*_REQUIRED, *ENDPOINTS, "client_secret", "attributes_url_add_attributes"}
# Their names are their types': a pool has one of each at most.
_SOCIAL = ("Facebook", "Google", "LoginWithAmazon", "SignInWithApple")
_RESERVED = ("COGNITO", "Cognito")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_LONGEST = 2048


def check_kind(name: str, kind: str) -> None:
    """Raise for a provider that AWS would not take by its name, or of a kind that is not built."""
    if (kind in _SOCIAL or name in _SOCIAL) and name != kind:
        raise errors.Invalid(f"Provider {name} cannot be of type {kind}.")
    if name in _RESERVED:
        raise errors.Invalid(f"Provider {name} cannot be of type {kind}.")
    if kind != "OIDC":
        raise NotBuilt(f"cognito-idp identity provider of type {kind}")


def details(given: Mapping[str, str]) -> Data:
    """The details of an OpenID Connect provider as they are kept. Raises Invalid."""
    unknown = sorted(given.keys() - _KNOWN)
    if unknown:
        raise errors.Invalid(f"Invalid provider detail keys: {', '.join(unknown)[:200]}")
    missing = [name for name in _REQUIRED if not given.get(name)]
    if missing:
        raise errors.Invalid(f"Missing required provider details: {', '.join(missing)}")
    if given["attributes_request_method"] not in ("GET", "POST"):
        raise errors.Invalid("attributes_request_method must be GET or POST.")
    if "openid" not in given["authorize_scopes"].split():
        raise errors.Invalid("authorize_scopes must include openid.")
    for name in ("oidc_issuer", *ENDPOINTS):
        if given.get(name):
            _check_url(name, given[name])
    return {**given, "attributes_url_add_attributes": "false"}  # AWS sets it, whatever is given


def _check_url(name: str, url: str) -> None:
    """Raise for what leads nowhere safe; http reaches a provider on this machine only."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    plain = parts.scheme == "http" and host in _LOOPBACK
    if not host or len(url) > _LONGEST or parts.fragment or not (parts.scheme == "https" or plain):
        raise errors.Invalid(f"{name} must be an https URL.")


def discovered(given: Mapping[str, str], found: Mapping[str, Any]) -> Data:
    """The details with the endpoints that the provider publishes, where none were given. Raises Invalid."""
    added: Data = {}
    for name, published in ENDPOINTS.items():
        if given.get(name):
            continue
        value = found.get(published)
        if not isinstance(value, str):
            raise errors.Invalid(f"The well-known endpoint of the issuer names no {published}.")
        _check_url(name, value)
        added[name] = value
    return {**given, **added}


def mapping(pool: Data, given: Mapping[str, str]) -> dict[str, str]:
    """Which attribute comes from which claim; the user name is the subject unless told otherwise."""
    known = attributes.by_name(pool["SchemaAttributes"])
    for name, claim in given.items():
        if name == "username":
            continue
        if name not in known or name == "sub":
            raise errors.Invalid(f"Invalid AttributeMapping. The attribute {name} does not exist in the user pool.")
        if not claim:
            raise errors.Invalid(f"Invalid AttributeMapping. The attribute {name} has no provider attribute.")
    return {"username": "sub", **given}


def identifiers(given: list[str], taken: Mapping[str, str], name: str) -> list[str]:
    """A provider's other names. Raises when one is named twice or another provider's."""
    if len(set(given)) != len(given):
        raise errors.Invalid("IdpIdentifiers must be unique.")
    for each in given:
        if taken.get(each, name) != name:
            raise errors.Duplicate(f"The identifier {each} is already in use by the identity provider {taken[each]}.")
    return given


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def mapped(pool: Data, wanted: Mapping[str, str], claims: Mapping[str, Any]) -> dict[str, str]:
    """The attributes of a person with these claims. Raises where the pool cannot have them."""
    found: dict[str, str] = {}
    for name, claim in wanted.items():
        value = claims.get(claim)
        if name == "username" or value is None:
            continue
        found[name] = value["formatted"] if claim == "address" and _formatted(value) else _text(value)
    attributes.check(pool, found)
    for kind in attributes.VERIFIABLE:  # AWS: an address is proved only if the provider says so, at each sign-in anew
        if kind in found:
            found.setdefault(f"{kind}_verified", "false")
    return found


def _formatted(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("formatted"), str)


def check_required(pool: Data, found: Mapping[str, str]) -> None:
    """Raise when a newcomer lacks what the pool demands."""
    wanted = [one["Name"] for one in pool["SchemaAttributes"] if one.get("Required") and one["Name"] != "sub"]
    missing = [name for name in wanted if not found.get(name)]
    if missing:
        raise errors.Invalid(f"attributes required: [{', '.join(missing)}]")


def check_writable(client: Data, names: Mapping[str, str]) -> None:
    """Raise when the client may not write what the provider says of a person.

    Source: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html
    """
    allowed = client.get("WriteAttributes")
    free = ("email_verified", "phone_number_verified")
    if allowed is not None and any(name not in allowed and name not in free for name in names):
        raise errors.NotAuthorized("A client attempted to write unauthorized attribute")


# ---- identities ------------------------------------------------------------------------------------------------------


def identity(provider: str, subject: str, primary: bool, now: float) -> Data:
    """One entry of a user's `identities`."""
    return {
        "userId": subject, "providerName": provider, "providerType": "OIDC", "issuer": None, "primary": primary,
        "dateCreated": int(now * 1000),
    }  # fmt: skip


def identities(text: str | None) -> list[Data]:
    """The entries of a user's attribute `identities`."""
    return orjson.loads(text) if text else []


def claimed(text: str) -> list[Data]:
    """A user's identities as an ID token says them: there every value is a text."""
    return [
        {**one, "primary": _text(one["primary"]), "dateCreated": str(one["dateCreated"])} for one in identities(text)
    ]
