"""What STS's calls touch: roles, federated users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import Need
from cloudarium.services.sts.web_identity import WebIdentity


def role(call: Call) -> list[Need]:
    """The role to assume; tags and a source identity need permissions of their own, inherited ones as well."""
    arn = call.input.get("RoleArn") or "*"
    needs = [Need("sts:AssumeRole", arn)]
    if call.input.get("Tags") or call.principal.session_context.get("sts:TransitiveTagKeys"):
        needs.append(Need("sts:TagSession", arn))
    if call.input.get("SourceIdentity") or "aws:SourceIdentity" in call.principal.session_context:
        needs.append(Need("sts:SetSourceIdentity", arn))
    return needs


def nothing_yet(call: Call) -> list[Need]:
    """Nothing, until a token has told who calls: then the handler asks the role's trust policy."""
    return []


def web_identity(call: Call, who: WebIdentity, tags: Mapping[str, str]) -> list[Need]:
    """The role that a web identity asks for; tags and a source identity in its token need permissions of their own."""
    arn = call.input["RoleArn"]
    keys: dict[str, Any] = {**who.conditions, "aws:FederatedProvider": who.provider.name}
    if tags:
        keys["aws:TagKeys"] = list(tags)
        keys.update({f"aws:RequestTag/{key}": value for key, value in tags.items()})
    if who.transitive:
        keys["sts:TransitiveTagKeys"] = who.transitive
    if who.source_identity:
        keys["sts:SourceIdentity"] = who.source_identity
    needs = [Need("sts:AssumeRoleWithWebIdentity", arn, keys)]
    if tags:
        needs.append(Need("sts:TagSession", arn, keys))
    if who.source_identity:
        needs.append(Need("sts:SetSourceIdentity", arn, keys))
    return needs


def federated_user(call: Call) -> list[Need]:
    """The federated user that a call makes."""
    arn = federated_arn(call.account, call.input.get("Name") or "*")
    needs = [Need("sts:GetFederationToken", arn)]
    if call.input.get("Tags"):
        needs.append(Need("sts:TagSession", arn))
    return needs


def federated_arn(account: str, name: str) -> str:
    """The ARN of a federated user."""
    return f"arn:aws:sts::{account}:federated-user/{name}"


def conditions(call: Call) -> dict[str, Any]:
    """STS's own condition keys."""
    given = call.input
    found: dict[str, Any] = {}
    for key, member in (
        ("sts:ExternalId", "ExternalId"),
        ("sts:RoleSessionName", "RoleSessionName"),
        ("sts:TransitiveTagKeys", "TransitiveTagKeys"),
    ):
        if given.get(member):
            found[key] = given[member]
    source = given.get("SourceIdentity") or call.principal.session_context.get("aws:SourceIdentity")
    if source:
        found["sts:SourceIdentity"] = source
    if given.get("DurationSeconds") is not None:
        found["sts:DurationSeconds"] = str(given["DurationSeconds"])
    return found


def marks(call: Call) -> dict[str, Any]:
    """The keys of its own that a service leaves on the session that it makes, such as lambda:SourceFunctionArn."""
    own = call.principal.name.partition(".")[0] + ":"
    return {key: value for key, value in call.context.items() if key.startswith(own)}
