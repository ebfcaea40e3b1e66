"""What a new cache is to be like: what clusters and replication groups have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cloudarium.gateway.call import Call
from cloudarium.runtime.caches import EngineMissing
from cloudarium.runtime.caches.valkey import program
from cloudarium.services.elasticache import errors, log_delivery, lookup, network, notices
from cloudarium.services.elasticache.network import Place
from cloudarium.services.elasticache.operations import parameter_groups, subnet_groups
from cloudarium.services.elasticache.records import CLUSTER, SERVERLESS, Data
from cloudarium.services.elasticache.rules import access, engines, node_types, windows
from cloudarium.services.elasticache.rules.engines import Version
from cloudarium.services.elasticache.running.plans import Destination
from cloudarium.shared import ids
from cloudarium.shared.errors import NotBuilt

PORT = 6379
MOST_RETENTION = 35
LANDING_PAGE = "https://console.aws.amazon.com/elasticache/home#client-download:"


class Wish(NamedTuple):
    """What is asked for, checked and completed by defaults."""

    version: Version
    node_type: str
    parameters: Data
    subnets: str
    place: Place
    port: int
    maintenance: str
    snapshots: str
    retention: int
    transit: bool
    at_rest: bool
    minor_upgrades: bool
    token: str | None
    topic: Data | None = None
    logs: tuple[Data, ...] = ()


async def wish(call: Call, clustered: bool | None = None) -> Wish:
    """What a call asks for. Raises what ElastiCache answers, and NoCapacity where no engine is installed."""
    given = call.input
    check_engine()
    for name in ("CacheSecurityGroupNames", "PreferredOutpostArn", "PreferredOutpostArns"):
        if given.get(name):
            raise NotBuilt(f"elasticache:{call.operation_name} with {name}")
    for name, only in (("NetworkType", "ipv4"), ("IpDiscovery", "ipv4")):
        if given.get(name) not in (None, only):
            raise NotBuilt(f"elasticache:{call.operation_name} with {name} {given[name]}")
    version = engines.version(engines.engine(given.get("Engine")), given.get("EngineVersion"))
    node_type = given.get("CacheNodeType")
    if not node_type:
        raise errors.Invalid("The parameter CacheNodeType must be provided and must not be blank.")
    node_types.memory(node_type)
    with call.transaction():
        parameters = parameter_groups.chosen(call, given.get("CacheParameterGroupName"), version, bool(clustered))
    at_rest = given.get("AtRestEncryptionEnabled")
    night, day = windows.spread(ids.integer(0, 41))
    subnets, place = await subnet_groups.place(
        call, given.get("CacheSubnetGroupName"), given.get("SecurityGroupIds") or []
    )
    return Wish(
        version,
        node_type,
        parameters,
        subnets,
        place,
        _port(given),
        windows.maintenance_window(given.get("PreferredMaintenanceWindow") or day),
        windows.snapshot_window(given.get("SnapshotWindow") or night),
        retention(given.get("SnapshotRetentionLimit")),
        _transit(call, version),
        version.engine == "valkey" if at_rest is None else bool(at_rest),
        given.get("AutoMinorVersionUpgrade") is not False,
        given.get("AuthToken"),
        await notices.configuration(call),
        tuple(log_delivery.wanted(call, (), version)),
    )


def check_engine() -> None:
    """Raise NoCapacity where no server can be run."""
    try:
        program()
    except EngineMissing as error:
        raise errors.NoCapacity(str(error)) from error


def _port(given: Data) -> int:
    port = given.get("Port")
    if port is None:
        return PORT
    if not 1150 <= port <= 65535:
        raise errors.Invalid(f"Port {port} is out of range: it must be between 1150 and 65535.")
    return int(port)


def retention(given: int | None) -> int:
    """For how many days automatic snapshots are kept. Raises Invalid."""
    if not 0 <= (given or 0) <= MOST_RETENTION:
        raise errors.Invalid(f"Invalid SnapshotRetentionLimit: it must be between 0 and {MOST_RETENTION}.")
    return given or 0


def _transit(call: Call, version: Version) -> bool:
    given = call.input
    transit = bool(given.get("TransitEncryptionEnabled"))
    if given.get("TransitEncryptionMode") == "preferred":
        raise NotBuilt("TransitEncryptionMode preferred")
    if given.get("AuthToken") is not None:
        if not transit:
            raise errors.Combination(
                "The AUTH token is only supported when encryption-in-transit is enabled through"
                " TransitEncryptionEnabled."
            )
        access.check_token(given["AuthToken"])
    if transit and call.cloud.certificate is None:
        raise errors.NoCapacity("This cloud has no authority for TLS; run it by `cloudarium up`.")
    return transit


def endpoint(place: Destination) -> Data:
    """A place as AWS shows it."""
    return {"Address": place[0], "Port": place[1]}


async def member(call: Call, wish: Wish, id: str, place: Destination, number: int, zone: str = "") -> Data:
    """The record of a new cluster of one node, with its network interface."""
    subnet, chosen = wish.place.subnet(number, zone)
    interface = await network.interface(call, subnet, wish.place.groups, id)
    node = {
        "CacheNodeId": "0001",
        "CacheNodeStatus": "creating",
        "CacheNodeCreateTime": call.now,
        "Endpoint": endpoint(place),
        "ParameterGroupStatus": "in-sync",
        "CustomerAvailabilityZone": chosen,
    }
    group = {
        "CacheParameterGroupName": wish.parameters["CacheParameterGroupName"],
        "ParameterApplyStatus": "in-sync",
        "CacheNodeIdsToReboot": [],
    }
    tokens = [access.digest(wish.token)] if wish.token else []
    data: Data = {
        "CacheClusterId": id,
        "ClientDownloadLandingPage": LANDING_PAGE,
        "CacheNodeType": wish.node_type,
        "Engine": wish.version.engine,
        "EngineVersion": wish.version.full,
        "CacheClusterStatus": "creating",
        "NumCacheNodes": 1,
        "PreferredAvailabilityZone": chosen,
        "CacheClusterCreateTime": call.now,
        "PreferredMaintenanceWindow": wish.maintenance,
        "PendingModifiedValues": {},
        "CacheSecurityGroups": [],
        "CacheParameterGroup": group,
        "CacheSubnetGroupName": wish.subnets,
        "CacheNodes": [node],
        "AutoMinorVersionUpgrade": wish.minor_upgrades,
        "SecurityGroups": memberships(wish.place.groups),
        "SnapshotRetentionLimit": wish.retention,
        "SnapshotWindow": wish.snapshots,
        "AuthTokenEnabled": bool(tokens),
        "TransitEncryptionEnabled": wish.transit,
        "AtRestEncryptionEnabled": wish.at_rest,
        "ARN": lookup.arn_of(call.scope, CLUSTER, id),
        "ReplicationGroupLogDeliveryEnabled": False,
        "LogDeliveryConfigurations": [],
        "NetworkType": "ipv4",
        "IpDiscovery": "ipv4",
        "_Tokens": tokens,
        "_Folder": ids.lower(20),
        "_Interface": interface["NetworkInterfaceId"],
        "_Subnet": subnet,
        "_State": "starting",
    }
    if wish.transit:
        data["TransitEncryptionMode"] = "required"
    if wish.topic is not None:
        data["NotificationConfiguration"] = dict(wish.topic)
    return {**data, "AuthTokenLastModifiedDate": call.now} if tokens else data


def memberships(groups: tuple[str, ...]) -> list[Data]:
    """Security groups as a cache shows them."""
    return [{"SecurityGroupId": id, "Status": "active"} for id in groups]


def begin_with(call: Call, data: Data, files: Sequence[str]) -> None:
    """Have a new cache begin with the files of a snapshot, or with fetched ones; part of a transaction."""
    for blob in files:
        if call.store.blobs.waits(blob):
            call.store.blobs.keep(blob)
        else:
            call.store.blobs.share(blob)
    if files:
        data["_Restore"] = list(files)


def discard(call: Call, files: Sequence[str]) -> None:
    """Let go of fetched files with which no cache begins."""
    for blob in files:
        if call.store.blobs.waits(blob):
            call.store.blobs.discard(blob)


def available_serverless(call: Call, id: str) -> Data:
    """A serverless cache that can be changed now. Raises NotFound and State."""
    data = lookup.find(call, SERVERLESS, id)
    if data["Status"] != "available":
        raise errors.State(SERVERLESS, f"Serverless cache {data['ServerlessCacheName']} is not in available state.")
    return data
