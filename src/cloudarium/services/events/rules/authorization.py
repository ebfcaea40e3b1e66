"""The credentials of connections: what each kind needs, what of them may be shown, and how their secret looks."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from cloudarium.services.events import errors

Data = dict[str, Any]
MEMBERS = {
    "BASIC": "BasicAuthParameters",
    "API_KEY": "ApiKeyAuthParameters",
    "OAUTH_CLIENT_CREDENTIALS": "OAuthParameters",
}
_SECRET = ("Password", "ApiKeyValue", "ClientSecret")
_LISTS = {
    "HeaderParameters": "header_parameters",
    "QueryStringParameters": "query_string_parameters",
    "BodyParameters": "body_parameters",
}


def check(kind: str, parameters: Data) -> None:
    """Raise ValidationException for parameters that are not those of the kind."""
    for name, member in MEMBERS.items():
        if (parameters.get(member) is not None) is not (name == kind):
            raise errors.Invalid(f"AuthParameters must hold {MEMBERS[kind]}, and no others, for {kind}.")
    if parameters.get("ConnectivityParameters") is not None:
        raise errors.Invalid("Private OAuth endpoints are not available.")
    oauth = parameters.get("OAuthParameters")
    if oauth is not None:
        check_endpoint("AuthorizationEndpoint", oauth["AuthorizationEndpoint"])


def check_endpoint(name: str, url: str) -> None:
    """Raise ValidationException for an endpoint that is not https; one of this machine may be plain http."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    near = host in ("localhost", "127.0.0.1", "::1") or (host or "").endswith(".localhost")
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and near)):
        raise errors.Invalid.parameter(name, "URL must be a valid HTTPS endpoint.")


def shown(parameters: Data) -> Data:
    """The parameters without what is secret."""
    found: Data = {}
    for name, value in parameters.items():
        if name in _SECRET or value is None:
            continue
        if isinstance(value, dict):
            found[name] = shown(value)
        elif isinstance(value, list):
            found[name] = [
                {key: each[key] for key in each if key != "Value" or not each.get("IsValueSecret")} for each in value
            ]
        else:
            found[name] = value
    return found


def as_secret(parameters: Data) -> Data:
    """The credentials as AWS writes them into a connection's secret."""
    found: Data = {}
    basic, key = parameters.get("BasicAuthParameters"), parameters.get("ApiKeyAuthParameters")
    oauth = parameters.get("OAuthParameters")
    if basic is not None:
        found = {"username": basic["Username"], "password": basic["Password"]}
    elif key is not None:
        found = {"api_key_name": key["ApiKeyName"], "api_key_value": key["ApiKeyValue"]}
    elif oauth is not None:
        client = oauth["ClientParameters"]
        found = {
            "client_id": client["ClientID"],
            "client_secret": client["ClientSecret"],
            "authorization_endpoint": oauth["AuthorizationEndpoint"],
            "http_method": oauth["HttpMethod"],
        }
        if oauth.get("OAuthHttpParameters") is not None:
            found["oauth_http_parameters"] = _lists(oauth["OAuthHttpParameters"])
    if parameters.get("InvocationHttpParameters") is not None:
        found["invocation_http_parameters"] = _lists(parameters["InvocationHttpParameters"])
    return found


def _lists(given: Data) -> Data:
    return {
        name: [
            {"key": each.get("Key"), "value": each.get("Value"), "is_value_secret": bool(each.get("IsValueSecret"))}
            for each in given[member]
        ]
        for member, name in _LISTS.items()
        if given.get(member) is not None
    }


def from_secret(kind: str, secret: Data) -> Data:
    """The parameters that a secret was written from."""
    found: Data = {}
    if kind == "BASIC":
        found["BasicAuthParameters"] = {"Username": secret.get("username"), "Password": secret.get("password")}
    elif kind == "API_KEY":
        found["ApiKeyAuthParameters"] = {
            "ApiKeyName": secret.get("api_key_name"),
            "ApiKeyValue": secret.get("api_key_value"),
        }
    else:
        found["OAuthParameters"] = {
            "ClientParameters": {"ClientID": secret.get("client_id"), "ClientSecret": secret.get("client_secret")},
            "AuthorizationEndpoint": secret.get("authorization_endpoint"),
            "HttpMethod": secret.get("http_method"),
        }
        if "oauth_http_parameters" in secret:
            found["OAuthParameters"]["OAuthHttpParameters"] = _members(secret["oauth_http_parameters"])
    if "invocation_http_parameters" in secret:
        found["InvocationHttpParameters"] = _members(secret["invocation_http_parameters"])
    return found


def _members(given: Data) -> Data:
    return {
        member: [
            {"Key": each.get("key"), "Value": each.get("value"), "IsValueSecret": bool(each.get("is_value_secret"))}
            for each in given[name]
        ]
        for member, name in _LISTS.items()
        if name in given
    }


def parameters_of(http: Data | None, name: str) -> list[tuple[str, str]]:
    """The parameters of one kind (header, query_string, body) in a part of a secret."""
    return [(each.get("key") or "", each.get("value") or "") for each in (http or {}).get(f"{name}_parameters", ())]
