"""The settings of pools: defaults, and what does not go together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudarium.services.cognito_idp import errors
from cloudarium.services.cognito_idp.rules import attributes
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
# What a pool is made with and an update may change.
CHANGEABLE = (
    "Policies", "DeletionProtection", "LambdaConfig", "AutoVerifiedAttributes", "SmsVerificationMessage",
    "EmailVerificationMessage", "EmailVerificationSubject", "VerificationMessageTemplate", "SmsAuthenticationMessage",
    "MfaConfiguration", "UserAttributeUpdateSettings", "EmailConfiguration", "AdminCreateUserConfig", "UserPoolAddOns",
    "AccountRecoverySetting", "UserPoolTier", "SmsConfiguration",
)  # fmt: skip
_FIXED = ("AliasAttributes", "UsernameAttributes", "UsernameConfiguration")
TRIGGERS = (
    "PreSignUp", "CustomMessage", "PostConfirmation", "PreAuthentication", "PostAuthentication", "DefineAuthChallenge",
    "CreateAuthChallenge", "VerifyAuthChallengeResponse", "PreTokenGeneration", "PreTokenGenerationConfig",
    "UserMigration", "CustomSMSSender", "CustomEmailSender", "KMSKeyID",
)  # fmt: skip
_FACTORS = ("PASSWORD", "EMAIL_OTP", "SMS_OTP")
# (the setting of a template, the older name under which AWS shows the same)
_SAME = (("EmailMessage", "EmailVerificationMessage"), ("EmailSubject", "EmailVerificationSubject"),
         ("SmsMessage", "SmsVerificationMessage"))  # fmt: skip
_POLICY: Data = {
    "MinimumLength": 8,
    "RequireUppercase": True,
    "RequireLowercase": True,
    "RequireNumbers": True,
    "RequireSymbols": True,
    "TemporaryPasswordValidityDays": 7,
}
_RELAXED: Data = {**dict.fromkeys(("RequireUppercase", "RequireLowercase", "RequireNumbers", "RequireSymbols"), False)}


def new(given: Mapping[str, Any]) -> Data:
    """The settings of a new pool."""
    if given.get("AliasAttributes") and given.get("UsernameAttributes"):
        raise errors.Invalid("Only one of aliasAttributes or usernameAttributes can be set.")
    data: Data = {name: given[name] for name in _FIXED if given.get(name)}
    data["SchemaAttributes"] = attributes.schema(given.get("Schema", ()))
    return {**data, **changed({}, given)}


def changed(before: Mapping[str, Any], given: Mapping[str, Any]) -> Data:
    """The settings that an update can change: what it does not name goes back to its default, as on AWS.

    The verification texts and the tier stay. Source: UpdateUserPool, "If you don't provide a value for an attribute,
    Amazon Cognito sets it to its default value."
    """
    data: Data = {name: given[name] for name in CHANGEABLE if given.get(name) is not None}
    data.setdefault("UserPoolTier", before.get("UserPoolTier", "ESSENTIALS"))
    check(given, other=bool(before.get("_software_token") or before.get("_email_mfa")))
    data["Policies"] = _policies(given.get("Policies", before.get("Policies", {})))
    data.setdefault("DeletionProtection", before.get("DeletionProtection", "INACTIVE"))
    _check_tier(data)
    data.setdefault("LambdaConfig", {})
    _check_triggers(data["LambdaConfig"], data["UserPoolTier"])
    data["VerificationMessageTemplate"] = {"DefaultEmailOption": "CONFIRM_WITH_CODE"} | (
        data.get("VerificationMessageTemplate") or {}
    )
    for name, older in _SAME:
        words = data["VerificationMessageTemplate"].get(name) or data.get(older)
        if words:
            data["VerificationMessageTemplate"][name] = data[older] = words
    data.setdefault("UserAttributeUpdateSettings", {"AttributesRequireVerificationBeforeUpdate": []})
    data.setdefault("MfaConfiguration", before.get("MfaConfiguration", "OFF"))
    data.setdefault("EmailConfiguration", {"EmailSendingAccount": "COGNITO_DEFAULT"})
    creation = data.setdefault("AdminCreateUserConfig", {})
    creation.setdefault("AllowAdminCreateUserOnly", False)
    creation["UnusedAccountValidityDays"] = data["Policies"]["PasswordPolicy"]["TemporaryPasswordValidityDays"]
    return data


def _policies(given: Mapping[str, Any]) -> Data:
    asked = given.get("PasswordPolicy")
    policy = {**_POLICY, **(_RELAXED if asked is not None else {}), **(asked or {})}
    policy["TemporaryPasswordValidityDays"] = policy["TemporaryPasswordValidityDays"] or 7  # as AWS, 0 is no value
    factors = given.get("SignInPolicy", {}).get("AllowedFirstAuthFactors", ["PASSWORD"])
    if "PASSWORD" not in factors:
        raise errors.Invalid("PASSWORD must be included in AllowedFirstAuthFactors.")
    for factor in factors:
        if factor not in _FACTORS:
            raise NotBuilt(f"cognito-idp first factor {factor}")
    return {"PasswordPolicy": policy, "SignInPolicy": {"AllowedFirstAuthFactors": factors}}


def _check_tier(data: Mapping[str, Any]) -> None:
    """Raise for what the feature plan does not have. Source: the developer guide, "User pool feature plans"."""
    if data["UserPoolTier"] != "LITE":
        return
    policies = data["Policies"]
    if policies["SignInPolicy"]["AllowedFirstAuthFactors"] != ["PASSWORD"]:
        raise errors.NotInTier("The choice of first authentication factors")
    if policies["PasswordPolicy"].get("PasswordHistorySize"):
        raise errors.NotInTier("A password history")


def check_sms(settings: Mapping[str, Any]) -> None:
    """Raise for a configuration of SMS that is not whole."""
    if settings.get("EumsSms"):
        raise NotBuilt("cognito-idp messages by End User Messaging (SmsConfiguration.EumsSms)")
    if not settings.get("SnsCallerArn"):
        raise errors.Invalid("SnsCallerArn is a required member of SmsConfiguration.")


def check(given: Mapping[str, Any], other: bool = False) -> None:
    """Raise for settings that are not built, by their names, and for those that AWS refuses.

    `other`: the pool has second factors beside SMS, so it may ask for one.
    """
    template = given.get("VerificationMessageTemplate", {})
    if given.get("SmsConfiguration"):
        check_sms(given["SmsConfiguration"])
    for name in ("EmailVerificationMessage", "SmsVerificationMessage", "SmsAuthenticationMessage"):
        if given.get(name) and "{####}" not in given[name]:
            raise errors.Invalid(f"{name} must contain the placeholder {{####}}.")
    if template.get("EmailMessage") and "{####}" not in template["EmailMessage"]:
        raise errors.Invalid("EmailMessage must contain the placeholder {####}.")
    invite = given.get("AdminCreateUserConfig", {}).get("InviteMessageTemplate", {}).get("EmailMessage")
    if invite and ("{####}" not in invite or "{username}" not in invite):
        raise errors.Invalid("The invitation must contain the placeholders {username} and {####}.")
    mode = given.get("UserPoolAddOns", {}).get("AdvancedSecurityMode", "OFF")
    if mode != "OFF":
        raise NotBuilt(f"cognito-idp threat protection (AdvancedSecurityMode {mode})")
    email = given.get("EmailConfiguration", {})
    if email.get("EmailSendingAccount") == "DEVELOPER" and not email.get("SourceArn"):
        raise errors.Invalid("If using EmailSendingAccount DEVELOPER, then SourceArn must be provided.")
    verified = given.get("AutoVerifiedAttributes", ())
    if given.get("MfaConfiguration", "OFF") != "OFF" and not other and not given.get("SmsConfiguration"):
        said = "when MFA is required/optional"
        raise errors.Invalid(f"SMS configuration and Auto verification for phone_number are required {said}")
    before = given.get("UserAttributeUpdateSettings", {}).get("AttributesRequireVerificationBeforeUpdate", ())
    if not set(before) <= set(verified):
        raise errors.Invalid(
            "Attributes in attributesRequireVerificationBeforeUpdate must also be in autoVerifiedAttributes."
        )


def _check_triggers(config: Mapping[str, Any], tier: str) -> None:
    for name in config:
        if name not in TRIGGERS:
            raise NotBuilt(f"cognito-idp trigger {name}")
    for name in ("CustomSMSSender", "CustomEmailSender"):
        if config.get(name) and not config.get("KMSKeyID"):
            raise errors.Invalid(f"KMSKeyID must be provided when {name} is configured.")
    version = config.get("PreTokenGenerationConfig")
    if version and version["LambdaVersion"] != "V1_0" and tier == "LITE":
        raise errors.NotInTier(f"Version {version['LambdaVersion']} of the pre token generation trigger")
    plain = config.get("PreTokenGeneration")
    if version and plain and version["LambdaArn"] != plain:
        raise errors.Invalid(
            "PreTokenGenerationConfig and PreTokenGeneration must have the same ARN when both are given."
        )


def shown(data: Mapping[str, Any]) -> Data:
    """A pool's settings as they are answered: what is internal stays inside, empty lists too."""
    return {name: value for name, value in data.items() if not name.startswith("_")}
