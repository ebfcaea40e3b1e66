"""OpenID Connect providers and service-linked roles."""

from __future__ import annotations

from cloudarium.services.iam.stack.sending import GONE, gone_from, listed, make
from cloudarium.shared import tags
from cloudarium.shared.stacks import Resource, ResourceType, resource_type


@resource_type("AWS::IAM::OIDCProvider")
class OIDCProvider(ResourceType):
    """An OpenID Connect provider; Ref is its ARN."""

    properties = ("ClientIdList", "Tags", "ThumbprintList", "Url")
    required = ("Url",)
    replaces = ("Url",)
    attributes = ("Arn",)
    tags = "Tags"
    iam = True

    async def create(self, r: Resource) -> None:
        """Make the provider."""
        given = {
            "Url": r.properties["Url"],
            "ClientIDList": r.properties.get("ClientIdList"),
            "ThumbprintList": r.properties.get("ThumbprintList"),
            "Tags": tags.to_list(r.tags) or None,
        }
        await make(r, "CreateOpenIDConnectProvider", given)
        name = str(r.properties["Url"]).removeprefix("https://")
        r.id = r.arn = f"arn:aws:iam::{r.scope.account}:oidc-provider/{name}"
        r.attributes = {"Arn": r.arn}

    async def update(self, r: Resource) -> None:
        """Change clients, thumbprints and tags."""
        named = {"OpenIDConnectProviderArn": r.id}
        if r.changed("ThumbprintList"):
            given = {**named, "ThumbprintList": listed(r.properties, "ThumbprintList")}
            await r.send("iam", "UpdateOpenIDConnectProviderThumbprint", given)
        for client in listed(r.properties, "ClientIdList"):
            await r.send("iam", "AddClientIDToOpenIDConnectProvider", {**named, "ClientID": client})
        for client in gone_from(r, "ClientIdList"):
            await r.send("iam", "RemoveClientIDFromOpenIDConnectProvider", {**named, "ClientID": client})
        if r.removed_tags:
            await r.send("iam", "UntagOpenIDConnectProvider", {**named, "TagKeys": r.removed_tags})
        if r.tags and r.tags != r.old_tags:
            await r.send("iam", "TagOpenIDConnectProvider", {**named, "Tags": tags.to_list(r.tags)})

    async def delete(self, r: Resource) -> None:
        """Remove the provider."""
        await r.send("iam", "DeleteOpenIDConnectProvider", {"OpenIDConnectProviderArn": r.id}, gone=GONE)


@resource_type("AWS::IAM::ServiceLinkedRole")
class ServiceLinkedRole(ResourceType):
    """A service's own role; Ref is its name."""

    properties = ("AWSServiceName", "CustomSuffix", "Description")
    replaces = ("AWSServiceName", "CustomSuffix")
    attributes = ("RoleName",)
    iam = True

    async def create(self, r: Resource) -> None:
        """Make the role; AWS names it."""
        given = {name: r.properties[name] for name in self.properties if name in r.properties}
        made = await r.send("iam", "CreateServiceLinkedRole", given)
        r.id = made["Role"]["RoleName"]
        r.attributes = {"RoleName": r.id}

    async def update(self, r: Resource) -> None:
        """Change the description."""
        given = {"RoleName": r.id, "Description": r.properties.get("Description") or ""}
        await r.send("iam", "UpdateRoleDescription", given)

    async def delete(self, r: Resource) -> None:
        """Give the role back."""
        await r.send("iam", "DeleteServiceLinkedRole", {"RoleName": r.id}, gone=GONE)
