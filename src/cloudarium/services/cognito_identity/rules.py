"""The decisions of identity pools: what a pool may be, and which role and tags an identity gets. Pure: no store."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from cloudarium.services.cognito_identity import errors
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
POOLS = 1000
RULES = 25
MAPPING_PROVIDERS = 10
# What a guest's credentials allow at most in the enhanced flow, beside AmazonCognitoUnAuthedIdentitiesSessionPolicy.
# Source: https://docs.aws.amazon.com/cognito/latest/developerguide/iam-roles.html
GUEST_SERVICES = (
    "appsync", "cloudwatch", "codewhisperer", "cognito-identity", "cognito-idp", "cognito-sync", "comprehend",
    "dynamodb", "execute-api", "firehose", "gamelift", "iot", "kinesis", "lambda", "lex", "logs", "machinelearning",
    "mobileanalytics", "mobiletargeting", "personalize", "polly", "rekognition", "s3", "sdb", "ses", "sns", "sqs",
    "transcribe", "translate",
)  # fmt: skip
GUEST_ACTIONS = ("sagemaker:InvokeEndpoint", "textract:AnalyzeDocument", "textract:DetectDocumentText")
GUEST_POLICY = "arn:aws:iam::aws:policy/AmazonCognitoUnAuthedIdentitiesSessionPolicy"
DEFAULT_TAGS = {"username": "sub", "client": "aud"}
_USER_POOL = re.compile(r"cognito-idp\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/[\w-]+_[0-9A-Za-z]+")
_OIDC = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:oidc-provider/\S+")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\x21-\x7e]+")
_KINDS = ("authenticated", "unauthenticated")


# ---- pools -----------------------------------------------------------------------------------------------------------


def pool(given: Mapping[str, Any]) -> Data:
    """A pool's settings as they were given. Raises Invalid, or NotBuilt for providers that are not built."""
    if given.get("SupportedLoginProviders"):
        named = ", ".join(sorted(given["SupportedLoginProviders"]))[:200]
        raise NotBuilt(f"cognito-identity with logins of {named}")
    if given.get("SamlProviderARNs"):
        raise NotBuilt("cognito-identity with SamlProviderARNs")
    for provider in given.get("CognitoIdentityProviders") or ():
        if not _USER_POOL.fullmatch(provider.get("ProviderName", "")) or not provider.get("ClientId"):
            raise errors.Invalid("Invalid Cognito Identity Provider: a ProviderName and a ClientId are required.")
    for arn in given.get("OpenIdConnectProviderARNs") or ():
        if not _OIDC.fullmatch(arn):
            raise errors.Invalid(f"Invalid OpenIdConnect provider ARN: {arn}")
    data: Data = {
        "IdentityPoolName": given["IdentityPoolName"],
        "AllowUnauthenticatedIdentities": given["AllowUnauthenticatedIdentities"],
        "AllowClassicFlow": bool(given.get("AllowClassicFlow")),
    }
    for name in ("DeveloperProviderName", "OpenIdConnectProviderARNs", "CognitoIdentityProviders"):
        if given.get(name):
            data[name] = given[name]
    for provider in data.get("CognitoIdentityProviders", ()):
        provider.setdefault("ServerSideTokenCheck", False)
    return data


def roles(given: Mapping[str, Any]) -> Data:
    """A pool's roles and role mappings as they were given. Raises Invalid."""
    named, mappings = given["Roles"], given.get("RoleMappings") or {}
    for kind, arn in named.items():
        if kind not in _KINDS:
            raise errors.Invalid(f"Invalid role type '{kind}': it must be authenticated or unauthenticated.")
        _check_role(arn)
    for provider, mapping in mappings.items():
        _check_mapping(provider, mapping)
    return {"Roles": named, "RoleMappings": mappings}


def _check_role(arn: str) -> None:
    if not _ROLE.fullmatch(arn):
        raise errors.Invalid(f"Invalid role ARN: {arn}")


def _check_mapping(provider: str, mapping: Mapping[str, Any]) -> None:
    if not mapping.get("AmbiguousRoleResolution"):
        raise errors.Invalid(f"AmbiguousRoleResolution is required for the role mapping of {provider}.")
    listed = (mapping.get("RulesConfiguration") or {}).get("Rules")
    if mapping["Type"] == "Rules" and not listed:
        raise errors.Invalid(f"RulesConfiguration is required for the role mapping of {provider}.")
    if mapping["Type"] == "Token" and listed:
        raise errors.Invalid(f"RulesConfiguration is not allowed in the role mapping of {provider} by tokens.")
    for rule in listed or ():
        _check_role(rule["RoleARN"])


# ---- roles -----------------------------------------------------------------------------------------------------------


def guest_role(data: Data, custom: str | None) -> str:
    """The role of whoever did not sign in. Raises InvalidConfiguration when there is none."""
    if custom:
        raise errors.NotAuthorized("CustomRoleArn is not allowed for unauthenticated identities.")
    return _default(data, "unauthenticated")


def _default(data: Data, kind: str) -> str:
    found: str | None = data.get("Roles", {}).get(kind)
    if not found:
        raise errors.InvalidConfiguration
    return found


def mapped_role(data: Data, mapping: Data | None, claims: Data, custom: str | None) -> str:
    """The role of somebody with these claims by his provider's mapping; without one, the one for all who signed in.

    Raises NotAuthorized where a role is asked for that the claims do not give, or where they give none.
    Source: https://docs.aws.amazon.com/cognito/latest/developerguide/role-based-access-control.html
    """
    candidates, chosen = _candidates(mapping, claims) if mapping is not None else ([], None)
    if custom:
        if custom not in candidates:
            raise errors.NotAuthorized("The role that CustomRoleArn names is none of the identity's roles.")
        return custom
    if chosen is not None:
        return chosen
    if mapping is not None and mapping["AmbiguousRoleResolution"] == "Deny":
        raise errors.NotAuthorized("Access denied: the role of the identity cannot be determined.")
    return _default(data, "authenticated")


def _candidates(mapping: Data, claims: Data) -> tuple[list[str], str | None]:
    """(the roles that one may ask for, the one of those who do not ask)."""
    if mapping["Type"] == "Rules":
        found = [rule["RoleARN"] for rule in mapping["RulesConfiguration"]["Rules"] if _applies(rule, claims)]
        return found, found[0] if found else None
    found = _texts(claims.get("cognito:roles"))
    preferred = claims.get("cognito:preferred_role")
    if isinstance(preferred, str):
        return [*found, preferred], preferred
    return found, found[0] if len(found) == 1 else None


def _applies(rule: Data, claims: Data) -> bool:
    if rule["Claim"] not in claims:
        return False
    wanted, texts = rule["Value"], _texts(claims[rule["Claim"]])
    match rule["MatchType"]:
        case "Equals":
            return wanted in texts
        case "Contains":
            return any(wanted in text for text in texts)
        case "StartsWith":
            return any(text.startswith(wanted) for text in texts)
        case _:
            return wanted not in texts


def _texts(value: object) -> list[str]:
    """A claim as texts: one, or each of a list."""
    found = []
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, bool):
            found.append("true" if each else "false")
        elif isinstance(each, str | int | float):
            found.append(str(each))
    return found


# ---- tags ------------------------------------------------------------------------------------------------------------


def session_tags(mapping: Data | None, claims: Data) -> dict[str, str]:
    """The tags that somebody's session gets from his claims; a claim that he has not gives none."""
    if mapping is None:
        return {}
    names: Mapping[str, str] = DEFAULT_TAGS if mapping["UseDefaults"] else mapping["PrincipalTags"]
    values: dict[str, Sequence[str]] = {tag: _texts(claims.get(claim)) for tag, claim in names.items()}
    return {tag: texts[0] for tag, texts in values.items() if texts}


def own_tags(claims: Data) -> dict[str, str]:
    """The tags that a token of the developer's own carries already."""
    carried = claims.get("https://aws.amazon.com/tags")
    passed = carried.get("principal_tags") if isinstance(carried, dict) else None
    found = {tag: _texts(value) for tag, value in (passed or {}).items()}
    return {tag: texts[0] for tag, texts in found.items() if texts}
