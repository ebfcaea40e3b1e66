"""Caches: clusters, replication groups, serverless caches, and what they are made of."""

from __future__ import annotations

from typing import Any

from cloudarium.services.elasticache.stack.parts import PAUSE, Data, picked, retag, typed, waits, with_tags
from cloudarium.shared.errors import AwsError
from cloudarium.shared.stacks import Again, Resource, ResourceType, resource_type

SERVICE = "elasticache"
_MADE = "Made"  # in a resource's state: the call that makes it was sent


class Cache(ResourceType):
    """A cache, made by one call and then waited for."""

    noun = ""  # of the operations
    id_member = ""  # of their input
    made: tuple[str, ...] = ()  # properties that the call takes
    renamed: dict[str, str] = {}  # noqa: RUF012 - a constant of each class
    changes: tuple[str, ...] = ()  # properties that the call which changes it takes
    kind = ""
    longest = 40

    def extras(self, r: Resource) -> Data:
        """What the call that makes it needs beside the properties."""
        return {}

    async def create(self, r: Resource) -> Again | None:
        """Make it, then wait until it is available."""
        if _MADE not in r.state:
            r.id = (r.properties.get(self.physical_name) or r.name(self.longest, lower=True)).lower()
            given = {self.id_member: r.id, **picked(r, self.made, **self.renamed), **self.extras(r)}
            if not (r.repeated and await self._look(r)):
                await r.send(SERVICE, f"Create{self.noun}", with_tags(r, given))
            r.state[_MADE] = True
        return await self._until_available(r)

    async def _look(self, r: Resource) -> Data | None:
        raise NotImplementedError

    def _told(self, data: Data) -> Data:
        """The values that Fn::GetAtt gives."""
        raise NotImplementedError

    async def _until_available(self, r: Resource) -> Again | None:
        data = await self._look(r) or {}
        again = waits(r, data.get("Status") or data.get("CacheClusterStatus") or "")
        if again is None:
            r.arn, r.attributes = data["ARN"], self._told(data)
        return again

    async def update(self, r: Resource) -> Again | None:
        """Change it in place, then wait."""
        if _MADE not in r.state:
            names = tuple(name for name in self.changes if r.changed(name))
            renamed = {name: to for name, to in self.renamed.items() if r.changed(name)}
            given = picked(r, names, **renamed)
            if given:
                at_once = {} if self.noun == "ServerlessCache" else {"ApplyImmediately": True}
                await r.send(SERVICE, f"Modify{self.noun}", {self.id_member: r.id, **given, **at_once})
            await retag(r, self.kind)
            r.state[_MADE] = True
        return await self._until_available(r)

    async def delete(self, r: Resource) -> Again | None:
        """Delete it, then wait until it is gone."""
        data = await self._look(r)
        if data is None:
            return None
        if (data.get("Status") or data.get("CacheClusterStatus")) != "deleting":
            await r.send(SERVICE, f"Delete{self.noun}", {self.id_member: r.id})
        return Again(r.now + PAUSE)

    async def _described(self, r: Resource, operation: str, given: Data, member: str) -> Data | None:
        try:
            found: list[Data] = (await r.send(SERVICE, operation, {self.id_member: r.id, **given}))[member]
        except AwsError as error:
            if "NotFound" in error.code:
                return None
            raise
        return found[0]


def _endpoint(name: str, endpoint: Data | None) -> Data:
    if not endpoint:
        return {}
    return {f"{name}.Address": endpoint["Address"], f"{name}.Port": str(endpoint["Port"])}


_COMMON = (
    "AutoMinorVersionUpgrade", "CacheNodeType", "CacheParameterGroupName", "CacheSubnetGroupName", "Engine",
    "EngineVersion", "Port", "PreferredMaintenanceWindow", "SnapshotName", "SnapshotRetentionLimit", "SnapshotWindow",
    "TransitEncryptionEnabled", "LogDeliveryConfigurations", "NotificationTopicArn", "SnapshotArns",
)  # fmt: skip
_CHANGED = (
    "AutoMinorVersionUpgrade", "CacheNodeType", "CacheParameterGroupName", "Engine", "EngineVersion",
    "LogDeliveryConfigurations", "NotificationTopicArn", "PreferredMaintenanceWindow", "SnapshotRetentionLimit",
    "SnapshotWindow",
)  # fmt: skip


@resource_type("AWS::ElastiCache::CacheCluster")
class CacheCluster(Cache):
    """A cluster of one node."""

    made = (*_COMMON, "NumCacheNodes", "PreferredAvailabilityZone")
    properties = (*made, "ClusterName", "VpcSecurityGroupIds", "Tags")
    refuses = (
        "AZMode", "CacheSecurityGroupNames", "IpDiscovery", "NetworkType",
        "PreferredAvailabilityZones",
    )  # fmt: skip
    required = ("CacheNodeType", "Engine", "NumCacheNodes")
    replaces = (
        "ClusterName", "CacheSubnetGroupName", "Port", "SnapshotArns", "SnapshotName", "TransitEncryptionEnabled",
        "PreferredAvailabilityZone",
    )  # fmt: skip
    attributes = ("RedisEndpoint.Address", "RedisEndpoint.Port")
    physical_name = "ClusterName"
    tags = "Tags"
    noun, id_member, kind, longest = "CacheCluster", "CacheClusterId", "cluster", 50
    renamed = {"VpcSecurityGroupIds": "SecurityGroupIds"}  # noqa: RUF012
    changes = _CHANGED

    async def _look(self, r: Resource) -> Data | None:
        return await self._described(r, "DescribeCacheClusters", {"ShowCacheNodeInfo": True}, "CacheClusters")

    def _told(self, data: Data) -> Data:
        return _endpoint("RedisEndpoint", data["CacheNodes"][0]["Endpoint"])


@resource_type("AWS::ElastiCache::ReplicationGroup")
class ReplicationGroup(Cache):
    """A primary with its replicas, or shards of them."""

    made = (
        *_COMMON, "AtRestEncryptionEnabled", "AuthToken", "AutomaticFailoverEnabled", "ClusterMode", "MultiAZEnabled",
        "NodeGroupConfiguration", "NumCacheClusters", "NumNodeGroups", "PreferredCacheClusterAZs",
        "ReplicasPerNodeGroup", "ReplicationGroupDescription", "SecurityGroupIds", "UserGroupIds",
    )  # fmt: skip
    properties = (*made, "ReplicationGroupId", "Tags")
    refuses = (
        "CacheSecurityGroupNames", "DataTieringEnabled", "Durability", "GlobalReplicationGroupId", "IpDiscovery",
        "KmsKeyId", "NetworkType", "PrimaryClusterId",
        "SnapshottingClusterId", "TransitEncryptionMode",
    )  # fmt: skip
    required = ("ReplicationGroupDescription",)
    replaces = (
        "ReplicationGroupId", "AtRestEncryptionEnabled", "CacheSubnetGroupName", "ClusterMode",
        "NodeGroupConfiguration",
        "NumCacheClusters", "NumNodeGroups", "Port", "PreferredCacheClusterAZs", "ReplicasPerNodeGroup", "SnapshotName",
        "TransitEncryptionEnabled",
    )  # fmt: skip
    attributes = (
        "PrimaryEndPoint.Address", "PrimaryEndPoint.Port", "ReaderEndPoint.Address", "ReaderEndPoint.Port",
        "ConfigurationEndPoint.Address", "ConfigurationEndPoint.Port", "ReadEndPoint.Addresses", "ReadEndPoint.Ports",
        "ReadEndPoint.Addresses.List", "ReadEndPoint.Ports.List",
    )  # fmt: skip
    physical_name = "ReplicationGroupId"
    tags = "Tags"
    noun, id_member, kind = "ReplicationGroup", "ReplicationGroupId", "replicationgroup"
    changes = (
        *_CHANGED, "AuthToken", "AutomaticFailoverEnabled", "MultiAZEnabled", "ReplicationGroupDescription",
        "SecurityGroupIds",
    )  # fmt: skip

    async def update(self, r: Resource) -> Again | None:
        """Change it in place; user groups come and go."""
        if _MADE not in r.state and r.changed("UserGroupIds"):
            old, new = r.old_properties.get("UserGroupIds") or [], r.properties.get("UserGroupIds") or []
            given = {
                "UserGroupIdsToAdd": [one for one in new if one not in old],
                "UserGroupIdsToRemove": [one for one in old if one not in new],
            }
            wanted = {name: those for name, those in given.items() if those}
            await r.send(SERVICE, "ModifyReplicationGroup", {"ReplicationGroupId": r.id, **wanted})
            r.old_properties["UserGroupIds"] = new
        if _MADE not in r.state and await self._until_available(r) is not None:
            return Again(r.now + PAUSE)
        return await super().update(r)

    async def _look(self, r: Resource) -> Data | None:
        return await self._described(r, "DescribeReplicationGroups", {}, "ReplicationGroups")

    def _told(self, data: Data) -> Data:
        first = data["NodeGroups"][0]
        reads = [one["ReadEndpoint"] for one in first["NodeGroupMembers"] if "ReadEndpoint" in one]
        addresses, ports = [one["Address"] for one in reads], [str(one["Port"]) for one in reads]
        lists: dict[str, Any] = {}
        if reads:
            lists = {
                "ReadEndPoint.Addresses": f"[{', '.join(addresses)}]",
                "ReadEndPoint.Ports": f"[{', '.join(ports)}]",
                "ReadEndPoint.Addresses.List": addresses,
                "ReadEndPoint.Ports.List": ports,
            }
        return {
            **_endpoint("PrimaryEndPoint", first.get("PrimaryEndpoint")),
            **_endpoint("ReaderEndPoint", first.get("ReaderEndpoint")),
            **_endpoint("ConfigurationEndPoint", data.get("ConfigurationEndpoint")),
            **lists,
        }


@resource_type("AWS::ElastiCache::ServerlessCache")
class ServerlessCache(Cache):
    """A serverless cache."""

    made = (
        "CacheUsageLimits", "DailySnapshotTime", "Description", "Engine", "MajorEngineVersion", "SecurityGroupIds",
        "SnapshotArnsToRestore", "SnapshotRetentionLimit", "SubnetIds", "UserGroupId",
    )  # fmt: skip
    properties = (*made, "ServerlessCacheName", "FinalSnapshotName", "Tags")
    refuses = ("KmsKeyId", "Endpoint", "ReaderEndpoint", "NetworkType")
    required = ("Engine", "ServerlessCacheName")
    replaces = ("ServerlessCacheName", "SnapshotArnsToRestore", "SubnetIds")
    attributes = (
        "ARN", "CreateTime", "Endpoint.Address", "Endpoint.Port", "FullEngineVersion", "ReaderEndpoint.Address",
        "ReaderEndpoint.Port", "Status",
    )  # fmt: skip
    physical_name = "ServerlessCacheName"
    tags = "Tags"
    noun, id_member, kind = "ServerlessCache", "ServerlessCacheName", "serverlesscache"
    changes = (
        "CacheUsageLimits", "DailySnapshotTime", "Description", "Engine", "MajorEngineVersion", "SecurityGroupIds",
        "SnapshotRetentionLimit", "UserGroupId",
    )  # fmt: skip

    async def _look(self, r: Resource) -> Data | None:
        return await self._described(r, "DescribeServerlessCaches", {}, "ServerlessCaches")

    def _told(self, data: Data) -> Data:
        same = {name: data[name] for name in ("ARN", "FullEngineVersion", "Status")}
        ends = {**_endpoint("Endpoint", data["Endpoint"]), **_endpoint("ReaderEndpoint", data["ReaderEndpoint"])}
        return {**same, **ends, "CreateTime": str(data["CreateTime"])}

    async def delete(self, r: Resource) -> Again | None:
        """Delete it, with a last snapshot if the template wants one."""
        data = await self._look(r)
        if data is not None and data["Status"] == "available" and r.properties.get("FinalSnapshotName"):
            given = {"ServerlessCacheName": r.id, "FinalSnapshotName": r.properties["FinalSnapshotName"]}
            await r.send(SERVICE, "DeleteServerlessCache", given)
            return Again(r.now + PAUSE)
        return await super().delete(r)


@resource_type("AWS::ElastiCache::SubnetGroup")
class SubnetGroup(ResourceType):
    """A subnet group; Ref is its name."""

    properties = ("CacheSubnetGroupName", "Description", "SubnetIds", "Tags")
    required = ("Description", "SubnetIds")
    replaces = ("CacheSubnetGroupName",)
    physical_name = "CacheSubnetGroupName"
    tags = "Tags"

    def _given(self, r: Resource) -> Data:
        described = {"CacheSubnetGroupDescription": r.properties["Description"], "SubnetIds": r.properties["SubnetIds"]}
        return {"CacheSubnetGroupName": r.id, **described}

    async def create(self, r: Resource) -> None:
        """Make the group."""
        r.id = (r.properties.get("CacheSubnetGroupName") or r.name(255, lower=True)).lower()
        gone = ("CacheSubnetGroupAlreadyExistsFault",) if r.repeated else ()
        await r.send(SERVICE, "CreateCacheSubnetGroup", with_tags(r, self._given(r)), gone=gone)

    async def update(self, r: Resource) -> None:
        """Change description, subnets and tags."""
        if r.changed("Description", "SubnetIds"):
            await r.send(SERVICE, "ModifyCacheSubnetGroup", self._given(r))
        await retag(r, "subnetgroup")

    async def delete(self, r: Resource) -> None:
        """Delete the group."""
        given = {"CacheSubnetGroupName": r.id}
        await r.send(SERVICE, "DeleteCacheSubnetGroup", given, gone=("CacheSubnetGroupNotFoundFault",))


@resource_type("AWS::ElastiCache::ParameterGroup")
class ParameterGroup(ResourceType):
    """A parameter group with the parameters that it sets; Ref is its name."""

    properties = ("CacheParameterGroupFamily", "Description", "Properties", "Tags")
    required = ("CacheParameterGroupFamily", "Description")
    replaces = ("CacheParameterGroupFamily", "Description")
    attributes = ("CacheParameterGroupName",)
    tags = "Tags"

    async def create(self, r: Resource) -> None:
        """Make the group, then set its parameters."""
        r.id = r.name(255, lower=True)
        r.attributes = {"CacheParameterGroupName": r.id}
        given = picked(r, ("CacheParameterGroupFamily", "Description"))
        gone = ("CacheParameterGroupAlreadyExistsFault",) if r.repeated else ()
        await r.send(
            SERVICE, "CreateCacheParameterGroup", with_tags(r, {"CacheParameterGroupName": r.id, **given}), gone=gone
        )
        await self._set(r)

    async def _set(self, r: Resource) -> None:
        wanted = list((r.properties.get("Properties") or {}).items())
        for start in range(0, len(wanted), 20):
            pairs = [
                {"ParameterName": name, "ParameterValue": str(typed(name, value))}
                for name, value in wanted[start : start + 20]
            ]
            given = {"CacheParameterGroupName": r.id, "ParameterNameValues": pairs}
            await r.send(SERVICE, "ModifyCacheParameterGroup", given)

    async def update(self, r: Resource) -> None:
        """Set what the template says now, and give the rest its defaults again."""
        old, new = r.old_properties.get("Properties") or {}, r.properties.get("Properties") or {}
        gone = [{"ParameterName": name} for name in old if name not in new]
        if gone:
            given = {"CacheParameterGroupName": r.id, "ParameterNameValues": gone}
            await r.send(SERVICE, "ResetCacheParameterGroup", given)
        if r.changed("Properties"):
            await self._set(r)
        await retag(r, "parametergroup")

    async def delete(self, r: Resource) -> None:
        """Delete the group."""
        given = {"CacheParameterGroupName": r.id}
        await r.send(SERVICE, "DeleteCacheParameterGroup", given, gone=("CacheParameterGroupNotFoundFault",))
