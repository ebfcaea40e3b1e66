"""CloudFormation's resource types of Cognito user pools."""

from __future__ import annotations

from typing import Any

from cloudarium.services.cognito_idp.rules import clients
from cloudarium.shared.stacks import Resource, ResourceFailed, ResourceType, resource_type

Data = dict[str, Any]
_POOL = (
    "Policies", "DeletionProtection", "LambdaConfig", "AutoVerifiedAttributes", "SmsVerificationMessage",
    "EmailVerificationMessage", "EmailVerificationSubject", "VerificationMessageTemplate", "SmsAuthenticationMessage",
    "UserAttributeUpdateSettings", "EmailConfiguration", "AdminCreateUserConfig", "UserPoolAddOns",
    "AccountRecoverySetting", "UserPoolTier", "SmsConfiguration",
)  # fmt: skip
_FIXED = ("AliasAttributes", "UsernameAttributes", "UsernameConfiguration")
_GONE = ("ResourceNotFoundException",)
_NUMBERS = frozenset(
    ("MinimumLength", "PasswordHistorySize", "TemporaryPasswordValidityDays", "UnusedAccountValidityDays", "Priority")
    + ("RefreshTokenValidity", "AccessTokenValidity", "IdTokenValidity", "AuthSessionValidity", "Precedence")
    + ("RetryGracePeriodSeconds", "ManagedLoginVersion")
)
_SWITCHES = frozenset(
    ("RequireUppercase", "RequireLowercase", "RequireNumbers", "RequireSymbols", "AllowAdminCreateUserOnly")
    + ("CaseSensitive", "Mutable", "Required", "DeveloperOnlyAttribute", "GenerateSecret", "EnableTokenRevocation")
    + ("AllowedOAuthFlowsUserPoolClient", "EnablePropagateAdditionalUserContextData")
)


def _typed(value: Any, name: str = "") -> Any:
    """A property as the API takes it: templates may say numbers and switches as text, and limits as numbers."""
    if isinstance(value, dict):
        return {key: _typed(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_typed(each, name) for each in value]
    if name in _NUMBERS and isinstance(value, str) and value.isdecimal():
        return int(value)
    if name in _SWITCHES and isinstance(value, str):
        return value.lower() == "true"
    if name in ("MinLength", "MaxLength", "MinValue", "MaxValue"):
        return str(value)
    return value


def _given(r: Resource, names: tuple[str, ...]) -> Data:
    return {name: _typed(r.properties[name], name) for name in names if r.properties.get(name) is not None}


@resource_type("AWS::Cognito::UserPool")
class UserPool(ResourceType):
    """A user pool; its second factors are set by a call of their own."""

    properties = (
        "UserPoolName", "Schema", "UserPoolTags", "MfaConfiguration", "EnabledMfas", "EmailAuthenticationMessage",
        "EmailAuthenticationSubject", *_POOL, *_FIXED,
    )  # fmt: skip
    refuses = (
        "DeviceConfiguration", "WebAuthnRelyingPartyID", "WebAuthnUserVerification", "WebAuthnFactorConfiguration",
    )  # fmt: skip
    replaces = _FIXED
    attributes = ("Arn", "ProviderName", "ProviderURL", "UserPoolId")
    tags = "UserPoolTags"

    async def create(self, r: Resource) -> None:
        """Make the pool."""
        name = r.properties.get("UserPoolName") or r.name(128)
        given: Data = {"PoolName": name, **_given(r, _POOL + _FIXED)}
        if r.properties.get("Schema"):
            given["Schema"] = _typed(r.properties["Schema"])
        if r.tags:
            given["UserPoolTags"] = r.tags
        pool = (await r.send("cognito-idp", "CreateUserPool", given))["UserPool"]
        r.id, r.arn = pool["Id"], pool["Arn"]
        name = f"cognito-idp.{r.scope.region}.amazonaws.com/{r.id}"
        r.attributes = {"Arn": r.arn, "ProviderName": name, "ProviderURL": f"https://{name}", "UserPoolId": r.id}
        await self._set_mfa(r)

    async def _set_mfa(self, r: Resource) -> None:
        mode, kinds = r.properties.get("MfaConfiguration", "OFF"), r.properties.get("EnabledMfas") or []
        known = ("SOFTWARE_TOKEN_MFA", "SMS_MFA", "EMAIL_OTP")
        if any(kind not in known for kind in kinds):
            raise ResourceFailed(f"Cloudarium has not built EnabledMfas {kinds} of AWS::Cognito::UserPool.")
        if mode == "OFF" and "MfaConfiguration" not in r.old_properties:
            return
        given: Data = {"UserPoolId": r.id, "MfaConfiguration": mode}
        if mode != "OFF":
            given["SoftwareTokenMfaConfiguration"] = {"Enabled": "SOFTWARE_TOKEN_MFA" in kinds}
        if mode != "OFF" and ("SMS_MFA" in kinds or (not kinds and r.properties.get("SmsConfiguration"))):
            sms = _given(r, ("SmsConfiguration", "SmsAuthenticationMessage"))
            given["SmsMfaConfiguration"] = sms
        if mode != "OFF" and "EMAIL_OTP" in kinds:
            names = (("EmailAuthenticationMessage", "Message"), ("EmailAuthenticationSubject", "Subject"))
            words = {short: r.properties[name] for name, short in names if r.properties.get(name)}
            given["EmailMfaConfiguration"] = words
        await r.send("cognito-idp", "SetUserPoolMfaConfig", given)

    async def update(self, r: Resource) -> None:
        """Change the settings, the tags, and add what the schema has more."""
        given = {"UserPoolId": r.id, **_given(r, _POOL)}
        if r.properties.get("UserPoolName"):
            given["PoolName"] = r.properties["UserPoolName"]
        old = r.old_properties.get("Schema") or []
        added = [one for one in r.properties.get("Schema") or [] if one not in old]
        if [one for one in old if one not in (r.properties.get("Schema") or [])]:
            raise ResourceFailed("Existing schema attributes cannot be modified or deleted.")
        await r.send("cognito-idp", "UpdateUserPool", given)
        if added:
            await r.send("cognito-idp", "AddCustomAttributes", {"UserPoolId": r.id, "CustomAttributes": _typed(added)})
        if r.removed_tags:
            await r.send("cognito-idp", "UntagResource", {"ResourceArn": r.arn, "TagKeys": r.removed_tags})
        if r.tags and r.tags != r.old_tags:
            await r.send("cognito-idp", "TagResource", {"ResourceArn": r.arn, "Tags": r.tags})
        await self._set_mfa(r)

    async def delete(self, r: Resource) -> None:
        """Delete the pool; a protected one fails the stack."""
        await r.send("cognito-idp", "DeleteUserPool", {"UserPoolId": r.id}, _GONE)


@resource_type("AWS::Cognito::UserPoolClient")
class UserPoolClient(ResourceType):
    """An app client."""

    properties = ("UserPoolId", "GenerateSecret", *clients.CHANGEABLE)
    refuses = ("AnalyticsConfiguration",)
    required = ("UserPoolId",)
    replaces = ("UserPoolId", "GenerateSecret")
    attributes = ("ClientId", "ClientSecret", "Name")

    async def create(self, r: Resource) -> None:
        """Make the client."""
        given = {"ClientName": r.name(128), **_given(r, ("UserPoolId", "GenerateSecret", *clients.CHANGEABLE))}
        self._leave(r, await r.send("cognito-idp", "CreateUserPoolClient", given))

    def _leave(self, r: Resource, answer: Data) -> None:
        client = answer["UserPoolClient"]
        r.id = client["ClientId"]
        r.attributes = {"ClientId": r.id, "Name": client["ClientName"]}
        if "ClientSecret" in client:
            r.attributes["ClientSecret"] = client["ClientSecret"]

    async def update(self, r: Resource) -> None:
        """Change the client's settings."""
        given = {"ClientId": r.id, **_given(r, ("UserPoolId", *clients.CHANGEABLE))}
        self._leave(r, await r.send("cognito-idp", "UpdateUserPoolClient", given))

    async def delete(self, r: Resource) -> None:
        """Delete the client."""
        given = {"UserPoolId": r.properties["UserPoolId"], "ClientId": r.id}
        await r.send("cognito-idp", "DeleteUserPoolClient", given, _GONE)


@resource_type("AWS::Cognito::UserPoolGroup")
class UserPoolGroup(ResourceType):
    """A group of a pool."""

    properties = ("UserPoolId", "GroupName", "Description", "Precedence", "RoleArn")
    required = ("UserPoolId",)
    replaces = ("UserPoolId", "GroupName")
    attributes = ()
    physical_name = "GroupName"

    async def create(self, r: Resource) -> None:
        """Make the group."""
        r.id = r.properties.get("GroupName") or r.name(128)
        given = {"GroupName": r.id, **_given(r, ("UserPoolId", "Description", "Precedence", "RoleArn"))}
        await r.send("cognito-idp", "CreateGroup", given, ("GroupExistsException",) if r.repeated else ())

    async def update(self, r: Resource) -> None:
        """Change the group."""
        given = {"GroupName": r.id, **_given(r, ("UserPoolId", "Description", "Precedence", "RoleArn"))}
        await r.send("cognito-idp", "UpdateGroup", given)

    async def delete(self, r: Resource) -> None:
        """Delete the group."""
        given = {"UserPoolId": r.properties["UserPoolId"], "GroupName": r.id}
        await r.send("cognito-idp", "DeleteGroup", given, _GONE)


@resource_type("AWS::Cognito::UserPoolUser")
class UserPoolUser(ResourceType):
    """A user of a pool, made as an administrator does."""

    _members = (
        "UserPoolId", "Username", "UserAttributes", "ValidationData", "ForceAliasCreation", "MessageAction",
        "DesiredDeliveryMediums", "ClientMetadata",
    )  # fmt: skip
    properties = _members
    required = ("UserPoolId",)
    replaces = _members
    attributes = ()

    async def create(self, r: Resource) -> None:
        """Make the user and invite it."""
        given = {"Username": r.name(128), **_given(r, self._members)}
        gone = ("UsernameExistsException",) if r.repeated else ()
        answer = await r.send("cognito-idp", "AdminCreateUser", given, gone)
        r.id = answer["User"]["Username"] if answer else given["Username"]

    async def delete(self, r: Resource) -> None:
        """Delete the user."""
        given = {"UserPoolId": r.properties["UserPoolId"], "Username": r.id}
        await r.send("cognito-idp", "AdminDeleteUser", given, ("UserNotFoundException", *_GONE))


@resource_type("AWS::Cognito::UserPoolUserToGroupAttachment")
class UserPoolUserToGroupAttachment(ResourceType):
    """A user's place in a group."""

    properties = ("UserPoolId", "GroupName", "Username")
    required = properties
    replaces = properties
    attributes = ()

    async def create(self, r: Resource) -> None:
        """Put the user into the group."""
        await r.send("cognito-idp", "AdminAddUserToGroup", _given(r, self.properties))
        r.id = r.name(128)

    async def delete(self, r: Resource) -> None:
        """Take the user out of the group."""
        gone = ("UserNotFoundException", *_GONE)
        await r.send("cognito-idp", "AdminRemoveUserFromGroup", _given(r, self.properties), gone)


@resource_type("AWS::Cognito::UserPoolDomain")
class UserPoolDomain(ResourceType):
    """The domain of a pool's sign-in pages."""

    properties = ("UserPoolId", "Domain", "ManagedLoginVersion")
    refuses = ("CustomDomainConfig", "Routing")
    required = ("UserPoolId", "Domain")
    replaces = ("UserPoolId", "Domain")
    attributes = ()

    async def create(self, r: Resource) -> None:
        """Give the pool its domain."""
        gone = ("InvalidParameterException",) if r.repeated else ()
        await r.send("cognito-idp", "CreateUserPoolDomain", _given(r, self.properties), gone)
        r.id = r.properties["Domain"]

    async def update(self, r: Resource) -> None:
        """Say which generation of pages it shows."""
        version = _given(r, ("ManagedLoginVersion",)) or {"ManagedLoginVersion": 1}
        given = {"UserPoolId": r.properties["UserPoolId"], "Domain": r.id, **version}
        await r.send("cognito-idp", "UpdateUserPoolDomain", given)

    async def delete(self, r: Resource) -> None:
        """Take the domain away."""
        given = {"UserPoolId": r.properties["UserPoolId"], "Domain": r.id}
        await r.send("cognito-idp", "DeleteUserPoolDomain", given, ("InvalidParameterException", *_GONE))


@resource_type("AWS::Cognito::UserPoolResourceServer")
class UserPoolResourceServer(ResourceType):
    """An API whose scopes clients may ask for."""

    properties = ("UserPoolId", "Identifier", "Name", "Scopes")
    required = ("UserPoolId", "Identifier", "Name")
    replaces = ("UserPoolId", "Identifier")
    attributes = ()

    async def create(self, r: Resource) -> None:
        """Make the resource server."""
        gone = ("InvalidParameterException",) if r.repeated else ()
        await r.send("cognito-idp", "CreateResourceServer", _given(r, self.properties), gone)
        r.id = r.properties["Identifier"]

    async def update(self, r: Resource) -> None:
        """Change its name and scopes."""
        await r.send("cognito-idp", "UpdateResourceServer", _given(r, self.properties))

    async def delete(self, r: Resource) -> None:
        """Delete the resource server."""
        given = {"UserPoolId": r.properties["UserPoolId"], "Identifier": r.id}
        await r.send("cognito-idp", "DeleteResourceServer", given, _GONE)


@resource_type("AWS::Cognito::UserPoolIdentityProvider")
class UserPoolIdentityProvider(ResourceType):
    """An outside identity provider of a pool."""

    properties = (
        "UserPoolId", "ProviderName", "ProviderType", "ProviderDetails", "AttributeMapping", "IdpIdentifiers",
    )  # fmt: skip
    required = ("UserPoolId", "ProviderName", "ProviderType", "ProviderDetails")
    replaces = ("UserPoolId", "ProviderName", "ProviderType")
    attributes = ()

    async def create(self, r: Resource) -> None:
        """Let the provider's people into the pool."""
        gone = ("DuplicateProviderException",) if r.repeated else ()
        await r.send("cognito-idp", "CreateIdentityProvider", _given(r, self.properties), gone)
        r.id = r.properties["ProviderName"]

    async def update(self, r: Resource) -> None:
        """Change the provider; what the template no longer names goes."""
        names = ("UserPoolId", "ProviderName", "ProviderDetails")
        lists = {"AttributeMapping": r.properties.get("AttributeMapping") or {}}
        lists["IdpIdentifiers"] = r.properties.get("IdpIdentifiers") or []
        await r.send("cognito-idp", "UpdateIdentityProvider", {**_given(r, names), **lists})

    async def delete(self, r: Resource) -> None:
        """Take the provider away."""
        given = {"UserPoolId": r.properties["UserPoolId"], "ProviderName": r.id}
        await r.send("cognito-idp", "DeleteIdentityProvider", given, _GONE)


@resource_type("AWS::Cognito::LogDeliveryConfiguration")
class LogDeliveryConfiguration(ResourceType):
    """Where a pool's log of undelivered messages goes."""

    properties = ("UserPoolId", "LogConfigurations")
    required = ("UserPoolId",)
    replaces = ("UserPoolId",)
    attributes = ("Id",)

    async def create(self, r: Resource) -> None:
        """Have the log written."""
        await self._set(r, r.properties.get("LogConfigurations") or [])
        r.id = r.properties["UserPoolId"]
        r.attributes = {"Id": r.id}

    async def _set(self, r: Resource, configurations: Any) -> None:
        given = {"UserPoolId": r.properties["UserPoolId"], "LogConfigurations": configurations}
        await r.send("cognito-idp", "SetLogDeliveryConfiguration", given, _GONE)

    async def update(self, r: Resource) -> None:
        """Have the log written elsewhere."""
        await self._set(r, r.properties.get("LogConfigurations") or [])

    async def delete(self, r: Resource) -> None:
        """Have it written nowhere."""
        await self._set(r, [])
