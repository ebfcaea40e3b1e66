"""After the first proof: what still has to be answered, and then the tokens."""

from __future__ import annotations

from typing import Any

import orjson

from cloudarium.services.cognito_idp import errors, people, tokens, triggers
from cloudarium.services.cognito_idp.records import users
from cloudarium.services.cognito_idp.records.users import User
from cloudarium.services.cognito_idp.rules import attributes
from cloudarium.services.cognito_idp.signin import factors
from cloudarium.services.cognito_idp.signin.visit import Visit
from cloudarium.services.cognito_idp.tokens import Overrides, SignIn
from cloudarium.shared import ids

Data = dict[str, Any]
_V2 = ("V2_0", "V3_0")


def check_may_enter(visit: Visit, user: User) -> None:
    """Raise for users who may not come in although they know the password."""
    if not user.enabled:
        raise errors.NotAuthorized("User is disabled.")
    if user.status == "UNCONFIRMED":
        raise errors.NotConfirmed
    if user.status == "RESET_REQUIRED":
        raise errors.ResetRequired
    until = user.data.get("until")
    if user.status == "FORCE_CHANGE_PASSWORD" and until is not None and until <= visit.call.now:
        raise errors.NotAuthorized("Temporary password has expired and must be reset by an administrator.")


async def proceed(visit: Visit, user: User, source: str = "Authentication", proved: str = "") -> Data:
    """The next challenge for a user who has given a first proof, or the tokens; a `proved` address is none anew."""
    if user.status == "FORCE_CHANGE_PASSWORD":
        return _new_password(visit, user)
    kinds = [kind for kind in factors.asked(visit.pool, user) if not proved or factors.ADDRESSES.get(kind) != proved]
    if len(kinds) > 1:
        parameters = {"MFAS_CAN_CHOOSE": orjson.dumps(kinds).decode(), "USER_ID_FOR_SRP": user.username}
        return challenge("SELECT_MFA_TYPE", visit.begin(user, "SELECT_MFA_TYPE", source=source), parameters)
    if kinds:
        return await second_factor(visit, user, kinds[0], source)
    if visit.pool.data["MfaConfiguration"] == "ON" and not proved:
        can = [kind for kind in factors.offered(visit.pool) if kind != factors.SMS]
        parameters = {"MFAS_CAN_SETUP": orjson.dumps(can).decode(), "USER_ID_FOR_SRP": user.username}
        return challenge("MFA_SETUP", visit.begin(user, "MFA_SETUP", source=source), parameters)
    return await admit(visit, user, source)


async def second_factor(visit: Visit, user: User, kind: str, source: str) -> Data:
    """Ask for a second factor."""
    if kind != factors.APP:
        from cloudarium.services.cognito_idp.signin import onetime  # which comes back here afterwards

        return await onetime.ask(visit, user, kind, source)
    parameters = {"USER_ID_FOR_SRP": user.username}
    if user.data.get("device_name"):
        parameters["FRIENDLY_DEVICE_NAME"] = user.data["device_name"]
    return challenge(kind, visit.begin(user, kind, source=source), parameters)


def challenge(name: str, session: str | None, parameters: dict[str, str]) -> Data:
    """The answer that asks for more."""
    return {
        "ChallengeName": name, "ChallengeParameters": parameters, **({"Session": session} if session else {})
    }  # fmt: skip


def _new_password(visit: Visit, user: User) -> Data:
    missing = [
        f"userAttributes.{one['Name']}"
        for one in visit.pool.data["SchemaAttributes"]
        if one.get("Required") and not user.attributes.get(one["Name"])
    ]
    seen = attributes.readable(visit.client.data, {key: it for key, it in user.attributes.items() if key != "sub"})
    parameters = {
        "USER_ID_FOR_SRP": user.username,
        "requiredAttributes": orjson.dumps(missing).decode(),
        "userAttributes": orjson.dumps(seen).decode(),
    }
    return challenge("NEW_PASSWORD_REQUIRED", visit.begin(user, "NEW_PASSWORD_REQUIRED"), parameters)


async def admit(visit: Visit, user: User, source: str) -> Data:
    """Tokens for a user who has proved everything."""
    call, pool, client = visit.call, visit.pool, visit.client
    await triggers.notify(call, pool, "PostAuthentication", "Authentication", user, client.id, newDeviceUsed=False)
    if visit.by_page:
        return {"User": user.key, "Sub": user.sub}
    sign_in = SignIn(user, ids.uuid(), call.now)
    overrides = await before_tokens(visit, sign_in, source)
    with call.transaction():
        current = people.again(call, user)
        sign_in = sign_in._replace(user=current)
        result = tokens.made(call, pool, client, sign_in, overrides)
        result["RefreshToken"] = tokens.fresh(call, pool, client, sign_in)
    return {"AuthenticationResult": result, "ChallengeParameters": {}}


# ---- the PreTokenGeneration trigger ------------------------------------------------------------------------------


async def before_tokens(visit: Visit, sign_in: SignIn, source: str) -> Overrides:
    """What the pool's function wants the tokens to be."""
    config = visit.pool.data["LambdaConfig"]
    trigger = "PreTokenGenerationConfig" if "PreTokenGenerationConfig" in config else "PreTokenGeneration"
    if not triggers.has(visit.pool, trigger):
        return Overrides()
    version = config[trigger]["LambdaVersion"] if trigger.endswith("Config") else "V1_0"
    groups = [group.data.get("RoleArn") for group in users.groups_of(visit.call.store, sign_in.user)]
    claims = tokens.group_claims(visit.call, sign_in.user)
    request: Data = {
        "userAttributes": triggers.shown(sign_in.user),
        "groupConfiguration": {
            "groupsToOverride": claims.get("cognito:groups", []),
            "iamRolesToOverride": [role for role in groups if role],
            "preferredRole": claims.get("cognito:preferred_role"),
        },
        **triggers.metadata(visit.call),
    }
    if version in _V2:
        request["scopes"] = list(sign_in.scopes)
        response: Data = {"claimsAndScopeOverrideDetails": None}
    else:
        response = {"claimsOverrideDetails": None}
    said = await triggers.run(
        visit.call, visit.pool, trigger, f"TokenGeneration_{source}", sign_in.user.username, visit.client.id, request,
        response, {"V1_0": "1", "V2_0": "2", "V3_0": "3"}[version],
    )  # fmt: skip
    return _second(said, sign_in.scopes) if version in _V2 else _first(said)


async def before_machine_token(visit: Visit, scopes: tuple[str, ...]) -> Overrides:
    """What the pool's function wants the token of a client itself to be; only the third version is asked."""
    name = "PreTokenGenerationConfig"
    if not triggers.has(visit.pool, name) or visit.pool.data["LambdaConfig"][name]["LambdaVersion"] != "V3_0":
        return Overrides()
    groups: Data = {"groupsToOverride": [], "iamRolesToOverride": [], "preferredRole": None}
    request = {"userAttributes": {}, "groupConfiguration": groups, "scopes": list(scopes)}
    said = await triggers.run(
        visit.call, visit.pool, name, "TokenGeneration_ClientCredentials", None, visit.client.id, request,
        {"claimsAndScopeOverrideDetails": None}, "3",
    )  # fmt: skip
    return _second(said, scopes)


def _mapping(value: Any) -> Data:
    return value if isinstance(value, dict) else {}


def _names(value: Any) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list) else ()


def _groups(details: Data) -> Data | None:
    given = details.get("groupOverrideDetails")
    if not isinstance(given, dict) or not given:
        return None
    found: Data = {"cognito:groups": list(_names(given.get("groupsToOverride")))}
    if given.get("iamRolesToOverride"):
        found["cognito:roles"] = list(_names(given["iamRolesToOverride"]))
    if given.get("preferredRole"):
        found["cognito:preferred_role"] = str(given["preferredRole"])
    return found


def _first(said: Data) -> Overrides:
    details = _mapping(said.get("claimsOverrideDetails"))
    added = {str(name): str(value) for name, value in _mapping(details.get("claimsToAddOrOverride")).items()}
    return Overrides(added, {}, _names(details.get("claimsToSuppress")), groups=_groups(details))


def _second(said: Data, before: tuple[str, ...]) -> Overrides:
    details = _mapping(said.get("claimsAndScopeOverrideDetails"))
    identity, access = _mapping(details.get("idTokenGeneration")), _mapping(details.get("accessTokenGeneration"))
    scopes = [scope for scope in before if scope not in _names(access.get("scopesToSuppress"))]
    scopes += [scope for scope in _names(access.get("scopesToAdd")) if " " not in scope and scope not in scopes]
    more, also = (_mapping(each.get("claimsToAddOrOverride")) for each in (identity, access))
    removed = _names(identity.get("claimsToSuppress")), _names(access.get("claimsToSuppress"))
    return Overrides(more, also, removed[0], removed[1], tuple(scopes), _groups(details))
