"""The second factor: authenticator apps, and which pools ask for them."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cognito_idp import errors, guard, people, resources, tokens
from cloudarium.services.cognito_idp.lookup import pool_of
from cloudarium.services.cognito_idp.records import pools, sessions, users
from cloudarium.services.cognito_idp.records.pools import Pool
from cloudarium.services.cognito_idp.records.users import User
from cloudarium.services.cognito_idp.rules import totp
from cloudarium.shared import ids
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
_MINUTE = 60.0
_OTHERS = ("SMSMfaSettings", "EmailMfaSettings", "WebAuthnMfaSettings")


def _shown(pool: Pool) -> Data:
    found: Data = {"MfaConfiguration": pool.data["MfaConfiguration"]}
    if pool.data.get("_software_token"):
        found["SoftwareTokenMfaConfiguration"] = {"Enabled": True}
    return found


@operation(
    "SetUserPoolMfaConfig",
    on=resources.pool,
    refuses=("SmsMfaConfiguration", "EmailMfaConfiguration", "WebAuthnConfiguration"),
)
def set_user_pool_mfa_config(call: Call) -> Data:
    """Say whether a pool asks for a second factor, and that it may be an app."""
    pool = pool_of(call)
    mode = call.input.get("MfaConfiguration") or "OFF"
    software = bool((call.input.get("SoftwareTokenMfaConfiguration") or {}).get("Enabled"))
    if mode != "OFF" and not software:
        raise errors.Invalid("Invalid MFA configuration given, can't disable all MFAs with MFA turned on.")
    if mode == "OFF" and software:
        raise errors.Invalid("Invalid MFA configuration given, can't turn off MFA and configure an MFA together.")
    changed = {**pool.data, "MfaConfiguration": mode, "_software_token": software, "LastModifiedDate": call.now}
    pools.put(call.store, pool._replace(data=changed))
    return _shown(pool._replace(data=changed))


@operation("GetUserPoolMfaConfig", on=resources.pool)
def get_user_pool_mfa_config(call: Call) -> Data:
    """Whether a pool asks for a second factor."""
    return _shown(pool_of(call))


def _by_session(call: Call, *challenges: str) -> tuple[Pool, User, Data]:
    """The user of a sign-in that has to set up its app."""
    id = tokens.digest(call.input["Session"])
    found = sessions.find_session_anywhere(call.store, id, call.now)
    pool = pools.find(call.store, found[0]) if found is not None else None
    if found is None or pool is None or found[1]["challenge"] not in challenges:
        raise errors.NotAuthorized.session()
    user = users.find(call.store, pool.id, found[1]["user"])
    if user is None or user.sub != found[1]["sub"]:
        raise errors.NotAuthorized.session()
    call.scope = pool.scope
    return pool, user, found[1]


def _who(call: Call, *challenges: str) -> tuple[Pool, User, Data | None]:
    if call.input.get("AccessToken"):
        found = tokens.bearer(call)
        return found.pool, found.user, None
    if not call.input.get("Session"):
        raise errors.Invalid("Either an access token or a session must be given.")
    return _by_session(call, *challenges)


def _new_session(call: Call, pool: Pool, data: Data, challenge: str) -> str:
    token = f"AYAB{ids.token(900)}"
    sessions.drop_session(call.store, pool.id, tokens.digest(call.input["Session"]))
    fresh = {**data, "challenge": challenge}
    until = call.now + 3 * _MINUTE
    sessions.put_session(call.store, pool.id, tokens.digest(token), until, fresh, call.now)
    return token


@operation("AssociateSoftwareToken")
def associate_software_token(call: Call) -> Data:
    """A secret for an authenticator app, which counts once a code of it was shown."""
    pool, user, session = _who(call, "MFA_SETUP")
    secret = totp.new_secret()
    people.save(call, pool, user.with_data(totp_pending=secret))
    again = {"Session": _new_session(call, pool, session, "MFA_SETUP")} if session is not None else {}
    return {"SecretCode": secret, **again}


@operation("VerifySoftwareToken")
async def verify_software_token(call: Call) -> Data:
    """Prove an authenticator app by a code of it."""
    pool, user, session = _who(call, "MFA_SETUP")
    secret = user.data.get("totp_pending")
    if secret is None:
        raise errors.Invalid("No software token was associated.")
    guard.check_not_locked(call, user)
    step = totp.matched_step(secret, call.input["UserCode"], call.now, 0)
    if step is None:
        guard.failed(call, user)
        raise errors.EnableSoftwareToken
    changed = user.with_data(
        totp=secret, totp_pending=None, totp_used=step, device_name=call.input.get("FriendlyDeviceName") or ""
    )
    with call.transaction():
        if session is not None:
            changed = changed.with_data(mfa_enabled=True, mfa_preferred=True)
        people.save(call, pool, changed)
        again = {"Session": _new_session(call, pool, session, "MFA_SET_UP")} if session is not None else {}
    return {"Status": "SUCCESS", **again}


def _prefer(call: Call, pool: Pool, user: User) -> None:
    for name in _OTHERS:
        if any((call.input.get(name) or {}).values()):
            raise NotBuilt(f"cognito-idp:{call.operation_name} with {name}")
    given = call.input.get("SoftwareTokenMfaSettings")
    if given is None:
        return
    enabled, preferred = bool(given.get("Enabled")), bool(given.get("PreferredMfa"))
    if preferred and not enabled:
        raise errors.Invalid("SoftwareToken MFA cannot be preferred when it is not enabled.")
    if enabled and not user.data.get("totp"):
        raise errors.Invalid("User has not verified software token mfa")
    people.save(call, pool, user.with_data(mfa_enabled=enabled, mfa_preferred=preferred))


@operation("SetUserMFAPreference")
def set_user_mfa_preference(call: Call) -> Data:
    """Turn the user's own app on or off as second factor."""
    # SMSMfaSettings, EmailMfaSettings and WebAuthnMfaSettings may say that these are off, and no more.
    found = tokens.bearer(call)
    _prefer(call, found.pool, found.user)
    return {}


@operation("AdminSetUserMFAPreference", on=resources.pool)
def admin_set_user_mfa_preference(call: Call) -> Data:
    """Turn a user's app on or off as second factor."""
    pool = pool_of(call)
    _prefer(call, pool, people.named(call, pool))
    return {}
