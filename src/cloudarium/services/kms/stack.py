"""CloudFormation's resource types of KMS."""

from __future__ import annotations

import json
from typing import Any

from cloudarium.shared.stacks import Resource, ResourceFailed, ResourceType, resource_type

_WAIT = 30


@resource_type("AWS::KMS::Key")
class Key(ResourceType):
    """A key; deleting it begins its waiting time."""

    properties = (
        "Description",
        "Enabled",
        "EnableKeyRotation",
        "RotationPeriodInDays",
        "KeyPolicy",
        "KeySpec",
        "KeyUsage",
        "MultiRegion",
        "Origin",
        "PendingWindowInDays",
        "BypassPolicyLockoutSafetyCheck",
        "Tags",
    )
    replaces = ("KeySpec", "KeyUsage", "Origin", "MultiRegion")
    attributes = ("Arn", "KeyId")
    tags = "Tags"

    async def create(self, r: Resource) -> None:
        """Make the key, with its rotation; a key that is not to be enabled is disabled last."""
        given: dict[str, Any] = {
            name: r.properties[name]
            for name in ("Description", "KeySpec", "KeyUsage", "Origin")
            if r.properties.get(name) is not None
        }
        given |= _policy(r)
        if _flag(r.properties, "MultiRegion"):
            given["MultiRegion"] = True
        if r.tags:
            given["Tags"] = _tags(r)
        made = (await r.send("kms", "CreateKey", given))["KeyMetadata"]
        r.id, r.arn = made["KeyId"], made["Arn"]
        r.attributes = {"Arn": r.arn, "KeyId": r.id}
        await self._rotate(r)
        if not _flag(r.properties, "Enabled", True):
            await r.send("kms", "DisableKey", {"KeyId": r.id})

    async def _rotate(self, r: Resource) -> None:
        if _flag(r.properties, "EnableKeyRotation"):
            days = r.properties.get("RotationPeriodInDays")
            period = {"RotationPeriodInDays": int(days)} if days is not None else {}
            await r.send("kms", "EnableKeyRotation", {"KeyId": r.id, **period})
        elif _flag(r.old_properties, "EnableKeyRotation"):
            await r.send("kms", "DisableKeyRotation", {"KeyId": r.id})

    async def update(self, r: Resource) -> None:
        """Change what can be changed; rotation needs the key enabled."""
        named = {"KeyId": r.id}
        if r.changed("Enabled") and _flag(r.properties, "Enabled", True):
            await r.send("kms", "EnableKey", named)
        if r.changed("EnableKeyRotation", "RotationPeriodInDays"):
            await self._rotate(r)
        if r.changed("Enabled") and not _flag(r.properties, "Enabled", True):
            await r.send("kms", "DisableKey", named)
        if r.changed("Description"):
            text = r.properties.get("Description") or ""
            await r.send("kms", "UpdateKeyDescription", {**named, "Description": text})
        if r.changed("KeyPolicy"):
            policy = _policy(r)
            if "Policy" not in policy:
                raise ResourceFailed("The key policy of an existing key cannot be taken away.")
            await r.send("kms", "PutKeyPolicy", {**named, **policy})
        if r.removed_tags:
            await r.send("kms", "UntagResource", {**named, "TagKeys": r.removed_tags})
        if r.tags and r.tags != r.old_tags:
            await r.send("kms", "TagResource", {**named, "Tags": _tags(r)})

    async def delete(self, r: Resource) -> None:
        """Schedule the key's deletion; that it waits for it already is success."""
        days = int(r.properties.get("PendingWindowInDays") or _WAIT)
        await r.send(
            "kms",
            "ScheduleKeyDeletion",
            {"KeyId": r.id, "PendingWindowInDays": days},
            gone=("NotFoundException", "KMSInvalidStateException"),
        )


def _flag(properties: dict[str, Any], name: str, default: bool = False) -> bool:
    value = properties.get(name)
    return default if value is None else str(value).lower() == "true"


def _tags(r: Resource) -> list[dict[str, str]]:
    return [{"TagKey": key, "TagValue": value} for key, value in r.tags.items()]


def _policy(r: Resource) -> dict[str, Any]:
    policy = r.properties.get("KeyPolicy")
    if not policy:
        return {}
    text = policy if isinstance(policy, str) else json.dumps(policy)
    bypass = {"BypassPolicyLockoutSafetyCheck": True} if _flag(r.properties, "BypassPolicyLockoutSafetyCheck") else {}
    return {"Policy": text, **bypass}


@resource_type("AWS::KMS::Alias")
class Alias(ResourceType):
    """A name for a key."""

    properties = ("AliasName", "TargetKeyId")
    required = ("AliasName", "TargetKeyId")
    replaces = ("AliasName",)
    attributes = ()
    physical_name = "AliasName"

    async def create(self, r: Resource) -> None:
        """Give the key its name."""
        given = {"AliasName": r.properties["AliasName"], "TargetKeyId": r.properties["TargetKeyId"]}
        await r.send("kms", "CreateAlias", given, gone=("AlreadyExistsException",) if r.repeated else ())
        self._here(r)

    def _here(self, r: Resource) -> None:
        r.id = r.properties["AliasName"]
        r.arn = f"arn:aws:kms:{r.scope.region}:{r.scope.account}:{r.id}"

    async def update(self, r: Resource) -> None:
        """Let the name stand for another key."""
        await r.send("kms", "UpdateAlias", {"AliasName": r.id, "TargetKeyId": r.properties["TargetKeyId"]})
        self._here(r)

    async def delete(self, r: Resource) -> None:
        """Take the name away."""
        await r.send("kms", "DeleteAlias", {"AliasName": r.id}, gone=("NotFoundException",))
