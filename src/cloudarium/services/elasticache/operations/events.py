"""What happened to caches, and which engines and node types there are."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.services.elasticache import errors, lookup, records
from cloudarium.services.elasticache.answering import operation
from cloudarium.services.elasticache.records import CLUSTER, GROUP, Data
from cloudarium.services.elasticache.resources import touching
from cloudarium.services.elasticache.rules import engines, node_types

_HOUR = 3600.0
MOST_MINUTES = 14 * 24 * 60


@operation("DescribeEvents")
def describe_events(call: Call) -> Data:
    """What happened in the last hour, or between two times of the last fourteen days."""
    given = call.input
    until = given.get("EndTime") or call.now
    minutes = given.get("Duration")
    if given.get("SourceIdentifier") and not given.get("SourceType"):
        raise errors.Combination("SourceType must be specified when SourceIdentifier is.")
    if minutes is not None and given.get("StartTime"):
        raise errors.Combination("Duration and StartTime cannot be specified together.")
    if minutes is not None and not 0 < minutes <= MOST_MINUTES:
        raise errors.Invalid(f"Duration must be between 1 and {MOST_MINUTES} minutes.")
    since = given.get("StartTime") or until - (minutes * 60 if minutes is not None else _HOUR)
    found = [
        {"SourceIdentifier": source, "SourceType": kind, "Message": message, "Date": at, "_Place": place}
        for place, at, kind, source, message in records.events(call.store, call.scope, since, until)
        if given.get("SourceType") in (None, kind) and given.get("SourceIdentifier") in (None, source)
    ]
    return lookup.page(call, "Events", found, lambda one: [one["Date"], one["_Place"]])


@operation("DescribeCacheEngineVersions")
def describe_cache_engine_versions(call: Call) -> Data:
    """The engines that there are, and their versions."""
    given = call.input
    found = [
        {
            "Engine": each.engine,
            "EngineVersion": each.asked,
            "CacheParameterGroupFamily": each.family,
            "CacheEngineDescription": engines.NAMES[each.engine],
            "CacheEngineVersionDescription": f"{each.engine} version {each.full}",
        }
        for each in engines.VERSIONS
        if given.get("Engine") in (None, each.engine)
        and given.get("EngineVersion") in (None, each.asked, each.full)
        and given.get("CacheParameterGroupFamily") in (None, each.family)
    ]
    if given.get("DefaultOnly"):
        found = list({one["Engine"]: one for one in found}.values())
    return lookup.page(call, "CacheEngineVersions", found, lambda one: [one["Engine"], one["EngineVersion"]])


@operation("ListAllowedNodeTypeModifications", on=touching("cluster", "replicationgroup"))
def list_allowed_node_type_modifications(call: Call) -> Data:
    """To which node types a cache may be scaled."""
    cluster, group = call.input.get("CacheClusterId"), call.input.get("ReplicationGroupId")
    if bool(cluster) == bool(group):
        raise errors.Combination("Either CacheClusterId or ReplicationGroupId must be provided.")
    data = lookup.find(call, CLUSTER, cluster) if cluster else lookup.find(call, GROUP, str(group))
    up, down = node_types.alternatives(data["CacheNodeType"])
    return {"ScaleUpModifications": up, "ScaleDownModifications": down}
