"""Which factors a user has: second ones beside the password, and first ones instead of it."""

from __future__ import annotations

from typing import Any

from cloudarium.services.cognito_idp import errors
from cloudarium.services.cognito_idp.records.pools import Pool
from cloudarium.services.cognito_idp.records.users import User
from cloudarium.services.cognito_idp.signin.visit import is_ghost

Data = dict[str, Any]
APP, SMS, EMAIL = "SOFTWARE_TOKEN_MFA", "SMS_MFA", "EMAIL_OTP"
ADDRESSES = {SMS: "phone_number", "SMS_OTP": "phone_number", EMAIL: "email"}
SETTINGS = {"SoftwareTokenMfaSettings": APP, "SMSMfaSettings": SMS, "EmailMfaSettings": EMAIL}
_KEYS = {APP: "mfa_enabled", SMS: "mfa_sms", EMAIL: "mfa_email"}


def offered(pool: Pool) -> list[str]:
    """The second factors that a pool takes."""
    found = [SMS] if pool.data.get("SmsConfiguration") and pool.data.get("_sms_mfa", True) else []
    found += [APP] if pool.data.get("_software_token") else []
    return found + ([EMAIL] if pool.data.get("_email_mfa") is not None else [])


def enabled(user: User) -> list[str]:
    """The second factors that a user has turned on."""
    return [kind for kind in (SMS, APP, EMAIL) if user.data.get(_KEYS[kind])]


def preferred(user: User) -> str | None:
    """The second factor that a user is asked for first."""
    if user.data.get("mfa_preferred"):
        return APP
    found: str | None = user.data.get("mfa_first")
    return found


def shown(user: User) -> Data:
    """The second factors of a user, as GetUser and AdminGetUser answer them."""
    found: Data = {"UserMFASettingList": enabled(user)} if enabled(user) else {}
    first = preferred(user)
    return {**found, "PreferredMfaSetting": first} if first else found


def changed(user: User, given: Data) -> User:
    """The user with second factors turned on and off, by the settings of a call that names them."""
    first, now = preferred(user), {kind: kind in enabled(user) for kind in _KEYS}
    for name, kind in SETTINGS.items():
        settings = given.get(name)
        if settings is None:
            continue
        on = bool(settings.get("Enabled"))
        if settings.get("PreferredMfa") and not on:
            said = {APP: "SoftwareToken", SMS: "SMS", EMAIL: "Email"}[kind]
            raise errors.Invalid(f"{said} MFA cannot be preferred when it is not enabled.")
        _check_can(user, kind, on)
        now[kind] = on
        if settings.get("PreferredMfa"):
            first = kind
        elif first == kind:
            first = None
    keys = {key: now[kind] for kind, key in _KEYS.items()}
    return user.with_data(**keys, mfa_preferred=first == APP, mfa_first=None if first == APP else first)


def _check_can(user: User, kind: str, on: bool) -> None:
    if on and kind == APP and not user.data.get("totp"):
        raise errors.Invalid("User has not verified software token mfa")
    if on and kind == SMS and not user.attributes.get("phone_number"):
        raise errors.Invalid("User does not have delivery config set to turn on SMS_MFA")
    if on and kind == EMAIL and not user.attributes.get("email"):
        raise errors.Invalid("User does not have delivery config set to turn on EMAIL_OTP")


def asked(pool: Pool, user: User) -> list[str]:
    """The second factors one of which a user has to prove now: the preferred alone, or those to choose from."""
    mode = pool.data["MfaConfiguration"]
    if mode == "OFF":
        return []
    ready = [kind for kind in enabled(user) if kind in offered(pool) and _can(user, kind)]
    if mode == "ON" and not ready:
        ready = [kind for kind in offered(pool) if kind != EMAIL and _can(user, kind)]
    first = preferred(user)
    return [first] if first in ready and first is not None else ready


def _can(user: User, kind: str) -> bool:
    return bool(user.data.get("totp") if kind == APP else user.attributes.get(ADDRESSES[kind]))


def first_factors(pool: Pool, user: User) -> list[str]:
    """By what a user may begin a choice-based sign-in; an address counts once it is verified."""
    allowed = pool.data["Policies"]["SignInPolicy"]["AllowedFirstAuthFactors"]
    found = ["PASSWORD_SRP", "PASSWORD"] if user.data.get("password") or is_ghost(user) else []
    for kind in ("EMAIL_OTP", "SMS_OTP"):
        address = ADDRESSES[kind]
        there = kind == "EMAIL_OTP" if is_ghost(user) else user.attributes.get(f"{address}_verified") == "true"
        if kind in allowed and there:
            found.append(kind)
    return found
