"""STS's operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from cloudarium.gateway import denials
from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.policy.principal import ContextValue, Principal, RoleInfo
from cloudarium.services.sts import errors, records, resources, rules, web_identity
from cloudarium.services.sts.records import Session
from cloudarium.services.sts.web_identity import WebIdentity
from cloudarium.shared import arn as arns
from cloudarium.shared import clock, ids
from cloudarium.shared.errors import AccessDenied, AwsError
from cloudarium.shared.scope import Scope

_TOKEN_START, _TOKEN_CHARACTERS = "IQoJb3JpZ2luX2Vj", 356

# ---- who is it ------------------------------------------------------------------------------------------------------


@operation("GetCallerIdentity")
def get_caller_identity(call: Call) -> dict[str, Any]:
    """Who calls; nobody needs a permission for that."""
    principal = call.principal
    return {"UserId": principal.id, "Account": principal.account, "Arn": principal.arn}


@operation("GetAccessKeyInfo")
def get_access_key_info(call: Call) -> dict[str, Any]:
    """The account that an access key belongs to."""
    credential = call.cloud.directory.credential(call.input["AccessKeyId"])
    if credential is None:
        raise errors.ValidationError("The specified value for AccessKeyId is not valid.")
    return {"Account": credential.principal.account}


@operation("DecodeAuthorizationMessage")
def decode_authorization_message(call: Call) -> dict[str, Any]:
    """Why a call of the account was denied, from the message that its denial came with."""
    if not call.input["EncodedMessage"]:
        raise errors.ValidationError("EncodedMessage must not be empty")
    try:
        return {"DecodedMessage": denials.decoded(call, call.input["EncodedMessage"])}
    except ValueError as error:
        raise errors.InvalidAuthorizationMessage from error


# ---- roles ----------------------------------------------------------------------------------------------------------


@operation("AssumeRole", on=resources.role, refuses=("SerialNumber", "TokenCode", "ProvidedContexts"))
async def assume_role(call: Call) -> dict[str, Any]:
    """Temporary credentials of a role whose trust policy let the caller in (authorize has asked it)."""
    given, caller = call.input, call.principal
    rules.check_role_arn(given["RoleArn"])
    role: RoleInfo | None = call.cloud.directory.role(given["RoleArn"])
    if caller.kind == "root":
        raise errors.NotAuthorized("Roles may not be assumed by root accounts.")
    if caller.kind == "federated":
        raise errors.NotAuthorized("Cannot call AssumeRole with federation credentials")
    if role is None:
        asked = f"sts:AssumeRole on resource: {given['RoleArn']}"
        raise errors.NotAuthorized(f"User: {caller.arn} is not authorized to perform: {asked}")
    seconds = rules.role_session_seconds(given.get("DurationSeconds"), role.max_session, caller.kind == "role")
    policies, packed = await _session_policies(call, given.get("Tags"))
    tags, fixed = _carried(call)
    principal = Principal.session(
        role.arn,
        given["RoleSessionName"],
        role_id=role.id,
        session_policies=policies,
        tags=rules.over(role.tags, tags),
        session_context=fixed,
    )
    session = _issue(call, principal, seconds)
    answer: dict[str, Any] = {
        "Credentials": _credentials(session),
        "AssumedRoleUser": {"AssumedRoleId": principal.id, "Arn": principal.arn},
    }
    if packed is not None:
        answer["PackedPolicySize"] = packed
    if "aws:SourceIdentity" in fixed:
        answer["SourceIdentity"] = fixed["aws:SourceIdentity"]
    return answer


def _carried(call: Call) -> tuple[dict[str, str], dict[str, ContextValue]]:
    """(the session's tags, the condition keys it keeps): transitive tags and the source identity go along a chain."""
    given, caller = call.input, call.principal
    before: Mapping[str, ContextValue] = caller.session_context if caller.kind == "role" else {}
    transitive = _texts(before.get("sts:TransitiveTagKeys", ()))
    kept = {key.lower() for key in transitive}
    inherited = {key: value for key, value in caller.tags.items() if key.lower() in kept}
    tags = rules.session_tags(given.get("Tags"), inherited)
    fixed: dict[str, ContextValue] = {}
    keys = rules.transitive_keys(given.get("TransitiveTagKeys"), tags, transitive)
    if keys:
        fixed["sts:TransitiveTagKeys"] = keys
    source = _source_identity(given.get("SourceIdentity"), before.get("aws:SourceIdentity"))
    if source:
        fixed["aws:SourceIdentity"] = source
    if caller.kind == "service":
        fixed.update(resources.marks(call))
    return tags, fixed


def _texts(value: ContextValue) -> Sequence[str]:
    return (value,) if isinstance(value, str) else value


def _source_identity(asked: str | None, before: ContextValue | None) -> str:
    if before is not None and asked is not None and asked != before:
        raise errors.NotAuthorized("The source identity of a session cannot be changed when a role is chained.")
    return asked or str(before or "")


# ---- web identities -------------------------------------------------------------------------------------------------


@operation("AssumeRoleWithWebIdentity", on=resources.nothing_yet)
async def assume_role_with_web_identity(call: Call) -> dict[str, Any]:
    """Temporary credentials of a role for whom a token of an identity provider names; nobody signs this call."""
    given = call.input
    rules.check_role_arn(given["RoleArn"])
    account = web_identity.role_account(given["RoleArn"])
    call.scope = Scope(account, call.region)
    who = await web_identity.proved(call)
    call.principal = who.principal(account)
    tags = rules.session_tags(who.tags, {})
    keys = rules.transitive_keys(who.transitive, tags, ())
    role = _trusting(call, who, tags)
    seconds = rules.role_session_seconds(given.get("DurationSeconds"), role.max_session, False)
    policies, packed = await _session_policies(call, who.tags)
    fixed = {**who.kept, **({"sts:TransitiveTagKeys": keys} if keys else {})}
    if who.source_identity:
        fixed["aws:SourceIdentity"] = who.source_identity
    principal = Principal.session(
        role.arn,
        given["RoleSessionName"],
        role_id=role.id,
        session_policies=policies,
        tags={**role.tags, **tags},
        session_context=fixed,
    )
    answer: dict[str, Any] = {
        "Credentials": _credentials(_issue(call, principal, seconds)),
        "SubjectFromWebIdentityToken": who.subject,
        "AssumedRoleUser": {"AssumedRoleId": principal.id, "Arn": principal.arn},
        "Provider": who.provider.name,
        "Audience": who.audience,
    }
    if packed is not None:
        answer["PackedPolicySize"] = packed
    return {**answer, **({"SourceIdentity": who.source_identity} if who.source_identity else {})}


def _trusting(call: Call, who: WebIdentity, tags: Mapping[str, str]) -> RoleInfo:
    """The role, if its trust policy lets this identity in, with what its token carries; AWS says no more than no."""
    arn = call.input["RoleArn"]
    role: RoleInfo | None = call.cloud.directory.role(arn)
    refused = errors.NotAuthorized("Not authorized to perform sts:AssumeRoleWithWebIdentity")
    if role is None:
        raise refused
    try:
        for need in resources.web_identity(call, who, tags):
            call.require(need.action, arn, need.context)
    except AccessDenied:
        raise refused from None
    return role


# ---- users ----------------------------------------------------------------------------------------------------------


@operation("GetSessionToken", refuses=("SerialNumber", "TokenCode"))
def get_session_token(call: Call) -> dict[str, Any]:
    """Temporary credentials of the calling user himself."""
    caller = call.principal
    _long_term(call, "GetSessionToken")
    seconds = rules.user_session_seconds(call.input.get("DurationSeconds"), caller.kind == "root")
    return {"Credentials": _credentials(_issue(call, caller, seconds))}


@operation("GetFederationToken", on=resources.federated_user)
async def get_federation_token(call: Call) -> dict[str, Any]:
    """Temporary credentials of a user of somebody else's directory, below the calling user's permissions."""
    caller, name = call.principal, call.input["Name"]
    _long_term(call, "GetFederationToken")
    seconds = rules.user_session_seconds(call.input.get("DurationSeconds"), caller.kind == "root")
    policies, packed = await _session_policies(call, call.input.get("Tags"))
    principal = Principal(
        "federated",
        call.account,
        resources.federated_arn(call.account, name),
        id=f"{call.account}:{name}",
        name=name,
        role_arn=caller.arn,
        session_policies=policies,
        tags=rules.session_tags(call.input.get("Tags"), {}),
    )
    session = _issue(call, principal, seconds)
    user = {"FederatedUserId": principal.id, "Arn": principal.arn}
    return {"Credentials": _credentials(session), "FederatedUser": user, "PackedPolicySize": packed or 0}


def _long_term(call: Call, name: str) -> None:
    """Only who has keys of his own may ask: a user or the root, and not by temporary credentials."""
    if call.principal.kind not in ("user", "root") or call.principal.access_key_id.startswith("ASIA"):
        raise errors.NotAuthorized(f"Cannot call {name} with session credentials")


# ---- sessions -------------------------------------------------------------------------------------------------------


def _issue(call: Call, principal: Principal, seconds: int) -> Session:
    """Keep new credentials that make `principal` for so many seconds."""
    key, expires = "ASIA" + ids.upper(16), call.now + seconds
    made = {"aws:TokenIssueTime": clock.iso(call.now), "aws:MultiFactorAuthPresent": "false"}
    principal = replace(
        principal, access_key_id=key, expires=expires, session_context={**principal.session_context, **made}
    )
    length = max(_TOKEN_CHARACTERS, call.input.get("MinimumSessionTokenSize") or 0)
    token = _TOKEN_START + ids.token(length - len(_TOKEN_START))
    session = Session(key, ids.secret(40), token, expires, principal)
    with call.transaction():
        # A clock that is ahead may come back, to functions that still have these keys.
        records.add(call.store, session, min(call.now, call.cloud.clock.machine_now()))
    return session


def _credentials(session: Session) -> dict[str, Any]:
    return {
        "AccessKeyId": session.access_key,
        "SecretAccessKey": session.secret,
        "SessionToken": session.token,
        "Expiration": session.expires,
    }


async def _session_policies(call: Call, tags: Sequence[Mapping[str, str]] | None) -> tuple[tuple[str, ...], int | None]:
    """(the session policies' texts, how full they make the session); none of both when nothing is passed."""
    given = call.input
    policy, listed = given.get("Policy") or "", rules.policy_arns(given.get("PolicyArns"))
    passed = {tag.get("Key", ""): tag.get("Value", "") for tag in tags or ()}
    if not policy and not listed and not passed:
        return (), None
    if policy:
        rules.check_session_policy(policy)
    packed = rules.packed_percentage(policy, listed, passed)
    texts = [policy] if policy else []
    for arn in listed:
        texts.append(await _managed_policy(call, arn))
    return tuple(texts), packed


async def _managed_policy(call: Call, arn: str) -> str:
    """The text of a managed policy; the account itself reads it, whoever passes it."""
    target = call.input.get("RoleArn")
    owner = arns.parse(target) if target else None
    account = owner.account if owner is not None else call.account
    as_, scope = Principal.root(account), Scope(account, call.region)
    try:
        found = await call.send("iam", "GetPolicy", {"PolicyArn": arn}, as_=as_, scope=scope)
        version = {"PolicyArn": arn, "VersionId": found["Policy"]["DefaultVersionId"]}
        answer = await call.send("iam", "GetPolicyVersion", version, as_=as_, scope=scope)
    except AwsError:
        raise errors.ValidationError(f"ARN {arn} does not exist or is not attachable.") from None
    return unquote(answer["PolicyVersion"]["Document"])
