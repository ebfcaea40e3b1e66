"""The settings of app clients: defaults, and what does not go together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from cloudarium.services.cognito_idp import errors
from cloudarium.services.cognito_idp.rules import attributes
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
CHANGEABLE = (
    "ClientName", "RefreshTokenValidity", "AccessTokenValidity", "IdTokenValidity", "TokenValidityUnits",
    "ReadAttributes", "WriteAttributes", "ExplicitAuthFlows", "SupportedIdentityProviders", "CallbackURLs",
    "LogoutURLs", "DefaultRedirectURI", "AllowedOAuthFlows", "AllowedOAuthScopes", "AllowedOAuthFlowsUserPoolClient",
    "PreventUserExistenceErrors", "EnableTokenRevocation", "EnablePropagateAdditionalUserContextData",
    "AuthSessionValidity", "RefreshTokenRotation",
)  # fmt: skip
_UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
_DEFAULT_UNITS = {"AccessToken": "hours", "IdToken": "hours", "RefreshToken": "days"}
_FLOWS = ("ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH")
_OLD_FLOWS = ("ADMIN_NO_SRP_AUTH", "CUSTOM_AUTH_FLOW_ONLY", "USER_PASSWORD_AUTH")
_SCOPES = ("phone", "email", "openid", "profile", "aws.cognito.signin.user.admin")
DAY = 86400


def settings(pool: Data, given: Mapping[str, Any], servers: Mapping[str, set[str]]) -> Data:
    """A client's settings: what is not given has its default, at an update too."""
    data: Data = {name: given[name] for name in CHANGEABLE if given.get(name) is not None}
    data["RefreshTokenValidity"] = data.get("RefreshTokenValidity") or 30
    data.setdefault("EnableTokenRevocation", True)
    data.setdefault("EnablePropagateAdditionalUserContextData", False)
    data.setdefault("AuthSessionValidity", 3)
    data.setdefault("AllowedOAuthFlowsUserPoolClient", False)
    data.setdefault("PreventUserExistenceErrors", "LEGACY")
    data.setdefault("ExplicitAuthFlows", list(_FLOWS))
    if "TokenValidityUnits" not in data:
        data["TokenValidityUnits"] = {}
    _check_flows(data)
    _check_lives(data)
    _check_attributes(pool, data)
    _check_oauth(data, servers)
    return data


def check_providers(pool: str, data: Data, known: Collection[str]) -> None:
    """Raise when a client's people shall come by a provider that its pool has not."""
    for name in data.get("SupportedIdentityProviders", ()):
        if name != "COGNITO" and name not in known:
            raise errors.Invalid(f"The provider {name} does not exist for User Pool {pool}")


def life(client: Data, token: str) -> int:
    """How many seconds a token of a kind (AccessToken, IdToken, RefreshToken) lives."""
    default = 30 if token == "RefreshToken" else 1
    unit = client.get("TokenValidityUnits", {}).get(token) or _DEFAULT_UNITS[token]
    return (client.get(f"{token}Validity") or default) * _UNITS[unit]


def allows(client: Data, flow: str) -> bool:
    """Whether the client may use an authentication flow."""
    flows = client["ExplicitAuthFlows"]
    if flow in ("ADMIN_NO_SRP_AUTH", "ADMIN_USER_PASSWORD_AUTH"):
        return "ADMIN_NO_SRP_AUTH" in flows or "ALLOW_ADMIN_USER_PASSWORD_AUTH" in flows
    if any(old in flows for old in _OLD_FLOWS):
        if flow == "USER_SRP_AUTH":
            return "CUSTOM_AUTH_FLOW_ONLY" not in flows
        return flow in flows or flow in ("REFRESH_TOKEN_AUTH", "CUSTOM_AUTH")
    return f"ALLOW_{flow}" in flows


def _check_flows(data: Data) -> None:
    flows = data["ExplicitAuthFlows"]
    for flow in flows:
        if flow.startswith("ALLOW_TOKEN_EXCHANGE"):
            raise NotBuilt(f"cognito-idp flow {flow}")
    if any(flow in _OLD_FLOWS for flow in flows) and any(flow not in _OLD_FLOWS for flow in flows):
        raise errors.Invalid("Can't specify legacy auth flows and new auth flows at the same time.")
    rotation = data.get("RefreshTokenRotation", {}).get("Feature") == "ENABLED"
    if rotation and "ALLOW_REFRESH_TOKEN_AUTH" in flows:
        raise errors.Invalid("Cannot enable refresh token rotation when ALLOW_REFRESH_TOKEN_AUTH is an auth flow.")


def _check_lives(data: Data) -> None:
    refresh = life(data, "RefreshToken")
    if not 3600 <= refresh <= 3650 * DAY:
        raise errors.Invalid("Invalid range for token validity.")
    for token in ("AccessToken", "IdToken"):
        if not 300 <= life(data, token) <= DAY:
            raise errors.Invalid("Invalid range for token validity.")
        if life(data, token) > refresh:
            said = "Access Token" if token == "AccessToken" else "ID Token"
            raise errors.Invalid(f"{said} validity must not be greater than Refresh Token validity.")


def _check_attributes(pool: Data, data: Data) -> None:
    known = attributes.by_name(pool["SchemaAttributes"])
    for member in ("ReadAttributes", "WriteAttributes"):
        for name in data.get(member, ()):
            if name not in known or (member == "WriteAttributes" and name in ("sub", "email_verified")):
                said = "read" if member == "ReadAttributes" else "write"
                raise errors.Invalid(f"Invalid {said} attributes specified while creating a client")


def _check_oauth(data: Data, servers: Mapping[str, set[str]]) -> None:
    flows, urls = data.get("AllowedOAuthFlows", []), data.get("CallbackURLs", [])
    if data["AllowedOAuthFlowsUserPoolClient"] and flows and "client_credentials" not in flows and not urls:
        raise errors.Invalid("CallbackURLs must be given for the flows code and implicit.", code=_OAUTH)
    if "client_credentials" in flows and len(flows) > 1:
        raise errors.Invalid(
            "client_credentials flow can not be selected along with code flow or implicit flow.", code=_OAUTH
        )
    for scope in data.get("AllowedOAuthScopes", ()):
        server, _, name = scope.rpartition("/")
        if scope not in _SCOPES and name not in servers.get(server, ()):
            raise errors.Invalid(f"Invalid scope requested: {scope}", code="ScopeDoesNotExistException")
    for url in [*urls, *data.get("LogoutURLs", ())]:
        parts = urlsplit(url)
        if parts.fragment or not parts.scheme:
            raise errors.Invalid(f"{url} cannot be used as a redirect URI.", code=_OAUTH)
        if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise errors.Invalid(f"{url} cannot use the HTTP protocol.", code=_OAUTH)
    default = data.get("DefaultRedirectURI")
    if default and default not in urls:
        raise errors.Invalid("DefaultRedirectURI must be in the list of CallbackURLs.", code=_OAUTH)


_OAUTH = "InvalidOAuthFlowException"
