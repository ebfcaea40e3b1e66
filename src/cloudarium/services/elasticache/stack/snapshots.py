"""Snapshots of caches, taken when the stack is made."""

from __future__ import annotations

from typing import Any, ClassVar

from cloudarium.services.elasticache.stack.parts import Data, picked, waits, with_tags
from cloudarium.shared.errors import AwsError
from cloudarium.shared.stacks import Again, Resource, ResourceType, resource_type

SERVICE = "elasticache"


class Taken(ResourceType):
    """What snapshots of both kinds have in common; Ref is the ARN."""

    noun: ClassVar[str]  # as operations have it
    status: ClassVar[str]
    arn_member: ClassVar[str] = "ARN"
    told: ClassVar[tuple[str, ...]]
    given: ClassVar[tuple[str, ...]]
    tags = "Tags"

    async def create(self, r: Resource) -> Again | None:
        """Begin it, then wait until it is written."""
        data = await self._look(r)
        if data is None:
            await r.send(SERVICE, f"Create{self.noun}", with_tags(r, picked(r, self.given)))
            data = await self._look(r)
        assert data is not None
        r.id = r.arn = data["ARN"]
        again = waits(r, data[self.status])
        if again is None:
            r.attributes = {self.arn_member: r.id, **{name: data[name] for name in self.told if name in data}}
        return again

    async def update(self, r: Resource) -> Again | None:
        """Change its tags."""
        if r.removed_tags:
            await r.send(SERVICE, "RemoveTagsFromResource", {"ResourceName": r.id, "TagKeys": r.removed_tags})
        if r.tags and r.tags != r.old_tags:
            await r.send(SERVICE, "AddTagsToResource", {"ResourceName": r.id, "Tags": r.tag_list})
        return None

    async def delete(self, r: Resource) -> Again | None:
        """Delete it."""
        data = await self._look(r)
        if data is not None:
            name = f"{self.noun}Name"
            await r.send(SERVICE, f"Delete{self.noun}", {name: data[name]})
        return None

    async def _look(self, r: Resource) -> Data | None:
        name = f"{self.noun}Name"
        try:
            found = await r.send(SERVICE, f"Describe{self.noun}s", {name: r.properties[name]})
        except AwsError as error:
            if "NotFound" in error.code:
                return None
            raise
        listed: list[dict[str, Any]] = found[f"{self.noun}s"]
        return listed[0] if listed else None


@resource_type("AWS::ElastiCache::Snapshot")
class Snapshot(Taken):
    """A snapshot of a cluster or of a replication group."""

    noun, status, arn_member = "Snapshot", "SnapshotStatus", "Arn"
    given = ("SnapshotName", "CacheClusterId", "ReplicationGroupId")
    properties = (*given, "Tags")
    refuses = ("KmsKeyId",)
    required = ("SnapshotName",)
    replaces = given
    physical_name = "SnapshotName"
    told = (
        "AutoMinorVersionUpgrade", "AutomaticFailover", "CacheNodeType", "CacheParameterGroupName",
        "CacheSubnetGroupName", "Engine", "EngineVersion", "NumCacheNodes", "NumNodeGroups", "Port",
        "PreferredAvailabilityZone", "PreferredMaintenanceWindow", "ReplicationGroupDescription",
        "SnapshotRetentionLimit", "SnapshotSource", "SnapshotStatus", "SnapshotWindow", "TopicArn", "VpcId",
    )  # fmt: skip
    attributes = ("Arn", *told)


@resource_type("AWS::ElastiCache::ServerlessCacheSnapshot")
class ServerlessCacheSnapshot(Taken):
    """A snapshot of a serverless cache."""

    noun, status = "ServerlessCacheSnapshot", "Status"
    given = ("ServerlessCacheSnapshotName", "ServerlessCacheName")
    properties = (*given, "Tags")
    refuses = ("KmsKeyId",)
    required = given
    replaces = given
    physical_name = "ServerlessCacheSnapshotName"
    told = ("BytesUsedForCache", "SnapshotType", "Status")
    attributes = ("ARN", *told)
