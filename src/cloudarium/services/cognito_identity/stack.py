"""CloudFormation's resource types of Cognito identity pools."""

from __future__ import annotations

from typing import Any

from cloudarium.shared.stacks import Resource, ResourceType, resource_type

Data = dict[str, Any]
_SETTINGS = (
    "IdentityPoolName", "AllowUnauthenticatedIdentities", "AllowClassicFlow", "DeveloperProviderName",
    "OpenIdConnectProviderARNs", "CognitoIdentityProviders", "SupportedLoginProviders", "SamlProviderARNs",
)  # fmt: skip
_SWITCHES = frozenset(("AllowUnauthenticatedIdentities", "AllowClassicFlow", "ServerSideTokenCheck", "UseDefaults"))
_GONE = ("ResourceNotFoundException",)


def _typed(value: Any, name: str = "") -> Any:
    """A property as the API takes it: templates may say switches as text."""
    if isinstance(value, dict):
        return {key: _typed(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_typed(each, name) for each in value]
    if name in _SWITCHES and isinstance(value, str):
        return value.lower() == "true"
    return value


def _given(r: Resource, names: tuple[str, ...]) -> Data:
    return {name: _typed(r.properties[name], name) for name in names if r.properties.get(name) is not None}


@resource_type("AWS::Cognito::IdentityPool")
class IdentityPool(ResourceType):
    """An identity pool; Ref is its id."""

    properties = (*_SETTINGS, "IdentityPoolTags")
    refuses = ("CognitoEvents", "CognitoStreams", "PushSync")
    required = ("AllowUnauthenticatedIdentities",)
    attributes = ("Id", "Name")
    tags = "IdentityPoolTags"

    async def create(self, r: Resource) -> None:
        """Make the pool."""
        given: Data = {"IdentityPoolName": r.name(128, separator="_"), **_given(r, _SETTINGS)}
        if r.tags:
            given["IdentityPoolTags"] = r.tags
        r.id = (await r.send("cognito-identity", "CreateIdentityPool", given))["IdentityPoolId"]
        r.arn = f"arn:aws:cognito-identity:{r.scope.region}:{r.scope.account}:identitypool/{r.id}"
        r.attributes = {"Id": r.id, "Name": given["IdentityPoolName"]}

    async def update(self, r: Resource) -> None:
        """Change the settings and the tags."""
        given: Data = {"IdentityPoolName": r.attributes["Name"], **_given(r, _SETTINGS)}
        await r.send("cognito-identity", "UpdateIdentityPool", {"IdentityPoolId": r.id, **given})
        r.attributes = {**r.attributes, "Name": given["IdentityPoolName"]}
        if r.removed_tags:
            await r.send("cognito-identity", "UntagResource", {"ResourceArn": r.arn, "TagKeys": r.removed_tags})
        if r.tags and r.tags != r.old_tags:
            await r.send("cognito-identity", "TagResource", {"ResourceArn": r.arn, "Tags": r.tags})

    async def delete(self, r: Resource) -> None:
        """Delete the pool."""
        await r.send("cognito-identity", "DeleteIdentityPool", {"IdentityPoolId": r.id}, _GONE)


@resource_type("AWS::Cognito::IdentityPoolRoleAttachment")
class IdentityPoolRoleAttachment(ResourceType):
    """The roles of a pool's identities."""

    properties = ("IdentityPoolId", "Roles", "RoleMappings")
    required = ("IdentityPoolId",)
    replaces = ("IdentityPoolId",)
    attributes = ("Id",)

    async def create(self, r: Resource) -> None:
        """Set the roles."""
        mappings = {}
        for name, mapping in (r.properties.get("RoleMappings") or {}).items():
            # Where the provider is known to the stack alone it is a member: a template's keys are fixed.
            mappings[mapping.get("IdentityProvider", name)] = {
                key: value for key, value in mapping.items() if key != "IdentityProvider"
            }
        given = {"IdentityPoolId": r.properties["IdentityPoolId"], "Roles": r.properties.get("Roles") or {}}
        await r.send("cognito-identity", "SetIdentityPoolRoles", {**given, "RoleMappings": mappings})
        r.id = r.id or r.name(128)
        r.attributes = {"Id": r.id}

    async def update(self, r: Resource) -> None:
        """Set the new roles in place of the old ones."""
        await self.create(r)

    async def delete(self, r: Resource) -> None:
        """Take the roles away."""
        given = {"IdentityPoolId": r.properties["IdentityPoolId"], "Roles": {}}
        await r.send("cognito-identity", "SetIdentityPoolRoles", given, _GONE)


@resource_type("AWS::Cognito::IdentityPoolPrincipalTag")
class IdentityPoolPrincipalTag(ResourceType):
    """Which claims of a provider's tokens become tags of sessions."""

    properties = ("IdentityPoolId", "IdentityProviderName", "UseDefaults", "PrincipalTags")
    required = ("IdentityPoolId", "IdentityProviderName")
    replaces = required
    attributes = ()

    async def create(self, r: Resource) -> None:
        """Set the map."""
        await r.send("cognito-identity", "SetPrincipalTagAttributeMap", _given(r, self.properties))
        r.id = f"{r.properties['IdentityPoolId']}|{r.properties['IdentityProviderName']}"

    async def update(self, r: Resource) -> None:
        """Set the new map in place of the old one."""
        await self.create(r)

    async def delete(self, r: Resource) -> None:
        """Take the map away."""
        await r.send("cognito-identity", "SetPrincipalTagAttributeMap", _given(r, self.required), _GONE)
