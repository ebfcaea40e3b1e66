"""What the resource types of this room have in common."""

from __future__ import annotations

from typing import Any

from cloudarium.shared.stacks import Again, Resource, ResourceFailed

Data = dict[str, Any]
PAUSE = 0.1  # seconds until a cache is looked at again

_NUMBERS = frozenset(
    ("NumCacheNodes", "NumCacheClusters", "NumNodeGroups", "ReplicasPerNodeGroup", "Port", "SnapshotRetentionLimit",
     "ReplicaCount", "Minimum", "Maximum")
)  # fmt: skip
_FLAGS = frozenset(
    ("AutoMinorVersionUpgrade", "TransitEncryptionEnabled", "AtRestEncryptionEnabled", "AutomaticFailoverEnabled",
     "MultiAZEnabled", "NoPasswordRequired")
)  # fmt: skip


def typed(name: str, value: Any) -> Any:
    """A property as the API takes it: templates may write numbers and truths as text."""
    if isinstance(value, dict):
        return {key: typed(key, one) for key, one in value.items()}
    if isinstance(value, list):
        return [typed(name, one) for one in value]
    if name in _NUMBERS:
        return int(value)
    return str(value).lower() == "true" if name in _FLAGS else value


def picked(r: Resource, names: tuple[str, ...], **renamed: str) -> Data:
    """The properties of these names that the template gives; `renamed` has the API's names of others."""
    own = {name: renamed.get(name, name) for name in (*names, *renamed)}
    return {to: typed(name, r.properties[name]) for name, to in own.items() if r.properties.get(name) is not None}


def with_tags(r: Resource, given: Data) -> Data:
    """The input that makes a thing, with its tags."""
    return {**given, "Tags": r.tag_list} if r.tags else given


async def retag(r: Resource, kind: str) -> None:
    """Bring the tags of a thing to what the template says."""
    arn = f"arn:aws:elasticache:{r.scope.region}:{r.scope.account}:{kind}:{r.id}"
    if r.removed_tags:
        await r.send("elasticache", "RemoveTagsFromResource", {"ResourceName": arn, "TagKeys": r.removed_tags})
    if r.tags and r.tags != r.old_tags:
        await r.send("elasticache", "AddTagsToResource", {"ResourceName": arn, "Tags": r.tag_list})


def waits(r: Resource, status: str) -> Again | None:
    """Whether a cache is still on its way to be available. Raises ResourceFailed when it will never be."""
    if status == "create-failed":
        raise ResourceFailed(f"{r.id} could not be created.", "NotStabilized")
    return None if status == "available" else Again(r.now + PAUSE)
