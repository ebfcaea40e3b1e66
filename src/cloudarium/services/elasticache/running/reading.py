"""From records to plans."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cloudarium.services.elasticache import records
from cloudarium.services.elasticache.records import CLUSTER, GROUP, SERVERLESS, Data
from cloudarium.services.elasticache.rules import access, engines, node_types, parameters, slots
from cloudarium.services.elasticache.running.plans import INNER, Destination, Door, Node, Plan
from cloudarium.shared import arn
from cloudarium.shared.scope import Scope
from cloudarium.store import Store


def plan(store: Store, scope: Scope, kind: str, id: str) -> Plan | None:
    """The plan of a cache; None when there is none by that name that runs by itself."""
    data = records.find(store, scope, kind, id)
    if data is None or (kind == CLUSTER and data.get("ReplicationGroupId")):
        return None
    return {CLUSTER: _cluster, GROUP: _group, SERVERLESS: _serverless}[kind](store, scope, data)


def folder(store: Store) -> Path:
    """Where the data of all caches are."""
    return store.folder / "elasticache"


def place(endpoint: Data) -> Destination:
    """An endpoint as the system has it."""
    return endpoint["Address"], endpoint["Port"]


def _cluster(store: Store, scope: Scope, data: Data) -> Plan:
    node = _node(store, data, "0001", True)
    users = (tuple(access.default_user(data["_Tokens"])),)
    settings = _settings(store, scope, data)
    door = Door(node.place, (node.id,))
    tls = bool(data["TransitEncryptionEnabled"])
    tokens = _open_tokens(data)
    return Plan(scope, CLUSTER, data["CacheClusterId"], (node,), (door,), tls, settings, users, tokens=tokens)


def _open_tokens(data: Data) -> frozenset[str]:
    return frozenset(data["_Tokens"]) if access.ANYTHING in data["_Tokens"] else frozenset()


def _node(store: Store, data: Data, shard: str, primary: bool) -> Node:
    at = place(data["CacheNodes"][0]["Endpoint"])
    return Node(data["CacheClusterId"], shard, folder(store) / data["_Folder"], primary, at, data["_Interface"])


def _group(store: Store, scope: Scope, data: Data) -> Plan:
    nodes, doors = [], []
    members = {id: records.find(store, scope, CLUSTER, id) for id in data["MemberClusters"]}
    for shard in data["NodeGroups"]:
        those = []
        for member in shard["NodeGroupMembers"]:
            found = members[member["CacheClusterId"]]
            assert found is not None
            those.append(_node(store, found, shard["NodeGroupId"], member["_Role"] == "primary"))
        nodes += those
        doors += [Door(one.place, (one.id,)) for one in those]
        primary = tuple(one.id for one in those if one.primary)
        replicas = tuple(one.id for one in those if not one.primary)
        if "PrimaryEndpoint" in shard:
            doors.append(Door(place(shard["PrimaryEndpoint"]), primary))
        if "ReaderEndpoint" in shard:
            doors.append(Door(place(shard["ReaderEndpoint"]), replicas or primary))
    if "ConfigurationEndpoint" in data:
        doors.append(Door(place(data["ConfigurationEndpoint"]), tuple(one.id for one in nodes)))
    users, iam = _users(store, scope, data["UserGroupIds"], data["_Tokens"])
    first = next(one for one in members.values() if one is not None)
    ranges = {one["NodeGroupId"]: slots.parse(one["Slots"]) for one in data["NodeGroups"] if "Slots" in one}
    tls = bool(data["TransitEncryptionEnabled"])
    settings = _settings(store, scope, first)
    id = data["ReplicationGroupId"]
    return Plan(scope, GROUP, id, tuple(nodes), tuple(doors), tls, settings, users, iam, ranges, _open_tokens(data))


def _serverless(store: Store, scope: Scope, data: Data) -> Plan:
    at = place(data["Endpoint"])
    id = data["ServerlessCacheName"]
    node = Node(id, "0001", folder(store) / data["_Folder"], True, at, data["_Interfaces"][0])
    doors = (Door(at, (id,)), Door(place(data["ReaderEndpoint"]), (id,)))
    groups = [data["UserGroupId"]] if data.get("UserGroupId") else []
    users, iam = _users(store, scope, groups, [])
    limit = data["CacheUsageLimits"].get("DataStorage", {}).get("Maximum", 5000) * node_types.SERVERLESS_BYTES
    family = engines.by_full(data["Engine"], data["FullEngineVersion"]).family
    settings = parameters.settings(family, {}, limit)
    return Plan(scope, SERVERLESS, id, (node,), doors, True, settings, users, iam, slots.equal(["0001"]))


def _settings(store: Store, scope: Scope, data: Data) -> dict[str, str | list[str]]:
    family = engines.by_full(data["Engine"], data["EngineVersion"]).family
    group = records.find(store, scope, records.PARAMETERS, data["CacheParameterGroup"]["CacheParameterGroupName"])
    values = group["_Values"] if group is not None else {}
    usable = node_types.usable(data["CacheNodeType"], parameters.reserved_percent(values))
    return {**parameters.settings(family, values, usable), **data.get("_AtStart", {})}


def _users(
    store: Store, scope: Scope, groups: Iterable[str], tokens: Iterable[str]
) -> tuple[tuple[tuple[str, ...], ...], dict[str, str]]:
    """The servers' users, and which of them come with tokens of IAM."""
    found = [records.find(store, scope, records.USER_GROUP, id) for id in groups]
    names = [id for group in found if group is not None for id in group["UserIds"]]
    if not any(found):
        return (tuple(access.default_user(tokens)),), {}
    users: dict[str, tuple[str, ...]] = {"default": tuple(access.NOBODY)}
    iam: dict[str, str] = {}
    for id in names:
        user = records.find(store, scope, records.USER, id)
        assert user is not None
        name, type = user["UserName"], user["Authentication"]["Type"]
        rules = access.rules(name, user["AccessString"], user["_Digests"], type != "no-password")
        if type == "iam":
            rules = [*rules, f">{INNER}"]
            iam[name] = arn.make("elasticache", scope, f"user:{id}")
        users[name] = tuple(rules)
    return tuple(users.values()), iam
