"""Serverless caches: one endpoint, always TLS, and cluster mode, behind which there is one server here."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.services.elasticache import errors, lookup, making, network, records
from cloudarium.services.elasticache.answering import operation
from cloudarium.services.elasticache.making import endpoint
from cloudarium.services.elasticache.network import Place
from cloudarium.services.elasticache.operations import serverless_snapshots, user_groups
from cloudarium.services.elasticache.records import SERVERLESS, Data
from cloudarium.services.elasticache.resources import new_cache, touching
from cloudarium.services.elasticache.rules import engines, names, windows
from cloudarium.services.elasticache.running import addresses
from cloudarium.shared import ids
from cloudarium.shared.errors import NotBuilt

PORTS = [6379, 6380]
MOST_STORAGE, MOST_ECPU, LEAST_ECPU = 5000, 15_000_000, 1000
DAILY = "00:00"


@operation(
    "CreateServerlessCache",
    on=new_cache,
    refuses=("KmsKeyId", "Integrations"),
)
async def create_serverless_cache(call: Call) -> Data:
    """Make a serverless cache; its server starts after the answer."""
    given = call.input
    id = names.identifier(given["ServerlessCacheName"], "ServerlessCacheName", 40)
    lookup.refuse_existing(call, SERVERLESS, id)
    making.check_engine()
    if call.cloud.certificate is None:
        raise errors.NoCapacity("This cloud has no authority for TLS; run it by `cloudarium up`.")
    for name, only in (("ConnectionType", "vpc"), ("NetworkType", "ipv4")):
        if given.get(name) not in (None, only):
            raise NotBuilt(f"elasticache:CreateServerlessCache with {name} {given[name]}")
    version = engines.major(engines.engine(given["Engine"]), given.get("MajorEngineVersion"))
    group = _user_group(call, given.get("UserGroupId"), version.engine)
    place, tags = await _place(call), lookup.wanted_tags(call)
    files = serverless_snapshots.restored(call, given.get("SnapshotArnsToRestore"))
    doors = addresses.choose_together(call.store, PORTS)
    made = [await network.interface(call, subnet, place.groups, id) for subnet, _ in place.subnets[:3]]
    data: Data = {
        "ServerlessCacheName": id,
        "Description": given.get("Description") or " ",
        "CreateTime": call.now,
        "Status": "creating",
        "Engine": version.engine,
        "MajorEngineVersion": version.full.partition(".")[0],
        "FullEngineVersion": version.full,
        "CacheUsageLimits": limits(given.get("CacheUsageLimits") or {}),
        "SecurityGroupIds": list(place.groups),
        "Endpoint": endpoint(doors[0]),
        "ReaderEndpoint": endpoint(doors[1]),
        "ARN": lookup.arn_of(call.scope, SERVERLESS, id),
        "SubnetIds": [subnet for subnet, _ in place.subnets],
        "SnapshotRetentionLimit": making.retention(given.get("SnapshotRetentionLimit")),
        "DailySnapshotTime": windows.daily_time(given.get("DailySnapshotTime") or DAILY),
        "StorageEncryptionType": "sse-elasticache",
        "NetworkType": "ipv4",
        "ConnectionType": "vpc",
        "_Folder": ids.lower(20),
        "_Interfaces": [one["NetworkInterfaceId"] for one in made],
        "_State": "starting",
        **({"UserGroupId": group} if group else {}),
    }
    try:
        with call.transaction():
            making.begin_with(call, data, files)
            lookup.refuse_existing(call, SERVERLESS, id)
            for door in doors:
                records.take(call.store, call.scope, f"{SERVERLESS}/{id}", *door)
            if group:
                user_groups.bind(call, group, SERVERLESS, id)
            lookup.keep(call, SERVERLESS, id, data)
            lookup.tag(call, SERVERLESS, id, tags)
            call.later("Start", {"Kind": SERVERLESS, "Id": id}, key=f"{SERVERLESS}/{id}")
    except Exception:
        await network.release(call, data["_Interfaces"])
        raise
    return {"ServerlessCache": shown(data)}


def _user_group(call: Call, id: str | None, engine: str) -> str:
    if not id:
        return ""
    found = lookup.find(call, records.USER_GROUP, id)
    if found["Engine"] == "valkey" and engine == "redis":
        raise errors.Combination("A user group of the engine valkey cannot be used with redis.")
    return str(found["UserGroupId"])


async def _place(call: Call) -> Place:
    wanted = list(dict.fromkeys(call.input.get("SubnetIds") or []))
    found = await network.subnets(call, wanted) if wanted else (await network.default_subnets(call))[:3]
    vpc = str(found[0]["VpcId"])
    members = await network.groups(call, call.input.get("SecurityGroupIds") or [], vpc)
    return Place(vpc, tuple((one["SubnetId"], one["AvailabilityZone"]) for one in found), members)


def limits(given: Data) -> Data:
    """The limits of a serverless cache. Raises Invalid."""
    storage, power = given.get("DataStorage") or {}, given.get("ECPUPerSecond") or {}
    for those, least, most, name in (
        (storage, 1, MOST_STORAGE, "DataStorage"), (power, LEAST_ECPU, MOST_ECPU, "ECPUPerSecond"),
    ):  # fmt: skip
        low, high = those.get("Minimum"), those.get("Maximum")
        if any(bound is not None and not least <= bound <= most for bound in (low, high)):
            raise errors.Invalid(f"{name} limits must be between {least} and {most}.")
        if low is not None and high is not None and low > high:
            raise errors.Invalid(f"The minimum of {name} must not be above its maximum.")
    return {name: those for name, those in (("DataStorage", storage), ("ECPUPerSecond", power)) if those}


def shown(data: Data) -> Data:
    """A serverless cache as it is described: without endpoints before it takes clients."""
    if data["Status"] != "creating":
        return data
    return {name: value for name, value in data.items() if name not in ("Endpoint", "ReaderEndpoint")}


@operation("DescribeServerlessCaches", on=touching("serverlesscache"))
def describe_serverless_caches(call: Call) -> Data:
    """The account's serverless caches, or one of them."""
    found = records.every(call.store, call.scope, SERVERLESS)
    if call.input.get("ServerlessCacheName"):
        found = [lookup.find(call, SERVERLESS, call.input["ServerlessCacheName"])]
    those = [shown(one) for one in found]
    return lookup.new_page(call, "ServerlessCaches", those, lambda one: one["ServerlessCacheName"])


@operation(
    "DeleteServerlessCache",
    on=touching("serverlesscache", FinalSnapshotName="serverlesscachesnapshot"),
)
def delete_serverless_cache(call: Call) -> Data:
    """Delete a serverless cache with its data."""
    data = lookup.find(call, SERVERLESS, call.input["ServerlessCacheName"])
    id = data["ServerlessCacheName"]
    if data["Status"] not in ("available", "create-failed"):
        raise errors.State(SERVERLESS, f"Serverless cache {id} is not in a valid state to be deleted.")
    final = call.input.get("FinalSnapshotName")
    if final:
        final = names.identifier(final, "FinalSnapshotName", 255)
        serverless_snapshots.begin(call, data, final, "manual", later=False)
    data["Status"], data["_State"] = "deleting", "closing"
    lookup.keep(call, SERVERLESS, id, data)
    call.later("Remove", {"Kind": SERVERLESS, "Id": id, "Final": final}, key=f"{SERVERLESS}/{id}")
    return {"ServerlessCache": data}


@operation("ModifyServerlessCache", on=touching("serverlesscache", "usergroup"))
async def modify_serverless_cache(call: Call) -> Data:
    """Change a serverless cache's users, groups, limits and snapshots."""
    given = call.input
    data = making.available_serverless(call, given["ServerlessCacheName"])
    if given.get("Engine") or given.get("MajorEngineVersion"):
        version = engines.major(engines.engine(given.get("Engine") or data["Engine"]), given.get("MajorEngineVersion"))
        if data["Engine"] == "valkey" and version.engine == "redis":
            raise errors.Combination("A serverless cache of valkey cannot become one of redis.")
        data["Engine"], data["FullEngineVersion"] = version.engine, version.full
        data["MajorEngineVersion"] = version.full.partition(".")[0]
    old, new = data.get("UserGroupId") or "", _user_group(call, given.get("UserGroupId"), data["Engine"])
    if given.get("RemoveUserGroup") and new:
        raise errors.Combination("UserGroupId and RemoveUserGroup cannot be specified together.")
    if given.get("SecurityGroupIds"):
        facts = await network.subnets(call, data["SubnetIds"])
        members = await network.groups(call, given["SecurityGroupIds"], facts[0]["VpcId"])
        await network.regroup(call, data["_Interfaces"], members)
        data["SecurityGroupIds"] = list(members)
    if given.get("Description") is not None:
        data["Description"] = given["Description"]
    if given.get("CacheUsageLimits"):
        data["CacheUsageLimits"] = limits(given["CacheUsageLimits"])
    if given.get("SnapshotRetentionLimit") is not None:
        data["SnapshotRetentionLimit"] = making.retention(given["SnapshotRetentionLimit"])
    if given.get("DailySnapshotTime"):
        data["DailySnapshotTime"] = windows.daily_time(given["DailySnapshotTime"])
    id = data["ServerlessCacheName"]
    with call.transaction():
        if old and (new or given.get("RemoveUserGroup")):
            user_groups.unbind(call, old, SERVERLESS, id)
            data.pop("UserGroupId")
        if new:
            user_groups.bind(call, new, SERVERLESS, id)
            data["UserGroupId"] = new
        data["Status"] = "modifying"
        lookup.keep(call, SERVERLESS, id, data)
        call.later("Change", {"Kind": SERVERLESS, "Id": id}, key=f"{SERVERLESS}/{id}")
    return {"ServerlessCache": data}
