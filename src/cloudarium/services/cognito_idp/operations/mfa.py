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
from cloudarium.services.cognito_idp.rules import pools as rules
from cloudarium.services.cognito_idp.rules import totp
from cloudarium.services.cognito_idp.signin import factors
from cloudarium.shared import ids
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
_MINUTE = 60.0


def _shown(pool: Pool) -> Data:
    found: Data = {"MfaConfiguration": pool.data["MfaConfiguration"]}
    if factors.SMS in factors.offered(pool):
        sms = {"SmsConfiguration": pool.data["SmsConfiguration"]}
        if pool.data.get("SmsAuthenticationMessage"):
            sms["SmsAuthenticationMessage"] = pool.data["SmsAuthenticationMessage"]
        found["SmsMfaConfiguration"] = sms
    if pool.data.get("_software_token"):
        found["SoftwareTokenMfaConfiguration"] = {"Enabled": True}
    if pool.data.get("_email_mfa") is not None:
        found["EmailMfaConfiguration"] = pool.data["_email_mfa"]
    return found


@operation("SetUserPoolMfaConfig", on=resources.pool, refuses=("WebAuthnConfiguration",))
def set_user_pool_mfa_config(call: Call) -> Data:
    """Say whether a pool asks for a second factor, and which may be one."""
    pool, given = pool_of(call), call.input
    mode = given.get("MfaConfiguration") or "OFF"
    software = bool((given.get("SoftwareTokenMfaConfiguration") or {}).get("Enabled"))
    sms, email = given.get("SmsMfaConfiguration"), given.get("EmailMfaConfiguration")
    _check_kinds(pool, mode, software, sms, email)
    changed = {**pool.data, "MfaConfiguration": mode, "_software_token": software, "_email_mfa": email}
    changed |= {"_sms_mfa": sms is not None, "LastModifiedDate": call.now}
    if sms:
        changed["SmsConfiguration"] = sms["SmsConfiguration"]
        changed |= {name: sms[name] for name in ("SmsAuthenticationMessage",) if sms.get(name)}
    pools.put(call.store, pool._replace(data=changed))
    return _shown(pool._replace(data=changed))


def _check_kinds(pool: Pool, mode: str, software: bool, sms: Data | None, email: Data | None) -> None:
    if sms is not None and not sms.get("SmsConfiguration"):
        raise errors.Invalid("SmsConfiguration is a required member of SmsMfaConfiguration.")
    if sms:
        rules.check_sms(sms["SmsConfiguration"])
    if email is not None and pool.data["UserPoolTier"] == "LITE":
        raise errors.NotInTier("MFA by e-mail")
    if email is not None and pool.data["EmailConfiguration"].get("EmailSendingAccount") != "DEVELOPER":
        raise errors.Invalid("Email MFA requires an EmailConfiguration with EmailSendingAccount DEVELOPER.")
    if email is not None and "{####}" not in (email.get("Message") or "{####}"):
        raise errors.Invalid("Message of EmailMfaConfiguration must contain the placeholder {####}.")
    some = software or sms is not None or email is not None
    if mode != "OFF" and not some:
        raise errors.Invalid("Invalid MFA configuration given, can't disable all MFAs with MFA turned on.")
    if mode == "OFF" and (software or email is not None):
        raise errors.Invalid("Invalid MFA configuration given, can't turn off MFA and configure an MFA together.")


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
    if any((call.input.get("WebAuthnMfaSettings") or {}).values()):
        raise NotBuilt(f"cognito-idp:{call.operation_name} with WebAuthnMfaSettings")
    people.save(call, pool, factors.changed(user, call.input))


def _settings(call: Call) -> Data:
    """What the older operations say of SMS, as the newer ones say it."""
    options = call.input["MFAOptions"]
    if any((one.get("DeliveryMedium"), one.get("AttributeName")) != ("SMS", "phone_number") for one in options):
        raise errors.Invalid("MFAOptions take the DeliveryMedium SMS with the AttributeName phone_number.")
    return {"SMSMfaSettings": {"Enabled": bool(options), "PreferredMfa": bool(options)}}


@operation("SetUserSettings")
def set_user_settings(call: Call) -> Data:
    """Turn SMS on or off as second factor, as before there were others."""
    found = tokens.bearer(call)
    people.save(call, found.pool, factors.changed(found.user, _settings(call)))
    return {}


@operation("AdminSetUserSettings", on=resources.pool)
def admin_set_user_settings(call: Call) -> Data:
    """Turn SMS on or off as a user's second factor, as before there were others."""
    pool = pool_of(call)
    people.save(call, pool, factors.changed(people.named(call, pool), _settings(call)))
    return {}


@operation("AdminDeleteSoftwareToken", on=resources.pool)
def admin_delete_software_token(call: Call) -> Data:
    """Take a user's authenticator app away, so that another can be set up."""
    pool = pool_of(call)
    user = people.named(call, pool)
    if not user.data.get("totp"):
        raise errors.SoftwareTokenNotFound
    off = factors.changed(user, {"SoftwareTokenMfaSettings": {"Enabled": False}})
    people.save(call, pool, off.with_data(totp=None, totp_pending=None, totp_used=0, device_name=""))
    return {}


@operation("SetUserMFAPreference")
def set_user_mfa_preference(call: Call) -> Data:
    """Turn the user's own app on or off as second factor."""
    # These members reach factors.changed by name: SMSMfaSettings EmailMfaSettings SoftwareTokenMfaSettings.
    found = tokens.bearer(call)
    _prefer(call, found.pool, found.user)
    return {}


@operation("AdminSetUserMFAPreference", on=resources.pool)
def admin_set_user_mfa_preference(call: Call) -> Data:
    """Turn a user's app on or off as second factor."""
    pool = pool_of(call)
    _prefer(call, pool, people.named(call, pool))
    return {}
