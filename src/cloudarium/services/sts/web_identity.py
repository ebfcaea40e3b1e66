"""Web identities: whom an OpenID Connect token names, proved, and what its claims mean to a role's trust policy.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from cloudarium.gateway import issuers
from cloudarium.gateway.call import Call
from cloudarium.policy.principal import ContextValue, Principal
from cloudarium.services.sts import errors
from cloudarium.shared import arn as arns
from cloudarium.shared.errors import AwsError, NotBuilt
from cloudarium.shared.scope import Scope

Data = dict[str, Any]
COGNITO = "cognito-identity.amazonaws.com"
_TAGS, _SOURCE_IDENTITY = "https://aws.amazon.com/tags", "https://aws.amazon.com/source_identity"
_MOST_SECONDS_AHEAD = 300  # how far an issuer's clock may be ahead
_NO_KEY = (
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity "
    "documentation for requirements"
)


class Provider(NamedTuple):
    """Who vouches for a token: its name in policies and answers, whose tokens it vouches for, how it is recognised."""

    name: str
    url: str
    clients: list[str] | None
    thumbprints: list[str]


class WebIdentity(NamedTuple):
    """A person or program that a provider vouches for."""

    provider: Provider
    subject: str
    audience: str
    claims: Data

    @property
    def conditions(self) -> dict[str, ContextValue]:
        """The condition keys that the token's claims give, each below the provider's URL."""
        claims, url = self.claims, self.provider.url
        found: dict[str, ContextValue] = {f"{url}:aud": self.audience, f"{url}:sub": self.subject}
        if "azp" in claims:
            found[f"{url}:oaud"] = _texts(claims.get("aud"))
        if _texts(claims.get("amr")):
            found[f"{url}:amr"] = _texts(claims["amr"])
        if isinstance(claims.get("email"), str):
            found[f"{url}:email"] = claims["email"]
        return found

    @property
    def kept(self) -> dict[str, ContextValue]:
        """The keys that stay with the session: of OpenID Connect only Cognito's do."""
        own = self.conditions if self.provider.name == COGNITO else {}
        return {"aws:FederatedProvider": self.provider.name, **own}

    @property
    def tags(self) -> list[dict[str, str]]:
        """The session tags that the token carries."""
        passed = _mapping(_mapping(self.claims.get(_TAGS)).get("principal_tags"))
        return [{"Key": key, "Value": text} for key, value in passed.items() for text in _texts(value)[:1]]

    @property
    def transitive(self) -> list[str]:
        """The keys of those tags that go along to further roles."""
        return _texts(_mapping(self.claims.get(_TAGS)).get("transitive_tag_keys"))

    @property
    def source_identity(self) -> str:
        """The source identity that the token carries, "" for none."""
        given = self.claims.get(_SOURCE_IDENTITY)
        return given if isinstance(given, str) else ""

    def principal(self, account: str) -> Principal:
        """Who asks to become a role of that account."""
        name = self.provider.name
        return Principal("federated", account, name, id=f"{name}:{self.audience}:{self.subject}", name=name)


def _texts(value: object) -> list[str]:
    return [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


async def proved(call: Call) -> WebIdentity:
    """Whom the call's token names. Raises unless its issuer signed it, for this account, and it holds now."""
    if call.input.get("ProviderId"):
        raise NotBuilt(f"sts:AssumeRoleWithWebIdentity with access tokens of {call.input['ProviderId'][:100]}")
    try:
        token = issuers.read(call.input["WebIdentityToken"])
    except issuers.Malformed:
        raise errors.InvalidIdentityToken(
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
        ) from None
    for name in ("iss", "sub", "aud", "exp", "iat"):
        if name not in token.claims:
            raise errors.InvalidIdentityToken(f"Missing a required claim: {name}")
    provider = await _provider(call, token.claims["iss"])
    claims = await _claims(call, token, provider)
    audience = _audience(claims, provider)
    _check_times(claims, call.now)
    if not isinstance(claims["sub"], str) or not claims["sub"]:
        raise errors.InvalidIdentityToken("Missing a required claim: sub")
    return WebIdentity(provider, claims["sub"], audience, claims)


async def _provider(call: Call, issuer: object) -> Provider:
    """The provider that the role's account trusts for this issuer; identity pools need no registration."""
    url = issuer.removeprefix("https://") if isinstance(issuer, str) else ""
    if not isinstance(issuer, str) or not issuer.startswith("https://"):
        raise errors.InvalidIdentityToken("Issuer must be a valid URL")
    if url == COGNITO:
        return Provider(COGNITO, url, None, [])
    account = call.account
    arn = f"arn:aws:iam::{account}:oidc-provider/{url}"
    try:
        found = await call.send(
            "iam",
            "GetOpenIDConnectProvider",
            {"OpenIDConnectProviderArn": arn},
            as_=Principal.root(account),
            scope=Scope(account, call.region),
        )
    except AwsError:
        message = f"No OpenIDConnect provider found in your account for {issuer[:1000]}"
        raise errors.InvalidIdentityToken(message) from None
    return Provider(arn, url, found["ClientIDList"], found["ThumbprintList"])


async def _claims(call: Call, token: issuers.Token, provider: Provider) -> Data:
    try:
        issuer = f"https://{provider.url}"
        return await issuers.prove(call.cloud, token, issuer, issuers.RSA_AND_EC, provider.thumbprints)
    except issuers.Unreachable:
        raise errors.IdpCommunicationError from None
    except issuers.WrongSignature:
        raise errors.InvalidIdentityToken("The ID Token's signature is not valid") from None
    except issuers.UnsupportedAlgorithm:
        raise errors.InvalidIdentityToken("Token signing algorithm or key is not supported") from None
    except issuers.Unproved:
        raise errors.InvalidIdentityToken(_NO_KEY) from None


def _audience(claims: Data, provider: Provider) -> str:
    """Whom the token was made for: who asked for it (azp) where it says so."""
    named = _texts(claims.get("azp", claims.get("aud")))
    wanted = [text for text in named if provider.clients is None or text in provider.clients]
    if not wanted:
        raise errors.InvalidIdentityToken("Incorrect token audience")
    return wanted[0]


def _check_times(claims: Data, now: float) -> None:
    expires, current = claims["exp"], int(now)
    if not _is_time(expires):
        raise errors.InvalidIdentityToken("Missing a required claim: exp")
    if expires <= now:
        raise errors.ExpiredIdentityToken(
            f"Token expired: current date/time {current} must be before the expiration date/time {int(expires)}"
        )
    for name in ("nbf", "iat"):
        start: Any = claims.get(name, 0)
        if not _is_time(start) or start > now + _MOST_SECONDS_AHEAD:
            raise errors.InvalidIdentityToken(f"Token is not valid yet: current date/time {current} is before {name}")


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12


def role_account(arn: object) -> str:
    """The account of a role's ARN, "" when it is none."""
    parsed = arns.parse(arn)
    return parsed.account if parsed is not None else ""
