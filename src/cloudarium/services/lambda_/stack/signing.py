"""Code signing configurations."""

from __future__ import annotations

from typing import Any

from cloudarium.shared.stacks import Resource, ResourceType, resource_type

_SETTINGS = ("AllowedPublishers", "CodeSigningPolicies", "Description")


@resource_type("AWS::Lambda::CodeSigningConfig")
class CodeSigningConfig(ResourceType):
    """A code signing configuration; its Ref is its ARN."""

    properties = (*_SETTINGS, "Tags")
    required = ("AllowedPublishers",)
    attributes = ("CodeSigningConfigArn", "CodeSigningConfigId")
    tags = "Tags"

    async def create(self, r: Resource) -> None:
        """Make it."""
        given: dict[str, Any] = {name: r.properties[name] for name in _SETTINGS if name in r.properties}
        if r.tags:
            given["Tags"] = r.tags
        made = (await r.send("lambda", "CreateCodeSigningConfig", given))["CodeSigningConfig"]
        r.id = r.arn = made["CodeSigningConfigArn"]
        r.attributes = {name: made[name] for name in self.attributes}

    async def update(self, r: Resource) -> None:
        """Change it."""
        if r.changed(*_SETTINGS):
            defaults = {"CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Warn"}, "Description": ""}
            given = {**defaults, **{name: r.properties[name] for name in _SETTINGS if name in r.properties}}
            await r.send("lambda", "UpdateCodeSigningConfig", {**given, "CodeSigningConfigArn": r.id})
        if r.removed_tags:
            await r.send("lambda", "UntagResource", {"Resource": r.arn, "TagKeys": r.removed_tags})
        if r.tags and r.tags != r.old_tags:
            await r.send("lambda", "TagResource", {"Resource": r.arn, "Tags": r.tags})

    async def delete(self, r: Resource) -> None:
        """Delete it."""
        gone = ("ResourceNotFoundException",)
        await r.send("lambda", "DeleteCodeSigningConfig", {"CodeSigningConfigArn": r.id}, gone=gone)
